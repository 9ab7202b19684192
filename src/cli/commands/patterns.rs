//! Commands about ACLs and maps (management guide 9.3 `add acl`, `show map` ...).

use std::fmt::Write as _;

use crate::cli::command::{COMMAND, Command, Input, Output};
use crate::cli::control::Control;
use crate::expr::pattern::Compiled;
use crate::expr::value::Value;
use crate::ir::expr::{PatternEntry, PatternSet, PatternSetId};
use crate::ir::listener::AccessLevel;

pub const ALL: &[&Command] = &[
    &ADD_ACL, &ADD_MAP, &CLEAR_ACL, &CLEAR_MAP, &DEL_ACL, &DEL_MAP, &GET_ACL, &GET_MAP, &SET_MAP, &SHOW_ACL, &SHOW_MAP,
];

/// The set that `#id`, a number or a file's name means.
fn find(c: &dyn Control, name: &str, is_map: bool) -> Result<PatternSetId, Output> {
    let sets = &c.config().patterns;
    let number = name.strip_prefix('#').and_then(|n| n.parse::<usize>().ok());
    let fits = |i: usize, s: &PatternSet| {
        s.is_map == is_map
            && match number {
                Some(n) => s.unique_id.map_or(i, |u| u as usize) == n,
                None => s.file.as_deref() == Some(name),
            }
    };
    let found = sets.iter().enumerate().position(|(i, s)| fits(i, s)).map(PatternSetId);
    let what = if is_map {
        "Unknown map identifier. Please use #<id> or <file>."
    } else {
        "Unknown ACL identifier. Please use #<id> or <file>."
    };
    found.ok_or_else(|| Output::line(what))
}

/// Every set of the same file: they share their entries.
fn siblings(c: &dyn Control, id: PatternSetId) -> Vec<PatternSetId> {
    let sets = &c.config().patterns;
    let Some(file) = &sets[id.0].file else { return vec![id] };
    (0..sets.len())
        .filter(|i| sets[*i].file.as_ref() == Some(file) && sets[*i].is_map == sets[id.0].is_map)
        .map(PatternSetId)
        .collect()
}

/// Changes the entries of a set and of its siblings.
fn change(c: &dyn Control, id: PatternSetId, edit: impl Fn(&mut Vec<PatternEntry>) -> bool) -> Output {
    let mut found = false;
    for id in siblings(c, id) {
        let mut entries = c.patterns(id).entries;
        found |= edit(&mut entries);
        if let Err(e) = c.set_patterns(id, entries) {
            return Output::line(e);
        }
    }
    if found { Output::none() } else { Output::line("Key not found.") }
}

fn add(c: &dyn Control, input: &Input<'_>, is_map: bool) -> Output {
    let id = match find(c, input.word(0), is_map) {
        Ok(id) => id,
        Err(e) => return e,
    };
    let mut new = Vec::new();
    let entry =
        |key: &str, value: Option<&str>| PatternEntry { key: key.to_owned(), value: value.map(str::to_owned), line: 0 };
    match input.payload {
        Some(text) => {
            for line in text.lines().map(str::trim).filter(|l| !l.is_empty()) {
                match (is_map, line.split_once(char::is_whitespace)) {
                    (true, Some((k, v))) => new.push(entry(k, Some(v.trim_start()))),
                    (true, None) => {
                        return Output::line(format_args!("Missing value for key '{line}' in line '{line}'."));
                    }
                    (false, _) => new.push(entry(line, None)),
                }
            }
        }
        None if is_map && input.words.len() < 3 => {
            return Output::line(
                "'add map' expects three parameters (map identifier, key and value) or one parameter (map identifier) and a payload",
            );
        }
        None if input.words.len() < 2 => {
            return Output::line("'add acl' expects two parameters: ACL identifier and pattern.");
        }
        None => new.push(entry(input.word(1), is_map.then(|| input.word(2)))),
    }
    change(c, id, |entries| {
        entries.extend(new.iter().cloned());
        true
    })
}

const fn admin(name: &'static str, args: &'static str, doc: &'static str, run: crate::cli::command::Run) -> Command {
    Command { name, args, doc, run, level: AccessLevel::Operator, ..COMMAND }
}

const ADD_ACL: Command = admin("add acl", "<acl> <pattern>", "add an acl entry", |_, c, i| add(c, i, false));
const ADD_MAP: Command =
    admin("add map", "<map> <key> <val>", "add a map entry (payload supported instead of key/val)", |_, c, i| {
        add(c, i, true)
    });

fn clear(c: &dyn Control, input: &Input<'_>, is_map: bool) -> Output {
    match find(c, input.word(0), is_map) {
        Ok(id) => change(c, id, |e| {
            e.clear();
            true
        }),
        Err(e) => e,
    }
}
const CLEAR_ACL: Command = admin("clear acl", "<acl>", "clear the contents of this acl", |_, c, i| clear(c, i, false));
const CLEAR_MAP: Command = admin("clear map", "<map>", "clear the contents of this map", |_, c, i| clear(c, i, true));

/// `#ref` is an entry's number as `show` prints it; a key is all entries of that key.
fn is_meant(position: usize, e: &PatternEntry, word: &str) -> bool {
    match word.strip_prefix("#0x").and_then(|n| usize::from_str_radix(n, 16).ok()) {
        Some(n) => n == position + 1,
        None => e.key == word,
    }
}
fn delete(c: &dyn Control, input: &Input<'_>, is_map: bool) -> Output {
    match find(c, input.word(0), is_map) {
        Ok(id) => {
            let word = input.word(1).to_owned();
            change(c, id, |entries| {
                let before = entries.len();
                let mut i = 0;
                entries.retain(|e| {
                    i += 1;
                    !is_meant(i - 1, e, &word)
                });
                entries.len() < before
            })
        }
        Err(e) => e,
    }
}
const DEL_ACL: Command =
    admin("del acl", "<acl> [<key>|#<ref>]", "delete acl entries matching <key>", |_, c, i| delete(c, i, false));
const DEL_MAP: Command =
    admin("del map", "<map> [<key>|#<ref>]", "delete map entries matching <key>", |_, c, i| delete(c, i, true));
const SET_MAP: Command =
    admin("set map", "<map> [<key>|#<ref>] <value>", "modify a map entry", |_, c, input| {
        match find(c, input.word(0), true) {
            Ok(_) if input.words.len() < 3 => {
                Output::line("'set map' expects three parameters: map identifier, key and value.")
            }
            Ok(id) => {
                let (word, value) = (input.word(1).to_owned(), input.word(2).to_owned());
                change(c, id, |entries| {
                    let mut found = false;
                    for (i, e) in entries.iter_mut().enumerate() {
                        if is_meant(i, e, &word) {
                            e.value = Some(value.clone());
                            found = true;
                        }
                    }
                    found
                })
            }
            Err(e) => e,
        }
    });

fn show(c: &dyn Control, input: &Input<'_>, is_map: bool) -> Output {
    if input.word(0).is_empty() {
        return Output::Text(list(c, is_map));
    }
    match find(c, input.word(0), is_map) {
        Ok(id) => {
            let mut out = String::new();
            for (i, e) in c.patterns(id).entries.iter().enumerate() {
                let _ = match &e.value {
                    Some(v) => writeln!(out, "{:#x} {} {v}", i + 1, e.key),
                    None => writeln!(out, "{:#x} {}", i + 1, e.key),
                };
            }
            Output::Text(out)
        }
        Err(e) => e,
    }
}

fn list(c: &dyn Control, is_map: bool) -> String {
    let mut out = String::from("# id (file) description\n");
    for (i, s) in c.config().patterns.iter().enumerate().filter(|(_, s)| s.is_map == is_map) {
        let id = s.unique_id.map_or(i, |u| u as usize);
        let count = c.patterns(PatternSetId(i)).entries.len();
        let _ = writeln!(
            out,
            "{id} ({}) {}. curr_ver=0 next_ver=0 entry_cnt={count}",
            s.file.as_deref().unwrap_or(""),
            s.display
        );
    }
    out
}
const SHOW_ACL: Command = Command {
    name: "show acl",
    args: "[<acl>]",
    doc: "report available acls or dump an acl's contents",
    run: |_, c, i| show(c, i, false),
    ..COMMAND
};
const SHOW_MAP: Command = Command {
    name: "show map",
    args: "[<map>]",
    doc: "report available maps or dump a map's contents",
    run: |_, c, i| show(c, i, true),
    ..COMMAND
};

fn get(c: &dyn Control, input: &Input<'_>, is_map: bool) -> Output {
    let id = match find(c, input.word(0), is_map) {
        Ok(id) => id,
        Err(e) => return e,
    };
    let set = c.patterns(id);
    let Ok(compiled) = Compiled::new(&set) else { return Output::none() };
    let kind = format!("{:?}", set.method).to_ascii_lowercase();
    let case = if set.ignore_case { "insensitive" } else { "sensitive" };
    let text = match compiled
        .find(&Value::str(input.word(1).as_bytes()))
        .and_then(|h| h.entry)
        .and_then(|i| set.entries.get(i))
    {
        Some(e) => {
            let value = e.value.as_ref().map_or_else(String::new, |v| format!(", value=\"{v}\", type=\"str\""));
            format!("type={kind}, case={case}, found=yes, idx=tree, key=\"{}\"{value}", e.key)
        }
        None => format!("type={kind}, case={case}, match=no"),
    };
    Output::line(text)
}
const GET_ACL: Command = Command {
    name: "get acl",
    args: "<acl> <value>",
    doc: "report the patterns matching a sample for an ACL",
    run: |_, c, i| get(c, i, false),
    ..COMMAND
};
const GET_MAP: Command = Command {
    name: "get map",
    args: "<acl> <value>",
    doc: "report the keys and values matching a sample for a map",
    run: |_, c, i| get(c, i, true),
    ..COMMAND
};
