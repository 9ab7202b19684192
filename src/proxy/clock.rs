//! The only place of the proxy that reads clocks.
//!
//! A thread reads its clock when something has happened (bytes came, a connection stood, a timer fired) and takes that
//! as the time of everything it does about it: a request would otherwise ask a dozen times.

use std::cell::Cell;
use std::ops::Add;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix::time::{ClockId, clock_gettime};

/// A reading of the steady clock. One word, because a request compares its readings a dozen times; 584 years of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    nanos: u64,
}

impl Moment {
    /// The time from `earlier` to here; none when `earlier` is the later one.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.nanos_since(earlier))
    }

    /// The same in nanoseconds.
    pub fn nanos_since(self, earlier: Self) -> u64 {
        self.nanos.saturating_sub(earlier.nanos)
    }

    /// The same in whole milliseconds.
    pub fn millis_since(self, earlier: Self) -> u64 {
        self.nanos_since(earlier) / 1_000_000
    }

    /// The time from here to now, by a reading of its own.
    pub fn elapsed(self) -> Duration {
        refresh().since(self)
    }
}

impl Add<Duration> for Moment {
    type Output = Self;

    fn add(self, d: Duration) -> Self {
        let more = d.as_secs().saturating_mul(1_000_000_000).saturating_add(d.subsec_nanos().into());
        Self { nanos: self.nanos.saturating_add(more) }
    }
}

thread_local! {
    static NOW: Cell<Option<Moment>> = const { Cell::new(None) };
    /// A moment by both clocks, renewed every second so that a clock that is set is followed.
    static ANCHOR: Cell<Option<(Moment, i64)>> = const { Cell::new(None) };
}

/// How long one comparison of the two clocks is trusted.
const TRUSTED_NANOS: u64 = 1_000_000_000;

/// The steady clock, as of the last thing that happened on this thread.
pub fn now() -> Moment {
    NOW.get().unwrap_or_else(refresh)
}

/// Something has happened: reads the steady clock.
pub fn refresh() -> Moment {
    let t = clock_gettime(ClockId::CLOCK_MONOTONIC).expect("every Linux has the steady clock");
    // Neither part of this clock is ever negative.
    let now = Moment { nanos: t.tv_sec().cast_unsigned() * 1_000_000_000 + t.tv_nsec().cast_unsigned() };
    NOW.set(Some(now));
    now
}

/// Microseconds since 1970 at [`now`].
pub fn unix_micros() -> i64 {
    let now = now();
    if let Some((at, micros)) = ANCHOR.get() {
        let since = now.nanos_since(at);
        if since < TRUSTED_NANOS {
            return micros + (since / 1000).cast_signed();
        }
    }
    #[expect(clippy::disallowed_methods, reason = "this is the shell's clock; pure rooms get its readings")]
    let micros = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_micros() as i64);
    ANCHOR.set(Some((refresh(), micros)));
    micros
}
