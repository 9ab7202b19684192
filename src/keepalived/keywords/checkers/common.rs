//! What all checkers say of time: how often they ask, how patiently, and what they begin as.

use super::{
    super::{
        shared::SWITCH,
        virtual_server::pace::{DELAY, PERIOD, TIMEOUT},
    },
    CONNECTED, MAY_BE_ALPHA, TIMED, WEB,
};
use crate::{
    keepalived::{
        draft::{
            Open,
            virtual_server::{BfdCheckDraft, ProbeDraft},
        },
        keyword::{Call, Grammar, KEYWORD, Keyword, Status},
    },
    text::grammar::{Arg, Kind},
};

pub(in super::super) const KEYWORDS: &[Keyword] =
    &[RETRY, NB_GET_RETRY, DELAY_BEFORE_RETRY, WARMUP, DELAY_LOOP, CONNECT_TIMEOUT, ALPHA, LOG_ALL_FAILURES];

const COUNT: Grammar = Grammar::Args(&[Arg::Value("count", Kind::Int(0, 4_294_967_295))]);

fn count(call: &Call<'_>) -> Option<u32> {
    call.args.int("count").and_then(|count| u32::try_from(count).ok())
}

const RETRY: Keyword = Keyword {
    name: "retry",
    blocks: TIMED,
    grammar: COUNT,
    invalid: "Invalid retry connection value '{word}'",
    doc: "How many failures behind the first take the server down.",
    examples: &["retry 3"],
    rejects: &["retry often"],
    lower: |draft, call| draft.pace().retry = count(call),
    ..KEYWORD
};

const NB_GET_RETRY: Keyword = Keyword {
    name: "nb_get_retry",
    blocks: WEB,
    status: Status::Legacy,
    grammar: Grammar::Custom("<count>"),
    doc: "The old name of `retry`.",
    examples: &["nb_get_retry 3"],
    lower: |draft, call| {
        call.complain("legacy", "nb_get_retry is deprecated - please use 'retry'");
        let Some(word) = call.text(0).map(str::to_owned) else { return call.missing_argument() };
        match super::super::shared::number(call, &word, 0, 4_294_967_295) {
            Some(count) => draft.pace().retry = u32::try_from(count).ok(),
            None => call.complain("bad-argument", format!("Invalid nb_get_retry value '{word}'")),
        }
    },
    ..KEYWORD
};

const DELAY_BEFORE_RETRY: Keyword = Keyword {
    name: "delay_before_retry",
    blocks: TIMED,
    grammar: DELAY,
    invalid: "Invalid delay_before_retry connection value '{word}'",
    doc: "Seconds between a failure and the next try.",
    examples: &["delay_before_retry 2"],
    rejects: &["delay_before_retry -1"],
    lower: |draft, call| draft.pace().delay_before_retry = call.args.time("seconds"),
    ..KEYWORD
};

const WARMUP: Keyword = Keyword {
    name: "warmup",
    blocks: TIMED,
    grammar: DELAY,
    invalid: "Invalid warmup connection value '{word}'",
    doc: "The first check comes after a random part of so many seconds.",
    examples: &["warmup 0"],
    rejects: &["warmup -1"],
    lower: |draft, call| draft.pace().warmup = call.args.time("seconds"),
    ..KEYWORD
};

const DELAY_LOOP: Keyword = Keyword {
    name: "delay_loop",
    blocks: TIMED,
    grammar: PERIOD,
    invalid: "delay_loop '{word}' is invalid - ignoring",
    doc: "Seconds from one check to the next.",
    examples: &["delay_loop 6"],
    rejects: &["delay_loop 0"],
    lower: |draft, call| draft.pace().delay_loop = call.args.time("seconds"),
    ..KEYWORD
};

const CONNECT_TIMEOUT: Keyword = Keyword {
    name: "connect_timeout",
    blocks: CONNECTED,
    grammar: TIMEOUT,
    invalid: "connect_timeout {word} invalid - ignoring",
    doc: "Seconds that a connection or an answer may take.",
    examples: &["connect_timeout 3"],
    rejects: &["connect_timeout 0"],
    lower: |draft, call| draft.pace().connect_timeout = call.args.time("seconds"),
    ..KEYWORD
};

const ALPHA: Keyword = Keyword {
    name: "alpha",
    blocks: MAY_BE_ALPHA,
    grammar: SWITCH,
    doc: "It begins as down; as what stands above it says if not written.",
    examples: &["alpha", "alpha off"],
    rejects: &["alpha perhaps"],
    lower: |draft, call| {
        let is_checker = draft.open == Open::Checker;
        if is_checker && matches!(&draft.checker().probe, ProbeDraft::Bfd(BfdCheckDraft { refused: true, .. })) {
            return;
        }
        let Some(value) = call.switch() else {
            let word = call.text(0).unwrap_or_default().to_owned();
            return call.complain("bad-switch", format!("Invalid alpha parameter {word}"));
        };
        match draft.open {
            Open::Checker => draft.checker().alpha = Some(value),
            _ => draft.real_server().alpha = Some(value),
        }
    },
    ..KEYWORD
};

const LOG_ALL_FAILURES: Keyword = Keyword {
    name: "log_all_failures",
    blocks: TIMED,
    grammar: SWITCH,
    doc: "Every failure is logged, not only those that change something.",
    examples: &["log_all_failures", "log_all_failures off"],
    rejects: &["log_all_failures perhaps"],
    lower: |draft, call| match call.switch() {
        Some(value) => draft.checker().log_all_failures = Some(value),
        None => {
            let word = call.text(0).unwrap_or_default().to_owned();
            call.complain("bad-switch", format!("Invalid log_all_failures parameter {word}"));
        }
    },
    ..KEYWORD
};
