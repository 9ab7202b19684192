//! `DNS_CHECK`: a query (RFC 1035 section 4.1), and of an answer no more than its first half of a header.
//!
//! ```text
//!   0  1  2  3  4  5  6  7  8  9 10 11 12 13 14 15
//! +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
//! |                      ID                       |
//! |QR|   Opcode  |AA|TC|RD|RA|   Z    |   RCODE   |
//! ```
//!
//! A crate for whole messages would refuse answers that the original takes; what is needed of the format is here.

use super::outcome::Failure;

/// Recursion is desired.
const RD: u16 = 0x0100;
const QR: u16 = 0x8000;
const RCODE: u16 = 0x000f;
/// Class IN.
const INTERNET: u16 = 1;
/// What must have come of an answer.
const SHORTEST: usize = 8;

/// The query for a name. `id` tells its answer from others.
#[must_use]
pub fn query(id: u16, name: &str, kind: u16) -> Vec<u8> {
    let mut out = Vec::with_capacity(18 + name.len());
    for word in [id, RD, 1, 0, 0, 0] {
        out.extend_from_slice(&word.to_be_bytes());
    }
    for label in name.split('.').filter(|label| !label.is_empty()) {
        // Longer ones are not names (RFC 1035 section 2.3.4), and were refused with the configuration.
        let label = &label.as_bytes()[..label.len().min(63)];
        out.push(u8::try_from(label.len()).unwrap_or(63));
        out.extend_from_slice(label);
    }
    out.push(0);
    for word in [kind, INTERNET] {
        out.extend_from_slice(&word.to_be_bytes());
    }
    out
}

/// What a datagram says about a query. `None`: it is no answer to it.
#[must_use]
pub fn judge(id: u16, datagram: &[u8]) -> Option<Result<(), Failure>> {
    let word = |at: usize| Some(u16::from_be_bytes([*datagram.get(at)?, *datagram.get(at + 1)?]));
    if datagram.len() < SHORTEST || word(0)? != id {
        return None;
    }
    let flags = word(2)?;
    if flags & QR == 0 {
        return None;
    }
    match u8::try_from(flags & RCODE).unwrap_or(0) {
        0 => Some(Ok(())),
        code => Some(Err(Failure::Rcode(code))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_the_originals() {
        let header = b"\xe7r\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00";
        let www = [&header[..], b"\x03www\x07example\x03com\x00\x00\x01\x00\x01"].concat();
        assert_eq!(query(0xe772, "www.example.com", 1), www);
        assert_eq!(query(0xe772, "www.example.com.", 1), www);
        assert_eq!(query(0xe772, ".", 6), [&header[..], b"\x00\x00\x06\x00\x01"].concat());
    }

    #[test]
    fn only_the_header_of_an_answer_counts() {
        assert_eq!(judge(0x0102, b"\x01\x02\x80\x00\x00\x01\x00\x00"), Some(Ok(())));
        assert_eq!(judge(0x0102, b"\x01\x02\x81\x83\x00\x01\x00\x00zzzz"), Some(Err(Failure::Rcode(3))));
    }

    #[test]
    fn what_is_no_answer_to_the_query_is_passed_over() {
        let others: [&[u8]; 4] = [
            b"",
            b"\x01\x02\x80\x00\x00\x01\x00",
            b"\x01\x03\x80\x00\x00\x01\x00\x00",
            b"\x01\x02\x00\x00\x00\x01\x00\x00",
        ];
        for other in others {
            assert_eq!(judge(0x0102, other), None, "{other:?}");
        }
    }
}
