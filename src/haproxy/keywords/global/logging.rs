//! Where the process logs (manual 3.1).

use crate::haproxy::keyword::{GLOBAL, KEYWORD, Keyword, Syntax};
use crate::haproxy::keywords::proxy::logging::target;
use crate::text::grammar::{Arg, Kind};

pub const ALL: &[&Keyword] = &[&LOG, &LOG_SEND_HOSTNAME, &LOG_TAG];

const LOG: Keyword = Keyword {
    name: "log",
    sections: GLOBAL,
    manual: "3.1",
    negatable: true,
    args: Syntax::Custom(
        "<address> [len <length>] [format <format>] [sample <ranges>:<size>] <facility> [max level [min level]]",
    ),
    doc: "Adds a place that proxies with 'log global' log to.",
    examples: &["log 127.0.0.1 local0", "log /dev/log local0 notice", "log stdout format raw local0"],
    rejects: &["log 127.0.0.1", "log 127.0.0.1 nowhere"],
    lower: |l| {
        if !l.on() {
            l.global().log.clear();
            return;
        }
        if let Some(t) = target(l) {
            l.global().log.push(t);
        }
    },
    ..KEYWORD
};
const LOG_SEND_HOSTNAME: Keyword = Keyword {
    name: "log-send-hostname",
    sections: GLOBAL,
    manual: "3.1",
    args: Syntax::Args(&[Arg::Optional("string", Kind::Word)]),
    doc: "Puts a host name, or the machine's, into the head of log lines.",
    lower: |l| {
        let name = l.args.text("string").map(str::to_owned);
        l.global().log_send_hostname = Some(name);
    },
    ..KEYWORD
};
const LOG_TAG: Keyword = Keyword {
    name: "log-tag",
    sections: GLOBAL,
    manual: "3.1",
    args: Syntax::Args(&[Arg::Value("string", Kind::Word)]),
    doc: "The program's name in the head of log lines: haproxy unless given.",
    lower: |l| {
        let tag = l.args.text("string").map(str::to_owned);
        l.global().log_tag = tag;
    },
    ..KEYWORD
};
