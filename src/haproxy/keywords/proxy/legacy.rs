//! Keywords that were removed since 1.4: accepted with a warning that names the new form, and lowered to it.

use crate::haproxy::keyword::{BACK, FRONT, KEYWORD, Keyword, Line, PROXY, Syntax};
use crate::haproxy::lower::{condition, sample};
use crate::ir::action::{Action, ActionArg, Rule};
use crate::ir::expr::{Format, FormatNode};
use crate::rules::action::{HTTP_REQUEST, HTTP_RESPONSE, Sets};
use crate::rules::actions;
use crate::text::book::Status;
use crate::text::diag::Diagnostic;
use crate::text::grammar::Word;

pub const ALL: &[&Keyword] = &[
    &BLOCK,
    &REDISPATCH,
    &REQADD,
    &RSPADD,
    &REQDEL,
    &REQIDEL,
    &RSPDEL,
    &RSPIDEL,
    &REQDENY,
    &REQIDENY,
    &REQREP,
    &REQIREP,
    &RSPREP,
    &RSPIREP,
    &MONITOR_NET,
];

const fn legacy(name: &'static str, args: &'static str, doc: &'static str, lower: fn(&mut Line<'_>)) -> Keyword {
    Keyword { name, sections: PROXY, status: Status::Legacy, args: Syntax::Custom(args), doc, lower, ..KEYWORD }
}

fn warn(l: &mut Line<'_>, help: String) {
    let message = format!("'{}' was removed from HAProxy in 2.1.", l.keyword.name);
    let d = Diagnostic::warning("legacy-keyword", l.at(), message).help(format!("use: {help}"));
    l.diag.push(d);
}

/// Adds a rule of an action whose arguments are ready, with the condition behind the first `n` words.
fn push(l: &mut Line<'_>, set: Sets, action: &str, args: Vec<ActionArg>, n: usize) {
    let words = l.rest().get(n..).unwrap_or(&[]).to_vec();
    match condition::trailing_condition(&words, l.draft, l.diag) {
        Ok(condition) => {
            let item = actions::find(set, action).expect("the action is in the table");
            let at = l.at();
            let rules = &mut l.proxy().rules;
            let list = if set == HTTP_REQUEST { &mut rules.http_request } else { &mut rules.http_response };
            list.push(Rule { action: Action { item, args }, condition, at, place: Default::default() });
        }
        Err(e) => {
            let name = l.keyword.name;
            l.error(n, format!("error detected while parsing '{name}' : {e}"));
        }
    }
}

fn literal(text: &str) -> ActionArg {
    ActionArg::Format(Format { nodes: vec![FormatNode::Text(text.to_owned())], text: text.to_owned() })
}

const BLOCK: Keyword = legacy("block", "{ if | unless } <condition>", "Refuses requests.", |l| {
    let rest = text(l.rest());
    warn(l, format!("http-request deny {rest}"));
    push(l, HTTP_REQUEST, "deny", Vec::new(), 0);
});
const REDISPATCH: Keyword = Keyword {
    sections: BACK,
    ..legacy("redispatch", "", "The old spelling of option redispatch.", |l| {
        warn(l, "option redispatch".to_owned());
        l.proxy().options.redispatch = Some(-1);
    })
};

fn text(words: &[Word]) -> String {
    words.iter().map(|w| w.text.as_str()).collect::<Vec<_>>().join(" ")
}

/// `Name: value` as one word.
fn add(l: &mut Line<'_>, set: Sets) {
    let line = l.arg(0).to_owned();
    let Some((name, value)) = line.split_once(':').map(|(n, v)| (n.trim().to_owned(), v.trim().to_owned())) else {
        return l.error_named(0, "expects a header line as argument.");
    };
    warn(l, format!("{} add-header {name} \"{value}\"", set.name()));
    push(l, set, "add-header", vec![ActionArg::Str(name), literal(&value)], 1);
}
const REQADD: Keyword =
    legacy("reqadd", "<string> [{if | unless} <cond>]", "Adds a request header.", |l| add(l, HTTP_REQUEST));
const RSPADD: Keyword =
    legacy("rspadd", "<string> [{if | unless} <cond>]", "Adds a response header.", |l| add(l, HTTP_RESPONSE));

/// `^Name:` as a regex over header lines: the name can be taken out of the common form only.
fn header_name(regex: &str) -> Option<String> {
    let name = regex.trim_start_matches('^');
    let end = name.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'))?;
    let (name, rest) = name.split_at(end);
    let rest = rest.trim_start_matches(['\\', ' ', '*']);
    (!name.is_empty() && rest.starts_with(':')).then(|| name.to_owned())
}

fn unsupported(l: &mut Line<'_>) {
    let message = format!("'{}' with this expression is not implemented in this version of Hawser.", l.keyword.name);
    let d = Diagnostic::error("not-implemented", l.at(), message).help(
        "HAProxy removed the keyword in 2.1: use http-request or http-response replace-header, del-header or deny",
    );
    l.diag.push(d);
}

fn delete(l: &mut Line<'_>, set: Sets) {
    let regex = l.arg(0).to_owned();
    // Everything behind the colon would have to match a whole line: only "the whole header" is common.
    match header_name(&regex).filter(|_| regex.trim_end_matches(['.', '*', ' ', '\\']).ends_with(':')) {
        Some(name) => {
            warn(l, format!("{} del-header {name}", set.name()));
            push(l, set, "del-header", vec![ActionArg::Str(name), ActionArg::Str(String::new())], 1);
        }
        None => unsupported(l),
    }
}
const REQDEL: Keyword =
    legacy("reqdel", "<search> [{if | unless} <cond>]", "Removes request headers.", |l| delete(l, HTTP_REQUEST));
const REQIDEL: Keyword = Keyword { name: "reqidel", ..REQDEL };
const RSPDEL: Keyword =
    legacy("rspdel", "<search> [{if | unless} <cond>]", "Removes response headers.", |l| delete(l, HTTP_RESPONSE));
const RSPIDEL: Keyword = Keyword { name: "rspidel", ..RSPDEL };
const REQDENY: Keyword =
    legacy("reqdeny", "<search> [{if | unless} <cond>]", "Refuses requests with a header.", unsupported);
const REQIDENY: Keyword = Keyword { name: "reqideny", ..REQDENY };

/// `^Name:\ pattern` and a replacement that repeats the name.
fn replace(l: &mut Line<'_>, set: Sets) {
    let (search, replacement) = (l.arg(0).to_owned(), l.arg(1).to_owned());
    let parsed = header_name(&search).and_then(|name| {
        let pattern = search.split_once(':')?.1.trim_start_matches(['\\', ' ']).to_owned();
        let (new_name, value) = replacement.split_once(':')?;
        new_name.eq_ignore_ascii_case(&name).then(|| (name, pattern, value.trim_start().to_owned()))
    });
    let Some((name, pattern, value)) = parsed else { return unsupported(l) };
    match sample::compile(&pattern, l.keyword.name.contains("irep")) {
        Ok(re) => {
            warn(l, format!("{} replace-header {name} \"{pattern}\" \"{value}\"", set.name()));
            push(l, set, "replace-header", vec![ActionArg::Str(name), ActionArg::Regex(re), literal(&value)], 2);
        }
        Err(e) => l.error(0, e),
    }
}
const REQREP: Keyword = legacy("reqrep", "<search> <string> [{if | unless} <cond>]", "Edits request headers.", |l| {
    replace(l, HTTP_REQUEST)
});
const REQIREP: Keyword = Keyword { name: "reqirep", ..REQREP };
const RSPREP: Keyword = legacy("rsprep", "<search> <string> [{if | unless} <cond>]", "Edits response headers.", |l| {
    replace(l, HTTP_RESPONSE)
});
const RSPIREP: Keyword = Keyword { name: "rspirep", ..RSPREP };

const MONITOR_NET: Keyword = Keyword {
    sections: FRONT,
    ..legacy("monitor-net", "<network>", "Answers connections from monitors.", |l| {
        let d = Diagnostic::error(
            "not-implemented",
            l.at(),
            format!(
                "'monitor-net' doesn't exist anymore. Please use 'http-request return status 200 if {{ src {} }}' instead.",
                l.arg(0)
            ),
        );
        l.diag.push(d);
    })
};
