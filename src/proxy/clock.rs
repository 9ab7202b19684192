//! The only place of the proxy that reads clocks.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// The steady clock.
#[expect(clippy::disallowed_methods, reason = "this is the shell's clock; pure rooms get its readings")]
pub fn now() -> Instant {
    Instant::now()
}

/// Microseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "this is the shell's clock; pure rooms get its readings")]
pub fn unix_micros() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_micros() as i64)
}
