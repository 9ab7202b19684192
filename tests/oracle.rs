//! The originals judge what our tests expect: the same files through the distribution's programs and ours.
//!
//! `tests/oracle/fetch` brings the originals without installing them; where there is none, these tests say so and pass.

#[path = "oracle/keepalived_test.rs"]
mod keepalived_test;
