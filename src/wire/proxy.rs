//! The PROXY protocol, versions 1 and 2: who the client is, told in front of its bytes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// What a header says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Header {
    /// Source and destination; `None` for a local connection or an unknown family.
    pub addresses: Option<(SocketAddr, SocketAddr)>,
    /// TLV 0x02
    pub authority: Option<Vec<u8>>,
    /// TLV 0x05
    pub unique_id: Option<Vec<u8>>,
}

/// What became of the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parsed {
    /// More bytes are needed.
    Partial,
    Complete(Header, usize),
    Bad,
}

const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// Longest line of version 1, with its line end.
const V1_MAX: usize = 107;

/// Reads a header from the start of `buf`.
pub fn parse(buf: &[u8]) -> Parsed {
    let n = buf.len().min(SIGNATURE.len());
    if buf[..n] == SIGNATURE[..n] {
        return if n == 12 { parse_v2(buf) } else { Parsed::Partial };
    }
    let n = buf.len().min(6);
    if buf[..n] != b"PROXY "[..n] {
        return Parsed::Bad;
    }
    let Some(end) = memchr::memchr(b'\n', &buf[..buf.len().min(V1_MAX)]) else {
        return if buf.len() >= V1_MAX { Parsed::Bad } else { Parsed::Partial };
    };
    match parse_line(&buf[..end]) {
        Some(header) => Parsed::Complete(header, end + 1),
        None => Parsed::Bad,
    }
}

fn parse_line(line: &[u8]) -> Option<Header> {
    let line = std::str::from_utf8(line.strip_suffix(b"\r")?).ok()?;
    let mut words = line.split(' ').skip(1);
    let family = words.next()?;
    if family == "UNKNOWN" {
        return Some(Header::default());
    }
    let (source, destination) = (words.next()?, words.next()?);
    let (source_port, destination_port): (u16, u16) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    let ip = |text: &str| -> Option<IpAddr> {
        match family {
            "TCP4" => text.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
            "TCP6" => text.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
            _ => None,
        }
    };
    let addresses = (SocketAddr::new(ip(source)?, source_port), SocketAddr::new(ip(destination)?, destination_port));
    words.next().is_none().then(|| Header { addresses: Some(addresses), ..Header::default() })
}

fn parse_v2(buf: &[u8]) -> Parsed {
    let Some(&[command, family, high, low]) = buf.get(12..16) else { return Parsed::Partial };
    let len = usize::from(u16::from_be_bytes([high, low]));
    let Some(body) = buf.get(16..16 + len) else { return Parsed::Partial };
    if command >> 4 != 2 {
        return Parsed::Bad;
    }
    let mut header = Header::default();
    match command & 15 {
        // LOCAL: the sender speaks for itself.
        0 => return Parsed::Complete(header, 16 + len),
        1 => {}
        _ => return Parsed::Bad,
    }
    let port = |at: usize| u16::from_be_bytes([body[at], body[at + 1]]);
    let used = match family {
        0x11 if len >= 12 => {
            let ip = |at: usize| IpAddr::from([body[at], body[at + 1], body[at + 2], body[at + 3]]);
            header.addresses = Some((SocketAddr::new(ip(0), port(8)), SocketAddr::new(ip(4), port(10))));
            12
        }
        0x21 if len >= 36 => {
            let ip = |at: usize| {
                let mut octets = [0u8; 16];
                octets.copy_from_slice(&body[at..at + 16]);
                IpAddr::from(octets)
            };
            header.addresses = Some((SocketAddr::new(ip(0), port(32)), SocketAddr::new(ip(16), port(34))));
            36
        }
        0x11 | 0x21 => return Parsed::Bad,
        0x31 if len >= 216 => 216,
        _ => len,
    };
    if !tlvs(buf, 16 + used, 16 + len, &mut header) {
        return Parsed::Bad;
    }
    Parsed::Complete(header, 16 + len)
}

/// Reads the type-length-value fields; `false` when one is cut or the checksum is wrong.
fn tlvs(buf: &[u8], mut at: usize, end: usize, header: &mut Header) -> bool {
    while at < end {
        let Some(&[kind, high, low]) = buf.get(at..at + 3).filter(|_| at + 3 <= end) else { return false };
        let (start, stop) = (at + 3, at + 3 + usize::from(u16::from_be_bytes([high, low])));
        if stop > end {
            return false;
        }
        let value = &buf[start..stop];
        match kind {
            0x02 => header.authority = Some(value.to_vec()),
            0x05 => header.unique_id = Some(value.to_vec()),
            0x03 => {
                let Ok(sum) = <[u8; 4]>::try_from(value) else { return false };
                let mut copy = buf[..end].to_vec();
                copy[start..stop].fill(0);
                if crc32c(&copy) != u32::from_be_bytes(sum) {
                    return false;
                }
            }
            _ => {}
        }
        at = stop;
    }
    true
}

/// Castagnoli's, bit by bit: a header is short and checked once a connection.
fn crc32c(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0x82f6_3b78 } else { crc >> 1 };
    !bytes.iter().fold(!0u32, |crc, &b| (0..8).fold(crc ^ u32::from(b), step))
}

/// A header of version 1.
pub fn v1(addresses: Option<(SocketAddr, SocketAddr)>) -> Vec<u8> {
    match addresses {
        Some((SocketAddr::V4(s), SocketAddr::V4(d))) => {
            format!("PROXY TCP4 {} {} {} {}\r\n", s.ip(), d.ip(), s.port(), d.port()).into_bytes()
        }
        Some((s, d)) => {
            let v6 = |a: SocketAddr| match a.ip() {
                IpAddr::V4(v) => v.to_ipv6_mapped(),
                IpAddr::V6(v) => v,
            };
            format!("PROXY TCP6 {} {} {} {}\r\n", v6(s), v6(d), s.port(), d.port()).into_bytes()
        }
        None => b"PROXY UNKNOWN\r\n".to_vec(),
    }
}

/// What a header of version 2 says besides addresses.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tlvs<'a> {
    pub authority: Option<&'a [u8]>,
    pub unique_id: Option<&'a [u8]>,
    pub crc32c: bool,
}

/// A header of version 2; without addresses it says that we speak for ourselves.
pub fn v2(addresses: Option<(SocketAddr, SocketAddr)>, tlvs: &Tlvs<'_>) -> Vec<u8> {
    let mut out = SIGNATURE.to_vec();
    match addresses {
        Some((SocketAddr::V4(s), SocketAddr::V4(d))) => {
            out.extend_from_slice(&[0x21, 0x11, 0, 0]);
            out.extend_from_slice(&s.ip().octets());
            out.extend_from_slice(&d.ip().octets());
            out.extend_from_slice(&s.port().to_be_bytes());
            out.extend_from_slice(&d.port().to_be_bytes());
        }
        Some((s, d)) => {
            out.extend_from_slice(&[0x21, 0x21, 0, 0]);
            for a in [s, d] {
                let ip = match a.ip() {
                    IpAddr::V4(v) => v.to_ipv6_mapped(),
                    IpAddr::V6(v) => v,
                };
                out.extend_from_slice(&ip.octets());
            }
            out.extend_from_slice(&s.port().to_be_bytes());
            out.extend_from_slice(&d.port().to_be_bytes());
        }
        None => out.extend_from_slice(&[0x20, 0, 0, 0]),
    }
    let mut put = |kind: u8, value: &[u8]| {
        out.push(kind);
        out.extend_from_slice(&(value.len() as u16).to_be_bytes());
        out.extend_from_slice(value);
        out.len() - value.len()
    };
    let sum_at = tlvs.crc32c.then(|| put(0x03, &[0; 4]));
    if let Some(v) = tlvs.authority {
        put(0x02, v);
    }
    if let Some(v) = tlvs.unique_id {
        put(0x05, v);
    }
    let len = (out.len() - 16) as u16;
    out[14..16].copy_from_slice(&len.to_be_bytes());
    if let Some(at) = sum_at {
        let sum = crc32c(&out);
        out[at..at + 4].copy_from_slice(&sum.to_be_bytes());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(a: &str, b: &str) -> Option<(SocketAddr, SocketAddr)> {
        Some((a.parse().ok()?, b.parse().ok()?))
    }

    #[test]
    fn what_is_written_is_read() {
        for addresses in [pair("1.2.3.4:5", "6.7.8.9:10"), pair("[1::2]:3", "[4::5]:6"), None] {
            for bytes in [v1(addresses), v2(addresses, &Tlvs::default())] {
                let n = bytes.len();
                assert_eq!(parse(&bytes), Parsed::Complete(Header { addresses, ..Header::default() }, n));
                for cut in 0..n {
                    assert_eq!(parse(&bytes[..cut]), Parsed::Partial, "{cut}");
                }
            }
        }
    }

    #[test]
    fn fields_and_their_checksum_are_read() {
        let tlvs = Tlvs { authority: Some(b"a.example"), unique_id: Some(b"7"), crc32c: true };
        let mut bytes = v2(pair("1.2.3.4:5", "6.7.8.9:10"), &tlvs);
        let Parsed::Complete(h, _) = parse(&bytes) else { panic!("a whole header") };
        assert_eq!((h.authority.as_deref(), h.unique_id.as_deref()), (Some(&b"a.example"[..]), Some(&b"7"[..])));
        *bytes.last_mut().expect("not empty") ^= 1;
        assert_eq!(parse(&bytes), Parsed::Bad);
    }

    #[test]
    fn other_bytes_are_bad_at_once() {
        assert_eq!(parse(b"GET /"), Parsed::Bad);
        assert_eq!(parse(b"PROXY TCP4 1.2.3.4 5.6.7.8 x 1\r\n"), Parsed::Bad);
        assert_eq!(parse(b"PROXY TCP6 1.2.3.4 5.6.7.8 1 1\r\n"), Parsed::Bad);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(0u8..=255, 0..64)) {
            let _ = parse(&bytes);
            let _ = parse(&[&SIGNATURE[..], &bytes].concat());
        }
    }
}
