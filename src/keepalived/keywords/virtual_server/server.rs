//! What the kernel's table says of real servers: weights and limits, and whether a dead one stays in it.

use super::super::shared::SWITCH;
use crate::{
    keepalived::keyword::{Block, Call, Grammar, KEYWORD, Keyword},
    text::grammar::{Arg, Kind},
};

const SERVICE: &[Block] = &[Block::VirtualServer];
const SERVER: &[Block] = &[Block::RealServer];
const LARGEST: i64 = 2_147_483_647;

pub(in super::super) const KEYWORDS: &[Keyword] =
    &[WEIGHT_OF_ALL, WEIGHT, UTHRESHOLD, LTHRESHOLD, INHIBIT_ALL, INHIBIT_ON_FAILURE];

fn count(call: &Call<'_>) -> Option<u32> {
    call.args.int("count").and_then(|count| u32::try_from(count).ok())
}

const WEIGHT_OF_ALL: Keyword = Keyword {
    name: "weight",
    blocks: SERVICE,
    grammar: Grammar::Args(&[Arg::Value("count", Kind::Int(1, LARGEST))]),
    invalid: "Virtual server weight {word} is outside range 1-2147483647",
    doc: "The weight of real servers that say nothing else; 1 if not written.",
    examples: &["weight 10"],
    rejects: &["weight 0"],
    lower: |draft, call| draft.virtual_server().weight = count(call),
    ..KEYWORD
};

const WEIGHT: Keyword = Keyword {
    name: "weight",
    blocks: SERVER,
    grammar: Grammar::Args(&[Arg::Value("count", Kind::Int(0, LARGEST))]),
    invalid: "Real server weight {word} is outside range 0-2147483647",
    doc: "Its share of the connections; 0 gets no new ones.",
    examples: &["weight 10"],
    rejects: &["weight -1"],
    lower: |draft, call| draft.real_server().weight = count(call),
    ..KEYWORD
};

const UTHRESHOLD: Keyword = Keyword {
    name: "uthreshold",
    blocks: SERVER,
    grammar: Grammar::Args(&[Arg::Value("count", Kind::Int(0, 4_294_967_295))]),
    invalid: "Invalid real_server uthreshold '{word}' - ignoring",
    doc: "Connections beyond which it gets no new ones; 0 for no limit.",
    examples: &["uthreshold 1000"],
    rejects: &["uthreshold many"],
    lower: |draft, call| draft.real_server().upper_threshold = count(call).unwrap_or_default(),
    ..KEYWORD
};

const LTHRESHOLD: Keyword = Keyword {
    name: "lthreshold",
    invalid: "Invalid real_server lthreshold '{word}' - ignoring",
    doc: "Connections below which it gets new ones again.",
    examples: &["lthreshold 500"],
    rejects: &["lthreshold few"],
    lower: |draft, call| draft.real_server().lower_threshold = count(call).unwrap_or_default(),
    ..UTHRESHOLD
};

const INHIBIT_ALL: Keyword = Keyword {
    name: "inhibit_on_failure",
    blocks: SERVICE,
    doc: "Servers that are down stay in the kernel's table with weight 0.",
    examples: &["inhibit_on_failure"],
    lower: |draft, _| draft.virtual_server().inhibit_on_failure = true,
    ..KEYWORD
};

const INHIBIT_ON_FAILURE: Keyword = Keyword {
    name: "inhibit_on_failure",
    blocks: SERVER,
    grammar: SWITCH,
    doc: "While down it stays in the kernel's table with weight 0; as its service says if not written.",
    examples: &["inhibit_on_failure", "inhibit_on_failure off"],
    rejects: &["inhibit_on_failure perhaps"],
    lower: |draft, call| match call.switch() {
        Some(value) => draft.real_server().inhibit_on_failure = Some(value),
        None => {
            let word = call.text(0).unwrap_or_default().to_owned();
            call.complain("bad-switch", format!("Invalid inhibit_on_failure parameter {word}"));
        }
    },
    ..KEYWORD
};
