//! Rise and fall, maintenance and draining, as a machine.
//!
//! ```text
//!   up ── fall failures in a row ──▶ down ── rise successes in a row ──▶ up
//! ```
//! `level` counts as HAProxy shows it: rise + fall - 1 is fully up, rise is the least that is up, 0 is fully down.
//! A server that has not been checked yet is one failure away from down.

use super::result::{Outcome, Verdict};
use crate::ir::check::CheckTiming;
use crate::ir::server::{Operational, Saved};

/// What an operator has decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Admin {
    #[default]
    Ready,
    /// No new sessions but those that belong to it.
    Drain,
    /// No sessions, no checks.
    Maintenance,
}

/// A change that others must hear of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    Down,
    Up,
    /// A conditional success: no new sessions, old ones stay (`disable-on-404`).
    Stopping,
}

#[derive(Debug, Clone)]
pub struct Health {
    pub rise: u32,
    pub fall: u32,
    pub level: u32,
    pub admin: Admin,
    /// Up, but takes no new sessions, as its check asked for.
    pub stopping: bool,
    /// Set by the agent: not up whatever the checks say.
    pub agent_down: bool,
    pub last: Outcome,
    pub last_agent: Outcome,
}

impl Health {
    pub fn new(timing: &CheckTiming, disabled: bool) -> Self {
        Self {
            rise: timing.rise.max(1),
            fall: timing.fall.max(1),
            level: timing.rise.max(1),
            admin: if disabled { Admin::Maintenance } else { Admin::Ready },
            stopping: false,
            agent_down: false,
            last: Outcome { verdict: Verdict::Initializing, ..Outcome::default() },
            last_agent: Outcome { verdict: Verdict::Initializing, ..Outcome::default() },
        }
    }

    /// Goes on where a predecessor was. What the configuration disables stays so.
    pub fn resume(&mut self, saved: &Saved) {
        match saved.operational {
            Operational::Stopped => self.level = 0,
            Operational::Starting => {}
            Operational::Running => self.level = self.full(),
            Operational::Stopping => self.stopping = true,
        }
        if saved.maintenance {
            self.admin = Admin::Maintenance;
        } else if saved.drain && self.admin == Admin::Ready {
            self.admin = Admin::Drain;
        }
    }

    /// What the checks say.
    pub fn is_up(&self) -> bool {
        self.level >= self.rise && !self.agent_down
    }

    /// Takes new sessions.
    pub fn is_usable(&self) -> bool {
        self.is_up() && self.admin == Admin::Ready && !self.stopping
    }

    /// Takes sessions that belong to it (cookies, stick-tables).
    pub fn is_reachable(&self) -> bool {
        self.is_up() && self.admin != Admin::Maintenance
    }

    pub fn full(&self) -> u32 {
        self.rise + self.fall - 1
    }

    /// Takes in what a check found.
    pub fn report(&mut self, outcome: Outcome) -> Option<Change> {
        let (was_up, was_stopping) = (self.is_up(), self.stopping);
        let conditional = outcome.verdict == Verdict::L7OkConditional;
        if outcome.verdict.is_success() {
            self.succeed();
            self.stopping = conditional && self.is_up();
        } else {
            self.fail();
            if !self.is_up() {
                self.stopping = false;
            }
        }
        self.last = outcome;
        match (was_up, self.is_up()) {
            (true, false) => Some(Change::Down),
            (false, true) => Some(Change::Up),
            _ if self.stopping && !was_stopping => Some(Change::Stopping),
            _ if was_stopping && !self.stopping && self.is_up() => Some(Change::Up),
            _ => None,
        }
    }

    fn succeed(&mut self) {
        if self.level < self.full() {
            self.level += 1;
            if self.level >= self.rise {
                self.level = self.full();
            }
        }
    }

    fn fail(&mut self) {
        if self.level > self.rise {
            self.level -= 1;
        } else {
            self.level = 0;
        }
    }

    /// After so many more failures, and not later, the next is fatal.
    pub fn spare(&mut self, failures: u32) {
        self.level = self.level.min(self.rise + failures);
    }

    /// Down at once.
    pub fn force_down(&mut self) -> Option<Change> {
        let was_up = self.is_up();
        self.level = 0;
        self.stopping = false;
        was_up.then_some(Change::Down)
    }

    /// Up at once.
    pub fn force_up(&mut self) -> Option<Change> {
        let was_up = self.is_up() && !self.stopping;
        self.level = self.full();
        self.stopping = false;
        (!was_up && self.is_up()).then_some(Change::Up)
    }

    /// No new sessions from now on.
    pub fn force_stopping(&mut self) -> Option<Change> {
        self.level = self.full();
        (self.is_up() && !std::mem::replace(&mut self.stopping, true)).then_some(Change::Stopping)
    }

    /// Leaves maintenance: what was found before it no longer counts, a checked server proves itself anew.
    pub fn leave_maintenance(&mut self) {
        self.level = self.level.max(self.rise);
        self.stopping = false;
    }

    /// Neither fully up nor fully down: checks come faster (`fastinter`).
    pub fn is_moving(&self) -> bool {
        self.level > 0 && self.level < self.full()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(v: Verdict) -> Outcome {
        Outcome { verdict: v, ..Outcome::default() }
    }

    #[test]
    fn fresh_server_falls_at_its_first_failure() {
        let mut h = Health::new(&CheckTiming::default(), false);
        assert!(h.is_usable());
        assert_eq!(h.report(found(Verdict::L4Connection)), Some(Change::Down));
    }

    #[test]
    fn checked_server_falls_and_rises_by_its_counts() {
        let mut h = Health::new(&CheckTiming::default(), false);
        assert_eq!(h.report(found(Verdict::L7Ok)), None);
        let falls: Vec<_> = (0..4).map(|_| h.report(found(Verdict::L7Status))).collect();
        assert_eq!(falls, [None, None, Some(Change::Down), None]);
        let rises: Vec<_> = (0..3).map(|_| h.report(found(Verdict::L7Ok))).collect();
        assert_eq!(rises, [None, Some(Change::Up), None]);
        assert_eq!(h.level, h.full());
    }

    #[test]
    fn conditional_success_stops_new_sessions_only() {
        let mut h = Health::new(&CheckTiming::default(), false);
        h.report(found(Verdict::L7Ok));
        assert_eq!(h.report(found(Verdict::L7OkConditional)), Some(Change::Stopping));
        assert!(!h.is_usable() && h.is_reachable());
        assert_eq!(h.report(found(Verdict::L7Ok)), Some(Change::Up));
    }
}
