//! What a check wants to hear, and whether that is what came (HAProxy manual 4.2 `http-check expect`, `tcp-check expect`).
//!
//! A mismatch is final when nothing more can come, or when `min-recv` says how much is enough to judge; else more bytes
//! are waited for, until the check's time is over.

pub mod http;
pub mod matching;

use super::evaluate::Evaluate;
use super::heard::Heard;
use super::result::{Outcome, Verdict};
use super::script::{Dialect, Step};
use crate::ir::check::{CheckStatusName, Expect, ExpectMatch};
use matching::{Match, matches};

/// What a step wants to hear.
#[derive(Debug, Clone)]
pub struct Expectation {
    pub kind: Kind,
    /// `http-check disable-on-404`
    pub disable_on_404: bool,
}

#[derive(Debug, Clone)]
pub enum Kind {
    /// Any status from 200 to 399.
    HttpDefault,
    Rule(Box<Expect>),
    /// One message of a protocol that needs no rules.
    Custom(Custom),
}

/// Judges what came; the flag says that nothing more will.
pub type Judge = fn(&[u8], bool) -> Judgement;

#[derive(Debug, Clone, Copy)]
pub struct Custom {
    pub judge: Judge,
    /// What silence is called.
    pub nothing: Verdict,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    Pass(Outcome),
    Fail(Outcome),
    More,
}

/// A finding; a code where the server spoke at its own layer.
pub fn found(verdict: Verdict, code: Option<u32>, info: impl Into<String>) -> Outcome {
    Outcome { verdict, code, info: info.into(), duration: 0 }
}

/// What came, and to whom it matters.
pub struct Ear<'a> {
    pub dialect: Dialect,
    pub step: &'a Step,
    pub ask: &'a dyn Evaluate,
}

impl Expectation {
    /// Looks at what has come so far.
    pub fn judge(&self, ear: &Ear<'_>, received: &[u8], ended: bool) -> Judgement {
        if ear.dialect == Dialect::Http {
            return http::judge(self, ear, received, ended);
        }
        if received.is_empty() {
            return if ended { Judgement::Fail(self.empty(ear.step)) } else { Judgement::More };
        }
        match &self.kind {
            Kind::Custom(c) => (c.judge)(received, ended),
            Kind::Rule(e) => judge_bytes(e, ear, received, ended),
            Kind::HttpDefault => Judgement::More,
        }
    }

    /// The server said nothing and left.
    fn empty(&self, step: &Step) -> Outcome {
        let verdict = match &self.kind {
            Kind::Custom(c) => c.nothing,
            Kind::Rule(e) => e.error_status.map_or(Verdict::L7Response, verdict_of),
            Kind::HttpDefault => Verdict::L7Response,
        };
        let comment = step.comment.as_ref().map(|c| format!(" comment: '{c}'")).unwrap_or_default();
        found(verdict, Some(0), format!("TCPCHK got an empty response at step {}{comment}", step.number))
    }

    /// What silence means at this point.
    pub fn timed_out(&self) -> Verdict {
        match &self.kind {
            Kind::Rule(e) => e.tout_status.map_or(Verdict::L7Timeout, verdict_of),
            _ => Verdict::L7Timeout,
        }
    }

    /// As a step is named: `string 'hello'`, `regex`.
    pub fn words(&self) -> String {
        let Kind::Rule(e) = &self.kind else { return String::new() };
        match &e.matcher {
            ExpectMatch::String(s) => format!("string '{}'", String::from_utf8_lossy(s)),
            ExpectMatch::Binary(s) => format!("binary '{}'", String::from_utf8_lossy(s)),
            ExpectMatch::StringFormat(_) => "log-format string".to_owned(),
            ExpectMatch::BinaryFormat(_) => "log-format binary".to_owned(),
            ExpectMatch::Regex(_) => "regex".to_owned(),
            ExpectMatch::BinaryRegex(_) => "binary regex".to_owned(),
            _ => String::new(),
        }
    }
}

fn judge_bytes(e: &Expect, ear: &Ear<'_>, received: &[u8], ended: bool) -> Judgement {
    let heard = Heard::raw(received, ended);
    let Match::Judged { hit, least } = matches(&e.matcher, ear.ask, &heard) else {
        let info = "Failed to parse hexastring resulting of eval of a log-format string";
        return Judgement::Fail(found(Verdict::L7Response, None, info));
    };
    if !ended && (received.len() < least || e.min_recv.is_some_and(|n| received.len() < n)) {
        return Judgement::More;
    }
    if !ended && !hit && e.min_recv.is_none() {
        return Judgement::More;
    }
    let code = code(e, ear, &heard, 0);
    if hit != e.negate {
        let info = e.on_success.as_ref().map(|f| lossy(&ear.ask.text(f, Some(&heard)))).unwrap_or_default();
        return Judgement::Pass(found(e.ok_status.map_or(Verdict::L7Ok, verdict_of), code, info));
    }
    let info = match &e.on_error {
        Some(f) => lossy(&ear.ask.text(f, Some(&heard))),
        None => complaint(e, ear.step.number),
    };
    let verdict = e.error_status.map_or(Verdict::L7Response, verdict_of);
    Judgement::Fail(found(verdict, code, with_comment(info, ear.step)))
}

/// `status-code`, or what the protocol says.
fn code(e: &Expect, ear: &Ear<'_>, heard: &Heard<'_>, otherwise: u32) -> Option<u32> {
    let own = e.status_code.as_ref().map(|s| ear.ask.number(s, Some(heard)));
    Some(own.map_or(otherwise, |n| n.and_then(|n| u32::try_from(n).ok()).unwrap_or(0)))
}

fn with_comment(info: String, step: &Step) -> String {
    match &step.comment {
        Some(c) => format!("{info} comment: {c}"),
        None => info,
    }
}

fn complaint(e: &Expect, step: usize) -> String {
    let what = match &e.matcher {
        ExpectMatch::String(s) => format!("'{}'", String::from_utf8_lossy(s)),
        ExpectMatch::Binary(_) => "(binary)".to_owned(),
        ExpectMatch::Regex(_) => "(regex)".to_owned(),
        ExpectMatch::BinaryRegex(_) => "(binary regex)".to_owned(),
        ExpectMatch::StringFormat(_) => "(log-format string)".to_owned(),
        _ => "(log-format binary)".to_owned(),
    };
    let how = if e.negate { "matched unwanted content" } else { "did not match content" };
    format!("TCPCHK {how} {what} at step {step}")
}

pub(super) fn lossy(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}

fn verdict_of(name: CheckStatusName) -> Verdict {
    match name {
        CheckStatusName::L7Ok => Verdict::L7Ok,
        CheckStatusName::L7OkC => Verdict::L7OkConditional,
        CheckStatusName::L6Ok => Verdict::L6Ok,
        CheckStatusName::L4Ok => Verdict::L4Ok,
        CheckStatusName::L7Rsp => Verdict::L7Response,
        CheckStatusName::L7Sts => Verdict::L7Status,
        CheckStatusName::L7Tout => Verdict::L7Timeout,
        CheckStatusName::L6Rsp => Verdict::L6Response,
        CheckStatusName::L6Tout => Verdict::L6Timeout,
        CheckStatusName::L4Con => Verdict::L4Connection,
        CheckStatusName::L4Tout => Verdict::L4Timeout,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::evaluate::Literally;
    use crate::health::script::Act;

    fn judge(matcher: ExpectMatch, negate: bool, min_recv: Option<usize>, received: &[u8], ended: bool) -> Judgement {
        let rule = Expect { negate, min_recv, ..Expect::of(matcher) };
        let expectation = Expectation { kind: Kind::Rule(Box::new(rule)), disable_on_404: false };
        let step = Step { number: 1, comment: Some("c".into()), act: Act::Nothing };
        expectation.judge(&Ear { dialect: Dialect::Tcp, step: &step, ask: &Literally }, received, ended)
    }

    fn string(s: &str) -> ExpectMatch {
        ExpectMatch::String(s.as_bytes().to_vec())
    }

    #[test]
    fn a_mismatch_waits_until_the_end() {
        assert_eq!(judge(string("hello"), false, None, b"goodbye", false), Judgement::More);
        let Judgement::Fail(o) = judge(string("hello"), false, None, b"goodbye", true) else { panic!("a failure") };
        assert_eq!(o.info, "TCPCHK did not match content 'hello' at step 1 comment: c");
    }

    #[test]
    fn min_recv_makes_a_mismatch_final() {
        assert_eq!(judge(string("no"), true, Some(5), b"vali", false), Judgement::More);
        assert!(matches!(judge(string("no"), true, Some(5), b"valid", false), Judgement::Pass(_)));
        assert!(matches!(judge(string("no"), false, Some(5), b"valid", false), Judgement::Fail(_)));
    }

    #[test]
    fn silence_until_the_end_names_the_step() {
        let Judgement::Fail(o) = judge(string("x"), false, None, b"", true) else { panic!("a failure") };
        assert_eq!(o.info, "TCPCHK got an empty response at step 1 comment: 'c'");
    }
}
