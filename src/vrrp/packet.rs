//! The advertisement, the only message of the protocol: fields to bytes and back.
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +-------+-------+---------------+---------------+---------------+
//! |version| type 1|     VRID      |   priority    | address count |
//! +-------+-------+---------------+---------------+---------------+
//! | v2: auth type |  interval (s) |           checksum            |
//! | v3: 0 |    interval (cs)      |                               |
//! +-------------------------------+-------------------------------+
//! | addresses ..., then in v2 eight bytes of authentication        |
//! ```
//!
//! Version 2's checksum covers the message, version 3's also a pseudo-header (RFC 9568 section 5.2.8), for IPv4 too.

use std::{
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

use crate::ir::failover::{Auth, Family, Instance, Version};

/// IP protocol number.
pub const PROTOCOL: u8 = 112;
/// Bytes before the addresses.
pub const HEADER: usize = 8;
/// Bytes behind the addresses in version 2, present without authentication too.
pub const AUTH_TRAILER: usize = 8;
/// The only message type.
pub const ADVERTISEMENT: u8 = 1;
/// What keepalived before 1.3.7 took for the destination of unicast adverts in version 3's checksum.
pub const OLD_DESTINATION: IpAddr = IpAddr::V4(Ipv4Addr::new(224, 0, 0, 18));
const CHECKSUM_AT: usize = 6;

/// An advertisement to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advert<'a> {
    pub version: Version,
    pub vrid: u8,
    /// Zero: "I stop".
    pub priority: u8,
    pub interval: Duration,
    pub auth: Auth,
    pub addresses: &'a [IpAddr],
    /// The checksum covers source and destination ([`Instance::sums_ends`]).
    pub sums_ends: bool,
}

impl Advert<'_> {
    /// The message's bytes.
    #[must_use]
    pub fn encode(&self, source: IpAddr, destination: IpAddr) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEADER + self.addresses.len() * 16 + AUTH_TRAILER);
        let count = u8::try_from(self.addresses.len()).unwrap_or(u8::MAX);
        out.extend([self.version.number() << 4 | ADVERTISEMENT, self.vrid, self.priority, count]);
        match self.version {
            Version::V2 => {
                let seconds = u8::try_from(self.interval.as_secs()).unwrap_or(u8::MAX);
                out.extend([auth_type(self.auth), seconds]);
            }
            Version::V3 => {
                let centis = u16::try_from(self.interval.as_millis() / 10).unwrap_or(0xfff).min(0xfff);
                out.extend(centis.to_be_bytes());
            }
        }
        out.extend([0, 0]);
        for address in self.addresses.iter().take(usize::from(count)) {
            match address {
                IpAddr::V4(address) => out.extend(address.octets()),
                IpAddr::V6(address) => out.extend(address.octets()),
            }
        }
        if self.version == Version::V2 {
            // The checksum covers the trailer too, password included (RFC 3768 section 5.3.8).
            let trailer = match self.auth {
                Auth::None | Auth::Ah(_) => [0; AUTH_TRAILER],
                Auth::Pass(password) => password,
            };
            out.extend(trailer);
        }
        let sum = message_checksum(self.sums_ends.then_some((source, destination)), &out);
        out[CHECKSUM_AT..CHECKSUM_AT + 2].copy_from_slice(&sum.to_be_bytes());
        out
    }
}

/// The fields of a received message, as they are on the wire; nothing is believed yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Raw<'a> {
    pub bytes: &'a [u8],
}

impl<'a> Raw<'a> {
    /// `None` when not even the fixed part is there.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Option<Self> {
        (bytes.len() >= HEADER).then_some(Self { bytes })
    }

    #[must_use]
    pub fn version(&self) -> u8 {
        self.bytes[0] >> 4
    }

    #[must_use]
    pub fn kind(&self) -> u8 {
        self.bytes[0] & 0xf
    }

    #[must_use]
    pub fn vrid(&self) -> u8 {
        self.bytes[1]
    }

    #[must_use]
    pub fn priority(&self) -> u8 {
        self.bytes[2]
    }

    #[must_use]
    pub fn count(&self) -> u8 {
        self.bytes[3]
    }

    /// Version 2's type of authentication: 0 none, 1 password, 2 IPsec.
    #[must_use]
    pub fn auth_type(&self) -> u8 {
        self.bytes[4]
    }

    /// The sender's interval, as its version writes it.
    #[must_use]
    pub fn interval(&self) -> Duration {
        if self.version() == 2 {
            Duration::from_secs(self.bytes[5].into())
        } else {
            let centis = u16::from_be_bytes([self.bytes[4], self.bytes[5]]) & 0xfff;
            Duration::from_millis(u64::from(centis) * 10)
        }
    }

    /// How long the message says it is.
    #[must_use]
    pub fn stated_length(&self, family: Family) -> usize {
        let address = if family == Family::V4 { 4 } else { 16 };
        let trailer = if self.version() == 2 { AUTH_TRAILER } else { 0 };
        HEADER + usize::from(self.count()) * address + trailer
    }

    /// The addresses carried. Empty bytes behind a wrong count yield fewer.
    #[must_use]
    pub fn addresses(&self, family: Family) -> Vec<IpAddr> {
        let body = &self.bytes[HEADER..];
        let count = usize::from(self.count());
        match family {
            Family::V4 => body.as_chunks::<4>().0.iter().take(count).map(|&octets| IpAddr::from(octets)).collect(),
            Family::V6 => body.as_chunks::<16>().0.iter().take(count).map(|&octets| IpAddr::from(octets)).collect(),
        }
    }

    /// Version 2's last eight bytes.
    #[must_use]
    pub fn trailer(&self) -> Option<[u8; AUTH_TRAILER]> {
        self.bytes[HEADER..].last_chunk().copied()
    }

    /// Whether the checksum is right, for these ends of the journey if it covers them.
    #[must_use]
    pub fn checksum_holds(&self, ends: Option<(IpAddr, IpAddr)>) -> bool {
        message_checksum(ends, self.bytes) == 0
    }
}

/// Bytes of an advert of this router, without headers around it.
#[must_use]
pub fn length(instance: &Instance) -> usize {
    let address = if instance.family == Family::V4 { 4 } else { 16 };
    let trailer = if instance.version == Version::V2 { AUTH_TRAILER } else { 0 };
    HEADER + instance.addresses.len() * address + trailer
}

/// Version 2's number of a type of authentication.
#[must_use]
pub fn auth_type(auth: Auth) -> u8 {
    match auth {
        Auth::None => 0,
        Auth::Pass(_) => 1,
        Auth::Ah(_) => 2,
    }
}

/// The checksum of a message whose checksum field is zero, with version 3's pseudo-header in front of it where it covers the
/// ends of the journey.
#[must_use]
pub fn message_checksum(ends: Option<(IpAddr, IpAddr)>, message: &[u8]) -> u16 {
    let mut pseudo = Vec::with_capacity(40);
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    match ends {
        Some((IpAddr::V4(source), IpAddr::V4(destination))) => {
            pseudo.extend(source.octets());
            pseudo.extend(destination.octets());
            pseudo.extend([0, PROTOCOL]);
            pseudo.extend(u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes());
        }
        Some((IpAddr::V6(source), IpAddr::V6(destination))) => {
            pseudo.extend(source.octets());
            pseudo.extend(destination.octets());
            pseudo.extend(length.to_be_bytes());
            pseudo.extend([0, 0, 0, PROTOCOL]);
        }
        // Ends of two families cannot exchange a packet; any sum is wrong then, and none is ever sent.
        Some(_) | None => {}
    }
    checksum(&[&pseudo, message])
}

/// The Internet checksum (RFC 1071) over parts of even length, the last of any length. Zero over data that contains
/// its own correct sum.
#[must_use]
pub fn checksum(parts: &[&[u8]]) -> u16 {
    let mut sum = 0u64;
    for part in parts {
        let (words, rest) = part.as_chunks::<2>();
        sum += words.iter().map(|&word| u64::from(u16::from_be_bytes(word))).sum::<u64>();
        if let [last] = rest {
            sum += u64::from(*last) << 8;
        }
    }
    while sum > 0xffff {
        sum = (sum >> 16) + (sum & 0xffff);
    }
    !(u16::try_from(sum).expect("folded to 16 bits above"))
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;

    const HAP1: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 168, 56, 11));
    const GROUP: IpAddr = IpAddr::V4(Ipv4Addr::new(224, 0, 0, 18));
    const VIP: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 168, 56, 10));

    fn version_2(priority: u8) -> Advert<'static> {
        const ADDRESSES: &[IpAddr] = &[VIP];
        Advert {
            version: Version::V2,
            vrid: 51,
            priority,
            interval: Duration::from_secs(1),
            auth: Auth::None,
            addresses: ADDRESSES,
            sums_ends: false,
        }
    }

    #[test]
    fn version_2_without_password_equals_the_originals_bytes() {
        for (priority, sum) in [(103, 0x7f17u16), (102, 0x8017), (101, 0x8117), (100, 0x8217), (0, 0xe617)] {
            let [high, low] = sum.to_be_bytes();
            let mut expected = vec![0x21, 0x33, priority, 1, 0, 1, high, low, 0xc0, 0xa8, 0x38, 0x0a];
            expected.extend([0; 8]);
            assert_eq!(version_2(priority).encode(HAP1, GROUP), expected);
        }
    }

    #[test]
    fn fields_come_back_as_they_were_sent() {
        let address: IpAddr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0x100).into();
        let (source, group) = ("fe80::1".parse().expect("an address"), "ff02::12".parse().expect("an address"));
        let advert = Advert {
            version: Version::V3,
            vrid: 7,
            priority: 200,
            interval: Duration::from_millis(250),
            auth: Auth::None,
            addresses: &[address],
            sums_ends: true,
        };
        let bytes = advert.encode(source, group);
        let raw = Raw::new(&bytes).expect("long enough");
        assert_eq!((raw.version(), raw.kind(), raw.vrid(), raw.priority()), (3, 1, 7, 200));
        assert_eq!(raw.interval(), Duration::from_millis(250));
        assert_eq!(raw.stated_length(Family::V6), bytes.len());
        assert_eq!(raw.addresses(Family::V6), [address]);
        assert!(raw.checksum_holds(Some((source, group))));
        assert!(!raw.checksum_holds(Some((source, "ff02::13".parse().expect("an address")))));
    }

    #[test]
    fn every_flipped_bit_breaks_the_checksum() {
        let bytes = version_2(103).encode(HAP1, GROUP);
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let raw = Raw::new(&damaged).expect("long enough");
            assert!(!raw.checksum_holds(None), "bit {bit}");
        }
    }
}
