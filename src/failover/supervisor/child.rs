//! The processes that a supervisor starts: the checkers', the routers', and the one that tells metrics.

use std::{io, time::Instant};

use nix::sys::signal::Signal;

use super::{
    super::{argv::Options, checkers, log::Logger, metrics, vrrp},
    EXIT_FATAL, needs_vrrp, own_pid,
    paths::Paths,
    wires::Wires,
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
    Metrics,
}

impl Kind {
    /// As the log calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Checkers => "Healthcheck",
            Self::Vrrp => "VRRP",
            Self::Metrics => "Metrics",
        }
    }

    pub(super) fn short_name(self) -> &'static str {
        match self {
            Self::Checkers => "checker",
            Self::Vrrp => "vrrp",
            Self::Metrics => "metrics",
        }
    }

    /// Whether it does something with a signal. The one that tells metrics ends, and is started again to ask others.
    pub(super) fn hears(self, signal: i32) -> bool {
        self != Self::Metrics || matches!(signal, libc::SIGTERM | libc::SIGHUP)
    }

    /// Whether there is something for it to do. A file that a process would refuse is for the VRRP process to refuse.
    pub(super) fn is_needed(self, checked: &Checked, options: &Options, wires: &Wires) -> bool {
        let config = &checked.config;
        match self {
            Self::Checkers => !options.no_checkers && !config.virtual_servers.is_empty(),
            Self::Metrics => wires.tells_metrics(),
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
        wires: &Wires,
    ) -> io::Result<Self> {
        let parent = own_pid();
        match daemon::fork()? {
            Fork::Child => {
                signals::unblock_all();
                if daemon::die_with_parent(Signal::SIGTERM, parent).is_err() {
                    std::process::exit(EXIT_FATAL);
                }
                let code = match kind {
                    Kind::Checkers => checkers::run(options, checked, &paths.checkers, wires.ends(kind)),
                    Kind::Vrrp => vrrp::run(options, checked, &paths.vrrp, wires.ends(kind)),
                    Kind::Metrics => {
                        let asks = |kind: Kind| kind.is_needed(checked, options, wires);
                        metrics::run(wires.asker(asks), &Logger::new("Keepalived_metrics", options))
                    }
                };
                std::process::exit(code);
            }
            Fork::Parent(pid) => Ok(Self { kind, pid, started: Instant::now() }),
        }
    }
}
