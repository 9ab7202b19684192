//! Checkers of real servers: when each asks, what it sends, and what an answer means. No sockets, no clock.
//!
//! ```text
//!         Begin                            Ended(Outcome)
//!  shell ───────▶ Pace ── Probe{url, at} ──▶ shell ──┐      a failure: retry × delay_before_retry, then down,
//!                  ▲  └── Verdict, Weight, Log       │      then every delay_loop
//!                  └─────────────────────────────────┘
//! ```
//!
//! * [`pace`]: the state machine of one checker
//! * [`outcome`]: how one probe ended, and why
//! * [`words`]: what the log and the mails say about it
//! * [`pattern`]: the text that a page must have
//! * [`http`], [`smtp`], [`dns`], [`udp`], [`ping`], [`misc`]: bytes that are sent, and judgement of those that come back

pub mod dns;
pub mod http;
pub mod misc;
pub mod outcome;
pub mod pace;
pub mod pattern;
pub mod ping;
pub mod smtp;
pub mod udp;
pub mod words;

pub use outcome::{Failure, Outcome, Passed, Unready};
pub use pace::Pace;
pub use words::{Kind, Subject};
