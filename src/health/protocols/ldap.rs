//! `option ldap-check`: an anonymous bind (RFC 4511 section 4.2).

use super::{Leave, expect, invalid, more, script, send};
use crate::health::expect::{Judgement, found};
use crate::health::result::Verdict;
use crate::health::script::Script;

/// A simple bind request without name and password.
const BIND: &[u8] = &[0x30, 0x0c, 0x02, 0x01, 0x01, 0x60, 0x07, 0x02, 0x01, 0x03, 0x04, 0x00, 0x80, 0x00];
/// A BindResponse has at least so many bytes.
const LEAST: usize = 14;

pub fn ldap() -> Script {
    script(Leave::Reset, vec![send(BIND), expect(judge, Verdict::L7Response)])
}

fn judge(received: &[u8], ended: bool) -> Judgement {
    if received.len() < LEAST {
        return more(ended);
    }
    let Some(rest) = element(received, 0x30).and_then(|b| b.strip_prefix(&[0x02, 0x01, 0x01])) else {
        return invalid("Not LDAPv3 protocol");
    };
    match element(rest, 0x61) {
        Some([0x0a, 0x01, 0, ..]) => Judgement::Pass(found(Verdict::L7Ok, Some(0), "Success")),
        Some([0x0a, 0x01, code, ..]) => {
            let info = "See RFC: http://tools.ietf.org/html/rfc4511#section-4.1.9";
            Judgement::Fail(found(Verdict::L7Status, Some((*code).into()), info))
        }
        Some(short) if short.len() < 3 => more(ended),
        _ => invalid("Not LDAPv3 protocol"),
    }
}

/// What follows the tag and the length, whose long form takes more bytes.
fn element(bytes: &[u8], tag: u8) -> Option<&[u8]> {
    let (first, length, rest) = match bytes {
        [first, length, rest @ ..] => (*first, *length, rest),
        _ => return None,
    };
    let long = if length & 0x80 == 0 { 0 } else { usize::from(length & 0x7f) };
    (first == tag).then(|| rest.get(long..)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bind_response_is_read_with_short_and_long_lengths() {
        let short = [0x30, 0x0c, 2, 1, 1, 0x61, 7, 0x0a, 1, 0, 4, 0, 4, 0];
        assert!(matches!(judge(&short, false), Judgement::Pass(_)));
        let refused = [0x30, 0x0c, 2, 1, 1, 0x61, 7, 0x0a, 1, 49, 4, 0, 4, 0];
        assert!(matches!(judge(&refused, false), Judgement::Fail(o) if o.code == Some(49)));
        let long = [0x30, 0x84, 0, 0, 0, 0x10, 2, 1, 1, 0x61, 0x84, 0, 0, 0, 7, 0x0a, 1];
        assert_eq!(judge(&long, false), Judgement::More);
        assert!(matches!(judge(&[&long[..], &[0, 4, 0, 4, 0]].concat(), false), Judgement::Pass(_)));
        let other = [0x30, 0x0c, 2, 1, 1, 0x60, 7, 0x0a, 1, 0, 4, 0, 4, 0];
        assert!(matches!(judge(&other, false), Judgement::Fail(o) if o.info == "Not LDAPv3 protocol"));
    }
}
