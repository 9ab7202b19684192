//! How often and how patiently checkers ask, as far as it stands above them: in `virtual_server` and in `real_server`.

use crate::{
    keepalived::keyword::{Block, Grammar, KEYWORD, Keyword},
    text::grammar::{Arg, Kind},
};

const SERVICE: &[Block] = &[Block::VirtualServer];
const SERVER: &[Block] = &[Block::RealServer];
/// The longest timer: 64 bits of microseconds.
const EVER: u64 = 18_446_744_073_709_551_614;

pub(in super::super) const DELAY: Grammar = Grammar::Args(&[Arg::Value("seconds", Kind::Seconds(0, EVER))]);
pub(in super::super) const PERIOD: Grammar = Grammar::Args(&[Arg::Value("seconds", Kind::Seconds(1, EVER))]);
pub(in super::super) const TIMEOUT: Grammar = Grammar::Args(&[Arg::Value("seconds", Kind::Seconds(1, 4_294_967_295))]);

pub(in super::super) const KEYWORDS: &[Keyword] = &[
    RETRY,
    DELAY_LOOP,
    SERVER_DELAY_LOOP,
    CONNECT_TIMEOUT,
    SERVER_CONNECT_TIMEOUT,
    WARMUP,
    SERVER_WARMUP,
    DELAY_BEFORE_RETRY,
    SERVER_DELAY_BEFORE_RETRY,
];

const RETRY: Keyword = Keyword {
    name: "retry",
    blocks: &[Block::VirtualServer, Block::RealServer],
    grammar: Grammar::Args(&[Arg::Value("count", Kind::Int(1, 4_294_967_295))]),
    invalid: "retry value invalid - {word}",
    doc: "How many failures behind the first take a server down, for checkers that do not say: 1 if not written, 3 of DNS_CHECK \
          and none of MISC_CHECK.",
    examples: &["retry 3"],
    rejects: &["retry 0"],
    lower: |draft, call| {
        let count = call.args.int("count").and_then(|count| u32::try_from(count).ok());
        draft.pace().retry = count;
    },
    ..KEYWORD
};

const DELAY_LOOP: Keyword = Keyword {
    name: "delay_loop",
    blocks: SERVICE,
    grammar: PERIOD,
    invalid: "virtual server delay loop '{word}' invalid - ignoring",
    doc: "Seconds from one check to the next, for checkers that do not say; 60 if not written.",
    examples: &["delay_loop 6", "delay_loop 0.5"],
    rejects: &["delay_loop 0"],
    lower: |draft, call| draft.pace().delay_loop = call.args.time("seconds"),
    ..KEYWORD
};

const SERVER_DELAY_LOOP: Keyword =
    Keyword { blocks: SERVER, invalid: "real server delay_loop '{word}' invalid - ignoring", ..DELAY_LOOP };

const CONNECT_TIMEOUT: Keyword = Keyword {
    name: "connect_timeout",
    blocks: SERVICE,
    grammar: TIMEOUT,
    invalid: "virtual server connect_timeout {word} invalid - ignoring",
    doc: "Seconds that a check waits for a connection or an answer, for checkers that do not say; 5 if not written.",
    examples: &["connect_timeout 3"],
    rejects: &["connect_timeout 0"],
    lower: |draft, call| draft.pace().connect_timeout = call.args.time("seconds"),
    ..KEYWORD
};

const SERVER_CONNECT_TIMEOUT: Keyword =
    Keyword { blocks: SERVER, invalid: "real server connect_timeout {word} invalid - ignoring", ..CONNECT_TIMEOUT };

const WARMUP: Keyword = Keyword {
    name: "warmup",
    blocks: SERVICE,
    grammar: DELAY,
    invalid: "virtual server warmup '{word}' invalid - ignoring",
    doc: "The first check comes after a random part of so many seconds, for checkers that do not say; `delay_loop` if not \
          written.",
    examples: &["warmup 0"],
    rejects: &["warmup -1"],
    lower: |draft, call| draft.pace().warmup = call.args.time("seconds"),
    ..KEYWORD
};

const SERVER_WARMUP: Keyword =
    Keyword { blocks: SERVER, invalid: "real server warmup '{word}' invalid - ignoring", ..WARMUP };

const DELAY_BEFORE_RETRY: Keyword = Keyword {
    name: "delay_before_retry",
    blocks: SERVICE,
    grammar: DELAY,
    invalid: "virtual server delay before retry '{word}' invalid - ignoring",
    doc: "Seconds between a failure and the next try, for checkers that do not say: 1 if not written, 3 of HTTP_GET and SSL_GET, \
          `delay_loop` of DNS_CHECK.",
    examples: &["delay_before_retry 2"],
    rejects: &["delay_before_retry -1"],
    lower: |draft, call| draft.pace().delay_before_retry = call.args.time("seconds"),
    ..KEYWORD
};

const SERVER_DELAY_BEFORE_RETRY: Keyword = Keyword {
    blocks: SERVER,
    invalid: "real server delay_before_retry '{word}' invalid - ignoring",
    ..DELAY_BEFORE_RETRY
};
