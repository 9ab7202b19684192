//! Actions that add, set, delete and edit headers (manual 4.2 `http-request add-header` ...).

use regex::bytes::Regex;

use super::{int, text, word};
use crate::expr::converters::strings::expand;
use crate::http::Message;
use crate::http::values;
use crate::ir::action::ActionArg;
use crate::rules::Verdict;
use crate::rules::action::{ACTION, ActionItem, HTTP, HTTP_REQUEST, PairKind, Spec};
use crate::rules::stage::Stage;

pub const ALL: &[&ActionItem] = &[&ADD_HEADER, &SET_HEADER, &DEL_HEADER, &REPLACE_HEADER, &REPLACE_VALUE, &EARLY_HINT];

/// Neighbouring rules make one response: the language adds a number that they share.
const EARLY_HINT: ActionItem = ActionItem {
    name: "early-hint",
    sets: HTTP_REQUEST,
    args: &[Spec::Word("name"), Spec::Format("fmt")],
    doc: "Sends a header in a 103 response before the real one.",
    run: |s, a| {
        let value = text(s, a, 1);
        if let Some(name) = word(a, 0) {
            s.effects.hints.push((int(a, 2).unwrap_or(0), name.to_owned(), value));
        }
        Verdict::Continue
    },
    ..ACTION
};

const ADD_HEADER: ActionItem = ActionItem {
    name: "add-header",
    sets: HTTP,
    args: &[Spec::Word("name"), Spec::Format("fmt")],
    doc: "Adds a header line, whatever is there already.",
    run: |s, a| {
        let value = text(s, a, 1);
        if let (Some(name), Some(m)) = (word(a, 0), s.message()) {
            m.add(name.as_bytes(), &value);
        }
        Verdict::Continue
    },
    ..ACTION
};

const SET_HEADER: ActionItem = ActionItem {
    name: "set-header",
    sets: HTTP,
    args: &[Spec::Word("name"), Spec::Format("fmt")],
    doc: "Removes all lines of a header and adds one.",
    run: |s, a| {
        let value = text(s, a, 1);
        if let (Some(name), Some(m)) = (word(a, 0), s.message()) {
            m.set(name.as_bytes(), &value);
        }
        Verdict::Continue
    },
    ..ACTION
};

const DEL_HEADER: ActionItem = ActionItem {
    name: "del-header",
    sets: HTTP,
    args: &[Spec::Word("name"), Spec::Pair("-m", PairKind::Word)],
    doc: "Removes all lines of a header, or those whose names match (-m str, beg, end, sub, reg).",
    run: |s, a| {
        let (Some(name), Some(m)) = (word(a, 0), s.message()) else { return Verdict::Continue };
        delete(m, name.to_ascii_lowercase().as_bytes(), word(a, 1).unwrap_or("str"), a);
        Verdict::Continue
    },
    ..ACTION
};

fn delete(m: &mut Message, name: &[u8], method: &str, a: &[ActionArg]) {
    if method == "reg" {
        // The language has compiled the name as a third argument.
        if let Some(ActionArg::Regex(re)) = a.get(2) {
            m.remove_if(|n, _| re.0.is_match(&n.to_ascii_lowercase()));
        }
        return;
    }
    m.remove_if(|n, _| {
        let n = n.to_ascii_lowercase();
        match method {
            "beg" => n.starts_with(name),
            "end" => n.ends_with(name),
            "sub" => memchr::memmem::find(&n, name).is_some(),
            _ => n == name,
        }
    });
}

const REPLACE_HEADER: ActionItem = ActionItem {
    name: "replace-header",
    sets: HTTP,
    args: &[Spec::Word("name"), Spec::Regex("match-regex"), Spec::Format("replace-fmt")],
    doc: "Rewrites each whole line of a header that a regex matches.",
    run: |s, a| replace(s, a, false),
    ..ACTION
};

const REPLACE_VALUE: ActionItem = ActionItem {
    name: "replace-value",
    sets: HTTP,
    args: &[Spec::Word("name"), Spec::Regex("match-regex"), Spec::Format("replace-fmt")],
    doc: "Rewrites each comma-separated value of a header that a regex matches.",
    run: |s, a| replace(s, a, true),
    ..ACTION
};

fn replace<'a>(s: &mut Stage<'a>, a: &'a [ActionArg], each_value: bool) -> Verdict {
    let replacement = text(s, a, 2);
    let (Some(name), Some(ActionArg::Regex(re))) = (word(a, 0), a.get(1)) else { return Verdict::Continue };
    let Some(m) = s.message() else { return Verdict::Continue };
    let mut at = 0;
    while let Some(i) = m.find(name.as_bytes(), at) {
        let line = m.header(i).1;
        let new =
            if each_value { rewrite_values(line, &re.0, &replacement) } else { rewrite(line, &re.0, &replacement) };
        if let Some(new) = new {
            m.replace_value(i, &new);
        }
        at = i + 1;
    }
    Verdict::Continue
}

/// The whole text becomes the replacement with its groups filled in, when the regex matches somewhere.
pub(super) fn rewrite(text: &[u8], re: &Regex, replacement: &[u8]) -> Option<Vec<u8>> {
    let c = re.captures(text)?;
    let mut out = Vec::new();
    expand(replacement, &c, &mut out);
    Some(out)
}

fn rewrite_values(line: &[u8], re: &Regex, replacement: &[u8]) -> Option<Vec<u8>> {
    let mut out: Vec<u8> = Vec::new();
    let mut changed = false;
    let mut copied = 0;
    for value in values::elements(line) {
        // Elements are slices of the line: what lies between them is kept as it is.
        let start = value.as_ptr() as usize - line.as_ptr() as usize;
        if let Some(new) = rewrite(value, re, replacement) {
            out.extend_from_slice(&line[copied..start]);
            out.extend_from_slice(&new);
            copied = start + value.len();
            changed = true;
        }
    }
    out.extend_from_slice(&line[copied..]);
    changed.then_some(out)
}

/// Used by `capture`: the slot that an action names.
pub(super) fn slot(a: &[ActionArg], i: usize) -> Option<usize> {
    int(a, i).and_then(|n| usize::try_from(n).ok())
}
