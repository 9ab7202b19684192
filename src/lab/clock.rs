//! The lab's clock: seconds of `CLOCK_MONOTONIC`, the same on all its hosts, so that what two of them saw can be compared.

use rustix::time::{ClockId, clock_gettime};

/// Seconds since some fixed moment of this boot.
#[must_use]
pub fn now() -> f64 {
    let time = clock_gettime(ClockId::Monotonic);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
