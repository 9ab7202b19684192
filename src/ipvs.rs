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
//!
//! * [`director`]: the machine; begin to read there
//! * [`input`], [`output`]: what it hears and what it wants done
//! * [`table`]: services and destinations as data
//! * [`message`]: the same as bytes for the kernel
//! * [`refusal`]: what to say and do when the kernel refuses a change
//! * [`show`][]: `keepalived_check.data`

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
