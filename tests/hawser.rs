//! The operator's tool as it is called: exit codes and what scripts would look for.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Output},
};

fn hawser(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hawser")).args(arguments).output().expect("it runs")
}

/// A file of this test's own.
fn file(name: &str, text: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("hawser-cli-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder for temporary files");
    let path = folder.join(name);
    fs::write(&path, text).expect("it can be written");
    path
}

const SITE: &str = include_str!("../src/lab/article/haproxy.cfg");

#[test]
fn the_built_in_files_can_run_here() {
    let cfg = file("site.cfg", SITE);
    let conf = include_str!("../src/lab/article/keepalived.conf").replace("${PRIORITY}", "101");
    let conf = file("keepalived.conf", &conf);
    let output = hawser(&["check", cfg.to_str().expect("UTF-8"), conf.to_str().expect("UTF-8")]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("The original haproxy can be replaced for this file."), "{text}");
    assert!(text.contains("The original keepalived can be replaced for this file."), "{text}");
    assert!(!text.contains("missing"), "{text}");
}

#[test]
fn a_missing_keyword_is_named_with_its_line() {
    let cfg = file("peers.cfg", &format!("{SITE}\npeers p\n    peer a 127.0.0.1:1024\n"));
    let output = hawser(&["check", cfg.to_str().expect("UTF-8")]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("  missing  peers "), "{text}");
    assert!(text.contains("cannot be replaced for this file:\n  line 35: "), "{text}");
}

#[test]
fn a_file_that_is_not_there_is_said_to_be() {
    let output = hawser(&["check", "/nonexistent/haproxy.cfg"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("/nonexistent/haproxy.cfg: No such file or directory"));
}

#[test]
fn a_lab_with_unusable_options_says_why_and_builds_nothing() {
    for (arguments, why) in [
        (&["lab", "--haproxy", "/nonexistent"][..], "/nonexistent: No such file or directory"),
        (&["lab", "--haproxy-cfg", "/nonexistent.cfg"], "/nonexistent.cfg: No such file or directory"),
        (&["lab", "--shell", "nobody"], "there is no host nobody; there are client, hap1, hap2, web1, web2"),
    ] {
        let output = hawser(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(why), "{arguments:?}: {output:?}");
    }
}

#[test]
fn the_books_name_every_language() {
    let folder = file("book", "").with_file_name("books");
    let output = hawser(&["book", folder.to_str().expect("UTF-8")]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let table = fs::read_to_string(folder.join("coverage.md")).expect("the table is written");
    for item in ["`option forwardfor", "`virtual_router_id", "`req.hdr", "`set-header", "`check`"] {
        assert!(table.contains(item), "{item}");
    }
    for page in ["hawser-haproxy.cfg.5", "hawser-keepalived.conf.5"] {
        assert!(
            fs::read_to_string(folder.join(page)).expect("the page is written").starts_with(".TH HAWSER"),
            "{page}"
        );
    }
}

/// The article's file for one of its two nodes.
fn node(name: &str, priority: &str) -> String {
    let conf = include_str!("../src/lab/article/keepalived.conf").replace("${PRIORITY}", priority);
    file(name, &conf).to_str().expect("UTF-8").to_owned()
}

/// The same for the second node, changed in one place.
fn changed(name: &str, (from, to): (&str, &str)) -> String {
    let text = include_str!("../src/lab/article/keepalived.conf").replace("${PRIORITY}", "100");
    assert!(text.contains(from), "nothing to change");
    file(name, &text.replace(from, to)).to_str().expect("UTF-8").to_owned()
}

/// Exit code and output of `hawser explain` for the article's first node and another one.
fn explain(other: &str, further: &[&str]) -> (Option<i32>, String) {
    let one = node("first.conf", "101");
    let output = hawser(&[&["explain", &one, "--peer", other], further].concat());
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn the_articles_pair_is_explained_with_priorities_masters_and_times() {
    let (code, text) = explain(&node("second.conf", "100"), &[]);
    assert_eq!(code, Some(0), "{text}");
    let row = |of: &str| -> Vec<String> {
        let line =
            text.lines().find(|line| line.trim_start().starts_with(of)).unwrap_or_else(|| panic!("{of}: {text}"));
        line.split("  ").map(str::trim).filter(|word| !word.is_empty()).skip(1).map(str::to_owned).collect()
    };
    assert_eq!(row("everything works"), ["103", "102", "node 1"]);
    let moved = "in 450 ms at most (300 ms to notice, 150 ms to move)";
    assert_eq!(row("script chk_haproxy fails (1) "), ["101", "102", "node 2", moved]);
    assert_eq!(row("eth1 is down (1)"), ["FAULT", "102", "node 2", "in 3.60 s"]);
    assert_eq!(row("script chk_haproxy fails (1),"), ["101", "100", "node 1"]);
    assert!(text.ends_with("The two nodes understand each other.\n"), "{text}");
}

#[test]
fn explanation_comes_as_json_too() {
    let (code, text) = explain(&node("second.conf", "100"), &["--json", "--original-timing"]);
    assert_eq!(code, Some(0), "{text}");
    let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let case = &value["routers"][0]["cases"][1];
    assert_eq!(case["causes"][0]["what"], "script chk_haproxy fails");
    assert_eq!(case["masters"], serde_json::json!([2]));
    assert_eq!(case["moved"]["noticed_ms"], 2000, "without the native answer, an interval");
    assert!(case["moved"]["moved_ms"].as_u64() > Some(3000), "{case}");
}

#[test]
fn check_that_cannot_move_the_address_is_named_with_its_line_and_its_reason() {
    for (change, reason) in [
        (("priority 100", "priority 90"), "its priority only falls to 101, and node 2 has 92"),
        (
            ("state MASTER", "state BACKUP\n    nopreempt"),
            "node 2 has 102 against 101, but does not preempt (nopreempt)",
        ),
    ] {
        let (code, text) = explain(&changed("weak.conf", change), &[]);
        assert_eq!(code, Some(0), "{text}");
        assert!(text.contains("first.conf:16: when script chk_haproxy fails on node 1, VI_1 stays there: "), "{text}");
        assert!(text.contains(reason), "{text}");
    }
}

#[test]
fn pair_whose_nodes_would_both_be_master_is_broken_and_the_reason_is_the_logs() {
    let virtual_id = "virtual_router_id 51";
    for (change, reason) in [
        (
            (virtual_id, "virtual_router_id 51\n    advert_int 2"),
            "advertisement interval mismatch mine=2 sec rcv'd=1 sec",
        ),
        ((virtual_id, "virtual_router_id 51\n    version 3"), "wrong version. Received 2 and expect 3"),
        ((virtual_id, "virtual_router_id 52"), "VI_1 of node 1 has no counterpart: node 2 has no router 51 over IPv4"),
        (
            ("192.168.56.10", "192.168.56.20"),
            "ip address associated with VRID 51 not present in MASTER advert: 192.168.56.20",
        ),
        (
            (
                virtual_id,
                "virtual_router_id 51\n    authentication {\n        auth_type PASS\n        auth_pass x\n    }",
            ),
            "received a 0 auth, expecting 1!",
        ),
        (
            (virtual_id, "virtual_router_id 51\n    unicast_peer {\n        192.168.56.99\n    }"),
            "multicast and unicast do not fit",
        ),
    ] {
        let (code, text) = explain(&changed("apart.conf", change), &[]);
        assert_eq!(code, Some(1), "{text}");
        assert!(text.lines().any(|line| line.starts_with("broken: ") && line.contains(reason)), "{reason}: {text}");
    }
}

#[test]
fn the_articles_pair_lives_through_an_hour_of_faults() {
    let (one, two) = (node("one.conf", "101"), node("two.conf", "100"));
    let output = hawser(&["simulate", "--seconds", "3600", &one, &two]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("laws held"), "{text}");
    assert!(text.contains("node lost"), "{text}");
}

#[test]
fn nodes_that_cannot_hear_each_other_are_found_out_and_the_trial_can_be_played_again() {
    let other = changed("other.conf", ("vrrp_instance VI_1 {", "vrrp_instance VI_1 {\n    advert_int 3"));
    let one = node("one-of-two.conf", "101");
    let output = hawser(&["simulate", "--seconds", "3600", &one, &other]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("advertisement interval mismatch mine="), "{text}");
    let seed = text.split("--replay ").nth(1).and_then(|rest| rest.split('`').next()).expect("it says how to replay");
    let again = hawser(&["simulate", "--replay", seed, &one, &other]);
    let told = String::from_utf8_lossy(&again.stdout);
    assert_eq!(again.status.code(), Some(1), "{told}");
    let broken = text.lines().find(|line| line.starts_with("broken at")).expect("it says what broke");
    assert!(told.contains(broken), "{told}");
}
