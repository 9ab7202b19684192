//! Commands about sessions.

use crate::cli::command::{COMMAND, Command, Output};
use crate::ir::listener::AccessLevel;

pub const ALL: &[&Command] = &[&SHOW_SESS, &SHUTDOWN_SESSION];

const SHOW_SESS: Command = Command {
    name: "show sess",
    args: "[id]",
    level: AccessLevel::Operator,
    doc: "report the list of current sessions or dump this exact session",
    run: |_, _, input| Output::Sessions(Some(input.word(0).to_owned()).filter(|w| !w.is_empty())),
    ..COMMAND
};
const SHUTDOWN_SESSION: Command = Command {
    name: "shutdown session",
    args: "[id]",
    level: AccessLevel::Admin,
    doc: "kill a specific session",
    run: |_, _, input| match input.word(0) {
        "" => Output::line("Session pointer expected (use 'show sess')."),
        id => Output::Kill(id.to_owned()),
    },
    ..COMMAND
};
