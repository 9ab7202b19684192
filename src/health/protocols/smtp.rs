//! `option smtpchk`: greeting, HELO or EHLO, QUIT (RFC 5321).

use super::{Leave, expect, first_line, invalid, pass, script, send};
use crate::health::expect::{Judgement, found};
use crate::health::result::Verdict;
use crate::health::script::Script;

/// `hello` is `HELO domain` or `EHLO domain`.
pub fn smtp(hello: &str) -> Script {
    let hello = if hello.is_empty() { "HELO localhost" } else { hello };
    let acts = vec![
        expect(is_smtp, Verdict::L7Response),
        expect(greets, Verdict::L7Status),
        send(format!("{hello}\r\n")),
        expect(welcomes, Verdict::L7Status),
        send(b"QUIT\r\n"),
        expect(says_goodbye, Verdict::L7Status),
    ];
    script(Leave::Orderly, acts)
}

/// `NNN` and a blank or the line's end.
fn is_reply(line: &[u8]) -> bool {
    matches!(line, [a, b, c, b' ' | b'\r', ..] if [a, b, c].iter().all(|d| d.is_ascii_digit()))
}

fn is_positive(line: &[u8]) -> bool {
    is_reply(line) && line[0] == b'2'
}

/// The code of the first line and the text behind it.
fn parts(received: &[u8]) -> (u32, String) {
    let digits = received.get(..3).filter(|d| d.iter().all(u8::is_ascii_digit));
    let code = digits.map_or(0, |d| d.iter().fold(0, |n, d| n * 10 + u32::from(d - b'0')));
    (code, first_line(received.get(4..).unwrap_or_default()))
}

fn refused(received: &[u8]) -> Judgement {
    let (code, text) = parts(received);
    Judgement::Fail(found(Verdict::L7Status, Some(code), text))
}

/// The greeting is one line.
fn is_smtp(received: &[u8], ended: bool) -> Judgement {
    match received {
        r if is_reply(r) => pass(),
        r if r.len() < 4 && !ended => Judgement::More,
        r => invalid(first_line(r)),
    }
}

fn greets(received: &[u8], _: bool) -> Judgement {
    if is_positive(received) { pass() } else { refused(received) }
}

/// `250-...` lines up to one of `250 ...`; anything else may still become that.
fn welcomes(received: &[u8], ended: bool) -> Judgement {
    for line in received.split_inclusive(|&b| b == b'\n') {
        match line {
            l if is_positive(l) => return pass(),
            [b'2', a, b, b'-', ..] if a.is_ascii_digit() && b.is_ascii_digit() => {}
            _ => break,
        }
    }
    if ended { refused(received) } else { Judgement::More }
}

fn says_goodbye(received: &[u8], ended: bool) -> Judgement {
    if is_positive(received) {
        let (code, text) = parts(received);
        return Judgement::Pass(found(Verdict::L7Ok, Some(code), text));
    }
    if received.len() < 4 && !ended { Judgement::More } else { refused(received) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn welcome_waits_for_its_last_line() {
        assert_eq!(welcomes(b"250-hello\r\n250 ", false), pass());
        assert_eq!(welcomes(b"250-hello\r\n250-KEY", false), Judgement::More);
        let Judgement::Fail(o) = welcomes(b"512 DNS error\r\n", true) else { panic!("a failure") };
        assert_eq!((o.code, o.info.as_str()), (Some(512), "DNS error"));
    }

    #[test]
    fn what_is_no_reply_is_shown() {
        assert_eq!(is_smtp(b"220", false), Judgement::More);
        assert!(matches!(is_smtp(b"I'm not\r\n", false), Judgement::Fail(o) if o.info == "I'm not"));
        assert!(matches!(greets(b"421 Later\r\n", false), Judgement::Fail(o) if o.code == Some(421)));
        assert!(matches!(says_goodbye(b"221 bye\r\n", false), Judgement::Pass(o) if o.info == "bye"));
    }
}
