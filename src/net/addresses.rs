//! Addresses on interfaces: the message for the kernel, and sending it.

use std::{
    io,
    net::{IpAddr, Ipv4Addr},
};

use netlink_packet_route::{
    AddressFamily,
    address::{AddressAttribute, AddressFlags, AddressHeaderFlags, AddressMessage, CacheInfo},
};
use rtnetlink::Handle;

use crate::ir::failover::{Address, address::Broadcast};

/// Adds an address; one that is there already is fine.
///
/// # Errors
/// What the kernel answers.
pub async fn add(handle: &Handle, index: u32, address: &Address) -> io::Result<()> {
    let mut request = handle.address().add(index, address.ip, address.prefix).replace();
    *request.message_mut() = message(index, address);
    accept(request.execute().await, libc::EEXIST)
}

/// Removes an address; one that is not there is fine.
///
/// # Errors
/// What the kernel answers.
pub async fn delete(handle: &Handle, index: u32, address: &Address) -> io::Result<()> {
    // Only what identifies the address: flags and lifetimes may have been changed since.
    let bare = Address { label: None, broadcast: None, preferred_lifetime: None, ..address.clone() };
    accept(handle.address().del(message(index, &bare)).execute().await, libc::EADDRNOTAVAIL)
}

pub(super) fn accept(result: Result<(), rtnetlink::Error>, harmless: i32) -> io::Result<()> {
    match result {
        Err(rtnetlink::Error::NetlinkError(error)) => match error.code.map_or(0, |code| -code.get()) {
            code if code == harmless => Ok(()),
            code => Err(io::Error::from_raw_os_error(code)),
        },
        Err(error) => Err(io::Error::other(error)),
        Ok(()) => Ok(()),
    }
}

fn message(index: u32, address: &Address) -> AddressMessage {
    let mut message = AddressMessage::default();
    message.header.index = index;
    message.header.prefix_len = address.prefix;
    message.header.scope = address.scope.number().into();
    message.header.family = if address.ip.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 };
    let attributes = &mut message.attributes;
    attributes.push(AddressAttribute::Local(address.ip));
    match address.peer {
        Some((peer, prefix)) => {
            attributes.push(AddressAttribute::Address(peer));
            message.header.prefix_len = prefix;
        }
        None => attributes.push(AddressAttribute::Address(address.ip)),
    }
    if let IpAddr::V4(ip) = address.ip {
        if let Some(broadcast) = broadcast(address.broadcast, ip, address.prefix) {
            attributes.push(AddressAttribute::Broadcast(broadcast));
        }
        if let Some(label) = &address.label {
            attributes.push(AddressAttribute::Label(label.0.clone()));
        }
    } else {
        let flags = flags_v6(address);
        message.header.flags |= AddressHeaderFlags::from_bits_retain(flags.bits() as u8);
        attributes.push(AddressAttribute::Flags(flags));
        lifetimes(address, attributes);
    }
    if address.ip.is_ipv4() {
        let flags = common_flags(address);
        if !flags.is_empty() {
            attributes.push(AddressAttribute::Flags(flags));
        }
    }
    message
}

/// A host address of IPv6 is never the source of connections of its own unless its file says how long it is preferred.
fn lifetimes(address: &Address, attributes: &mut Vec<AddressAttribute>) {
    let preferred = match address.preferred_lifetime {
        Some(seconds) => seconds,
        None if address.prefix == 128 && address.peer.is_none() => 0,
        None => return,
    };
    let mut info = CacheInfo::default();
    info.ifa_preferred = preferred;
    info.ifa_valid = u32::MAX;
    attributes.push(AddressAttribute::CacheInfo(info));
}

fn common_flags(address: &Address) -> AddressFlags {
    let mut flags = AddressFlags::empty();
    flags.set(AddressFlags::Noprefixroute, address.no_prefix_route);
    flags.set(AddressFlags::Mcautojoin, address.auto_join);
    flags
}

/// An address that moves cannot wait for duplicate detection: its last holder may still answer.
fn flags_v6(address: &Address) -> AddressFlags {
    let mut flags = common_flags(address) | AddressFlags::Nodad;
    flags.set(AddressFlags::Homeaddress, address.home);
    flags.set(AddressFlags::Managetempaddr, address.manage_temporary);
    flags
}

fn broadcast(written: Option<Broadcast>, ip: Ipv4Addr, prefix: u8) -> Option<Ipv4Addr> {
    let host = u32::MAX.checked_shr(prefix.into()).unwrap_or(0);
    match written? {
        Broadcast::Is(IpAddr::V4(address)) => Some(address),
        Broadcast::Is(IpAddr::V6(_)) => None,
        Broadcast::HostBitsSet => Some(Ipv4Addr::from(u32::from(ip) | host)),
        Broadcast::HostBitsClear => Some(Ipv4Addr::from(u32::from(ip) & !host)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broadcast_is_made_of_the_host_bits() {
        let ip = Ipv4Addr::new(192, 0, 2, 1);
        assert_eq!(broadcast(Some(Broadcast::HostBitsSet), ip, 24), Some(Ipv4Addr::new(192, 0, 2, 255)));
        assert_eq!(broadcast(Some(Broadcast::HostBitsClear), ip, 24), Some(Ipv4Addr::new(192, 0, 2, 0)));
        assert_eq!(broadcast(Some(Broadcast::HostBitsSet), ip, 32), Some(ip));
        assert_eq!(broadcast(None, ip, 24), None);
    }
}
