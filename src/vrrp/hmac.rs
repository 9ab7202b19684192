//! Signed adverts (`auth_hmac` of keepalived 2.4): 28 bytes behind the message, which its own length and checksum leave out.
//!
//! ```text
//! +---------------+---------------+---------------+---------------+
//! | type: 1       | key           | reserved                      |
//! | seconds since 1970, UTC                                       |
//! | fraction, 1/65536 s           | counter                       |
//! | HMAC-SHA256, cut to 128 bits                                  |
//! +---------------------------------------------------------------+
//! ```
//!
//! The sum is over a pseudo-header (family 4 or 6, version, VRID, 0, the source address in 16 bytes), the message with its
//! checksum as zero, and these bytes with the sum as zero.

use std::{collections::BTreeMap, net::IpAddr, time::Duration};

use hmac::{Hmac as Mac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::{packet::Raw, verdict::Rejection};
use crate::ir::failover::{
    Hmac,
    hmac::{AntiReplay, HmacMode, Key},
};

/// Bytes behind the message.
pub const LENGTH: usize = 28;
const KIND: u8 = 1;
const SUM_AT: usize = 12;
const CHECKSUM: std::ops::Range<usize> = 6..8;
/// Senders whose last stamp is kept.
const MOST: usize = 16;

/// When an advert was signed: seconds, fraction and counter as one number that grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Stamp(u64);

impl Stamp {
    /// The stamp of this moment, or the next after `last` when that is not over yet.
    #[must_use]
    pub fn next(wall: Duration, last: Self) -> Self {
        let fraction = (u64::from(wall.subsec_nanos()) << 16) / 1_000_000_000;
        let now = wall.as_secs() << 32 | fraction << 16;
        Self(now.max(last.0 + 1))
    }

    /// The stamp in a signature.
    #[must_use]
    pub fn of(signature: &[u8; LENGTH]) -> Self {
        Self(u64::from_be_bytes(*signature[4..SUM_AT].first_chunk().expect("eight bytes")))
    }

    fn time(self) -> Duration {
        let fraction = self.0 >> 16 & 0xffff;
        Duration::from_secs(self.0 >> 32) + Duration::from_nanos((fraction * 1_000_000_000) >> 16)
    }
}

/// The last stamps, sent and heard.
#[derive(Debug, Clone, Default)]
pub struct Stamps {
    pub sent: Stamp,
    heard: BTreeMap<IpAddr, Stamp>,
}

impl Stamps {
    /// Remembers a sender's stamp.
    pub fn hear(&mut self, from: IpAddr, stamp: Stamp) {
        if self.heard.len() < MOST || self.heard.contains_key(&from) {
            self.heard.insert(from, stamp);
        }
    }

    /// The last one of a sender.
    #[must_use]
    pub fn of(&self, from: IpAddr) -> Option<Stamp> {
        self.heard.get(&from).copied()
    }
}

/// An advert with its signature behind it.
#[must_use]
pub fn sign(key: &Key, stamp: Stamp, source: IpAddr, mut advert: Vec<u8>) -> Vec<u8> {
    let mut trailer = [0; LENGTH];
    (trailer[0], trailer[1]) = (KIND, key.id);
    trailer[4..SUM_AT].copy_from_slice(&stamp.0.to_be_bytes());
    let sum = sum(key, source, &advert, &trailer);
    trailer[SUM_AT..].copy_from_slice(&sum);
    advert.extend(trailer);
    advert
}

/// The message, and the signature behind it if there is one of the right length and kind.
#[must_use]
pub fn split(payload: &[u8], stated: usize) -> (&[u8], Option<&[u8; LENGTH]>) {
    let signature = payload.get(stated..).and_then(|rest| rest.try_into().ok());
    match signature.filter(|signature: &&[u8; LENGTH]| signature[0] == KIND) {
        Some(signature) => (&payload[..stated], Some(signature)),
        None => (payload, None),
    }
}

/// Whether a message is to be believed; its stamp when it is signed.
///
/// # Errors
/// It is not signed and should be, or its signature is wrong, or used before, or not of this time.
pub fn judge(
    hmac: &Hmac,
    (from, raw, signature): (IpAddr, &Raw<'_>, Option<&[u8; LENGTH]>),
    wall: Duration,
    last: Option<Stamp>,
) -> Result<Option<Stamp>, Rejection> {
    let Some(signature) = signature else {
        return if hmac.mode == HmacMode::Enforce { Err(Rejection::Unsigned) } else { Ok(None) };
    };
    let key = hmac.key(signature[1]).ok_or(Rejection::UnknownKey(signature[1]))?;
    let mut blank = *signature;
    blank[SUM_AT..].fill(0);
    let mac = mac(key, from, raw.bytes, &blank);
    mac.verify_truncated_left(&signature[SUM_AT..]).map_err(|_| Rejection::Signature)?;
    let stamp = Stamp::of(signature);
    let off = wall.abs_diff(stamp.time());
    if hmac.replay == AntiReplay::Time && off > hmac.window {
        return Err(Rejection::NotOfThisTime { off: off.as_secs() });
    }
    // A clock that was set back by more than the window begins anew.
    let before = last.filter(|last| stamp <= *last);
    let counts = |last: Stamp| hmac.replay == AntiReplay::Monotonic || last.time() - stamp.time() <= hmac.window;
    if before.is_some_and(counts) { Err(Rejection::SignedBefore) } else { Ok(Some(stamp)) }
}

fn sum(key: &Key, source: IpAddr, advert: &[u8], trailer: &[u8; LENGTH]) -> [u8; LENGTH - SUM_AT] {
    let whole = mac(key, source, advert, trailer).finalize().into_bytes();
    *whole.first_chunk().expect("SHA-256 has 32 bytes")
}

fn mac(key: &Key, source: IpAddr, advert: &[u8], trailer: &[u8; LENGTH]) -> Mac<Sha256> {
    let mut pseudo = [0; 20];
    let raw = Raw::new(advert);
    (pseudo[1], pseudo[2]) = raw.map_or((0, 0), |raw| (raw.version(), raw.vrid()));
    match source {
        IpAddr::V4(ip) => {
            pseudo[0] = 4;
            pseudo[4..8].copy_from_slice(&ip.octets());
        }
        IpAddr::V6(ip) => {
            pseudo[0] = 6;
            pseudo[4..].copy_from_slice(&ip.octets());
        }
    }
    let mut advert = advert.to_vec();
    if let Some(checksum) = advert.get_mut(CHECKSUM) {
        checksum.fill(0);
    }
    let mut mac = Mac::<Sha256>::new_from_slice(&key.secret).expect("HMAC takes keys of any length");
    mac.update(&pseudo);
    mac.update(&advert);
    mac.update(trailer);
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hmac(mode: HmacMode, replay: AntiReplay) -> Hmac {
        let keys = vec![Key { id: 1, secret: (0..32).collect() }];
        Hmac { keys, active: 1, window: Duration::from_secs(5), replay, mode }
    }

    /// An advert of keepalived 2.4.3, as it was on the wire at 1795328078.48 s.
    const RECORDED: &str = "213c960100013e220a63003c0000000000000000\
                            010100006b02884e7b1900009ae340728feb9ed197a03f30b472c4e9";
    const WALL: Duration = Duration::from_millis(1_795_328_078_481);

    fn recorded() -> Vec<u8> {
        let digits = RECORDED.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).expect("ASCII"));
        digits.map(|pair| u8::from_str_radix(pair, 16).expect("hexadecimal")).collect()
    }

    fn verdict(hmac: &Hmac, bytes: &[u8], wall: Duration, last: Option<Stamp>) -> Result<Option<Stamp>, Rejection> {
        let (message, signature) = split(bytes, 20);
        let raw = Raw::new(message).expect("long enough");
        judge(hmac, ("10.99.0.1".parse().expect("an address"), &raw, signature), wall, last)
    }

    #[test]
    fn signature_equals_that_of_keepalived_2_4() {
        let bytes = recorded();
        let stamp = Stamp(u64::from_be_bytes(bytes[24..32].try_into().expect("eight bytes")));
        let hmac = hmac(HmacMode::Enforce, AntiReplay::Time);
        let key = hmac.signing_key().expect("it is active");
        assert_eq!(sign(key, stamp, "10.99.0.1".parse().expect("an address"), bytes[..20].to_vec()), bytes);
        assert_eq!(verdict(&hmac, &bytes, WALL, None), Ok(Some(stamp)));
    }

    #[test]
    fn every_flipped_bit_of_a_signed_advert_is_noticed_but_those_of_its_checksum() {
        let (hmac, bytes) = (hmac(HmacMode::Enforce, AntiReplay::Monotonic), recorded());
        for bit in (0..bytes.len() * 8).filter(|bit| !(48..64).contains(bit)) {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(verdict(&hmac, &damaged, WALL, None).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn unsigned_adverts_are_believed_only_while_routers_are_changed() {
        let bytes = &recorded()[..20];
        let of = |mode| verdict(&hmac(mode, AntiReplay::Time), bytes, WALL, None);
        assert_eq!(of(HmacMode::Enforce), Err(Rejection::Unsigned));
        assert_eq!(of(HmacMode::Permissive), Ok(None));
        assert_eq!(of(HmacMode::ReceiveOnly), Ok(None));
        let unknown = Hmac { keys: Vec::new(), ..hmac(HmacMode::Permissive, AntiReplay::Time) };
        assert_eq!(verdict(&unknown, &recorded(), WALL, None), Err(Rejection::UnknownKey(1)));
    }

    #[test]
    fn old_adverts_cannot_be_sent_again() {
        let bytes = recorded();
        let (time, steady) =
            (hmac(HmacMode::Enforce, AntiReplay::Time), hmac(HmacMode::Enforce, AntiReplay::Monotonic));
        let stamp = verdict(&time, &bytes, WALL, None).expect("good");
        let hour = Duration::from_secs(3600);
        assert_eq!(verdict(&time, &bytes, WALL, stamp), Err(Rejection::SignedBefore));
        assert_eq!(verdict(&time, &bytes, WALL + hour, None), Err(Rejection::NotOfThisTime { off: 3600 }));
        assert_eq!(verdict(&steady, &bytes, WALL + hour, None), Ok(stamp));
        assert_eq!(verdict(&steady, &bytes, WALL, stamp), Err(Rejection::SignedBefore));
        let late = Stamp::next(WALL + hour, Stamp::default());
        assert_eq!(verdict(&time, &bytes, WALL, Some(late)), Ok(stamp), "its clock was set back");
        assert_eq!(verdict(&steady, &bytes, WALL, Some(late)), Err(Rejection::SignedBefore));
    }

    #[test]
    fn stamps_grow_though_the_clock_does_not() {
        let first = Stamp::next(WALL, Stamp::default());
        let second = Stamp::next(WALL, first);
        assert!(second > first);
        assert!(Stamp::next(WALL - Duration::from_secs(9), second) > second);
        assert!(first.time().abs_diff(WALL) < Duration::from_micros(16));
    }
}
