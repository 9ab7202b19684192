//! Whether a server lives: what checks find, and what a run of findings means.
//!
//! * [`state`]: rise and fall, maintenance and draining, as a machine
//! * [`script`]: what a check sends and what it wants to hear
//! * [`agent`]: what an agent answers
//! * [`result`]: what one check found, in the words of logs and statistics

pub mod agent;
pub mod result;
pub mod script;
pub mod state;

pub use result::{Outcome, Verdict};
pub use state::Health;
