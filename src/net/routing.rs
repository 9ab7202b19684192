//! Routes and rules: the messages for the kernel, and sending them.

use std::{
    collections::BTreeMap,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use futures_util::TryStreamExt as _;
use netlink_packet_route::{
    AddressFamily,
    route::{
        RouteAddress, RouteAttribute, RouteFlags, RouteMessage, RouteMetric, RouteNextHop, RouteNextHopFlags,
        RouteProtocol, RouteRealm, RouteScope, RouteType,
    },
    rule::{RuleAction, RuleAttribute, RuleMessage, RulePortRange, RuleUidRange},
};
use rtnetlink::{Handle, IpVersion, packet_core::DefaultNla};

use super::addresses::accept;
use crate::{
    ir::failover::{
        Family,
        routing::{Action, Metric, MetricKind, NextHop, PROTOCOL, Route, RouteKind, Routing, Rule},
    },
    vrrp::input::Link,
};

/// The number of the attribute that says that a rule looks into the table of the packet's VRF.
const FRA_L3MDEV: u16 = 19;

/// Interfaces by name; a route names its own by number.
pub type Links = BTreeMap<String, Link>;

/// Adds a route or a rule; one that is there already is fine.
///
/// # Errors
/// What the kernel answers, or an interface that is not there.
pub async fn add(handle: &Handle, links: &Links, entry: &Routing) -> io::Result<()> {
    match entry {
        Routing::Route(of) => {
            let message = route(of, links)?;
            accept(handle.route().add(message).replace().execute().await, libc::EEXIST)
        }
        Routing::Rule(of) => {
            let mut request = handle.rule().add();
            *request.message_mut() = rule(of);
            accept(request.execute().await, libc::EEXIST)
        }
    }
}

/// Removes a route or a rule; one that is not there is fine.
///
/// # Errors
/// What the kernel answers.
pub async fn delete(handle: &Handle, links: &Links, entry: &Routing) -> io::Result<()> {
    match entry {
        // With its interface it is gone already.
        Routing::Route(of) => match route(of, links) {
            Ok(message) => accept(handle.route().del(message).execute().await, libc::ESRCH),
            Err(_) => Ok(()),
        },
        Routing::Rule(of) => accept(handle.rule().del(rule(of)).execute().await, libc::ENOENT),
    }
}

/// Table and destination of a route that bears keepalived's mark.
#[must_use]
pub fn ours(message: &RouteMessage) -> Option<(u32, (IpAddr, u8))> {
    if message.header.protocol != RouteProtocol::from(PROTOCOL) {
        return None;
    }
    let everything = match message.header.address_family {
        AddressFamily::Inet => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        AddressFamily::Inet6 => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        _ => return None,
    };
    let (mut table, mut to) = (u32::from(message.header.table), everything);
    for attribute in &message.attributes {
        match attribute {
            RouteAttribute::Table(number) => table = *number,
            RouteAttribute::Destination(RouteAddress::Inet(ip)) => to = (*ip).into(),
            RouteAttribute::Destination(RouteAddress::Inet6(ip)) => to = (*ip).into(),
            _ => {}
        }
    }
    Some((table, (to, message.header.destination_prefix_length)))
}

/// Family and preference of a rule that bears keepalived's mark.
#[must_use]
pub fn our_rule(message: &RuleMessage) -> Option<(Family, u32)> {
    let family = match message.header.family {
        AddressFamily::Inet => Family::V4,
        AddressFamily::Inet6 => Family::V6,
        _ => return None,
    };
    let marked = |attribute: &RuleAttribute| *attribute == RuleAttribute::Protocol(RouteProtocol::from(PROTOCOL));
    let preference = message.attributes.iter().find_map(|attribute| match attribute {
        RuleAttribute::Priority(preference) => Some(*preference),
        _ => None,
    });
    message.attributes.iter().any(marked).then_some((family, preference.unwrap_or(0)))
}

/// Whether the kernel has such a rule of ours now.
pub async fn has_rule(handle: &Handle, of: Family, preference: u32) -> bool {
    let version = if of == Family::V4 { IpVersion::V4 } else { IpVersion::V6 };
    let mut answers = handle.rule().get(version).execute();
    while let Ok(Some(message)) = answers.try_next().await {
        if our_rule(&message) == Some((of, preference)) {
            return true;
        }
    }
    false
}

/// Whether the kernel has such a route of ours now.
pub async fn is_there(handle: &Handle, table: u32, to: (IpAddr, u8)) -> bool {
    let mut all = RouteMessage::default();
    all.header.address_family = family(Family::of(to.0));
    let mut answers = handle.route().get(all).execute();
    while let Ok(Some(message)) = answers.try_next().await {
        if ours(&message) == Some((table, to)) {
            return true;
        }
    }
    false
}

fn route(of: &Route, links: &Links) -> io::Result<RouteMessage> {
    let mut message = RouteMessage::default();
    let header = &mut message.header;
    header.address_family = family(of.family);
    header.destination_prefix_length = of.to.1;
    header.tos = of.tos;
    header.table = u8::try_from(of.table).unwrap_or(0);
    header.protocol = RouteProtocol::from(of.protocol);
    header.scope = RouteScope::from(of.scope.number());
    header.kind = kind(of.kind);
    header.flags.set(RouteFlags::Onlink, of.onlink);
    let attributes = &mut message.attributes;
    attributes.push(RouteAttribute::Table(of.table));
    if of.to.1 > 0 {
        attributes.push(RouteAttribute::Destination(address(of.to.0)));
    }
    attributes.extend(of.via.map(|ip| RouteAttribute::Gateway(address(ip))));
    attributes.extend(of.source.map(|ip| RouteAttribute::PrefSource(address(ip))));
    attributes.extend(of.metric.map(RouteAttribute::Priority));
    if let Some(device) = &of.device {
        attributes.push(RouteAttribute::Oif(index(device, links)?));
    }
    if !of.metrics.is_empty() || of.congestion.is_some() {
        attributes.push(RouteAttribute::Metrics(metrics(&of.metrics, of.congestion.as_ref())));
    }
    if let Some((ip, length)) = of.from {
        message.header.source_prefix_length = length;
        attributes.push(RouteAttribute::Source(address(ip)));
    }
    attributes.extend(of.realms.map(realm).map(RouteAttribute::Realm));
    attributes.extend(of.expires.map(RouteAttribute::Expires));
    attributes.extend(of.preference.map(|number| RouteAttribute::Preference(number.into())));
    attributes.extend(of.ttl_propagate.map(|on| RouteAttribute::TtlPropagate(u8::from(on).into())));
    if !of.next_hops.is_empty() {
        let hops = of.next_hops.iter().map(|hop| next_hop(hop, of.device.as_ref(), links));
        attributes.push(RouteAttribute::MultiPath(hops.collect::<io::Result<_>>()?));
    }
    Ok(message)
}

fn next_hop(of: &NextHop, default: Option<&String>, links: &Links) -> io::Result<RouteNextHop> {
    let mut hop = RouteNextHop::default();
    hop.hops = u8::try_from(of.weight.saturating_sub(1)).unwrap_or(u8::MAX);
    hop.flags.set(RouteNextHopFlags::Onlink, of.onlink);
    if let Some(device) = of.device.as_ref().or(default) {
        hop.interface_index = index(device, links)?;
    }
    hop.attributes.extend(of.via.map(|ip| RouteAttribute::Gateway(address(ip))));
    hop.attributes.extend(of.realms.map(realm).map(RouteAttribute::Realm));
    Ok(hop)
}

/// The bit that locks the algorithm of congestion control.
const LOCKED_CONGESTION: u32 = 1 << 16;

fn metrics(all: &[Metric], congestion: Option<&(String, bool)>) -> Vec<RouteMetric> {
    let algorithm = congestion.map(|(name, _)| RouteMetric::CcAlgo(name.clone()));
    let first = if congestion.is_some_and(|(_, locked)| *locked) { LOCKED_CONGESTION } else { 0 };
    let locked = all.iter().filter(|metric| metric.locked).fold(first, |bits, metric| bits | 1 << bit(metric.kind));
    let values = all.iter().map(|metric| {
        let value = metric.value;
        match metric.kind {
            MetricKind::Mtu => RouteMetric::Mtu(value),
            MetricKind::Window => RouteMetric::Window(value),
            MetricKind::SsThresh => RouteMetric::SsThresh(value),
            MetricKind::Cwnd => RouteMetric::Cwnd(value),
            MetricKind::Advmss => RouteMetric::Advmss(value),
            MetricKind::Reordering => RouteMetric::Reordering(value),
            MetricKind::Hoplimit => RouteMetric::Hoplimit(value),
            MetricKind::InitCwnd => RouteMetric::InitCwnd(value),
            MetricKind::InitRwnd => RouteMetric::InitRwnd(value),
            MetricKind::QuickAck => RouteMetric::QuickAck(value),
            MetricKind::FastopenNoCookie => RouteMetric::FastopenNoCookie(value),
            MetricKind::Rtt => RouteMetric::Rtt(value),
            MetricKind::RttVar => RouteMetric::RttVar(value),
            MetricKind::RtoMin => RouteMetric::RtoMin(value),
            MetricKind::Features => RouteMetric::Features(value),
        }
    });
    (locked != 0).then_some(RouteMetric::Lock(locked)).into_iter().chain(values).chain(algorithm).collect()
}

/// The kernel's number (`RTAX_*`), which is also the bit that locks.
fn bit(kind: MetricKind) -> u32 {
    match kind {
        MetricKind::Mtu => 2,
        MetricKind::Window => 3,
        MetricKind::SsThresh => 6,
        MetricKind::Cwnd => 7,
        MetricKind::Advmss => 8,
        MetricKind::Reordering => 9,
        MetricKind::Hoplimit => 10,
        MetricKind::InitCwnd => 11,
        MetricKind::InitRwnd => 14,
        MetricKind::QuickAck => 15,
        MetricKind::FastopenNoCookie => 17,
        MetricKind::Rtt => 4,
        MetricKind::RttVar => 5,
        MetricKind::RtoMin => 13,
        MetricKind::Features => 12,
    }
}

fn kind(of: RouteKind) -> RouteType {
    match of {
        RouteKind::Unicast => RouteType::Unicast,
        RouteKind::Local => RouteType::Local,
        RouteKind::Broadcast => RouteType::Broadcast,
        RouteKind::Anycast => RouteType::Anycast,
        RouteKind::Multicast => RouteType::Multicast,
        RouteKind::Blackhole => RouteType::BlackHole,
        RouteKind::Unreachable => RouteType::Unreachable,
        RouteKind::Prohibit => RouteType::Prohibit,
        RouteKind::Throw => RouteType::Throw,
    }
}

fn rule(of: &Rule) -> RuleMessage {
    let mut message = RuleMessage::default();
    message.header.family = family(of.family);
    message.header.tos = of.tos;
    let attributes = &mut message.attributes;
    let (action, table) = match of.action {
        Action::Table(table) => (RuleAction::ToTable, table),
        Action::Blackhole => (RuleAction::Blackhole, 0),
        Action::Unreachable => (RuleAction::Unreachable, 0),
        Action::Prohibit => (RuleAction::Prohibit, 0),
        Action::Nop => (RuleAction::Nop, 0),
        Action::Vrf => {
            attributes.push(RuleAttribute::Other(DefaultNla::new(FRA_L3MDEV, vec![1])));
            (RuleAction::ToTable, 0)
        }
        Action::Goto(preference) => {
            attributes.push(RuleAttribute::Goto(preference));
            (RuleAction::Goto, 0)
        }
    };
    message.header.action = action;
    message.header.table = u8::try_from(table).unwrap_or(0);
    attributes.push(RuleAttribute::Table(table));
    attributes.push(RuleAttribute::Priority(of.preference));
    attributes.push(RuleAttribute::Protocol(RouteProtocol::from(of.protocol)));
    if let Some((ip, length)) = of.from {
        message.header.src_len = length;
        attributes.push(RuleAttribute::Source(ip));
    }
    if let Some((ip, length)) = of.to {
        message.header.dst_len = length;
        attributes.push(RuleAttribute::Destination(ip));
    }
    if let Some((mark, mask)) = of.mark {
        attributes.extend([RuleAttribute::FwMark(mark), RuleAttribute::FwMask(mask)]);
    }
    attributes.extend(of.input.clone().map(RuleAttribute::Iifname));
    attributes.extend(of.output.clone().map(RuleAttribute::Oifname));
    attributes.extend(of.suppress_prefix.map(RuleAttribute::SuppressPrefixLen));
    attributes.extend(of.users.map(|(start, end)| RuleAttribute::UidRange(RuleUidRange { start, end })));
    attributes.extend(of.suppress_group.map(RuleAttribute::SuppressIfGroup));
    attributes.extend(of.ip_protocol.map(|number| RuleAttribute::IpProtocol(i32::from(number).into())));
    let ports = |(start, end)| RulePortRange { start, end };
    attributes.extend(of.source_ports.map(ports).map(RuleAttribute::SourcePortRange));
    attributes.extend(of.destination_ports.map(ports).map(RuleAttribute::DestinationPortRange));
    attributes.extend(of.realms.map(realm).map(RuleAttribute::Realm));
    attributes.extend(of.tunnel.map(RuleAttribute::TunId));
    message
}

fn realm((source, destination): (u16, u16)) -> RouteRealm {
    RouteRealm { source, destination }
}

fn family(of: Family) -> AddressFamily {
    match of {
        Family::V4 => AddressFamily::Inet,
        Family::V6 => AddressFamily::Inet6,
    }
}

fn address(ip: IpAddr) -> RouteAddress {
    match ip {
        IpAddr::V4(ip) => RouteAddress::Inet(ip),
        IpAddr::V6(ip) => RouteAddress::Inet6(ip),
    }
}

fn index(device: &str, links: &Links) -> io::Result<u32> {
    let missing = || io::Error::new(io::ErrorKind::NotFound, format!("interface {device} is not there"));
    links.get(device).map(|link| link.index).ok_or_else(missing)
}
