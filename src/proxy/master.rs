//! The master of `-W`: it forks the worker, watches it, and starts itself anew on USR2 without closing a socket.

use std::process::ExitCode;

use super::argv::Args;
use super::bind::Inherited;
use super::start;
use crate::ir::Config;

/// Runs the master until it is told to end.
pub fn run(_args: &Args, _config: Config, _inherited: Inherited, _is_daemon: bool) -> ExitCode {
    start::notices();
    start::alert("master-worker mode is known but not there yet.");
    ExitCode::from(1)
}
