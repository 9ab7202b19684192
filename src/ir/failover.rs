//! What `keepalived.conf` means: routers, groups, addresses, what they watch and whom they tell.
//!
//! References between items (a group's members, a router's scripts) stay names: a reload matches the old configuration with the
//! new one by name. A reference that leads nowhere has been reported and dropped before it gets here.

pub mod address;
pub mod bfd;
pub mod checker;
pub mod global;
pub mod hmac;
pub mod instance;
pub mod lvs;
pub mod notify;
pub mod routing;
pub mod track;
pub mod virtual_server;
pub mod vmac;

use crate::text::source::Span;

pub use address::{Address, Label, Scope};
pub use bfd::Bfd;
pub use checker::{Checker, Connection, Probe};
pub use global::Global;
pub use hmac::Hmac;
pub use instance::{Auth, Family, Garp, Instance, OldChecksum, Peer, Role, Transport, Version};
pub use lvs::Lvs;
pub use notify::{Command, Notify, RunAs};
pub use routing::Routing;
pub use track::{ProcessMatch, Script, TrackFile, TrackProcess, Tracking, Weight};
pub use virtual_server::{CheckerId, Forwarding, Protocol, RealServer, Target, VirtualServer, VirtualServerGroup};
pub use vmac::VirtualLink;

/// One whole configuration.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Failover {
    pub global: Global,
    /// In the order of the file, which is the order of start.
    pub instances: Vec<Instance>,
    pub groups: Vec<SyncGroup>,
    pub scripts: Vec<Script>,
    pub processes: Vec<TrackProcess>,
    pub files: Vec<TrackFile>,
    /// Sessions with neighbours.
    pub bfds: Vec<Bfd>,
    /// Addresses added at start and left alone by VRRP.
    pub static_addresses: Vec<Address>,
    /// Routes, then rules, added at start.
    pub static_routing: Vec<Routing>,
    pub track_groups: Vec<TrackGroup>,
    /// In the order of the file.
    pub virtual_servers: Vec<VirtualServer>,
    pub virtual_server_groups: Vec<VirtualServerGroup>,
    /// What the file asks for and this program does not do: it is understood, and refused at start.
    pub missing: Vec<MissingFeature>,
}

/// A known keyword that is not implemented, where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingFeature {
    pub keyword: &'static str,
    pub at: Span,
    /// Whether running without it would be worse than not running, as with `virtual_server`: an address whose traffic goes nowhere.
    pub fatal: bool,
}

/// Routers that depend on what is static and names the group (`track_group`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrackGroup {
    pub name: String,
    pub members: Vec<String>,
}

/// Routers that change state together (`vrrp_sync_group`).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SyncGroup {
    pub name: String,
    pub at: Span,
    /// Names of at least one existing router.
    pub members: Vec<String>,
    pub tracking: Tracking,
    pub notify: Notify,
    /// `sync_group_tracking_weight`: members may have trackers with weights.
    pub tracking_weight: bool,
    pub notify_priority_changes: bool,
    /// Changes are told by mail.
    pub smtp_alert: bool,
}

impl Failover {
    #[must_use]
    pub fn instance(&self, name: &str) -> Option<&Instance> {
        self.instances.iter().find(|instance| instance.name == name)
    }

    #[must_use]
    pub fn script(&self, name: &str) -> Option<&Script> {
        self.scripts.iter().find(|script| script.name == name)
    }

    /// The group that a router belongs to.
    #[must_use]
    pub fn group_of(&self, instance: &str) -> Option<&SyncGroup> {
        self.groups.iter().find(|group| group.members.iter().any(|member| member == instance))
    }
}
