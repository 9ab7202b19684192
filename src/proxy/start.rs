//! From the command line to a running process, and the exit codes on the way.

use std::ffi::OsString;
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Mutex;

use tokio::sync::watch;

use super::argv::{self, Args, Bad};
use super::bind::{self, Inherited};
use super::logger::Identity;
use super::world::{World, lock};
use super::{checks, limits, listener, stop, thread};
use crate::ir::Config;
use crate::net::scrape;
use crate::process::daemon::{self, Fork};
use crate::process::{credentials, pidfile, signals};
use crate::stats::prometheus::Wanted;

/// When this version's sources were last changed.
pub const RELEASE_DATE: &str = "2026/11/22";

/// What is said when an address could not be bound.
pub fn no_listeners() -> String {
    of_main("Some protocols failed to start their listeners! Exiting.")
}

/// A line about the process as a whole begins with the name that it was called by.
pub fn of_main(text: &str) -> String {
    let name = std::env::args().next().unwrap_or_else(|| "haproxy".into());
    format!("[{name}.main()] {text}")
}

/// The version that scripts ask for, and ours.
pub const VERSION: &str = concat!("2.6.12 (Hawser ", env!("CARGO_PKG_VERSION"), ")");

/// Runs the program; `words` are those behind its name.
pub fn main(words: &[OsString]) -> ExitCode {
    let args = match argv::parse(words) {
        Ok(a) => a,
        Err(bad) => return refuse(&bad),
    };
    if words.is_empty() {
        return usage();
    }
    if args.pool_help {
        println!("-dM has no effect here: there are no pools of memory, and nothing needs poison.");
        return ExitCode::SUCCESS;
    }
    if args.build || args.version {
        print!("{}", super::about::text(args.build));
        return ExitCode::SUCCESS;
    }
    if let Some(classes) = &args.keywords {
        print!("{}", super::known::dump(classes));
        if args.files.is_empty() {
            return ExitCode::SUCCESS;
        }
    }
    if let Some(condition) = &args.condition {
        return super::load::condition(condition);
    }
    if args.files.is_empty() {
        return usage();
    }
    if let Some(dir) = &args.directory
        && let Err(e) = std::env::set_current_dir(dir)
    {
        notices();
        alert(&format!("Could not change to directory {dir} : {}", super::load::in_words(&e)));
        return ExitCode::from(1);
    }
    let config = match super::load::configuration(&args) {
        Ok(c) => c,
        // A master that comes back with a bad file goes on with what it has.
        Err(_) if super::master::is_reload() => {
            return super::master::wait_only(&args);
        }
        Err(code) => return ExitCode::from(code),
    };
    if args.check {
        return ExitCode::SUCCESS;
    }
    launch(&args, config)
}

/// Says what is wrong with the command line.
fn refuse(bad: &Bad) -> ExitCode {
    let (line, shows_usage) = match bad {
        Bad::Usage => return usage(),
        Bad::Incomplete(option) if option == "-cc" => return usage(),
        Bad::Incomplete(option) if option == "-x" => ("Unix socket path expected with the -x flag\n".to_owned(), true),
        Bad::Incomplete(_) => ("failed to copy argv.".to_owned(), false),
        Bad::Value(line) => (line.clone(), false),
    };
    notices();
    alert(&line);
    if shows_usage { usage() } else { ExitCode::from(1) }
}

fn usage() -> ExitCode {
    print!("{}", super::about::text(false));
    eprint!("{}", argv::usage("haproxy"));
    ExitCode::from(1)
}

/// What was said so far, for `show startup-logs`.
static SAID: Mutex<String> = Mutex::new(String::new());

/// Everything that was said on standard error before serving began.
pub fn said() -> String {
    lock(&SAID).clone()
}

/// Says something on standard error, whole lines.
pub fn say(text: &str) {
    eprint!("{text}");
    lock(&SAID).push_str(text);
}

/// What stands once before the first warning or error.
pub fn notices() {
    let pid = std::process::id();
    let exe = std::env::current_exe().unwrap_or_default();
    say(&format!("[NOTICE]   ({pid}) : haproxy version is {VERSION}\n"));
    say(&format!("[NOTICE]   ({pid}) : path to executable is {}\n", exe.display()));
}

pub fn alert(text: &str) {
    say(&format!("[ALERT]    ({}) : {text}\n", std::process::id()));
}

pub fn warning(text: &str) {
    say(&format!("[WARNING]  ({}) : {text}\n", std::process::id()));
}

/// Binds, goes where it is told, and serves.
fn launch(args: &Args, mut config: Config) -> ExitCode {
    config.global.no_splice |= args.no_splice;
    config.global.no_reuseport |= args.no_reuseport;
    if let Err(line) = limits::settle(args, &mut config) {
        notices();
        alert(&line);
        return ExitCode::from(1);
    }
    // Under systemd a file's `daemon` counts for nothing: the process that was started is the one that is watched.
    let is_daemon = args.daemon || (config.global.daemon && !args.systemd && !args.debug && !args.foreground);
    let is_master = args.master || config.global.master_worker;
    if !is_master && !args.master_cli.is_empty() {
        notices();
        warning("config : a master CLI socket was defined, but master-worker mode (-W) is not enabled.");
    }
    let mut inherited = match &args.take_from {
        Some(path) => Inherited::new(super::handover::take(path).unwrap_or_default()),
        None => Inherited::default(),
    };
    for &pid in args.finish.iter().chain(&args.terminate) {
        inherited.extend(crate::process::borrow_fds::listening_sockets(pid).unwrap_or_default());
    }
    if is_master {
        return super::master::run(args, config, inherited, is_daemon);
    }
    let listening = match bind::all(&config, &mut inherited) {
        Ok(l) => l,
        Err(lines) => {
            notices();
            lines.iter().for_each(|l| alert(l));
            alert(&no_listeners());
            return ExitCode::from(1);
        }
    };
    drop(inherited);
    let stats = match super::handover::bind_stats(&config) {
        Ok(s) => s,
        Err(line) => {
            notices();
            alert(&line);
            return ExitCode::from(1);
        }
    };
    let forwards = match super::forwarding::bind(&config) {
        Ok(f) => f,
        Err(line) => {
            notices();
            alert(&line);
            return ExitCode::from(1);
        }
    };
    let pid_file = args.pidfile.clone().or_else(|| config.global.pidfile.clone());
    if is_daemon {
        match daemon::fork() {
            Ok(Fork::Parent(child)) => {
                if let Some(path) = &pid_file
                    && let Err(e) = pidfile::write(Path::new(path), child)
                {
                    notices();
                    alert(&of_main(&format!("Cannot create pidfile {path} : {e}")));
                    return ExitCode::from(1);
                }
                signal_old(args);
                return ExitCode::SUCCESS;
            }
            Ok(Fork::Child) => {
                daemon::lead_session();
                let _ = daemon::stdio_to_null();
            }
            Err(e) => {
                notices();
                alert(&of_main(&format!("Cannot fork: {e}")));
                return ExitCode::from(1);
            }
        }
    } else {
        if let Some(path) = &pid_file {
            let pid = i32::try_from(std::process::id()).unwrap_or(0);
            if let Err(e) = pidfile::write(Path::new(path), pid) {
                notices();
                alert(&of_main(&format!("Cannot create pidfile {path} : {e}")));
                return ExitCode::from(1);
            }
        }
        signal_old(args);
    }
    if let Err(line) = give_up_rights(&config) {
        notices();
        alert(&line);
        return ExitCode::from(1);
    }
    serve(config, listening, Doors { stats, forwards, master: None }, args)
}

/// Tells old processes that we are there (`-sf`, `-st`).
pub fn signal_old(args: &Args) {
    args.finish.iter().for_each(|&pid| drop(signals::send(pid, libc::SIGUSR1)));
    args.terminate.iter().for_each(|&pid| drop(signals::send(pid, libc::SIGTERM)));
}

/// `chroot`, `group`, `user`: in this order, before any thread.
pub fn give_up_rights(config: &Config) -> Result<(), String> {
    let g = &config.global;
    let uid =
        g.uid.as_ref().map(|a| bind::user(a).ok_or_else(|| format!("cannot find user id for '{a:?}'"))).transpose()?;
    let gid = g
        .gid
        .as_ref()
        .map(|a| bind::group(a).ok_or_else(|| format!("cannot find group id for '{a:?}'")))
        .transpose()?;
    if let Some(dir) = &g.chroot {
        let gone = nix::unistd::chroot(dir.as_str()).and_then(|()| nix::unistd::chdir("/"));
        gone.map_err(|_| of_main(&format!("Cannot chroot({dir}).")))?;
    }
    if uid.is_none() && gid.is_none() {
        return dumpable(g.set_dumpable);
    }
    let own = credentials::Credentials::own();
    let to = credentials::Credentials { uid: uid.unwrap_or(own.uid), gid: gid.unwrap_or(own.gid), name: None };
    to.assume().map_err(|e| of_main(&format!("Cannot become user {} and group {}: {e}", to.uid, to.gid)))?;
    dumpable(g.set_dumpable)
}

/// `set-dumpable`: the kernel forgets it when a process changes its user, so it comes after that.
fn dumpable(wanted: bool) -> Result<(), String> {
    if !wanted {
        return Ok(());
    }
    use rustix::process::{Resource, Rlimit, setrlimit};
    // Without room for a core the permission is of no use; what the hard limit forbids stays forbidden.
    let most = rustix::process::getrlimit(Resource::Core).maximum;
    let _ = setrlimit(Resource::Core, Rlimit { current: most, maximum: most });
    nix::sys::prctl::set_dumpable(true).map_err(|e| of_main(&format!("Cannot become dumpable: {e}")))
}

/// Where operators come in.
pub struct Doors {
    pub stats: Vec<super::handover::StatsSocket>,
    /// Where syslog messages come in.
    pub forwards: Vec<super::forwarding::Bound>,
    /// Where the master hands us connections of its operators.
    pub master: Option<OwnedFd>,
}

/// Serves until told to stop. The calling thread is the first worker.
pub fn serve(config: Config, listening: Vec<listener::Listening>, doors: Doors, args: &Args) -> ExitCode {
    // A successor may be in a hurry: what it says waits until we can obey, instead of ending us in the middle of requests.
    let _ = signals::Waiter::block(&[libc::SIGUSR1, libc::SIGHUP, libc::SIGTTOU, libc::SIGTTIN]);
    let threads = threads(&config);
    let machine = args.peer.clone().or_else(hostname).unwrap_or_else(|| "localhost".into());
    let identity = Identity {
        hostname: config.global.log_send_hostname.as_ref().map(|h| h.clone().unwrap_or_else(|| machine.clone())),
        tag: config.global.log_tag.clone().unwrap_or_else(|| "haproxy".into()),
        machine,
        pid: std::process::id(),
    };
    let world = match World::new(config, identity) {
        // A process has one world from its beginning to its end.
        Ok(w) => &*Box::leak(Box::new(World { shows_traffic: args.debug && !args.daemon, ..w })),
        Err(line) => {
            notices();
            alert(&line);
            return ExitCode::from(1);
        }
    };
    super::rules::set_process_variables(world);
    let metrics = match args.metrics.map(scrape::listen).transpose() {
        Ok(listener) => listener,
        Err(error) => {
            alert(&of_main(&format!("Cannot listen for metrics: {error}")));
            return ExitCode::from(1);
        }
    };
    let _ = std::io::stderr().flush();
    world.ears.get_or_init(|| listening.iter().map(listener::Ear::of).collect());
    let (closing, closed) = watch::channel(false);
    for index in 1..threads {
        let (closed, listening) = (closed.clone(), listening.clone());
        // Until the thread itself counts: the process must not end before.
        let coming = listener::Accepting::new(world);
        let name = format!("worker-{}", index + 1);
        let spawned = std::thread::Builder::new().name(name).spawn(move || {
            thread::run(world, index, closed, |local| {
                listen(local, listening);
                drop(coming);
                std::future::pending::<()>()
            });
        });
        if let Err(e) = spawned {
            alert(&format!("cannot start thread {}: {e}", index + 1));
        }
    }
    thread::run(world, 0, closed.clone(), |local| async move {
        listen(local, listening);
        checks::start(local);
        super::handover::serve_stats(local, doors.stats);
        super::rings::start(local);
        super::forwarding::start(local, doors.forwards);
        tokio::task::spawn_local(keep_time(local));
        if let Some(listener) = metrics {
            tokio::task::spawn_local(tell_metrics(listener, local, closed.clone()));
        }
        tokio::select! {
            () = super::signal::handle(local, &closing) => {}
            () = super::cli::from_master(local, doors.master) => {}
            () = stop::drained(local, closed) => {}
        }
    });
    ExitCode::SUCCESS
}

fn listen(local: &'static thread::Local, listening: Vec<listener::Listening>) {
    for l in listening {
        let present = listener::Accepting::new(local.world);
        tokio::task::spawn_local(listener::accept(local, l, present));
    }
}

/// `--metrics`: what `use-service prometheus-exporter` tells, without a frontend, until we are to stop: then the port is our
/// successor's.
async fn tell_metrics(
    listener: std::net::TcpListener,
    local: &'static thread::Local,
    mut closed: watch::Receiver<bool>,
) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    tokio::select! {
        () = scrape::serve(listener, move || async move { super::statistics::metrics(local.world, Wanted::all()) }) => {}
        _ = closed.wait_for(|stops| *stops) => {}
    }
}

/// The zone's offset changes twice a year.
async fn keep_time(local: &'static thread::Local) {
    let timer = local.timers.timer();
    loop {
        timer.sleep(std::time::Duration::from_secs(60)).await;
        let offset = crate::process::utc_offset::utc_offset(super::clock::unix_micros() / 1_000_000);
        local.world.utc_offset.store(offset, std::sync::atomic::Ordering::Relaxed);
    }
}

/// The most threads that a process may have.
pub const MOST_THREADS: usize = 64;

/// How many threads serve.
pub fn threads(config: &Config) -> usize {
    let of_machine = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(MOST_THREADS);
    config.global.nbthread.map_or_else(of_machine, |n| n as usize).max(1)
}

fn hostname() -> Option<String> {
    nix::unistd::gethostname().ok()?.into_string().ok()
}
