//! `UDP_CHECK`: what is sent, and whether a reply will do.

use super::outcome::Failure;
use crate::ir::failover::checker::{Reply, Udp};

/// What is sent where the configuration says nothing.
const USUAL: &[u8; 32] = b"keepalived check - keepalived ch";

/// The datagram.
#[must_use]
pub fn payload(udp: &Udp) -> &[u8] {
    udp.payload.as_deref().unwrap_or(USUAL)
}

/// Whether a reply is as wanted: not too short, and where it has bytes that are wanted, these. The original reads no more than
/// the longest reply that is wanted, so that longer ones do as well.
///
/// # Errors
/// It is another.
pub fn judge(wanted: &Reply, datagram: &[u8]) -> Result<(), Failure> {
    let long_enough = datagram.len() >= usize::from(wanted.shortest);
    let begins = wanted.begins.iter().zip(datagram).all(|((byte, mask), found)| byte & mask == found & mask);
    if long_enough && begins { Ok(()) } else { Err(Failure::Mismatch) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(begins: &[(u8, u8)], shortest: u16) -> Reply {
        Reply { begins: begins.to_vec(), shortest, longest: 255 }
    }

    #[test]
    fn replies_are_compared_as_far_as_both_go() {
        let wanted = reply(&[(0x68, 0xff), (0x65, 0xff), (0x6c, 0xff)], 0);
        for good in [&b"hello"[..], b"hel", b"h", b""] {
            assert_eq!(judge(&wanted, good), Ok(()), "{good:?}");
        }
        assert_eq!(judge(&wanted, b"hallo"), Err(Failure::Mismatch));
    }

    #[test]
    fn bits_that_do_not_count_are_not_compared() {
        let wanted = reply(&[(0x08, 0x0f)], 0);
        assert_eq!(judge(&wanted, b"h"), Ok(()));
        assert_eq!(judge(&wanted, b"i"), Err(Failure::Mismatch));
    }

    #[test]
    fn only_short_replies_have_a_wrong_length() {
        assert_eq!(judge(&reply(&[], 6), b"hello"), Err(Failure::Mismatch));
        assert_eq!(judge(&reply(&[], 5), &[b'x'; 300]), Ok(()));
    }
}
