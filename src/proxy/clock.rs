//! The only place of the proxy that reads clocks.
//!
//! A thread reads its clock when something has happened (bytes came, a connection stood, a timer fired) and takes that
//! as the time of everything it does about it: a request would otherwise ask a dozen times.

use std::cell::Cell;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

thread_local! {
    static NOW: Cell<Option<Instant>> = const { Cell::new(None) };
    /// A moment by both clocks, renewed every second so that a clock that is set is followed.
    static ANCHOR: Cell<Option<(Instant, i64)>> = const { Cell::new(None) };
}

/// How long one comparison of the two clocks is trusted.
const TRUSTED: Duration = Duration::from_secs(1);

/// The steady clock, as of the last thing that happened on this thread.
pub fn now() -> Instant {
    NOW.get().unwrap_or_else(refresh)
}

/// Something has happened: reads the steady clock.
#[expect(clippy::disallowed_methods, reason = "this is the shell's clock; pure rooms get its readings")]
pub fn refresh() -> Instant {
    let now = Instant::now();
    NOW.set(Some(now));
    now
}

/// Microseconds since 1970 at [`now`].
pub fn unix_micros() -> i64 {
    let now = now();
    if let Some((at, micros)) = ANCHOR.get()
        && let Some(since) = now.checked_duration_since(at)
        && since < TRUSTED
    {
        return micros + since.as_micros() as i64;
    }
    #[expect(clippy::disallowed_methods, reason = "this is the shell's clock; pure rooms get its readings")]
    let micros = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_micros() as i64);
    ANCHOR.set(Some((refresh(), micros)));
    micros
}
