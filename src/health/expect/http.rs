//! Judges a response of an HTTP check.

use super::matching::{Match, matches};
use super::{Ear, Expectation, Judgement, Kind, code, found, lossy, verdict_of, with_comment};
use crate::health::heard::{Heard, NoResponse};
use crate::health::result::Verdict;
use crate::ir::check::{Expect, ExpectMatch};

/// A status and headers are judged when the head is there, a body when it matches or is whole.
pub fn judge(expectation: &Expectation, ear: &Ear<'_>, received: &[u8], ended: bool) -> Judgement {
    let nonsense = || Judgement::Fail(found(Verdict::L7Response, None, ""));
    let heard = match Heard::http(received, ended) {
        Ok(h) => h,
        Err(NoResponse::Partial) if !ended => return Judgement::More,
        Err(_) => return nonsense(),
    };
    let Some(response) = &heard.response else { return nonsense() };
    let status = u32::from(response.status());
    if expectation.disable_on_404 && status == 404 {
        return Judgement::Pass(found(Verdict::L7OkConditional, Some(404), ""));
    }
    let reason = lossy(response.reason());
    match &expectation.kind {
        Kind::Rule(e) => rule(e, ear, &heard, status, reason),
        _ if (200..400).contains(&status) => Judgement::Pass(found(Verdict::L7Ok, Some(status), "")),
        _ => Judgement::Fail(found(Verdict::L7Status, Some(status), reason)),
    }
}

fn rule(e: &Expect, ear: &Ear<'_>, heard: &Heard<'_>, status: u32, reason: String) -> Judgement {
    let Match::Judged { hit, .. } = matches(&e.matcher, ear.ask, heard) else {
        return Judgement::Fail(found(Verdict::L7Response, None, ""));
    };
    let of_body = matches!(e.matcher, ExpectMatch::String(_) | ExpectMatch::StringFormat(_) | ExpectMatch::Regex(_));
    if of_body && !heard.complete && !hit && e.min_recv.is_none_or(|n| heard.data.len() < n) {
        return Judgement::More;
    }
    let code = code(e, ear, heard, status);
    if hit != e.negate {
        let info = e.on_success.as_ref().map(|f| lossy(&ear.ask.text(f, Some(heard)))).unwrap_or_default();
        return Judgement::Pass(found(e.ok_status.map_or(Verdict::L7Ok, verdict_of), code, info));
    }
    let usual = if of_body { Verdict::L7Response } else { Verdict::L7Status };
    let info = match &e.on_error {
        Some(f) => lossy(&ear.ask.text(f, Some(heard))),
        None if !of_body => reason,
        None if e.negate => "HTTP check matched unwanted content".to_owned(),
        None => "HTTP content check did not match".to_owned(),
    };
    Judgement::Fail(found(e.error_status.map_or(usual, verdict_of), code, with_comment(info, ear.step)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::evaluate::Literally;
    use crate::health::script::{Act, Dialect, Step};

    fn default(received: &[u8], disable_on_404: bool) -> Judgement {
        let expectation = Expectation { kind: Kind::HttpDefault, disable_on_404 };
        let step = Step { number: 0, comment: None, act: Act::Nothing };
        expectation.judge(&Ear { dialect: Dialect::Http, step: &step, ask: &Literally }, received, false)
    }

    #[test]
    fn a_status_is_judged_when_the_head_is_there() {
        assert_eq!(default(b"HTTP/1.1 20", false), Judgement::More);
        let Judgement::Pass(o) = default(b"HTTP/1.1 200 OK\r\n\r\n", false) else { panic!("a pass") };
        assert_eq!((o.verdict, o.code), (Verdict::L7Ok, Some(200)));
        let Judgement::Fail(o) = default(b"HTTP/1.1 503 Away\r\n\r\n", false) else { panic!("a failure") };
        assert_eq!((o.verdict, o.code, o.info.as_str()), (Verdict::L7Status, Some(503), "Away"));
    }

    #[test]
    fn status_404_stops_new_sessions_where_that_is_asked_for() {
        let answer = b"HTTP/1.1 404 Not here\r\n\r\n";
        assert!(matches!(default(answer, true), Judgement::Pass(o) if o.verdict == Verdict::L7OkConditional));
        assert!(matches!(default(answer, false), Judgement::Fail(_)));
    }
}
