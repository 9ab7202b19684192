//! What the next hop is told about version and connection, as HAProxy 2.6 tells it.
//!
//! A 1.1 peer is told only that the connection closes, a 1.0 peer only that it stays; a response keeps its own version
//! and persistence is said in the words that the pair of versions needs.

use super::framing::{Body, Framing};
use crate::http::Message;

/// What happens to a connection after this message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum After {
    Close,
    Keep,
}

const CLOSE: &[u8] = b"connection: close\r\n";
const KEEP: &[u8] = b"connection: keep-alive\r\n";

/// Versions above 1.1 are spoken as 1.1; what is older stays.
fn spoken(m: &mut Message, framing: &Framing) {
    if framing.is_11 {
        m.set_version(b"HTTP/1.1");
    }
}

/// Appends a request's head to `out`, with the word that the server needs.
pub fn request(m: &mut Message, framing: &Framing, after: After, out: &mut Vec<u8>) {
    spoken(m, framing);
    let word: &[u8] = match (after, framing.is_11) {
        (After::Close, true) => CLOSE,
        (After::Keep, false) if !framing.forced_close => KEEP,
        _ => b"",
    };
    head(m, word, out);
}

/// Appends a response's head to `out`. `client` is the framing of the request that it answers.
pub fn response(m: &mut Message, framing: &Framing, client: &Framing, after: After, out: &mut Vec<u8>) {
    spoken(m, framing);
    let word: &[u8] = match after {
        _ if framing.upgrade || (100..200).contains(&m.status()) => b"",
        After::Close if framing.is_11 => CLOSE,
        After::Keep if !framing.is_11 || !client.is_11 => KEEP,
        _ => b"",
    };
    head(m, word, out);
}

fn head(m: &Message, word: &[u8], out: &mut Vec<u8>) {
    m.write_to(out);
    if !word.is_empty() {
        out.truncate(out.len() - 2);
        out.extend_from_slice(word);
        out.extend_from_slice(b"\r\n");
    }
}

/// Whether the client's connection can take another request after this response.
pub fn client_after(client: &Framing, response: &Framing) -> After {
    // A client that takes HTTP/1.0 at its word sees no chunks, and waits for the end of the connection.
    let is_hidden = response.body == Body::Chunked && !response.is_11;
    let ends_by_itself = response.body != Body::UntilClose && !response.upgrade && !is_hidden;
    if ends_by_itself && client.is_persistent() { After::Keep } else { After::Close }
}

/// Appends the size line of a chunk.
pub fn chunk_size(len: usize, out: &mut Vec<u8>) {
    let digits = (usize::BITS - len.leading_zeros()).div_ceil(4).max(1);
    for i in (0..digits).rev() {
        out.push(b"0123456789abcdef"[(len >> (4 * i)) & 15]);
    }
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(n: usize) -> String {
        let mut out = Vec::new();
        chunk_size(n, &mut out);
        String::from_utf8(out).expect("hex")
    }

    #[test]
    fn chunk_sizes_have_no_leading_zero() {
        assert_eq!(
            (hex(0), hex(10), hex(16), hex(0x1f40)),
            ("0\r\n".into(), "a\r\n".into(), "10\r\n".into(), "1f40\r\n".into())
        );
    }

    fn told(version: &[u8], client_11: bool, after: After) -> String {
        let mut m = Message::response(version, 200, b"OK");
        let f = Framing { is_11: version != b"HTTP/1.0", ..Framing::default() };
        let mut out = Vec::new();
        response(&mut m, &f, &Framing { is_11: client_11, ..f }, after, &mut out);
        String::from_utf8(out).expect("ASCII")
    }

    #[test]
    fn responses_say_what_their_version_and_the_clients_need() {
        assert_eq!(told(b"HTTP/1.1", true, After::Keep), "HTTP/1.1 200 OK\r\n\r\n");
        assert_eq!(told(b"HTTP/1.1", true, After::Close), "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n");
        assert_eq!(told(b"HTTP/1.1", false, After::Keep), "HTTP/1.1 200 OK\r\nconnection: keep-alive\r\n\r\n");
        assert_eq!(told(b"HTTP/1.0", true, After::Keep), "HTTP/1.0 200 OK\r\nconnection: keep-alive\r\n\r\n");
        assert_eq!(told(b"HTTP/1.0", true, After::Close), "HTTP/1.0 200 OK\r\n\r\n");
    }
}
