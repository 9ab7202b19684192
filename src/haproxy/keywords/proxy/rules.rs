//! Rule sets: `tcp-request`, `tcp-response`, `http-request`, `http-response`, `http-after-response`, `redirect` (manual 4.2).

use crate::haproxy::keyword::{BACKEND, FRONTEND, KEYWORD, Keyword, LISTEN, Line, PROXY, Syntax};
use crate::haproxy::lower::{action, condition, reply, sample, time};
use crate::ir::action::{Action, ActionArg, Rule};
use crate::ir::proxy::ProxyKind;
use crate::rules::action::{
    HTTP_AFTER, HTTP_REQUEST, HTTP_RESPONSE, TCP_CONNECTION, TCP_CONTENT, TCP_RESPONSE, TCP_SESSION,
};
use crate::rules::actions;
use crate::text::diag::Diagnostic;

pub const ALL: &[&Keyword] = &[
    &CONNECTION,
    &SESSION,
    &CONTENT,
    &INSPECT_DELAY,
    &RESPONSE_CONTENT,
    &RESPONSE_INSPECT_DELAY,
    &REQUEST,
    &RESPONSE,
    &AFTER_RESPONSE,
    &REDIRECT,
];

/// Rules run in the order of their sets, whatever the order of their lines: said when it may surprise.
pub fn warn_order(l: &mut Line<'_>, what: &str) {
    let p = l.proxy();
    let has = [
        (!p.switching.is_empty(), "a 'use_backend'"),
        (!p.redirects.is_empty(), "a 'redirect'"),
        (!p.rules.http_request.is_empty(), "an 'http-request'"),
    ];
    let rank = match what {
        "redirect" => 1,
        "http-request" => 2,
        _ => 3,
    };
    // The last set that runs later and has lines already; the original names the nearest one only.
    let Some((_, other)) = has[..rank].iter().rev().find(|(h, _)| *h) else { return };
    let message = format!("a '{what}' rule placed after {other} rule will still be processed before.");
    l.diag.push(
        Diagnostic::warning("rule-order", l.at(), message).help("move the line up, so that the file reads as it runs"),
    );
}

/// An unnamed `defaults` section cannot hand rules down, as nothing could say whose they are.
pub fn is_anonymous(l: &mut Line<'_>) -> bool {
    let p = l.proxy();
    p.kind == ProxyKind::Defaults && p.name.is_empty()
}

fn misplaced(l: &mut Line<'_>, message: String) {
    let help = "give the section a name, and take it with 'from <name>', or move the rule to the proxy that it is for";
    l.diag.push(Diagnostic::error("misplaced-rule", l.at(), message).help(help));
}

/// Whether a `tcp-request` line of this name may stand here.
fn tcp_request(l: &mut Line<'_>, needs_front: bool) -> bool {
    let (name, anonymous) = (l.keyword.name, is_anonymous(l));
    let p = l.proxy();
    if anonymous {
        misplaced(l, format!("{name} is not allowed in anonymous 'defaults' sections"));
        return false;
    }
    if needs_front && !p.kind.is_front() && p.kind != ProxyKind::Defaults {
        let message = format!("{name} is not allowed because {} {} is not a frontend", p.kind.name(), p.name);
        misplaced(l, message);
        return false;
    }
    true
}

/// The same for `tcp-response`.
fn tcp_response(l: &mut Line<'_>) -> bool {
    let fits = !is_anonymous(l) && l.proxy().kind != ProxyKind::Frontend;
    if !fits {
        let name = l.keyword.name;
        let message = format!("{name} is only allowed in 'backend' sections or 'defaults' section with a name");
        misplaced(l, message);
    }
    fits
}

/// The same for what every proxy takes.
pub fn any_rule(l: &mut Line<'_>) -> bool {
    let fits = !is_anonymous(l);
    if !fits {
        let message = format!("'{}' not allowed in anonymous 'defaults' section.", l.keyword.name);
        misplaced(l, message);
    }
    fits
}

const CONNECTION: Keyword = Keyword {
    name: "tcp-request connection",
    sections: PROXY,
    args: Syntax::Custom("<action> [{if | unless} <condition>]"),
    doc: "A rule for new connections.",
    lower: |l| {
        if !tcp_request(l, true) {
            return;
        }
        warn_order(l, "tcp-request");
        if let Some(r) = action::rule(l, TCP_CONNECTION) {
            l.proxy().rules.tcp_request_connection.push(r);
        }
    },
    ..KEYWORD
};
const SESSION: Keyword = Keyword {
    name: "tcp-request session",
    sections: PROXY,
    args: Syntax::Custom("<action> [{if | unless} <condition>]"),
    doc: "A rule for connections after their handshakes.",
    lower: |l| {
        if !tcp_request(l, true) {
            return;
        }
        warn_order(l, "tcp-request");
        if let Some(r) = action::rule(l, TCP_SESSION) {
            l.proxy().rules.tcp_request_session.push(r);
        }
    },
    ..KEYWORD
};
const CONTENT: Keyword = Keyword {
    name: "tcp-request content",
    sections: PROXY,
    args: Syntax::Custom("<action> [{if | unless} <condition>]"),
    doc: "A rule for what clients send first.",
    examples: &["tcp-request content reject unless { req.ssl_hello_type 1 }"],
    lower: |l| {
        if !tcp_request(l, false) {
            return;
        }
        warn_order(l, "tcp-request");
        if let Some(r) = action::rule(l, TCP_CONTENT) {
            l.proxy().rules.tcp_request_content.push(r);
        }
    },
    ..KEYWORD
};
const RESPONSE_CONTENT: Keyword = Keyword {
    name: "tcp-response content",
    sections: PROXY,
    args: Syntax::Custom("<action> [{if | unless} <condition>]"),
    doc: "A rule for what servers send first.",
    lower: |l| {
        if !tcp_response(l) {
            return;
        }
        if let Some(r) = action::rule(l, TCP_RESPONSE) {
            l.proxy().rules.tcp_response_content.push(r);
        }
    },
    ..KEYWORD
};

fn delay(l: &mut Line<'_>) -> Option<std::time::Duration> {
    match time::milliseconds(l.arg(0), l.keyword.name) {
        Ok(d) => time::nonzero(d),
        Err(e) => {
            l.error(0, e);
            None
        }
    }
}
const INSPECT_DELAY: Keyword = Keyword {
    name: "tcp-request inspect-delay",
    sections: PROXY,
    args: Syntax::Custom("<timeout>"),
    doc: "How long content rules may wait for data.",
    lower: |l| {
        if tcp_request(l, false) {
            let d = delay(l);
            l.proxy().inspect_delay = d;
        }
    },
    ..KEYWORD
};
const RESPONSE_INSPECT_DELAY: Keyword = Keyword {
    name: "tcp-response inspect-delay",
    sections: PROXY,
    args: Syntax::Custom("<timeout>"),
    doc: "How long response content rules may wait for data.",
    lower: |l| {
        if tcp_response(l) {
            let d = delay(l);
            l.proxy().response_inspect_delay = d;
        }
    },
    ..KEYWORD
};
const REQUEST: Keyword = Keyword {
    name: "http-request",
    sections: PROXY,
    args: Syntax::Custom("<action> [options...] [{if | unless} <condition>]"),
    doc: "A rule for HTTP requests.",
    examples: &["http-request deny if { path_beg /admin }", "http-request set-header X-Proto http"],
    rejects: &["http-request frob", "http-request set-header X"],
    lower: |l| {
        if !any_rule(l) {
            return;
        }
        warn_order(l, "http-request");
        if let Some(mut r) = action::rule(l, HTTP_REQUEST) {
            number_hints(&l.proxy().rules.http_request, &mut r);
            l.proxy().rules.http_request.push(r);
        }
    },
    ..KEYWORD
};

/// `early-hint` rules that stand together share a number, and a response.
fn number_hints(before: &[Rule], rule: &mut Rule) {
    if actions::get(rule.action.item).name != "early-hint" {
        return;
    }
    let number =
        before.last().filter(|r| r.action.item == rule.action.item).and_then(|r| r.action.args.last().cloned());
    let next = i64::try_from(before.len()).unwrap_or(i64::MAX);
    rule.action.args.push(number.unwrap_or(ActionArg::Int(next)));
}

const RESPONSE: Keyword = Keyword {
    name: "http-response",
    sections: PROXY,
    args: Syntax::Custom("<action> [options...] [{if | unless} <condition>]"),
    doc: "A rule for HTTP responses of servers.",
    lower: |l| {
        if !any_rule(l) {
            return;
        }
        if let Some(r) = action::rule(l, HTTP_RESPONSE) {
            l.proxy().rules.http_response.push(r);
        }
    },
    ..KEYWORD
};
const AFTER_RESPONSE: Keyword = Keyword {
    name: "http-after-response",
    sections: PROXY,
    args: Syntax::Custom("<action> [options...] [{if | unless} <condition>]"),
    doc: "A rule for every HTTP response, whoever made it.",
    lower: |l| {
        if !any_rule(l) {
            return;
        }
        if let Some(r) = action::rule(l, HTTP_AFTER) {
            l.proxy().rules.http_after_response.push(r);
        }
    },
    ..KEYWORD
};
const REDIRECT: Keyword = Keyword {
    name: "redirect",
    sections: FRONTEND.or(LISTEN).or(BACKEND),
    args: Syntax::Custom("{ location | prefix | scheme } <to> [code <code>] [options...] [{if | unless} <condition>]"),
    doc: "Sends clients elsewhere, after the http-request rules.",
    examples: &["redirect scheme https code 301 if { dst_port 80 }"],
    lower: |l| {
        warn_order(l, "redirect");
        let words = l.rest().to_vec();
        let (body, tail) = condition::split(&words);
        let parsed = reply::redirect(body, sample::Place::Request, l.draft)
            .and_then(|r| condition::trailing_condition(tail, l.draft, l.diag).map(|c| (r, c)));
        match parsed {
            Ok((r, condition)) => {
                let item = actions::find(HTTP_REQUEST, "redirect").expect("the action is in the table");
                let args = vec![ActionArg::Redirect(Box::new(r))];
                let at = l.at();
                l.proxy().redirects.push(Rule {
                    action: Action { item, args },
                    condition,
                    at,
                    place: Default::default(),
                });
            }
            Err(e) => {
                let p = l.proxy();
                let message =
                    format!("error detected in {} '{}' while parsing redirect rule : {e}", p.kind.name(), p.name);
                l.error(0, message);
            }
        }
    },
    ..KEYWORD
};
