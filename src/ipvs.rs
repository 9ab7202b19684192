//! IPVS: which services and servers the kernel should have, and how that is told to it.
//!
//! ```text
//!  checkers, addresses, reload, stop ──▶ Director::handle ──▶ kernel commands, notifications, log lines
//!                                            (director)             │
//!                                                                   └─▶ message: generic netlink, in net::ipvs sent
//! ```
//!
//! The director owns the truth about every real server (which of its checkers are down, its weight, whether the kernel has it)
//! and about every quorum. It asks the kernel for nothing: what it said is what the kernel has.

pub mod director;
pub mod input;
pub mod message;
pub mod output;
pub mod refusal;
pub mod show;
pub mod table;
#[cfg(test)]
mod testing;

pub use director::Director;
pub use input::Input;
pub use output::Output;
pub use table::{Change, Destination, Service, ServiceKey};
