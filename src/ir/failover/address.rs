//! Addresses that move with a router, as rtnetlink will be told of them.

use std::net::IpAddr;

use crate::text::source::Span;

/// One address of `virtual_ipaddress`, `virtual_ipaddress_excluded` or `static_ipaddress`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    pub ip: IpAddr,
    /// Prefix length; 32 or 128 when the file names none.
    pub prefix: u8,
    /// Interface; the router's own when the file names none.
    pub device: Option<String>,
    pub scope: Scope,
    pub label: Option<Label>,
    pub broadcast: Option<Broadcast>,
    /// The other end of a point-to-point address.
    pub peer: Option<(IpAddr, u8)>,
    /// Seconds; `None` is for ever.
    pub preferred_lifetime: Option<u32>,
    pub home: bool,
    /// IPv6: no duplicate address detection. Always so for addresses that move.
    pub no_dad: bool,
    pub manage_temporary: bool,
    pub no_prefix_route: bool,
    pub auto_join: bool,
    /// Its loss is nothing to react to.
    pub no_track: bool,
    /// On an interface of its own with the router's MAC address.
    pub use_vmac: bool,
    /// Static: the group of routers that depend on it.
    pub track_group: Option<String>,
    /// As written, for log lines and dumps.
    pub written: String,
    pub at: Span,
}

impl Address {
    /// A plain address with a full prefix on the router's interface.
    #[must_use]
    pub fn host(ip: IpAddr) -> Self {
        Self {
            ip,
            prefix: if ip.is_ipv4() { 32 } else { 128 },
            device: None,
            scope: Scope::Universe,
            label: None,
            broadcast: None,
            peer: None,
            preferred_lifetime: None,
            home: false,
            no_dad: false,
            manage_temporary: false,
            no_prefix_route: false,
            auto_join: false,
            no_track: false,
            use_vmac: false,
            track_group: None,
            written: ip.to_string(),
            at: Span::default(),
        }
    }

    /// Whether two entries put the same thing on the same interface; where they were written does not matter.
    #[must_use]
    pub fn same_as(&self, other: &Self) -> bool {
        let bare = |address: &Self| Self { at: Span::default(), written: String::new(), ..address.clone() };
        bare(self) == bare(other)
    }
}

/// The name of an IPv4 address (`eth0:1`), at most 15 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label(pub String);

/// The broadcast address of an IPv4 address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broadcast {
    Is(IpAddr),
    /// `+`: all host bits set.
    HostBitsSet,
    /// `-`: all host bits clear.
    HostBitsClear,
}

/// How far an address is valid (ip-address(8)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scope {
    #[default]
    Universe,
    Site,
    Link,
    Host,
    /// A number of the kernel's table.
    Number(u8),
}

impl Scope {
    /// The kernel's number.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Universe => 0,
            Self::Site => 200,
            Self::Link => 253,
            Self::Host => 254,
            Self::Number(number) => number,
        }
    }

    /// The name that `ip address` prints.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Universe => "global".into(),
            Self::Site => "site".into(),
            Self::Link => "link".into(),
            Self::Host => "host".into(),
            Self::Number(number) => number.to_string(),
        }
    }
}
