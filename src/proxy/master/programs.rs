//! Programs that the master runs beside its workers (`program`, manual 3.7).

use std::convert::Infallible;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use super::workers::Worker;
use super::{notice, now, start};
use crate::cli::master::Process;
use crate::ir::config::Program;
use crate::process::credentials::Credentials;
use crate::process::daemon::{self, Fork};
use crate::process::signals;

/// Starts what is to run. After a reload some programs are not started again.
pub fn launch(programs: &[Program], is_reload: bool) -> Vec<Worker> {
    let mut started = Vec::new();
    for p in programs.iter().filter(|p| p.start_on_reload || !is_reload) {
        match daemon::fork() {
            Ok(Fork::Parent(pid)) => {
                notice(&format!("New program '{}' ({pid}) forked", p.name));
                let process = Process {
                    pid,
                    since: now(),
                    version: "-".into(),
                    program: Some(p.name.clone()),
                    ..Process::default()
                };
                started.push(Worker { process, is_leaving: false, control: None });
            }
            Ok(Fork::Child) => {
                let Err(e) = become_program(p);
                start::notices();
                start::alert(&format!("Cannot execute {}: {}", p.command[0], crate::proxy::load::in_words(&e)));
                std::process::exit(1);
            }
            Err(e) => start::alert(&start::of_main(&format!("Cannot fork program '{}': {e}", p.name))),
        }
    }
    started
}

/// Returns only when it fails.
fn become_program(p: &Program) -> io::Result<Infallible> {
    signals::unblock_all();
    if p.uid.is_some() || p.gid.is_some() {
        let own = Credentials::own();
        Credentials { uid: p.uid.unwrap_or(own.uid), gid: p.gid.unwrap_or(own.gid), name: None }.assume()?;
    }
    let (program, arguments) = p.command.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    Err(Command::new(program).args(arguments).exec())
}
