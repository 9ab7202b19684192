//! Timelines that the original was seen to keep: each test is one of its runs.

use std::{net::SocketAddr, time::Duration};

use super::*;
use crate::{
    checker::outcome::{Checked, Unready},
    ir::failover::{
        Command, Connection, RunAs,
        checker::{Http, HttpVersion, Misc, Smtp, Url},
    },
    text::source::Span,
};

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn connection() -> Connection {
    let to = SocketAddr::from(([127, 0, 0, 1], 8001));
    Connection { to, from: None, interface: None, timeout: seconds(1), mark: 0 }
}

fn checker(probe: Probe, retry: u32) -> Checker {
    Checker {
        at: Span::default(),
        retry,
        delay_before_retry: seconds(1),
        delay_loop: seconds(2),
        warmup: Duration::ZERO,
        alpha: false,
        log_all_failures: false,
        probe,
    }
}

fn pages(paths: &[&str], retry: u32) -> Checker {
    let url = |path: &&str| Url {
        at: Span::default(),
        path: (*path).into(),
        digest: None,
        statuses: Vec::new(),
        virtual_host: None,
        pattern: None,
        compliant: false,
    };
    let urls = paths.iter().map(url).collect();
    let http = Http {
        connection: connection(),
        tls: None,
        version: HttpVersion::Http10,
        virtual_host: None,
        fast_recovery: false,
        urls,
    };
    checker(Probe::Http(http), retry)
}

fn misc(retry: u32, dynamic: bool) -> Checker {
    let command =
        Command { argv: vec![b"/s/x".to_vec()], path: "/s/x".into(), run_as: RunAs::default(), at: Span::default() };
    checker(Probe::Misc(Misc { command, timeout: None, dynamic }), retry)
}

/// A checker at work: letters are outcomes (`+` passed, `-` failed), and the result is a line of what came of them.
struct Run {
    pace: Pace,
    now: Time,
    url: usize,
    up: bool,
    lines: Vec<String>,
    mails: Vec<String>,
    weights: Vec<Option<u32>>,
}

impl Run {
    fn new(checker: &Checker) -> Self {
        let subject = Subject::new(&checker.probe, "S".into(), "V".into());
        let mut run = Self {
            pace: Pace::new(checker, subject, !checker.alpha),
            now: Duration::ZERO,
            url: 0,
            up: !checker.alpha,
            lines: vec![],
            mails: vec![],
            weights: vec![],
        };
        let outputs = run.pace.handle(run.now, Event::Begin { chance: 0 });
        run.obey(outputs);
        run
    }

    fn obey(&mut self, outputs: Vec<Output>) -> String {
        let mut seen = String::new();
        for output in outputs {
            match output {
                Output::Probe { url, at } => {
                    seen.push_str(&format!("{}", (at - self.now).as_secs()));
                    (self.url, self.now) = (url, at);
                }
                Output::Verdict { up, says } => {
                    if std::mem::replace(&mut self.up, up) != up {
                        seen.push_str(if up { "UP " } else { "DOWN " });
                    }
                    self.mails.extend(Some(says).filter(|says| !says.is_empty()));
                }
                Output::Weight(weight) => self.weights.push(weight),
                Output::Log(line) => self.lines.push(line),
            }
        }
        seen
    }

    fn end(&mut self, outcome: Outcome) -> String {
        let outputs = self.pace.handle(self.now, Event::Ended { began: self.now, outcome });
        self.obey(outputs)
    }

    /// For every letter: turns, and the seconds to the next probe.
    fn play(&mut self, letters: &str) -> String {
        let page = Page { checked: Checked::Status, mismatch: None };
        let is_page = self.pace.subject.kind == Kind::Http;
        let passed = if is_page { Passed::Page(page) } else { Passed::Plain };
        let one = |letter| match letter {
            '+' => self.end(Outcome::Passed(passed.clone())),
            _ => self.end(Outcome::Failed(Failure::Refused)),
        };
        letters.chars().map(one).collect::<Vec<_>>().join(",")
    }
}

#[test]
fn a_server_is_down_when_its_retries_are_used_up_and_up_at_once() {
    let mut run = Run::new(&checker(Probe::Tcp(connection()), 2));
    assert_eq!(run.play("+-+---++"), "2,1,2,1,1,DOWN 2,UP 2,2");
    let lines = [
        "TCP connection to S success.",
        "TCP_CHECK on service S failed after 2 retries.",
        "TCP connection to S success.",
    ];
    assert_eq!(run.lines, lines);
    assert_eq!(run.mails, ["TCP CHECK failed on service", "TCP CHECK succeed on service"]);
}

#[test]
fn the_first_failure_of_all_is_a_verdict() {
    let mut run = Run::new(&checker(Probe::Tcp(connection()), 3));
    assert_eq!(run.play("--+"), "DOWN 2,2,UP 2");
}

#[test]
fn who_begins_as_down_turns_up_once() {
    let mut run = Run::new(&Checker { alpha: true, ..checker(Probe::Tcp(connection()), 3) });
    assert_eq!(run.play("--++"), "2,2,UP 2,2");
    assert_eq!(run.lines, ["TCP_CHECK on service S failed.", "TCP connection to S success."]);
}

#[test]
fn all_failures_are_told_while_the_server_is_up() {
    let mut run = Run::new(&Checker { log_all_failures: true, ..checker(Probe::Tcp(connection()), 1) });
    assert_eq!(run.play("+---"), "2,1,DOWN 2,2");
    let failed = "TCP connection to S failed.";
    assert_eq!(run.lines[1..], [failed, failed, "TCP_CHECK on service S failed after 1 retries."]);
}

#[test]
fn mail_servers_get_retries_always() {
    let smtp = Smtp { connection: connection(), helo: "x".into() };
    let mut run = Run::new(&checker(Probe::Smtp(smtp), 1));
    assert_eq!(run.play("-----+"), "1,DOWN 2,1,2,1,UP 2");
    assert_eq!(
        run.lines,
        ["SMTP_CHECK Could not connect to server [127.0.0.1]:8001", "Remote SMTP server S succeed on service."]
    );
}

#[test]
fn pages_take_turns_and_all_of_them_are_asked_before_the_first_verdict() {
    let mut run = Run::new(&pages(&["/a", "/b", "/c"], 2));
    let mut asked = vec![run.url];
    for _ in 0..4 {
        run.play("+");
        asked.push(run.url);
    }
    assert_eq!(asked, [0, 1, 2, 0, 1]);
    assert_eq!(run.lines, ["Remote Web server S succeed on service."]);
}

#[test]
fn a_web_server_comes_back_with_the_page_that_failed_and_then_with_all() {
    let mut run = Run::new(&pages(&["/a", "/b"], 1));
    assert_eq!(run.play("++-+"), "2,2,1,2");
    assert_eq!(run.url, 1, "a page that passed after a retry is done");
    assert_eq!(run.play("---+"), "1,DOWN 2,2,2");
    assert_eq!(run.url, 0, "and now from the first");
    assert_eq!(run.play("+----+"), "2,1,1,1,1,UP 2", "on the way back every failure is tried again");
    let passes = run.lines.iter().filter(|line| line.contains("status code success"));
    assert_eq!(passes.count(), 3);
}

#[test]
fn a_web_server_that_passes_before_it_ever_failed_comes_up_in_one_round() {
    let mut run = Run::new(&Checker { alpha: true, ..pages(&["/a"], 1) });
    assert_eq!(run.play("+-"), "UP 2,1");
}

#[test]
fn commands_say_weights_and_their_first_verdict_is_mailed() {
    let mut run = Run::new(&misc(0, true));
    for status in [0, 3, 3, 10, 0] {
        run.end(Outcome::Passed(Passed::Status(status)));
    }
    assert_eq!(run.weights, [Some(1), Some(8), None]);
    assert_eq!(run.mails, ["MISC CHECK succeeded on service"]);
}

#[test]
fn delays_of_commands_count_from_their_start() {
    let mut run = Run::new(&misc(1, false));
    let slow = Event::Ended { began: seconds(0), outcome: Outcome::Passed(Passed::Status(0)) };
    let outputs = run.pace.handle(seconds(1), slow);
    assert_eq!(outputs.last(), Some(&Output::Probe { url: 0, at: seconds(2) }));
    let late = Event::Ended { began: seconds(2), outcome: Outcome::Failed(Failure::Overran) };
    let outputs = run.pace.handle(seconds(9), late);
    assert_eq!(outputs.last(), Some(&Output::Probe { url: 0, at: seconds(9) }));
}

#[test]
fn who_cannot_begin_says_so_and_judges_nobody() {
    let mut run = Run::new(&checker(Probe::Tcp(connection()), 0));
    let unready = Outcome::Unready(Unready::Address("Cannot assign requested address".into()));
    assert_eq!(run.end(unready), "2");
    assert_eq!(
        run.lines,
        ["Checker bind failed: Cannot assign requested address", "TCP socket bind failed. Rescheduling."]
    );
}

#[test]
fn a_second_and_a_random_part_of_the_warmup_come_first() {
    let checker = Checker { warmup: seconds(10), ..checker(Probe::Tcp(connection()), 0) };
    let mut pace = Pace::new(&checker, Subject::new(&checker.probe, "S".into(), "V".into()), true);
    let outputs = pace.handle(seconds(5), Event::Begin { chance: u32::MAX / 2 + 1 });
    assert_eq!(outputs.last(), Some(&Output::Probe { url: 0, at: seconds(11) }));
}
