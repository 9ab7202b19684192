//! A look at a TLS client hello (RFC 8446 section 4.1.2) without taking part in the handshake.

/// What stands at the beginning of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parsed<'a> {
    Client(Hello<'a>),
    /// Another handshake message, by its type.
    Other(u8),
    NotTls,
    Incomplete,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hello<'a> {
    /// The hello's own version field, such as 0x0303.
    pub version: u16,
    pub server_name: Option<&'a [u8]>,
    /// The protocol name list, each name behind a one-byte length.
    pub alpn: Option<&'a [u8]>,
    pub has_curves: bool,
    pub session_ticket: Option<&'a [u8]>,
}

/// Reads one record. A hello spread over several records counts as incomplete.
pub fn parse(bytes: &[u8]) -> Parsed<'_> {
    match bytes.first() {
        None => return Parsed::Incomplete,
        Some(0x16) => {}
        Some(_) => return Parsed::NotTls,
    }
    let mut r = Reader(&bytes[1..]);
    let (Some(version), Some(len)) = (r.u16(), r.u16()) else { return Parsed::Incomplete };
    if version >> 8 != 3 {
        return Parsed::NotTls;
    }
    if r.0.len() < usize::from(len) {
        // The type of message is known before all of it is.
        return Parsed::Incomplete;
    }
    let mut r = Reader(&r.0[..usize::from(len)]);
    match r.u8() {
        Some(1) => {}
        Some(other) => return Parsed::Other(other),
        None => return Parsed::NotTls,
    }
    hello(r).map_or(Parsed::NotTls, Parsed::Client)
}

fn hello(mut r: Reader<'_>) -> Option<Hello<'_>> {
    let len = usize::from(r.u8()?) << 16 | usize::from(r.u16()?);
    let mut r = Reader(r.take(len)?);
    let mut h = Hello { version: r.u16()?, ..Hello::default() };
    r.take(32)?;
    let session = r.u8()?;
    r.take(usize::from(session))?;
    let ciphers = r.u16()?;
    r.take(usize::from(ciphers))?;
    let compression = r.u8()?;
    r.take(usize::from(compression))?;
    // Extensions are optional in old versions.
    let Some(len) = r.u16() else { return Some(h) };
    let mut r = Reader(r.take(usize::from(len))?);
    while let Some(kind) = r.u16() {
        let len = r.u16()?;
        let body = r.take(usize::from(len))?;
        match kind {
            0 => h.server_name = server_name(body),
            10 => h.has_curves = true,
            16 => h.alpn = body.get(2..),
            35 => h.session_ticket = Some(body),
            _ => {}
        }
    }
    Some(h)
}

/// RFC 6066 section 3: the first host name of the list.
fn server_name(body: &[u8]) -> Option<&[u8]> {
    let mut r = Reader(body);
    r.u16()?;
    while let Some(kind) = r.u8() {
        let len = r.u16()?;
        let name = r.take(usize::from(len))?;
        if kind == 0 {
            return Some(name);
        }
    }
    None
}

/// The names of an ALPN list.
pub fn alpn_names(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut r = Reader(list);
    std::iter::from_fn(move || {
        let len = r.u8()?;
        r.take(usize::from(len))
    })
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(n)?;
        self.0 = tail;
        Some(head)
    }

    fn u8(&mut self) -> Option<u8> {
        self.take(1).map(|b| b[0])
    }

    fn u16(&mut self) -> Option<u16> {
        self.take(2).map(|b| u16::from_be_bytes([b[0], b[1]]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client_hello() -> Vec<u8> {
        let sni = b"\x00\x00\x00\x0b\x00\x09\x00\x00\x06a.test";
        let alpn = b"\x00\x10\x00\x05\x00\x03\x02h2";
        let extensions = [&sni[..], &alpn[..]].concat();
        let mut body = vec![3, 3];
        body.extend([7; 32]);
        body.extend([0, 0, 2, 0x13, 1, 1, 0]);
        body.extend((extensions.len() as u16).to_be_bytes());
        body.extend(&extensions);
        let mut out = vec![0x16, 3, 1];
        out.extend((body.len() as u16 + 4).to_be_bytes());
        out.extend([1, 0]);
        out.extend((body.len() as u16).to_be_bytes());
        out.extend(body);
        out
    }

    #[test]
    fn the_server_name_and_protocols_are_found() {
        let bytes = client_hello();
        let Parsed::Client(h) = parse(&bytes) else { panic!("a client hello") };
        assert_eq!(h.server_name, Some(&b"a.test"[..]));
        assert_eq!(alpn_names(h.alpn.expect("protocols")).collect::<Vec<_>>(), [b"h2"]);
        assert_eq!(h.version, 0x0303);
    }

    #[test]
    fn every_prefix_is_incomplete_and_never_a_panic() {
        let bytes = client_hello();
        for n in 0..bytes.len() {
            assert_eq!(parse(&bytes[..n]), Parsed::Incomplete, "{n}");
        }
        assert_eq!(parse(b"GET / HTTP/1.1\r\n"), Parsed::NotTls);
    }
}
