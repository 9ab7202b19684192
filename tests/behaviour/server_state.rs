//! States of servers across a restart: what `show servers state` prints is read again by the next process.

use std::path::Path;

use super::proxy_space::{Proxy, binaries};

fn configuration(state: &Path) -> String {
    format!(
        "global
    stats socket @cli@ level admin
    server-state-file {}
defaults
    mode http
    load-server-state-from-file global
    timeout client 10s
    timeout server 10s
    timeout connect 5s
frontend f
    bind @in@
    default_backend b
backend b
    server s1 127.0.0.1:9
    server s2 127.0.0.1:9 weight 10
    server s3 127.0.0.1:9 disabled
    server s4 127.0.0.1:9 weight 20
    server s5 localhost:9
    server s6 127.0.0.1:9 weight 7 backup
backend other
    load-server-state-from-file none
    server o1 127.0.0.1:9
",
        state.display()
    )
}

/// A place for the file that outlives both processes.
struct File(std::path::PathBuf);

impl File {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("hw-state-{name}-{}", std::process::id())))
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// The lines without the seconds and without what checks say.
fn states(p: &Proxy) -> Vec<String> {
    let text = p.ask("cli", "show servers state");
    let fields = |l: &str| {
        let words: Vec<_> = l.split(' ').collect();
        [&words[1..9], &words[13..]].concat().join(" ")
    };
    text.lines().filter(|l| l.starts_with(|c: char| c.is_ascii_digit()) && l.contains(' ')).map(fields).collect()
}

#[test]
fn what_an_operator_did_outlives_a_restart() {
    let mut all = Vec::new();
    for binary in binaries(module_path!()) {
        let file = File::new("round");
        std::fs::write(&file.0, "1\n").expect("a writable directory");
        let first = Proxy::start(&binary, &configuration(&file.0));
        first.ask(
            "cli",
            "set server b/s1 state drain; set server b/s2 weight 50%; set server b/s4 state maint; set server b/s5 addr 127.0.0.7 port 99; set server other/o1 state maint",
        );
        std::fs::write(&file.0, first.ask("cli", "show servers state")).expect("a writable directory");
        drop(first);
        let second = Proxy::start(&binary, &configuration(&file.0));
        let log: String = second.log().lines().filter(|l| l.contains(" : config : ")).map(strip).collect();
        all.push((states(&second), log));
    }
    let (lines, log) = &all[0];
    assert_eq!(lines[0], "b 1 s1 127.0.0.1 2 8 1 1 0 0 0 0 - 9 - 0 0 - - 0");
    assert_eq!(lines[1], "b 2 s2 127.0.0.1 2 0 5 10 0 0 0 0 - 9 - 0 0 - - 0");
    assert_eq!(lines[3], "b 4 s4 127.0.0.1 0 1 20 20 0 0 0 0 - 9 - 0 0 - - 0");
    assert_eq!(lines[4], "b 5 s5 127.0.0.7 2 0 1 1 0 0 0 0 localhost 99 - 0 0 - - 0");
    assert_eq!(lines[6], "other 1 o1 127.0.0.1 2 0 1 1 0 0 0 0 - 9 - 0 0 - - 0");
    assert!(log.contains("Server b/s1 remains in forced drain mode."), "{log}");
    assert!(all.windows(2).all(|w| w[0] == w[1]), "{all:#?}");
}

/// A line without the process's number.
fn strip(line: &str) -> String {
    format!("{}\n", line.split_once(") : ").map_or(line, |(_, l)| l))
}

#[test]
fn files_that_are_none_are_told_of_in_the_originals_words() {
    const FILES: [&str; 9] = [
        "",
        "2\n",
        "1\nnonsense\n3 b 1 s1 127.0.0.1 0 1 1 1 0 1 0 2 0 0 0 0 - 9 - 0 0 - - 0\n",
        "1\n\n# a remark\n3 b 1 s1 127.0.0.1 0 1 1 1 0 1 0 2 0 0 0 0 - 9\n",
        "1\n3 b 1 s1 127.0.0.1 0 0 1 1 0 1 0 2 0 0 0 0 - 9 - 0 0 - - 0",
        "1\n3 b 1 s1 127.0.0.1 9 77 500 1 x 99 9 9 99 99 7 8 - 77777 - 9 0 - - 0\n",
        "1\n3 zz 1 s1 127.0.0.1 0 0 1 1 0 1 0 2 0 0 0 0 - 9 - 0 0 - - 0\n",
        "1\n9 b 9 s1 127.0.0.1 0 0 1 1 0 1 0 2 0 0 0 0 - 9 -\n3 b 1 s1 127.0.0.1 2 0 1 1 0 1 0 2 0 0 0 0 - 9 - 0 0 - - 0\n",
        "1\n3 b 6 s6 127.0.0.1 3 8 7 7 0 1 0 2 0 0 0 0 - 5 - 0 0 - - 0\n3 b 2 s2 127.0.0.1 2 0 9 3 0 1 0 2 0 0 0 0 - 9 - 0 0 - - 0\n3 b 3 s3 127.0.0.1 0 1 1 1 0 1 0 2 0 0 0 0 - 9 - 0 0 - - 0\n",
    ];
    for text in FILES {
        let mut all = Vec::new();
        for binary in binaries(module_path!()) {
            let file = File::new("words");
            std::fs::write(&file.0, text).expect("a writable directory");
            let p = Proxy::start(&binary, &configuration(&file.0));
            let log: String = p.log().lines().filter(|l| l.contains(" : config : ")).map(strip).collect();
            all.push((states(&p), log));
        }
        assert!(!all[0].0.is_empty(), "{text}");
        assert!(all.windows(2).all(|w| w[0] == w[1]), "{text}: {all:#?}");
    }
}

#[test]
fn a_backend_may_have_a_file_of_its_own() {
    for binary in binaries(module_path!()) {
        let file = File::new("own");
        std::fs::write(&file.0, "1\n3 b 1 s1 127.0.0.1 2 0 42 1 9 1 0 2 0 0 0 0 - 9 - 0 0 - - 0\n").expect("writable");
        let (base, name) = (file.0.parent().expect("a directory"), file.0.file_name().expect("a name"));
        let text = configuration(&file.0)
            .replace(
                "    server-state-file",
                &format!("    server-state-base {}\n    server-state-file", base.display()),
            )
            .replace(
                "backend b\n",
                &format!(
                    "backend b\n    load-server-state-from-file local\n    server-state-file-name {}\n",
                    name.display()
                ),
            );
        let p = Proxy::start(binary, &text);
        assert!(p.ask("cli", "get weight b/s1").starts_with("42 (initial 1)\n"), "{}", p.log());
        assert!(states(&p)[6].starts_with("other 1 o1"));
    }
}
