//! Events over a period: those of the running period, and of the one before as far as it still overlaps.
//!
//! ```text
//!      previous        │   current
//!  ────────────────────┼──────────────┐
//!         ├──── one period back ──────┤ now
//! ```

/// A counter of events; times are milliseconds of one clock, periods milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rate {
    current: u32,
    previous: u32,
    /// When the running period began.
    began: u64,
}

impl Rate {
    /// A counter that reads `n` at this moment.
    pub fn of(n: u32, now: u64) -> Self {
        Self { current: n, previous: 0, began: now }
    }

    pub fn add(&mut self, n: u32, now: u64, period: u64) {
        let age = now.saturating_sub(self.began);
        if age >= period {
            if age < 2 * period {
                self.previous = self.current;
                self.began += period;
            } else {
                self.previous = 0;
                self.began = now;
            }
            self.current = 0;
        }
        self.current = self.current.saturating_add(n);
    }

    /// Events of the last period, the earlier ones taken to be spread evenly.
    pub fn read(&self, now: u64, period: u64) -> u32 {
        let age = now.saturating_sub(self.began);
        let (current, previous, age) = match age / period.max(1) {
            0 => (self.current, self.previous, age),
            1 => (0, self.current, age - period),
            _ => return 0,
        };
        // A single event stays visible for its whole period.
        if current == 0 && previous <= 1 {
            return previous;
        }
        let overlap = u64::from(previous) * (period - age) / period.max(1);
        current.saturating_add(overlap as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::Rate;

    #[test]
    fn earlier_events_fade_over_a_period() {
        let mut r = Rate::of(0, 1000);
        for _ in 0..10 {
            r.add(1, 1500, 1000);
        }
        assert_eq!(r.read(1999, 1000), 10);
        assert_eq!(r.read(2000, 1000), 10);
        assert_eq!(r.read(2500, 1000), 5);
        assert_eq!(r.read(2999, 1000), 0);
        r.add(4, 2500, 1000);
        assert_eq!(r.read(2500, 1000), 9);
        assert_eq!(r.read(9000, 1000), 0);
    }

    #[test]
    fn one_event_is_seen_for_its_whole_period() {
        let mut r = Rate::default();
        r.add(1, 500, 1000);
        assert_eq!(r.read(1999, 1000), 1);
        assert_eq!(r.read(2000, 1000), 0);
    }

    proptest::proptest! {
        /// No more than twice the truth and never more than all events.
        #[test]
        fn rates_are_never_more_than_all_events(steps in proptest::collection::vec((0u64..700, 0u32..5), 1..60)) {
            let (mut r, mut now, mut all) = (Rate::default(), 0, 0);
            for (wait, n) in steps {
                now += wait;
                r.add(n, now, 1000);
                all += n;
                proptest::prop_assert!(r.read(now, 1000) >= n && r.read(now, 1000) <= all);
            }
        }
    }
}
