//! Files and names of the process (manual 3.1).

use crate::haproxy::keyword::{GLOBAL, KEYWORD, Keyword, Line, Syntax};
use crate::text::book::Status;
use crate::text::diag::{Diagnostic, Place};
use crate::text::grammar::{Arg, Kind};

pub const ALL: &[&Keyword] = &[
    &DESCRIPTION,
    &NODE,
    &LOCALPEER,
    &SERVER_STATE_BASE,
    &SERVER_STATE_FILE,
    &SETENV,
    &PRESETENV,
    &UNSETENV,
    &RESETENV,
    &UNIX_BIND,
    &H1_CASE_ADJUST,
    &H1_CASE_ADJUST_FILE,
];

const fn global(name: &'static str, args: &'static [Arg], doc: &'static str, lower: fn(&mut Line<'_>)) -> Keyword {
    Keyword { name, sections: GLOBAL, manual: "3.1", args: Syntax::Args(args), doc, lower, ..KEYWORD }
}

fn rest(l: &Line<'_>) -> String {
    l.rest().iter().map(|w| w.text.as_str()).collect::<Vec<_>>().join(" ")
}

const DESCRIPTION: Keyword =
    global("description", &[Arg::Rest("text", Kind::Word)], "A text about the instance, for the stats page.", |l| {
        let text = rest(l);
        l.global().description = Some(text);
    });
const NODE: Keyword =
    global("node", &[Arg::Value("name", Kind::Word)], "The instance's name, for the stats page.", |l| {
        let name = l.args.text("name").map(str::to_owned);
        l.global().node = name;
    });
const LOCALPEER: Keyword = Keyword {
    status: Status::Tuning,
    ..global("localpeer", &[Arg::Value("name", Kind::Word)], "The name of this peer, as -L gives it.", |l| {
        let name = l.args.text("name").map(str::to_owned);
        l.global().localpeer = name;
    })
};
const SERVER_STATE_BASE: Keyword = Keyword {
    examples: &["server-state-base /var/lib/haproxy"],
    ..global(
        "server-state-base",
        &[Arg::Value("directory", Kind::Path)],
        "Where relative server state files are.",
        |l| {
            let dir = l.args.text("directory").map(str::to_owned);
            l.global().server_state_base = dir;
        },
    )
};
const SERVER_STATE_FILE: Keyword = Keyword {
    examples: &["server-state-file global"],
    ..global(
        "server-state-file",
        &[Arg::Value("file", Kind::Path)],
        "The file that servers' states are loaded from.",
        |l| {
            let file = l.args.text("file").map(str::to_owned);
            l.global().server_state_file = file;
        },
    )
};
const SETENV: Keyword = global(
    "setenv",
    &[Arg::Value("name", Kind::Word), Arg::Value("value", Kind::Word)],
    "Sets an environment variable.",
    |l| {
        if let (Some(n), Some(v)) = (l.args.text("name").map(str::to_owned), l.args.text("value").map(str::to_owned)) {
            l.draft.environment.insert(n, Some(v));
        }
    },
);
const PRESETENV: Keyword = global(
    "presetenv",
    &[Arg::Value("name", Kind::Word), Arg::Value("value", Kind::Word)],
    "Sets an environment variable that has no value yet.",
    |l| {
        if let (Some(n), Some(v)) = (l.args.text("name").map(str::to_owned), l.args.text("value").map(str::to_owned)) {
            let known = l.draft.environment.get(&n).map_or_else(|| l.outside.variable(&n).is_some(), Option::is_some);
            if !known {
                l.draft.environment.insert(n, Some(v));
            }
        }
    },
);
const UNSETENV: Keyword = global("unsetenv", &[Arg::Rest("name", Kind::Word)], "Forgets environment variables.", |l| {
    let names: Vec<String> = l.rest().iter().map(|w| w.text.clone()).collect();
    for n in names {
        l.draft.environment.insert(n, None);
    }
});
const RESETENV: Keyword =
    global("resetenv", &[Arg::Rest("name", Kind::Word)], "Forgets all environment variables but those named.", |l| {
        let keep: Vec<String> = l.rest().iter().map(|w| w.text.clone()).collect();
        let mut names = l.outside.variables();
        names.extend(l.draft.environment.keys().cloned());
        for n in names.into_iter().filter(|n| !keep.contains(n)) {
            l.draft.environment.insert(n, None);
        }
    });
const UNIX_BIND: Keyword = Keyword {
    args: Syntax::Custom("[prefix <path>] [mode <mode>] [user <user>] [uid <uid>] [group <group>] [gid <gid>]"),
    lower: unix_bind,
    examples: &["unix-bind prefix /run/haproxy/ mode 660 user root", "unix-bind uid 0 gid 0"],
    rejects: &["unix-bind nonsense", "unix-bind prefix"],
    ..global("unix-bind", &[], "Prefix, owner and permissions of unix sockets that say nothing else.", |_| {})
};

fn unix_bind(l: &mut Line<'_>) {
    use crate::ir::listener::Account;
    let words: Vec<String> = l.rest().iter().map(|w| w.text.clone()).collect();
    for (i, pair) in words.chunks(2).enumerate() {
        let value = pair.get(1).map_or("", String::as_str);
        let number = || u32::try_from(crate::expr::value::leading_int(value.as_bytes()).0).unwrap_or(0);
        match pair[0].as_str() {
            "prefix" if value.is_empty() => return l.error(2 * i, "unix_bind 'prefix' expects a path as an argument."),
            "prefix" => l.global().unix_bind.prefix = Some(value.to_owned()),
            "mode" => l.global().unix_bind.mode = Some(u32::from_str_radix(value, 8).unwrap_or(0)),
            "uid" => l.global().unix_bind.uid = Some(Account::Id(number())),
            "gid" => l.global().unix_bind.gid = Some(Account::Id(number())),
            "user" => match l.outside.user(value) {
                Some(id) => l.global().unix_bind.uid = Some(Account::Id(id)),
                None => return l.error(2 * i + 1, format!("'unix-bind' : '{value}' unknown user.")),
            },
            "group" => match l.outside.group(value) {
                Some(id) => l.global().unix_bind.gid = Some(Account::Id(id)),
                None => return l.error(2 * i + 1, format!("'unix-bind' : '{value}' unknown group.")),
            },
            _ => {
                let what = "'unix-bind' only supports the 'prefix', 'mode', 'uid', 'gid', 'user' and 'group' options.";
                return l.error(2 * i, what);
            }
        }
    }
}
const H1_CASE_ADJUST: Keyword = Keyword {
    args: Syntax::Custom("<from> <to>"),
    examples: &["h1-case-adjust content-length Content-Length"],
    rejects: &["h1-case-adjust content-length", "h1-case-adjust content-length Content-Size"],
    ..global("h1-case-adjust", &[], "How a header name is spelled towards clients and servers that need it.", |l| {
        if !l.no_more_than(2) {
            return;
        }
        if l.arg(1).is_empty() {
            return l.error(0, "'h1-case-adjust' expects <from> and <to> as argument.");
        }
        let (from, to) = (l.arg(0).to_owned(), l.arg(1).to_owned());
        if let Err(why) = spell(&mut l.global().h1_case_adjust, &from, &to) {
            l.error(1, why);
        }
    })
};
const H1_CASE_ADJUST_FILE: Keyword = Keyword {
    args: Syntax::Custom("<hdrs-file>"),
    ..global("h1-case-adjust-file", &[], "A file of such spellings, two words a line.", |l| {
        if !l.no_more_than(1) {
            return;
        }
        if l.arg(0).is_empty() {
            return l.error(0, "'h1-case-adjust-file' expects <file> as argument.");
        }
        if let Err(why) = spellings(l) {
            let d = Diagnostic::error("bad-spellings", l.arg_at(0), why).placed(Place::Nowhere);
            l.draft.late.push(d);
        }
    })
};

/// Adds a spelling; the names differ in nothing but their case.
fn spell(all: &mut Vec<(String, String)>, from: &str, to: &str) -> Result<(), String> {
    if !from.eq_ignore_ascii_case(to) {
        return Err("<from> and <to> must not differ execpt the case".to_owned());
    }
    match all.binary_search_by(|(known, _)| known.as_str().cmp(from)) {
        Ok(_) => Err(format!("duplicate entry '{from}'")),
        Err(at) => {
            all.insert(at, (from.to_owned(), to.to_owned()));
            Ok(())
        }
    }
}

fn spellings(l: &mut Line<'_>) -> Result<(), String> {
    let file = l.arg(0).to_owned();
    let who = format!("h1-headers-case-adjust-file '{file}'");
    let bytes = l.outside.read(&file).map_err(|_| format!("{who}: failed to open file."))?;
    for (i, line) in String::from_utf8_lossy(&bytes).lines().enumerate() {
        let line = line.trim_matches([' ', '\t', '\r']);
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let mut words = line.split([' ', '\t']).filter(|w| !w.is_empty());
        let (from, to) = (words.next().unwrap_or_default(), words.next());
        let to = to.ok_or_else(|| format!("{who} : expect <to> at line {}.", i + 1))?;
        let added = spell(&mut l.global().h1_case_adjust, from, to);
        added.map_err(|why| format!("{who} : {why} at line {}.", i + 1))?;
    }
    Ok(())
}
