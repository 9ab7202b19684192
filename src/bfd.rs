//! BFD (RFC 5880, over UDP as in RFC 5881) as a pure machine: whether a neighbour is there, known within milliseconds.
//!
//! [`Session::handle`](session::Session::handle) is the only door. Time and chance are arguments; the shell sends, waits and logs
//! what the [`Output`]s say. Asynchronous mode only: no echo, no demand, no authentication, which is what keepalived speaks.
//!
//! ```text
//!  Input (packet, timer) ──▶ session ──▶ Output (send, arm, cancel, turn, log)
//!                              └ packet: the 24 bytes of RFC 5880 section 4.1
//! ```

pub mod packet;
pub mod session;
pub mod show;

pub use packet::{Control, Diagnostic, State};
pub use session::{Input, Output, Session, Timer};

/// Time since an arbitrary start; the shell's monotonic clock.
pub type Time = std::time::Duration;

/// Where packets of single-hop sessions go (RFC 5881 section 4).
pub const PORT: u16 = 3784;
/// The same of sessions over several hops (RFC 5883 section 5).
pub const MULTIHOP_PORT: u16 = 4784;
