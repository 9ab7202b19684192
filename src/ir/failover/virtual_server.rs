//! Virtual services that the kernel balances (IPVS), and the real servers behind them (`virtual_server`).

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use super::{Checker, Command, Family};
use crate::text::source::Span;

/// One virtual service, or several of one group that share their real servers.
#[derive(Debug, Clone, PartialEq)]
pub struct VirtualServer {
    pub target: Target,
    pub at: Span,
    /// Of clients: of its address; of a service with a mark, `ip_family`, that of its real servers that are not tunnelled, that of
    /// all of them, else IPv4. Addresses and marks of a group may have another one each.
    pub family: Family,
    /// Without meaning for marks.
    pub protocol: Protocol,
    /// `wlc` and its like, as the kernel calls it.
    pub scheduler: &'static str,
    pub flags: ServiceFlags,
    pub persistence: Option<Persistence>,
    /// Of real servers that say nothing else.
    pub forwarding: Forwarding,
    /// No checks, and no service, while its address is on no interface.
    pub ha_suspend: bool,
    /// Gains and losses of the quorum are told by mail.
    pub smtp_alert: bool,
    /// Label of the statistics; nothing else reads it.
    pub snmp_name: Option<String>,
    /// Real servers begin as down.
    pub alpha: bool,
    /// When the daemon stops, `notify_down` and `quorum_down` are run.
    pub omega: bool,
    /// The least weight of all live servers together, at least 1.
    pub quorum: u32,
    /// How much more than the quorum is needed to gain it, how much less to lose it.
    pub hysteresis: u32,
    pub quorum_up: Option<Command>,
    pub quorum_down: Option<Command>,
    pub sorry_server: Option<SorryServer>,
    pub real_servers: Vec<RealServer>,
}

/// What clients speak to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// Port 0 stands for every port.
    Address { address: IpAddr, port: u16 },
    /// Packets with this mark of the firewall.
    Mark(u32),
    /// A [`VirtualServerGroup`] by name.
    Group(String),
}

/// `virtual_server_group`: several services with the same real servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VirtualServerGroup {
    pub name: String,
    pub at: Span,
    pub ranges: Vec<AddressRange>,
    pub marks: Vec<Mark>,
}

/// Addresses in a row, each a service of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressRange {
    pub first: IpAddr,
    /// How many more follow the first, counting up by one.
    pub more: u32,
    /// 0 stands for every port.
    pub port: u16,
}

impl AddressRange {
    /// The last address.
    #[must_use]
    pub fn last(&self) -> IpAddr {
        match self.first {
            IpAddr::V4(first) => Ipv4Addr::from(u32::from(first).wrapping_add(self.more)).into(),
            IpAddr::V6(first) => Ipv6Addr::from(u128::from(first).wrapping_add(self.more.into())).into(),
        }
    }
}

/// A mark of the firewall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    pub mark: u32,
    /// The family of its packets; that of the real servers when `None`.
    pub family: Option<Family>,
}

/// The protocol of a service's connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    Tcp,
    Udp,
    Sctp,
}

impl Protocol {
    /// As IPPROTO_* numbers it.
    #[must_use]
    pub fn number(self) -> u16 {
        match self {
            Self::Tcp => 6,
            Self::Udp => 17,
            Self::Sctp => 132,
        }
    }

    /// As log lines write it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Sctp => "sctp",
        }
    }
}

/// IP_VS_SVC_F_* that a configuration can set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ServiceFlags {
    /// Each datagram is scheduled by itself (`ops`).
    pub one_packet: bool,
    /// `flag-1` to `flag-3`: what they mean is the scheduler's business (`sh-fallback`, `sh-port`, `mh-port`, ...).
    pub scheduler: [bool; 3],
    /// `hashed`.
    pub hashed: bool,
}

/// Clients that come back to the server they had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Persistence {
    pub timeout: Duration,
    /// Clients that share so many leading bits count as one: up to 32 of IPv4, up to 128 of IPv6.
    pub prefix: u8,
    /// `sip`.
    pub engine: Option<String>,
}

/// How packets reach a real server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forwarding {
    /// Address translation.
    Nat,
    /// Direct routing.
    Direct,
    Tunnel(Tunnel),
}

/// The envelope of tunnelled packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tunnel {
    pub kind: TunnelKind,
    pub checksum: TunnelChecksum,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TunnelKind {
    IpIp,
    /// Generic UDP encapsulation to this port.
    Gue(u16),
    Gre,
}

/// IP_VS_TUNNEL_ENCAP_FLAG_*.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TunnelChecksum {
    #[default]
    None,
    Full,
    Remote,
}

/// Who answers while there is no quorum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SorryServer {
    pub address: IpAddr,
    pub port: u16,
    pub forwarding: Forwarding,
    /// While it is not needed it stays in the kernel's table with weight 0.
    pub inhibit: bool,
}

/// One server behind a virtual service.
#[derive(Debug, Clone, PartialEq)]
pub struct RealServer {
    pub address: IpAddr,
    /// The service's when 0.
    pub port: u16,
    pub at: Span,
    /// 0 to 65535; 0 gets no new connections.
    pub weight: u32,
    pub forwarding: Forwarding,
    /// Connections beyond which it gets no new ones; 0 for no limit.
    pub upper_threshold: u32,
    /// Connections below which it gets new ones again.
    pub lower_threshold: u32,
    /// While down it stays in the kernel's table with weight 0.
    pub inhibit_on_failure: bool,
    pub notify_up: Option<Command>,
    pub notify_down: Option<Command>,
    pub alpha: bool,
    pub smtp_alert: bool,
    pub snmp_name: Option<String>,
    /// It is up while all of them say so.
    pub checkers: Vec<Checker>,
}

/// Which checker of a configuration: positions in [`super::Failover::virtual_servers`], [`VirtualServer::real_servers`] and
/// [`RealServer::checkers`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CheckerId {
    pub virtual_server: usize,
    pub real_server: usize,
    pub checker: usize,
}

impl fmt::Display for Protocol {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.word())
    }
}
