//! The process's own sockets for operators, and listening sockets that go from an old process to a new one.

use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use super::bind;
use super::thread::Local;
use crate::ir::Config;
use crate::ir::listener::Listener;

/// A bound `stats socket`.
pub struct StatsSocket {
    pub fd: OwnedFd,
    pub spec: Listener,
}

/// Binds every `stats socket`.
///
/// # Errors
/// The line to print.
pub fn bind_stats(config: &Config) -> Result<Vec<StatsSocket>, String> {
    let mut inherited = bind::Inherited::default();
    config
        .global
        .stats_sockets
        .iter()
        .map(|l| {
            let fd = bind::one(l, bind::BACKLOG, true, &mut inherited)
                .map_err(|e| format!("Starting frontend GLOBAL: cannot bind UNIX socket ({e}) [{}]", l.address))?;
            Ok(StatsSocket { fd, spec: l.clone() })
        })
        .collect()
}

/// Serves them.
pub fn serve_stats(local: &'static Local, sockets: Vec<StatsSocket>) {
    for s in sockets {
        tokio::task::spawn_local(super::cli::listen(local, s));
    }
}

/// Asks an old process for its listening sockets over its stats socket.
///
/// # Errors
/// Nobody answers there.
pub fn take(path: &str) -> io::Result<Vec<OwnedFd>> {
    use std::os::unix::net::UnixStream;
    let name = path.strip_prefix("unix@").unwrap_or(path);
    let stream = UnixStream::connect(Path::new(name))?;
    super::fdpass::ask(&stream)
}
