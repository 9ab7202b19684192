//! Servers that come and go while the process runs: `add server`, `del server`. The original is asked the same.

use super::proxy_space::{OURS, Proxy, binaries, body, until};

const CONFIGURATION: &str = "global
    stats socket @cli@ level admin
defaults
    mode http
    timeout client 10s
    timeout server 10s
    timeout connect 5s
frontend f
    bind @in@
    use_backend fixed if { srv_is_up(b/s9) } { always_false }
    default_backend b
backend b
    default-server inter 3s maxconn 5
    use-server s3 if { always_false }
    server s1 127.0.0.1:9 id 7
    server s2 127.0.0.1:9 backup weight 5
    server s3 127.0.0.1:9
    server s4 127.0.0.1:9 track s8
    server s8 127.0.0.1:9 check inter 60s
    server s9 127.0.0.1:9
backend fixed
    balance static-rr
backend map
    balance source
backend ring
    balance source
    hash-type consistent
backend empty
";

fn same(commands: &[&str]) -> Vec<String> {
    let mut all = Vec::new();
    for binary in binaries(module_path!()) {
        let p = Proxy::start(binary, CONFIGURATION);
        all.push(commands.iter().map(|c| p.ask("cli", c)).collect::<Vec<_>>());
    }
    for pair in all.windows(2) {
        for ((command, ours), theirs) in commands.iter().zip(&pair[0]).zip(&pair[1]) {
            assert_eq!(ours, theirs, "{command}");
        }
    }
    all.swap_remove(0)
}

#[test]
fn servers_are_added_and_refused_in_the_originals_words() {
    let answers = same(&[
        "add server b/n1 127.0.0.1:1 weight 4",
        "add server",
        "add server b",
        "add server b/",
        "add server b/x",
        "add server b/x 127.0.0.1:99999",
        "add server zz/x 127.0.0.1:1",
        "add server fixed/x 127.0.0.1:1",
        "add server map/x 127.0.0.1:1",
        "add server ring/x 127.0.0.1:1",
        "add server b/s1 127.0.0.1:1",
        "add server b/n1 127.0.0.1:1",
        "add server b/n2 127.0.0.1:1 agent-check",
        "add server b/n3 127.0.0.1:1 cookie foo",
        "add server b/n3 127.0.0.1:1 init-addr none",
        "add server b/n3 127.0.0.1:1 no-check",
        "add server b/n3 127.0.0.1:1 redir /x",
        "add server b/n3 127.0.0.1:1 socks4 1.2.3.4:5",
        "add server b/n3 127.0.0.1:1 non-stick",
        "add server b/n3 127.0.0.1:1 max-reuse 4",
        "add server b/n3 127.0.0.1:1 track s99",
        "add server b/n3 127.0.0.1:1 check inter 60s",
        "add server b/n4 127.0.0.1:1 disabled",
        "add server b/n5 127.0.0.1:1 enabled maxconn 3",
        "add server b/n6 127.0.0.1:1 id 77",
        "add server b/n7 127.0.0.1:1 backup",
        "add server b/n8 127.0.0.1:1 track b/s8",
        "enable health b/n1",
        "user;add server b/x",
        "help add server",
    ]);
    assert_eq!(answers[0], "New server registered.\n\n");
    assert_eq!(answers[1], "Require 'backend/server'.\n");
}

#[test]
fn servers_are_deleted_in_maintenance_and_leave_their_numbers() {
    let answers = same(&[
        "del server",
        "del server b",
        "del server zz/s1",
        "del server b/zz",
        "del server b/s1",
        "del server b/s3",
        "del server b/s8",
        "del server b/s9",
        "disable server b/s1",
        "del server b/s1",
        "del server b/s1",
        "set server b/s1 weight 3",
        "get weight b/s1",
        "show stat b 4 7",
        "add server b/s1 127.0.0.1:5",
        "add server b/new 127.0.0.1:5",
        "get weight b/s1",
        "disable server b/new",
        "del server b/new",
        "operator;del server b/x",
    ]);
    assert_eq!(answers[9], "Server deleted.\n");
    for binary in binaries(module_path!()) {
        let p = Proxy::start(binary, CONFIGURATION);
        p.ask("cli", "disable server b/s1");
        p.ask("cli", "del server b/s1");
        p.ask("cli", "add server b/s1 127.0.0.1:5");
        p.ask("cli", "add server b/new 127.0.0.1:5");
        let state = p.ask("cli", "show servers state b");
        let ids = state.lines().skip(2).filter_map(|l| Some((l.split(' ').nth(3)?, l.split(' ').nth(2)?)));
        let ids: Vec<_> = ids.collect();
        assert_eq!(ids, [("s2", "2"), ("s3", "3"), ("s4", "4"), ("s8", "5"), ("s9", "6"), ("s1", "1"), ("new", "7")]);
    }
}

#[test]
fn a_server_that_came_later_gets_requests_until_it_goes() {
    for threads in ["nbthread 1", "nbthread 2"] {
        let text = CONFIGURATION.replace("level admin", &format!("level admin\n    {threads}"));
        for binary in binaries(module_path!()) {
            let server = Proxy::start(
                OURS,
                &super::proxy_space::ANSWERING.replace("bind @in@", "bind @in@\n    bind 127.0.0.1:0"),
            );
            let p = Proxy::start(binary, &text.replace("default_backend b", "default_backend empty"));
            let status = || p.get("in", "/", &[]).split(' ').nth(1).map(str::to_owned);
            assert_eq!(status().as_deref(), Some("503"));
            p.ask("cli", &format!("add server empty/new unix@{}", server.address("in").trim_start_matches("unix@")));
            assert_eq!(status().as_deref(), Some("503"), "it is in maintenance: {}", p.log());
            p.ask("cli", "enable server empty/new");
            for _ in 0..4 {
                assert_eq!(body(&p.get("in", "/", &[])), "one", "{}", p.log());
            }
            let idle_after_four = |line: &str| {
                let fields: Vec<&str> = line.split(',').collect();
                line.starts_with("empty,new,") && fields[4] == "0" && fields[7] == "4"
            };
            until("it has served all", || p.ask("cli", "show stat empty 4 -1").lines().any(idle_after_four));
            assert!(p.ask("cli", "del server empty/new").starts_with("Only servers in maintenance mode"));
            p.ask("cli", "disable server empty/new");
            until("nobody uses it", || p.ask("cli", "del server empty/new").starts_with("Server deleted."));
            assert_eq!(status().as_deref(), Some("503"));
            assert_eq!(p.ask("cli", "show stat empty 4 -1").lines().count(), 2);
        }
    }
}

#[test]
fn checks_of_a_server_that_came_later_begin_when_they_are_enabled() {
    for binary in binaries(module_path!()) {
        let server = Proxy::start(OURS, super::proxy_space::ANSWERING);
        let p = Proxy::start(binary, CONFIGURATION);
        p.ask("cli", &format!("add server empty/new {} check inter 20ms rise 2", server.address("in")));
        p.ask("cli", "enable health empty/new");
        p.ask("cli", "enable server empty/new");
        let row = || p.ask("cli", "show stat empty 4 -1");
        until("it is up", || row().contains(",UP,1,1,0,0,0,"));
        drop(server);
        until("it is down", || row().contains(",DOWN,"));
    }
}
