//! One operator's connection: lines to commands, level, prompt.

use super::command::{Input, Mode, Output};
use super::commands;
use super::control::Control;
use crate::ir::listener::{AccessLevel, SeverityOutput};

/// What a connection remembers between commands.
#[derive(Debug, Clone)]
pub struct Session {
    pub level: AccessLevel,
    pub severity: SeverityOutput,
    /// `prompt` was given: the connection stays, and says so.
    pub interactive: bool,
    /// `set timeout cli`; seconds.
    pub timeout: Option<u64>,
    /// `expert-mode on`, `experimental-mode on`
    pub expert: bool,
    pub experimental: bool,
}

impl Session {
    pub fn new(level: AccessLevel, severity: SeverityOutput) -> Self {
        Self { level, severity, interactive: false, timeout: None, expert: false, experimental: false }
    }

    /// As a master's operator may act here: see [`super::master::Session::rights`].
    pub fn from_rights(rights: u8) -> Self {
        let level = match rights & 3 {
            0 => AccessLevel::User,
            1 => AccessLevel::Operator,
            _ => AccessLevel::Admin,
        };
        let session = Self::new(level, SeverityOutput::None);
        Self { expert: rights & 4 != 0, experimental: rights & 8 != 0, ..session }
    }

    /// Whether the mode that a command needs is on.
    pub fn allows(&self, mode: Mode) -> bool {
        match mode {
            Mode::Always => true,
            Mode::Expert => self.expert,
            Mode::Experimental => self.experimental,
        }
    }

    /// Whether a line announces a payload, which then follows up to an empty line.
    pub fn wants_payload(line: &str) -> bool {
        line.trim_end().ends_with("<<")
    }

    /// Runs the commands of a line. Each output is to be followed by an empty line and, where it says so, by a prompt.
    pub fn line(&mut self, line: &str, payload: Option<&str>, control: &dyn Control) -> Vec<(Output, bool)> {
        let line = if payload.is_some() { line.trim_end().trim_end_matches("<<") } else { line };
        let run = |words: Vec<String>| {
            let output = self.command(&words, payload, control);
            (output, self.interactive)
        };
        split(line).into_iter().filter(|w| !w.is_empty()).map(run).collect()
    }

    fn command(&mut self, words: &[String], payload: Option<&str>, control: &dyn Control) -> Output {
        let Some(command) = commands::find(words) else { return Output::Text(commands::unknown(words, self.level)) };
        if command.level > self.level {
            return Output::line("Permission denied");
        }
        if command.status == crate::text::book::Status::Missing {
            return Output::line(format_args!("'{}' is not implemented in this version of Hawser.", command.name));
        }
        if !self.allows(command.mode) {
            let mode = if command.mode == Mode::Expert { "expert" } else { "experimental" };
            return Output::line(format_args!("This command is restricted to {mode} mode only."));
        }
        let input = Input { words: &words[command.words()..], payload };
        (command.run)(self, control, &input)
    }
}

/// Words of each command: `;` separates commands, a backslash keeps the next character.
fn split(line: &str) -> Vec<Vec<String>> {
    let mut commands = vec![Vec::new()];
    let mut word: Option<String> = None;
    let mut chars = line.trim_end_matches(['\r', '\n']).chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                let next = chars.next().unwrap_or('\\');
                word.get_or_insert_default().push(next);
            }
            ';' | ' ' | '\t' => {
                let last = commands.last_mut().expect("there is always a command");
                last.extend(word.take());
                if c == ';' {
                    commands.push(Vec::new());
                }
            }
            c => word.get_or_insert_default().push(c),
        }
    }
    let last = commands.last_mut().expect("there is always a command");
    last.extend(word);
    commands
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_split_at_semicolons_that_are_not_escaped() {
        assert_eq!(split("show info; show stat b\\;c\n"), [vec!["show", "info"], vec!["show", "stat", "b;c"]]);
        assert_eq!(split(" a\\ b  c"), [vec!["a b", "c"]]);
    }
}
