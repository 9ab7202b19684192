//! What routers watch: scripts, interfaces, processes, files, and what each is worth.

use std::{path::PathBuf, time::Duration};

use super::Command;
use crate::text::source::Span;

/// The effect of a tracked thing on a router's priority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Weight {
    /// Zero: not a change of priority, but FAULT.
    pub value: i32,
    /// Up counts as down and the other way round.
    pub reverse: bool,
}

/// A reference to a tracked thing, with the weight that counts here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tracked {
    pub name: String,
    pub weight: Weight,
    pub at: Span,
}

/// Everything that one router or group watches, beside its own interface.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tracking {
    pub interfaces: Vec<Tracked>,
    pub scripts: Vec<Tracked>,
    pub processes: Vec<Tracked>,
    pub files: Vec<Tracked>,
    /// BFD sessions.
    pub bfds: Vec<Tracked>,
}

/// `vrrp_script`: a command run again and again.
#[derive(Debug, Clone, PartialEq)]
pub struct Script {
    pub name: String,
    pub at: Span,
    pub command: Command,
    pub interval: Duration,
    /// The interval when `None`.
    pub timeout: Option<Duration>,
    pub weight: Weight,
    /// Consecutive successes that make it up.
    pub rise: u32,
    /// Consecutive failures that make it down.
    pub fall: u32,
    /// It begins failed.
    pub init_fail: bool,
}

/// `vrrp_track_process`: how many processes of a kind live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackProcess {
    pub name: String,
    pub at: Span,
    pub program: Vec<u8>,
    /// Arguments that must match, and how; `None` when only the name counts.
    pub arguments: Option<(Vec<Vec<u8>>, ProcessMatch)>,
    /// Compare the whole command line's first word rather than the kernel's name.
    pub full_command: bool,
    pub weight: Weight,
    /// At least so many.
    pub quorum: u32,
    /// At most so many.
    pub quorum_max: Option<u32>,
    pub terminate_delay: Duration,
    pub fork_delay: Duration,
}

/// How arguments of a process are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ProcessMatch {
    #[default]
    Exact,
    /// The process may have more arguments.
    Initial,
    /// The last argument may be longer.
    Partial,
}

/// `track_file`: a file that holds a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackFile {
    pub name: String,
    pub at: Span,
    pub path: PathBuf,
    /// Multiplier of the number; zero: FAULT while the number is not zero.
    pub weight: Weight,
    /// Written at start: the value, and whether over what is there.
    pub init: Option<(i64, bool)>,
}
