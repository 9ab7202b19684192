//! The checkers' process: it asks real servers whether they live, and tells the kernel where to send connections.
//!
//! ```text
//!  tasks (one a checker) ── reports ──▶ process ──▶ ipvs::Director::handle
//!   probe ─ page ─ tls ─ socket            │ ▲              │
//!                                          │ └─ addresses, signals, BFD sessions (news)
//!                                          └──▶ kernel's table, scripts, FIFOs, mails, log, gates of the tasks
//! ```
//!
//! Without ip_vs in the kernel it says so once and goes on: scripts, FIFOs and mails still tell what lives. (The original ends
//! the whole daemon, and leaves its addresses to nobody.)

mod chance;
mod files;
pub(super) mod kernel;
pub mod news;
mod page;
pub mod probe;
mod process;
mod socket;
mod tasks;
pub mod tls;

pub use probe::{Means, probe};
pub use process::run;
