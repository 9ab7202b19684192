//! The authentication header of version 2 (RFC 2402, RFC 2338 section 5.3.6): IP protocol 51 around an advert of IPv4.
//!
//! ```text
//! +---------------+---------------+---------------+---------------+
//! | next: 112     | length: 4     | reserved                      |
//! | SPI: the sender's address                                     |
//! | sequence number                                               |
//! | HMAC-MD5 over header, this and advert, cut to 96 bits         |
//! +---------------------------------------------------------------+
//! ```
//!
//! The sum is the original's: of the fields that routers may change it leaves out class, fragment and checksum, but not the time
//! to live, which no router may change here. The sequence number is one for a virtual router: whoever takes over goes on from
//! what was heard last, so that an old advert cannot be sent again.

use std::net::Ipv4Addr;

use hmac::{Hmac, KeyInit as _, Mac as _};
use md5::Md5;

use super::{
    ip::{self, Datagram},
    packet,
};

/// IP protocol number.
pub const PROTOCOL: u8 = 51;
/// Bytes before the advert.
pub const LENGTH: usize = 24;
const SUM: usize = 12;
const SUM_AT: usize = LENGTH - SUM;

/// An advert with its header in front, for a datagram with these fields.
#[must_use]
pub fn seal(
    key: [u8; 8],
    sequence: u32,
    (id, ttl): (u16, u8),
    (source, destination): (Ipv4Addr, Ipv4Addr),
    advert: &[u8],
) -> Vec<u8> {
    let mut out = Vec::with_capacity(LENGTH + advert.len());
    out.extend([packet::PROTOCOL, 4, 0, 0]);
    out.extend(source.octets());
    out.extend(sequence.to_be_bytes());
    out.extend([0; SUM]);
    out.extend(advert);
    let datagram = ip::wrap_v4(PROTOCOL, id, ttl, source, destination, &out);
    let (header, payload) = datagram.split_at(datagram.len() - out.len());
    out[SUM_AT..LENGTH].copy_from_slice(&sum(key, header, payload));
    out
}

/// What a received header says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seal {
    pub spi: u32,
    pub sequence: u32,
}

impl Seal {
    /// `None` when the datagram is of another protocol, or too short.
    #[must_use]
    pub fn of(datagram: &Datagram<'_>) -> Option<Self> {
        let header = datagram.payload.first_chunk::<LENGTH>().filter(|_| is_sealed(datagram))?;
        let number = |at: usize| header[at..].first_chunk().map(|bytes| u32::from_be_bytes(*bytes));
        Some(Self { spi: number(4)?, sequence: number(8)? })
    }

    /// Whether the sender knew the key, and nothing was changed on the way.
    #[must_use]
    pub fn holds(key: [u8; 8], datagram: &Datagram<'_>) -> bool {
        let mut payload = datagram.payload.to_vec();
        let Some(found) = payload.get_mut(SUM_AT..LENGTH) else { return false };
        let found: Vec<u8> = found.iter_mut().map(std::mem::take).collect();
        sum(key, datagram.header, &payload)[..] == found[..]
    }
}

/// Whether a datagram has this header.
#[must_use]
pub fn is_sealed(datagram: &Datagram<'_>) -> bool {
    datagram.header.get(9) == Some(&PROTOCOL)
}

fn sum(key: [u8; 8], header: &[u8], payload: &[u8]) -> [u8; SUM] {
    let mut header = header.to_vec();
    for changed in [1, 6, 7, 10, 11] {
        if let Some(byte) = header.get_mut(changed) {
            *byte = 0;
        }
    }
    let mut mac = Hmac::<Md5>::new_from_slice(&key).expect("HMAC takes keys of any length");
    mac.update(&header);
    mac.update(payload);
    let whole = mac.finalize().into_bytes();
    *whole.first_chunk().expect("MD5 has 16 bytes")
}
