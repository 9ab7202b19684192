//! Keywords of virtual servers whose arguments are checked, though nothing is balanced by them yet.

use crate::{
    keepalived::keyword::{Block, Grammar, KEYWORD, Keyword, Status},
    text::grammar::{Arg, Kind},
};

const SERVER: &[Block] = &[Block::VirtualServer];
const BOTH: &[Block] = &[Block::VirtualServer, Block::RealServer];

pub(super) const KEYWORDS: &[Keyword] =
    &[LB_ALGO, LVS_SCHED, LB_KIND, LVS_METHOD, PROTOCOL, PERSISTENCE_TIMEOUT, NB_GET_RETRY];

const MISSING: Keyword = Keyword { status: Status::Missing, ..KEYWORD };

const SCHEDULERS: &[&str] =
    &["rr", "wrr", "lc", "wlc", "lblc", "lblcr", "sh", "mh", "dh", "fo", "ovf", "nq", "sed", "twos"];

const LB_ALGO: Keyword = Keyword {
    name: "lb_algo",
    blocks: SERVER,
    grammar: Grammar::Args(&[Arg::Value("scheduler", Kind::OneOf(SCHEDULERS))]),
    invalid: "Invalid lvs_scheduler '{word}' - ignoring",
    doc: "Which real server takes the next connection.",
    examples: &["lb_algo rr"],
    rejects: &["lb_algo rrr"],
    ..MISSING
};

const LVS_SCHED: Keyword = Keyword { name: "lvs_sched", examples: &["lvs_sched rr"], ..LB_ALGO };

const LB_KIND: Keyword = Keyword {
    name: "lb_kind",
    blocks: SERVER,
    grammar: Grammar::Args(&[Arg::Value("method", Kind::OneOf(&["NAT", "DR", "TUN"]))]),
    invalid: "PARSER : unknown [{word}] routing method for virtual server.",
    doc: "How packets reach the real servers.",
    examples: &["lb_kind NAT"],
    rejects: &["lb_kind NATT"],
    ..MISSING
};

const LVS_METHOD: Keyword = Keyword { name: "lvs_method", blocks: BOTH, examples: &["lvs_method DR"], ..LB_KIND };

const PROTOCOL: Keyword = Keyword {
    name: "protocol",
    blocks: SERVER,
    grammar: Grammar::Args(&[Arg::Value("protocol", Kind::OneOf(&["TCP", "UDP", "SCTP"]))]),
    invalid: "Unknown protocol {word} - ignoring",
    doc: "The protocol of the connections.",
    examples: &["protocol TCP"],
    rejects: &["protocol TCPP"],
    ..MISSING
};

const PERSISTENCE_TIMEOUT: Keyword = Keyword {
    name: "persistence_timeout",
    blocks: SERVER,
    grammar: Grammar::Args(&[Arg::Optional("seconds", Kind::Int(1, 2_678_400))]),
    invalid: "persistence_timeout invalid",
    doc: "Seconds that a client stays with its server.",
    examples: &["persistence_timeout 50"],
    rejects: &["persistence_timeout 0"],
    ..MISSING
};

const NB_GET_RETRY: Keyword = Keyword {
    name: "nb_get_retry",
    blocks: &[Block::HttpGet, Block::SslGet],
    grammar: Grammar::Args(&[Arg::Value("count", Kind::Int(0, 4_294_967_295))]),
    invalid: "nb_get_retry value '{word}' invalid",
    doc: "Old name of `retry`.",
    examples: &["nb_get_retry 3"],
    lower: |_, call| call.complain("legacy", "nb_get_retry is deprecated - please use 'retry'"),
    ..MISSING
};
