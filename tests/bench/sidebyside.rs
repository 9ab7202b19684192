//! What a request costs in a candidate `haproxy` beside the reference one: same configuration, same processor, in turn.
//!
//! ```text
//! tests/bench/run [--reference BINARY] [--only a,b,c,d] [--reps 5] [--seconds 2] [--floor 1.0] CANDIDATE
//!
//!   a  keep-alive on both sides, small answers, 64 clients
//!   b  a small website's backend: http-server-close, forwardfor, httplog to UDP, round robin over two servers of 32 slots
//!   c  a new connection on both sides for each request
//!   d  answers of 1 MiB, keep-alive (per MiB)
//! ```
//!
//! Client, server and the measured process share one processor, so that cycles a request repeat within a few per cent, which
//! requests a second do not. Cycles come from `perf stat`; without it, processor time from /proc is compared. A run in which
//! the work was not done (no X-Forwarded-For, fewer connections or log lines than requests, a failed request) is an error.
//! Exit status 0 when every ratio reference/candidate is at least the floor; the median of the repetitions counts.

#![expect(clippy::disallowed_methods, reason = "a measurement reads the clock and waits")]

#[path = "load.rs"]
mod load;

use load::{Done, Load};
use nix::{
    sched::{CpuSet, sched_setaffinity},
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use std::{
    fs,
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, Stdio},
    time::{Duration, Instant},
};

struct Workload {
    name: char,
    what: &'static str,
    load: Load,
    global_options: &'static str,
    backend: &'static str,
}

const WORKLOADS: &[Workload] = &[
    Workload {
        name: 'a',
        what: "keep-alive, small",
        load: Load { clients: 64, close: false, size: 60, forwarded: false, logged: false, server_close: false },
        global_options: "",
        backend: "  server s1 ORIGIN1\n",
    },
    Workload {
        name: 'b',
        what: "website backend",
        load: Load { clients: 64, close: false, size: 60, forwarded: true, logged: true, server_close: true },
        global_options: "  option http-server-close\n  log LOG local0\n  option httplog\n  option dontlognull\n  retries 3\n  option redispatch\n",
        backend: "  balance roundrobin\n  option forwardfor\n  option httpchk\n  server s1 ORIGIN1 maxconn 32 check\n  server s2 ORIGIN2 maxconn 32 check\n",
    },
    Workload {
        name: 'c',
        what: "new connections",
        load: Load { clients: 64, close: true, size: 60, forwarded: false, logged: false, server_close: true },
        global_options: "  option http-server-close\n",
        backend: "  server s1 ORIGIN1\n",
    },
    Workload {
        name: 'd',
        what: "1 MiB answers",
        load: Load { clients: 16, close: false, size: 1 << 20, forwarded: false, logged: false, server_close: false },
        global_options: "",
        backend: "  server s1 ORIGIN1\n",
    },
];

struct Arguments {
    reference: PathBuf,
    candidate: PathBuf,
    only: String,
    reps: usize,
    seconds: f64,
    floor: f64,
}

/// One repetition's costs per unit of work.
#[derive(Clone, Copy, Default)]
struct Cost {
    cycles: f64,
    instructions: f64,
    microseconds: f64,
    mebibytes: f64,
}

fn main() -> ExitCode {
    let arguments = match arguments() {
        Ok(arguments) => arguments,
        Err(why) => {
            eprintln!("bench: {why}");
            return ExitCode::from(2);
        }
    };
    pin();
    println!("reference {}, candidate {}", arguments.reference.display(), arguments.candidate.display());
    println!(
        "{:22} {:>12} {:>12} {:>7} | {:>9} {:>9} | {:>8} {:>8} | RSS MiB",
        "", "cycles", "candidate", "ratio", "µs", "cand.", "instr.", "cand."
    );
    let mut fine = true;
    for workload in WORKLOADS.iter().filter(|workload| arguments.only.contains(workload.name)) {
        match compare(workload, &arguments) {
            Ok(ratio) => fine &= ratio >= arguments.floor,
            Err(why) => {
                println!("{}  {:19} not measured: {why}", workload.name, workload.what);
                fine = false;
            }
        }
    }
    if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn arguments() -> Result<Arguments, String> {
    let mut found = Arguments {
        reference: PathBuf::from("/usr/sbin/haproxy"),
        candidate: PathBuf::new(),
        only: "a,b,c,d".to_owned(),
        reps: 5,
        seconds: 2.0,
        floor: 0.0,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} wants a value"));
        match word.as_str() {
            "--reference" => found.reference = PathBuf::from(value()?),
            "--only" => found.only = value()?,
            "--reps" => found.reps = value()?.parse().map_err(|error| format!("--reps: {error}"))?,
            "--seconds" => found.seconds = value()?.parse().map_err(|error| format!("--seconds: {error}"))?,
            "--floor" => found.floor = value()?.parse().map_err(|error| format!("--floor: {error}"))?,
            other if other.starts_with('-') => return Err(format!("unknown option {other}")),
            binary => found.candidate = PathBuf::from(binary),
        }
    }
    for binary in [&found.reference, &found.candidate] {
        if !binary.is_file() {
            return Err(format!("no program at '{}'", binary.display()));
        }
    }
    Ok(found)
}

/// This process and all that it starts stay on the first processor that they may use.
fn pin() {
    let allowed = nix::sched::sched_getaffinity(Pid::from_raw(0)).expect("a process knows its processors");
    let first = (0..CpuSet::count()).find(|cpu| allowed.is_set(*cpu).unwrap_or(false)).expect("it runs somewhere");
    let mut one = CpuSet::new();
    one.set(first).expect("it is a processor");
    sched_setaffinity(Pid::from_raw(0), &one).expect("a process may stay where it is");
}

fn compare(workload: &Workload, arguments: &Arguments) -> Result<f64, String> {
    let (mut reference, mut candidate) = (Vec::new(), Vec::new());
    for _ in 0..arguments.reps {
        reference.push(
            measure(workload, &arguments.reference, arguments.seconds).map_err(|why| format!("reference: {why}"))?,
        );
        candidate.push(
            measure(workload, &arguments.candidate, arguments.seconds).map_err(|why| format!("candidate: {why}"))?,
        );
    }
    let median = |costs: &[Cost], of: fn(&Cost) -> f64| {
        let mut values: Vec<f64> = costs.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let pair = |of: fn(&Cost) -> f64| (median(&reference, of), median(&candidate, of));
    let (cycles, micros) = (pair(|cost| cost.cycles), pair(|cost| cost.microseconds));
    let (instructions, memory) = (pair(|cost| cost.instructions), pair(|cost| cost.mebibytes));
    let ratio = if cycles.0 > 0.0 && cycles.1 > 0.0 { cycles.0 / cycles.1 } else { micros.0 / micros.1 };
    println!(
        "{}  {:19} {:>12} {:>12} {ratio:7.2} | {:9.1} {:9.1} | {:>8} {:>8} | {:.1} {:.1}",
        workload.name,
        workload.what,
        counted(cycles.0),
        counted(cycles.1),
        micros.0,
        micros.1,
        counted(instructions.0),
        counted(instructions.1),
        memory.0,
        memory.1
    );
    Ok(ratio)
}

/// A count of perf's, `-` where the machine does not count.
fn counted(value: f64) -> String {
    if value > 0.0 { format!("{value:.0}") } else { "-".to_owned() }
}

/// A port that nobody uses now.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port()
}

fn configuration(workload: &Workload, front: SocketAddr, load: &load::Running) -> String {
    let text = format!(
        "global\n  nbthread 1\n  maxconn 4000\ndefaults\n  mode http\n  timeout connect 5s\n  timeout client 30s\n  timeout server 30s\n{}\
         frontend fe\n  bind {front}\n  default_backend be\nbackend be\n{}",
        workload.global_options, workload.backend
    );
    text.replace("ORIGIN1", &load.origins[0].to_string())
        .replace("ORIGIN2", &load.origins[1].to_string())
        .replace("LOG", &load.log.to_string())
}

fn measure(workload: &Workload, binary: &Path, seconds: f64) -> Result<Cost, String> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    let running = runtime.block_on(load::start(&workload.load)).map_err(|error| error.to_string())?;
    let front = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let folder = std::env::temp_dir().join(format!("hawser-bench-{}", std::process::id()));
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let file = folder.join(format!("{}.cfg", workload.name));
    fs::write(&file, configuration(workload, front, &running)).map_err(|error| error.to_string())?;
    let mut child = Command::new(binary)
        .arg("-db")
        .arg("-f")
        .arg(&file)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let result = listening(&mut child, front).and_then(|()| {
        runtime.block_on(running.ask(front, &workload.load, 0.5))?; // warm
        let before = busy(child.id());
        let perf = Perf::start(child.id(), &folder);
        let done = runtime.block_on(running.ask(front, &workload.load, seconds))?;
        let (cycles, instructions) = perf.map_or((0.0, 0.0), Perf::stop);
        let busy = busy(child.id()) - before;
        check(&workload.load, &done)?;
        let units = done.answers as f64;
        Ok(Cost {
            cycles: cycles / units,
            instructions: instructions / units,
            microseconds: busy / units,
            mebibytes: peak(child.id()),
        })
    });
    let _ = child.kill();
    let _ = child.wait();
    let _ = fs::remove_dir_all(&folder);
    result
}

fn listening(child: &mut Child, front: SocketAddr) -> Result<(), String> {
    let deadline = Instant::now() + Duration::from_secs(5);
    while TcpStream::connect(front).is_err() {
        if let Ok(Some(status)) = child.try_wait() {
            let mut text = String::new();
            let _ = child.stderr.take().map(|mut stderr| std::io::Read::read_to_string(&mut stderr, &mut text));
            return Err(format!("it ended with {status}: {}", text.lines().next().unwrap_or_default()));
        }
        if Instant::now() > deadline {
            return Err("it does not listen".to_owned());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

/// Whether the work that is to be compared was done.
fn check(load: &Load, done: &Done) -> Result<(), String> {
    let nearly = |count: usize| count * 100 >= done.answers * 95;
    if done.failures > 0 {
        Err(format!("{} failed requests", done.failures))
    } else if done.answers == 0 {
        Err("no answer at all".to_owned())
    } else if load.forwarded && done.without_forwarded > 0 {
        Err(format!("{} requests without X-Forwarded-For", done.without_forwarded))
    } else if load.server_close && !nearly(done.connections) {
        Err(format!("{} connections to the servers for {} requests", done.connections, done.answers))
    } else if load.logged && !nearly(done.log_lines) {
        Err(format!("{} log lines for {} requests", done.log_lines, done.answers))
    } else {
        Ok(())
    }
}

/// `perf stat` on one process.
struct Perf {
    child: Child,
    out: PathBuf,
}

impl Perf {
    fn start(pid: u32, folder: &Path) -> Option<Self> {
        let out = folder.join("perf");
        let mut command = Command::new("perf");
        command.args(["stat", "-x,", "-e", "cycles,instructions", "-p", &pid.to_string(), "-o"]).arg(&out);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
        std::thread::sleep(Duration::from_millis(100)); // it attaches
        Some(Self { child, out })
    }

    /// Cycles and instructions; 0 where the machine does not count them.
    fn stop(mut self) -> (f64, f64) {
        let _ = kill(Pid::from_raw(self.child.id() as i32), Signal::SIGINT);
        let _ = self.child.wait();
        let text = fs::read_to_string(&self.out).unwrap_or_default();
        let value = |event: &str| {
            let line = text.lines().find(|line| line.split(',').nth(2).is_some_and(|name| name.starts_with(event)));
            line.and_then(|line| line.split(',').next()?.parse().ok()).unwrap_or(0.0)
        };
        (value("cycles"), value("instructions"))
    }
}

/// Processor time of all threads of a process, in microseconds.
fn busy(pid: u32) -> f64 {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let one = |path: PathBuf| fs::read_to_string(path.join("schedstat")).ok()?.split(' ').next()?.parse::<f64>().ok();
    threads.filter_map(|thread| one(thread.path())).sum::<f64>() / 1000.0
}

/// The most memory a process ever had, in MiB.
fn peak(pid: u32) -> f64 {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}
