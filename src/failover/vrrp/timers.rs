//! The routers' timers: armed by name, taken in the order of their times.

use std::collections::BTreeMap;

use tokio::time::Instant;

use crate::vrrp::output::TimerId;

#[derive(Debug, Default)]
pub(super) struct Timers {
    at: BTreeMap<TimerId, Instant>,
}

impl Timers {
    /// Arms a timer, in place of its earlier time.
    pub(super) fn arm(&mut self, timer: TimerId, at: Instant) {
        self.at.insert(timer, at);
    }

    pub(super) fn cancel(&mut self, timer: &TimerId) {
        self.at.remove(timer);
    }

    /// When the next one runs out.
    pub(super) fn next(&self) -> Option<Instant> {
        self.at.values().min().copied()
    }

    /// The earliest timer that has run out, taken out.
    pub(super) fn due(&mut self, now: Instant) -> Option<TimerId> {
        let (id, _) = self.at.iter().filter(|(_, at)| **at <= now).min_by_key(|(_, at)| **at)?;
        let id = id.clone();
        self.at.remove(&id);
        Some(id)
    }
}
