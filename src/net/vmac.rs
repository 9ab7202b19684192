//! Interfaces of the routers' own on top of others (macvlan, ipvlan): made, made fit for their work, and removed.

use std::{fs, io, time::Duration};

use futures_util::TryStreamExt as _;
use netlink_packet_route::link::{
    InfoKind, IpVlanFlags, IpVlanMode, LinkAttribute, LinkFlags, LinkInfo, LinkMessage, MacVlanMode,
};
use rtnetlink::{Handle, LinkGetRequest, LinkIpVlan, LinkMacVlan, LinkUnspec};

use super::addresses::accept;
use crate::ir::failover::{
    Family, VirtualLink,
    vmac::{Among, Kind},
};

/// How long a new interface may take until it carries packets.
const PATIENCE: Duration = Duration::from_secs(1);

/// Makes the interface on top of `base` and sets it up, unless it is there already. Whether it was made.
///
/// `with_v6`: addresses of IPv6 will be put on it.
///
/// # Errors
/// What the kernel answers.
pub async fn make(handle: &Handle, link: &VirtualLink, base: u32, with_v6: bool) -> io::Result<bool> {
    let there = nix::net::if_::if_nametoindex(link.name.as_str()).is_ok();
    if there && !is_as_wanted(handle, link).await {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    if !there {
        accept(handle.link().add(message(link, base)).execute().await, 0)?;
    }
    if link.is_macvlan() {
        fit(link);
    }
    if !with_v6 {
        set(&format!("ipv6/conf/{}/disable_ipv6", link.name), "1");
    }
    accept(handle.link().change(LinkUnspec::new_with_name(&link.name).up().build()).execute().await, 0)?;
    carrying(handle, &link.name, base).await;
    Ok(!there)
}

/// Whether an interface that is there could have been made here.
async fn is_as_wanted(handle: &Handle, link: &VirtualLink) -> bool {
    let kind = if link.is_macvlan() { InfoKind::MacVlan } else { InfoKind::IpVlan };
    let found = handle.link().get().match_name(link.name.clone()).execute().try_next().await.ok().flatten();
    let is_it = |info: &LinkInfo| matches!(info, LinkInfo::Kind(found) if *found == kind);
    found.is_some_and(|message| {
        message.attributes.iter().any(|one| matches!(one, LinkAttribute::LinkInfo(infos) if infos.iter().any(is_it)))
    })
}

fn message(link: &VirtualLink, base: u32) -> LinkMessage {
    match &link.kind {
        Kind::Macvlan { mac } => LinkMacVlan::new(&link.name, base, MacVlanMode::Private).address(mac.to_vec()).build(),
        Kind::Ipvlan { among, .. } => {
            let flags = match among {
                Among::Bridge => IpVlanFlags::empty(),
                Among::Private => IpVlanFlags::Private,
                Among::Vepa => IpVlanFlags::Vepa,
            };
            LinkIpVlan::new(&link.name, base, IpVlanMode::L2).flag(flags).build()
        }
    }
}

/// An interface with a MAC address of its own has no addresses but those that it is made for.
fn fit(link: &VirtualLink) {
    // Packets to an address of this host arrive here though another interface has the route back.
    let switches = [("accept_local", "1"), ("arp_ignore", "1"), ("rp_filter", "0"), ("promote_secondaries", "1")];
    for (switch, value) in switches.into_iter().filter(|_| link.family == Family::V4) {
        set(&format!("ipv4/conf/{}/{switch}", link.name), value);
    }
    set(&format!("ipv6/conf/{}/addr_gen_mode", link.name), "1");
}

/// Waits until the interface carries packets, if the one below does.
async fn carrying(handle: &Handle, name: &str, base: u32) {
    let mut left = PATIENCE;
    let step = Duration::from_millis(5);
    while runs(handle.link().get().match_index(base)).await
        && !runs(handle.link().get().match_name(name.to_owned())).await
        && !left.is_zero()
    {
        tokio::time::sleep(step).await;
        left = left.saturating_sub(step);
    }
}

async fn runs(request: LinkGetRequest) -> bool {
    let found = request.execute().try_next().await.ok().flatten();
    found.is_some_and(|message| message.header.flags.contains(LinkFlags::Running))
}

fn set(path: &str, value: &str) {
    // A kernel without the switch does not need it set.
    let _ = fs::write(format!("/proc/sys/net/{path}"), value);
}

/// Removes an interface.
///
/// # Errors
/// What the kernel answers.
pub async fn remove(handle: &Handle, index: u32) -> io::Result<()> {
    accept(handle.link().del(index).execute().await, libc::ENODEV)
}
