//! The runtime socket: every answer is the original's, byte for byte, where it tells nothing of the machine.

use super::proxy_space::{OURS, Proxy, original};

const CONFIGURATION: &str = "global
    stats socket @cli@ level admin
    maxconn 100
defaults
    mode http
    timeout client 10s
    timeout server 10s
    timeout connect 5s
frontend f
    bind @in@
    http-request set-var(proc.n) int(5)
    http-request set-var(proc.s) str(text)
    http-request return status 200
backend b
    server s1 127.0.0.1:9
    server s2 127.0.0.1:9 weight 10 disabled
";

/// Asks both the same; the answers to all.
fn same(commands: &[&str]) -> Vec<String> {
    let mut all = Vec::new();
    for binary in std::iter::once(OURS.into()).chain(original(module_path!())) {
        let p = Proxy::start(binary, CONFIGURATION);
        assert!(p.get("in", "/", &[]).starts_with("HTTP/1.1 200"), "{}", p.log());
        all.push(commands.iter().map(|c| p.ask("cli", c)).collect::<Vec<_>>());
    }
    if let [ours, theirs] = &all[..] {
        for ((command, ours), theirs) in commands.iter().zip(ours).zip(theirs) {
            assert_eq!(ours, theirs, "{command}");
        }
    }
    all.swap_remove(0)
}

#[test]
fn limits_are_changed_and_wrong_ones_refused() {
    let answers = same(&[
        "set maxconn global",
        "set maxconn global x",
        "set maxconn global 50",
        "set maxconn global 5000",
        "set maxconn global 0",
        "user;set maxconn global 4",
        "set maxconn frontend f",
        "set maxconn frontend f x",
        "set maxconn frontend zz 4",
        "set maxconn server b/s1",
        "set maxconn server b/s1 x",
        "set maxconn server b/s1 4",
        "set rate-limit",
        "set rate-limit connections foo 3",
        "set rate-limit connections global",
        "set rate-limit sessions global 7",
    ]);
    assert_eq!(answers[0], "Expects an integer value.\n\n");
    assert_eq!(answers[3], "Value out of range.\n\n");
}

#[test]
fn the_limit_of_the_process_holds_back_connections() {
    for binary in std::iter::once(OURS.into()).chain(original(module_path!())) {
        let p = Proxy::start(binary, CONFIGURATION);
        let shown = |field: &str| {
            let info = p.ask("cli", "show info");
            let line = info.lines().find_map(|l| l.strip_prefix(field)).expect("a field").trim().to_owned();
            line.parse::<u32>().expect("a number")
        };
        assert_eq!(p.ask("cli", "set maxconn global 30;set rate-limit sessions global 8"), "\n\n");
        assert_eq!((shown("Maxconn:"), shown("Hard_maxconn:"), shown("SessRateLimit:")), (30, 100, 8));
        assert_eq!(p.ask("cli", "set maxconn global 0;set rate-limit sessions global 0"), "\n\n");
        assert_eq!((shown("Maxconn:"), shown("SessRateLimit:")), (100, 0));
    }
}

#[test]
fn modes_and_levels_belong_to_the_connection() {
    let answers = same(&[
        "expert-mode",
        "expert-mode on;expert-mode;expert-mode off;expert-mode",
        "experimental-mode;experimental-mode on;experimental-mode",
        "operator;show cli level;user;show cli level;operator;show cli level",
        "user;expert-mode on",
        "set timeout cli 5s;set timeout cli;set timeout cli x;set timeout cli 0;set timeout foo 5",
        "help show info",
        "show startup-logs",
    ]);
    assert_eq!(answers[0], "expert-mode is OFF\n\n");
    assert_eq!(answers[3], "\noperator\n\n\nuser\n\nPermission denied\n\nuser\n\n");
}

#[test]
fn a_prompt_follows_each_command() {
    let answers = same(&[
        "prompt;show cli level;quit",
        "prompt;show cli level;prompt;show cli level",
        "prompt;expert-mode on;quit",
    ]);
    assert_eq!(answers[0], "\n> admin\n\n> ");
}

#[test]
fn variables_are_shown_with_their_type() {
    let answers = same(&["get var proc.n;get var proc.s;get var proc.zz;get var txn.a;get var"]);
    assert!(
        answers[0].starts_with("proc.n: type=sint value=<5>\nproc.s: type=str value=<text>\nVariable not found.\n")
    );
}

#[test]
fn servers_and_frontends_answer_in_the_originals_words() {
    same(&[
        "set server b/s1 weight x",
        "set server b/s1 addr",
        "set server b/s1 addr x",
        "set server b/s1 check-port 5",
        "set server b/s1 check-addr 5",
        "set server b/s1 agent-addr 1.2.3.4",
        "set server b/s1 agent-port 4",
        "set server b/s1 agent-send x",
        "set server b/s1 ssl on",
        "set server b/s1 fqdn x",
        "enable health b/s1;disable health b/s1;enable agent b/s1;disable agent b/s1",
        "disable frontend f;disable frontend f;enable frontend f;enable frontend f",
        "shutdown sessions server;shutdown frontend zz",
    ]);
}
