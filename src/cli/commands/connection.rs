//! Commands about the operator's own connection.

use crate::cli::command::{COMMAND, Command, Output};
use crate::ir::listener::{AccessLevel, SeverityOutput};
use crate::text::atoms::{self, TimeUnit};

pub const ALL: &[&Command] =
    &[&EXPERIMENTAL, &EXPERT, &HELP, &OPERATOR, &PROMPT, &QUIT, &SET_SEVERITY, &SET_TIMEOUT, &USER];

const EXPERT: Command = Command {
    name: "expert-mode",
    args: "[on|off]",
    level: AccessLevel::Admin,
    doc: "turn expert mode on or off, or say which it is",
    run: |session, _, input| switch("expert-mode", &mut session.expert, input.word(0)),
    ..COMMAND
};
const EXPERIMENTAL: Command = Command {
    name: "experimental-mode",
    args: "[on|off]",
    level: AccessLevel::Admin,
    doc: "turn experimental mode on or off, or say which it is",
    run: |session, _, input| switch("experimental-mode", &mut session.experimental, input.word(0)),
    ..COMMAND
};

fn switch(name: &str, mode: &mut bool, word: &str) -> Output {
    if word.is_empty() {
        return Output::line(format_args!("{name} is {}", if *mode { "ON" } else { "OFF" }));
    }
    *mode = word == "on";
    Output::none()
}

/// They work, and nobody is told.
const UNLISTED: [&str; 2] = ["experimental-mode", "expert-mode"];

const HELP: Command = Command {
    name: "help",
    args: "[<command>]",
    doc: "list matching or all commands",
    run: |session, _, input| {
        let wanted = input.words.join(" ");
        let mut out = String::from("The following commands are valid at this level:\n");
        let fits = |c: &&'static Command| {
            c.level <= session.level
                && c.status != crate::text::book::Status::Missing
                && !UNLISTED.contains(&c.name)
                && session.allows(c.mode)
                && (c.name.starts_with(&wanted) || super::ALWAYS.contains(&c.name))
        };
        let mut list: Vec<_> = super::all().filter(fits).collect();
        list.sort_by_key(|c| (super::ALWAYS.contains(&c.name), c.name));
        for c in list {
            out.push_str(&c.usage());
            out.push('\n');
        }
        Output::Text(out)
    },
    ..COMMAND
};
const PROMPT: Command = Command {
    name: "prompt",
    doc: "toggle interactive mode with prompt",
    run: |session, _, _| {
        session.interactive = !session.interactive;
        Output::none()
    },
    ..COMMAND
};
const QUIT: Command = Command { name: "quit", doc: "disconnect", run: |_, _, _| Output::Quit, ..COMMAND };
const OPERATOR: Command = Command {
    name: "operator",
    doc: "lower the level of the current CLI session to operator",
    run: |session, _, _| {
        if session.level < AccessLevel::Operator {
            return Output::line("Permission denied");
        }
        session.level = AccessLevel::Operator;
        Output::none()
    },
    ..COMMAND
};
const USER: Command = Command {
    name: "user",
    doc: "lower the level of the current CLI session to user",
    run: |session, _, _| {
        session.level = AccessLevel::User;
        Output::none()
    },
    ..COMMAND
};
const SET_SEVERITY: Command = Command {
    name: "set severity-output",
    args: "[none|number|string]",
    doc: "set presence of severity level in feedback information",
    run: |session, _, input| {
        session.severity = match input.word(0) {
            "none" => SeverityOutput::None,
            "number" => SeverityOutput::Number,
            "string" => SeverityOutput::String,
            _ => {
                return Output::line("one of 'none', 'number', 'string' is a required argument");
            }
        };
        Output::none()
    },
    ..COMMAND
};
const SET_TIMEOUT: Command = Command {
    name: "set timeout",
    args: "[cli] <delay>",
    doc: "change a timeout setting",
    run: |session, _, input| {
        if input.word(0) != "cli" {
            return Output::line("'set timeout' only supports 'cli'.");
        }
        if input.word(1).is_empty() {
            return Output::line("Expects an integer value.");
        }
        match atoms::duration(input.word(1), TimeUnit::Seconds) {
            Ok(d) if !d.is_zero() => {
                session.timeout = Some(d.as_secs().max(1));
                Output::none()
            }
            _ => Output::line("Invalid timeout value."),
        }
    },
    ..COMMAND
};
