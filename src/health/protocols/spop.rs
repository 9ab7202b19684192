//! `option spop-check`: the hello of the stream processing offload protocol, marked as a health check.

use super::{Leave, expect, invalid, more, script, send};
use crate::health::expect::{Judgement, found};
use crate::health::result::Verdict;
use crate::health::script::Script;

/// Types of frames.
const HAPROXY_HELLO: u8 = 1;
const AGENT_HELLO: u8 = 101;
/// The frame is whole.
const FIN: u32 = 1;
/// Types of values: a 32-bit number, a string, and `true` with its flag.
const UINT32: u8 = 3;
const STRING: u8 = 8;
const TRUE: u8 = 0x11;
/// The largest frame that we take: a buffer of 16 KiB less its length.
const MAX_FRAME: u64 = 16380;
const LEAST_FRAME: u64 = 256;

pub fn spop() -> Script {
    script(Leave::Reset, vec![send(hello()), expect(judge, Verdict::L7Response)])
}

fn hello() -> Vec<u8> {
    let mut f = vec![HAPROXY_HELLO];
    f.extend_from_slice(&FIN.to_be_bytes());
    // Stream and frame are both 0.
    f.extend_from_slice(&[0, 0]);
    let mut pair = |name: &str, kind: u8, value: &[u8]| {
        f.push(name.len() as u8);
        f.extend_from_slice(name.as_bytes());
        f.push(kind);
        f.extend_from_slice(value);
    };
    pair("supported-versions", STRING, b"\x032.0");
    // 16380 as a number of variable length.
    pair("max-frame-size", UINT32, &[0xfc, 0xf0, 0x06]);
    pair("capabilities", STRING, b"\x00");
    pair("healthcheck", TRUE, b"");
    let mut out = (f.len() as u32).to_be_bytes().to_vec();
    out.extend(f);
    out
}

fn judge(received: &[u8], ended: bool) -> Judgement {
    let Some((length, rest)) = received.split_first_chunk::<4>() else { return more(ended) };
    let length = u32::from_be_bytes(*length) as usize;
    if rest.len() < length && !ended {
        return Judgement::More;
    }
    match agent_hello(&rest[..length.min(rest.len())]) {
        Ok(()) => Judgement::Pass(found(Verdict::L7Ok, Some(0), "SPOA server is ok")),
        Err(why) => invalid(why),
    }
}

const INVALID: &str = "invalid frame received";

/// Why the frame is not the hello of an agent that we could talk to.
fn agent_hello(frame: &[u8]) -> Result<(), &'static str> {
    let (&kind, rest) = frame.split_first().ok_or(INVALID)?;
    if kind != AGENT_HELLO {
        return Err(INVALID);
    }
    let flags = rest.first_chunk::<4>().map_or(0, |f| u32::from_be_bytes(*f));
    if flags & FIN == 0 {
        return Err("fragmentation not supported");
    }
    let rest = rest.get(4..).filter(|r| r.starts_with(&[0, 0])).ok_or(INVALID)?;
    let (mut version, mut size, mut capabilities) = (false, false, false);
    let mut rest = &rest[2..];
    while !rest.is_empty() {
        let (name, r) = string(rest).ok_or(INVALID)?;
        let (value, r) = value(r).ok_or(INVALID)?;
        rest = r;
        match (name, value) {
            (b"version", Value::Text(v)) => {
                version = is_2_0(v);
                if !version {
                    return Err("unsupported version");
                }
            }
            (b"max-frame-size", Value::Number(n)) => {
                size = (LEAST_FRAME..=MAX_FRAME).contains(&n);
                if !size {
                    return Err("max-frame-size too big or too small");
                }
            }
            (b"capabilities", Value::Text(_)) => capabilities = true,
            _ => {}
        }
    }
    match (version, size, capabilities) {
        (false, ..) => Err("version value not found"),
        (_, false, _) => Err("max-frame-size value not found"),
        (.., false) => Err("capabilities value not found"),
        _ => Ok(()),
    }
}

fn is_2_0(version: &[u8]) -> bool {
    version.trim_ascii() == b"2.0"
}

enum Value<'a> {
    Text(&'a [u8]),
    Number(u64),
    Other,
}

/// A typed value: the low four bits are its type.
fn value(bytes: &[u8]) -> Option<(Value<'_>, &[u8])> {
    let (&kind, rest) = bytes.split_first()?;
    Some(match kind & 0x0f {
        0 | 1 => (Value::Other, rest),
        2..=5 => {
            let (n, r) = number(rest)?;
            (Value::Number(n), r)
        }
        6 => (Value::Other, rest.get(4..)?),
        7 => (Value::Other, rest.get(16..)?),
        8 | 9 => {
            let (t, r) = string(rest)?;
            (Value::Text(t), r)
        }
        _ => return None,
    })
}

fn string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (n, rest) = number(bytes)?;
    rest.split_at_checked(usize::try_from(n).ok()?)
}

/// Below 240 one byte; else four bits, then seven bits a byte, the lowest first.
fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (&first, mut rest) = bytes.split_first()?;
    let mut n = u64::from(first);
    if first < 240 {
        return Some((n, rest));
    }
    for shift in (4..60).step_by(7) {
        let (&b, r) = rest.split_first()?;
        rest = r;
        n += u64::from(b) << shift;
        if b < 128 {
            return Some((n, rest));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(pairs: &[u8]) -> Vec<u8> {
        let mut f = vec![AGENT_HELLO, 0, 0, 0, 1, 0, 0];
        f.extend_from_slice(pairs);
        [&(f.len() as u32).to_be_bytes()[..], &f].concat()
    }

    fn why(received: &[u8]) -> String {
        match judge(received, false) {
            Judgement::Fail(o) | Judgement::Pass(o) => o.info,
            Judgement::More => "more".to_owned(),
        }
    }

    #[test]
    fn an_agent_that_speaks_our_version_is_well() {
        let good = b"\x07version\x08\x032.0\x0emax-frame-size\x03\xfc\xf0\x06\x0ccapabilities\x08\x00";
        assert_eq!(why(&answer(good)), "SPOA server is ok");
        assert_eq!(why(&answer(b"\x07version\x08\x031.0")), "unsupported version");
        assert_eq!(why(&answer(b"\x07version\x08\x032.0")), "max-frame-size value not found");
        assert_eq!(why(&[0, 0, 0, 0]), INVALID);
        assert_eq!(why(&[0, 0, 0, 7, AGENT_HELLO, 0, 0, 0, 0, 0, 0]), "fragmentation not supported");
    }

    #[test]
    fn the_hello_is_82_bytes() {
        assert_eq!(hello().len(), 82);
        assert_eq!(number(&[0xfc, 0xf0, 0x06]), Some((16380, &[][..])));
    }
}
