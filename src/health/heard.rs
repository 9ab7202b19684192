//! What has come from the server so far, read as the check's dialect reads it.

use std::borrow::Cow;

use crate::http::Message;
use crate::http::h1::body::{Decoder, Event};
use crate::http::h1::framing;
use crate::http::h1::head::{self, Limits, Parsed};

/// An answer, or its beginning.
pub struct Heard<'a> {
    /// The head of an HTTP response.
    pub response: Option<Message>,
    /// The response's body out of its chunks, or everything that came where there is no response.
    pub data: Cow<'a, [u8]>,
    /// Nothing more will come.
    pub complete: bool,
}

/// Why there is no response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoResponse {
    /// Its head has not come as a whole.
    Partial,
    Malformed,
}

impl<'a> Heard<'a> {
    /// Bytes without a meaning.
    pub fn raw(received: &'a [u8], ended: bool) -> Self {
        Self { response: None, data: Cow::Borrowed(received), complete: ended }
    }

    /// An HTTP response.
    ///
    /// # Errors
    /// The head is not there yet, or is none.
    pub fn http(received: &'a [u8], ended: bool) -> Result<Self, NoResponse> {
        let mut m = Message::new();
        let limits = Limits { lenient: true, ..Limits::default() };
        let head = match head::response(received, &mut m, limits) {
            Ok(Parsed::Complete(n)) => n,
            Ok(Parsed::Partial) => return Err(NoResponse::Partial),
            Err(_) => return Err(NoResponse::Malformed),
        };
        let framing = framing::response(&mut m, false).map_err(|_| NoResponse::Malformed)?;
        let mut decoder = Decoder::new(framing.body);
        let (data, done) = match framing.body {
            framing::Body::Chunked => unchunked(&mut decoder, &received[head..], limits),
            framing::Body::Length(n) => {
                let rest = &received[head..];
                let n = usize::try_from(n).unwrap_or(usize::MAX);
                (Cow::Borrowed(&rest[..n.min(rest.len())]), rest.len() >= n)
            }
            framing::Body::None => (Cow::Borrowed(&[][..]), true),
            framing::Body::UntilClose => (Cow::Borrowed(&received[head..]), false),
        };
        Ok(Self { response: Some(m), data, complete: done || ended })
    }
}

/// The data of a chunked body as far as it goes, and whether that is all; what is no chunk ends it.
fn unchunked<'a>(decoder: &mut Decoder, mut rest: &[u8], limits: Limits) -> (Cow<'a, [u8]>, bool) {
    let mut data = Vec::new();
    let mut trailers = Message::new();
    loop {
        match decoder.next(rest, &mut trailers, limits) {
            Ok(Event::Data { skip, len }) => {
                data.extend_from_slice(&rest[skip..skip + len]);
                rest = &rest[skip + len..];
            }
            Ok(Event::More { .. }) => return (Cow::Owned(data), false),
            Ok(Event::End { .. }) | Err(_) => return (Cow::Owned(data), true),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunked_body_is_read_out_of_its_chunks() {
        let heard = Heard::http(
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n6\r\nhello \r\n5\r\nworld\r\n0\r\n\r\n",
            false,
        );
        let heard = heard.unwrap_or_else(|e| panic!("{e:?}"));
        assert_eq!((&*heard.data, heard.complete), (&b"hello world"[..], true));
    }

    #[test]
    fn a_counted_body_is_complete_at_its_length() {
        let part = Heard::http(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhel", false);
        assert!(part.is_ok_and(|h| !h.complete && &*h.data == b"hel"));
        assert!(matches!(Heard::http(b"HTTP/1.1 20", false), Err(NoResponse::Partial)));
        assert!(matches!(Heard::http(b"SSH-2.0-OpenSSH\r\n", false), Err(NoResponse::Malformed)));
    }

    proptest::proptest! {
        #[test]
        fn no_answer_panics(bytes in proptest::collection::vec(0u8..=255, 0..128)) {
            let _ = Heard::http(&bytes, true);
            let chunked = [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", &bytes[..]].concat();
            let _ = Heard::http(&chunked, true);
        }
    }
}
