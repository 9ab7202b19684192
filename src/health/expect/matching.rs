//! Whether bytes or a response match a pattern.

use crate::health::evaluate::Evaluate;
use crate::health::heard::Heard;
use crate::http::Message;
use crate::ir::check::{ExpectMatch, HeaderMatch};

/// What a comparison gave.
pub enum Match {
    Judged {
        hit: bool,
        /// Fewer bytes than this cannot be judged.
        least: usize,
    },
    /// A formatted pattern is no pattern.
    Unreadable,
}

/// Looks for the pattern in what came.
pub fn matches(m: &ExpectMatch, ask: &dyn Evaluate, heard: &Heard<'_>) -> Match {
    let within =
        |needle: &[u8]| Match::Judged { hit: memchr::memmem::find(&heard.data, needle).is_some(), least: needle.len() };
    let judged = |hit| Match::Judged { hit, least: 0 };
    match m {
        ExpectMatch::String(s) | ExpectMatch::Binary(s) => within(s),
        ExpectMatch::StringFormat(f) => within(&ask.text(f, Some(heard))),
        ExpectMatch::BinaryFormat(f) => match unhex(&ask.text(f, Some(heard))) {
            Some(bytes) => within(&bytes),
            None => Match::Unreadable,
        },
        ExpectMatch::Regex(r) => judged(r.0.is_match(&heard.data)),
        ExpectMatch::BinaryRegex(r) => {
            let hex: String = heard.data.iter().map(|b| format!("{b:02X}")).collect();
            judged(r.0.is_match(hex.as_bytes()))
        }
        ExpectMatch::Status(ranges) => {
            let status = heard.response.as_ref().map_or(0, Message::status);
            judged(ranges.iter().any(|&(low, high)| (low..=high).contains(&status)))
        }
        ExpectMatch::StatusRegex(r) => {
            let status = heard.response.as_ref().map_or(0, Message::status);
            judged(r.0.is_match(status.to_string().as_bytes()))
        }
        ExpectMatch::Header { name, value, full } => {
            judged(headers_match(heard, ask, name, value.as_ref(), if *full { Values::Whole } else { Values::Listed }))
        }
    }
}

/// Bytes written in hexadecimal; `None` when they are not.
pub fn unhex(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |b: u8| char::from(b).to_digit(16);
    if !text.len().is_multiple_of(2) {
        return None;
    }
    text.chunks_exact(2).map(|p| Some((digit(p[0])? << 4 | digit(p[1])?) as u8)).collect()
}

/// How a header's value is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Values {
    /// `fhdr`
    Whole,
    /// `hdr`: elements between commas.
    Listed,
}

fn headers_match(
    heard: &Heard<'_>,
    ask: &dyn Evaluate,
    name: &HeaderMatch,
    value: Option<&HeaderMatch>,
    values: Values,
) -> bool {
    let Some(m) = &heard.response else { return false };
    let name = Pattern::of(name, ask, heard, true);
    let value = value.map(|v| Pattern::of(v, ask, heard, false));
    m.headers().filter(|(n, _)| name.is_in(&n.to_ascii_lowercase())).any(|(_, v)| match &value {
        None => true,
        Some(want) if values == Values::Whole => want.is_in(v),
        Some(want) => crate::http::values::elements(v).any(|e| want.is_in(e)),
    })
}

/// Whether what came compares well with what is wanted.
type Compare = fn(&[u8], &[u8]) -> bool;

/// A pattern with its text evaluated.
enum Pattern<'a> {
    Text(Compare, Vec<u8>),
    Regex(&'a regex::bytes::Regex),
}

impl<'a> Pattern<'a> {
    /// Names are compared without regard to case, and so in lower case.
    fn of(m: &'a HeaderMatch, ask: &dyn Evaluate, heard: &Heard<'_>, is_name: bool) -> Self {
        let (how, format): (Compare, _) = match m {
            HeaderMatch::Str(f) => (|got, want| got == want, f),
            HeaderMatch::Beg(f) => (|got, want| got.starts_with(want), f),
            HeaderMatch::End(f) => (|got, want| got.ends_with(want), f),
            HeaderMatch::Sub(f) => (|got, want| memchr::memmem::find(got, want).is_some(), f),
            HeaderMatch::Reg(r) => return Self::Regex(&r.0),
        };
        let mut text = ask.text(format, Some(heard));
        if is_name {
            text.make_ascii_lowercase();
        }
        Self::Text(how, text)
    }

    fn is_in(&self, got: &[u8]) -> bool {
        match self {
            Self::Text(how, want) => how(got, want),
            Self::Regex(r) => r.is_match(got),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_comes_in_pairs() {
        assert_eq!(unhex(b"00fF"), Some(vec![0, 255]));
        assert_eq!(unhex(b"0"), None);
        assert_eq!(unhex(b"6g"), None);
    }
}
