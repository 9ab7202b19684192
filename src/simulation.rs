//! Routers on a made-up network: the machine that the daemon runs, faults from a seed, and a judge who watches every event.
//!
//! ```text
//!  seed ─▶ chance ─▶ made_up (configurations) ┐
//!                 └▶ trial (faults, pauses) ──┴▶ network ── inputs ──▶ vrrp::Router
//!                                                 hosts, links, clocks,   │
//!                                                 scripts, one client  ◀──┘ outputs
//!                                                    │
//!                                                    ├▶ watch     laws of every single event
//!                                                    ├▶ standing  laws of a network that nothing disturbs any more
//!                                                    └▶ service   what a client saw of it all
//! ```
//!
//! Everything follows from the seed: what a trial found, it finds again. What is judged is what went in and came out; the
//! judge has its own idea of priorities and faults ([`shadow`]) and does not ask the machine for it. [`law`] lists the laws.
//!
//! Nothing here knows keepalived.conf or a socket. `hawser simulate` puts a user's files in, the tests put broken machines
//! in and see that each is found out.

pub mod chance;
pub mod host;
pub mod law;
pub mod made_up;
pub mod network;
pub mod service;
pub mod shadow;
pub mod standing;
pub mod trial;
pub mod watch;

pub use chance::Chance;
pub use law::{Law, Violation};
pub use network::Network;
pub use trial::{Outcome, Plan};

use crate::{
    ir::failover::Failover,
    vrrp::{Input, Output, Router, Time, Timing, instance::VirtualRouter},
};

/// What a host runs: the daemon's machine, or one that a test has broken.
pub trait Machine {
    /// As it is just started, before any input.
    fn fresh(&self, config: Failover, timing: Timing) -> Self;
    /// What the clock on the wall shows when the machine's own time is zero: somebody sets the former right, not the latter.
    fn set_epoch(&mut self, epoch: Time);
    fn handle(&mut self, now: Time, input: Input<'_>) -> Vec<Output>;
    fn routers(&self) -> &[VirtualRouter];
}

impl Machine for Router {
    fn fresh(&self, config: Failover, timing: Timing) -> Self {
        Self::new(config, timing)
    }

    fn set_epoch(&mut self, epoch: Time) {
        Self::set_epoch(self, epoch);
    }

    fn handle(&mut self, now: Time, input: Input<'_>) -> Vec<Output> {
        Self::handle(self, now, input)
    }

    fn routers(&self) -> &[VirtualRouter] {
        Self::routers(self)
    }
}
