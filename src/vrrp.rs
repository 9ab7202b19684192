//! VRRP (RFC 3768, RFC 9568) as a pure machine: packets, timers and events in; packets, addresses and log lines out.
//!
//! [`Router::handle`](router::Router::handle) is the only door. It is given the time, reads no clock and touches nothing;
//! the shell does what the [`Output`](output::Output)s say, in order. The simulator and the daemon drive the same code.
//!
//! ```text
//!             packet  bytes of an advert, and its journey through    ip
//!             verdict whether one is accepted, and the log line if not
//!  Input ──▶  router  ──▶ instance (the state machine)  ──▶ Output
//!             track   scripts, interfaces, processes, files ──▶ priority and faults
//!             group   routers that change together
//! ```
//!
//! The wire is the original's, byte for byte. The timeline differs by default where the original leaves clients without
//! service for no reason; [`Timing`] says where and switches it back.

pub mod ah;
pub mod group;
pub mod hmac;
pub mod input;
pub mod instance;
pub mod ip;
pub mod mail;
pub mod output;
pub mod packet;
pub mod refusal;
pub mod router;
pub mod show;
pub mod stats;
pub mod timing;
pub mod track;
pub mod verdict;
pub mod why;

#[cfg(test)]
mod testing;

pub use input::Input;
pub use output::Output;
pub use router::Router;
pub use timing::Timing;
pub use why::{State, Why};

/// Time since an arbitrary start; the shell's monotonic clock.
pub type Time = std::time::Duration;
