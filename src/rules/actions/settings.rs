//! Actions that set something about the stream: log level, marks, timeouts, priorities, captures (manual 4.2).

use std::time::Duration;

use super::{headers::slot, int, word};
use crate::expr::value::{Type, Value};
use crate::expr::{eval, eval_as};
use crate::ir::action::ActionArg;
use crate::ir::log::LEVELS;
use crate::rules::Verdict;
use crate::rules::action::{
    ACTION, ActionItem, HTTP, HTTP_AFTER, HTTP_REQUEST, HTTP_RESPONSE, PairKind, Sets, Spec, TCP, TCP_CONTENT,
    TCP_RESPONSE,
};
use crate::rules::stage::Stage;
use crate::text::book::Status;

pub const ALL: &[&ActionItem] = &[
    &CAPTURE_REQUEST,
    &CAPTURE_RESPONSE,
    &DISABLE_L7_RETRY,
    &SET_LOG_LEVEL,
    &SET_MARK,
    &SET_NICE,
    &SET_PRIORITY_CLASS,
    &SET_PRIORITY_OFFSET,
    &SET_TIMEOUT,
    &SET_TOS,
    &STRICT_MODE,
];

const ANY: Sets = TCP_CONTENT.or(TCP_RESPONSE).or(HTTP_REQUEST).or(HTTP_RESPONSE);

const SET_LOG_LEVEL: ActionItem = ActionItem {
    name: "set-log-level",
    sets: ANY,
    args: &[Spec::OneOf("level", &["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug", "silent"])],
    doc: "The level of this stream's log line, or none.",
    run: |s, a| {
        let level = word(a, 0).and_then(|w| LEVELS.iter().position(|l| *l == w)).map(|n| n as u8);
        s.effects.log_level = Some(level);
        Verdict::Continue
    },
    ..ACTION
};
const SET_TOS: ActionItem = ActionItem {
    name: "set-tos",
    sets: ANY.or(TCP),
    args: &[Spec::Int("tos", 0, 255)],
    doc: "The TOS byte or traffic class of what is sent to the client.",
    run: |s, a| {
        s.effects.client_tos = int(a, 0).and_then(|n| u8::try_from(n).ok());
        Verdict::Continue
    },
    ..ACTION
};
const SET_MARK: ActionItem = ActionItem {
    name: "set-mark",
    sets: ANY.or(TCP),
    args: &[Spec::Int("mark", 0, u32::MAX as i64)],
    doc: "The Netfilter mark of what is sent to the client.",
    run: |s, a| {
        s.effects.client_mark = int(a, 0).and_then(|n| u32::try_from(n).ok());
        Verdict::Continue
    },
    ..ACTION
};
const SET_NICE: ActionItem = ActionItem {
    name: "set-nice",
    sets: ANY,
    args: &[Spec::Int("nice", -1024, 1024)],
    status: Status::Tuning,
    doc: "The stream's scheduling priority; streams are served alike here.",
    ..ACTION
};
const SET_PRIORITY_CLASS: ActionItem = ActionItem {
    name: "set-priority-class",
    sets: TCP_CONTENT.or(HTTP_REQUEST),
    args: &[Spec::Sample("expr")],
    doc: "The class in queues: lower ones go first.",
    run: |s, a| {
        if let Some(n) = number(s, a) {
            s.transaction.priority_class = n.clamp(-2047, 2047) as i32;
        }
        Verdict::Continue
    },
    ..ACTION
};
const SET_PRIORITY_OFFSET: ActionItem = ActionItem {
    name: "set-priority-offset",
    sets: TCP_CONTENT.or(HTTP_REQUEST),
    args: &[Spec::Sample("expr")],
    doc: "Milliseconds added to the time of arrival in queues.",
    run: |s, a| {
        if let Some(n) = number(s, a) {
            s.transaction.priority_offset = n.clamp(-524_287, 524_287) as i32;
        }
        Verdict::Continue
    },
    ..ACTION
};

fn number<'a>(s: &Stage<'a>, a: &'a [ActionArg]) -> Option<i64> {
    a.iter().find_map(|x| match x {
        ActionArg::Sample(e) => eval_as(e, &s.scope(), Type::Int)?.as_int(),
        ActionArg::Int(n) => Some(*n),
        _ => None,
    })
}

const SET_TIMEOUT: ActionItem = ActionItem {
    name: "set-timeout",
    sets: HTTP_REQUEST,
    args: &[Spec::OneOf("which", &["server", "tunnel"]), Spec::TimeOrSample("timeout")],
    doc: "The server or tunnel timeout of this stream: a time, or an expression in milliseconds.",
    run: |s, a| {
        let time = number(s, a).and_then(|n| u64::try_from(n).ok()).filter(|n| *n > 0).map(Duration::from_millis);
        if let Some(time) = time {
            if word(a, 0) == Some("tunnel") {
                (s.effects.tunnel_timeout, s.transaction.tunnel_timeout) = (Some(time), Some(time));
            } else {
                (s.effects.server_timeout, s.transaction.server_timeout) = (Some(time), Some(time));
            }
        }
        Verdict::Continue
    },
    ..ACTION
};
const DISABLE_L7_RETRY: ActionItem = ActionItem {
    name: "disable-l7-retry",
    sets: HTTP_REQUEST,
    doc: "This request is not sent again once a server has seen it.",
    run: |s, _| {
        s.effects.no_l7_retry = true;
        Verdict::Continue
    },
    ..ACTION
};
const STRICT_MODE: ActionItem = ActionItem {
    name: "strict-mode",
    sets: HTTP,
    args: &[Spec::OneOf("mode", &["on", "off"])],
    doc: "Whether a rewrite that fails is an internal error, for the rules behind.",
    run: |s, a| {
        s.effects.lenient = word(a, 0) == Some("off");
        Verdict::Continue
    },
    ..ACTION
};

const CAPTURE_ARGS: &[Spec] =
    &[Spec::Sample("sample"), Spec::Pair("id", PairKind::Int), Spec::Pair("len", PairKind::Int)];
const CAPTURE_REQUEST: ActionItem = ActionItem {
    name: "capture",
    sets: TCP_CONTENT.or(HTTP_REQUEST),
    args: CAPTURE_ARGS,
    doc: "Stores an expression in a capture slot: a new one of a length, or a declared one.",
    run: |s, a| {
        let Some((text, i)) = captured(s, a) else { return Verdict::Continue };
        put(&mut s.captures.request, i, text);
        Verdict::Continue
    },
    ..ACTION
};
const CAPTURE_RESPONSE: ActionItem = ActionItem {
    sets: HTTP_RESPONSE.or(HTTP_AFTER),
    run: |s, a| {
        let Some((text, i)) = captured(s, a) else { return Verdict::Continue };
        put(&mut s.captures.response, i, text);
        Verdict::Continue
    },
    ..CAPTURE_REQUEST
};

/// The text, cut to the slot's length, and the slot. The language has given both numbers.
fn captured<'a>(s: &Stage<'a>, a: &'a [ActionArg]) -> Option<(Vec<u8>, usize)> {
    let Some(ActionArg::Sample(e)) = a.first() else { return None };
    let mut text = eval(e, &s.scope()).map(Value::into_text)?.into_owned();
    text.truncate(slot(a, 2)?);
    Some((text, slot(a, 1)?))
}

fn put(slots: &mut Vec<Option<Vec<u8>>>, i: usize, text: Vec<u8>) {
    if slots.len() <= i {
        slots.resize(i + 1, None);
    }
    slots[i] = Some(text);
}
