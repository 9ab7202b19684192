//! Actions that end a rule set, answer, or make the stream wait (manual 4.2 `http-request deny`, `return` ...).

use std::time::Duration;

use super::{int, word};
use crate::ir::action::ActionArg;
use crate::rules::action::{
    ACTION, ActionItem, HTTP, HTTP_REQUEST, HTTP_RESPONSE, PairKind, Sets, Spec, TCP, TCP_CONNECTION, TCP_CONTENT,
    TCP_RESPONSE,
};
use crate::rules::{Verdict, Wait, reply, service::Service};

pub const ALL: &[&ActionItem] = &[
    &ACCEPT,
    &ALLOW,
    &AUTH,
    &CLOSE,
    &DENY,
    &DENY_RESPONSE,
    &EXPECT_PROXY,
    &REDIRECT,
    &REJECT,
    &RETURN,
    &SILENT_DROP,
    &SWITCH_MODE,
    &TARPIT,
    &USE_SERVICE,
    &WAIT_FOR_BODY,
    &WAIT_FOR_HANDSHAKE,
];

const BOTH: Sets = HTTP_REQUEST.or(HTTP_RESPONSE);

const ACCEPT: ActionItem = ActionItem {
    name: "accept",
    sets: TCP.or(TCP_RESPONSE),
    doc: "Accepts, and ends the set.",
    is_final: true,
    run: |_, _| Verdict::Allow,
    ..ACTION
};
const ALLOW: ActionItem = ActionItem {
    name: "allow",
    sets: HTTP,
    doc: "Ends the set.",
    is_final: true,
    run: |_, _| Verdict::Allow,
    ..ACTION
};

const REJECT: ActionItem = ActionItem {
    name: "reject",
    sets: TCP.or(TCP_RESPONSE).or(HTTP_REQUEST),
    doc: "Closes the connection without an answer.",
    is_final: true,
    run: |_, _| Verdict::Reject,
    ..ACTION
};
const CLOSE: ActionItem = ActionItem {
    name: "close",
    sets: TCP_RESPONSE,
    doc: "Closes the connection to the server.",
    is_final: true,
    run: |_, _| Verdict::Reject,
    ..ACTION
};
const SILENT_DROP: ActionItem = ActionItem {
    name: "silent-drop",
    sets: TCP.or(TCP_RESPONSE).or(BOTH),
    doc: "Forgets the connection so that the client does not notice.",
    is_final: true,
    run: |_, _| Verdict::SilentDrop,
    ..ACTION
};
const SWITCH_MODE: ActionItem = ActionItem {
    name: "switch-mode",
    sets: TCP_CONTENT,
    args: &[Spec::OneOf("mode", &["http"]), Spec::Pair("proto", PairKind::Word)],
    doc: "Goes on as HTTP.",
    is_final: true,
    run: |_, _| Verdict::SwitchToHttp,
    ..ACTION
};
const EXPECT_PROXY: ActionItem = ActionItem {
    name: "expect-proxy",
    sets: TCP_CONNECTION,
    args: &[Spec::OneOf("layer", &["layer4"])],
    doc: "Expects a PROXY header on the connection.",
    run: |s, _| if s.connection.received_proxy { Verdict::Continue } else { Verdict::Wait(Wait::ProxyHeader) },
    ..ACTION
};

const DENY: ActionItem = ActionItem {
    name: "deny",
    sets: HTTP_REQUEST,
    args: &[Spec::Deny],
    doc: "Answers with a status, 403 unless told, and counts the request as denied.",
    is_final: true,
    run: |s, a| deny(a, |r| reply::build(r, 403, &s.scope()), 403, Verdict::Deny),
    ..ACTION
};
const DENY_RESPONSE: ActionItem = ActionItem {
    sets: HTTP_RESPONSE,
    doc: "Replaces the response by a status, 502 unless told.",
    run: |s, a| deny(a, |r| reply::build(r, 502, &s.scope()), 502, Verdict::Deny),
    ..DENY
};
const TARPIT: ActionItem = ActionItem {
    name: "tarpit",
    sets: HTTP_REQUEST,
    args: &[Spec::Deny],
    doc: "Holds the client for `timeout tarpit`, then answers with a status, 500 unless told.",
    is_final: true,
    run: |s, a| deny(a, |r| reply::build(r, 500, &s.scope()), 500, Verdict::Tarpit),
    ..ACTION
};

fn deny(
    a: &[ActionArg],
    build: impl FnOnce(&crate::ir::action::Reply) -> crate::rules::Answer,
    default: u16,
    verdict: fn(Box<crate::rules::Answer>) -> Verdict,
) -> Verdict {
    let answer = match a.first() {
        Some(ActionArg::Reply(r)) => build(r),
        _ => reply::page(default),
    };
    verdict(Box::new(answer))
}

const USE_SERVICE: ActionItem = ActionItem {
    name: "use-service",
    sets: TCP_CONTENT.or(HTTP_REQUEST),
    args: &[Spec::Service],
    doc: "Answers with a built-in service: prometheus-exporter.",
    is_final: true,
    run: |_, a| word(a, 0).and_then(Service::named).map_or(Verdict::Failed, Verdict::Serve),
    ..ACTION
};

const RETURN: ActionItem = ActionItem {
    name: "return",
    sets: BOTH,
    args: &[Spec::Return],
    doc: "Answers with a response of its own, 200 unless told.",
    is_final: true,
    run: |s, a| match a.first() {
        Some(ActionArg::Reply(r)) => Verdict::Respond(Box::new(reply::build(r, 200, &s.scope()))),
        _ => Verdict::Respond(Box::new(reply::bare(200, &[(b"content-length", b"0")]))),
    },
    ..ACTION
};
const REDIRECT: ActionItem = ActionItem {
    name: "redirect",
    sets: BOTH,
    args: &[Spec::Redirect],
    doc: "Sends the client elsewhere.",
    is_final: true,
    run: |s, a| {
        let Some(ActionArg::Redirect(r)) = a.first() else { return Verdict::Continue };
        match reply::redirect(r, &s.scope()) {
            Some(answer) => Verdict::Respond(Box::new(answer)),
            None => Verdict::Continue,
        }
    },
    ..ACTION
};
const AUTH: ActionItem = ActionItem {
    name: "auth",
    sets: HTTP_REQUEST,
    args: &[Spec::Pair("realm", PairKind::Word)],
    doc: "Asks for credentials; the realm is the proxy's name unless given.",
    is_final: true,
    run: |s, a| {
        let realm = word(a, 0).unwrap_or(&s.proxy().name).to_owned();
        Verdict::Challenge(Box::new(reply::challenge(&realm, &s.scope())))
    },
    ..ACTION
};

const WAIT_FOR_BODY: ActionItem = ActionItem {
    name: "wait-for-body",
    sets: HTTP_REQUEST.or(HTTP_RESPONSE),
    args: &[Spec::Pair("time", PairKind::Time), Spec::Pair("at-least", PairKind::Size)],
    doc: "Waits for the body, or some of it, for at most a time.",
    run: |s, a| {
        let data = match s.direction {
            crate::expr::scope::Direction::Request => s.request_data,
            crate::expr::scope::Direction::Response => s.response_data,
        };
        let at_least = int(a, 1).and_then(|n| u64::try_from(n).ok());
        if s.waited || data.complete || at_least.is_some_and(|n| data.bytes.len() as u64 >= n) {
            return Verdict::Continue;
        }
        let time = Duration::from_millis(int(a, 0).and_then(|n| u64::try_from(n).ok()).unwrap_or(0));
        Verdict::Wait(Wait::Body { time, at_least })
    },
    ..ACTION
};
const WAIT_FOR_HANDSHAKE: ActionItem = ActionItem {
    name: "wait-for-handshake",
    sets: HTTP_REQUEST,
    doc: "Waits for the TLS handshake; a connection without early data never has to.",
    run: |_, _| Verdict::Continue,
    ..ACTION
};
