//! `program`: what the master runs beside its workers (manual 3.7).

use crate::haproxy::draft::Current;
use crate::haproxy::keyword::{KEYWORD, Keyword, Line, PROGRAM, Syntax};
use crate::ir::config::Program;
use crate::text::diag::{Diagnostic, Place};

pub const ALL: &[&Keyword] = &[&COMMAND, &USER, &GROUP, &START_ON_RELOAD];

fn program<'a>(l: &'a mut Line<'_>) -> Option<&'a mut Program> {
    match l.draft.current {
        Current::Program(i) => l.draft.config.programs.get_mut(i),
        _ => None,
    }
}

fn expects(l: &mut Line<'_>, what: &str) {
    let message = format!("'{}' expects {what}", l.keyword.name);
    l.diag.push(Diagnostic::error("missing-argument", l.end(), message).placed(Place::ParsingTight));
}

const COMMAND: Keyword = Keyword {
    name: "command",
    sections: PROGRAM,
    manual: "3.7",
    args: Syntax::Custom("<command> [<argument>*]"),
    doc: "The program and its arguments; it is looked for in PATH.",
    examples: &["command /usr/sbin/agent -v --listen 127.0.0.1:9"],
    rejects: &["command"],
    lower: |l| {
        let words: Vec<String> = l.rest().iter().map(|w| w.text.clone()).collect();
        if words.is_empty() {
            return expects(l, "a command with optional arguments separated in words.");
        }
        if let Some(p) = program(l) {
            p.command = words;
        }
    },
    ..KEYWORD
};

/// A user or group by its name; `None` was reported.
fn account(l: &mut Line<'_>, what: &str, find: fn(&dyn crate::haproxy::Outside, &str) -> Option<u32>) -> Option<u32> {
    let name = l.arg(0).to_owned();
    if name.is_empty() {
        expects(l, &format!("a {what} name."));
        return None;
    }
    if !l.no_more_than(1) {
        return None;
    }
    let found = find(l.outside, &name);
    if found.is_none() {
        l.error(0, format!("cannot find {what} id for '{name}' (0:Success)"));
    }
    found
}

const USER: Keyword = Keyword {
    name: "user",
    sections: PROGRAM,
    manual: "3.7",
    args: Syntax::Custom("<name>"),
    doc: "The user that the program runs as.",
    examples: &["user root"],
    rejects: &["user", "user nobody-of-that-name"],
    lower: |l| {
        let uid = account(l, "user", |o, name| o.user(name));
        if let Some(p) = program(l) {
            p.uid = uid;
        }
    },
    ..KEYWORD
};
const GROUP: Keyword = Keyword {
    name: "group",
    sections: PROGRAM,
    manual: "3.7",
    args: Syntax::Custom("<name>"),
    doc: "The group that the program runs as.",
    examples: &["group root"],
    rejects: &["group", "group nobody-of-that-name"],
    lower: |l| {
        let gid = account(l, "group", |o, name| o.group(name));
        if let Some(p) = program(l) {
            p.gid = gid;
        }
    },
    ..KEYWORD
};
const START_ON_RELOAD: Keyword = Keyword {
    name: "option start-on-reload",
    sections: PROGRAM,
    manual: "3.7",
    args: Syntax::Custom(""),
    negatable: true,
    doc: "A reload ends the program in any case, and starts it anew unless this is switched off.",
    examples: &["option start-on-reload", "no option start-on-reload"],
    rejects: &["option start-on-reload x"],
    lower: |l| {
        let on = l.on();
        if l.no_more_than(0)
            && let Some(p) = program(l)
        {
            p.start_on_reload = on;
        }
    },
    ..KEYWORD
};
