//! Processes: who is told what, what a successor takes over, and how a process ends. The original is asked the same.

use std::{
    collections::BTreeSet,
    io::{Read as _, Write as _},
    os::unix::net::{UnixDatagram, UnixStream},
    path::Path,
    process::Command,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use super::proxy_space::{ANSWERING, OURS, Proxy, binaries, until};

/// The common frontend, and how the process is to be run.
fn configuration() -> String {
    format!("{GLOBAL}{ANSWERING}")
}

const GLOBAL: &str = "global
    stats socket @cli@ level admin expose-fd listeners
    nbthread 2
    hard-stop-after 400ms
";

fn signal(pid: u32, signal: nix::sys::signal::Signal) {
    let pid = nix::unistd::Pid::from_raw(i32::try_from(pid).expect("a pid"));
    nix::sys::signal::kill(pid, signal).expect("it lives");
}

/// The sockets that a process has open, by the numbers that the kernel gives them.
fn sockets(pid: u32) -> BTreeSet<String> {
    let all = std::fs::read_dir(format!("/proc/{pid}/fd")).expect("it lives");
    let links = all.filter_map(|e| std::fs::read_link(e.ok()?.path()).ok());
    links.map(|l| l.display().to_string()).filter(|l| l.starts_with("socket:")).collect()
}

#[test]
fn a_successor_takes_listening_sockets_with_x() {
    for old in binaries(module_path!()) {
        for new in binaries(module_path!()) {
            let first = Proxy::start(&old, &configuration());
            // The same address, so that the successor finds its socket among those that it gets.
            let address = first.address("in");
            let text = configuration().replace("bind @in@", &format!("bind {address}"));
            let second = Proxy::launch(&new, &text, &["-db", "-x", &first.address("cli")]);
            let shared = sockets(first.pid()).intersection(&sockets(second.pid())).count();
            assert_eq!(shared, 1, "{} to {}: {}", old.display(), new.display(), second.log());
        }
    }
}

/// What a service manager is told, without numbers, up to the first message that says `last`.
fn told(socket: &UnixDatagram, last: &str) -> Vec<String> {
    let numbers = regex::Regex::new(r"\d{2,}").expect("a valid expression");
    let mut all = Vec::new();
    let mut buffer = [0; 1024];
    while all.last().is_none_or(|m: &String| !m.contains(last)) {
        let n = socket.recv(&mut buffer).unwrap_or_else(|e| panic!("waiting for {last} after {all:?}: {e}"));
        all.push(numbers.replace_all(&String::from_utf8_lossy(&buffer[..n]), "PID").into_owned());
    }
    all
}

#[test]
fn systemd_hears_of_start_and_reload() {
    let mut all = Vec::new();
    for (i, binary) in binaries(module_path!()).into_iter().enumerate() {
        let path = std::env::temp_dir().join(format!("hw-notify-{}-{i}", std::process::id()));
        let socket = UnixDatagram::bind(&path).expect("a free name");
        socket.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
        let variable = format!("NOTIFY_SOCKET={}", path.display());
        let p = Proxy::launch("env", &configuration(), &[&variable, binary.to_str().expect("text"), "-Ws"]);
        let mut messages = told(&socket, "READY=1");
        signal(p.pid(), nix::sys::signal::SIGUSR2);
        messages.extend(told(&socket, "READY=1"));
        p.rewrite("frontend f\n    nonsense\n");
        signal(p.pid(), nix::sys::signal::SIGUSR2);
        messages.extend(told(&socket, "READY=1"));
        // The original's master starts itself anew after each start, and says so.
        let first = messages.iter().position(|m| m.starts_with("READY")).expect("waited for above");
        messages.drain(..first);
        messages.dedup();
        all.push(messages);
        let _ = std::fs::remove_file(path);
    }
    assert_eq!(all[0][0], "READY=1\nMAINPID=PID");
    assert!(all[0].iter().any(|m| m.contains("RELOADING=1")), "{all:?}");
    assert!(all.windows(2).all(|w| w[0] == w[1]), "{all:?}");
}

fn number_in(file: &Path) -> Option<u32> {
    std::fs::read_to_string(file).ok()?.strip_suffix('\n')?.parse().ok()
}

#[test]
fn the_pid_file_names_the_daemon_or_the_master() {
    for (i, binary) in binaries(module_path!()).into_iter().enumerate() {
        let file = std::env::temp_dir().join(format!("hw-pid-{}-{i}", std::process::id()));
        let name = file.to_str().expect("text");
        let master = Proxy::launch(&binary, &configuration(), &["-W", "-p", name]);
        until("the master's number is there", || number_in(&file) == Some(master.pid()));
        drop(master);
        std::fs::remove_file(&file).expect("written above");
        let directory = std::env::temp_dir().join(format!("hw-daemon-{}-{i}", std::process::id()));
        std::fs::create_dir_all(&directory).expect("a temporary directory");
        let cfg = directory.join("c");
        let text = configuration().replace("@cli@", &directory.join("cli").display().to_string());
        std::fs::write(&cfg, text.replace("@in@", &directory.join("in").display().to_string())).expect("writable");
        let status = Command::new(&binary).args(["-D", "-p", name, "-f"]).arg(&cfg).status().expect("it runs");
        assert!(status.success());
        let pid = number_in(&file).expect("a number");
        let exe = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).expect("the daemon lives");
        assert!(exe.contains(name), "{exe}");
        signal(pid, nix::sys::signal::SIGTERM);
        until("the daemon is gone", || is_gone(pid));
        let _ = std::fs::remove_file(&file);
        let _ = std::fs::remove_dir_all(&directory);
    }
}

/// It has ended, whether or not somebody has looked.
fn is_gone(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).map_or(true, |s| s.contains(") Z "))
}

/// A connection that is in the middle of a request.
fn held(p: &Proxy) -> UnixStream {
    let mut stream = p.connect("in");
    stream.write_all(b"GET / HTTP/1.1\r\n").expect("it reads");
    until("the process has it", || {
        p.ask("cli", "show info").lines().any(|l| l.strip_prefix("CurrConns: ").is_some_and(|n| n != "0"))
    });
    stream
}

#[test]
fn a_soft_stop_ends_hard_after_its_time() {
    for binary in binaries(module_path!()) {
        let mut p = Proxy::start(binary, &configuration());
        let _stream = held(&p);
        let began = Instant::now();
        signal(p.pid(), nix::sys::signal::SIGUSR1);
        p.ended();
        let took = began.elapsed();
        assert!(took > Duration::from_millis(350) && took < Duration::from_secs(5), "{took:?}");
    }
}

#[test]
fn st_ends_an_old_process_at_once_and_sf_lets_it_finish() {
    for binary in binaries(module_path!()) {
        let patient = configuration().replace("    hard-stop-after 400ms\n", "");
        let mut old = Proxy::start(&binary, &patient);
        let mut stream = held(&old);
        let finishing = Proxy::launch(&binary, &patient, &["-db", "-sf", &old.pid().to_string()]);
        stream.write_all(b"Host: h\r\nConnection: close\r\n\r\n").expect("it is still served");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        assert!(answer.ends_with("one"), "{answer}");
        assert_eq!(old.ended(), Some(0));
        let mut old = finishing;
        let _stream = held(&old);
        let _new = Proxy::launch(&binary, &patient, &["-db", "-st", &old.pid().to_string()]);
        old.ended();
    }
}

#[test]
fn a_process_goes_where_its_root_shall_be() {
    let allowed = Command::new("unshare").args(["-Ur", "true"]).status();
    if !allowed.is_ok_and(|s| s.success()) {
        eprintln!("skipped: user namespaces are not allowed here");
        return;
    }
    for binary in binaries(module_path!()) {
        let text = configuration()
            .replace("    nbthread 2\n", "    nbthread 2\n    chroot /var/empty-or-tmp\n    uid 0\n    gid 0\n");
        let root = std::env::temp_dir();
        let text = text.replace("/var/empty-or-tmp", root.to_str().expect("text"));
        let p = Proxy::launch("unshare", &text, &["-Ur", binary.to_str().expect("text"), "-db"]);
        assert!(p.get("in", "/", &[]).ends_with("one"), "{}", p.log());
        let seen = std::fs::read_link(format!("/proc/{}/root", p.pid())).expect("our own process");
        assert_eq!(seen, root.canonicalize().expect("it is there"));
    }
}

#[test]
fn ten_reloads_lose_no_request_of_32_clients() {
    let p = Proxy::launch(OURS, &configuration().replace("    hard-stop-after 400ms\n", ""), &["-W", "-S", "@master@"]);
    let (stop, served) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..32)
            .map(|_| {
                scope.spawn(|| {
                    while !stop.load(Ordering::Relaxed) {
                        let answer = p.get("in", "/", &[]);
                        assert!(
                            answer.ends_with("\r\n\r\none"),
                            "request {}: {answer}",
                            served.load(Ordering::Relaxed)
                        );
                        served.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        for n in 1..=10 {
            let before = served.load(Ordering::Relaxed);
            signal(p.pid(), nix::sys::signal::SIGUSR2);
            until("the reload is done", || shown(&p).contains(&format!("master          {n} [failed: 0]")));
            until("clients go on", || served.load(Ordering::Relaxed) > before + 32);
        }
        stop.store(true, Ordering::Relaxed);
        clients.into_iter().for_each(|c| c.join().expect("no request failed"));
    });
    until("old workers end", || !shown(&p).contains("# old workers"));
}

/// `show proc`; nothing while the master becomes itself again.
fn shown(p: &Proxy) -> String {
    let Ok(mut stream) = UnixStream::connect(p.file("master")) else { return String::new() };
    let _ = stream.write_all(b"show proc\nquit\n");
    let mut text = Vec::new();
    let _ = stream.read_to_end(&mut text);
    String::from_utf8_lossy(&text).into_owned()
}

#[test]
fn unix_sockets_get_the_prefix_and_mode_that_are_set_for_all() {
    use std::os::unix::fs::PermissionsExt as _;
    for (i, binary) in binaries(module_path!()).into_iter().enumerate() {
        let directory = std::env::temp_dir().join(format!("hw-prefix-{}-{i}", std::process::id()));
        std::fs::create_dir_all(&directory).expect("a temporary directory");
        let text = configuration()
            .replace("    nbthread 2\n", &format!("    unix-bind prefix {}/ mode 612\n", directory.display()))
            .replace("    bind @in@\n", "    bind /all\n    bind /own mode 640\n");
        let p = Proxy::start(binary, &text);
        let mode = |name: &str| std::fs::metadata(directory.join(name)).map(|m| m.permissions().mode() & 0o777).ok();
        until("the last socket is in its place", || mode("own").is_some());
        assert_eq!((mode("all"), mode("own")), (Some(0o612), Some(0o640)), "{}", p.log());
        drop(p);
        let _ = std::fs::remove_dir_all(&directory);
    }
}

#[test]
fn grace_leaves_time_to_notice_a_soft_stop() {
    for binary in binaries(module_path!()) {
        let mut p =
            Proxy::start(binary, &configuration().replace("    nbthread 2\n", "    nbthread 2\n    grace 400ms\n"));
        let began = Instant::now();
        signal(p.pid(), nix::sys::signal::SIGUSR1);
        assert!(p.get("in", "/", &[]).ends_with("one"), "it still listens");
        assert_eq!(p.ended(), Some(0));
        assert!(began.elapsed() > Duration::from_millis(350));
    }
}

#[test]
fn variables_are_what_the_configuration_made_of_the_machines() {
    let more = "    setenv AA one\n    presetenv AA two\n    presetenv BB \"two-$HAPROXY_LOCALPEER\"\n    unsetenv CC\n    presetenv DD three\n";
    for (lines, wanted) in [
        (more.to_owned(), "AA=one\nBB=two-me\nDD=machine\nHAPROXY_LOCALPEER=me\n"),
        (format!("{more}    resetenv AA\n"), "AA=one\n"),
    ] {
        for binary in binaries(module_path!()) {
            let text = configuration()
                .replace("    nbthread 2\n", &lines)
                .replace(" string one", " lf-string %[env(AA)]-%[env(CC)]-%[env(DD)]");
            let words = ["CC=machine", "DD=machine", binary.to_str().expect("text"), "-L", "me", "-db"];
            let p = Proxy::launch("env", &text, &words);
            let shown = p.ask("cli", "show env");
            let mut shown: Vec<&str> = shown
                .lines()
                .filter(|l| ["AA=", "BB=", "CC=", "DD=", "HAPROXY_LOCALPEER="].iter().any(|n| l.starts_with(n)))
                .collect();
            shown.sort_unstable();
            assert_eq!(shown.iter().map(|l| format!("{l}\n")).collect::<String>(), wanted, "{}", binary.display());
            assert!(p.ask("cli", "show env").contains("\nHAPROXY_CFGFILES=/"), "{}", binary.display());
            let body = if lines.contains(" resetenv") { "one--" } else { "one--machine" };
            let answer = p.get("in", "/", &[]);
            assert!(answer.ends_with(&format!("\r\n\r\n{body}")), "{}: {answer}", binary.display());
        }
    }
}
