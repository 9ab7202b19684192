//! Everything that can fail on a node and that one of its routers notices.

use std::{fmt, time::Duration};

use crate::{
    ir::failover::{Failover, Instance, Script, track::Tracked},
    simulation::{Machine, Network},
    text::source::Span,
};

/// One failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    Script(String),
    Process(String),
    /// A tracked file says 1.
    File(String),
    Bfd(String),
    /// A tracked interface, or the router's own.
    Link(String),
    /// The daemon ends in order.
    Stop,
    /// The node loses its power, or its last cable.
    Lost,
}

/// A tracked thing of a router: what fails, what it is worth, where the router names it.
pub struct Tracker {
    pub cause: Cause,
    /// Zero: a fault.
    pub weight: i32,
    pub at: Span,
}

/// The failure of a tracked thing of one kind.
type Named = fn(String) -> Cause;

/// What a router, or its group, tracks.
#[must_use]
pub fn trackers(config: &Failover, instance: &Instance) -> Vec<Tracker> {
    let group = config.group_of(&instance.name).map(|group| &group.tracking);
    let mut all: Vec<Tracker> = Vec::new();
    for tracking in std::iter::once(&instance.tracking).chain(group) {
        let kinds: [(&[Tracked], Named); 5] = [
            (&tracking.scripts, Cause::Script),
            (&tracking.processes, Cause::Process),
            (&tracking.files, Cause::File),
            (&tracking.bfds, Cause::Bfd),
            (&tracking.interfaces, Cause::Link),
        ];
        for (items, cause) in kinds {
            for item in items {
                let tracker = Tracker { cause: cause(item.name.clone()), weight: item.weight.value, at: item.at };
                if !all.iter().any(|other| other.cause == tracker.cause) {
                    all.push(tracker);
                }
            }
        }
    }
    all
}

impl Cause {
    /// Lets it happen now, as often as it takes to be believed.
    pub fn happen<M: Machine>(&self, network: &mut Network<M>, host: usize) {
        match self {
            Self::Script(name) => {
                network.set_script(host, name, false);
                let fall = network.hosts[host].config.script(name).map_or(1, |script| script.fall);
                (0..fall).for_each(|_| network.run_script(host, name));
            }
            Self::Process(name) => network.set_process(host, name, false),
            Self::File(name) => network.set_file(host, name, 1),
            Self::Bfd(name) => network.set_bfd(host, name, false),
            Self::Link(name) => network.set_link(host, name, false),
            Self::Stop => network.stop(host),
            Self::Lost => network.crash(host),
        }
    }

    /// How long it takes at most until the node knows; `watched` as in [`Question`](super::Question).
    #[must_use]
    pub fn noticed(&self, config: &Failover, watched: &dyn Fn(&Script) -> Option<Duration>) -> Duration {
        let Self::Script(name) = self else { return Duration::ZERO };
        config.script(name).map_or(Duration::ZERO, |script| {
            let rest = script.interval * script.fall.saturating_sub(1);
            rest + watched(script).unwrap_or(script.interval)
        })
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Script(name) => write!(f, "script {name} fails"),
            Self::Process(name) => write!(f, "process {name} is gone"),
            Self::File(name) => write!(f, "file {name} says 1"),
            Self::Bfd(name) => write!(f, "BFD neighbour {name} is silent"),
            Self::Link(name) => write!(f, "{name} is down"),
            Self::Stop => f.write_str("keepalived stops"),
            Self::Lost => f.write_str("node is lost"),
        }
    }
}
