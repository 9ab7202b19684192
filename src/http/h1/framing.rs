//! What a parsed head says about its body, its connection and its host (RFC 9112 sections 6, 9 and 3.2), with
//! HAProxy 2.6's verdicts on ambiguous messages.
//!
//! The pass also makes the message unambiguous: repeated equal lengths become one, a length beside `chunked` goes, the
//! words `close` and `keep-alive` leave `Connection` (the next hop gets its own), equal `Host` fields become one, and an
//! absolute target loses the port that its scheme implies.

use crate::http::Message;
use crate::http::{uri, values};

/// Where a body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Body {
    #[default]
    None,
    /// So many bytes; 0 means that an empty body was announced.
    Length(u64),
    Chunked,
    /// At the end of the connection (responses only).
    UntilClose,
}

/// What the fields say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Framing {
    pub body: Body,
    /// HTTP/1.1 or later.
    pub is_11: bool,
    /// `Connection: close`
    pub close: bool,
    /// `Connection: keep-alive`
    pub keep_alive: bool,
    /// `Connection: upgrade` with an `Upgrade` field, or a 101 that answers it.
    pub upgrade: bool,
    /// `Upgrade: websocket`
    pub websocket: bool,
    /// The framing could be read in two ways: the connection must not be used again.
    pub forced_close: bool,
    /// `Expect: 100-continue`
    pub expects_continue: bool,
}

impl Framing {
    /// Whether the sender would take another message on this connection.
    pub fn is_persistent(&self) -> bool {
        !self.forced_close && !self.close && (self.is_11 || self.keep_alive)
    }
}

/// The message cannot be forwarded; the status says what a client is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused(pub u16);

const BAD: Refused = Refused(400);

/// Reads a request's fields.
///
/// # Errors
/// 400 for contradictions, 422 for a transfer coding that is unknown.
pub fn request(m: &mut Message) -> Result<Framing, Refused> {
    let mut f = fields(m)?;
    if f.coding == Coding::Other {
        return Err(BAD);
    }
    f.framing.body = match (f.coding, f.length) {
        (Coding::Chunked, _) => Body::Chunked,
        (_, Some(n)) => Body::Length(n),
        _ => Body::None,
    };
    host(m)?;
    if f.framing.upgrade && f.framing.websocket && m.get(b"sec-websocket-key").is_none() {
        return Err(BAD);
    }
    Ok(f.framing)
}

/// Reads a response's fields; `head` says that it answers a HEAD request.
///
/// # Errors
/// 502 for contradictions.
pub fn response(m: &mut Message, head: bool) -> Result<Framing, Refused> {
    let f = fields(m).map_err(|_| Refused(502))?;
    let mut framing = f.framing;
    if f.coding == Coding::Other {
        return Err(Refused(502));
    }
    let status = m.status();
    framing.upgrade = status == 101;
    framing.body = if head || status < 200 || status == 204 || status == 304 {
        Body::None
    } else {
        match (f.coding, f.length) {
            (Coding::Chunked, _) => Body::Chunked,
            (Coding::None, Some(n)) => Body::Length(n),
            _ => Body::UntilClose,
        }
    };
    Ok(framing)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    None,
    Chunked,
    /// Something else is the last coding.
    Other,
}

struct Found {
    framing: Framing,
    length: Option<u64>,
    coding: Coding,
}

fn fields(m: &mut Message) -> Result<Found, Refused> {
    let is_11 = matches!(m.version(), [.., major, b'.', minor] if (*major, *minor) >= (b'1', b'1'));
    let mut found = Found { framing: Framing { is_11, ..Framing::default() }, length: None, coding: Coding::None };
    let mut i = 0;
    let (mut upgrade_field, mut upgrade_word) = (false, false);
    while i < m.len() {
        let (name, value) = m.header(i);
        match name {
            b"content-length" => {
                let n = length(value).ok_or(BAD)?;
                match found.length {
                    Some(before) if before != n => return Err(BAD),
                    Some(_) => {
                        m.remove_at(i);
                        continue;
                    }
                    None if value.contains(&b',') => m.replace_value(i, n.to_string().as_bytes()),
                    None => {}
                }
                found.length = Some(n);
            }
            b"transfer-encoding" => transfer_encoding(value, &mut found.coding)?,
            b"connection" => {
                let rest = connection(value, &mut found.framing, &mut upgrade_word);
                match rest {
                    Kept::All => {}
                    Kept::None => {
                        m.remove_at(i);
                        continue;
                    }
                    Kept::Some(v) => m.replace_value(i, &v),
                }
            }
            b"upgrade" => {
                upgrade_field = true;
                found.framing.websocket |= values::contains(value, b"websocket");
            }
            b"expect" => found.framing.expects_continue |= value.eq_ignore_ascii_case(b"100-continue"),
            b"te" => {
                if value != b"trailers" && values::elements(value).any(|e| e.eq_ignore_ascii_case(b"trailers")) {
                    m.replace_value(i, b"trailers");
                } else if value != b"trailers" {
                    m.remove_at(i);
                    continue;
                }
            }
            _ => {}
        }
        i += 1;
    }
    found.framing.upgrade = upgrade_field && upgrade_word;
    if found.coding != Coding::None {
        if found.length.take().is_some() {
            m.remove(b"content-length");
            found.framing.forced_close = true;
        }
        found.framing.forced_close |= !is_11;
    }
    Ok(found)
}

/// One decimal number, or equal ones between commas.
fn length(value: &[u8]) -> Option<u64> {
    let mut all = value.split(|&b| b == b',').map(|v| number(values::trim(v)));
    let first = all.next()??;
    all.all(|n| n == Some(first)).then_some(first)
}

fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u64, |n, &b| {
        if !b.is_ascii_digit() {
            return None;
        }
        n.checked_mul(10)?.checked_add(u64::from(b - b'0')).filter(|&n| n <= i64::MAX as u64)
    })
}

/// `chunked` must come last and once. Another coding before it is one that we would have to undo for the next hop's
/// sake, which is refused as unprocessable.
fn transfer_encoding(value: &[u8], coding: &mut Coding) -> Result<(), Refused> {
    let mut other = *coding == Coding::Other; // several fields are one list
    for e in values::elements(value) {
        match *coding {
            Coding::Chunked if e.is_empty() => other = true,
            Coding::Chunked => return Err(BAD),
            _ if e.eq_ignore_ascii_case(b"chunked") => *coding = Coding::Chunked,
            _ => {
                other = true;
                *coding = Coding::Other;
            }
        }
    }
    if other && *coding == Coding::Chunked { Err(Refused(422)) } else { Ok(()) }
}

enum Kept {
    All,
    None,
    Some(Vec<u8>),
}

fn connection(value: &[u8], f: &mut Framing, upgrade: &mut bool) -> Kept {
    // The usual values are one word.
    if value.eq_ignore_ascii_case(b"keep-alive") {
        f.keep_alive = true;
        return Kept::None;
    }
    if value.eq_ignore_ascii_case(b"close") {
        f.close = true;
        return Kept::None;
    }
    let mut kept: Vec<&[u8]> = Vec::new();
    let mut dropped = false;
    for e in values::elements(value) {
        if e.eq_ignore_ascii_case(b"close") {
            f.close = true;
            dropped = true;
        } else if e.eq_ignore_ascii_case(b"keep-alive") {
            f.keep_alive = true;
            dropped = true;
        } else {
            *upgrade |= e.eq_ignore_ascii_case(b"upgrade");
            kept.push(e);
        }
    }
    match (dropped, kept.is_empty()) {
        (false, _) => Kept::All,
        (true, true) => Kept::None,
        (true, false) => Kept::Some(kept.join(&b", "[..])),
    }
}

/// One host, which is that of an absolute target (RFC 9110 section 7.2).
fn host(m: &mut Message) -> Result<(), Refused> {
    let first = m.find(b"host", 0);
    if let Some(first) = first {
        let mut next = m.find(b"host", first + 1);
        while let Some(i) = next {
            if !m.header(i).1.eq_ignore_ascii_case(m.header(first).1) {
                return Err(BAD);
            }
            m.remove_at(i);
            next = m.find(b"host", i);
        }
    }
    let form = uri::form(m.uri());
    let is_connect = m.method() == b"CONNECT";
    match form {
        uri::Form::Origin if is_connect => return Err(BAD),
        uri::Form::Origin | uri::Form::Asterisk => return Ok(()),
        uri::Form::Authority if !is_connect => return if m.uri().starts_with(b"?") { Err(BAD) } else { Ok(()) },
        _ => {}
    }
    let authority = uri::authority(m.uri()).to_vec();
    let bare = uri::without_userinfo(&authority);
    if is_connect && !matches!(uri::host_and_port(bare).1, Some(p) if !p.is_empty() && p.iter().all(u8::is_ascii_digit))
    {
        return Err(BAD);
    }
    let implied: &[&[u8]] = match uri::scheme(m.uri()) {
        s if s.eq_ignore_ascii_case(b"https") => &[b"443", b""],
        s if s.eq_ignore_ascii_case(b"http") => &[b"80", b""],
        _ if is_connect => &[b"80", b"443"],
        _ => return Ok(()),
    };
    let (name, port) = uri::host_and_port(bare);
    let name = name.to_vec();
    // Only a target that writes its default port out is taken to be normalized, and its `Host` with it.
    let default = port.filter(|p| implied.contains(p));
    if let Some(i) = first {
        normalize_host(m, i, &name, port.map(<[u8]>::to_vec), default.is_some(), implied)?;
    }
    if let Some(port) = default
        && !is_connect
    {
        let uri = m.uri();
        let end = uri::scheme(uri).len() + 3 + authority.len();
        let new = [&uri[..end - port.len() - 1], &uri[end..]].concat();
        m.set_uri(&new);
    }
    Ok(())
}

/// Compares the `Host` at `i` with the target's host and port, and takes a port away that goes without saying.
fn normalize_host(
    m: &mut Message,
    i: usize,
    name: &[u8],
    port: Option<Vec<u8>>,
    default: bool,
    implied: &[&[u8]],
) -> Result<(), Refused> {
    let (own, own_port) = uri::host_and_port(m.header(i).1);
    // The port that goes without saying: of CONNECT the target's own, if it is one of the two.
    let silent =
        |p: &[u8]| p.is_empty() || implied.contains(&p) && (port.as_deref().is_none_or(|t| t == p || t.is_empty()));
    let same_port = match (&port, own_port) {
        (Some(target), Some(own)) if target == own => true,
        (Some(_), own) if default => own.is_none_or(silent),
        (None, own) => own.is_none_or(silent),
        _ => false,
    };
    if !own.eq_ignore_ascii_case(name) || !same_port {
        return Err(BAD);
    }
    let goes = |p: &[u8]| if p.is_empty() { implied.contains(&p) } else { silent(p) };
    if default && own_port.is_some_and(goes) {
        let new = own.to_vec();
        m.replace_value(i, &new);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::h1::head;

    fn read(head: &str) -> Result<(Framing, String), Refused> {
        let mut m = Message::new();
        head::request(head.as_bytes(), &mut m, head::Limits::default()).expect("a well-formed head");
        let f = request(&mut m)?;
        let mut out = Vec::new();
        m.write_to(&mut out);
        Ok((f, String::from_utf8(out).expect("ASCII")))
    }

    fn post(fields: &str) -> Result<(Framing, String), Refused> {
        read(&format!("POST / HTTP/1.1\r\n{fields}\r\n\r\n"))
    }

    #[test]
    fn equal_lengths_become_one() {
        for fields in ["Content-Length: 3\r\nContent-Length: 3", "Content-Length: 3, 3", "Content-Length:  3 "] {
            let (f, wire) = post(fields).expect("one length");
            assert_eq!((f.body, wire.as_str()), (Body::Length(3), "POST / HTTP/1.1\r\ncontent-length: 3\r\n\r\n"));
        }
    }

    #[test]
    fn lengths_that_are_none_are_refused() {
        for v in ["3, 4", "+3", "-3", "", "0x3", "99999999999999999999", ",3", "3,", "3\r\nContent-Length: 4"] {
            assert_eq!(post(&format!("Content-Length: {v}")).map(|f| f.0.body), Err(BAD), "{v:?}");
        }
    }

    #[test]
    fn length_beside_chunked_goes_and_the_connection_is_not_used_again() {
        let (f, wire) = post("Content-Length: 3\r\nTransfer-Encoding: Chunked").expect("chunked wins");
        assert_eq!(wire, "POST / HTTP/1.1\r\ntransfer-encoding: Chunked\r\n\r\n");
        assert!(f.body == Body::Chunked && !f.is_persistent());
        let (f, _) = read("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n").expect("taken");
        assert!(!f.is_persistent());
    }

    #[test]
    fn transfer_codings_that_we_cannot_undo_are_refused() {
        for (v, status) in [
            ("gzip, chunked", 422),
            ("gzip\r\nTransfer-Encoding: chunked", 422),
            ("\x0cchunked", 400),
            ("chunked, gzip", 400),
            ("gzip", 400),
            ("chunked\r\nTransfer-Encoding: chunked", 400),
            ("xchunked", 400),
            ("identity", 400),
            ("chunked;x", 400),
            ("", 400),
            (",chunked,", 422),
        ] {
            assert_eq!(post(&format!("Transfer-Encoding: {v}")).map(|f| f.0.body), Err(Refused(status)), "{v:?}");
        }
    }

    #[test]
    fn connection_keeps_only_foreign_words() {
        let (f, wire) = post("Connection: keep-alive, Foo\r\nTE: trailers, x").expect("taken");
        assert!(f.keep_alive && !f.close);
        assert_eq!(wire, "POST / HTTP/1.1\r\nconnection: Foo\r\nte: trailers\r\n\r\n");
    }

    #[test]
    fn hosts_must_agree() {
        assert!(post("Host: a\r\nHost: A").is_ok());
        assert!(post("Host: a\r\nHost: b").is_err());
        assert!(read("GET http://a/x HTTP/1.1\r\nHost: b\r\n\r\n").is_err());
        let (_, wire) = read("GET http://a:80/x HTTP/1.1\r\nHost: a\r\n\r\n").expect("the same host");
        assert_eq!(wire, "GET http://a/x HTTP/1.1\r\nhost: a\r\n\r\n");
        let (_, wire) = read("CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n").expect("the same host");
        assert_eq!(wire, "CONNECT a:80 HTTP/1.1\r\nhost: a\r\n\r\n");
        assert!(read("CONNECT / HTTP/1.1\r\n\r\n").is_err());
    }
}
