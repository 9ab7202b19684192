//! Routes and rules that move with a router, or are added at start, as rtnetlink will be told of them (ip-route(8), ip-rule(8)).

use std::net::IpAddr;

use super::{Family, address::Scope};
use crate::text::source::Span;

/// The kernel's number of who made a route: keepalived.
pub const PROTOCOL: u8 = 18;
/// The table that routes go to unless they name one.
pub const MAIN: u32 = 254;

/// An entry of `virtual_routes`, `virtual_rules` or their static likes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Routing {
    Route(Route),
    Rule(Rule),
}

/// One route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub kind: RouteKind,
    pub family: Family,
    /// Where to, with the prefix length; everything for `default`.
    pub to: (IpAddr, u8),
    pub via: Option<IpAddr>,
    pub device: Option<String>,
    /// The address that packets of this host leave with.
    pub source: Option<IpAddr>,
    pub table: u32,
    pub scope: Scope,
    pub protocol: u8,
    /// Which of several routes to the same place is taken: the lowest.
    pub metric: Option<u32>,
    pub tos: u8,
    /// The gateway is on the link, whatever the addresses say.
    pub onlink: bool,
    pub metrics: Vec<Metric>,
    /// Algorithm of congestion control, and whether the kernel is kept from changing it.
    pub congestion: Option<(String, bool)>,
    /// Only for packets from here; IPv6 only.
    pub from: Option<(IpAddr, u8)>,
    /// Realms of source and destination.
    pub realms: Option<(u16, u16)>,
    /// Seconds after which the kernel forgets it; IPv6 only.
    pub expires: Option<u32>,
    /// Among routers of the same metric (RFC 4191), as the kernel numbers that; IPv6 only.
    pub preference: Option<u8>,
    /// The time to live goes on into the tunnel.
    pub ttl_propagate: Option<bool>,
    pub next_hops: Vec<NextHop>,
    /// Its loss is something to react to.
    pub tracked: bool,
    /// Static: the group of routers that depend on it.
    pub track_group: Option<String>,
    pub at: Span,
}

/// What is done with packets that match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RouteKind {
    Unicast,
    Local,
    Broadcast,
    Anycast,
    Multicast,
    Blackhole,
    Unreachable,
    Prohibit,
    Throw,
}

/// A property of connections over a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    pub kind: MetricKind,
    pub value: u32,
    /// The kernel does not change it by itself.
    pub locked: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricKind {
    Mtu,
    Window,
    SsThresh,
    Cwnd,
    Advmss,
    Reordering,
    Hoplimit,
    InitCwnd,
    InitRwnd,
    QuickAck,
    FastopenNoCookie,
    /// An eighth of a millisecond.
    Rtt,
    /// A quarter of a millisecond.
    RttVar,
    /// Milliseconds.
    RtoMin,
    /// `RTAX_FEATURE_*`.
    Features,
}

/// One of several gateways.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NextHop {
    pub via: Option<IpAddr>,
    pub device: Option<String>,
    /// 1 to 256.
    pub weight: u16,
    pub onlink: bool,
    pub realms: Option<(u16, u16)>,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    pub family: Family,
    pub from: Option<(IpAddr, u8)>,
    pub to: Option<(IpAddr, u8)>,
    pub action: Action,
    /// Rules are tried from the lowest up.
    pub preference: u32,
    pub tos: u8,
    pub mark: Option<(u32, u32)>,
    pub input: Option<String>,
    pub output: Option<String>,
    /// Routes with no longer a prefix than this do not count.
    pub suppress_prefix: Option<u32>,
    pub users: Option<(u32, u32)>,
    /// Routes out of interfaces of this group do not count.
    pub suppress_group: Option<u32>,
    /// Number of the protocol of packets.
    pub ip_protocol: Option<u8>,
    pub source_ports: Option<(u16, u16)>,
    pub destination_ports: Option<(u16, u16)>,
    /// Realms of source and destination.
    pub realms: Option<(u16, u16)>,
    /// Identifier of the tunnel that packets came by.
    pub tunnel: Option<u64>,
    /// Who made it, as the kernel numbers that.
    pub protocol: u8,
    pub tracked: bool,
    pub track_group: Option<String>,
    pub at: Span,
}

/// What follows when a rule matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Table(u32),
    Blackhole,
    Unreachable,
    Prohibit,
    Goto(u32),
    Nop,
    /// The table of the VRF that the packet is in.
    Vrf,
}

impl Routing {
    /// The group of routers that depend on it, if it is static.
    #[must_use]
    pub fn track_group(&self) -> Option<&String> {
        match self {
            Self::Route(route) => route.track_group.as_ref(),
            Self::Rule(rule) => rule.track_group.as_ref(),
        }
    }

    /// Whether two entries are the same to the kernel; where they were written does not matter.
    #[must_use]
    pub fn same_as(&self, other: &Self) -> bool {
        let bare = |entry: &Self| {
            let mut entry = entry.clone();
            match &mut entry {
                Self::Route(route) => route.at = Span::default(),
                Self::Rule(rule) => rule.at = Span::default(),
            }
            entry
        };
        bare(self) == bare(other)
    }
}

impl std::fmt::Display for Routing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let prefix =
            |of: &Option<(IpAddr, u8)>| of.map_or_else(|| "all".into(), |(ip, length)| format!("{ip}/{length}"));
        match self {
            Self::Route(route) => write!(f, "route to {}/{}", route.to.0, route.to.1),
            Self::Rule(rule) => {
                write!(f, "rule {} from {} to {}", rule.preference, prefix(&rule.from), prefix(&rule.to))
            }
        }
    }
}
