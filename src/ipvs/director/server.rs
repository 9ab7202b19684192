//! One real server: which of its checkers are down, and what weight it has.

use super::{ledger::Holder, words};
use crate::ir::failover::{Checker, RealServer, VirtualServer};

/// A real server and what is known of it.
#[derive(Debug, Clone)]
pub struct Server {
    pub config: RealServer,
    /// As logs write it.
    pub name: String,
    pub checkers: Vec<Check>,
    /// None of its checkers is down.
    pub alive: bool,
    /// The last reload found it, with this effective weight.
    pub reloaded: Option<i64>,
    pub(super) holder: Holder,
}

/// What is known of one checker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Check {
    pub up: bool,
    /// It has said something.
    pub has_run: bool,
    pub weight: Found,
}

/// What a checker found about the weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// So much more than is configured.
    Difference(i64),
    /// This, whatever is configured.
    Weight(u32),
}

impl Check {
    /// Before anything was asked.
    pub(super) fn new(config: &Checker) -> Self {
        Self { up: !config.alpha, has_run: false, weight: Found::Difference(0) }
    }

    /// How much more than the configured weight it wants.
    #[must_use]
    pub fn difference(&self, configured: u32) -> i64 {
        match self.weight {
            Found::Difference(difference) => difference,
            Found::Weight(weight) => i64::from(weight) - i64::from(configured),
        }
    }
}

impl Server {
    pub(super) fn new(of: &VirtualServer, config: &RealServer, holder: Holder) -> Self {
        let checkers: Vec<_> = config.checkers.iter().map(Check::new).collect();
        let alive = checkers.iter().all(|check| check.up);
        Self { config: config.clone(), name: name(of, config), checkers, alive, reloaded: None, holder }
    }

    /// The configured weight and what the checkers add; may be negative.
    #[must_use]
    pub fn effective_weight(&self) -> i64 {
        let configured = self.config.weight;
        let found = self.checkers.iter().map(|check| check.difference(configured));
        found.fold(i64::from(configured), i64::saturating_add)
    }

    /// What the kernel is told, and what counts for the quorum.
    #[must_use]
    pub fn weight(&self) -> u32 {
        self.effective_weight().clamp(0, i32::MAX.into()).unsigned_abs() as u32
    }

    #[must_use]
    pub fn failed_checkers(&self) -> usize {
        self.checkers.iter().filter(|check| !check.up).count()
    }
}

pub(super) fn name(of: &VirtualServer, config: &RealServer) -> String {
    words::place(of, config.address, config.port)
}
