//! The stats page (manual 4.2 `stats ...`).

use crate::haproxy::keyword::{BACKEND, FRONTEND, KEYWORD, Keyword, LISTEN, Line, PROXY, Sections, Syntax};
use crate::haproxy::lower::{action, condition, time};
use crate::ir::proxy::Stats;
use crate::rules::action::HTTP_REQUEST;
use crate::text::atoms::TimeUnit;
use crate::text::diag::{Diagnostic, Place};

pub const ALL: &[&Keyword] = &[
    &ENABLE,
    &URI,
    &REALM,
    &AUTH,
    &REFRESH,
    &HIDE_VERSION,
    &SHOW_LEGENDS,
    &SHOW_NODE,
    &SHOW_DESC,
    &SHOW_MODULES,
    &SCOPE,
    &ADMIN,
    &HTTP_RULE,
];

const fn stats(name: &'static str, args: &'static str, doc: &'static str, lower: fn(&mut Line<'_>)) -> Keyword {
    Keyword { name, sections: PROXY, args: Syntax::Custom(args), doc, lower, ..KEYWORD }
}

/// Any `stats` line switches the page on.
fn page<'l>(l: &'l mut Line<'_>) -> &'l mut Stats {
    let s = &mut l.proxy().stats;
    s.enabled = true;
    s
}

fn word(l: &mut Line<'_>, what: &str) -> Option<String> {
    if l.arg(0).is_empty() {
        l.error_named(0, what);
        return None;
    }
    Some(l.arg(0).to_owned())
}

const ENABLE: Keyword = stats("stats enable", "", "Serves the stats page with its defaults.", |l| {
    page(l);
});
const URI: Keyword = stats("stats uri", "<prefix>", "Where the stats page is: /haproxy?stats unless given.", |l| {
    if let Some(u) = word(l, "needs an URI prefix.") {
        page(l).uri = Some(u);
    }
});
const REALM: Keyword = stats("stats realm", "<realm>", "The realm of the stats page's credentials.", |l| {
    if let Some(r) = word(l, "needs an URI prefix.") {
        page(l).realm = Some(r);
    }
});
const AUTH: Keyword = stats("stats auth", "<user>:<passwd>", "A user of the stats page.", |l| {
    if let Some(a) = word(l, "needs a user:password account.") {
        let (user, password) = a.split_once(':').unwrap_or((&a, ""));
        page(l).auth.push((user.to_owned(), password.to_owned()));
    }
});
const REFRESH: Keyword = stats("stats refresh", "<delay>", "How often the stats page loads itself again.", |l| {
    match time::with_unit(l.arg(0), "stats refresh", TimeUnit::Seconds) {
        Ok(d) => page(l).refresh = time::nonzero(d),
        Err(e) => l.error(0, e),
    }
});
const HIDE_VERSION: Keyword =
    stats("stats hide-version", "", "Leaves the version off the stats page.", |l| page(l).hide_version = true);
const SHOW_LEGENDS: Keyword =
    stats("stats show-legends", "", "Shows more about each line of the stats page.", |l| page(l).show_legends = true);
const SHOW_NODE: Keyword =
    stats("stats show-node", "[<name>]", "Shows the node's name, or another, on the stats page.", |l| {
        let name = Some(l.arg(0).to_owned()).filter(|n| !n.is_empty());
        page(l).show_node = Some(name);
    });
const SHOW_DESC: Keyword =
    stats("stats show-desc", "[<desc>]", "Shows the description, or another text, on the stats page.", |l| {
        let text = l.rest().iter().map(|w| w.text.as_str()).collect::<Vec<_>>().join(" ");
        page(l).show_desc = Some(Some(text).filter(|t| !t.is_empty()));
    });
const SHOW_MODULES: Keyword =
    stats("stats show-modules", "", "Shows the counters of modules on the stats page.", |l| {
        page(l).show_modules = true
    });
const SCOPE: Keyword = stats("stats scope", "{ <name> | . }", "Limits the stats page to named proxies.", |l| {
    if let Some(s) = word(l, "needs a proxy name.") {
        page(l).scope.push(s);
    }
});

const NOT_DEFAULTS: Sections = FRONTEND.or(LISTEN).or(BACKEND);
const ADMIN: Keyword = Keyword {
    sections: NOT_DEFAULTS,
    ..stats("stats admin", "{ if | unless } <cond>", "When the stats page may change servers.", |l| {
        let words = l.rest().to_vec();
        match condition::trailing_condition(&words, l.draft, l.diag) {
            Ok(Some(c)) => page(l).admin.push(c),
            Ok(None) => {
                let message = "'stats admin' requires either 'if' or 'unless' followed by a condition.";
                let d = Diagnostic::error("bad-argument", l.end(), message).placed(Place::ParsingTight);
                l.diag.push(d);
            }
            Err(e) => l.error(0, format!("error detected while parsing a 'stats admin' rule : {e}")),
        }
    })
};
const HTTP_RULE: Keyword = Keyword {
    sections: NOT_DEFAULTS,
    ..stats(
        "stats http-request",
        "{ allow | deny | auth [realm <realm>] } [{if | unless} <condition>]",
        "Who may see the stats page.",
        |l| {
            if let Some(r) = action::rule(l, HTTP_REQUEST) {
                page(l).http_request.push(r);
            }
        },
    )
};
