//! FIX messages (Financial Information eXchange, tag=value encoding): whether one is well formed, and the value of a tag.
//!
//! ```text
//!  8=FIX.4.4 | 9=length | 35=type | tag=value | ... | 10=checksum |        | is SOH, byte 1
//!                       └────── length bytes ───────┘
//! ```

const SOH: u8 = 1;
/// What a session may begin with.
const VERSIONS: &[&[u8]] = &[b"FIX.4.0", b"FIX.4.1", b"FIX.4.2", b"FIX.4.3", b"FIX.4.4", b"FIXT.1.1"];
/// Tags that have a name here; any tag can be given by its number.
const NAMES: &[(&str, u32)] = &[
    ("BeginString", 8),
    ("BodyLength", 9),
    ("CheckSum", 10),
    ("MsgType", 35),
    ("SenderCompID", 49),
    ("TargetCompID", 56),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// So long, in bytes.
    Valid(usize),
    Invalid,
    /// Well so far.
    Partial,
}

/// The number of a tag, given by name or number; 0 is none.
pub fn tag(text: &str) -> Option<u32> {
    let named = NAMES.iter().find(|(n, _)| *n == text).map(|(_, id)| *id);
    named.or_else(|| text.parse().ok()).filter(|n| *n > 0)
}

/// A tag and its value.
type Field<'a> = (u32, &'a [u8]);

/// One field, and what follows it. `Err(Partial)`: its end has not come.
fn field(bytes: &[u8]) -> Result<(Field<'_>, &[u8]), Verdict> {
    let end = memchr::memchr(SOH, bytes).ok_or(Verdict::Partial)?;
    let (name, value) = match memchr::memchr(b'=', &bytes[..end]) {
        Some(eq) => (&bytes[..eq], &bytes[eq + 1..end]),
        None => return Err(Verdict::Invalid),
    };
    let id = number(name).and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0).ok_or(Verdict::Invalid)?;
    if value.is_empty() {
        return Err(Verdict::Invalid);
    }
    Ok(((id, value), &bytes[end + 1..]))
}

fn number(digits: &[u8]) -> Option<usize> {
    let all_digits = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(digits).ok().filter(|_| all_digits)?.parse().ok()
}

/// Judges the message that `bytes` begin with.
pub fn check(bytes: &[u8]) -> Verdict {
    judge(bytes).map_or_else(|v| v, Verdict::Valid)
}

fn judge(bytes: &[u8]) -> Result<usize, Verdict> {
    let ((id, version), rest) = field(bytes)?;
    if id != 8 || !VERSIONS.contains(&version) {
        return Err(Verdict::Invalid);
    }
    let ((id, length), body) = field(rest)?;
    let length = number(length).filter(|_| id == 9).ok_or(Verdict::Invalid)?;
    if field(body)?.0.0 != 35 {
        return Err(Verdict::Invalid);
    }
    let (mut left, mut used) = (body, 0);
    while used < length {
        let (_, rest) = field(left)?;
        used += left.len() - rest.len();
        left = rest;
    }
    let ((id, sum), rest) = field(left)?;
    let counted = bytes[..bytes.len() - left.len()].iter().fold(0u8, |n, b| n.wrapping_add(*b));
    if used != length || id != 10 || sum.len() != 3 || number(sum) != Some(usize::from(counted)) {
        return Err(Verdict::Invalid);
    }
    Ok(bytes.len() - rest.len())
}

/// The value of the first field with that tag, in a message that is whole or not.
pub fn value(bytes: &[u8], tag: u32) -> Result<&[u8], Verdict> {
    let mut rest = bytes;
    while !rest.is_empty() {
        let ((id, value), after) = field(rest)?;
        if id == tag {
            return Ok(value);
        }
        // The checksum ends the message.
        if id == 10 {
            return Err(Verdict::Invalid);
        }
        rest = after;
    }
    Err(Verdict::Partial)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logon(body: &str, length: usize) -> Vec<u8> {
        let head = format!("8=FIX.4.4|9={length}|{body}").replace('|', "\x01");
        let sum = head.bytes().fold(0u8, u8::wrapping_add);
        format!("{head}10={sum:03}\x01").into_bytes()
    }

    #[test]
    fn a_whole_message_is_valid_and_half_of_one_partial() {
        let m = logon("35=A|49=CLIENT1|", 16);
        assert_eq!(check(&m), Verdict::Valid(m.len()));
        for end in 0..m.len() {
            assert_eq!(check(&m[..end]), Verdict::Partial, "{end}");
        }
        assert_eq!(value(&m, 49), Ok(&b"CLIENT1"[..]));
        assert_eq!(value(&m, 56), Err(Verdict::Invalid));
    }

    #[test]
    fn order_lengths_and_checksum_must_be_right() {
        assert_eq!(check(&logon("49=CLIENT1|35=A|", 16)), Verdict::Invalid);
        assert_eq!(check(&logon("35=A|49=CLIENT1|", 14)), Verdict::Invalid);
        assert_eq!(check(&logon("35=A|=CLIENT1|", 14)), Verdict::Invalid);
        assert_eq!(check(&logon("35=A|49=|", 9)), Verdict::Invalid);
        assert_eq!(check(b"8=FIX.9.9\x019=5\x0135=A\x01"), Verdict::Invalid);
        let mut m = logon("35=A|49=CLIENT1|", 16);
        let at = m.len() - 2;
        m[at] = if m[at] == b'0' { b'1' } else { b'0' };
        assert_eq!(check(&m), Verdict::Invalid);
    }

    #[test]
    fn tags_have_numbers_and_a_few_have_names() {
        assert_eq!((tag("MsgType"), tag("553"), tag("0"), tag("Nothing")), (Some(35), Some(553), None, None));
    }
}
