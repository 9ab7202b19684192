//! The processes that a supervisor starts: the checkers' and the routers'.

use std::{io, os::unix::net::UnixDatagram, time::Instant};

use nix::sys::signal::Signal;

use super::{
    super::{argv::Options, checkers, vrrp},
    EXIT_FATAL, needs_vrrp, own_pid,
    paths::Paths,
};
use crate::{
    keepalived::Checked,
    process::{
        daemon::{self, Fork},
        signals,
    },
};

/// Which process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Checkers,
    Vrrp,
}

impl Kind {
    /// As the log calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Checkers => "Healthcheck",
            Self::Vrrp => "VRRP",
        }
    }

    pub(super) fn short_name(self) -> &'static str {
        match self {
            Self::Checkers => "checker",
            Self::Vrrp => "vrrp",
        }
    }

    /// Whether there is something for it to do. A file that a process would refuse is for the VRRP process to refuse.
    pub(super) fn is_needed(self, checked: &Checked, options: &Options) -> bool {
        let config = &checked.config;
        match self {
            Self::Checkers => !options.no_checkers && !config.virtual_servers.is_empty(),
            Self::Vrrp => needs_vrrp(config, options) || (!options.no_vrrp && checked.report.refused()),
        }
    }
}

/// A process at work.
#[derive(Debug, Clone, Copy)]
pub(super) struct Child {
    pub(super) kind: Kind,
    pub(super) pid: i32,
    pub(super) started: Instant,
}

impl Child {
    /// Forks. The child runs to its end in here.
    #[expect(clippy::disallowed_methods, reason = "the shell reads the clock")]
    pub(super) fn start(
        kind: Kind,
        options: &Options,
        checked: &Checked,
        paths: &Paths,
        line: Option<&Line>,
    ) -> io::Result<Self> {
        let parent = own_pid();
        let end = line.and_then(|line| line.end(kind).ok());
        match daemon::fork()? {
            Fork::Child => {
                signals::unblock_all();
                if daemon::die_with_parent(Signal::SIGTERM, parent).is_err() {
                    std::process::exit(EXIT_FATAL);
                }
                let code = match kind {
                    Kind::Checkers => checkers::run(options, checked, &paths.checkers, end),
                    Kind::Vrrp => vrrp::run(options, checked, &paths.vrrp, end),
                };
                std::process::exit(code);
            }
            Fork::Parent(pid) => Ok(Self { kind, pid, started: Instant::now() }),
        }
    }
}

/// A pair of sockets between the processes. The supervisor keeps both ends, so that the line holds while one process is away.
#[derive(Debug)]
pub(super) struct Line {
    checkers: UnixDatagram,
    vrrp: UnixDatagram,
}

impl Line {
    pub(super) fn new() -> io::Result<Self> {
        let (checkers, vrrp) = UnixDatagram::pair()?;
        Ok(Self { checkers, vrrp })
    }

    fn end(&self, kind: Kind) -> io::Result<UnixDatagram> {
        match kind {
            Kind::Checkers => self.checkers.try_clone(),
            Kind::Vrrp => self.vrrp.try_clone(),
        }
    }
}
