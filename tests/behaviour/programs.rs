//! Programs beside the workers (`program`), and what becomes of workers that outlive many reloads. The original does the same.

use std::io::{Read as _, Write as _};

use nix::sys::signal::Signal;

use super::proxy_space::{ANSWERING, Proxy, binaries, until};

/// What the master says to `show proc`, without numbers and times: type and reloads of each line.
fn shown(p: &Proxy) -> Vec<String> {
    let Ok(mut stream) = std::os::unix::net::UnixStream::connect(p.file("master")) else { return Vec::new() };
    stream.set_read_timeout(Some(std::time::Duration::from_secs(5))).expect("a timeout");
    // It becomes itself again now and then, and says nothing.
    let _ = stream.write_all(b"show proc;quit\n");
    let mut text = String::new();
    let _ = stream.read_to_string(&mut text);
    let line = |l: &str| {
        let words: Vec<&str> = l.split_ascii_whitespace().collect();
        match words[..] {
            [_, kind, reloads, ..] if !l.starts_with('#') => format!("{kind} {reloads}"),
            _ => l.to_owned(),
        }
    };
    text.lines().skip(1).filter(|l| !l.is_empty()).map(line).collect()
}

/// The pid of a line of `show proc`.
fn pid_of(p: &Proxy, kind: &str) -> Option<i32> {
    let mut stream = std::os::unix::net::UnixStream::connect(p.file("master")).ok()?;
    stream.set_read_timeout(Some(std::time::Duration::from_secs(5))).ok()?;
    stream.write_all(b"show proc;quit\n").ok()?;
    let mut text = String::new();
    let _ = stream.read_to_string(&mut text);
    text.lines()
        .filter(|l| l.split_ascii_whitespace().nth(1) == Some(kind))
        .find_map(|l| l.split(' ').next()?.parse().ok())
}

fn signal(pid: i32, signal: Signal) {
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), signal).expect("it lives");
}

/// What was said, without numbers of processes.
fn said(p: &Proxy) -> Vec<String> {
    let numbers = regex::Regex::new(r"\(\d+\)").expect("a valid expression");
    let log = numbers.replace_all(&p.log(), "(PID)").into_owned();
    log.lines().filter(|l| l.contains("rogram")).map(str::to_owned).collect()
}

#[test]
fn programs_live_and_go_with_their_master() {
    let text = format!(
        "{ANSWERING}program foo\n    command sleep 20\nprogram bar\n    command sleep 21\n    no option start-on-reload\n"
    );
    let mut all = Vec::new();
    for binary in binaries(module_path!()) {
        let mut p = Proxy::launch(binary, &text, &["-W", "-S", "@master@"]);
        let first = ["master 0", "# workers", "worker 0", "# programs", "foo 0", "bar 0"];
        until("both programs run", || shown(&p) == first);
        let pid = i32::try_from(p.pid()).expect("a pid");
        signal(pid, Signal::SIGUSR2);
        let second = ["master 1", "# workers", "worker 0", "# programs", "foo 0"];
        until("a reload starts one of them anew", || shown(&p) == second);
        until("the former ones are gone", || p.log().contains("Former program 'bar'"));
        // One that dies takes all down.
        signal(pid_of(&p, "foo").expect("it runs"), Signal::SIGKILL);
        assert_eq!(p.ended(), Some(137));
        let mut said = said(&p);
        said.sort();
        all.push(said);
    }
    assert!(
        all[0].iter().any(|l| l.ends_with("Current program 'foo' (PID) exited with code 137 (Killed)")),
        "{all:#?}"
    );
    assert!(all.windows(2).all(|w| w[0] == w[1]), "{all:#?}");
}

#[test]
fn a_program_that_cannot_be_started_ends_the_family() {
    let text = format!("{ANSWERING}program foo\n    command no-such-program-of-that-name x\n");
    for binary in binaries(module_path!()) {
        let file = std::env::temp_dir().join(format!("hw-program-{}.cfg", std::process::id()));
        std::fs::write(&file, text.replace("bind @in@", "bind abns@hw-program-test")).expect("a writable directory");
        let output = std::process::Command::new(&binary).args(["-W", "-f"]).arg(&file).output().expect("it runs");
        let log = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{log}");
        assert!(log.contains("Cannot execute no-such-program-of-that-name: No such file or directory"), "{log}");
        assert!(log.contains("Current program 'foo'") && log.contains("exit-on-failure"), "{log}");
        let lone = std::process::Command::new(&binary).args(["-c", "-f"]).arg(&file).output().expect("it runs");
        let log = String::from_utf8_lossy(&lone.stderr).into_owned();
        assert!(log.contains("Can't use a 'program' section without master worker mode."), "{log}");
        std::fs::remove_file(file).expect("it is there");
    }
}

#[test]
fn a_worker_that_outlives_too_many_reloads_is_ended() {
    for binary in binaries(module_path!()) {
        let text = format!("global\n    mworker-max-reloads 2\n{ANSWERING}");
        let p = Proxy::launch(binary, &text, &["-W", "-S", "@master@"]);
        until("it runs", || shown(&p) == ["master 0", "# workers", "worker 0", "# programs"]);
        // A request that does not end keeps the worker alive.
        let mut held = p.connect("in");
        held.write_all(b"GET / HTTP/1.1\r\n").expect("it reads");
        let pid = i32::try_from(p.pid()).expect("a pid");
        for reload in 1..=2 {
            signal(pid, Signal::SIGUSR2);
            let line = format!("worker {reload}");
            until("the old worker goes on", || {
                shown(&p).contains(&line) && shown(&p).contains(&format!("master {reload}"))
            });
        }
        signal(pid, Signal::SIGUSR2);
        until("it is ended", || p.log().contains("exited with code 143 (Terminated)"));
        until("the others are not", || {
            shown(&p).contains(&"worker 0".to_owned()) && shown(&p).contains(&"master 3".to_owned())
        });
        drop(held);
    }
}

#[test]
fn a_process_may_be_dumped_where_that_is_asked_for() {
    for (text, owner_is_root) in [("", true), ("    set-dumpable\n", false)] {
        for binary in binaries(module_path!()) {
            if !nix::unistd::geteuid().is_root() {
                return;
            }
            let user = "global\n    user nobody\n    group nogroup\n";
            let p = Proxy::start(binary, &format!("{user}{text}{ANSWERING}"));
            // The kernel gives the files of a process that cannot be dumped to root (proc(5)).
            let path = format!("/proc/{}/maps", p.pid());
            let owner = || std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(&path).expect("it lives"));
            until("its user is changed", || (owner() == 0) == owner_is_root);
        }
    }
}
