//! Commands about ACLs and maps (management guide 9.3 `add acl`, `show map` ...).

use std::fmt::Write as _;

use crate::cli::command::{COMMAND, Command, Input, Output};
use crate::cli::control::Control;
use crate::expr::pattern::Compiled;
use crate::expr::value::Value;
use crate::expr::versions::Versions;
use crate::ir::expr::{PatternEntry, PatternSet, PatternSetId};
use crate::ir::listener::AccessLevel;

pub const ALL: &[&Command] = &[
    &ADD_ACL,
    &ADD_MAP,
    &CLEAR_ACL,
    &CLEAR_MAP,
    &COMMIT_ACL,
    &COMMIT_MAP,
    &DEL_ACL,
    &DEL_MAP,
    &GET_ACL,
    &GET_MAP,
    &PREPARE_ACL,
    &PREPARE_MAP,
    &SET_MAP,
    &SHOW_ACL,
    &SHOW_MAP,
];

/// `@3`: the version that a command means, and the words behind it.
fn versioned<'a>(input: &Input<'a>) -> (Option<u32>, Input<'a>) {
    match input.word(0).strip_prefix('@') {
        Some(n) => {
            let number = crate::expr::value::leading_int(n.as_bytes()).0;
            (u32::try_from(number).ok().or(Some(0)), Input { words: &input.words[1..], ..*input })
        }
        None => (None, *input),
    }
}

/// Looks at or changes what waits beside a set; sets of the same file share it.
fn with_versions<T>(c: &dyn Control, id: PatternSetId, f: impl FnOnce(&mut Versions) -> T) -> T {
    let first = siblings(c, id).into_iter().next().unwrap_or(id);
    let (mut f, mut out) = (Some(f), None);
    c.with_versions(first, &mut |v| out = f.take().map(|f| f(v)));
    out.expect("it is called once")
}

/// Whether `@version` is another than the one in use.
fn is_waiting(c: &dyn Control, id: PatternSetId, version: Option<u32>) -> Option<u32> {
    version.filter(|v| !with_versions(c, id, |all| all.is_current(*v)))
}

const fn what(is_map: bool) -> &'static str {
    if is_map { "map" } else { "ACL" }
}

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
    found.ok_or_else(|| Output::line(format_args!("Unknown {} identifier. Please use #<id> or <file>.", what(is_map))))
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
    let (version, input) = versioned(input);
    let expected = if is_map { 3 } else { 2 };
    if input.payload.is_none() && input.words.len() < expected {
        return Output::line(if is_map {
            "'add map' expects three parameters (map identifier, key and value) or one parameter (map identifier) and a payload"
        } else {
            "'add acl' expects two parameters: ACL identifier and pattern."
        });
    }
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
        None => new.push(entry(input.word(1), is_map.then(|| input.word(2)))),
    }
    if version.is_some_and(|v| !with_versions(c, id, |all| all.is_known(v))) {
        let kind = if is_map { "map" } else { "acl" };
        return Output::line(format_args!("Version number in the future, please use 'prepare {kind}' before."));
    }
    if let Some(v) = is_waiting(c, id, version) {
        if let Err(e) = Compiled::new(&PatternSet { entries: new.clone(), ..c.patterns(id) }) {
            return Output::line(e);
        }
        with_versions(c, id, |all| all.add(v, &new));
        return Output::none();
    }
    change(c, id, |entries| {
        entries.extend(new.iter().cloned());
        true
    })
}

const fn admin(name: &'static str, args: &'static str, doc: &'static str, run: crate::cli::command::Run) -> Command {
    Command { name, args, doc, run, level: AccessLevel::Operator, ..COMMAND }
}

const ADD_ACL: Command = admin("add acl", "[@<ver>] <acl> <pattern>", "add an acl entry", |_, c, i| add(c, i, false));
const ADD_MAP: Command = admin(
    "add map",
    "[@<ver>] <map> <key> <val>",
    "add a map entry (payload supported instead of key/val)",
    |_, c, i| add(c, i, true),
);

fn clear(c: &dyn Control, input: &Input<'_>, is_map: bool) -> Output {
    let (version, input) = versioned(input);
    if input.word(0).is_empty() {
        return Output::line(format_args!("Missing {} identifier.", what(is_map)));
    }
    match find(c, input.word(0), is_map) {
        Ok(id) if is_waiting(c, id, version).is_some() => {
            with_versions(c, id, |all| all.clear(version.unwrap_or(0)));
            Output::none()
        }
        Ok(id) => change(c, id, |e| {
            e.clear();
            true
        }),
        Err(e) => e,
    }
}
const CLEAR_ACL: Command =
    admin("clear acl", "[@<ver>] <acl>", "clear the contents of this acl", |_, c, i| clear(c, i, false));
const CLEAR_MAP: Command =
    admin("clear map", "[@<ver>] <map>", "clear the contents of this map", |_, c, i| clear(c, i, true));

fn prepare(c: &dyn Control, input: &Input<'_>, is_map: bool) -> Output {
    match find(c, input.word(0), is_map) {
        Ok(id) => Output::line(format_args!("New version created: {}", with_versions(c, id, Versions::prepare))),
        Err(e) => e,
    }
}
const PREPARE_ACL: Command =
    admin("prepare acl", "<acl>", "prepare a new version for atomic ACL replacement", |_, c, i| prepare(c, i, false));
const PREPARE_MAP: Command =
    admin("prepare map", "<acl>", "prepare a new version for atomic map replacement", |_, c, i| prepare(c, i, true));

fn commit(c: &dyn Control, input: &Input<'_>, is_map: bool) -> Output {
    let (version, input) = versioned(input);
    let Some(version) = version else { return Output::line("Missing version number.") };
    if input.word(0).is_empty() {
        return Output::line(format_args!("Missing {} identifier.", what(is_map)));
    }
    let id = match find(c, input.word(0), is_map) {
        Ok(id) => id,
        Err(e) => return e,
    };
    match with_versions(c, id, |all| all.commit(version)) {
        Some(new) => change(c, id, |entries| {
            entries.clone_from(&new);
            true
        }),
        None => Output::line("Version number out of range."),
    }
}
const COMMIT_ACL: Command =
    admin("commit acl", "@<ver> <acl>", "commit the ACL at this version", |_, c, i| commit(c, i, false));
const COMMIT_MAP: Command =
    admin("commit map", "@<ver> <map>", "commit the map at this version", |_, c, i| commit(c, i, true));

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
    let (version, input) = versioned(input);
    if input.word(0).is_empty() && version.is_none() {
        return Output::Text(list(c, is_map));
    }
    match find(c, input.word(0), is_map) {
        Ok(id) => {
            let mut out = String::new();
            let entries = match is_waiting(c, id, version) {
                Some(v) => with_versions(c, id, |all| all.entries(v).to_vec()),
                None => c.patterns(id).entries,
            };
            for (i, e) in entries.iter().enumerate() {
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
        let ((now, next), waiting) = with_versions(c, PatternSetId(i), |all| (all.numbers(), all.waiting()));
        let count = c.patterns(PatternSetId(i)).entries.len() + waiting;
        let _ = writeln!(
            out,
            "{id} ({}) {}. curr_ver={now} next_ver={next} entry_cnt={count}",
            s.file.as_deref().unwrap_or(""),
            s.display
        );
    }
    out
}
const SHOW_ACL: Command = Command {
    name: "show acl",
    args: "[@<ver>] [<acl>]",
    doc: "report available acls or dump an acl's contents",
    run: |_, c, i| show(c, i, false),
    ..COMMAND
};
const SHOW_MAP: Command = Command {
    name: "show map",
    args: "[@<ver>] [<map>]",
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
