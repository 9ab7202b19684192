//! The parent: pid file, signals, and processes that are started again when they die.
//!
//! * [`child`]: the processes that there may be, and how each is started
//! * [`wires`]: how they speak to each other
//! * [`paths`]: their pid files
//! * [`stop`](mod@stop): their end
//! * [`reload`](mod@reload): a new configuration

mod child;
mod paths;
mod reload;
mod stop;
mod wires;

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use nix::{
    sys::{
        signal::Signal,
        stat::{Mode, umask},
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    unistd::Pid,
};

use self::{
    child::{Child, Kind},
    paths::Paths,
    wires::Wires,
};
use super::{
    argv::{Options, VERSION},
    log::Logger,
    schedule::{self, Schedule},
};
use crate::{
    ir::failover::{Failover, Global},
    keepalived::{Checked, report::Pass},
    process::{
        daemon::{self, Fork},
        pidfile, priority, sd_notify,
        signals::{self, Waiter, realtime_max, realtime_min},
    },
};

pub use self::wires::Ends;

/// Exit codes between the processes, as the original has them.
pub const EXIT_FATAL: i32 = 1;
pub const EXIT_CONFIG: i32 = 2;
const EXIT_NO_CONFIG: i32 = 6;
/// A child that lives at least so long may be started again at once.
const RESPAWN_LIMIT: Duration = Duration::from_secs(1);

/// Runs the daemon to its end; the result is the exit status.
#[must_use]
pub fn run(options: &Options) -> i32 {
    let log = Logger::new("Keepalived", options);
    greet(&log, options);
    let options = &lasting(options);
    let (checked, entered) = super::load(options);
    for line in checked.report.log_lines(&checked.sources, Pass::Global) {
        log.info(&line);
    }
    if let Err(error) = entered {
        log.info(&format!("Unable to enter {error}"));
        return EXIT_FATAL;
    }
    if checked.report.unread() {
        log.info(&format!("Stopped {VERSION}"));
        return EXIT_NO_CONFIG;
    }
    let paths = Paths::new(options, &checked.config.global);
    if paths.somebody_runs(&log) {
        return 0;
    }
    if let Some(code) = refuse(&checked, &log) {
        return code;
    }
    if !options.foreground {
        match daemonise(&paths) {
            Ok(true) => {}
            Ok(false) => return 0,
            Err(error) => {
                log.info(&format!("Unable to become a daemon: {error}"));
                return EXIT_FATAL;
            }
        }
    }
    let global = &checked.config.global;
    if let Some(name) = global.process_name.as_deref().or_else(|| global.process_names.then_some("keepalived")) {
        priority::set_name(name);
    }
    umask(Mode::from_bits_truncate(options.umask.or(checked.config.global.umask).unwrap_or(0o177)));
    if let Err(error) = pidfile::write(&paths.parent, own_pid()) {
        log.info(&format!("Unable to write pid file {}: {error}", paths.parent.display()));
        return EXIT_FATAL;
    }
    let wires = match Wires::new(options.metrics) {
        Ok(wires) => wires,
        Err(error) => {
            log.info(&format!("Unable to tell metrics: {error}"));
            paths.remove();
            return EXIT_FATAL;
        }
    };
    let code = Supervisor::new(options, log, paths, checked, wires).run();
    code.unwrap_or(EXIT_FATAL)
}

/// A daemon leaves its directory, and must find its file again at a reload.
fn lasting(options: &Options) -> Options {
    let mut options = options.clone();
    if let Ok(path) = std::path::absolute(&options.file) {
        options.file = path.to_string_lossy().into_owned();
    }
    options
}

fn greet(log: &Logger, options: &Options) {
    log.info(&format!("Starting {VERSION}"));
    if let Ok(system) = nix::sys::utsname::uname() {
        let (release, version) = (system.release().to_string_lossy(), system.version().to_string_lossy());
        log.info(&format!("Running on Linux {release} {version} (Hawser {})", env!("CARGO_PKG_VERSION")));
    }
    let words: Vec<String> = options.words.iter().map(|word| format!("'{word}'")).collect();
    log.info(&format!("Command line: {}", words.join(" ")));
    log.info(&format!("Configuration file {}", options.file));
}

/// A file that asks for what is not there must not half run: an address whose traffic goes nowhere is worse than none.
fn refuse(checked: &Checked, log: &Logger) -> Option<i32> {
    let mut refused = false;
    for missing in &checked.config.missing {
        let (file, line) = checked.sources.locate(missing.at);
        let word = if missing.fatal { "refusing to start" } else { "going on without it" };
        log.info(&format!("({file}: Line {line}) '{}' is not implemented yet - {word}", missing.keyword));
        refused |= missing.fatal;
    }
    refused.then_some(EXIT_CONFIG)
}

/// Leaves the terminal. `Ok(false)`: this is the old process, which is done.
fn daemonise(paths: &Paths) -> io::Result<bool> {
    if let Fork::Parent(pid) = daemon::fork()? {
        // The file is there before whoever started us goes on.
        let _ = pidfile::write(&paths.parent, pid);
        return Ok(false);
    }
    daemon::lead_session();
    std::env::set_current_dir("/")?;
    daemon::stdio_to_null()?;
    Ok(true)
}

/// The file that shows that the configuration is being read.
pub(super) fn reload_file(global: &Global) -> Option<PathBuf> {
    let written = global.reload_file.as_ref()?;
    let folder = if global.pid_dir { "/run/keepalived" } else { "/run" };
    Some(written.clone().unwrap_or_else(|| Path::new(folder).join("keepalived.reload")))
}

/// Whether the VRRP process has something to do: routers, what is static, or BFD sessions, which live there.
pub(super) fn needs_vrrp(config: &Failover, options: &Options) -> bool {
    let anything = !config.instances.is_empty() || !config.static_addresses.is_empty() || !config.bfds.is_empty();
    !options.no_vrrp && anything
}

fn own_pid() -> i32 {
    nix::unistd::getpid().as_raw()
}

struct Supervisor<'a> {
    options: &'a Options,
    log: Logger,
    paths: Paths,
    checked: Checked,
    children: Vec<Child>,
    wires: Wires,
    schedule: Option<Schedule>,
}

/// Why the loop ends.
enum End {
    Stopped,
    Failed(i32),
}

impl<'a> Supervisor<'a> {
    fn new(options: &'a Options, log: Logger, paths: Paths, checked: Checked, wires: Wires) -> Self {
        Self { options, log, paths, checked, children: Vec::new(), wires, schedule: None }
    }

    fn run(mut self) -> io::Result<i32> {
        let waiter = Waiter::block(&[
            libc::SIGTERM,
            libc::SIGINT,
            libc::SIGHUP,
            libc::SIGCHLD,
            libc::SIGUSR1,
            libc::SIGUSR2,
            libc::SIGPIPE,
            realtime_min() + 2,
            realtime_max() - 1,
        ])?;
        let _ = daemon::adopt_orphans();
        self.start_missing()?;
        if self.children.iter().all(|child| child.kind == Kind::Metrics) {
            self.log.info("Warning - keepalived has no configuration to run");
        }
        self.log.info("Startup complete");
        let _ = sd_notify::notify(&format!("READY=1\n{}", sd_notify::main_pid(own_pid())));
        let end = self.supervise(&waiter)?;
        self.paths.remove();
        self.log.info(&format!("Stopped {VERSION}"));
        Ok(match end {
            End::Stopped => 0,
            End::Failed(code) => code,
        })
    }

    /// Starts the processes that the configuration needs and that do not run.
    fn start_missing(&mut self) -> io::Result<()> {
        for kind in [Kind::Checkers, Kind::Vrrp, Kind::Metrics] {
            let needed = kind.is_needed(&self.checked, self.options, &self.wires);
            if needed && !self.children.iter().any(|child| child.kind == kind) {
                self.start(kind)?;
            }
        }
        Ok(())
    }

    fn start(&mut self, kind: Kind) -> io::Result<()> {
        let child = Child::start(kind, self.options, &self.checked, &self.paths, &self.wires)?;
        if kind != Kind::Metrics {
            self.log.info(&format!("Starting {} child process, pid={}", kind.name(), child.pid));
        }
        self.children.push(child);
        Ok(())
    }

    fn supervise(&mut self, waiter: &Waiter) -> io::Result<End> {
        loop {
            self.set_schedule();
            if self.schedule.as_mut().is_some_and(Schedule::is_due) {
                self.log.info("Scheduled reload");
                self.reload()?;
            }
            match waiter.wait(self.schedule.as_ref().map(|_| schedule::LOOK))? {
                Some(libc::SIGTERM | libc::SIGINT) => {
                    self.stop(waiter)?;
                    return Ok(End::Stopped);
                }
                Some(libc::SIGHUP) => self.reload()?,
                Some(libc::SIGCHLD) => {
                    if let Some(code) = self.bury()? {
                        return Ok(End::Failed(code));
                    }
                }
                Some(signal) => self.forward(signal),
                None => {}
            }
        }
    }

    /// Takes over what the present configuration says of reloads at a time.
    fn set_schedule(&mut self) {
        let global = &self.checked.config.global;
        let wanted = global.reload_time_file.as_ref();
        let same =
            |path: &PathBuf| self.schedule.as_ref().is_some_and(|schedule| schedule.is_for(path, global.reload_repeat));
        if !wanted.is_some_and(same) {
            self.schedule = wanted.map(|path| Schedule::new(path.clone(), global.reload_repeat));
        }
    }

    /// Collects what ended. A child that says that trying again is useless ends the daemon.
    fn bury(&mut self) -> io::Result<Option<i32>> {
        loop {
            let status = match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
                Ok(WaitStatus::StillAlive) | Err(_) => return Ok(None),
                Ok(status) => status,
            };
            let is_it = |child: &Child| status.pid() == Some(Pid::from_raw(child.pid));
            let Some(at) = self.children.iter().position(is_it) else { continue };
            let child = self.children.swap_remove(at);
            if child.kind == Kind::Metrics {
                // Nobody's address depends on it.
                self.start(child.kind)?;
                continue;
            }
            match status {
                WaitStatus::Exited(_, code @ (EXIT_CONFIG | EXIT_FATAL)) => {
                    let word = if code == EXIT_CONFIG { "CONFIG" } else { "FATAL" };
                    self.log.info(&format!("pid {} exited with permanent error {word}. Terminating", child.pid));
                    return Ok(Some(code));
                }
                WaitStatus::Signaled(_, signal, _) => self.log.info(&format!(
                    "pid {} exited due to signal {} ({}) - has rlimit_rttime been exceeded?",
                    child.pid,
                    signal as i32,
                    describe(signal)
                )),
                WaitStatus::Exited(_, code) => self.log.info(&format!("pid {} exited with status {code}", child.pid)),
                _ => {}
            }
            if !self.options.respawn {
                return Ok(Some(EXIT_FATAL));
            }
            self.respawn(child)?;
        }
    }

    fn respawn(&mut self, child: Child) -> io::Result<()> {
        let name = child.kind.name();
        self.log.alert(&format!("{name} child process({}) died: Respawning", child.pid));
        let wait = RESPAWN_LIMIT.saturating_sub(child.started.elapsed());
        self.log.info(&format!("Restart of {name} process delayed {} seconds to limit respawn rate", wait.as_secs()));
        if !wait.is_zero() {
            nix::poll::poll(&mut [], nix::poll::PollTimeout::try_from(wait).unwrap_or(nix::poll::PollTimeout::ZERO))?;
        }
        self.start(child.kind)
    }

    fn forward(&mut self, signal: i32) {
        if signal == libc::SIGUSR1 {
            self.log.info(&format!("Printing parent data for process({}) on signal", own_pid()));
            let text = super::dump::parent(&self.checked.config);
            let path = super::dump::path("keepalived_parent", &self.checked.config.global);
            if let Err(error) = super::dump::write(&path, &text) {
                self.log.info(&format!("Can't open {}: {error}", path.display()));
            }
        }
        self.send(signal);
    }

    fn send(&self, signal: i32) {
        for child in self.children.iter().filter(|child| child.kind.hears(signal)) {
            let _ = signals::send(child.pid, signal);
        }
    }
}

/// What strsignal(3) says of the usual ones.
fn describe(signal: Signal) -> &'static str {
    match signal {
        Signal::SIGKILL => "Killed",
        Signal::SIGSEGV => "Segmentation fault",
        Signal::SIGABRT => "Aborted",
        Signal::SIGTERM => "Terminated",
        other => other.as_str(),
    }
}
