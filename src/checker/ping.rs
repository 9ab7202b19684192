//! `PING_CHECK`: an echo request, and which packet answers it (RFC 792; RFC 4443 section 4).
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |     Type      |     Code      |          Checksum             |
//! |           Identifier          |        Sequence Number        |
//! |     Data ...
//! ```

use crate::ir::failover::Family;

/// What is sent behind the header, again and again up to a length.
const DATA: &[u8] = b"keepalived check - ";
const LENGTH: usize = 128;
const HEADER: usize = 8;

/// One request, by which its reply is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Echo {
    pub family: Family,
    /// The kernel puts another in its place on sockets of the kind that users may have.
    pub identifier: u16,
    pub sequence: u16,
}

impl Echo {
    fn types(self) -> (u8, u8) {
        match self.family {
            Family::V4 => (8, 0),
            Family::V6 => (128, 129),
        }
    }

    /// The request. The checksum of ICMPv6 is the kernel's business: it knows both addresses.
    #[must_use]
    pub fn request(self) -> Vec<u8> {
        let mut packet = vec![self.types().0, 0, 0, 0];
        packet.extend_from_slice(&self.identifier.to_be_bytes());
        packet.extend_from_slice(&self.sequence.to_be_bytes());
        packet.extend(DATA.iter().cycle().take(LENGTH));
        if self.family == Family::V4 {
            let sum = checksum(&packet);
            packet[2..4].copy_from_slice(&sum.to_be_bytes());
        }
        packet
    }

    /// Whether a packet is the reply. `whole`: IPv4 packets come with their IP header, and with those of all others, from raw
    /// sockets; the identifier tells whose they are.
    #[must_use]
    pub fn is_answered_by(self, packet: &[u8], whole: bool) -> bool {
        let skip = match packet.first() {
            Some(first) if whole && self.family == Family::V4 => usize::from(first & 0x0f) * 4,
            _ => 0,
        };
        let Some(message) = packet.get(skip..).filter(|message| message.len() >= HEADER) else { return false };
        let word = |at: usize| u16::from_be_bytes([message[at], message[at + 1]]);
        message[0] == self.types().1
            && message[1] == 0
            && word(6) == self.sequence
            && (!whole || word(4) == self.identifier)
    }
}

/// RFC 1071.
fn checksum(packet: &[u8]) -> u16 {
    let words = packet.chunks(2).map(|pair| u32::from(pair[0]) << 8 | pair.get(1).map_or(0, |byte| u32::from(*byte)));
    let sum: u32 = words.sum();
    let folded = (sum & 0xffff) + (sum >> 16);
    !u16::try_from((folded & 0xffff) + (folded >> 16)).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ECHO: Echo = Echo { family: Family::V4, identifier: 0x1234, sequence: 7 };

    fn reply(echo: Echo) -> Vec<u8> {
        let mut packet = echo.request();
        packet[0] = echo.types().1;
        packet
    }

    #[test]
    fn requests_are_whole_and_sum_up_to_nothing() {
        let packet = ECHO.request();
        assert_eq!((&packet[..2], packet.len()), (&[8, 0][..], 136));
        assert_eq!(checksum(&packet), 0);
        let packet = Echo { family: Family::V6, ..ECHO }.request();
        assert_eq!(packet[..8], [128, 0, 0, 0, 0x12, 0x34, 0, 7]);
    }

    #[test]
    fn replies_are_known_by_identifier_and_sequence() {
        let with_ip = [&[0x45; 20][..], &reply(ECHO)].concat();
        assert!(ECHO.is_answered_by(&with_ip, true));
        assert!(ECHO.is_answered_by(&reply(ECHO), false));
        let other = Echo { identifier: 1, ..ECHO };
        assert!(!other.is_answered_by(&with_ip, true));
        assert!(other.is_answered_by(&reply(ECHO), false), "the kernel chose the identifier, and looked at it");
        assert!(!Echo { sequence: 8, ..ECHO }.is_answered_by(&reply(ECHO), false));
        assert!(!ECHO.is_answered_by(&ECHO.request(), false), "a request is no reply");
    }

    #[test]
    fn short_packets_are_no_replies() {
        for length in 0..8 {
            assert!(!ECHO.is_answered_by(&reply(ECHO)[..length], false));
            assert!(!ECHO.is_answered_by(&[0x4f; 24][..length], true));
        }
    }
}
