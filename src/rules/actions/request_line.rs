//! Actions that change the request line or the status line (manual 4.2 `http-request set-path` ...).

use super::headers::rewrite;
use super::{int, text, word};
use crate::http::{normalize, uri};
use crate::ir::action::ActionArg;
use crate::rules::Verdict;
use crate::rules::action::{ACTION, ActionItem, HTTP_AFTER, HTTP_REQUEST, HTTP_RESPONSE, PairKind, Spec};
use crate::rules::stage::Stage;

pub const ALL: &[&ActionItem] = &[
    &SET_METHOD,
    &SET_PATH,
    &SET_PATHQ,
    &SET_QUERY,
    &SET_URI,
    &REPLACE_PATH,
    &REPLACE_PATHQ,
    &REPLACE_URI,
    &SET_STATUS,
    &NORMALIZE_URI,
];

const SET_METHOD: ActionItem = ActionItem {
    name: "set-method",
    sets: HTTP_REQUEST,
    args: &[Spec::Format("fmt")],
    doc: "Replaces the method.",
    run: |s, a| {
        let v = text(s, a, 0);
        edit(s, |m| m.set_method(&v))
    },
    ..ACTION
};
const SET_PATH: ActionItem = ActionItem {
    name: "set-path",
    sets: HTTP_REQUEST,
    args: &[Spec::Format("fmt")],
    doc: "Replaces the path; the query stays.",
    run: |s, a| {
        let v = text(s, a, 0);
        edit(s, |m| m.set_path(&v))
    },
    ..ACTION
};
const SET_PATHQ: ActionItem = ActionItem {
    name: "set-pathq",
    sets: HTTP_REQUEST,
    args: &[Spec::Format("fmt")],
    doc: "Replaces path and query.",
    run: |s, a| {
        let v = text(s, a, 0);
        edit(s, |m| m.set_path_and_query(&v))
    },
    ..ACTION
};
const SET_QUERY: ActionItem = ActionItem {
    name: "set-query",
    sets: HTTP_REQUEST,
    args: &[Spec::Format("fmt")],
    doc: "Replaces the query; the path stays.",
    run: |s, a| {
        let v = text(s, a, 0);
        edit(s, |m| m.set_query(&v))
    },
    ..ACTION
};
const SET_URI: ActionItem = ActionItem {
    name: "set-uri",
    sets: HTTP_REQUEST,
    args: &[Spec::Format("fmt")],
    doc: "Replaces the whole request target.",
    run: |s, a| {
        let v = text(s, a, 0);
        edit(s, |m| m.set_uri(&v))
    },
    ..ACTION
};

fn edit(s: &mut Stage<'_>, change: impl FnOnce(&mut crate::http::Message)) -> Verdict {
    if let Some(m) = s.request.as_deref_mut() {
        change(m);
    }
    Verdict::Continue
}

const REPLACE: &[Spec] = &[Spec::Regex("match-regex"), Spec::Format("replace-fmt")];
const REPLACE_PATH: ActionItem = ActionItem {
    name: "replace-path",
    sets: HTTP_REQUEST,
    args: REPLACE,
    doc: "Rewrites the path where a regex matches it.",
    run: |s, a| replace(s, a, |m| m.path().to_vec(), |m, v| m.set_path(v)),
    ..ACTION
};
const REPLACE_PATHQ: ActionItem = ActionItem {
    name: "replace-pathq",
    sets: HTTP_REQUEST,
    args: REPLACE,
    doc: "Rewrites path and query where a regex matches them.",
    run: |s, a| replace(s, a, |m| m.path_and_query().to_vec(), |m, v| m.set_path_and_query(v)),
    ..ACTION
};
const REPLACE_URI: ActionItem = ActionItem {
    name: "replace-uri",
    sets: HTTP_REQUEST,
    args: REPLACE,
    doc: "Rewrites the request target where a regex matches it.",
    run: |s, a| replace(s, a, |m| m.uri().to_vec(), |m, v| m.set_uri(v)),
    ..ACTION
};

fn replace<'a>(
    s: &mut Stage<'a>,
    a: &'a [ActionArg],
    get: fn(&crate::http::Message) -> Vec<u8>,
    set: fn(&mut crate::http::Message, &[u8]),
) -> Verdict {
    let replacement = text(s, a, 1);
    if let (Some(ActionArg::Regex(re)), Some(m)) = (a.first(), s.request.as_deref_mut())
        && let Some(new) = rewrite(&get(m), &re.0, &replacement)
    {
        set(m, &new);
    }
    Verdict::Continue
}

const SET_STATUS: ActionItem = ActionItem {
    name: "set-status",
    sets: HTTP_RESPONSE.or(HTTP_AFTER),
    args: &[Spec::Int("status", 100, 999), Spec::Pair("reason", PairKind::Word)],
    doc: "Replaces the response's status, and its reason.",
    run: |s, a| {
        if let (Some(code), Some(m)) = (int(a, 0).and_then(|n| u16::try_from(n).ok()), s.response.as_deref_mut()) {
            m.set_status(code, word(a, 1).map(str::as_bytes));
        }
        Verdict::Continue
    },
    ..ACTION
};

const NORMALIZE_URI: ActionItem = ActionItem {
    name: "normalize-uri",
    sets: HTTP_REQUEST,
    experimental: true,
    args: &[
        Spec::OneOf(
            "normalizer",
            &[
                "fragment-encode",
                "fragment-strip",
                "path-merge-slashes",
                "path-strip-dot",
                "path-strip-dotdot",
                "percent-decode-unreserved",
                "percent-to-uppercase",
                "query-sort-by-name",
            ],
        ),
        Spec::Flag("full"),
        Spec::Flag("strict"),
    ],
    doc: "Brings the request target into a canonical form, one step at a time (RFC 3986 section 6).",
    run: |s, a| {
        let (full, strict) = (word(a, 1).is_some(), word(a, 2).is_some());
        let Some((step, m)) = word(a, 0).zip(s.request.as_deref_mut()) else { return Verdict::Continue };
        let target = m.path_and_query().to_vec();
        match normalize::step(step, &target, full, strict) {
            Ok(Some(new)) if uri::path_and_query(m.uri()).len() == m.uri().len() => m.set_uri(&new),
            Ok(Some(new)) => m.set_path_and_query(&new),
            Ok(None) => {}
            Err(normalize::Refused) => return Verdict::Deny(Box::new(super::super::reply::page(400))),
        }
        Verdict::Continue
    },
    ..ACTION
};
