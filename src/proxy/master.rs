//! The master of `-W`: it keeps the listening sockets, forks workers, watches them, and starts itself anew on USR2.
//!
//! ```text
//!   bind ─▶ fork worker ─▶ watch ──USR2──▶ exec ourselves (sockets stay open) ─▶ bind finds them ─▶ fork ─▶ old worker: USR1
//!                            │ worker dies: the others get TERM, we end with its status
//! ```
//! The master has one thread and no runtime, so that it may fork at any time.

pub mod doors;
pub mod operators;
pub mod programs;
pub mod workers;

use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::Duration;

use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};

use self::operators::{Door, Operators, Workers};
use self::workers::{PROCESSES, SOCKETS, Worker};
use super::argv::Args;
use super::bind::{self, Inherited};
use super::start;
use crate::cli::master::{Family, Process};
use crate::ir::Config;
use crate::process::daemon::{self, Fork};
use crate::process::{fds, pidfile, sd_notify, signals};

/// This process is a master that has just become itself again.
pub fn is_reload() -> bool {
    std::env::var_os(PROCESSES).is_some()
}

/// What a master was told by its former self: itself and its workers, one reload later. Without a former self, a new one.
fn family(succeeded: bool) -> (Process, Vec<Worker>) {
    let text = std::env::var(PROCESSES).unwrap_or_default();
    let Some((mut me, mut workers)) = workers::read(&text) else {
        return (
            Process { pid: own_pid(), since: now(), version: start::VERSION.into(), ..Process::default() },
            Vec::new(),
        );
    };
    me.version = start::VERSION.into();
    me.reloads += 1;
    me.failed = if succeeded { 0 } else { me.failed + 1 };
    for w in &mut workers {
        w.process.reloads += 1;
    }
    (me, workers)
}

/// Sockets that our former self left open.
fn kept_sockets() -> Vec<OwnedFd> {
    let list = std::env::var(SOCKETS).unwrap_or_default();
    list.split(',').filter_map(|n| n.parse().ok()).filter_map(|n| fds::take(n).ok()).collect()
}

/// What could not be done, said; a master that was there before goes on with what it has.
fn refuse(args: &Args, lines: &[String], inherited: Inherited) -> ExitCode {
    start::notices();
    lines.iter().for_each(|l| start::alert(l));
    if is_reload() { go_on(args, inherited) } else { ExitCode::from(1) }
}

/// Runs the master until its last worker has gone.
pub fn run(args: &Args, config: Config, mut inherited: Inherited, is_daemon: bool) -> ExitCode {
    inherited.extend(kept_sockets());
    let bound = doors::read(&args.master_cli, &super::load::Machine::default());
    let bound = bound.and_then(|d| doors::bind(&d, &mut inherited).map_err(|l| vec![l, start::no_listeners()]));
    let bound = bound.and_then(|doors| match bind::all(&config, &mut inherited) {
        Ok(listening) => Ok((doors, listening)),
        Err(mut lines) => {
            lines.push(start::no_listeners());
            Err(lines)
        }
    });
    let (doors, listening) = match bound {
        Ok(b) => b,
        Err(lines) => return refuse(args, &lines, inherited),
    };
    let stats = match super::handover::bind_stats(&config) {
        Ok(s) => s,
        Err(line) => return refuse(args, &[line], inherited),
    };
    let forwards = match super::forwarding::bind(&config) {
        Ok(f) => f,
        Err(line) => return refuse(args, &[line], inherited),
    };
    drop(inherited);
    let pid_file = args.pidfile.clone().or_else(|| config.global.pidfile.clone());
    if is_daemon && !is_reload() {
        match leave_terminal(pid_file.as_deref()) {
            Ok(()) => {}
            Err(code) => return code,
        }
    } else {
        write_pid(pid_file.as_deref(), own_pid());
    }
    let (me, mut workers) = family(true);
    let Ok(waiter) = block() else { return ExitCode::from(1) };
    let programs = programs::launch(&config.programs, is_reload());
    let Ok((control, its)) = workers::control() else { return ExitCode::from(1) };
    let worker = match daemon::fork() {
        Ok(Fork::Parent(child)) => child,
        Ok(Fork::Child) => {
            // Only the master holds these: their end says that it is gone.
            drop((control, workers, doors));
            if let Err(line) = start::give_up_rights(&config) {
                start::alert(&line);
                return ExitCode::from(1);
            }
            return start::serve(config, listening, start::Doors { stats, forwards, master: Some(its) }, args);
        }
        Err(e) => {
            start::alert(&start::of_main(&format!("Cannot fork: {e}")));
            return ExitCode::from(1);
        }
    };
    notice(&format!("New worker ({worker}) forked"));
    let most = config.global.mworker_max_reloads;
    for w in &mut workers {
        w.is_leaving = true;
        let too_often = most.is_some_and(|m| w.process.reloads > m);
        let _ = signals::send(w.process.pid, if too_often { libc::SIGTERM } else { libc::SIGUSR1 });
    }
    if !is_reload() {
        start::signal_old(args);
    }
    notice("Loading success.");
    ready(args);
    let process = Process { pid: worker, since: now(), version: start::VERSION.into(), ..Process::default() };
    workers.insert(0, Worker { process, is_leaving: false, control: Some(control) });
    workers.extend(programs);
    // The worker has its own; ours only serve to be handed on.
    drop((stats, forwards, its));
    let sockets = listening.iter().map(|l| l.fd.clone()).collect();
    Master::new(args, me, workers, doors, sockets).watch(&waiter)
}

/// `Err`: this process is over.
fn leave_terminal(pid_file: Option<&str>) -> Result<(), ExitCode> {
    match daemon::fork() {
        Ok(Fork::Parent(child)) => {
            write_pid(pid_file, child);
            Err(ExitCode::SUCCESS)
        }
        Ok(Fork::Child) => {
            daemon::lead_session();
            let _ = daemon::stdio_to_null();
            Ok(())
        }
        Err(e) => {
            start::alert(&start::of_main(&format!("Cannot fork: {e}")));
            Err(ExitCode::from(1))
        }
    }
}

/// The new configuration is none: the old workers go on, and so do we.
pub fn wait_only(args: &Args) -> ExitCode {
    go_on(args, Inherited::new(kept_sockets()))
}

fn go_on(args: &Args, mut inherited: Inherited) -> ExitCode {
    warning("Loading failure!");
    ready(args);
    let Ok(waiter) = block() else { return ExitCode::from(1) };
    let doors = doors::read(&args.master_cli, &super::load::Machine::default()).unwrap_or_default();
    let doors = doors::bind(&doors, &mut inherited).unwrap_or_default();
    let (me, workers) = family(false);
    let sockets = inherited.into_sockets().into_iter().map(Arc::new).collect();
    Master::new(args, me, workers, doors, sockets).watch(&waiter)
}

fn ready(args: &Args) {
    if args.systemd {
        let _ = sd_notify::notify(&format!("READY=1\n{}", sd_notify::main_pid(own_pid())));
    }
}

fn block() -> std::io::Result<signals::Waiter> {
    let ending = [libc::SIGUSR1, libc::SIGTERM, libc::SIGINT, libc::SIGCHLD];
    let others = [libc::SIGUSR2, libc::SIGHUP, libc::SIGTTOU, libc::SIGTTIN];
    signals::Waiter::block(&[ending, others].concat())
}

fn own_pid() -> i32 {
    i32::try_from(std::process::id()).unwrap_or(0)
}

/// Seconds since 1970.
fn now() -> i64 {
    super::clock::refresh();
    super::clock::unix_micros() / 1_000_000
}

fn write_pid(path: Option<&str>, pid: i32) {
    if let Some(path) = path
        && let Err(e) = pidfile::write(Path::new(path), pid)
    {
        start::alert(&start::of_main(&format!("Cannot create pidfile {path} : {e}")));
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
    me: Process,
    /// The latest first.
    workers: Vec<Worker>,
    /// Listening sockets of the workers.
    sockets: Vec<Arc<OwnedFd>>,
    operators: Operators,
    /// What we end with.
    status: u8,
    leaving: bool,
}

/// The master at one moment, as its operators see it.
struct Seen<'a> {
    family: Family,
    workers: &'a [Worker],
}

impl Workers for Seen<'_> {
    fn family(&self) -> &Family {
        &self.family
    }

    fn give(&self, pid: i32, fd: &OwnedFd, rights: u8) -> std::io::Result<()> {
        let worker = self.workers.iter().find(|w| w.process.pid == pid).ok_or(std::io::ErrorKind::NotFound)?;
        worker.give(fd, rights)
    }
}

impl<'a> Master<'a> {
    fn new(args: &'a Args, me: Process, workers: Vec<Worker>, doors: Vec<Door>, sockets: Vec<Arc<OwnedFd>>) -> Self {
        Self { args, me, workers, sockets, operators: Operators::new(doors), status: 0, leaving: false }
    }

    fn watch(&mut self, waiter: &signals::Waiter) -> ExitCode {
        let Ok(signal) = waiter.descriptor() else { return ExitCode::from(1) };
        loop {
            self.reap();
            if self.workers.is_empty() {
                warning(&format!("All workers exited. Exiting... ({})", self.status));
                if self.args.systemd {
                    let _ = sd_notify::notify("STOPPING=1");
                }
                return ExitCode::from(self.status);
            }
            let seen = Seen { family: self.family(), workers: &self.workers };
            let asked = self.operators.step(&seen);
            if asked && !self.leaving {
                self.reload();
            }
            self.operators.wait(signal.as_fd());
            match waiter.wait(Some(Duration::ZERO)) {
                Ok(Some(libc::SIGUSR2 | libc::SIGHUP)) if !self.leaving => self.reload(),
                Ok(Some(libc::SIGUSR1)) => self.leave(libc::SIGUSR1, 0),
                Ok(Some(libc::SIGTERM)) => self.leave(libc::SIGTERM, 0),
                Ok(Some(libc::SIGINT)) => self.leave(libc::SIGINT, 130),
                Ok(Some(pause @ (libc::SIGTTOU | libc::SIGTTIN))) => self.tell(pause),
                Ok(_) => {}
                Err(_) => return ExitCode::from(1),
            }
        }
    }

    fn family(&self) -> Family {
        let of = |leaving: bool, is_program: bool| {
            let of_kind = |w: &&Worker| w.is_leaving == leaving && w.process.program.is_some() == is_program;
            self.workers.iter().filter(of_kind).map(|w| w.process.clone()).collect()
        };
        Family {
            master: self.me.clone(),
            workers: of(false, false),
            leaving: of(true, false),
            programs: of(false, true),
            leaving_programs: of(true, true),
            now: now(),
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
        self.workers.iter().for_each(|w| drop(signals::send(w.process.pid, signal)));
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
            let Some(at) = self.workers.iter().position(|w| w.process.pid == pid) else { continue };
            let gone = self.workers.remove(at);
            let who = gone.process.program.map_or_else(|| "worker".to_owned(), |name| format!("program '{name}'"));
            let text = format!("{who} ({pid}) exited with code {code} ({how})");
            if gone.is_leaving {
                warning(&format!("Former {text}"));
            } else {
                self.current_gone(code, &format!("Current {text}"));
            }
        }
    }

    fn current_gone(&mut self, code: i32, text: &str) {
        if code == 0 {
            warning(text);
        } else {
            start::alert(text);
        }
        if !self.leaving {
            start::alert("exit-on-failure: killing every processes with SIGTERM");
            self.leaving = true;
            self.status = u8::try_from(code).unwrap_or(1);
            self.tell(libc::SIGTERM);
        }
    }

    /// Becomes a new master with the same sockets. Returns only when that fails.
    fn reload(&mut self) {
        notice("Reloading HAProxy");
        if self.args.systemd {
            let _ = sd_notify::notify("RELOADING=1");
        }
        let kept = self.sockets.iter().chain(self.operators.doors()).filter(|fd| fds::keep_on_exec(fd).is_ok());
        let numbers: Vec<String> = kept.map(|fd| fd.as_raw_fd().to_string()).collect();
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
            .env(PROCESSES, workers::write(&self.me, &self.workers))
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
        Signal::SIGUSR1 => "User defined signal 1",
        Signal::SIGUSR2 => "User defined signal 2",
        Signal::SIGHUP => "Hangup",
        other => other.as_str(),
    }
    .to_owned()
}
