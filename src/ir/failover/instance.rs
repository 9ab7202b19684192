//! One virtual router (`vrrp_instance`).

use std::{net::IpAddr, time::Duration};

use super::{Address, Hmac, Notify, Routing, Tracking, VirtualLink};
use crate::text::source::Span;

/// A virtual router as configured. All values have been checked against each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Instance {
    pub name: String,
    pub at: Span,
    /// The interface of its network: source addresses come from it, and its faults are the router's.
    pub interface: String,
    /// On top of it, the interface with the router's MAC address.
    pub vmac: Option<VirtualLink>,
    /// Adverts use `interface` though there is a `vmac`.
    pub xmit_base: bool,
    /// Interfaces with the router's MAC address for addresses on other interfaces.
    pub address_links: Vec<VirtualLink>,
    /// `state`: what it wants to be. Only an address owner gets it at once.
    pub role: Role,
    /// 1 to 255.
    pub vrid: u8,
    /// 1 to 255; 255 is the owner of the addresses, whose priority never changes.
    pub priority: u8,
    pub version: Version,
    pub family: Family,
    /// 10 ms to 40.95 s; whole seconds in version 2.
    pub advert_interval: Duration,
    pub auth: Auth,
    pub hmac: Option<Hmac>,
    pub transport: Transport,
    pub old_checksum: OldChecksum,
    /// Version 3 over IPv4 is summed without a pseudo-header, as some other makers do.
    pub bare_checksum: bool,
    /// Source of adverts; the interface's primary address when `None`.
    pub source: Option<IpAddr>,
    /// FAULT when the source address named above vanishes.
    pub track_source: bool,
    /// Carried in adverts, in this order.
    pub addresses: Vec<Address>,
    /// Moved with the router, not carried in adverts.
    pub excluded: Vec<Address>,
    /// Routes, then rules, that the master has.
    pub routing: Vec<Routing>,
    /// Packets to its addresses are taken though it does not own them.
    pub accept: bool,
    pub preempt: bool,
    pub preempt_delay: Duration,
    pub garp: Garp,
    pub down_timer_adverts: u32,
    pub lower_prio_no_advert: bool,
    pub higher_prio_send_advert: bool,
    pub skip_check_adv_addr: bool,
    pub strict: bool,
    /// As owner of its addresses it listens to nobody.
    pub owner_ignores_adverts: bool,
    /// With `nopreempt`, a master that was kept from sending for so long that a backup of this priority took over steps down.
    pub yields_when_late: Option<u8>,
    /// Faults of the router's own interface are ignored.
    pub dont_track_primary: bool,
    pub promote_secondaries: bool,
    pub tracking: Tracking,
    /// Names of the groups by which it depends on something static.
    pub static_groups: Vec<String>,
    pub notify: Notify,
    pub notify_priority_changes: bool,
    pub smtp_alert: bool,
    /// Bytes of the receive buffer.
    pub receive_buffer: Option<usize>,
}

/// `state MASTER` or `state BACKUP`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Role {
    Master,
    #[default]
    Backup,
}

/// Protocol version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, PartialOrd, Ord)]
pub enum Version {
    /// RFC 3768, IPv4 only.
    #[default]
    V2,
    /// RFC 5798 and RFC 9568.
    V3,
}

impl Version {
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::V2 => 2,
            Self::V3 => 3,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, PartialOrd, Ord)]
pub enum Family {
    #[default]
    V4,
    V6,
}

impl Family {
    #[must_use]
    pub fn of(ip: IpAddr) -> Self {
        if ip.is_ipv4() { Self::V4 } else { Self::V6 }
    }

    /// As keepalived writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::V4 => "IPv4",
            Self::V6 => "IPv6",
        }
    }
}

/// Authentication of version 2; removed from the protocol since, and still widely configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Auth {
    #[default]
    None,
    /// Eight bytes in clear, filled up with zeros.
    Pass([u8; 8]),
    /// An authentication header (IPsec) around each advert; the password, filled up with zeros, is the key.
    Ah([u8; 8]),
}

/// How adverts travel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transport {
    /// To everybody in the group, time to live 255.
    Multicast { group: IpAddr },
    /// To each peer.
    Unicast { peers: Vec<Peer>, ttl: u8, check_source: bool },
}

/// Whether unicast adverts of version 3 over IPv4 are summed as if they went to the group, which keepalived did before 1.3.7.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OldChecksum {
    /// Once a peer does.
    #[default]
    Detect,
    Always,
    /// And such adverts of peers are not accepted.
    Never,
}

/// A unicast peer, with the range that a received TTL must be in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    pub ip: IpAddr,
    pub min_ttl: Option<u8>,
    pub max_ttl: Option<u8>,
}

/// Timings and counts of gratuitous ARP and unsolicited neighbour advertisements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Garp {
    /// Second block after becoming master; zero for none.
    pub delay: Duration,
    /// Messages for each address and block.
    pub repeat: u32,
    /// Period of refreshes while master; zero for none.
    pub refresh: Duration,
    pub refresh_repeat: u32,
    /// Second block after an advert of lower priority.
    pub lower_prio_delay: Duration,
    pub lower_prio_repeat: u32,
    /// Pause between two gratuitous ARPs.
    pub interval: Duration,
    /// Pause between two neighbour advertisements.
    pub na_interval: Duration,
    /// Period of announcements on other interfaces than the router's own while master; zero for none.
    pub elsewhere: Duration,
    /// On all of them, not only on those with virtual MAC addresses.
    pub elsewhere_all: bool,
}

impl Default for Garp {
    fn default() -> Self {
        Self {
            delay: Duration::from_secs(5),
            repeat: 5,
            refresh: Duration::ZERO,
            refresh_repeat: 1,
            lower_prio_delay: Duration::from_secs(5),
            lower_prio_repeat: 5,
            interval: Duration::ZERO,
            na_interval: Duration::ZERO,
            elsewhere: Duration::ZERO,
            elsewhere_all: false,
        }
    }
}

impl Instance {
    /// A router with every default of the original; interface, identifier and addresses are for the caller to fill in.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            at: Span::default(),
            interface: String::new(),
            vmac: None,
            xmit_base: false,
            address_links: Vec::new(),
            role: Role::Backup,
            vrid: 0,
            priority: 100,
            version: Version::V2,
            family: Family::V4,
            advert_interval: Duration::from_secs(1),
            auth: Auth::None,
            hmac: None,
            transport: Transport::Multicast { group: IpAddr::from([224, 0, 0, 18]) },
            old_checksum: OldChecksum::Detect,
            bare_checksum: false,
            source: None,
            track_source: false,
            addresses: Vec::new(),
            excluded: Vec::new(),
            routing: Vec::new(),
            accept: true,
            preempt: true,
            preempt_delay: Duration::ZERO,
            garp: Garp::default(),
            down_timer_adverts: 3,
            lower_prio_no_advert: false,
            higher_prio_send_advert: false,
            skip_check_adv_addr: false,
            strict: false,
            owner_ignores_adverts: false,
            yields_when_late: None,
            dont_track_primary: false,
            promote_secondaries: false,
            tracking: Tracking::default(),
            static_groups: Vec::new(),
            notify: Notify::default(),
            notify_priority_changes: false,
            smtp_alert: false,
            receive_buffer: None,
        }
    }

    /// Whether it owns its addresses (RFC 9568 section 1.7): priority 255.
    #[must_use]
    pub fn is_owner(&self) -> bool {
        self.priority == 255
    }

    /// Whether the checksum covers the ends of the journey too (RFC 9568 section 5.2.8): IPv6 always, IPv4 in version 3.
    #[must_use]
    pub fn sums_ends(&self) -> bool {
        self.version == Version::V3 && (self.family == Family::V6 || !self.bare_checksum)
    }

    /// Every address that moves with it, those in adverts first.
    pub fn all_addresses(&self) -> impl Iterator<Item = &Address> {
        self.addresses.iter().chain(&self.excluded)
    }

    /// The interface that an address of this router goes to.
    #[must_use]
    pub fn device<'a>(&'a self, address: &'a Address) -> &'a str {
        address.device.as_deref().unwrap_or_else(|| self.own_device())
    }

    /// The interface of addresses that name none.
    #[must_use]
    pub fn own_device(&self) -> &str {
        self.vmac.as_ref().filter(|link| link.holds_addresses()).map_or(&self.interface, |link| &link.name)
    }

    /// The interface that adverts leave by and arrive at.
    #[must_use]
    pub fn advert_interface(&self) -> &str {
        self.vmac.as_ref().filter(|_| !self.xmit_base).map_or(&self.interface, |link| &link.name)
    }

    /// The interface that has the address which adverts come from: one that is made with a virtual MAC address has none of its
    /// own, and borrows it from the one below.
    #[must_use]
    pub fn source_interface(&self) -> &str {
        self.vmac.as_ref().filter(|link| !link.is_macvlan()).map_or(&self.interface, |link| &link.name)
    }

    /// Every interface that is made for it.
    pub fn virtual_links(&self) -> impl Iterator<Item = &VirtualLink> {
        self.vmac.iter().chain(&self.address_links)
    }
}
