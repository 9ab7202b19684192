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
    let text = include_str!("../src/lab/article/keepalived.conf").replace("${PRIORITY}", "100");
    let text = text.replace("vrrp_instance VI_1 {", "vrrp_instance VI_1 {\n    advert_int 3");
    let other = file("other.conf", &text).to_str().expect("UTF-8").to_owned();
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
