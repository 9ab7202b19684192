//! The master of `-W`: it keeps the listening sockets, forks workers, watches them, and starts itself anew on USR2.
//!
//! ```text
//!   bind ─▶ fork worker ─▶ watch ──USR2──▶ exec ourselves (sockets stay open) ─▶ bind finds them ─▶ fork ─▶ old worker: USR1
//!                            │ worker dies: the others get TERM, we end with its status
//! ```
//! The master has one thread and no runtime, so that it may fork at any time.

use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, ExitCode};

use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};

use super::argv::Args;
use super::bind::{self, Inherited};
use super::start;
use crate::ir::Config;
use crate::process::daemon::{self, Fork};
use crate::process::{fds, pidfile, sd_notify, signals};

/// Descriptors of listening sockets, for the process that we become.
const SOCKETS: &str = "HAWSER_SOCKETS";
/// Workers of before.
const WORKERS: &str = "HAWSER_WORKERS";

/// What a master was told by its former self.
#[derive(Debug, Default)]
struct Former {
    workers: Vec<i32>,
    is_reload: bool,
}

fn former() -> Former {
    let list = std::env::var(WORKERS);
    let workers = list.as_deref().unwrap_or_default().split(',').filter_map(|w| w.parse().ok()).collect();
    Former { workers, is_reload: list.is_ok() }
}

/// This process is a master that has just become itself again.
pub fn is_reload() -> bool {
    std::env::var_os(WORKERS).is_some()
}

/// Sockets that our former self left open.
fn kept_sockets() -> Vec<OwnedFd> {
    let list = std::env::var(SOCKETS).unwrap_or_default();
    list.split(',').filter_map(|n| n.parse().ok()).filter_map(|n| fds::take(n).ok()).collect()
}

/// Runs the master until its last worker has gone.
pub fn run(args: &Args, config: Config, mut inherited: Inherited, is_daemon: bool) -> ExitCode {
    let before = former();
    inherited.extend(kept_sockets());
    let listening = match bind::all(&config, &mut inherited) {
        Ok(l) => l,
        Err(lines) => {
            start::notices();
            lines.iter().for_each(|l| start::alert(l));
            start::alert("[haproxy.main()] Some protocols failed to start their listeners! Exiting.");
            return if before.is_reload { wait_only(args) } else { ExitCode::from(1) };
        }
    };
    let stats = match super::handover::bind_stats(&config) {
        Ok(s) => s,
        Err(line) => {
            start::notices();
            start::alert(&line);
            return if before.is_reload { wait_only(args) } else { ExitCode::from(1) };
        }
    };
    let pid_file = args.pidfile.clone().or_else(|| config.global.pidfile.clone());
    if is_daemon && !before.is_reload {
        match daemon::fork() {
            Ok(Fork::Parent(child)) => {
                write_pid(pid_file.as_deref(), child);
                return ExitCode::SUCCESS;
            }
            Ok(Fork::Child) => {
                daemon::lead_session();
                let _ = daemon::stdio_to_null();
            }
            Err(e) => {
                start::alert(&format!("[haproxy.main()] Cannot fork: {e}"));
                return ExitCode::from(1);
            }
        }
    } else {
        write_pid(pid_file.as_deref(), own_pid());
    }
    let Ok(waiter) = block() else { return ExitCode::from(1) };
    let worker = match daemon::fork() {
        Ok(Fork::Parent(child)) => child,
        Ok(Fork::Child) => {
            signals::unblock_all();
            if let Err(line) = start::give_up_rights(&config) {
                start::alert(&line);
                return ExitCode::from(1);
            }
            return start::serve(config, listening, stats, args);
        }
        Err(e) => {
            start::alert(&format!("[haproxy.main()] Cannot fork: {e}"));
            return ExitCode::from(1);
        }
    };
    notice(&format!("New worker ({worker}) forked"));
    before.workers.iter().for_each(|&w| drop(signals::send(w, libc::SIGUSR1)));
    if !before.is_reload {
        start::signal_old(args);
    }
    notice("Loading success.");
    if args.systemd {
        let _ = sd_notify::notify(&format!("READY=1\n{}", sd_notify::main_pid(own_pid())));
    }
    // The worker has its own; ours only serve to be handed on.
    drop(stats);
    let sockets: Vec<_> = listening.iter().map(|l| l.fd.clone()).collect();
    let mut master = Master { args, current: Some(worker), old: before.workers, status: 0, leaving: false };
    master.watch(&waiter, &sockets)
}

/// The new configuration is none: the old workers go on, and so do we.
pub fn wait_only(args: &Args) -> ExitCode {
    warning("Loading failure!");
    if args.systemd {
        let _ = sd_notify::notify(&format!("READY=1\n{}", sd_notify::main_pid(own_pid())));
    }
    let Ok(waiter) = block() else { return ExitCode::from(1) };
    let sockets: Vec<_> = kept_sockets().into_iter().map(std::sync::Arc::new).collect();
    let mut old = former().workers;
    let current = old.pop();
    Master { args, current, old, status: 0, leaving: false }.watch(&waiter, &sockets)
}

fn block() -> std::io::Result<signals::Waiter> {
    let all = [libc::SIGUSR1, libc::SIGUSR2, libc::SIGHUP, libc::SIGTERM, libc::SIGINT, libc::SIGCHLD];
    signals::Waiter::block(&all)
}

fn own_pid() -> i32 {
    i32::try_from(std::process::id()).unwrap_or(0)
}

fn write_pid(path: Option<&str>, pid: i32) {
    if let Some(path) = path
        && let Err(e) = pidfile::write(Path::new(path), pid)
    {
        start::alert(&format!("[haproxy.main()] Cannot create pidfile {path} : {e}"));
    }
}

fn notice(text: &str) {
    eprintln!("[NOTICE]   ({}) : {text}", own_pid());
}

fn warning(text: &str) {
    eprintln!("[WARNING]  ({}) : {text}", own_pid());
}

struct Master<'a> {
    args: &'a Args,
    current: Option<i32>,
    old: Vec<i32>,
    /// What we end with.
    status: u8,
    leaving: bool,
}

impl Master<'_> {
    fn watch(&mut self, waiter: &signals::Waiter, sockets: &[std::sync::Arc<OwnedFd>]) -> ExitCode {
        loop {
            self.reap();
            if self.current.is_none() && self.old.is_empty() {
                warning(&format!("All workers exited. Exiting... ({})", self.status));
                if self.args.systemd {
                    let _ = sd_notify::notify("STOPPING=1");
                }
                return ExitCode::from(self.status);
            }
            match waiter.wait(None) {
                Ok(Some(libc::SIGUSR2 | libc::SIGHUP)) if !self.leaving => self.reload(sockets),
                Ok(Some(libc::SIGUSR1)) => self.leave(libc::SIGUSR1, 0),
                Ok(Some(libc::SIGTERM)) => self.leave(libc::SIGTERM, 0),
                Ok(Some(libc::SIGINT)) => self.leave(libc::SIGINT, 130),
                Ok(_) => {}
                Err(_) => return ExitCode::from(1),
            }
        }
    }

    fn leave(&mut self, signal: i32, status: u8) {
        if self.args.systemd {
            let _ = sd_notify::notify("STOPPING=1");
        }
        if !self.leaving {
            warning("Exiting Master process...");
        }
        self.leaving = true;
        self.status = status;
        self.tell(signal);
    }

    fn tell(&self, signal: i32) {
        self.old.iter().chain(&self.current).for_each(|&w| drop(signals::send(w, signal)));
    }

    /// Looks who has died.
    fn reap(&mut self) {
        while let Ok(status) = waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            let (pid, code, how) = match status {
                WaitStatus::Exited(pid, code) => (pid.as_raw(), code, "Exit".to_owned()),
                WaitStatus::Signaled(pid, signal, _) => (pid.as_raw(), 128 + signal as i32, described(signal)),
                WaitStatus::StillAlive => return,
                _ => continue,
            };
            if Some(pid) == self.current {
                self.current = None;
                self.current_gone(pid, code, &how);
            } else if let Some(at) = self.old.iter().position(|&w| w == pid) {
                self.old.remove(at);
                warning(&format!("Former worker ({pid}) exited with code {code} ({how})"));
            }
        }
    }

    fn current_gone(&mut self, pid: i32, code: i32, how: &str) {
        let text = format!("Current worker ({pid}) exited with code {code} ({how})");
        if code == 0 {
            warning(&text);
        } else {
            start::alert(&text);
        }
        if !self.leaving {
            start::alert("exit-on-failure: killing every processes with SIGTERM");
            self.leaving = true;
            self.status = u8::try_from(code).unwrap_or(1);
            self.tell(libc::SIGTERM);
        }
    }

    /// Becomes a new master with the same sockets. Returns only when that fails.
    fn reload(&mut self, sockets: &[std::sync::Arc<OwnedFd>]) {
        notice("Reloading HAProxy");
        if self.args.systemd {
            let _ = sd_notify::notify("RELOADING=1");
        }
        let mut numbers = Vec::new();
        for fd in sockets {
            if fds::keep_on_exec(fd).is_ok() {
                numbers.push(fd.as_raw_fd().to_string());
            }
        }
        let workers: Vec<String> = self.old.iter().chain(&self.current).map(i32::to_string).collect();
        signals::unblock_all();
        let exe = std::env::current_exe().unwrap_or_else(|_| "/proc/self/exe".into());
        // A binary that was replaced meanwhile has a mark behind its name; the new one has the name.
        let exe = exe.to_str().and_then(|e| e.strip_suffix(" (deleted)")).map_or_else(|| exe.clone(), Into::into);
        let mut words = std::env::args_os();
        let name = words.next().unwrap_or_else(|| "haproxy".into());
        let error = Command::new(exe)
            .arg0(name)
            .args(words)
            .env(SOCKETS, numbers.join(","))
            .env(WORKERS, workers.join(","))
            .exec();
        start::alert(&format!("Failed to reexecute the master process [{}]: {error}", own_pid()));
        let _ = block();
    }
}

fn described(signal: nix::sys::signal::Signal) -> String {
    use nix::sys::signal::Signal;
    match signal {
        Signal::SIGKILL => "Killed",
        Signal::SIGTERM => "Terminated",
        Signal::SIGINT => "Interrupt",
        Signal::SIGSEGV => "Segmentation fault",
        Signal::SIGABRT => "Aborted",
        other => other.as_str(),
    }
    .to_owned()
}
