//! The last message of each proxy that was none, kept for `show errors` (management guide 9.3).
//!
//! What is kept is what an operator needs to see why: the bytes as they came, and the first of them that cannot be.

use std::fmt::Write as _;

/// A message that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// Microseconds since 1970.
    pub when: i64,
    /// Events of the process are numbered from 0.
    pub event: u64,
    pub direction: Direction,
    /// The proxy on the other side: where a request would have gone, or a response.
    pub other: Option<Known>,
    pub server: Option<Known>,
    /// `address:port`, or what a client without one is called.
    pub client: String,
    pub bytes: Vec<u8>,
    /// Offset of the byte that cannot be.
    pub at: usize,
    pub part: Part,
    /// `tune.bufsize`
    pub room: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Request,
    Response,
}

impl Direction {
    pub fn word(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Response => "response",
        }
    }
}

/// A name with its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub name: String,
    pub id: u32,
}

/// What was being read: the original's names and numbers of a parser's states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part(pub &'static str, pub u8);

const BEFORE_REQUEST: Part = Part("MSG_RQBEFORE", 0);
const BEFORE_REQUEST_CR: Part = Part("MSG_RQBEFORE_CR", 1);
const METHOD: Part = Part("MSG_RQMETH", 2);
const TARGET: Part = Part("MSG_RQURI", 4);
const REQUEST_VERSION: Part = Part("MSG_RQVER", 6);
const REQUEST_LINE_END: Part = Part("MSG_RQLINE_END", 7);
const RESPONSE_VERSION: Part = Part("MSG_RPVER", 10);
const STATUS: Part = Part("MSG_RPCODE", 12);
const RESPONSE_LINE_END: Part = Part("MSG_RPLINE_END", 15);
const NAME: Part = Part("MSG_HDR_NAME", 17);
const VALUE: Part = Part("MSG_HDR_VAL", 22);
const VALUE_END: Part = Part("MSG_HDR_L2_LF", 23);
const WHOLE_VALUE: Part = Part("MSG_HDR_L2_LWS", 24);
const LAST_LINE: Part = Part("MSG_LAST_LF", 25);
/// A start line that ends too early is found wrong only as a whole.
const WHOLE_HEAD: Part = Part("MSG_DATA", 27);
/// The size of a chunk.
pub const CHUNK: Part = Part("MSG_CHUNK_SIZE", 26);

/// The part of a head that the byte at `at` stands in.
pub fn part(bytes: &[u8], at: usize, direction: Direction) -> Part {
    if at >= bytes.len() {
        return VALUE;
    }
    let start = bytes.iter().position(|b| !matches!(b, b'\r' | b'\n')).unwrap_or(bytes.len());
    if direction == Direction::Request && at <= start {
        return if at > 0 && bytes[at - 1] == b'\r' { BEFORE_REQUEST_CR } else { BEFORE_REQUEST };
    }
    let line = bytes[..at].iter().rposition(|b| *b == b'\n').map_or(0, |n| n + 1);
    let before = &bytes[line..at];
    let after_cr = before.last() == Some(&b'\r');
    if line > start {
        return match (after_cr, before.contains(&b':')) {
            (true, true) => VALUE_END,
            (true, false) => LAST_LINE,
            (false, true) => VALUE,
            (false, false) => NAME,
        };
    }
    if matches!(bytes[at], b'\r' | b'\n') && !after_cr {
        return WHOLE_HEAD;
    }
    let words = before.split(|b| *b == b' ').count() - 1;
    match (direction, words, after_cr) {
        (Direction::Request, _, true) => REQUEST_LINE_END,
        (Direction::Response, _, true) => RESPONSE_LINE_END,
        (Direction::Request, 0, _) => METHOD,
        (Direction::Request, 1, _) => TARGET,
        (Direction::Request, ..) => REQUEST_VERSION,
        (Direction::Response, 0, _) => RESPONSE_VERSION,
        (Direction::Response, ..) => STATUS,
    }
}

/// Where a head is to blame that reads well and contradicts itself: the value of the last field that says how long the
/// body is, or whom it is for.
pub fn contradiction(bytes: &[u8]) -> (usize, Part) {
    let value_of = |wanted: &[u8]| {
        let mut at = 0;
        let mut found = None;
        for line in bytes.split_inclusive(|b| *b == b'\n') {
            if let Some(colon) = line.iter().position(|b| *b == b':')
                && line[..colon].eq_ignore_ascii_case(wanted)
            {
                let blanks = line[colon + 1..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
                found = Some(at + colon + 1 + blanks);
            }
            at += line.len();
        }
        found
    };
    if value_of(b"transfer-encoding").is_some() {
        return (bytes.len(), VALUE);
    }
    let at = value_of(b"content-length").or_else(|| value_of(b"host"));
    at.map_or((0, BEFORE_REQUEST), |at| (at, WHOLE_VALUE))
}

/// Longest line of the dump, without its offset.
const WIDTH: usize = 70;

impl Invalid {
    /// The whole entry; `proxy` is the one that it happened to, `date` its moment.
    pub fn text(&self, proxy: &Known, date: &str) -> String {
        let (side, other_side) = match self.direction {
            Direction::Request => ("frontend", "backend"),
            Direction::Response => ("backend", "frontend"),
        };
        let known = |k: &Option<Known>| match k {
            Some(k) => format!("{} (#{})", k.name, k.id),
            None => "<NONE> (#-1)".to_owned(),
        };
        let Part(state, number) = self.part;
        let mut out = format!(
            " \n[{date}] {side} {} (#{}): invalid {}
  {other_side} {}, server {}, event #{}, src {}
  buffer starts at 0 (including 0 out), {} free,
  len {}, wraps at {}, error at position {}
  H1 connection flags 0x00000000, H1 stream flags 0x00000000
  H1 msg state {state}({number}), H1 msg flags 0x00000000
  H1 chunk len 0 bytes, H1 body len 0 bytes :\n  \n",
            proxy.name,
            proxy.id,
            self.direction.word(),
            known(&self.other),
            known(&self.server),
            self.event,
            self.client,
            self.room.saturating_sub(self.bytes.len()),
            self.bytes.len(),
            self.room,
            self.at,
        );
        dump(&self.bytes, &mut out);
        out
    }
}

/// Bytes as text, a line of the message a line; those that go on are marked with a plus behind their offset.
fn dump(bytes: &[u8], out: &mut String) {
    let mut at = 0;
    let mut goes_on = false;
    while at < bytes.len() {
        let _ = write!(out, "  {at:05}{} ", if goes_on { '+' } else { ' ' });
        let begin = out.len();
        goes_on = true;
        while let Some(&b) = bytes.get(at) {
            let shown = shown(b);
            if out.len() - begin + shown.len() > WIDTH {
                break;
            }
            out.push_str(&shown);
            at += 1;
            if b == b'\n' {
                goes_on = false;
                break;
            }
        }
        out.push('\n');
    }
}

fn shown(b: u8) -> String {
    match b {
        b'\n' => "\\n".to_owned(),
        b'\r' => "\\r".to_owned(),
        b'\t' => "\\t".to_owned(),
        0x1b => "\\e".to_owned(),
        b'\\' => "\\\\".to_owned(),
        b' '..=b'~' => char::from(b).to_string(),
        b => format!("\\x{b:02X}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_shown_as_lines_of_seventy() {
        let mut out = String::new();
        dump(&[b"Z: ".as_slice(), &[b'c'; 66], b"\r\n\x80\x1b\\"].concat(), &mut out);
        let c = "c".repeat(66);
        assert_eq!(out, format!("  00000  Z: {c}\n  00069+ \\r\\n\n  00071  \\x80\\e\\\\\n"));
    }

    #[test]
    fn the_part_is_told_by_the_bytes_in_front() {
        let of = |text: &str, at| part(text.as_bytes(), at, Direction::Request).0;
        assert_eq!(of("G\u{1}T / HTTP/1.1\r\n\r\n", 1), "MSG_RQMETH");
        assert_eq!(of(" GET / HTTP/1.1\r\n\r\n", 0), "MSG_RQBEFORE");
        assert_eq!(of("\rGET / HTTP/1.1\r\n\r\n", 1), "MSG_RQBEFORE_CR");
        assert_eq!(of("GET /\u{1} HTTP/1.1\r\n\r\n", 5), "MSG_RQURI");
        assert_eq!(of("GET / HTTP/1.1 \r\n\r\n", 14), "MSG_RQVER");
        assert_eq!(of("GET / HTTP/1.1\rX\r\n\r\n", 15), "MSG_RQLINE_END");
        assert_eq!(of("GET\r\n\r\n", 3), "MSG_DATA");
        assert_eq!(of("GET / HTTP/1.1\r\nX : x\r\n\r\n", 17), "MSG_HDR_NAME");
        assert_eq!(of("GET / HTTP/1.1\r\nX: a\rb\r\n\r\n", 21), "MSG_HDR_L2_LF");
        assert_eq!(of("GET / HTTP/1.1\r\nX: a\r\n\rY\r\n\r\n", 23), "MSG_LAST_LF");
        let response = part(b"HTTP/1.1 2x0 OK\r\n", 10, Direction::Response);
        assert_eq!(response, Part("MSG_RPCODE", 12));
    }

    #[test]
    fn a_second_length_is_to_blame_for_a_contradiction() {
        let head = b"GET / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n";
        assert_eq!(contradiction(head), (51, Part("MSG_HDR_L2_LWS", 24)));
    }
}
