//! The numbers that the runtime counts: plain atomics, written by every thread, read by statistics and fetches.
//!
//! Each is only ever added to or set; nothing is derived here. Relaxed ordering suffices, as no number guards another.

use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering::Relaxed};

/// A count that only grows (and can be cleared by an operator).
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    pub fn add(&self, n: u64) {
        if n > 0 {
            self.0.fetch_add(n, Relaxed);
        }
    }

    pub fn inc(&self) -> u64 {
        self.0.fetch_add(1, Relaxed)
    }

    pub fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// How many there are now, and how many there were at most.
#[derive(Debug, Default)]
pub struct Gauge {
    now: AtomicU32,
    max: AtomicU32,
}

impl Gauge {
    /// One more; the new number.
    pub fn inc(&self) -> u32 {
        let n = self.now.fetch_add(1, Relaxed).wrapping_add(1);
        if n > self.max.load(Relaxed) {
            self.max.fetch_max(n, Relaxed);
        }
        n
    }

    /// One less; the new number.
    pub fn dec(&self) -> u32 {
        let before = self.now.fetch_sub(1, Relaxed);
        debug_assert!(before > 0, "a gauge counts up before it counts down");
        before.wrapping_sub(1)
    }

    pub fn get(&self) -> u32 {
        self.now.load(Relaxed)
    }

    pub fn max(&self) -> u32 {
        self.max.load(Relaxed)
    }
}

/// Events in the last second, as HAProxy counts them: the current second and the one before, weighted.
#[derive(Debug, Default)]
pub struct Rate {
    /// Milliseconds (of the caller's clock) when the current second began.
    began: AtomicU64,
    current: AtomicU32,
    previous: AtomicU32,
    max: AtomicU32,
}

impl Rate {
    /// One event at `now` (milliseconds of any steady clock).
    pub fn hit(&self, now: u64) {
        self.add(now, 1);
    }

    /// Several at once.
    pub fn add(&self, now: u64, n: u32) {
        self.roll(now);
        let n = self.current.fetch_add(n, Relaxed).wrapping_add(n);
        if n > self.max.load(Relaxed) {
            self.max.fetch_max(n, Relaxed);
        }
    }

    /// Events a second at `now`.
    pub fn get(&self, now: u64) -> u32 {
        self.roll(now);
        let passed = now.saturating_sub(self.began.load(Relaxed)).min(1000);
        let (c, p) = (self.current.load(Relaxed), self.previous.load(Relaxed));
        c + (u64::from(p) * (1000 - passed) / 1000) as u32
    }

    pub fn max(&self) -> u32 {
        self.max.load(Relaxed)
    }

    fn roll(&self, now: u64) {
        let began = self.began.load(Relaxed);
        if now < began + 1000 {
            return;
        }
        let start = now - now % 1000;
        if self.began.compare_exchange(began, start, Relaxed, Relaxed).is_ok() {
            let last = self.current.swap(0, Relaxed);
            self.previous.store(if now < began + 2000 { last } else { 0 }, Relaxed);
        }
    }
}

/// A mean over the last requests (`qtime`, `ctime`, ...): each new value moves it by 1/512 of the distance.
#[derive(Debug, Default)]
pub struct Mean {
    /// Sum of about 512 values.
    sum: AtomicU64,
    seen: AtomicU64,
    max: AtomicU64,
}

const WINDOW: u64 = 512;

impl Mean {
    pub fn add(&self, value: u64) {
        // Two threads may lose a sample to each other: a mean can bear it, and plain stores are cheap.
        let seen = self.seen.load(Relaxed);
        if seen < WINDOW {
            self.seen.store(seen + 1, Relaxed);
        }
        let sum = self.sum.load(Relaxed);
        let gone = if seen < WINDOW { 0 } else { sum.div_ceil(WINDOW) };
        self.sum.store(sum - gone.min(sum) + value, Relaxed);
        if value > self.max.load(Relaxed) {
            self.max.fetch_max(value, Relaxed);
        }
    }

    pub fn get(&self) -> u64 {
        let seen = self.seen.load(Relaxed).min(WINDOW);
        if seen == 0 { 0 } else { self.sum.load(Relaxed).div_ceil(seen) }
    }

    pub fn max(&self) -> u64 {
        self.max.load(Relaxed)
    }
}

/// Responses by class: 1xx .. 5xx, other.
#[derive(Debug, Default)]
pub struct Responses([Count; 6]);

impl Responses {
    pub fn count(&self, status: u16) {
        let class = usize::from(status / 100);
        self.0[if (1..=5).contains(&class) { class - 1 } else { 5 }].inc();
    }

    /// 1xx, 2xx, 3xx, 4xx, 5xx, other.
    pub fn get(&self) -> [u64; 6] {
        std::array::from_fn(|i| self.0[i].get())
    }
}

/// What an operator can clear.
trait Clear {
    /// Forgets the maximum, and what was counted when `all` is set. What is now stays.
    fn clear(&self, all: bool);
}

impl Clear for Count {
    fn clear(&self, all: bool) {
        if all {
            self.0.store(0, Relaxed);
        }
    }
}

impl Clear for Responses {
    fn clear(&self, all: bool) {
        self.0.iter().for_each(|c| c.clear(all));
    }
}

impl Clear for Gauge {
    fn clear(&self, _: bool) {
        self.max.store(self.get(), Relaxed);
    }
}

impl Clear for Rate {
    fn clear(&self, _: bool) {
        self.max.store(0, Relaxed);
    }
}

impl Clear for Mean {
    fn clear(&self, _: bool) {
        self.max.store(0, Relaxed);
    }
}

impl Clear for Since {
    fn clear(&self, _: bool) {}
}

/// Structs of counters, each of which is cleared field by field.
macro_rules! counted {
    ($($(#[$doc:meta])* pub struct $name:ident { $($(#[$about:meta])* pub $field:ident: $kind:ty,)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Default)]
            pub struct $name {
                $($(#[$about])* pub $field: $kind,)*
            }

            impl $name {
                /// Forgets the maxima, and everything that was counted when `all` is set. What is now stays.
                pub fn clear(&self, all: bool) {
                    $(self.$field.clear(all);)*
                }
            }
        )*
    };
}

counted! {
    /// The front side of a proxy.
    pub struct Front {
        pub connections: Gauge,
        pub total_connections: Count,
        pub connection_rate: Rate,
        pub sessions: Count,
        pub session_rate: Rate,
        pub requests: Count,
        pub request_rate: Rate,
        pub bytes_in: Count,
        pub bytes_out: Count,
        pub denied_requests: Count,
        pub denied_responses: Count,
        pub failed_requests: Count,
        pub denied_connections: Count,
        pub denied_sessions: Count,
        pub responses: Responses,
        pub intercepted: Count,
        pub failed_rewrites: Count,
        pub internal_errors: Count,
        pub log_lines: Count,
    }

    /// The back side of a proxy.
    pub struct Back {
        pub streams: Gauge,
        pub total_streams: Count,
        pub session_rate: Rate,
        pub requests: Count,
        pub request_rate: Rate,
        pub bytes_in: Count,
        pub bytes_out: Count,
        pub queued: Gauge,
        pub balanced: Count,
        pub denied_requests: Count,
        pub denied_responses: Count,
        pub failed_connections: Count,
        pub failed_responses: Count,
        pub failed_checks: Count,
        pub down_transitions: Count,
        pub retries: Count,
        pub redispatches: Count,
        pub client_aborts: Count,
        pub server_aborts: Count,
        pub connect_attempts: Count,
        pub reuses: Count,
        pub responses: Responses,
        pub failed_rewrites: Count,
        pub internal_errors: Count,
        pub intercepted: Count,
        /// Milliseconds.
        pub queue_time: Mean,
        pub connect_time: Mean,
        pub response_time: Mean,
        pub total_time: Mean,
        /// Seconds since start of the last stream; -1 before the first.
        pub last_session: Since,
    }

    /// One server.
    pub struct Server {
        /// Streams that hold a slot or a connection.
        pub streams: Gauge,
        pub total_streams: Count,
        pub session_rate: Rate,
        pub queued: Gauge,
        pub balanced: Count,
        pub requests: Count,
        pub bytes_in: Count,
        pub bytes_out: Count,
        pub denied_responses: Count,
        pub failed_connections: Count,
        pub failed_responses: Count,
        pub failed_checks: Count,
        pub failed_health_analyses: Count,
        pub down_transitions: Count,
        pub retries: Count,
        pub redispatches: Count,
        pub client_aborts: Count,
        pub server_aborts: Count,
        pub connect_attempts: Count,
        pub reuses: Count,
        pub responses: Responses,
        pub failed_rewrites: Count,
        pub internal_errors: Count,
        pub queue_time: Mean,
        pub connect_time: Mean,
        pub response_time: Mean,
        pub total_time: Mean,
        pub last_session: Since,
        /// Idle connections in the pools of all threads.
        pub idle: Gauge,
    }

    /// One `bind`.
    pub struct Listener {
        pub connections: Gauge,
        pub total_connections: Count,
        pub bytes_in: Count,
        pub bytes_out: Count,
        pub denied_requests: Count,
        pub denied_responses: Count,
        pub failed_requests: Count,
        pub denied_connections: Count,
        pub denied_sessions: Count,
    }

    /// The process.
    pub struct Process {
        pub connections: Gauge,
        pub total_connections: Count,
        pub connection_rate: Rate,
        pub session_rate: Rate,
        pub total_requests: Count,
        pub bytes_out: Count,
        pub bytes_out_rate: Rate,
        pub dropped_logs: Count,
        pub received_logs: Count,
    }
}

/// Seconds since the process started at which something happened last.
#[derive(Debug)]
pub struct Since(AtomicI64);

impl Default for Since {
    fn default() -> Self {
        Self(AtomicI64::new(-1))
    }
}

impl Since {
    pub fn set(&self, seconds: i64) {
        self.0.store(seconds, Relaxed);
    }

    /// -1: never.
    pub fn get(&self) -> i64 {
        self.0.load(Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gauge_remembers_its_peak() {
        let g = Gauge::default();
        g.inc();
        g.inc();
        g.dec();
        assert_eq!((g.get(), g.max()), (1, 2));
        g.clear(false);
        assert_eq!(g.max(), 1);
    }

    #[test]
    fn rate_fades_over_a_second() {
        let r = Rate::default();
        for _ in 0..10 {
            r.hit(5_000);
        }
        assert_eq!((r.get(5_999), r.get(6_000), r.get(6_500), r.get(8_000)), (10, 10, 5, 0));
        assert_eq!(r.max(), 10);
    }

    #[test]
    fn mean_of_equal_values_is_that_value() {
        let m = Mean::default();
        for _ in 0..2000 {
            m.add(7);
        }
        assert_eq!((m.get(), m.max()), (7, 7));
    }
}
