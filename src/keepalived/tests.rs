//! Fixtures, and what must hold for every keyword of the table.
//!
//! A fixture is `NAME.conf` under `grammar-fixtures/keepalived` with `NAME.expected` beside it: exit code and lines of `-t`,
//! and what the file means. `HAWSER_BLESS=1` writes the expectations anew; look at the difference before keeping it.

use std::fmt::Write as _;

use super::{
    Checked,
    keyword::{Block, Grammar, Keyword, Status},
    keywords, load,
    testing::FakeMachine,
};
use crate::text::{show::caret, tests::fixtures};

fn check(name: &str, text: &str) -> Checked {
    load(&FakeMachine::with(name, text), name, "main")
}

/// Exit code, lines, and (for files without complaints) the meaning without places.
fn transcript(name: &str, text: &str, with_meaning: bool) -> String {
    let checked = check(name, text);
    let mut out = format!("exit {}\n", checked.report.exit_code());
    for line in checked.report.lines(&checked.sources) {
        let _ = writeln!(out, "{line}");
    }
    if with_meaning {
        let _ = writeln!(out, "----\n{}", fixtures::meaning(&checked.config));
    }
    out
}

#[test]
fn fixtures_are_judged_as_expected() {
    fixtures::walk("keepalived", &["valid", "invalid", "whole"], "conf", 50, |folder, name, text| {
        transcript(name, text, folder == "whole")
    });
}

/// A configuration around one line, valid but for that line.
fn around(block: Block, line: &str) -> Option<String> {
    let valid = "interface eth0\nvirtual_router_id 7\nvirtual_ipaddress {\n192.0.2.7\n}\n";
    let trackers = "vrrp_script chk_haproxy {\nscript \"/bin/true\"\n}\nvrrp_script chk_disk {\nscript \"/bin/true\"\n}\n\
                    vrrp_track_process track_haproxy {\nprocess haproxy\n}\ntrack_file maintenance {\nfile /x\n}\n\
                    bfd_instance neighbour {\nneighbor_ip 192.0.2.9\n}\n";
    let security = "global_defs {\nenable_script_security\nscript_user root\n}\n";
    Some(match block {
        Block::Top => format!("{security}{line}\n"),
        Block::Global => format!("global_defs {{\nscript_user root\n{line}\n}}\n"),
        Block::Instance => format!("{security}{trackers}vrrp_instance VI_1 {{\n{line}\n{valid}}}\n"),
        Block::Authentication => format!("vrrp_instance VI_1 {{\n{valid}authentication {{\n{line}\n}}\n}}\n"),
        Block::AuthHmac => {
            let key = "key 1 a-key-of-at-least-thirty-two-bytes\n";
            format!("vrrp_instance VI_1 {{\n{valid}auth_hmac {{\n{key}active_key 1\n{line}\n}}\n}}\n")
        }
        Block::SyncGroup => format!(
            "{security}{trackers}vrrp_sync_group G {{\ngroup {{\nVI_1\nVI_2\n}}\n{line}\n}}\nvrrp_instance VI_1 \
             {{\n{valid}}}\nvrrp_instance VI_2 {{\n{}}}\n",
            valid.replace('7', "8")
        ),
        Block::Script => format!("{security}vrrp_script s {{\nscript \"/bin/true\"\n{line}\n}}\n"),
        Block::TrackProcess => format!("vrrp_track_process p {{\nprocess haproxy\n{line}\n}}\n"),
        Block::TrackGroup => format!("track_group g {{\n{line}\n}}\n"),
        Block::GarpGroup => format!("garp_group {{\n{line}\n}}\n"),
        Block::Bfd => format!("bfd_instance b {{\nneighbor_ip 192.0.2.2\n{line}\n}}\n"),
        Block::TrackFile => format!("track_file f {{\nfile /x\n{line}\n}}\n"),
        Block::Ssl => format!("SSL {{\n{line}\n}}\n"),
        Block::VirtualServer => format!("{security}{}", service(line, "real_server 192.0.2.20 80 {\n}\n")),
        Block::RealServer => {
            format!("{security}{trackers}{}", service("", &format!("real_server 192.0.2.20 80 {{\n{line}\n}}\n")))
        }
        Block::HttpGet => checker("HTTP_GET", line, "url {\npath /\n}\n"),
        Block::SslGet => checker("SSL_GET", line, "url {\npath /\n}\n"),
        Block::HttpUrl => checker("HTTP_GET", "", &format!("url {{\npath /\n{line}\n}}\n")),
        Block::SslUrl => checker("SSL_GET", "", &format!("url {{\npath /\n{line}\n}}\n")),
        Block::TcpCheck => checker("TCP_CHECK", line, ""),
        Block::UdpCheck => checker("UDP_CHECK", line, ""),
        Block::PingCheck => checker("PING_CHECK", line, ""),
        Block::DnsCheck => checker("DNS_CHECK", line, ""),
        Block::SmtpCheck => checker("SMTP_CHECK", line, ""),
        Block::SmtpHost => checker("SMTP_CHECK", &format!("host {{\n{line}\n}}\n"), ""),
        Block::MiscCheck => format!("{security}{}", checker("MISC_CHECK", "misc_path /bin/true", line)),
        Block::FileCheck => format!("{trackers}{}", checker("FILE_CHECK", "track_file maintenance", line)),
        Block::BfdCheck => format!("{trackers}{}", checker("BFD_CHECK", line, "")),
    })
}

/// A virtual server that is valid but for what is put into it.
fn service(line: &str, servers: &str) -> String {
    format!("virtual_server 192.0.2.10 80 {{\nlvs_sched rr\nlvs_method NAT\nprotocol TCP\n{line}\n{servers}}}\n")
}

/// A checker that is valid but for what is put into it.
fn checker(name: &str, line: &str, rest: &str) -> String {
    service("", &format!("real_server 192.0.2.20 80 {{\n{name} {{\n{line}\n{rest}}}\n}}\n"))
}

fn working() -> impl Iterator<Item = &'static Keyword> {
    keywords::all().filter(|keyword| keyword.status == Status::Works)
}

#[test]
fn examples_are_accepted_and_rejects_are_not() {
    for keyword in working() {
        for &block in keyword.blocks {
            for example in keyword.examples {
                let text = around(block, example).expect("a block that works");
                let checked = check("f", &text);
                let own = checked.report.diagnostics().iter().filter(|found| {
                    ["unknown-keyword", "bad-number", "bad-argument", "bad-switch", "missing-argument", "bad-address"]
                        .contains(&found.code)
                });
                let complaints: Vec<&str> = own.map(|found| found.message.as_str()).collect();
                assert!(complaints.is_empty(), "{example}: {complaints:?}");
            }
            for reject in keyword.rejects {
                let text = around(block, reject).expect("a block that works");
                assert_ne!(check("f", &text).report.exit_code(), 0, "{reject}");
            }
        }
    }
}

#[test]
fn every_working_keyword_has_a_sentence_and_an_example() {
    for keyword in working() {
        assert!(keyword.doc.ends_with('.'), "{}", keyword.name);
        assert!(!keyword.examples.is_empty(), "{}", keyword.name);
        assert!(keyword.examples.iter().all(|example| example.contains(keyword.name)), "{}", keyword.name);
    }
}

#[test]
fn keywords_with_an_argument_miss_it_as_the_original_does() {
    for keyword in working() {
        let needs_one = matches!(keyword.grammar, Grammar::Args([crate::text::grammar::Arg::Value(..), ..]));
        if let Some(text) = keyword.blocks.first().and_then(|block| around(*block, keyword.name)).filter(|_| needs_one)
        {
            assert_eq!(check("f", &text).report.exit_code(), 2, "{}", keyword.name);
        }
    }
}

#[test]
fn no_name_stands_twice_in_a_block() {
    let mut seen = std::collections::BTreeSet::new();
    for keyword in keywords::all() {
        for block in keyword.blocks {
            assert!(seen.insert((*block, keyword.name)), "{} in {}", keyword.name, block.name());
        }
    }
    assert!(seen.len() > 500, "{}", seen.len());
}

#[test]
fn slip_of_the_finger_gets_a_suggestion_under_a_caret() {
    let checked = check("keepalived.conf", "vrrp_instance VI_1 {\n    prioritty 101\n}\n");
    let shown = caret::render(&checked.sources, checked.report.diagnostics(), false);
    assert!(shown.contains("did you mean 'priority'?"), "{shown}");
    assert!(shown.contains("    ^^^^^^^^^\n"), "{shown}");
}

/// Each is accepted by the original without a word.
#[test]
fn what_the_original_overlooks_is_pointed_at_and_strictness_refuses_it() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("grammar-fixtures/keepalived/valid");
    for (name, code) in [
        ("silent_trailing", "ignored-words"),
        ("dup_priority", "repeated"),
        ("smart_quotes", "curly-quotes"),
        ("notify_noquote", "no-such-user"),
        ("timeout_gt_interval", "long-timeout"),
        ("unicast_self", "own-peer"),
        ("vip_dup", "repeated"),
    ] {
        let text = std::fs::read_to_string(root.join(format!("{name}.conf"))).expect("a fixture");
        let checked = check("f", &text);
        assert_eq!((checked.report.exit_code(), checked.report.strict()), (0, 5), "{name}");
        assert!(checked.report.diagnostics().iter().any(|found| found.code == code), "{name}");
    }
    let clean = std::fs::read_to_string(root.join("ok_min.conf")).expect("a fixture");
    assert_eq!(check("f", &clean).report.strict(), 0);
}

mod any_file {
    use proptest::prelude::*;

    use super::*;

    /// Words that files are made of, right and wrong ones.
    fn word() -> impl Strategy<Value = String> {
        let names: Vec<&'static str> = keywords::all().map(|keyword| keyword.name).collect();
        prop_oneof![
            6 => proptest::sample::select(names).prop_map(str::to_owned),
            2 => proptest::sample::select(&["{", "}", "\"", "'", "$X=1", "${X}", "~SEQ(N,1,3)", "@main", "@^main", "include", "\\"][..])
                .prop_map(str::to_owned),
            3 => proptest::sample::select(
                &["VI_1", "eth0", "10.0.0.1/24", "fe80::1", "0", "1", "255", "999999999999999999999", "-1", "0.5", "MASTER", "weight"][..]
            )
            .prop_map(str::to_owned),
            1 => "\\PC{0,6}",
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn is_judged_without_harm(lines in prop::collection::vec(prop::collection::vec(word(), 1..5), 0..25)) {
            let text: String = lines.iter().map(|line| line.join(" ") + "\n").collect();
            let checked = check("f", &text);
            let _ = checked.report.lines(&checked.sources).count();
            let _ = caret::render(&checked.sources, checked.report.diagnostics(), false);
            prop_assert!([0, 2, 4, 5, 6].contains(&checked.report.exit_code()));
        }
    }
}
