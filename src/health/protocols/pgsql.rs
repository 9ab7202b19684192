//! `option pgsql-check`: a StartupMessage of protocol 3.0 and the server's first answer.

use super::{Leave, expect, script, send};
use crate::health::expect::{Judgement, found};
use crate::health::result::Verdict;
use crate::health::script::Script;

pub fn pgsql(user: &str) -> Script {
    script(Leave::Orderly, vec![send(startup(user)), expect(judge, Verdict::L7Response)])
}

fn startup(user: &str) -> Vec<u8> {
    let mut body = vec![0, 3, 0, 0];
    body.extend_from_slice(b"user\0");
    body.extend_from_slice(user.as_bytes());
    body.extend_from_slice(b"\0\0");
    let mut out = ((body.len() + 4) as u32).to_be_bytes().to_vec();
    out.extend(body);
    out
}

/// An AuthenticationRequest of whichever kind is a server that works; an ErrorResponse says why not.
fn judge(received: &[u8], ended: bool) -> Judgement {
    match received {
        [b'E', ..] => {
            // The length, the first field's letter, then its text.
            let text = received.get(6..).unwrap_or_default();
            let end = text.iter().position(|&b| b == 0).unwrap_or(text.len());
            Judgement::Fail(found(Verdict::L7Response, None, String::from_utf8_lossy(&text[..end])))
        }
        [b'R', _, _, _, _, 0, 0, 0, _, ..] => Judgement::Pass(found(Verdict::L7Ok, Some(0), "PostgreSQL server is ok")),
        r if r.len() < 9 && !ended => Judgement::More,
        _ => Judgement::Fail(found(Verdict::L7Status, Some(0), "PostgreSQL unknown error")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_answer_decides() {
        assert!(matches!(judge(b"R\0\0\0\x08\0\0\0\0", false), Judgement::Pass(_)));
        assert!(matches!(judge(b"E\0\0\0\x0bSFATAL\0", false), Judgement::Fail(o) if o.info == "FATAL"));
        assert!(matches!(judge(b"Not a server", false), Judgement::Fail(o) if o.verdict == Verdict::L7Status));
        assert_eq!(judge(b"R\0\0", false), Judgement::More);
        assert_eq!(startup("postgres").len(), 23);
    }
}
