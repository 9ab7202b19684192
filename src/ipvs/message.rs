//! What is said to the kernel about IPVS and what it answers: generic netlink, family `IPVS`, version 1 (linux/ip_vs.h).
//!
//! * [`encode`]: a [`Change`](super::Change) or a [`Question`] becomes one message
//! * [`decode`]: bytes from the socket become [`Answer`]s
//! * [`attributes`]: the numbers, and attributes within attributes
//!
//! The kernel gives the family another number at every boot: whoever sends asks for it first, by [`FAMILY`].

mod attributes;
mod decode;
mod encode;

use std::net::IpAddr;

use netlink_packet_core::{DecodeError, Emitable, ParseableParametrized};
use netlink_packet_generic::{GenlFamily, GenlHeader};

pub use self::{
    decode::answers,
    encode::{change, question},
};
use super::table::{Daemon, Service, ServiceKey};
use crate::ir::failover::{Forwarding, lvs::Timeouts};

/// The family's name.
pub const FAMILY: &str = "IPVS";

const VERSION: u8 = 1;

/// What can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    Info,
    Services,
    Destinations(ServiceKey),
    Daemons,
    Timeouts,
}

/// One message of the kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Info(Info),
    Service(ServiceEntry),
    Destination(DestinationEntry),
    Daemon(Daemon),
    Timeouts(Timeouts),
    /// The last of a list.
    Done,
    /// A request was carried out, or refused with an error number.
    Acknowledged(Option<i32>),
}

/// The kernel's IPVS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Info {
    /// Such as 1.2.1.
    pub version: (u8, u8, u8),
    /// Slots of the table of connections.
    pub connection_table_size: u32,
}

/// A service, as the kernel has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceEntry {
    pub service: Service,
    pub stats: Stats,
}

/// A destination, as the kernel has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DestinationEntry {
    pub address: IpAddr,
    pub port: u16,
    /// `None` for this host itself: the kernel then forgets what was asked for.
    pub forwarding: Option<Forwarding>,
    pub weight: u32,
    pub upper_threshold: u32,
    pub lower_threshold: u32,
    pub active_connections: u32,
    pub inactive_connections: u32,
    pub persistent_connections: u32,
    pub stats: Stats,
}

/// Counters since the begin, and rates per second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    pub connections: u64,
    pub packets_in: u64,
    pub packets_out: u64,
    pub bytes_in: u64,
    pub bytes_out: u64,
    pub connection_rate: u64,
    pub packet_rate_in: u64,
    pub packet_rate_out: u64,
    pub byte_rate_in: u64,
    pub byte_rate_out: u64,
}

/// The part behind the header of generic netlink: attributes as bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Body {
    command: u8,
    attributes: Vec<u8>,
}

impl GenlFamily for Body {
    fn family_name() -> &'static str {
        FAMILY
    }

    fn command(&self) -> u8 {
        self.command
    }

    fn version(&self) -> u8 {
        VERSION
    }
}

impl Emitable for Body {
    fn buffer_len(&self) -> usize {
        self.attributes.len()
    }

    fn emit(&self, buffer: &mut [u8]) {
        buffer[..self.attributes.len()].copy_from_slice(&self.attributes);
    }
}

impl ParseableParametrized<[u8], GenlHeader> for Body {
    fn parse_with_param(bytes: &[u8], header: GenlHeader) -> Result<Self, DecodeError> {
        Ok(Self { command: header.cmd, attributes: bytes.to_vec() })
    }
}
