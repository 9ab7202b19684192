//! A BFD session (`bfd_instance`): a neighbour whose silence is noticed within milliseconds.

use std::{net::IpAddr, time::Duration};

use super::Weight;
use crate::text::source::Span;

/// One session with one neighbour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bfd {
    pub name: String,
    pub at: Span,
    pub neighbour: IpAddr,
    /// Local address; the kernel's choice when `None`.
    pub source: Option<IpAddr>,
    /// We take packets no closer together than this.
    pub min_rx: Duration,
    /// We send no faster than this while the session is up.
    pub min_tx: Duration,
    /// We send no faster than this while it is not; at least 1 s (RFC 5880 section 6.8.3).
    pub idle_tx: Duration,
    /// Packets that the neighbour misses before it counts us as gone, 1 to 255.
    pub multiplier: u8,
    /// Says nothing until the neighbour has spoken.
    pub passive: bool,
    /// Time to live, or hop limit, of our packets.
    pub ttl: u8,
    /// Routers that packets may have passed, counted from a TTL of 255; any number when `None`.
    pub max_hops: Option<u8>,
    /// The neighbour is some routers away, and hears us at the port for that (RFC 5883).
    pub multihop: bool,
    /// What it is worth to the routers that track it.
    pub weight: Weight,
    /// The virtual routers hear of it.
    pub vrrp: bool,
    /// The checkers hear of it.
    pub checker: bool,
}

impl Bfd {
    /// A session with every default of the original.
    #[must_use]
    pub fn new(name: impl Into<String>, neighbour: IpAddr) -> Self {
        Self {
            name: name.into(),
            at: Span::default(),
            neighbour,
            source: None,
            min_rx: Duration::from_millis(10),
            min_tx: Duration::from_millis(10),
            idle_tx: Duration::from_secs(1),
            multiplier: 5,
            passive: false,
            ttl: if neighbour.is_ipv4() { 255 } else { 64 },
            max_hops: Some(0),
            multihop: false,
            weight: Weight::default(),
            vrrp: true,
            checker: true,
        }
    }
}
