//! Everything that can happen to the routers.

use std::net::IpAddr;

use super::{ip::Datagram, output::TimerId};
use crate::ir::failover::{Failover, Family};

/// One event. The shell hands them over one at a time, each with the time it happened.
#[derive(Debug)]
pub enum Input<'a> {
    /// The first event of all, after every [`Input::Link`] that exists.
    Start,
    /// A datagram of protocol 112 came in on an interface.
    Packet { interface: &'a str, datagram: Datagram<'a> },
    /// A timer that was armed has run out.
    Timer(TimerId),
    /// An interface as it now is: first look, or a change.
    Link(Link),
    /// An interface is gone.
    LinkGone(&'a str),
    /// An address was removed from an interface, and not by us.
    AddressLost { interface: &'a str, ip: IpAddr },
    /// A route was removed, and not by us.
    RouteLost { table: u32, to: (IpAddr, u8) },
    /// A rule was removed, and not by us.
    RuleLost { family: Family, preference: u32 },
    /// Whether something static of a track group is lost, and cannot be put back.
    Static { group: &'a str, lost: bool },
    /// A script ended.
    Script { name: &'a str, outcome: Outcome },
    /// Whether the processes that a `vrrp_track_process` wants are there.
    Process { name: &'a str, up: bool },
    /// The number in a tracked file; zero when there is none.
    File { name: &'a str, value: i64 },
    /// Whether a BFD session is up.
    Bfd { name: &'a str, up: bool },
    /// A new configuration. Routers that did not change keep state and timers.
    Reload(Box<Failover>),
    /// Give everything up.
    Stop,
    /// Set the counters to zero.
    ClearStats,
}

/// What an interface is and has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Link {
    pub name: String,
    pub index: u32,
    /// Administratively up, and with carrier.
    pub up: bool,
    /// In the kernel's order: the first of each family that is not ours is the primary one.
    pub addresses: Vec<IpAddr>,
    pub mac: Option<[u8; 6]>,
    pub mtu: u32,
}

/// How a script ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Success,
    Status(i32),
    Signal(i32),
    TimedOut,
    /// It never ran.
    NotStarted(String),
}

impl Outcome {
    #[must_use]
    pub fn succeeded(&self) -> bool {
        *self == Self::Success
    }

    /// The exit status that log lines and dumps compare.
    #[must_use]
    pub fn status(&self) -> i32 {
        match self {
            Self::Success => 0,
            Self::Status(status) => *status,
            Self::Signal(signal) => 128 + signal,
            Self::TimedOut => -1,
            // As a shell says it.
            Self::NotStarted(_) => 127,
        }
    }
}
