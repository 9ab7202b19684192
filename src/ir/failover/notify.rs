//! Commands that are run, and as whom.

use std::path::PathBuf;

use crate::text::source::Span;

/// A command line, split into words and with its user resolved. No shell is involved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// At least one word. The first is the program as written.
    pub argv: Vec<Vec<u8>>,
    /// The program's file, found by the check of the configuration.
    pub path: PathBuf,
    pub run_as: RunAs,
    pub at: Span,
}

/// User and group of a command.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RunAs {
    pub uid: u32,
    pub gid: u32,
    /// For its supplementary groups.
    pub user: Option<String>,
}

/// Commands run at changes of a router or a group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notify {
    pub master: Option<Command>,
    pub backup: Option<Command>,
    pub fault: Option<Command>,
    pub stop: Option<Command>,
    pub deleted: Option<Command>,
    /// `notify_deleted`, with or without a command: the end at a reload is told as DELETED.
    pub tell_deleted: bool,
    /// Told every change, with kind, name, state and priority as further arguments.
    pub any: Option<Command>,
    /// A master heard an advert of lower priority.
    pub lower_priority: Option<Command>,
}
