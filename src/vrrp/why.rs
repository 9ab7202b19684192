//! States, and the reason of every change: log line, notification, dump and explanation print the same value.

use std::{fmt, net::IpAddr, time::Duration};

/// State of a router (RFC 9568 section 6.3, and keepalived's FAULT).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum State {
    /// Not started, or waiting for the first result of a script that can fault it.
    #[default]
    Init,
    Backup,
    Master,
    Fault,
}

impl State {
    /// As log lines and scripts see it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Init => "INIT",
            Self::Backup => "BACKUP",
            Self::Master => "MASTER",
            Self::Fault => "FAULT",
        }
    }

    /// As the JSON dump counts them.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Init => 0,
            Self::Backup => 1,
            Self::Master => 2,
            Self::Fault => 3,
        }
    }
}

/// Why a router is in the state it is in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Why {
    #[default]
    Start,
    /// Priority 255 and `state MASTER`.
    Owner,
    /// No acceptable advert in time.
    AdvertTimeout,
    Higher {
        from: IpAddr,
        theirs: u8,
        ours: u8,
    },
    HigherAddress {
        from: IpAddr,
        priority: u8,
    },
    Faults(Vec<Fault>),
    Recovered,
    /// Somebody else removed an address of ours.
    AddressLost(IpAddr),
    /// Somebody else removed a route of ours.
    RouteLost(IpAddr, u8),
    /// Somebody else removed a rule of ours, by its preference.
    RuleLost(u32),
    /// It was kept from sending for so long that somebody else took over.
    Late {
        silent: Duration,
    },
    Group(String),
    Reload,
    Stop,
}

/// A reason for FAULT; the router leaves FAULT when it has none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// The router's own interface.
    Interface(String),
    /// Unicast, and nobody to send to.
    NoPeers,
    /// No address to send from.
    NoSource,
    TrackedInterface(String),
    Script(String),
    Process(String),
    File(String),
    /// A BFD session that is down.
    Bfd(String),
    /// Something static of a track group is lost.
    Static(String),
    /// Another member of the group has a fault.
    Group(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interface(name) => write!(f, "interface {name} down"),
            Self::NoPeers => f.write_str("no unicast peers"),
            Self::NoSource => f.write_str("no source address"),
            Self::TrackedInterface(name) => write!(f, "tracked interface {name} down"),
            Self::Script(name) => write!(f, "script {name} failed"),
            Self::Process(name) => write!(f, "process {name} missing"),
            Self::File(name) => write!(f, "file {name} says so"),
            Self::Bfd(name) => write!(f, "BFD session {name} down"),
            Self::Static(name) => write!(f, "something static of track group {name} is lost"),
            Self::Group(name) => write!(f, "group {name} has a fault"),
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start => f.write_str("start"),
            Self::Owner => f.write_str("owner of the addresses"),
            Self::AdvertTimeout => f.write_str("no advert in time"),
            Self::Higher { from, theirs, ours } => write!(f, "{from} has priority {theirs}, ours {ours}"),
            Self::HigherAddress { from, priority } => {
                write!(f, "{from} has our priority {priority} and a higher address")
            }
            Self::Faults(faults) => {
                let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
                f.write_str(&faults.join(", "))
            }
            Self::Recovered => f.write_str("faults are gone"),
            Self::AddressLost(address) => write!(f, "{address} was removed by somebody else"),
            Self::RouteLost(to, length) => write!(f, "the route to {to}/{length} was removed by somebody else"),
            Self::RuleLost(preference) => write!(f, "rule {preference} was removed by somebody else"),
            Self::Late { silent } => write!(f, "no advert sent for {:.2} s", silent.as_secs_f64()),
            Self::Group(name) => write!(f, "group {name}"),
            Self::Reload => f.write_str("reload"),
            Self::Stop => f.write_str("stop"),
        }
    }
}
