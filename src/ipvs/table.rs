//! The kernel's table as data: services, their destinations, and what can be changed.

use std::net::IpAddr;

use crate::ir::failover::{Family, Forwarding, Protocol, lvs::Timeouts, virtual_server::ServiceFlags};

/// What tells a service from all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ServiceKey {
    Address { protocol: Protocol, address: IpAddr, port: u16 },
    Mark { mark: u32, family: Family },
}

impl ServiceKey {
    /// The family of the service's own packets.
    #[must_use]
    pub fn family(&self) -> Family {
        match *self {
            Self::Address { address, .. } => Family::of(address),
            Self::Mark { family, .. } => family,
        }
    }
}

/// A virtual service (ip_vs_service_user).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    pub key: ServiceKey,
    pub scheduler: String,
    pub flags: ServiceFlags,
    /// Seconds of persistence; none when 0.
    pub timeout: u32,
    /// Leading bits of clients that count as one.
    pub prefix: u8,
    pub engine: Option<String>,
}

/// A real server of a service (ip_vs_dest_user).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Destination {
    pub address: IpAddr,
    pub port: u16,
    pub forwarding: Forwarding,
    pub weight: u32,
    pub upper_threshold: u32,
    pub lower_threshold: u32,
}

/// One command to the kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    AddService(Service),
    EditService(Service),
    DeleteService(ServiceKey),
    AddDestination(ServiceKey, Destination),
    EditDestination(ServiceKey, Destination),
    DeleteDestination(ServiceKey, Destination),
    /// Everything goes.
    Flush,
    /// All counters begin anew.
    Zero,
    Timeouts(Timeouts),
    StartDaemon(Daemon),
    StopDaemon {
        master: bool,
        id: u32,
    },
}

/// The daemon that tells connections to other directors, or hears of theirs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Daemon {
    /// It tells; else it listens.
    pub master: bool,
    pub interface: String,
    pub id: u32,
    pub max_length: Option<u16>,
    pub group: Option<IpAddr>,
    pub port: Option<u16>,
    pub ttl: Option<u8>,
}
