//! `option mysql-check`: the server's greeting; with a user, a login that is sent at once and left again.

use super::{Leave, expect, more, script, send};
use crate::health::expect::{Judgement, found};
use crate::health::result::Verdict;
use crate::health::script::Script;

pub fn mysql(user: Option<&str>, pre_41: bool) -> Script {
    let greeting = expect(greets, Verdict::L7Response);
    match user {
        None => script(Leave::Orderly, vec![greeting]),
        Some(user) => {
            script(Leave::Orderly, vec![send(login(user, pre_41)), greeting, expect(lets_in, Verdict::L7Response)])
        }
    }
}

/// A HandshakeResponse without a password, and COM_QUIT behind it.
fn login(user: &str, pre_41: bool) -> Vec<u8> {
    let mut body = Vec::with_capacity(48 + user.len());
    if pre_41 {
        // Capabilities: CLIENT_INTERACTIVE's neighbour 0x8000; the largest packet in three bytes.
        body.extend_from_slice(&[0x00, 0x80, 0x00, 0x00, 0x01]);
    } else {
        // Capabilities: 4.1 protocol and secure connection; the largest packet, UTF-8, and the room that is kept empty.
        body.extend_from_slice(&[0x00, 0x82, 0x00, 0x00, 0x00, 0x80, 0x00, 0x01, 0x21]);
        body.extend_from_slice(&[0; 23]);
    }
    body.extend_from_slice(user.as_bytes());
    body.extend_from_slice(&[0, 0]);
    let mut out = vec![body.len() as u8, (body.len() >> 8) as u8, 0, 1];
    out.extend(body);
    out.extend_from_slice(&[1, 0, 0, 0, 1]);
    out
}

/// The payload of the packet at the beginning, when all of it is there.
fn packet(received: &[u8]) -> Option<&[u8]> {
    let [a, b, c, _, rest @ ..] = received else { return None };
    rest.get(..usize::from(*a) | usize::from(*b) << 8 | usize::from(*c) << 16)
}

/// An ERR packet: 0xff, the code, the text.
fn error(payload: &[u8]) -> Option<Judgement> {
    let [0xff, low, high, text @ ..] = payload else { return None };
    let code = u32::from(*low) | u32::from(*high) << 8;
    Some(Judgement::Fail(found(Verdict::L7Status, Some(code), String::from_utf8_lossy(text))))
}

fn greets(received: &[u8], ended: bool) -> Judgement {
    let Some(payload) = packet(received) else { return more(ended) };
    error(payload).unwrap_or_else(|| Judgement::Pass(found(Verdict::L7Ok, Some(0), version(payload))))
}

/// Behind the protocol's number, up to a zero.
fn version(payload: &[u8]) -> String {
    let text = payload.get(1..).unwrap_or_default();
    let end = text.iter().position(|&b| b == 0).unwrap_or(text.len());
    String::from_utf8_lossy(&text[..end]).into_owned()
}

/// The packet behind the greeting; success is told in the greeting's words.
fn lets_in(received: &[u8], ended: bool) -> Judgement {
    let Some(greeting) = packet(received) else { return more(ended) };
    match packet(&received[greeting.len() + 4..]) {
        None => more(ended),
        Some(p) => error(p).unwrap_or_else(|| Judgement::Pass(found(Verdict::L7Ok, Some(0), version(greeting)))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GREETING: &[u8] = b"\x08\0\0\0\x0a8.0.19\0";

    #[test]
    fn success_shows_the_servers_version() {
        assert!(matches!(greets(GREETING, false), Judgement::Pass(o) if o.info == "8.0.19"));
        assert_eq!(greets(&GREETING[..7], false), Judgement::More);
        let both = [GREETING, b"\x01\0\0\x02\0"].concat();
        assert!(matches!(lets_in(&both, false), Judgement::Pass(o) if o.info == "8.0.19"));
    }

    #[test]
    fn an_error_packet_shows_its_code() {
        let refused = [GREETING, b"\x05\0\0\x02\xff\xe3\x04no"].concat();
        assert!(matches!(lets_in(&refused, false), Judgement::Fail(o) if o.code == Some(1251) && o.info == "no"));
    }

    #[test]
    fn logins_are_as_long_as_servers_expect() {
        assert_eq!((login("user", true).len(), login("user", false).len()), (20, 47));
    }
}
