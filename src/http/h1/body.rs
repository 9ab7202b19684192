//! Finds the end of a body in the bytes that come: counted, chunked, or until the connection closes.
//!
//! A chunked body is taken out of its chunks and put into new ones (extensions and odd line ends stay behind), so the
//! decoder hands out runs of data; [`Event::End`] carries the trailers.

use super::framing::Body;
use super::head::{self, Limits, Parsed};
use crate::http::Message;

/// ```text
///           size line              data run out
///  Size ───────────────▶ Data ───────────────────▶ DataEnd ──CR LF──▶ Size
///    └── size 0 ──▶ Trailers ──empty line──▶ Done
///  Counted(n) ──▶ Done at n = 0            Endless: only the caller knows the end
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decoder {
    Counted(u64),
    Endless,
    Size,
    Data(u64),
    DataEnd,
    Trailers,
    Done,
}

/// What the next bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// `skip` bytes of framing, then `len` bytes of data.
    Data { skip: usize, len: usize },
    /// `skip` bytes of framing; nothing more to say before more bytes come.
    More { skip: usize },
    /// The body ended after `skip` bytes of framing. Trailers, if any, are in the message given.
    End { skip: usize },
}

/// A chunk that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadChunk;

/// Most digits of a size: 2^53 bytes are enough for anybody, and no overflow is left to think of.
const SIZE_DIGITS: usize = 13;

impl Decoder {
    pub fn new(body: Body) -> Self {
        match body {
            Body::None | Body::Length(0) => Self::Done,
            Body::Length(n) => Self::Counted(n),
            Body::Chunked => Self::Size,
            Body::UntilClose => Self::Endless,
        }
    }

    pub fn is_done(&self) -> bool {
        *self == Self::Done
    }

    /// The bytes still to come, when known.
    pub fn remaining(&self) -> Option<u64> {
        match *self {
            Self::Counted(n) => Some(n),
            Self::Done => Some(0),
            _ => None,
        }
    }

    /// Looks at the bytes that came. The caller takes away what the event covers before it asks again.
    ///
    /// # Errors
    /// The chunk's size line or end is not one, or a trailer is no field.
    pub fn next(&mut self, buf: &[u8], trailers: &mut Message, limits: Limits) -> Result<Event, BadChunk> {
        let mut skip = 0;
        loop {
            match *self {
                Self::Done => return Ok(Event::End { skip }),
                Self::Endless if buf.is_empty() => return Ok(Event::More { skip }),
                Self::Endless => return Ok(Event::Data { skip, len: buf.len() }),
                Self::Counted(n) | Self::Data(n) => {
                    let rest = buf.len() - skip;
                    if rest == 0 {
                        return Ok(Event::More { skip });
                    }
                    let len = rest.min(usize::try_from(n).unwrap_or(usize::MAX));
                    *self = match (*self, n - len as u64) {
                        (Self::Counted(_), 0) => Self::Done,
                        (Self::Counted(_), left) => Self::Counted(left),
                        (_, 0) => Self::DataEnd,
                        (_, left) => Self::Data(left),
                    };
                    return Ok(Event::Data { skip, len });
                }
                Self::Size => match size_line(&buf[skip..])? {
                    None => return Ok(Event::More { skip }),
                    Some((n, line)) => {
                        skip += line;
                        *self = if n == 0 { Self::Trailers } else { Self::Data(n) };
                    }
                },
                Self::DataEnd => match line_end(&buf[skip..])? {
                    None => return Ok(Event::More { skip }),
                    Some(n) => {
                        skip += n;
                        *self = Self::Size;
                    }
                },
                Self::Trailers => match head::trailers(&buf[skip..], trailers, limits).map_err(|_| BadChunk)? {
                    Parsed::Partial => return Ok(Event::More { skip }),
                    Parsed::Complete(n) => {
                        if trailers.headers().any(|(name, _)| FORBIDDEN.contains(&name)) {
                            return Err(BadChunk);
                        }
                        skip += n;
                        *self = Self::Done;
                    }
                },
            }
        }
    }
}

/// Fields that would change the framing or the routing of the message were they headers (RFC 9110 section 6.5.1).
const FORBIDDEN: [&[u8]; 4] = [b"host", b"content-length", b"transfer-encoding", b"connection"];

/// `CR LF` or `LF` behind a chunk's data.
fn line_end(buf: &[u8]) -> Result<Option<usize>, BadChunk> {
    match buf {
        [b'\n', ..] => Ok(Some(1)),
        [b'\r', b'\n', ..] => Ok(Some(2)),
        [] | [b'\r'] => Ok(None),
        _ => Err(BadChunk),
    }
}

/// A size with its line end: the number, and how many bytes the line has.
fn size_line(buf: &[u8]) -> Result<Option<(u64, usize)>, BadChunk> {
    let mut n: u64 = 0;
    let mut i = 0;
    while let Some(digit) = buf.get(i).and_then(|&b| char::from(b).to_digit(16)) {
        n = n << 4 | u64::from(digit);
        i += 1;
        if n >> (4 * SIZE_DIGITS) != 0 {
            return Err(BadChunk);
        }
    }
    if i == 0 {
        return if buf.is_empty() { Ok(None) } else { Err(BadChunk) };
    }
    while matches!(buf.get(i), Some(b' ' | b'\t')) {
        i += 1;
    }
    match buf.get(i) {
        None => Ok(None),
        Some(b'\r' | b'\n') => Ok(line_end(&buf[i..])?.map(|end| (n, i + end))),
        Some(b';') => {
            let Some(end) = memchr::memchr2(b'\r', b'\n', &buf[i..]) else {
                return if buf.len() > 4096 { Err(BadChunk) } else { Ok(None) };
            };
            Ok(line_end(&buf[i + end..])?.map(|e| (n, i + end + e)))
        }
        Some(_) => Err(BadChunk),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds `wire` in pieces of `step` bytes; the data and the trailers' count.
    fn decode(wire: &[u8], step: usize) -> Result<(Vec<u8>, usize, usize), BadChunk> {
        let (mut d, mut t) = (Decoder::new(Body::Chunked), Message::new());
        let (mut buf, mut data, mut fed) = (Vec::new(), Vec::new(), 0);
        loop {
            match d.next(&buf, &mut t, Limits::default())? {
                Event::Data { skip, len } => {
                    data.extend_from_slice(&buf[skip..skip + len]);
                    buf.drain(..skip + len);
                }
                Event::More { skip } => {
                    buf.drain(..skip);
                    if fed == wire.len() {
                        return Ok((data, usize::MAX, 0));
                    }
                    let n = step.min(wire.len() - fed);
                    buf.extend_from_slice(&wire[fed..fed + n]);
                    fed += n;
                }
                Event::End { skip } => return Ok((data, t.len(), buf.len() - skip + wire.len() - fed)),
            }
        }
    }

    #[test]
    fn chunks_are_joined_however_they_are_cut() {
        for step in [1, 2, 3, 7, 1000] {
            let got = decode(b"3;ext=1\r\nabc\r\n02 \nde\n0\r\nX-T: 1\r\n\r\nrest", step);
            assert_eq!(got, Ok((b"abcde".to_vec(), 1, 4)), "{step}");
        }
    }

    #[test]
    fn what_is_no_chunk_is_refused() {
        for wire in [
            &b" 3\r\nabc"[..],
            b"xyz\r\n",
            b"3\r\nabcd\r\n",
            b"fffffffffffffffff\r\n",
            b"3x\r\n",
            b"0\r\nbad\r\n\r\n",
            b"0\r\nHost: b\r\n\r\n",
            b"3\r\r\n",
        ] {
            assert_eq!(decode(wire, 1000), Err(BadChunk), "{wire:?}");
        }
    }

    #[test]
    fn counted_body_ends_at_its_count() {
        let (mut d, mut t) = (Decoder::new(Body::Length(5)), Message::new());
        assert_eq!(d.next(b"abc", &mut t, Limits::default()), Ok(Event::Data { skip: 0, len: 3 }));
        assert_eq!(d.next(b"defgh", &mut t, Limits::default()), Ok(Event::Data { skip: 0, len: 2 }));
        assert!(d.is_done());
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(0u8..=255, 0..200), step in 1usize..20) {
            let _ = decode(&bytes, step);
        }
    }
}
