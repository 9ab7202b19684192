//! What a command is.

use super::control::Control;
use super::session::Session;
use crate::ir::listener::AccessLevel;
use crate::text::book::Status;

/// One command.
pub struct Command {
    /// `show info`
    pub name: &'static str,
    /// What follows, for `help`.
    pub args: &'static str,
    pub level: AccessLevel,
    pub mode: Mode,
    pub status: Status,
    pub doc: &'static str,
    pub run: Run,
}

/// What must be switched on before a command is obeyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Always,
    Expert,
    Experimental,
}

/// Runs a command on the words behind its name.
pub type Run = fn(&mut Session, &dyn Control, &Input<'_>) -> Output;

/// What a command was given.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    pub words: &'a [String],
    /// The lines behind `<<`, up to an empty one.
    pub payload: Option<&'a str>,
}

impl Input<'_> {
    /// The n-th word behind the command's name; empty when there is none.
    pub fn word(&self, n: usize) -> &str {
        self.words.get(n).map_or("", String::as_str)
    }
}

/// What a command answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Text, with its line feeds.
    Text(String),
    /// The list of sessions, or one: the shell asks every thread.
    Sessions(Option<String>),
    /// Ends a session by its identifier.
    Kill(String),
    /// What a ring has kept; with `wait` also what it gets, until the operator says something.
    Events { ring: String, wait: bool, new: bool },
    /// Closes the connection.
    Quit,
}

impl Output {
    pub fn none() -> Self {
        Self::Text(String::new())
    }

    /// A line.
    pub fn line(text: impl std::fmt::Display) -> Self {
        Self::Text(format!("{text}\n"))
    }
}

/// What a const starts from.
pub const COMMAND: Command = Command {
    name: "",
    args: "",
    level: AccessLevel::User,
    mode: Mode::Always,
    status: Status::Works,
    doc: "",
    run: |_, _, _| Output::none(),
};

impl Command {
    pub fn words(&self) -> usize {
        self.name.split(' ').count()
    }

    /// As `help` shows it.
    pub fn usage(&self) -> String {
        let left = if self.args.is_empty() { self.name.to_owned() } else { format!("{} {}", self.name, self.args) };
        format!("  {left:<40}: {}", self.doc)
    }
}
