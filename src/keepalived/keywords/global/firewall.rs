//! The firewall that closes addresses (`no_accept`) and keeps reports of groups off virtual MAC addresses.

use crate::{
    keepalived::keyword::{Block, Grammar, KEYWORD, Keyword, Status},
    text::grammar::{Arg, Kind},
};

const GLOBAL: &[Block] = &[Block::Global];

pub(in super::super) const KEYWORDS: &[Keyword] = &[NFTABLES, NFTABLES_PRIORITY, NFTABLES_COUNTERS, NFTABLES_IFINDEX];

const NFTABLES: Keyword = Keyword {
    name: "nftables",
    blocks: GLOBAL,
    grammar: Grammar::Args(&[Arg::Optional("table", Kind::Word)]),
    doc: "Rules are kept in tables of this name, one of IPv4 and one of IPv6; `keepalived` if not written.",
    examples: &["nftables", "nftables failover"],
    lower: |draft, call| draft.global.settings.nftables = Some(call.args.text("table").map(str::to_owned)),
    ..KEYWORD
};

const NFTABLES_PRIORITY: Keyword = Keyword {
    name: "nftables_priority",
    blocks: GLOBAL,
    grammar: Grammar::Args(&[Arg::Value("priority", Kind::Int(-2_147_483_648, 2_147_483_647))]),
    invalid: "invalid nftables chain priority '{word}'",
    doc: "Where the rules stand among those of others: the lowest are first; -1 if not written.",
    examples: &["nftables_priority -10"],
    rejects: &["nftables_priority first"],
    lower: |draft, call| {
        let priority = call.args.int("priority").and_then(|priority| i32::try_from(priority).ok());
        draft.global.settings.nftables_priority = priority.unwrap_or(-1);
    },
    ..KEYWORD
};

const NFTABLES_COUNTERS: Keyword = Keyword {
    name: "nftables_counters",
    blocks: GLOBAL,
    doc: "Each rule counts what it catches.",
    examples: &["nftables_counters"],
    lower: |draft, _| draft.global.settings.nftables_counters = true,
    ..KEYWORD
};

const NFTABLES_IFINDEX: Keyword = Keyword {
    name: "nftables_ifindex",
    blocks: GLOBAL,
    status: Status::Tuning,
    doc: "Rules name interfaces by number, which they always do here.",
    examples: &["nftables_ifindex"],
    ..KEYWORD
};
