//! The IP headers around an advert: IPv4's is made and read by us, IPv6's fields come from the kernel.

use std::net::{IpAddr, Ipv4Addr};

use super::{
    ah,
    packet::{Raw, checksum},
};

/// Class of network control traffic (RFC 9568 leaves it open, the original sends this).
pub const TRAFFIC_CLASS: u8 = 0xc0;
/// Nobody beyond a router can send with this time to live, so multicast adverts must have it.
pub const TTL: u8 = 255;
const HEADER: usize = 20;

/// A received datagram, taken apart. The payload is everything behind the IP header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Datagram<'a> {
    pub source: IpAddr,
    pub destination: IpAddr,
    /// Time to live or hop limit as received.
    pub ttl: u8,
    /// The IP header, whose length log lines count in. Empty for IPv6: the kernel keeps that one to itself.
    pub header: &'a [u8],
    pub payload: &'a [u8],
}

impl<'a> Datagram<'a> {
    /// The advert, behind the authentication header if there is one.
    #[must_use]
    pub fn advert(&self) -> Option<Raw<'a>> {
        let skipped = if ah::is_sealed(self) { ah::LENGTH } else { 0 };
        Raw::new(self.payload.get(skipped..)?)
    }
}

/// An IPv4 datagram around `payload`, as a raw socket with `IP_HDRINCL` wants it. `id` counts up from one.
#[must_use]
pub fn wrap_v4(protocol: u8, id: u16, ttl: u8, source: Ipv4Addr, destination: Ipv4Addr, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(HEADER + payload.len()).unwrap_or(u16::MAX);
    let mut out = Vec::with_capacity(HEADER + payload.len());
    out.extend([0x45, TRAFFIC_CLASS]);
    out.extend(length.to_be_bytes());
    out.extend(id.to_be_bytes());
    // Neither "do not fragment" nor an offset.
    out.extend([0, 0, ttl, protocol, 0, 0]);
    out.extend(source.octets());
    out.extend(destination.octets());
    let sum = checksum(&[&out]);
    out[10..12].copy_from_slice(&sum.to_be_bytes());
    out.extend(payload);
    out
}

/// Takes an IPv4 datagram apart, as a raw socket delivers it. `None` when it is not a whole one.
#[must_use]
pub fn unwrap_v4(bytes: &[u8]) -> Option<Datagram<'_>> {
    let first = *bytes.first()?;
    let header = usize::from(first & 0xf) * 4;
    if first >> 4 != 4 || header < HEADER || bytes.len() < header {
        return None;
    }
    let stated = usize::from(u16::from_be_bytes([bytes[2], bytes[3]]));
    let address = |at: usize| bytes[at..].first_chunk::<4>().map(|&octets| IpAddr::from(octets));
    Some(Datagram {
        source: address(12)?,
        destination: address(16)?,
        ttl: bytes[8],
        header: &bytes[..header],
        payload: &bytes[header..stated.clamp(header, bytes.len())],
    })
}

#[cfg(test)]
mod tests {
    use super::{super::packet::PROTOCOL, *};

    #[test]
    fn header_equals_the_originals_bytes() {
        let (source, group) = (Ipv4Addr::new(192, 168, 56, 11), Ipv4Addr::new(224, 0, 0, 18));
        let bytes = wrap_v4(PROTOCOL, 0x44, TTL, source, group, &[0; 20]);
        let expected: [u8; 20] = [
            0x45, 0xc0, 0x00, 0x28, 0x00, 0x44, 0x00, 0x00, 0xff, 0x70, 0xe1, 0x9b, 0xc0, 0xa8, 0x38, 0x0b, 0xe0, 0x00,
            0x00, 0x12,
        ];
        assert_eq!(bytes[..20], expected);
        let back = unwrap_v4(&bytes).expect("a whole datagram");
        assert_eq!((back.ttl, back.header.len(), back.payload.len()), (255, 20, 20));
        assert_eq!((back.source, back.destination), (source.into(), group.into()));
    }

    #[test]
    fn no_cut_datagram_is_taken_apart_wrongly() {
        let bytes = wrap_v4(PROTOCOL, 1, TTL, Ipv4Addr::LOCALHOST, Ipv4Addr::LOCALHOST, b"payload!");
        for length in 0..HEADER {
            assert_eq!(unwrap_v4(&bytes[..length]), None);
        }
        let padded = [&bytes[..], &[0; 6]].concat();
        assert_eq!(unwrap_v4(&padded).expect("whole").payload, b"payload!");
    }
}
