//! "This address is here": frames for all neighbours, made with pnet and sent through a packet socket.
#![expect(unsafe_code, reason = "a packet socket's address has no safe constructor")]

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use pnet::{
    packet::{
        MutablePacket as _, Packet as _,
        arp::{ArpHardwareTypes, ArpOperations, MutableArpPacket},
        ethernet::{EtherTypes, MutableEthernetPacket},
        icmpv6::{
            self, Icmpv6Packet, Icmpv6Types,
            ndp::{Icmpv6Codes, MutableNeighborAdvertPacket, NdpOption, NdpOptionTypes, NeighborAdvertFlags},
        },
        ip::IpNextHeaderProtocols,
        ipv6::MutableIpv6Packet,
    },
    util::MacAddr,
};
use socket2::{Domain, Protocol, SockAddr, Socket, Type};

const ETHERNET: usize = 14;
const ARP: usize = 28;
const IPV6: usize = 40;
/// A neighbour advertisement with the sender's link-layer address.
const ADVERT: usize = 32;

/// A socket that only sends frames.
#[derive(Debug)]
pub struct Announcer {
    socket: Socket,
}

impl Announcer {
    /// # Errors
    /// No right to open packet sockets.
    pub fn open() -> io::Result<Self> {
        // Protocol 0: nothing is ever received, so nothing ever fills a buffer.
        Ok(Self { socket: Socket::new(Domain::PACKET, Type::RAW, Some(Protocol::from(0)))? })
    }

    /// Sends one announcement of `ip` from an interface.
    ///
    /// # Errors
    /// The interface is gone or down.
    pub fn send(&self, index: u32, mac: [u8; 6], ip: IpAddr) -> io::Result<()> {
        let frame = match ip {
            IpAddr::V4(ip) => gratuitous_arp(mac, ip),
            IpAddr::V6(ip) => neighbour_advertisement(mac, ip),
        };
        let address = link_address(index, frame.first_chunk().copied().unwrap_or_default())?;
        self.socket.send_to(&frame, &address).map(|_| ())
    }
}

/// Where a frame goes: an interface and a hardware address.
fn link_address(index: u32, mac: [u8; 6]) -> io::Result<SockAddr> {
    let index = libc::c_int::try_from(index).map_err(io::Error::other)?;
    // SAFETY: the storage is large enough for any address (its purpose), zero is a valid start, and the length set is that
    // of the type written.
    let ((), address) = unsafe {
        SockAddr::try_init(|storage, length| {
            let link = &mut *storage.cast::<libc::sockaddr_ll>();
            link.sll_family = libc::AF_PACKET as libc::c_ushort;
            link.sll_ifindex = index;
            link.sll_halen = 6;
            link.sll_addr[..6].copy_from_slice(&mac);
            *length = size_of::<libc::sockaddr_ll>() as libc::socklen_t;
            Ok(())
        })?
    };
    Ok(address)
}

/// An ARP request for one's own address (RFC 5227 calls it an announcement), 42 bytes. The target hardware address is all
/// ones, as the original sends it.
#[must_use]
pub fn gratuitous_arp(mac: [u8; 6], ip: Ipv4Addr) -> Vec<u8> {
    let mac = MacAddr::from(mac);
    let mut frame = vec![0; ETHERNET + ARP];
    let mut ethernet = MutableEthernetPacket::new(&mut frame).expect("the buffer holds a header");
    ethernet.set_destination(MacAddr::broadcast());
    ethernet.set_source(mac);
    ethernet.set_ethertype(EtherTypes::Arp);
    let mut arp = MutableArpPacket::new(ethernet.payload_mut()).expect("the buffer holds an ARP packet");
    arp.set_hardware_type(ArpHardwareTypes::Ethernet);
    arp.set_protocol_type(EtherTypes::Ipv4);
    arp.set_hw_addr_len(6);
    arp.set_proto_addr_len(4);
    arp.set_operation(ArpOperations::Request);
    arp.set_sender_hw_addr(mac);
    arp.set_sender_proto_addr(ip);
    arp.set_target_hw_addr(MacAddr::broadcast());
    arp.set_target_proto_addr(ip);
    frame
}

/// An unsolicited neighbour advertisement to all nodes, with the override flag (RFC 4861 section 7.2.6), 86 bytes.
#[must_use]
pub fn neighbour_advertisement(mac: [u8; 6], ip: Ipv6Addr) -> Vec<u8> {
    let all_nodes = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
    let mut frame = vec![0; ETHERNET + IPV6 + ADVERT];
    let mut ethernet = MutableEthernetPacket::new(&mut frame).expect("the buffer holds a header");
    ethernet.set_destination(MacAddr::new(0x33, 0x33, 0, 0, 0, 1));
    ethernet.set_source(MacAddr::from(mac));
    ethernet.set_ethertype(EtherTypes::Ipv6);
    let mut packet = MutableIpv6Packet::new(ethernet.payload_mut()).expect("the buffer holds an IPv6 header");
    packet.set_version(6);
    packet.set_payload_length(ADVERT as u16);
    packet.set_next_header(IpNextHeaderProtocols::Icmpv6);
    packet.set_hop_limit(255);
    packet.set_source(ip);
    packet.set_destination(all_nodes);
    let mut advert = MutableNeighborAdvertPacket::new(packet.payload_mut()).expect("the buffer holds the message");
    advert.set_icmpv6_type(Icmpv6Types::NeighborAdvert);
    advert.set_icmpv6_code(Icmpv6Codes::NoCode);
    advert.set_flags(NeighborAdvertFlags::Override);
    advert.set_target_addr(ip);
    let option = NdpOption { option_type: NdpOptionTypes::TargetLLAddr, length: 1, data: mac.to_vec() };
    advert.set_options(&[option]);
    let sum = Icmpv6Packet::new(advert.packet()).map(|message| icmpv6::checksum(&message, &ip, &all_nodes));
    advert.set_checksum(sum.unwrap_or(0));
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gratuitous_arp_equals_the_originals_bytes() {
        let frame = gratuitous_arp([8, 0, 0x27, 0x17, 0x29, 0xf3], Ipv4Addr::new(192, 168, 56, 10));
        let expected: [u8; 42] = [
            0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x08, 0x00, 0x27, 0x17, 0x29, 0xf3, 0x08, 0x06, 0x00, 0x01, 0x08, 0x00,
            0x06, 0x04, 0x00, 0x01, 0x08, 0x00, 0x27, 0x17, 0x29, 0xf3, 0xc0, 0xa8, 0x38, 0x0a, 0xff, 0xff, 0xff, 0xff,
            0xff, 0xff, 0xc0, 0xa8, 0x38, 0x0a,
        ];
        assert_eq!(frame, expected);
    }

    #[test]
    fn neighbour_advertisement_equals_the_originals_bytes() {
        let frame =
            neighbour_advertisement([0x9a, 0x16, 0x79, 0x51, 0x36, 0xa3], "fe80::53".parse().expect("an address"));
        let expected: [u8; 86] = [
            0x33, 0x33, 0x00, 0x00, 0x00, 0x01, 0x9a, 0x16, 0x79, 0x51, 0x36, 0xa3, 0x86, 0xdd, 0x60, 0x00, 0x00, 0x00,
            0x00, 0x20, 0x3a, 0xff, 0xfe, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
            0x00, 0x53, 0xff, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01,
            0x88, 0x00, 0x0e, 0xed, 0x20, 0x00, 0x00, 0x00, 0xfe, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
            0x00, 0x00, 0x00, 0x00, 0x00, 0x53, 0x02, 0x01, 0x9a, 0x16, 0x79, 0x51, 0x36, 0xa3,
        ];
        assert_eq!(frame, expected);
    }
}
