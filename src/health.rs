//! Whether a server lives: what checks find, and what a run of findings means.
//!
//! * [`state`]: rise and fall, maintenance and draining, as a machine
//! * [`script`]: what a check does, step by step; [`request`] what it asks over HTTP, [`protocols`] those without rules
//! * [`heard`]: what came, [`expect`]: whether that is what was wanted, [`evaluate`]: what steps ask of expressions
//! * [`agent`]: what an agent answers
//! * [`result`]: what one check found, in the words of logs and statistics

pub mod agent;
pub mod evaluate;
pub mod expect;
pub mod heard;
pub mod protocols;
pub mod request;
pub mod result;
pub mod script;
pub mod state;

pub use result::{Outcome, Verdict};
pub use state::Health;
