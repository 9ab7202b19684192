//! The lab's network: one bridge, and a cable from it to every host's interface.

use futures_util::TryStreamExt as _;
use rtnetlink::{
    Handle, LinkBridge, LinkUnspec, LinkVeth, RouteMessageBuilder,
    packet_route::{link::BridgeStpState, route::RouteScope},
};
use std::{io, net::Ipv4Addr};

const BRIDGE: &str = "br0";

/// A connection to the kernel's routing tables of this network namespace.
pub fn connect() -> io::Result<Handle> {
    let (connection, handle, _) = rtnetlink::new_connection()?;
    tokio::spawn(connection);
    Ok(handle)
}

/// Makes the bridge: it forwards at once, and floods multicast as a plain switch does.
pub async fn bridge(links: &Handle) -> io::Result<()> {
    let bridge = LinkBridge::new(BRIDGE).stp_state(BridgeStpState::Disabled).forward_delay(0).mcast_snooping(false);
    links.link().add(bridge.up().build()).execute().await.map_err(io::Error::other)?;
    up(links, "lo").await
}

/// Lays a cable from the bridge to the network namespace of process `pid`, where its end is called `interface`.
pub async fn lay(links: &Handle, cable: &str, pid: u32, interface: &str, mac: [u8; 6]) -> io::Result<()> {
    let (here, there) = (format!("v-{cable}"), format!("p-{cable}"));
    let bridge = index_of(links, BRIDGE).await?;
    let set = |message| async move { links.link().set(message).execute().await.map_err(io::Error::other) };
    links.link().add(LinkVeth::new(&here, &there).build()).execute().await.map_err(io::Error::other)?;
    let here = LinkUnspec::new_with_index(index_of(links, &here).await?);
    set(here.controller(bridge).up().build()).await?;
    let there = LinkUnspec::new_with_index(index_of(links, &there).await?);
    set(there.name(interface).address(mac.to_vec()).setns_by_pid(pid).build()).await
}

/// Brings an interface of this namespace up.
pub async fn up(links: &Handle, interface: &str) -> io::Result<()> {
    let link = LinkUnspec::new_with_index(index_of(links, interface).await?).up().build();
    links.link().set(link).execute().await.map_err(io::Error::other)
}

/// Gives an interface of this namespace an address.
pub async fn address(links: &Handle, interface: &str, address: Ipv4Addr, prefix: u8) -> io::Result<()> {
    let index = index_of(links, interface).await?;
    links.address().add(index, address.into(), prefix).execute().await.map_err(io::Error::other)
}

/// Makes every address reachable on this cable, whatever network it is of: whoever holds it answers. Two halves, so that the
/// files' own default route, if they have one, is no second one.
pub async fn reach_everybody(links: &Handle, interface: &str) -> io::Result<()> {
    let index = index_of(links, interface).await?;
    for half in [Ipv4Addr::UNSPECIFIED, Ipv4Addr::new(128, 0, 0, 0)] {
        let route = RouteMessageBuilder::<Ipv4Addr>::new().destination_prefix(half, 1).output_interface(index);
        links.route().add(route.scope(RouteScope::Link).build()).execute().await.map_err(io::Error::other)?;
    }
    Ok(())
}

async fn index_of(links: &Handle, name: &str) -> io::Result<u32> {
    let found = links.link().get().match_name(name.to_owned()).execute().try_next().await.map_err(io::Error::other)?;
    found.map(|link| link.header.index).ok_or_else(|| io::Error::other(format!("no interface {name}")))
}
