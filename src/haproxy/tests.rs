//! Fixtures, and what must hold for every keyword of the table.
//!
//! A fixture is `NAME.cfg` under `grammar-fixtures/haproxy` with `NAME.expected` beside it: the exit code of `-c` and the
//! lines on standard error. Files in `same` are answered as the original answers them, byte for byte (the behaviour tests
//! run both); files in `own` get the original's exit code in words of our own; `whole` keeps what a file means.
//! `HAWSER_BLESS=1` writes the expectations anew; look at the difference before keeping it.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};

use super::keyword::{DEFAULTS, GLOBAL, HTTP_ERRORS, Keyword, LOG_FORWARD, PROGRAM, RING, Sections, USERLIST};
use super::{Loaded, Outside, keywords, load, show};
use crate::text::book::Status;
use crate::text::diag::Severity;
use crate::text::tests::fixtures;

/// A machine with a path, a root and nothing else.
struct Bare;

impl Outside for Bare {
    fn variable(&self, name: &str) -> Option<String> {
        (name == "PATH").then(|| "/usr/bin:/bin".to_owned())
    }

    fn read(&self, _: &str) -> Result<Vec<u8>, String> {
        Err("No such file or directory".to_owned())
    }

    fn resolve(&self, host: &str) -> Vec<IpAddr> {
        if host == "localhost" { vec![Ipv4Addr::LOCALHOST.into()] } else { Vec::new() }
    }

    fn user(&self, name: &str) -> Option<u32> {
        matches!(name, "root" | "haproxy").then_some(0)
    }

    fn group(&self, name: &str) -> Option<u32> {
        self.user(name)
    }
}

fn read(name: &str, text: &str) -> Loaded {
    load(vec![(name.to_owned(), text.to_owned())], &Bare)
}

fn transcript(name: &str, text: &str, with_meaning: bool) -> String {
    let loaded = read(name, text);
    let report = show::report(&loaded, 1);
    let exit = if report.fatal { 1 } else { 2 * u8::from(!loaded.has_listener()) };
    let mut out = format!("exit {exit}\n{}", report.text);
    if with_meaning {
        let _ = writeln!(out, "----\n{}", fixtures::meaning(&loaded.config));
    }
    out
}

#[test]
fn fixtures_are_judged_as_expected() {
    fixtures::walk("haproxy", &["same", "own", "whole"], "cfg", 40, |folder, name, text| {
        transcript(name, text, folder == "whole")
    });
}

/// A configuration around one line, valid but for that line.
fn around(section: Sections, line: &str) -> String {
    let rest = "defaults other\n mode http\n timeout connect 1s\n timeout client 1s\n timeout server 1s\n\
                frontend other from other\n bind 127.0.0.1:1\n";
    let (head, needs) = match section {
        GLOBAL => ("global", ""),
        DEFAULTS => ("defaults named", ""),
        USERLIST => ("userlist u", ""),
        HTTP_ERRORS => ("http-errors e", ""),
        RING => ("ring r", ""),
        LOG_FORWARD => ("log-forward l\n dgram-bind 127.0.0.1:2", ""),
        PROGRAM => ("global\n master-worker\nprogram p\n command true", ""),
        _ => {
            let name = super::keyword::section_name(section);
            return format!(
                "{rest}{name} it from other\n acl a always_true\n acl is_static path_beg /static\n {line}\n"
            );
        }
    };
    format!("{head}\n {line}\n{needs}{rest}")
}

fn each_section(k: &Keyword) -> impl Iterator<Item = Sections> {
    let sections = k.sections;
    (0..10).map(|bit| Sections(1 << bit)).filter(move |s| sections.has(*s))
}

fn working() -> impl Iterator<Item = &'static Keyword> {
    keywords::all().filter(|k| k.status == Status::Works)
}

/// What only says that an example names something which this small file does not have.
const NAMES: &[&str] = &["unknown-name", "unknown-table", "unknown-server", "unknown-backend", "unknown-acl", "file"];

#[test]
fn examples_are_accepted() {
    let mut wrong = Vec::new();
    for k in working() {
        for section in each_section(k) {
            for example in k.examples {
                let loaded = read("f", &around(section, example));
                let found =
                    loaded.diagnostics.iter().filter(|d| d.severity == Severity::Error && !NAMES.contains(&d.code));
                wrong.extend(found.map(|d| format!("{section:?} {example}: {} {}", d.code, d.message)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn rejects_are_refused() {
    let mut wrong = Vec::new();
    for k in working() {
        for section in each_section(k) {
            let accepted = k.rejects.iter().filter(|r| read("f", &around(section, r)).is_valid());
            wrong.extend(accepted.map(|r| format!("{section:?} {r}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A keyword that is missing is refused by name, wherever it may stand; it is never ignored and never "unknown".
#[test]
fn missing_keywords_say_that_they_are() {
    let mut wrong = Vec::new();
    for k in keywords::all().filter(|k| k.status == Status::Missing) {
        for section in each_section(k) {
            let loaded = read("f", &around(section, &k.name.replace("(*)", "(x)")));
            if !loaded.diagnostics.iter().any(|d| d.severity == Severity::Error && d.code == "not-implemented") {
                wrong.push(format!("{section:?} {}", k.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

proptest::proptest! {
    /// Whatever a file holds, reading ends with a verdict and every diagnostic can be shown.
    #[test]
    fn any_text_gets_a_verdict(lines in proptest::collection::vec("[ -~\t]{0,40}", 0..12), pick in proptest::collection::vec(0usize..4000, 0..12)) {
        let all: Vec<_> = keywords::all().flat_map(|k| k.examples.iter().chain(k.rejects)).collect();
        let mut text = "listen l\n".to_owned();
        for (i, line) in lines.iter().enumerate() {
            text.push_str(line);
            text.push('\n');
            if let Some(p) = pick.get(i) {
                text.push_str(all[p % all.len()]);
                // Half a line, with the next one behind it.
                text.truncate(text.len() - p % 7 % all[p % all.len()].len());
            }
        }
        let loaded = read("f", &text);
        let report = show::report(&loaded, 1);
        proptest::prop_assert_eq!(report.fatal, !loaded.is_valid());
        crate::text::show::caret::render(&loaded.sources, &loaded.diagnostics, false);
    }
}
