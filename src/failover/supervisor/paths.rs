//! The pid files: where they are, and what those of an earlier daemon mean.

use std::path::{Path, PathBuf};

use super::{
    super::{argv::Options, log::Logger},
    own_pid,
};
use crate::{
    ir::failover::Global,
    process::pidfile::{self, Earlier},
};

/// Where the pid files are.
#[derive(Debug, Clone)]
pub(super) struct Paths {
    pub(super) parent: PathBuf,
    pub(super) vrrp: PathBuf,
    pub(super) checkers: PathBuf,
}

impl Paths {
    pub(super) fn new(options: &Options, global: &Global) -> Self {
        let directory = if global.pid_dir { "/run/keepalived" } else { "/run" };
        if global.pid_dir {
            let _ = std::fs::create_dir_all(directory);
        }
        let default = |base: &str| {
            let name = global.daemon_name.as_ref().map_or(String::new(), |name| format!("_{name}"));
            Path::new(directory).join(format!("{base}{name}.pid"))
        };
        Self {
            parent: options.pid_file.clone().unwrap_or_else(|| default("keepalived")),
            vrrp: options.vrrp_pid_file.clone().unwrap_or_else(|| default("vrrp")),
            checkers: options.checkers_pid_file.clone().unwrap_or_else(|| default("checkers")),
        }
    }

    /// Whether another daemon has these files; stale ones are removed.
    pub(super) fn somebody_runs(&self, log: &Logger) -> bool {
        for path in [&self.parent, &self.vrrp, &self.checkers] {
            match pidfile::earlier(path) {
                Earlier::Running(pid) if pid != own_pid() => {
                    log.info("daemon is already running");
                    return true;
                }
                Earlier::Stale => {
                    log.info(&format!("Remove a zombie pid file {}", path.display()));
                    pidfile::remove(path);
                }
                Earlier::Running(_) | Earlier::None => {}
            }
        }
        false
    }

    /// Removes what this daemon and its processes wrote.
    pub(super) fn remove(&self) {
        [&self.vrrp, &self.checkers, &self.parent].into_iter().for_each(|path| pidfile::remove(path));
    }
}
