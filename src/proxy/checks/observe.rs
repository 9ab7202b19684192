//! What traffic tells of a server (HAProxy manual 5.2 `observe`, `on-error`, `error-limit`).

use std::sync::atomic::Ordering::Relaxed;

use super::{report, spec};
use crate::health::{Outcome, Verdict};
use crate::ir::server::{Observe, OnError};
use crate::ir::{ProxyId, ServerId};
use crate::proxy::world::{World, lock};

/// What was seen of a server in passing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    Connected,
    Unreachable,
    /// With a status that speaks for its health, or against it.
    Answered(u16),
    Malformed,
    Closed,
    TimedOut,
}

impl Seen {
    /// Whether an observer of that layer takes it for good or for bad, or does not look at it.
    fn is_good(self, layer: Observe) -> Option<bool> {
        match (layer, self) {
            (Observe::None, _) => None,
            (_, Self::Unreachable) => Some(false),
            (Observe::Layer4, Self::Connected) => Some(true),
            (Observe::Layer4, _) | (_, Self::Connected) => None,
            (_, Self::Answered(status)) => Some(status < 500 || status == 501 || status == 505),
            (_, Self::Malformed | Self::Closed | Self::TimedOut) => Some(false),
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Connected | Self::Unreachable => "L4 unsuccessful connection",
            Self::Answered(_) => "Wrong http response",
            Self::Malformed => "Invalid http response (headers)",
            Self::Closed => "Close from server (http)",
            Self::TimedOut => "Read timeout (http)",
        }
    }
}

/// Takes in what traffic shows; `error-limit` failures in a row do what `on-error` says.
pub fn observe(world: &'static World, p: ProxyId, s: ServerId, seen: Seen) {
    let o = &spec(world, p, s).1.options;
    let Some(good) = seen.is_good(o.observe) else { return };
    let live = world.server(p, s);
    if good {
        live.errors.store(0, Relaxed);
        return;
    }
    if live.errors.fetch_add(1, Relaxed) + 1 < o.error_limit.max(1) {
        return;
    }
    live.errors.store(0, Relaxed);
    live.counters.failed_health_analyses.inc();
    {
        let mut health = lock(&live.health);
        match o.on_error {
            OnError::Fastinter | OnError::FailCheck => {}
            OnError::SuddenDeath => health.spare(1),
            OnError::MarkDown => health.spare(0),
        }
    }
    live.check_soon.notify_one();
    if o.on_error != OnError::Fastinter {
        let info = format!("Detected {} consecutive errors, last one was: {}", o.error_limit, seen.words());
        report::report(world, p, s, Outcome { verdict: Verdict::Analysis, info, ..Outcome::default() });
    }
}
