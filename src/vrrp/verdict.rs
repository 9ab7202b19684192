//! Is a received message an advert of this router? If not: why, in the words of the original's log.

use std::{fmt, net::IpAddr, time::Duration};

use super::{
    ah::{self, Seal},
    hmac::{self, Stamp},
    ip::{Datagram, TTL},
    packet::{self, ADVERTISEMENT, HEADER, OLD_DESTINATION, Raw},
    stats::Stats,
};
use crate::ir::failover::{Auth, Instance, OldChecksum, Transport, Version};

/// What a good advert says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    pub from: IpAddr,
    pub priority: u8,
    pub interval: Duration,
    /// Of its authentication header.
    pub sequence: Option<u32>,
    /// Of its signature.
    pub stamp: Option<Stamp>,
    /// It was summed as before keepalived 1.3.7.
    pub old_checksum: bool,
}

/// What earlier adverts have left behind.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known {
    /// The last accepted sender, for `skip_check_adv_addr`.
    pub master: Option<IpAddr>,
    /// The highest sequence number sent or accepted.
    pub sequence: u32,
    /// Time since 1970, UTC.
    pub wall: Duration,
    /// The last signature of the sender.
    pub stamp: Option<Stamp>,
}

/// Why a message is dropped. `Display` is the original's log line without the router's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejection {
    /// Lengths with the IP header.
    TooShort {
        length: usize,
        expected: usize,
    },
    TooLong {
        length: usize,
        expected: usize,
    },
    Ttl(u8),
    Version {
        theirs: u8,
        ours: u8,
    },
    AuthType(u8),
    AuthMismatch {
        theirs: u8,
        ours: u8,
    },
    Password,
    /// An authentication header, and we want none.
    Sealed,
    /// No authentication header, and we want one.
    Unsealed,
    /// The sum of the authentication header is wrong.
    Seal,
    /// Its sequence number is one that was used before.
    Replayed {
        theirs: u32,
        ours: u32,
    },
    /// No signature, and we want one.
    Unsigned,
    /// Signed with a key that we do not have.
    UnknownKey(u8),
    /// The signature is wrong.
    Signature,
    /// It was signed so many seconds before or after now.
    NotOfThisTime {
        off: u64,
    },
    /// It was signed before one that we have heard.
    SignedBefore,
    Interval {
        ours: u64,
        theirs: u64,
    },
    Kind(u8),
    Checksum(u8),
    /// A unicast router heard multicast, or the other way round. The original has separate sockets and never sees it.
    WrongTransport,
    AddressCount {
        theirs: u8,
        ours: usize,
    },
    AddressMissing {
        vrid: u8,
        address: IpAddr,
    },
    /// `check_unicast_src`: the source is no peer.
    NotAPeer(IpAddr),
    /// A peer's packet came from farther away than its TTL range allows.
    PeerTtl {
        ttl: u8,
        low: u8,
        high: u8,
    },
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::TooShort { length, expected } => {
                write!(f, "vrrp packet too short, length {length} and expect {expected}")
            }
            Self::TooLong { length, expected } => {
                write!(f, "vrrp packet too long, length {length} and expect {expected}")
            }
            Self::Ttl(ttl) => write!(f, "invalid TTL/HL. Received {ttl} and expect {TTL}"),
            Self::Version { theirs, ours } => write!(f, "wrong version. Received {theirs} and expect {ours}"),
            Self::AuthType(kind) => write!(f, "Invalid auth type: {kind}"),
            Self::AuthMismatch { theirs, ours } => write!(f, "received a {theirs} auth, expecting {ours}!"),
            Self::Password => f.write_str("received an invalid passwd!"),
            Self::Sealed => f.write_str("Received AH header but auth type not AH"),
            Self::Unsealed => f.write_str("No AH header but auth type is AH"),
            Self::Seal => {
                f.write_str("IPSEC-AH : invalid IPSEC HMAC-MD5 value. Due to fields mutation or bad password !")
            }
            Self::Replayed { theirs, ours } => {
                write!(f, "IPSEC-AH : sequence number {theirs} already processed. Packet dropped. Local({ours})")
            }
            Self::Unsigned => f.write_str("advert is not signed, and auth_hmac wants it to be"),
            Self::UnknownKey(id) => write!(f, "advert is signed with key {id}, which is not here"),
            Self::Signature => f.write_str("wrong signature: another key, or changed on its way"),
            Self::NotOfThisTime { off } => {
                write!(f, "advert was signed {off} s before or after now: are the clocks right?")
            }
            Self::SignedBefore => f.write_str("advert was signed before one that was heard already"),
            Self::Interval { ours, theirs } => {
                write!(f, "advertisement interval mismatch mine={ours} sec rcv'd={theirs} sec")
            }
            Self::Kind(kind) => write!(f, "Invalid packet type. {kind} and expect {ADVERTISEMENT}"),
            Self::Checksum(version) => write!(f, "Invalid VRRPv{version} checksum"),
            Self::WrongTransport => f.write_str("multicast and unicast do not fit"),
            Self::AddressCount { theirs, ours } => {
                write!(f, "received an unexpected ip number count {theirs}, expected {ours}!")
            }
            Self::AddressMissing { vrid, address } => {
                write!(f, "ip address associated with VRID {vrid} not present in MASTER advert: {address}")
            }
            Self::NotAPeer(from) => write!(f, "unicast source address {from} not a unicast peer"),
            Self::PeerTtl { ttl, low, high } => {
                write!(f, "TTL/HL {ttl} not in range {low} - {high}")
            }
        }
    }
}

impl Rejection {
    /// Whether the log hears of it.
    #[must_use]
    pub fn is_said(&self) -> bool {
        *self != Self::WrongTransport
    }

    /// Whether the message was a good advert, only from the wrong host: the original counts it as received.
    #[must_use]
    pub fn is_of_the_sender(&self) -> bool {
        matches!(self, Self::NotAPeer(_) | Self::PeerTtl { .. })
    }

    /// Counts it where the original's statistics do.
    pub fn count(&self, stats: &mut Stats) {
        let counter = match self {
            Self::TooShort { .. } | Self::TooLong { .. } => &mut stats.packet_len_err,
            Self::Ttl(_) | Self::PeerTtl { .. } => &mut stats.ip_ttl_err,
            Self::AuthType(_) => &mut stats.invalid_authtype,
            Self::AuthMismatch { .. } | Self::Sealed | Self::Unsealed => &mut stats.authtype_mismatch,
            Self::Password
            | Self::Seal
            | Self::Replayed { .. }
            | Self::Unsigned
            | Self::UnknownKey(_)
            | Self::Signature
            | Self::NotOfThisTime { .. }
            | Self::SignedBefore => &mut stats.auth_failure,
            Self::Interval { .. } => &mut stats.advert_interval_err,
            Self::Kind(_) => &mut stats.invalid_type_rcvd,
            Self::AddressCount { .. } | Self::AddressMissing { .. } => &mut stats.addr_list_err,
            Self::Version { .. } => &mut stats.vers_err,
            Self::Checksum(_) => &mut stats.chk_err,
            Self::WrongTransport | Self::NotAPeer(_) => &mut stats.source_err,
        };
        *counter += 1;
    }
}

/// Judges one message for `instance`, whose VRID it carries. The order of the checks is the original's: one message, one
/// line, and its first fault decides which.
///
/// # Errors
/// The first reason to drop it.
pub fn judge(instance: &Instance, datagram: &Datagram<'_>, known: Known) -> Result<Heard, Rejection> {
    let unicast = matches!(instance.transport, Transport::Unicast { .. });
    if datagram.destination.is_multicast() == unicast {
        return Err(Rejection::WrongTransport);
    }
    let before = datagram.header.len() + if ah::is_sealed(datagram) { ah::LENGTH } else { 0 };
    let whole = datagram.header.len() + datagram.payload.len();
    let raw = datagram.advert().ok_or(Rejection::TooShort { length: whole, expected: before + HEADER })?;
    let (raw, signature) = unsigned(instance, raw);
    let length = whole - signature.map_or(0, |bytes| bytes.len());
    let expected = before + raw.stated_length(instance.family);
    if length < expected {
        return Err(Rejection::TooShort { length, expected });
    }
    if length > expected {
        return Err(Rejection::TooLong { length, expected });
    }
    if !unicast && datagram.ttl != TTL {
        return Err(Rejection::Ttl(datagram.ttl));
    }
    let ours = instance.version.number();
    if raw.version() != ours {
        return Err(Rejection::Version { theirs: raw.version(), ours });
    }
    if instance.version == Version::V2 {
        judge_authentication(instance.auth, &raw, ah::is_sealed(datagram))?;
    }
    let stamp = match &instance.hmac {
        Some(hmac) => hmac::judge(hmac, (datagram.source, &raw, signature), known.wall, known.stamp)?,
        None => None,
    };
    if instance.version == Version::V2 && raw.interval() != instance.advert_interval {
        let (ours, theirs) = (instance.advert_interval.as_secs(), raw.interval().as_secs());
        return Err(Rejection::Interval { ours, theirs });
    }
    if raw.kind() != ADVERTISEMENT {
        return Err(Rejection::Kind(raw.kind()));
    }
    let sums_ends = instance.sums_ends();
    let holds = |destination| raw.checksum_holds(sums_ends.then_some((datagram.source, destination)));
    let old_checksum = !holds(datagram.destination);
    let may_be_old = unicast && datagram.source.is_ipv4() && instance.old_checksum != OldChecksum::Never;
    if old_checksum && !(may_be_old && holds(OLD_DESTINATION)) {
        return Err(Rejection::Checksum(ours));
    }
    if !(instance.skip_check_adv_addr && known.master == Some(datagram.source)) {
        judge_addresses(instance, &raw)?;
    }
    judge_peer(instance, datagram)?;
    let sequence = judge_seal(instance.auth, datagram, known.sequence)?;
    let (from, priority, interval) = (datagram.source, raw.priority(), raw.interval());
    Ok(Heard { from, priority, interval, sequence, stamp, old_checksum })
}

/// The message without the signature behind it, which only routers with keys look for.
fn unsigned<'a>(instance: &Instance, raw: Raw<'a>) -> (Raw<'a>, Option<&'a [u8; hmac::LENGTH]>) {
    if instance.hmac.is_none() {
        return (raw, None);
    }
    let (bytes, signature) = hmac::split(raw.bytes, raw.stated_length(instance.family));
    (Raw { bytes }, signature)
}

/// Equal numbers pass: two masters that count in step would else never hear each other.
fn judge_seal(auth: Auth, datagram: &Datagram<'_>, ours: u32) -> Result<Option<u32>, Rejection> {
    let Auth::Ah(key) = auth else { return Ok(None) };
    let seal = Seal::of(datagram).ok_or(Rejection::Unsealed)?;
    if !Seal::holds(key, datagram) {
        return Err(Rejection::Seal);
    }
    if seal.sequence < ours {
        return Err(Rejection::Replayed { theirs: seal.sequence, ours });
    }
    Ok(Some(seal.sequence))
}

fn judge_authentication(auth: Auth, raw: &Raw<'_>, sealed: bool) -> Result<(), Rejection> {
    match (auth, sealed) {
        (Auth::Ah(_), false) => return Err(Rejection::Unsealed),
        (Auth::None | Auth::Pass(_), true) => return Err(Rejection::Sealed),
        _ => {}
    }
    let (theirs, ours) = (raw.auth_type(), packet::auth_type(auth));
    if theirs > 2 {
        return Err(Rejection::AuthType(theirs));
    }
    if theirs != ours {
        return Err(Rejection::AuthMismatch { theirs, ours });
    }
    match auth {
        Auth::Pass(password) if raw.trailer() != Some(password) => Err(Rejection::Password),
        _ => Ok(()),
    }
}

fn judge_addresses(instance: &Instance, raw: &Raw<'_>) -> Result<(), Rejection> {
    let ours = instance.addresses.len();
    if usize::from(raw.count()) != ours {
        return Err(Rejection::AddressCount { theirs: raw.count(), ours });
    }
    let theirs = raw.addresses(instance.family);
    match instance.addresses.iter().find(|address| !theirs.contains(&address.ip)) {
        Some(missing) => Err(Rejection::AddressMissing { vrid: instance.vrid, address: missing.ip }),
        None => Ok(()),
    }
}

fn judge_peer(instance: &Instance, datagram: &Datagram<'_>) -> Result<(), Rejection> {
    let Transport::Unicast { peers, check_source, .. } = &instance.transport else { return Ok(()) };
    let Some(peer) = peers.iter().find(|peer| peer.ip == datagram.source) else {
        return if *check_source { Err(Rejection::NotAPeer(datagram.source)) } else { Ok(()) };
    };
    let (low, high) = (peer.min_ttl.unwrap_or(0), peer.max_ttl.unwrap_or(u8::MAX));
    if (low..=high).contains(&datagram.ttl) { Ok(()) } else { Err(Rejection::PeerTtl { ttl: datagram.ttl, low, high }) }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{packet::Advert, testing::router_51},
        *,
    };

    /// The article's router hears a message from 192.168.56.12, changed by `damage`.
    fn verdict(ttl: u8, damage: impl Fn(&mut Vec<u8>)) -> String {
        let instance = router_51(101);
        let addresses: Vec<IpAddr> = instance.addresses.iter().map(|address| address.ip).collect();
        let (source, destination) = (IpAddr::from([192, 168, 56, 12]), IpAddr::from([224, 0, 0, 18]));
        let advert = Advert {
            version: Version::V2,
            vrid: 51,
            priority: 50,
            interval: Duration::from_secs(1),
            auth: Auth::None,
            addresses: &addresses,
            sums_ends: false,
        };
        let mut payload = advert.encode(source, destination);
        damage(&mut payload);
        let datagram = Datagram { source, destination, ttl, header: &[0; 20], payload: &payload };
        match judge(&instance, &datagram, Known::default()) {
            Ok(heard) => format!("priority {}", heard.priority),
            Err(rejection) => rejection.to_string(),
        }
    }

    /// Sets bytes and repairs the checksum.
    fn set(changes: &[(usize, u8)]) -> impl Fn(&mut Vec<u8>) + use<> {
        let changes = changes.to_vec();
        move |message| {
            for &(at, value) in &changes {
                message[at] = value;
            }
            message[6..8].fill(0);
            let sum = packet::checksum(&[message]);
            message[6..8].copy_from_slice(&sum.to_be_bytes());
        }
    }

    #[test]
    fn forged_and_damaged_adverts_get_the_originals_lines() {
        assert_eq!(verdict(255, |_| {}), "priority 50");
        assert_eq!(verdict(255, |message| message[6] ^= 1), "Invalid VRRPv2 checksum");
        assert_eq!(verdict(254, |_| {}), "invalid TTL/HL. Received 254 and expect 255");
        assert_eq!(verdict(255, set(&[(0, 0x31)])), "vrrp packet too long, length 40 and expect 32");
        assert_eq!(verdict(255, set(&[(0, 0x22)])), "Invalid packet type. 2 and expect 1");
        assert_eq!(
            verdict(255, set(&[(11, 99)])),
            "ip address associated with VRID 51 not present in MASTER advert: 192.168.56.10"
        );
        assert_eq!(
            verdict(255, |message| {
                message.splice(12..12, [1, 2, 3, 4]);
                set(&[(3, 2)])(message);
            }),
            "received an unexpected ip number count 2, expected 1!"
        );
        assert_eq!(
            verdict(255, |message| {
                message.drain(8..12);
                set(&[(3, 0)])(message);
            }),
            "received an unexpected ip number count 0, expected 1!"
        );
        assert_eq!(verdict(255, set(&[(5, 3)])), "advertisement interval mismatch mine=1 sec rcv'd=3 sec");
        assert_eq!(verdict(255, set(&[(4, 1)])), "received a 1 auth, expecting 0!");
        assert_eq!(verdict(255, set(&[(4, 7)])), "Invalid auth type: 7");
        assert_eq!(verdict(255, |message| message.truncate(12)), "vrrp packet too short, length 32 and expect 40");
        assert_eq!(verdict(255, |message| message.truncate(16)), "vrrp packet too short, length 36 and expect 40");
        assert_eq!(verdict(255, set(&[(3, 3)])), "vrrp packet too short, length 40 and expect 48");
        assert_eq!(verdict(255, |message| message.clear()), "vrrp packet too short, length 20 and expect 28");
        assert_eq!(
            verdict(255, |message| {
                message.truncate(12);
                set(&[(0, 0x31)])(message);
            }),
            "wrong version. Received 3 and expect 2"
        );
    }

    #[test]
    fn seal_must_be_there_and_hold_and_be_new() {
        let mut instance = router_51(101);
        instance.auth = Auth::Ah(*b"abcd\0\0\0\0");
        let addresses: Vec<IpAddr> = instance.addresses.iter().map(|address| address.ip).collect();
        let (from, to) = (std::net::Ipv4Addr::new(192, 168, 56, 12), std::net::Ipv4Addr::new(224, 0, 0, 18));
        let (source, destination) = (IpAddr::V4(from), IpAddr::V4(to));
        let interval = Duration::from_secs(1);
        let advert = |auth| {
            let advert = Advert {
                version: Version::V2,
                vrid: 51,
                priority: 50,
                interval,
                auth,
                addresses: &addresses,
                sums_ends: false,
            };
            advert.encode(source, destination)
        };
        let judged = |instance: &Instance, key: &[u8; 8], sequence: u32| {
            let sealed = ah::seal(*key, sequence, (1, TTL), (from, to), &advert(Auth::Ah(*key)));
            let bytes = crate::vrrp::ip::wrap_v4(ah::PROTOCOL, 1, TTL, from, to, &sealed);
            let datagram = crate::vrrp::ip::unwrap_v4(&bytes).expect("whole");
            judge(instance, &datagram, Known { sequence: 7, ..Known::default() }).map(|heard| heard.sequence)
        };
        assert_eq!(judged(&instance, b"abcd\0\0\0\0", 7), Ok(Some(7)));
        assert_eq!(judged(&instance, b"abce\0\0\0\0", 8), Err(Rejection::Seal));
        assert_eq!(judged(&instance, b"abcd\0\0\0\0", 6), Err(Rejection::Replayed { theirs: 6, ours: 7 }));
        assert_eq!(judged(&router_51(101), b"abcd\0\0\0\0", 8), Err(Rejection::Sealed));
        let plain = advert(Auth::None);
        let datagram = Datagram { source, destination, ttl: TTL, header: &[0; 20], payload: &plain };
        assert_eq!(judge(&instance, &datagram, Known::default()), Err(Rejection::Unsealed));
    }
}
