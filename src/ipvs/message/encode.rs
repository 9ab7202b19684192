//! Changes and questions as messages: look here for what the kernel is told of a service or a destination.

use std::net::IpAddr;

use netlink_packet_core::{NLM_F_ACK, NLM_F_DUMP, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload};
use netlink_packet_generic::GenlMessage;

use super::{
    Body, Question,
    attributes::{Writer, command, daemon, dest, family_number, flag, method, service, state, top, tunnel},
};
use crate::{
    ipvs::table::{Change, Daemon, Destination, Service, ServiceKey},
    ir::failover::{
        Family, Forwarding,
        virtual_server::{ServiceFlags, Tunnel, TunnelChecksum, TunnelKind},
    },
};

/// The message for a change. The kernel answers it with an acknowledgement of the same sequence number.
#[must_use]
pub fn change(family: u16, sequence: u32, change: &Change) -> Vec<u8> {
    let mut attributes = Writer::default();
    let command = match change {
        Change::AddService(service) => with_service(&mut attributes, service, command::NEW_SERVICE),
        Change::EditService(service) => with_service(&mut attributes, service, command::SET_SERVICE),
        Change::DeleteService(of) => {
            attributes.nest(top::SERVICE, &key(of));
            command::DEL_SERVICE
        }
        Change::AddDestination(of, to) => with_destination(&mut attributes, of, to, command::NEW_DEST),
        Change::EditDestination(of, to) => with_destination(&mut attributes, of, to, command::SET_DEST),
        Change::DeleteDestination(of, to) => {
            attributes.nest(top::SERVICE, &key(of)).nest(top::DEST, &destination_key(to));
            command::DEL_DEST
        }
        Change::Flush => command::FLUSH,
        Change::Zero => command::ZERO,
        Change::Timeouts(timeouts) => {
            attributes.number(top::TIMEOUT_TCP, timeouts.tcp);
            attributes.number(top::TIMEOUT_TCP_FIN, timeouts.tcp_fin);
            attributes.number(top::TIMEOUT_UDP, timeouts.udp);
            command::SET_CONFIG
        }
        Change::StartDaemon(daemon) => {
            attributes.nest(top::DAEMON, &daemon_attributes(daemon));
            command::NEW_DAEMON
        }
        Change::StopDaemon { master, id } => {
            let mut inner = Writer::default();
            inner.number(daemon::STATE, role(*master)).number(daemon::SYNC_ID, *id);
            attributes.nest(top::DAEMON, &inner);
            command::DEL_DAEMON
        }
    };
    message(family, sequence, NLM_F_ACK, command, &attributes)
}

/// The message for a question. What is answered ends with [`Answer::Done`](super::Answer::Done) for lists, and else with an
/// acknowledgement.
#[must_use]
pub fn question(family: u16, sequence: u32, question: &Question) -> Vec<u8> {
    let mut attributes = Writer::default();
    let (command, flags) = match question {
        Question::Info => (command::GET_INFO, NLM_F_ACK),
        Question::Timeouts => (command::GET_CONFIG, NLM_F_ACK),
        Question::Services => (command::GET_SERVICE, NLM_F_DUMP),
        Question::Daemons => (command::GET_DAEMON, NLM_F_DUMP),
        Question::Destinations(of) => {
            attributes.nest(top::SERVICE, &key(of));
            (command::GET_DEST, NLM_F_DUMP)
        }
    };
    message(family, sequence, flags, command, &attributes)
}

fn message(family: u16, sequence: u32, flags: u16, command: u8, attributes: &Writer) -> Vec<u8> {
    let mut payload = GenlMessage::from_payload(Body { command, attributes: attributes.finish() });
    payload.set_resolved_family_id(family);
    let mut header = NetlinkHeader::default();
    header.flags = NLM_F_REQUEST | flags;
    header.sequence_number = sequence;
    let mut message = NetlinkMessage::new(header, NetlinkPayload::InnerMessage(payload));
    message.finalize();
    let mut bytes = vec![0; message.buffer_len()];
    message.serialize(&mut bytes);
    bytes
}

fn with_service(attributes: &mut Writer, of: &Service, command: u8) -> u8 {
    let mut inner = key(&of.key);
    inner.text(service::SCHED_NAME, &of.scheduler);
    if let Some(engine) = &of.engine {
        inner.text(service::PE_NAME, engine);
    }
    let flags = flags(of.flags, of.timeout > 0);
    // The kernel takes over the bits of the mask: all of them.
    inner.bytes(service::FLAGS, &[flags.to_ne_bytes(), u32::MAX.to_ne_bytes()].concat());
    inner.number(service::TIMEOUT, of.timeout);
    inner.bytes(service::NETMASK, &netmask(of.key.family(), of.prefix));
    attributes.nest(top::SERVICE, &inner);
    command
}

/// What tells a service from others.
fn key(of: &ServiceKey) -> Writer {
    let mut inner = Writer::default();
    inner.short(service::AF, family_number(of.family()));
    match *of {
        ServiceKey::Address { protocol, address, port } => {
            inner.short(service::PROTOCOL, protocol.number()).address(service::ADDR, address).port(service::PORT, port)
        }
        ServiceKey::Mark { mark, .. } => inner.number(service::FWMARK, mark),
    };
    inner
}

fn flags(of: ServiceFlags, persistent: bool) -> u32 {
    let scheduler = of.scheduler.into_iter().zip(flag::SCHEDULER);
    let all = [(persistent, flag::PERSISTENT), (of.hashed, flag::HASHED), (of.one_packet, flag::ONE_PACKET)];
    all.into_iter().chain(scheduler).filter(|(set, _)| *set).fold(0, |bits, (_, bit)| bits | bit)
}

/// A mask in network order for IPv4, the length of the prefix for IPv6.
fn netmask(family: Family, prefix: u8) -> [u8; 4] {
    match family {
        Family::V4 => u32::MAX.checked_shl(32 - u32::from(prefix.min(32))).unwrap_or(0).to_be_bytes(),
        Family::V6 => u32::from(prefix).to_ne_bytes(),
    }
}

fn with_destination(attributes: &mut Writer, of: &ServiceKey, to: &Destination, command: u8) -> u8 {
    let mut inner = destination_key(to);
    let forwarding = match to.forwarding {
        Forwarding::Nat => method::NAT,
        Forwarding::Direct => method::DIRECT,
        Forwarding::Tunnel(_) => method::TUNNEL,
    };
    inner.number(dest::FWD_METHOD, forwarding).number(dest::WEIGHT, to.weight);
    inner.number(dest::U_THRESH, to.upper_threshold).number(dest::L_THRESH, to.lower_threshold);
    if let Forwarding::Tunnel(tunnel) = to.forwarding {
        envelope(&mut inner, tunnel);
    }
    attributes.nest(top::SERVICE, &key(of)).nest(top::DEST, &inner);
    command
}

fn destination_key(to: &Destination) -> Writer {
    let mut inner = Writer::default();
    inner.short(dest::ADDR_FAMILY, family_number(Family::of(to.address)));
    inner.address(dest::ADDR, to.address).port(dest::PORT, to.port);
    inner
}

fn envelope(inner: &mut Writer, of: Tunnel) {
    let (kind, port) = match of.kind {
        TunnelKind::IpIp => (tunnel::IPIP, 0),
        TunnelKind::Gue(port) => (tunnel::GUE, port),
        TunnelKind::Gre => (tunnel::GRE, 0),
    };
    let checksum = match of.checksum {
        TunnelChecksum::None => 0,
        TunnelChecksum::Full => tunnel::CHECKSUM,
        TunnelChecksum::Remote => tunnel::REMOTE_CHECKSUM,
    };
    inner.byte(dest::TUN_TYPE, kind).port(dest::TUN_PORT, port).short(dest::TUN_FLAGS, checksum);
}

fn daemon_attributes(of: &Daemon) -> Writer {
    let mut inner = Writer::default();
    inner.number(daemon::STATE, role(of.master));
    inner.text(daemon::MCAST_IFN, &of.interface).number(daemon::SYNC_ID, of.id);
    if let Some(length) = of.max_length {
        inner.short(daemon::SYNC_MAXLEN, length);
    }
    match of.group {
        Some(IpAddr::V4(group)) => _ = inner.bytes(daemon::MCAST_GROUP, &group.octets()),
        Some(IpAddr::V6(group)) => _ = inner.bytes(daemon::MCAST_GROUP6, &group.octets()),
        None => {}
    }
    if let Some(port) = of.port {
        inner.short(daemon::MCAST_PORT, port);
    }
    if let Some(ttl) = of.ttl {
        inner.byte(daemon::MCAST_TTL, ttl);
    }
    inner
}

fn role(master: bool) -> u32 {
    if master { state::MASTER } else { state::BACKUP }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::failover::{Protocol, lvs::Timeouts};

    const HTTP: ServiceKey = ServiceKey::Address {
        protocol: Protocol::Tcp,
        address: IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1)),
        port: 80,
    };

    fn service(key: ServiceKey) -> Service {
        Service { key, scheduler: "rr".into(), flags: ServiceFlags::default(), timeout: 0, prefix: 32, engine: None }
    }

    fn destination(forwarding: Forwarding) -> Destination {
        let address = "10.0.0.2".parse().unwrap();
        Destination { address, port: 8080, forwarding, weight: 3, upper_threshold: 9, lower_threshold: 4 }
    }

    /// Numbers in the host's order make the expected bytes; this test is for little-endian hosts.
    #[cfg(target_endian = "little")]
    #[test]
    fn new_service_byte_for_byte() {
        let bytes = change(0x1b, 7, &Change::AddService(service(HTTP)));
        #[rustfmt::skip]
        let expected = [
            104, 0, 0, 0, 0x1b, 0, 0x05, 0, 7, 0, 0, 0, 0, 0, 0, 0, // 104 bytes, request and acknowledge, sequence
            1, 1, 0, 0, // NEW_SERVICE, version
            84, 0, 1, 0x80, // nested: service
            6, 0, 1, 0, 2, 0, 0, 0, // AF_INET
            6, 0, 2, 0, 6, 0, 0, 0, // TCP
            20, 0, 3, 0, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
            6, 0, 4, 0, 0, 80, 0, 0, // port
            7, 0, 6, 0, b'r', b'r', 0, 0, // scheduler
            12, 0, 7, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, // flags and mask
            8, 0, 8, 0, 0, 0, 0, 0, // timeout
            8, 0, 9, 0, 0xff, 0xff, 0xff, 0xff, // netmask
        ];
        assert_eq!(bytes, expected);
    }

    #[cfg(target_endian = "little")]
    #[test]
    fn deleted_destination_is_named_by_address_and_port_alone() {
        let key = ServiceKey::Mark { mark: 5, family: Family::V4 };
        let bytes = change(0x1b, 8, &Change::DeleteDestination(key, destination(Forwarding::Nat)));
        #[rustfmt::skip]
        let expected = [
            80, 0, 0, 0, 0x1b, 0, 0x05, 0, 8, 0, 0, 0, 0, 0, 0, 0,
            7, 1, 0, 0,
            20, 0, 1, 0x80,
            6, 0, 1, 0, 2, 0, 0, 0,
            8, 0, 5, 0, 5, 0, 0, 0, // mark
            40, 0, 2, 0x80,
            6, 0, 11, 0, 2, 0, 0, 0, // family
            20, 0, 1, 0, 10, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
            6, 0, 2, 0, 31, 144, 0, 0, // port 8080
        ];
        assert_eq!(bytes, expected);
    }

    #[cfg(target_endian = "little")]
    #[test]
    fn tunnelled_destination_has_its_envelope() {
        let tunnel = Tunnel { kind: TunnelKind::Gue(6080), checksum: TunnelChecksum::Remote };
        let bytes = change(0x1b, 9, &Change::AddDestination(HTTP, destination(Forwarding::Tunnel(tunnel))));
        #[rustfmt::skip]
        let expected = [
            8, 0, 3, 0, 2, 0, 0, 0, // tunnel
            8, 0, 4, 0, 3, 0, 0, 0, // weight
            8, 0, 5, 0, 9, 0, 0, 0, // upper threshold
            8, 0, 6, 0, 4, 0, 0, 0, // lower threshold
            5, 0, 13, 0, 1, 0, 0, 0, // GUE
            6, 0, 14, 0, 23, 192, 0, 0, // port 6080
            6, 0, 15, 0, 2, 0, 0, 0, // remote checksum
        ];
        assert_eq!(bytes[bytes.len() - expected.len()..], expected);
    }

    #[test]
    fn timeouts_and_flush_have_no_service() {
        let timeouts = Change::Timeouts(Timeouts { tcp: 900, tcp_fin: 0, udp: 300 });
        assert_eq!(change(1, 1, &timeouts).len(), 20 + 3 * 8);
        assert_eq!(change(1, 1, &Change::Flush)[16..], [17, 1, 0, 0]);
        assert_eq!(change(1, 1, &Change::Zero)[16..], [16, 1, 0, 0]);
    }

    #[test]
    fn mask_of_clients_is_bits_for_v4_and_a_length_for_v6() {
        assert_eq!(netmask(Family::V4, 24), [255, 255, 255, 0]);
        assert_eq!(netmask(Family::V4, 0), [0, 0, 0, 0]);
        assert_eq!(netmask(Family::V4, 200), [255, 255, 255, 255]);
        assert_eq!(netmask(Family::V6, 64), 64u32.to_ne_bytes());
    }

    #[test]
    fn flags_are_the_kernels_bits() {
        let flags_of = ServiceFlags { one_packet: true, scheduler: [true, false, true], hashed: true };
        assert_eq!(flags(flags_of, true), 0x2f);
        assert_eq!(flags(ServiceFlags::default(), false), 0);
    }

    #[cfg(target_endian = "little")]
    #[test]
    fn daemon_says_its_group_by_family() {
        let daemon = |group: &str| Daemon {
            master: true,
            interface: "eth0".into(),
            id: 51,
            max_length: Some(1400),
            group: Some(group.parse().unwrap()),
            port: Some(8848),
            ttl: Some(3),
        };
        let bytes = change(1, 1, &Change::StartDaemon(daemon("224.0.0.90")));
        #[rustfmt::skip]
        let expected = [
            9, 1, 0, 0,
            64, 0, 3, 0x80,
            8, 0, 1, 0, 1, 0, 0, 0, // master
            9, 0, 2, 0, b'e', b't', b'h', b'0', 0, 0, 0, 0,
            8, 0, 3, 0, 51, 0, 0, 0,
            6, 0, 4, 0, 0x78, 5, 0, 0,
            8, 0, 5, 0, 224, 0, 0, 90,
            6, 0, 7, 0, 0x90, 0x22, 0, 0,
            5, 0, 8, 0, 3, 0, 0, 0,
        ];
        assert_eq!(bytes[16..], expected);
        let six = change(1, 1, &Change::StartDaemon(daemon("ff02::51")));
        assert!(six.windows(8).any(|part| part == [20, 0, 6, 0, 0xff, 2, 0, 0]));
    }

    #[test]
    fn lists_are_dumped_and_single_answers_acknowledged() {
        assert_eq!(question(1, 1, &Question::Services)[6..8], (NLM_F_REQUEST | NLM_F_DUMP).to_ne_bytes());
        assert_eq!(question(1, 1, &Question::Info)[6..8], (NLM_F_REQUEST | NLM_F_ACK).to_ne_bytes());
    }
}
