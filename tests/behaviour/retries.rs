//! Connections that fail: how often and where they are tried again, and what is counted.

use std::time::Duration;

use super::proxy_space::{Proxy, binaries, until};

const DEFAULTS: &str = "global
    stats socket @cli@ level admin
defaults
    mode http
    timeout client 10s
    timeout server 10s
    timeout connect 60ms
";

/// What the statistics say of a backend after two requests that nobody answers: sessions, failures, retries, redispatches
/// and choices of each line; and how long they took.
fn fates(binary: &std::path::Path, options: &str, servers: &[&str]) -> (Vec<String>, Duration) {
    let servers: String = servers.iter().map(|rest| format!("    server {rest}\n")).collect();
    let p = Proxy::start(
        binary,
        &format!("{DEFAULTS}frontend f\n    bind @in@\n    default_backend b\nbackend b\n{options}{servers}"),
    );
    let began = std::time::Instant::now();
    for _ in 0..2 {
        let answer = p.get("in", "/", &["cookie: C=s2"]);
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    }
    let took = began.elapsed();
    let wanted = [1, 7, 13, 15, 16, 30];
    let line = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        wanted.map(|field| fields[field]).join(" ")
    };
    let mut counted = Vec::new();
    until("all is counted", || {
        counted = p.ask("cli", "show stat").lines().filter(|of| of.starts_with("b,")).map(line).collect();
        counted.iter().any(|line| line.starts_with("BACKEND 2 2 "))
    });
    (counted, took)
}

#[test]
fn failed_connections_are_tried_again_where_and_when_the_original_does() {
    let one: &[&str] = &["s1 127.0.0.1:1"];
    let two: &[&str] = &["s1 127.0.0.1:1", "s2 127.0.0.1:1"];
    let bound: &[&str] = &["s1 127.0.0.1:1 cookie s1", "s2 127.0.0.1:1 cookie s2"];
    let spare: &[&str] = &["s1 127.0.0.1:1", "s2 127.0.0.1:1 backup"];
    for (options, servers, pauses) in [
        ("", two, 3),
        ("    balance leastconn\n", two, 3),
        ("    option redispatch\n", two, 0),
        ("    option redispatch 2\n    retries 2\n", two, 0),
        ("    option redispatch\n    balance source\n", two, 2),
        ("    option redispatch 1\n    balance source\n", two, 0),
        ("    option redispatch\n", one, 3),
        ("    option redispatch 2\n", spare, 3),
        ("    option redispatch\n    cookie C insert\n", bound, 2),
        ("    cookie C insert\n", bound, 3),
        ("    option redispatch\n    retries 0\n", two, 0),
    ] {
        let all: Vec<_> = binaries(module_path!()).iter().map(|binary| fates(binary, options, servers)).collect();
        // The pause before a server is tried again is `timeout connect` here.
        assert!(all[0].1 >= Duration::from_millis(60) * pauses * 2, "{options} {:?}", all[0].1);
        for pair in all.windows(2) {
            assert_eq!(pair[0].0, pair[1].0, "{options}");
        }
    }
}
