//! What operators do to a server's state, step by step: the lines about it, its status, and how it takes its share again. All of it
//! was seen from the original, which is run beside ours where it is there.

use std::net::UdpSocket;
use std::time::Duration;

use crate::proxy_space::{Proxy, binaries, body, until};

/// A command about the server, the log lines that follow with their level, and its status.
const STEPS: &[(&str, &[&str], &str)] = &[
    (
        "health stopping",
        &[
            "5 is stopping, changed from CLI. 0 active and 1 backup servers online. Running on backup. 0 sessions requeued, 0 total in queue.",
        ],
        "NOLB 3 0",
    ),
    (
        "health up",
        &["5 is UP, changed from CLI. 1 active and 1 backup servers online. 0 sessions requeued, 0 total in queue."],
        "no check 2 0",
    ),
    (
        "health stopping",
        &[
            "5 is stopping, changed from CLI. 0 active and 1 backup servers online. Running on backup. 0 sessions requeued, 0 total in queue.",
        ],
        "NOLB 3 0",
    ),
    (
        "state maint",
        &[
            "5 is going DOWN for maintenance. 0 active and 1 backup servers left. Running on backup. 0 sessions active, 0 requeued, 0 remaining in queue.",
        ],
        "MAINT 0 1",
    ),
    ("state ready", &["5 is UP/READY (leaving forced maintenance)."], "no check 2 0"),
    (
        "state maint",
        &[
            "1 is going DOWN for maintenance. 0 active and 1 backup servers left. Running on backup. 0 sessions active, 0 requeued, 0 remaining in queue.",
        ],
        "MAINT 0 1",
    ),
    ("health up", &[], "MAINT 0 1"),
    ("state drain", &["5 is UP/DRAIN (leaving forced maintenance).", "5 remains in forced drain mode."], "DRAIN 2 8"),
    (
        "health stopping",
        &[
            "5 is stopping, changed from CLI. 0 active and 1 backup servers online. Running on backup. 0 sessions requeued, 0 total in queue.",
            "5 remains in forced drain mode.",
        ],
        "NOLB 3 8",
    ),
    (
        "health up",
        &[
            "5 is UP, changed from CLI. 0 active and 1 backup servers online. Running on backup. 0 sessions requeued, 0 total in queue.",
            "5 remains in forced drain mode.",
        ],
        "DRAIN 2 8",
    ),
    ("state ready", &["5 is UP (leaving forced drain)."], "no check 2 0"),
    (
        "health down",
        &[
            "1 is DOWN, changed from CLI. 0 active and 1 backup servers left. Running on backup. 0 sessions active, 0 requeued, 0 remaining in queue.",
        ],
        "DOWN 0 0",
    ),
    (
        "health stopping",
        &[
            "5 is stopping, changed from CLI. 0 active and 1 backup servers online. Running on backup. 0 sessions requeued, 0 total in queue.",
        ],
        "NOLB 3 0",
    ),
    (
        "health down",
        &[
            "5 is DOWN, changed from CLI. 0 active and 1 backup servers left. Running on backup. 0 sessions active, 0 requeued, 0 remaining in queue.",
        ],
        "DOWN 0 0",
    ),
    (
        "state drain",
        &[
            "5 enters drain state. 0 active and 1 backup servers left. Running on backup. 0 sessions active, 0 requeued, 0 remaining in queue.",
        ],
        "DOWN 0 8",
    ),
    ("state ready", &["5 is DOWN (leaving forced drain)."], "DOWN 0 0"),
    ("state maint", &["5 was DOWN and now enters maintenance."], "MAINT 0 1"),
    ("state ready", &["5 is UP/READY (leaving forced maintenance)."], "no check 2 0"),
    (
        "state drain",
        &[
            "5 enters drain state. 0 active and 1 backup servers online. Running on backup. 0 sessions requeued, 0 total in queue.",
        ],
        "DRAIN 2 8",
    ),
    (
        "state maint",
        &[
            "5 is going DOWN for maintenance. 0 active and 1 backup servers left. Running on backup. 0 sessions active, 0 requeued, 0 remaining in queue.",
        ],
        "MAINT 0 1",
    ),
];

/// Columns of the line of server s in `show stat`.
fn columns(p: &Proxy, wanted: &[usize]) -> String {
    let table = p.ask("cli.sock", "show stat l 4 -1");
    let line = table.lines().find(|l| l.starts_with("l,s,")).unwrap_or_else(|| panic!("no server: {table}"));
    let all: Vec<_> = line.split(',').collect();
    wanted.iter().map(|i| all[*i]).collect::<Vec<_>>().join(" ")
}

#[test]
fn an_operators_decisions_are_told_as_the_original_tells_them() {
    for binary in binaries("an_operators_decisions_are_told_as_the_original_tells_them") {
        let syslog = UdpSocket::bind("127.0.0.1:0").expect("a port is free");
        syslog.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
        let line = || {
            let mut buf = [0; 1024];
            let n = syslog.recv(&mut buf).expect("a line");
            let text = String::from_utf8_lossy(&buf[..n]).into_owned();
            // Facility 16 is local0.
            let level = text[1..].split('>').next().and_then(|n| n.parse::<u32>().ok()).map(|n| n - 16 * 8);
            let what = text.split_once("Server l/s ").map(|(_, what)| what.trim_end().to_owned());
            format!("{} {}", level.unwrap_or(99), what.unwrap_or(text))
        };
        let log = syslog.local_addr().expect("bound");
        let p = Proxy::start(
            &binary,
            &format!(
                "global\n stats socket @cli.sock@ level admin\n log {log} local0\ndefaults\n mode http\n log global\n \
                 timeout connect 2s\n timeout client 5s\n timeout server 5s\nlisten l\n bind @l.sock@\n \
                 server s @a.sock@\n server b @b.sock@ backup\n"
            ),
        );
        for (step, (command, lines, status)) in STEPS.iter().enumerate() {
            p.ask("cli.sock", &format!("set server l/s {command}"));
            for expected in *lines {
                assert_eq!(line(), *expected, "step {step}, {command}, {}", binary.display());
            }
            let state = p.ask("cli.sock", "show servers state l");
            let words: Vec<_> = state.lines().nth(2).unwrap_or_default().split(' ').collect();
            let got = format!("{} {} {}", columns(&p, &[17]), words[5], words[6]);
            assert_eq!(got, *status, "step {step}, {command}, {}", binary.display());
        }
    }
}

/// Weight, throttle and the turns that follow, second by second.
const RAMP: [(&str, &str); 4] = [
    ("1 6", "tttttttttstttttttttt"),
    ("3 37", "sttsttsttsttsttsttst"),
    ("5 68", "ststststststststtsts"),
    ("7 ", "stsstststsststsststs"),
];

#[test]
fn a_slow_start_takes_steps_of_a_second() {
    for binary in binaries("a_slow_start_takes_steps_of_a_second") {
        let p = Proxy::start(
            &binary,
            "global\n stats socket @cli.sock@ level admin\n nbthread 1\ndefaults\n mode http\n timeout connect 2s\n \
             timeout client 5s\n timeout server 5s\nlisten l\n bind @l.sock@\n server s @a.sock@ weight 7 slowstart 3s\n \
             server t @b.sock@ weight 5\nfrontend a\n bind @a.sock@\n http-request return status 200 content-type \
             text/plain string s\nfrontend b\n bind @b.sock@\n http-request return status 200 content-type text/plain \
             string t\n",
        );
        let turns = |n| (0..n).map(|_| body(&p.get("l.sock", "/", &[])).to_owned()).collect::<String>();
        assert_eq!(turns(12), "sstststsstst", "{}", binary.display());
        p.ask("cli.sock", "set server l/s state maint");
        assert_eq!(turns(3), "ttt");
        p.ask("cli.sock", "set server l/s state ready");
        for (state, expected) in RAMP {
            until("the next step of the ramp", || columns(&p, &[18, 29]) == state);
            assert_eq!(turns(20), expected, "{state}, {}", binary.display());
        }
    }
}
