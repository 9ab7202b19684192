//! What a director wants done.

use super::table::Change;
use crate::ir::failover::Command;

/// One deed, in the order in which they are to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// The kernel's table changes.
    Kernel(Change),
    /// A line of the log.
    Log(Line),
    /// `notify_up`, `notify_down`, `quorum_up`, `quorum_down`.
    Run(Command),
    /// A line for `lvs_notify_fifo` and `notify_fifo`, with its end.
    Fifo(String),
    /// A mail about a change.
    Mail { subject: String, body: String },
    /// Checks of a virtual server, by position, begin (again) or pause (`ha_suspend`). Said of every virtual server after a
    /// start and after a reload, which may move them.
    Checks { virtual_server: usize, run: bool },
}

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Only with `-D`.
    pub detail: bool,
    pub text: String,
}
