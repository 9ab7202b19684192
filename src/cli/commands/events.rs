//! `show events`: what rings have kept.

use crate::cli::command::{COMMAND, Command, Input, Output};
use crate::cli::control::Control;
use crate::ir::listener::AccessLevel;

pub const ALL: &[&Command] = &[&EVENTS];

const EVENTS: Command = Command {
    name: "show events",
    args: "[<sink>] [-w] [-n]",
    level: AccessLevel::Operator,
    doc: "show event sink state",
    run: |_, c, input| events(c, input),
    ..COMMAND
};

/// Sinks that every process has: name, kind, description. Nothing is traced into the last.
const BUILT_IN: [(&str, &str, &str); 3] = [
    ("stdout", "fd", "standard output (fd#1)"),
    ("stderr", "fd", "standard output (fd#2)"),
    ("buf0", "buffer", "in-memory ring buffer"),
];

fn events(c: &dyn Control, input: &Input<'_>) -> Output {
    let rings = &c.config().rings;
    let wanted = input.word(0);
    if wanted.is_empty() {
        let line = |(name, kind, doc): (&str, &str, &str)| format!("    {name:<10} : type={kind}, 0 dropped, {doc}\n");
        let own = rings.iter().map(|r| (r.name.as_str(), "buffer", r.description.as_str()));
        let list: String = BUILT_IN.into_iter().chain(own).map(line).collect();
        let head = "Supported events sinks are listed below. Add -w(wait), -n(new). Any key to stop\n";
        return Output::Text(format!("{head}{list}"));
    }
    if let Some((_, kind, _)) = BUILT_IN.iter().find(|(name, ..)| *name == wanted) {
        return match *kind {
            "fd" => Output::Text("Nothing to report for this sink".to_owned()),
            _ => Output::none(),
        };
    }
    if rings.iter().all(|r| r.name != wanted) {
        return Output::Text("No such event sink".to_owned());
    }
    let has = |flag: char| input.words[1..].iter().any(|w| w.starts_with('-') && w.contains(flag));
    Output::Events { ring: wanted.to_owned(), wait: has('w'), new: has('n') }
}
