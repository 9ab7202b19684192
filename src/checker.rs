//! Checkers of real servers: when each asks, what it sends, and what an answer means. No sockets, no clock.
//!
//! ```text
//!  Pace: warmup ─▶ probe ─▶ verdict ─▶ delay_loop ...          a failure: retry × delay_before_retry, then down
//! ```

pub mod pattern;
