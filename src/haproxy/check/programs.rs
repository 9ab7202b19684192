//! Programs need something to run, and a master to run them.

use crate::haproxy::Outside;
use crate::ir::Config;
use crate::text::diag::{Diagnostic, Diagnostics, Place};

pub fn check(config: &Config, outside: &dyn Outside, diag: &mut Diagnostics) {
    let mut problem = |at, code, message: String, help| {
        diag.push(Diagnostic::error(code, at, message).placed(Place::Nowhere).help(help));
    };
    for p in config.programs.iter().filter(|p| p.command.is_empty()) {
        let message = format!("The program section '{}' lacks a command to launch.", p.name);
        problem(p.at, "no-command", message, "add a line: command PROGRAM [ARGUMENT...]");
    }
    let has_master = config.global.master_worker || outside.variable("HAPROXY_MWORKER").is_some();
    if let Some(first) = config.programs.first().filter(|_| !has_master) {
        let message = "Can't use a 'program' section without master worker mode.".to_owned();
        problem(first.at, "no-master", message, "start with -W or -Ws, or add master-worker to global");
    }
}
