//! The master of `-W`: its command line (`-S`), reloads, and what becomes of workers. The original is asked the same.

use std::io::{Read as _, Write as _};

use super::proxy_space::{ANSWERING, Proxy, binaries, until};

fn on_both(words: &[&str], test: impl Fn(&Proxy)) {
    for binary in binaries(module_path!()) {
        let words: Vec<&str> = ["-W"].iter().chain(words).copied().collect();
        test(&launch(binary, &words));
    }
}

/// Started, and answering: the original's master starts itself anew once more when its worker runs.
fn launch(binary: std::path::PathBuf, words: &[&str]) -> Proxy {
    let p = Proxy::launch(binary, ANSWERING, words);
    until("the master answers", || raw(&p, "show version\n").starts_with("2.6.12"));
    p
}

/// Sends commands and `quit` (the original may forget to answer who closes his side). While a master becomes itself again nobody listens there for a moment.
fn raw(p: &Proxy, commands: &str) -> String {
    let mut stream = None;
    until("it listens", || {
        stream = std::os::unix::net::UnixStream::connect(p.file("master")).ok();
        stream.is_some()
    });
    let mut stream = stream.expect("connected above");
    stream.set_read_timeout(Some(std::time::Duration::from_secs(10))).expect("a timeout");
    // It may be gone again; then there is no answer.
    let _ = stream.write_all(format!("{commands}quit\n").as_bytes());
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// The same; numbers of processes and times are taken out of the answer.
fn ask(p: &Proxy, commands: &str) -> String {
    let answer = raw(p, commands);
    let replace = |text: &str, pattern: &str, by: &str| {
        regex::Regex::new(pattern).expect("a valid expression").replace_all(text, by).into_owned()
    };
    let answer = replace(&answer, r"(?m)^\d+(?P<gap> +)(?P<kind>master|worker)", "PID$kind");
    let answer = replace(&answer, r"\d+d\d\dh\d\dm\d\ds +2\.6\.12\S*( \(Hawser \S+\))? *", "UP");
    replace(&answer, r"(?m)^2\.6\.12.*$", "2.6.12")
}

const ONE_WORKER: &str = "#<PID>          <type>          <reloads>       <uptime>        <version>      
PIDmaster          0 [failed: 0]   UP
# workers
PIDworker          0               UP
# programs

";

#[test]
fn processes_are_shown_in_the_originals_columns() {
    on_both(&["-S", "@master@"], |p| assert_eq!(ask(p, "show proc\n"), ONE_WORKER));
}

#[test]
fn commands_reach_master_and_worker() {
    on_both(&["-S", "@master@"], |p| {
        assert_eq!(ask(p, "show version;@1 show version\n@master show cli level\n"), "2.6.12\n\n2.6.12\n\nadmin\n\n");
        assert_eq!(ask(p, "@1\nshow backend\n@master\nshow cli level\n"), "# name\n\nadmin\n\n");
        assert_eq!(ask(p, "@7 show info\nshow cli level\n"), "Can't find the target PID matching the prefix '@7'\n");
        assert!(ask(p, "@1 show info\n").contains("\nPid: "));
        assert!(ask(p, "show info\n").starts_with("Unknown command, but maybe"));
    });
}

#[test]
fn help_is_the_originals() {
    let mut texts = Vec::new();
    for binary in binaries(module_path!()) {
        let p = launch(binary, &["-W", "-S", "@master@"]);
        texts.push(ask(&p, "help\nhelp reload\n;\n"));
    }
    assert!(texts[0].contains("  show proc                               : show processes status\n"));
    assert!(texts.windows(2).all(|t| t[0] == t[1]), "{texts:#?}");
}

#[test]
fn a_level_that_was_lowered_holds_in_workers_too() {
    on_both(&["-S", "@master@,level,operator"], |p| {
        assert_eq!(ask(p, "show cli level;@1 show cli level\n"), "operator\n\noperator\n\n");
        let answer = ask(p, "user;@1 show cli level;@1 clear counters all;reload\n");
        assert_eq!(answer, "user\n\nPermission denied\n\nPermission denied\n\n");
        assert_eq!(ask(p, "show proc\n"), ONE_WORKER);
    });
}

#[test]
fn a_prompt_names_the_process_and_the_modes() {
    on_both(&["-S", "@master@"], |p| {
        assert_eq!(ask(p, "prompt\nshow cli level\n"), "master> admin\n\nmaster> master> ");
        assert_eq!(ask(p, "prompt\nexpert-mode on\nexperimental-mode on\nprompt\n"), "master> master(e)> master(xe)> ");
        let answer = ask(p, "prompt\n@1\nshow cli level\n@\n");
        let pid = answer.split("> ").nth(1).expect("a prompt");
        assert_eq!(answer, format!("master> {pid}> admin\n\n{pid}> master> master> "));
        assert!(pid.parse::<u32>().is_ok(), "{answer}");
    });
}

#[test]
fn a_reload_brings_a_new_worker_and_a_broken_file_keeps_the_old_one() {
    on_both(&["-S", "@master@"], |p| {
        let shown = |line: &str| until(line, || raw(p, "show proc\n").contains(line));
        assert_eq!(ask(p, "reload\n"), "");
        shown("master          1 [failed: 0] ");
        shown("worker          0 ");
        p.rewrite("frontend f\n    nonsense\n");
        assert_eq!(ask(p, "reload\n"), "");
        shown("master          2 [failed: 1] ");
        shown("worker          1 ");
        assert!(p.get("in", "/", &[]).ends_with("\r\n\r\none"), "the old worker serves");
        p.rewrite(&ANSWERING.replace("string one", "string two"));
        assert_eq!(ask(p, "reload\n"), "");
        shown("master          3 [failed: 0] ");
        until("the new worker serves", || p.get("in", "/", &[]).ends_with("\r\n\r\ntwo"));
    });
}

#[test]
fn a_worker_that_finishes_is_an_old_worker_and_can_be_asked() {
    on_both(&["-S", "@master@"], |p| {
        let mut held = p.connect("in");
        held.write_all(b"GET / HTTP/1.1\r\n").expect("it reads");
        let old = raw(p, "@1 show info\n");
        let old = old.lines().find_map(|l| l.strip_prefix("Pid: ")).expect("a pid").to_owned();
        assert_eq!(ask(p, "reload\n"), "");
        until("it is listed", || ask(p, "show proc\n").contains("# old workers\nPIDworker          1"));
        assert!(raw(p, &format!("@!{old} show info\n")).contains(&format!("\nPid: {old}\n")));
        held.write_all(b"Host: h\r\nConnection: close\r\n\r\n").expect("it reads");
        let mut answer = String::new();
        held.read_to_string(&mut answer).expect("an answer");
        assert!(answer.ends_with("one"), "{answer}");
        until("it is gone", || !ask(p, "show proc\n").contains("# old workers"));
    });
}

#[test]
fn workers_end_with_a_master_that_was_killed() {
    on_both(&["-S", "@master@"], |p| {
        let answer = raw(p, "@1 show info\n");
        let pid: i32 = answer.lines().find_map(|l| l.strip_prefix("Pid: ")).expect("a pid").parse().expect("a pid");
        assert!(nix::sys::signal::kill(nix::unistd::Pid::from_raw(p.pid() as i32), nix::sys::signal::SIGKILL).is_ok());
        until("the worker is gone", || {
            let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            state.is_empty() || state.contains(") Z ")
        });
    });
}

#[test]
fn payload_goes_with_its_command() {
    on_both(&["-S", "@master@"], |p| {
        let answer = ask(p, "@1 add map nothing <<\na b\n\nshow cli level\n");
        assert_eq!(answer, "Unknown map identifier. Please use #<id> or <file>.\n\nadmin\n\n");
    });
}
