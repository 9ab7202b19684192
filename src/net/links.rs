//! Interfaces and their addresses: a first look, then every change as the kernel tells it.

use std::{collections::BTreeMap, io, net::IpAddr};

use futures_util::{StreamExt as _, TryStreamExt as _};
use netlink_packet_route::{
    RouteNetlinkMessage,
    address::{AddressAttribute, AddressMessage},
    link::{LinkAttribute, LinkFlags, LinkMessage},
};
use nix::sys::socket::{setsockopt, sockopt};
use rtnetlink::{
    Handle, MulticastGroup,
    packet_core::NetlinkPayload,
    sys::{AsyncSocket as _, Socket},
};
use tokio::sync::mpsc;

use super::routing;
use crate::{
    ir::failover::{Family, global::Buffer},
    vrrp::input::Link,
};

/// What changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// An interface as it now is.
    Link(Link),
    Gone(String),
    /// An address left an interface; whether by us is not known here.
    Removed {
        interface: String,
        ip: IpAddr,
    },
    /// A rule that bears our mark left the kernel's tables; whether by us is not known here.
    RuleRemoved {
        family: Family,
        preference: u32,
    },
    /// A route that bears our mark left the kernel's tables; whether by us is not known here.
    RouteRemoved {
        table: u32,
        to: (IpAddr, u8),
    },
}

/// Everything known of interfaces, kept up to date by the kernel's messages.
#[derive(Debug, Default)]
struct Table(BTreeMap<u32, Link>);

/// Asks the kernel for everything, then goes on listening. Must run inside a `LocalSet`.
///
/// Returns the first look, the changes after it, and a handle for requests.
///
/// # Errors
/// No netlink socket, or the kernel refuses to list.
pub async fn watch(
    requested: Buffer,
    told: Buffer,
) -> io::Result<(Vec<Link>, mpsc::UnboundedReceiver<Change>, Handle)> {
    let groups = [
        MulticastGroup::Link,
        MulticastGroup::Ipv4Ifaddr,
        MulticastGroup::Ipv6Ifaddr,
        MulticastGroup::Ipv4Route,
        MulticastGroup::Ipv6Route,
        MulticastGroup::Ipv4Rule,
        MulticastGroup::Ipv6Rule,
    ];
    let (mut monitor, _, mut messages) = rtnetlink::new_multicast_connection(&groups)?;
    size(monitor.socket_mut().socket_mut(), told)?;
    tokio::task::spawn_local(monitor);
    // Requests have a socket of their own, so that their answers never wait behind a burst of messages.
    let (mut requests, handle, _) = rtnetlink::new_connection()?;
    size(requests.socket_mut().socket_mut(), requested)?;
    tokio::task::spawn_local(requests);
    let mut table = Table::default();
    table.fill(&handle).await.map_err(io::Error::other)?;
    let first = table.0.values().cloned().collect();
    let (sender, receiver) = mpsc::unbounded_channel();
    let again = handle.clone();
    tokio::task::spawn_local(async move {
        while let Some((message, _)) = messages.next().await {
            let changes = match message.payload {
                NetlinkPayload::InnerMessage(message) => table.apply(message),
                // Messages were lost: only a new look tells what is true now.
                NetlinkPayload::Overrun(_) => table.renew(&again).await,
                _ => continue,
            };
            for change in changes {
                if sender.send(change).is_err() {
                    return;
                }
            }
        }
    });
    Ok((first, receiver, handle))
}

/// Sets how much the kernel may keep for a socket. Less than asked for is no reason not to start.
fn size(socket: &Socket, buffer: Buffer) -> io::Result<()> {
    let Some(bytes) = buffer.bytes.filter(|bytes| *bytes > 0) else { return Ok(()) };
    if !buffer.force || setsockopt(socket, sockopt::RcvBufForce, &bytes).is_err() {
        setsockopt(socket, sockopt::RcvBuf, &bytes)?;
    }
    Ok(())
}

/// Every interface as it is now.
///
/// # Errors
/// The kernel refuses to list.
pub async fn look(handle: &Handle) -> io::Result<Vec<Link>> {
    let mut table = Table::default();
    table.fill(handle).await.map_err(io::Error::other)?;
    Ok(table.0.into_values().collect())
}

/// Whether an interface really has an address now.
pub async fn has_address(handle: &Handle, index: u32, ip: IpAddr) -> bool {
    let mut answers = handle.address().get().set_link_index_filter(index).execute();
    while let Ok(Some(message)) = answers.try_next().await {
        if message.header.index == index && address_of(&message) == Some(ip) {
            return true;
        }
    }
    false
}

impl Table {
    async fn fill(&mut self, handle: &Handle) -> Result<(), rtnetlink::Error> {
        let mut links = handle.link().get().execute();
        while let Some(message) = links.try_next().await? {
            self.link(&message);
        }
        let mut addresses = handle.address().get().execute();
        while let Some(message) = addresses.try_next().await? {
            self.add(&message);
        }
        Ok(())
    }

    /// Looks at everything anew, and tells the difference.
    async fn renew(&mut self, handle: &Handle) -> Vec<Change> {
        let mut fresh = Self::default();
        if fresh.fill(handle).await.is_err() {
            return Vec::new();
        }
        let old = std::mem::replace(&mut self.0, fresh.0);
        let gone =
            old.values().filter(|link| !self.0.contains_key(&link.index)).map(|link| Change::Gone(link.name.clone()));
        let changed = self.0.values().filter(|link| old.get(&link.index) != Some(link)).cloned().map(Change::Link);
        let removed = old.values().flat_map(|link| {
            let now = self.0.get(&link.index).map(|link| link.addresses.as_slice()).unwrap_or_default();
            let lost = link.addresses.iter().filter(|ip| !now.contains(ip));
            lost.map(|ip| Change::Removed { interface: link.name.clone(), ip: *ip })
        });
        gone.chain(changed).chain(removed).collect()
    }

    fn apply(&mut self, message: RouteNetlinkMessage) -> Vec<Change> {
        match message {
            RouteNetlinkMessage::NewLink(message) => self.link(&message),
            RouteNetlinkMessage::DelLink(message) => {
                // Bridges send these for their ports too; only one that leaves nothing behind is an interface gone.
                if message.header.interface_family != netlink_packet_route::AddressFamily::Unspec {
                    return Vec::new();
                }
                self.0.remove(&message.header.index).map(|link| Change::Gone(link.name)).into_iter().collect()
            }
            RouteNetlinkMessage::NewAddress(message) => self.add(&message),
            RouteNetlinkMessage::DelAddress(message) => self.remove(&message),
            RouteNetlinkMessage::DelRoute(message) => {
                routing::ours(&message).map(|(table, to)| Change::RouteRemoved { table, to }).into_iter().collect()
            }
            RouteNetlinkMessage::DelRule(message) => {
                let ours = routing::our_rule(&message);
                ours.map(|(family, preference)| Change::RuleRemoved { family, preference }).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    fn link(&mut self, message: &LinkMessage) -> Vec<Change> {
        let index = message.header.index;
        let entry = self.0.entry(index).or_insert_with(|| Link { index, ..Link::default() });
        let before = entry.clone();
        let flags = message.header.flags;
        entry.up = flags.contains(LinkFlags::Up) && flags.contains(LinkFlags::Running);
        for attribute in &message.attributes {
            match attribute {
                LinkAttribute::IfName(name) => entry.name.clone_from(name),
                LinkAttribute::Address(mac) => entry.mac = mac.as_slice().try_into().ok(),
                LinkAttribute::Mtu(mtu) => entry.mtu = *mtu,
                _ => {}
            }
        }
        if *entry == before { Vec::new() } else { vec![Change::Link(entry.clone())] }
    }

    fn add(&mut self, message: &AddressMessage) -> Vec<Change> {
        let Some(ip) = address_of(message) else { return Vec::new() };
        let Some(link) = self.0.get_mut(&message.header.index) else { return Vec::new() };
        if link.addresses.contains(&ip) {
            return Vec::new();
        }
        link.addresses.push(ip);
        vec![Change::Link(link.clone())]
    }

    fn remove(&mut self, message: &AddressMessage) -> Vec<Change> {
        let Some(ip) = address_of(message) else { return Vec::new() };
        let Some(link) = self.0.get_mut(&message.header.index) else { return Vec::new() };
        link.addresses.retain(|known| *known != ip);
        vec![Change::Link(link.clone()), Change::Removed { interface: link.name.clone(), ip }]
    }
}

/// The interface's own address: `Local` where there is a peer, else `Address`.
fn address_of(message: &AddressMessage) -> Option<IpAddr> {
    let local = message.attributes.iter().find_map(|attribute| match attribute {
        AddressAttribute::Local(ip) => Some(*ip),
        _ => None,
    });
    local.or_else(|| {
        message.attributes.iter().find_map(|attribute| match attribute {
            AddressAttribute::Address(ip) => Some(*ip),
            _ => None,
        })
    })
}
