//! Checks, variables and switches of the process (manual 3.1, 3.2).

use crate::haproxy::draft::Draft;
use crate::haproxy::keyword::{GLOBAL, KEYWORD, Keyword, Line, Syntax};
use crate::haproxy::lower::sample::Place;
use crate::haproxy::lower::{format, sample, time};
use crate::ir::global::SetVar;
use crate::text::book::Status;
use crate::text::grammar::{Arg, Kind};
use crate::text::source::Span;

pub const ALL: &[&Keyword] =
    &[&SPREAD_CHECKS, &MAX_SPREAD_CHECKS, &SET_VAR, &SET_VAR_FMT, &EXPERIMENTAL, &BUSY_POLLING];

const SPREAD_CHECKS: Keyword = Keyword {
    name: "spread-checks",
    sections: GLOBAL,
    manual: "3.2",
    args: Syntax::Args(&[Arg::Value("percent", Kind::Int(0, 50))]),
    doc: "By how many per cent the interval of health checks is varied.",
    lower: |l| {
        let n = l.args.int("percent").and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
        l.global().spread_checks = n;
    },
    ..KEYWORD
};
const MAX_SPREAD_CHECKS: Keyword = Keyword {
    name: "max-spread-checks",
    sections: GLOBAL,
    manual: "3.2",
    args: Syntax::Custom("<delay>"),
    doc: "Over which time the first checks of servers are spread.",
    lower: |l| match time::milliseconds(l.arg(0), "max-spread-checks") {
        Ok(d) => l.global().max_spread_checks = time::nonzero(d),
        Err(e) => l.error(0, e),
    },
    ..KEYWORD
};
const SET_VAR: Keyword = Keyword {
    name: "set-var",
    sections: GLOBAL,
    manual: "3.1",
    args: Syntax::Custom("<var-name> <expr>"),
    doc: "Gives a variable of the process its first value, from an expression.",
    examples: &["set-var proc.limit int(12)", "set-var proc.site env(SITE),lower"],
    rejects: &["set-var proc.limit", "set-var txn.limit int(12)", "set-var proc.path path"],
    lower: |l| {
        set(l, "a sample expression", |text, at, draft| {
            let sample = sample::parse(text, at, draft)?;
            match sample::unavailable(&sample, Place::Process) {
                Some(what) => Err(format!(
                    "fetch method '{text}' extracts information from '{what}', none of which is available here"
                )),
                None => Ok(SetVar::Sample(sample)),
            }
        });
    },
    ..KEYWORD
};
const SET_VAR_FMT: Keyword = Keyword {
    name: "set-var-fmt",
    doc: "Gives a variable of the process its first value, from a formatted string.",
    args: Syntax::Custom("<var-name> <fmt>"),
    examples: &["set-var-fmt proc.node \"%[hostname]-%[env(SITE)]\""],
    rejects: &["set-var-fmt proc.node", "set-var-fmt proc.node %[nothing]"],
    lower: |l| {
        set(l, "a format string", |text, at, draft| format::parse(text, at, Place::Process, draft).map(SetVar::Format));
    },
    ..SET_VAR
};

fn set(l: &mut Line<'_>, what: &str, value: fn(&str, Span, &mut Draft) -> Result<SetVar, String>) {
    let name = l.keyword.name;
    if l.rest().len() < 2 {
        return l.error(0, format!("'{name}' requires a process-wide variable name ('proc.<name>') and {what}."));
    }
    let (variable, text, at) = (l.arg(0).to_owned(), l.arg(1).to_owned(), l.arg_at(1));
    let parsed = sample::variable(&variable).and_then(|n| value(&text, at, l.draft).map(|v| (n, v)));
    match parsed {
        Ok((n, _)) if n.scope != crate::ir::expr::VarScope::Proc => {
            let message = format!(
                "'{name}': cannot set variable '{variable}', only scope 'proc' is permitted in the global section."
            );
            l.error(0, message);
        }
        Ok(v) => l.global().set_var.push(v),
        Err(e) => l.error(1, e),
    }
}

const EXPERIMENTAL: Keyword = Keyword {
    name: "expose-experimental-directives",
    sections: GLOBAL,
    manual: "3.1",
    doc: "Allows keywords whose meaning may still change: `http-request normalize-uri`.",
    lower: |l| l.draft.experimental = true,
    ..KEYWORD
};

const BUSY_POLLING: Keyword = Keyword {
    name: "busy-polling",
    sections: GLOBAL,
    manual: "3.2",
    negatable: true,
    status: Status::Tuning,
    doc: "Polls without sleeping; threads sleep here when there is nothing to do.",
    ..KEYWORD
};
