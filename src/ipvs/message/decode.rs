//! What the kernel answers, as data. Whatever bytes come, the result is answers or an error, never a panic.

use netlink_packet_core::{DecodeError, NetlinkMessage, NetlinkPayload};
use netlink_packet_generic::GenlMessage;

use super::{
    Answer, Body, DestinationEntry, Info, ServiceEntry, Stats,
    attributes::{Reader, command, daemon, dest, flag, info, method, service, state, top, tunnel},
};
use crate::{
    ipvs::table::{Daemon, Service, ServiceKey},
    ir::failover::{
        Family, Forwarding, Protocol,
        lvs::Timeouts,
        virtual_server::{ServiceFlags, Tunnel, TunnelChecksum, TunnelKind},
    },
};

/// The answers in what one read of the socket gave, each with the sequence number of its question.
///
/// # Errors
/// Bytes that are no messages, or messages that lack what the kernel always says.
pub fn answers(mut bytes: &[u8]) -> Result<Vec<(u32, Answer)>, DecodeError> {
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let message = NetlinkMessage::<GenlMessage<Body>>::deserialize(bytes)?;
        let length = usize::try_from(message.header.length).unwrap_or(usize::MAX);
        let sequence = message.header.sequence_number;
        let answer = match message.payload {
            NetlinkPayload::Done(_) => Some(Answer::Done),
            NetlinkPayload::Error(error) => {
                // Negative by convention; the one number without a positive counterpart is no error number.
                Some(Answer::Acknowledged(error.code.map(|code| code.get().checked_neg().unwrap_or(i32::MAX))))
            }
            NetlinkPayload::InnerMessage(message) => answer(&message.into_parts().1)?,
            _ => None,
        };
        all.extend(answer.map(|answer| (sequence, answer)));
        bytes = bytes.get(length.max(16).next_multiple_of(4)..).unwrap_or_default();
    }
    Ok(all)
}

/// `None` for what answers no question of ours.
fn answer(body: &Body) -> Result<Option<Answer>, DecodeError> {
    let attributes = Reader::new(&body.attributes)?;
    let inner = |kind| attributes.nested(kind)?.ok_or_else(|| missing("part"));
    Ok(Some(match body.command {
        command::SET_INFO => Answer::Info(info(&attributes)?),
        command::NEW_SERVICE => Answer::Service(service_entry(&inner(top::SERVICE)?)?),
        command::NEW_DEST => Answer::Destination(destination_entry(&inner(top::DEST)?)?),
        command::NEW_DAEMON => Answer::Daemon(daemon_entry(&inner(top::DAEMON)?)?),
        command::SET_CONFIG => Answer::Timeouts(Timeouts {
            tcp: attributes.number(top::TIMEOUT_TCP).unwrap_or(0),
            tcp_fin: attributes.number(top::TIMEOUT_TCP_FIN).unwrap_or(0),
            udp: attributes.number(top::TIMEOUT_UDP).unwrap_or(0),
        }),
        _ => return Ok(None),
    }))
}

fn missing(what: &str) -> DecodeError {
    DecodeError::from(format!("an answer about IPVS without its {what}"))
}

fn info(from: &Reader<'_>) -> Result<Info, DecodeError> {
    let version = from.number(info::VERSION).ok_or_else(|| missing("version"))?;
    let [_, major, minor, patch] = version.to_be_bytes();
    let connection_table_size = from.number(info::CONN_TAB_SIZE).unwrap_or(0);
    Ok(Info { version: (major, minor, patch), connection_table_size })
}

fn family(number: u16) -> Result<Family, DecodeError> {
    match number {
        2 => Ok(Family::V4),
        10 => Ok(Family::V6),
        other => Err(DecodeError::from(format!("address family {other}"))),
    }
}

fn service_entry(from: &Reader<'_>) -> Result<ServiceEntry, DecodeError> {
    let family = family(from.short(service::AF).ok_or_else(|| missing("family"))?)?;
    let bits =
        from.bytes(service::FLAGS).and_then(|bytes| bytes.first_chunk()).map_or(0, |bits| u32::from_ne_bytes(*bits));
    let engine = from.text(service::PE_NAME).filter(|name| !name.is_empty());
    let service = Service {
        key: key(from, family)?,
        scheduler: from.text(service::SCHED_NAME).unwrap_or_default(),
        flags: ServiceFlags {
            one_packet: bits & flag::ONE_PACKET != 0,
            scheduler: flag::SCHEDULER.map(|bit| bits & bit != 0),
            hashed: bits & flag::HASHED != 0,
        },
        // The kernel keeps a number of seconds even for services without persistence.
        timeout: from.number(service::TIMEOUT).filter(|_| bits & flag::PERSISTENT != 0).unwrap_or(0),
        prefix: prefix(from, family),
        engine,
    };
    Ok(ServiceEntry { service, stats: stats(from, service::STATS64, service::STATS)? })
}

fn key(from: &Reader<'_>, family: Family) -> Result<ServiceKey, DecodeError> {
    if let Some(mark) = from.number(service::FWMARK) {
        return Ok(ServiceKey::Mark { mark, family });
    }
    let number = from.short(service::PROTOCOL).ok_or_else(|| missing("protocol"))?;
    let protocol = [Protocol::Tcp, Protocol::Udp, Protocol::Sctp].into_iter().find(|one| one.number() == number);
    Ok(ServiceKey::Address {
        protocol: protocol.ok_or_else(|| DecodeError::from(format!("protocol {number}")))?,
        address: from.address(service::ADDR, family).ok_or_else(|| missing("address"))?,
        port: from.port(service::PORT).ok_or_else(|| missing("port"))?,
    })
}

fn prefix(from: &Reader<'_>, family: Family) -> u8 {
    let Some(bytes) = from.bytes(service::NETMASK).and_then(|bytes| bytes.first_chunk()).copied() else { return 0 };
    match family {
        Family::V4 => u8::try_from(u32::from_be_bytes(bytes).leading_ones()).unwrap_or(0),
        Family::V6 => u8::try_from(u32::from_ne_bytes(bytes)).unwrap_or(0),
    }
}

fn destination_entry(from: &Reader<'_>) -> Result<DestinationEntry, DecodeError> {
    // Kernels before 3.18 name no family: there all destinations are of the service's, and then 16 bytes tell nothing.
    let family = family(from.short(dest::ADDR_FAMILY).ok_or_else(|| missing("family"))?)?;
    let number = |kind| from.number(kind).unwrap_or(0);
    Ok(DestinationEntry {
        address: from.address(dest::ADDR, family).ok_or_else(|| missing("address"))?,
        port: from.port(dest::PORT).ok_or_else(|| missing("port"))?,
        forwarding: match number(dest::FWD_METHOD) & method::MASK {
            method::NAT => Some(Forwarding::Nat),
            method::DIRECT => Some(Forwarding::Direct),
            method::TUNNEL => Some(Forwarding::Tunnel(envelope(from))),
            _ => None,
        },
        weight: number(dest::WEIGHT),
        upper_threshold: number(dest::U_THRESH),
        lower_threshold: number(dest::L_THRESH),
        active_connections: number(dest::ACTIVE_CONNS),
        inactive_connections: number(dest::INACT_CONNS),
        persistent_connections: number(dest::PERSIST_CONNS),
        stats: stats(from, dest::STATS64, dest::STATS)?,
    })
}

fn envelope(from: &Reader<'_>) -> Tunnel {
    let kind = match from.byte(dest::TUN_TYPE) {
        Some(tunnel::GUE) => TunnelKind::Gue(from.port(dest::TUN_PORT).unwrap_or(0)),
        Some(tunnel::GRE) => TunnelKind::Gre,
        _ => TunnelKind::IpIp,
    };
    let checksum = match from.short(dest::TUN_FLAGS).unwrap_or(0) {
        tunnel::CHECKSUM => TunnelChecksum::Full,
        tunnel::REMOTE_CHECKSUM => TunnelChecksum::Remote,
        _ => TunnelChecksum::None,
    };
    Tunnel { kind, checksum }
}

/// Counters of eight bytes where the kernel has them (since 4.0).
fn stats(from: &Reader<'_>, wide: u16, narrow: u16) -> Result<Stats, DecodeError> {
    let Some(from) = from.nested(wide)?.map_or_else(|| from.nested(narrow), |found| Ok(Some(found)))? else {
        return Ok(Stats::default());
    };
    let counter = |kind| from.counter(kind).unwrap_or(0);
    // IPVS_STATS_ATTR_*.
    Ok(Stats {
        connections: counter(1),
        packets_in: counter(2),
        packets_out: counter(3),
        bytes_in: counter(4),
        bytes_out: counter(5),
        connection_rate: counter(6),
        packet_rate_in: counter(7),
        packet_rate_out: counter(8),
        byte_rate_in: counter(9),
        byte_rate_out: counter(10),
    })
}

fn daemon_entry(from: &Reader<'_>) -> Result<Daemon, DecodeError> {
    let group = from.address(daemon::MCAST_GROUP, Family::V4);
    Ok(Daemon {
        master: from.number(daemon::STATE).ok_or_else(|| missing("state"))? == state::MASTER,
        interface: from.text(daemon::MCAST_IFN).unwrap_or_default(),
        id: from.number(daemon::SYNC_ID).unwrap_or(0),
        max_length: from.short(daemon::SYNC_MAXLEN),
        group: group.or_else(|| from.address(daemon::MCAST_GROUP6, Family::V6)),
        port: from.short(daemon::MCAST_PORT),
        ttl: from.byte(daemon::MCAST_TTL),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ipvs::{
        message::change,
        table::{Change, Destination},
    };

    const MARK: ServiceKey = ServiceKey::Mark { mark: 9, family: Family::V6 };

    /// What the kernel lists has the form of what it was told.
    fn one(bytes: &[u8]) -> Answer {
        let mut all = answers(bytes).unwrap();
        assert_eq!(all.len(), 1);
        all.remove(0).1
    }

    #[test]
    fn services_are_read_as_they_were_written() {
        let address =
            |text: &str, port| ServiceKey::Address { protocol: Protocol::Udp, address: text.parse().unwrap(), port };
        for (key, prefix) in [(MARK, 64), (address("10.1.2.3", 53), 24), (address("fd00::3", 0), 128)] {
            let flags = ServiceFlags { one_packet: true, scheduler: [false, true, false], hashed: false };
            let service =
                Service { key, scheduler: "wlc".into(), flags, timeout: 360, prefix, engine: Some("sip".into()) };
            let bytes = change(0x1b, 1, &Change::AddService(service.clone()));
            assert_eq!(one(&bytes), Answer::Service(ServiceEntry { service, stats: Stats::default() }));
        }
    }

    #[test]
    fn destinations_are_read_as_they_were_written() {
        let tunnel = |kind, checksum| Forwarding::Tunnel(Tunnel { kind, checksum });
        let methods = [
            Forwarding::Nat,
            Forwarding::Direct,
            tunnel(TunnelKind::Gue(6080), TunnelChecksum::Remote),
            tunnel(TunnelKind::Gre, TunnelChecksum::Full),
            tunnel(TunnelKind::IpIp, TunnelChecksum::None),
        ];
        for forwarding in methods {
            let address = "fd00::7".parse().unwrap();
            let to = Destination { address, port: 81, forwarding, weight: 5, upper_threshold: 2, lower_threshold: 1 };
            let Answer::Destination(read) = one(&change(0x1b, 1, &Change::AddDestination(MARK, to))) else {
                panic!("another answer");
            };
            assert_eq!((read.address, read.port, read.forwarding, read.weight), (address, 81, Some(forwarding), 5));
            assert_eq!((read.upper_threshold, read.lower_threshold), (2, 1));
        }
    }

    #[test]
    fn daemons_are_read_as_they_were_written() {
        let daemon = Daemon {
            master: false,
            interface: "eth1".into(),
            id: 3,
            max_length: Some(1000),
            group: Some("ff02::90".parse().unwrap()),
            port: Some(9),
            ttl: None,
        };
        assert_eq!(one(&change(0x1b, 1, &Change::StartDaemon(daemon.clone()))), Answer::Daemon(daemon));
    }

    #[test]
    fn acknowledgements_carry_the_error_number() {
        let acknowledge = |code: i32, sequence: u8| {
            let head: [&[u8]; 3] = [&36u32.to_ne_bytes(), &2u16.to_ne_bytes(), &[0, 0, sequence, 0, 0, 0, 0, 0, 0, 0]];
            [head.concat(), code.to_ne_bytes().to_vec(), vec![0; 16]].concat()
        };
        let sequence = |number: u8| u32::from_ne_bytes([number, 0, 0, 0]);
        let both = [acknowledge(0, 4), acknowledge(-17, 5)].concat();
        let expected = [(sequence(4), Answer::Acknowledged(None)), (sequence(5), Answer::Acknowledged(Some(17)))];
        assert_eq!(answers(&both).unwrap(), expected);
        assert_eq!(one(&acknowledge(i32::MIN, 1)), Answer::Acknowledged(Some(i32::MAX)));
    }

    #[test]
    fn counters_of_eight_bytes_win_over_those_of_four() {
        let narrow = [8u16.to_ne_bytes(), 1u16.to_ne_bytes(), [7, 0], [0, 0]].concat();
        let wide = [[12u16.to_ne_bytes(), 1u16.to_ne_bytes()].concat(), u64::MAX.to_ne_bytes().to_vec()].concat();
        let nested = |kind: u16, inner: &[u8]| {
            let length = u16::try_from(inner.len() + 4).unwrap();
            [length.to_ne_bytes().as_slice(), &kind.to_ne_bytes(), inner].concat()
        };
        let both = [nested(10, &narrow), nested(12, &wide)].concat();
        let read = |bytes: &[u8]| stats(&Reader::new(bytes).unwrap(), 12, 10).unwrap().connections;
        assert_eq!(read(&both), u64::MAX);
        assert_eq!(read(&both[..12]), u64::from(u32::from_ne_bytes([7, 0, 0, 0])));
    }

    #[test]
    fn truncated_answers_are_errors() {
        let whole = change(0x1b, 1, &Change::DeleteService(MARK));
        for end in 1..whole.len() {
            assert!(answers(&whole[..end]).is_err(), "{end} bytes");
        }
    }
}
