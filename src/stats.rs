//! What the statistics page and the command line show.
//!
//! * [`counters`]: the numbers that the runtime counts, as plain atomics

pub mod counters;
