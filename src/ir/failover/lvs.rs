//! What concerns all virtual services: the kernel's table, its timeouts, its daemons, and the checkers' process.

use std::{path::PathBuf, time::Duration};

use super::global::{Buffer, Fifo};

/// Settings of IPVS and of the checkers.
#[derive(Debug, Clone, PartialEq)]
pub struct Lvs {
    /// `lvs_timeouts`; the kernel's when `None`.
    pub timeouts: Timeouts,
    /// Everything in the kernel's table goes at start.
    pub flush: bool,
    pub flush_on_stop: FlushOnStop,
    pub sync_daemon: Option<SyncDaemon>,
    /// `lvs_notify_fifo`.
    pub fifo: Option<Fifo>,
    /// `notify_fifo`, which also stands among the routers' pipes: lines about services and servers go there too.
    pub shared_fifo: Option<Fifo>,
    /// Real servers that come up for the first time are told like all others.
    pub init_notifies: bool,
    /// Mails only about servers that come and go, not about each checker.
    pub no_checker_mails: bool,
    pub process_priority: Option<i32>,
    pub realtime_priority: Option<u32>,
    pub realtime_limit: Option<Duration>,
    pub no_swap: bool,
    pub processors: Vec<usize>,
    pub process_name: Option<String>,
    /// `nftables_ipvs`, and the name of its table if it has one.
    pub nftables: Option<Option<String>>,
    pub nftables_priority: i32,
    /// The first mark that groups of services get; at least 1.
    pub nftables_first_mark: u32,
    /// Of netlink, in the checkers' process.
    pub netlink_requests: Buffer,
    pub netlink_changes: Buffer,
    /// `net_namespace_ipvs`: an empty name is the namespace of the daemon's start.
    pub net_namespace: Option<String>,
    /// SSL material of all `SSL_GET` checks.
    pub tls: Option<Tls>,
}

impl Default for Lvs {
    fn default() -> Self {
        Self {
            timeouts: Timeouts::default(),
            flush: false,
            flush_on_stop: FlushOnStop::No,
            sync_daemon: None,
            fifo: None,
            shared_fifo: None,
            init_notifies: false,
            no_checker_mails: false,
            process_priority: None,
            realtime_priority: None,
            realtime_limit: None,
            no_swap: false,
            processors: Vec::new(),
            process_name: None,
            nftables: None,
            nftables_priority: -1,
            nftables_first_mark: 1000,
            netlink_requests: Buffer::default(),
            netlink_changes: Buffer::default(),
            net_namespace: None,
            tls: None,
        }
    }
}

/// Seconds that the kernel remembers connections; 0 keeps what it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Timeouts {
    pub tcp: u32,
    pub tcp_fin: u32,
    pub udp: u32,
}

/// What goes from the kernel's table when the daemon stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FlushOnStop {
    /// Server by server, service by service.
    #[default]
    No,
    /// Whole services of ours, their servers with them.
    Services,
    /// Everything.
    All,
}

/// `lvs_sync_daemon`: the kernel tells its connections to the other director.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncDaemon {
    pub interface: String,
    /// The router whose state decides who sends and who listens.
    pub instance: Option<String>,
    /// 0 to 255.
    pub id: Option<u8>,
    pub max_length: Option<u16>,
    pub port: Option<u16>,
    pub ttl: Option<u8>,
    pub group: Option<std::net::IpAddr>,
}

impl SyncDaemon {
    /// One with everything else left to the kernel.
    #[must_use]
    pub fn new(interface: String, instance: Option<String>) -> Self {
        Self { interface, instance, id: None, max_length: None, port: None, ttl: None, group: None }
    }
}

/// The `SSL` block.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tls {
    pub ca: Option<PathBuf>,
    pub certificate: Option<PathBuf>,
    pub key: Option<PathBuf>,
    pub password: Option<String>,
}
