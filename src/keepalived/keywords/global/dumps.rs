//! Where dumps are written, and in what form.

use super::super::shared::WORD;
use crate::{
    keepalived::keyword::{Block, Call, Grammar, KEYWORD, Keyword},
    text::grammar::{Arg, Kind},
};
use std::path::PathBuf;

const GLOBAL: &[Block] = &[Block::Global];

pub(in super::super) const KEYWORDS: &[Keyword] = &[
    JSON_VERSION,
    STATE_DUMP_FILE,
    STATS_DUMP_FILE,
    JSON_DUMP_FILE,
    STATE_FILE_LOCATION,
    STATS_FILE_LOCATION,
    JSON_FILE_LOCATION,
];

const JSON_VERSION: Keyword = Keyword {
    name: "json_version",
    blocks: GLOBAL,
    grammar: Grammar::Args(&[Arg::Value("version", Kind::Int(1, 2))]),
    invalid: "json_version '{word}' is invalid",
    doc: "Form of the JSON dump: 1 is an array, 2 an object.",
    examples: &["json_version 2"],
    rejects: &["json_version 3"],
    lower: |draft, call| {
        let version = call.args.int("version").and_then(|version| u8::try_from(version).ok());
        draft.global.settings.json_version = version.unwrap_or(1);
    },
    ..KEYWORD
};

const STATE_DUMP_FILE: Keyword = Keyword {
    name: "state_dump_file",
    blocks: GLOBAL,
    grammar: WORD,
    doc: "Where SIGUSR1 writes the state.",
    examples: &["state_dump_file /run/keepalived.data"],
    lower: |draft, call| draft.global.settings.state_dump_file = path(call),
    ..KEYWORD
};

const STATS_DUMP_FILE: Keyword = Keyword {
    name: "stats_dump_file",
    blocks: GLOBAL,
    grammar: WORD,
    doc: "Where SIGUSR2 writes the counters.",
    examples: &["stats_dump_file /run/keepalived.stats"],
    lower: |draft, call| draft.global.settings.stats_dump_file = path(call),
    ..KEYWORD
};

const JSON_DUMP_FILE: Keyword = Keyword {
    name: "json_dump_file",
    blocks: GLOBAL,
    grammar: WORD,
    doc: "Where the JSON signal writes.",
    examples: &["json_dump_file /run/keepalived.json"],
    lower: |draft, call| draft.global.settings.json_dump_file = path(call),
    ..KEYWORD
};

const STATE_FILE_LOCATION: Keyword = Keyword {
    name: "state_file_location",
    doc: "Another name of `state_dump_file`, which manuals use and keepalived 2.2.7 does not know.",
    examples: &["state_file_location /run/keepalived.data"],
    ..STATE_DUMP_FILE
};

const STATS_FILE_LOCATION: Keyword = Keyword {
    name: "stats_file_location",
    doc: "Another name of `stats_dump_file`, which manuals use and keepalived 2.2.7 does not know.",
    examples: &["stats_file_location /run/keepalived.stats"],
    ..STATS_DUMP_FILE
};

const JSON_FILE_LOCATION: Keyword = Keyword {
    name: "json_file_location",
    doc: "Another name of `json_dump_file`, which manuals use and keepalived 2.2.7 does not know.",
    examples: &["json_file_location /run/keepalived.json"],
    ..JSON_DUMP_FILE
};

fn path(call: &Call<'_>) -> Option<PathBuf> {
    call.args.text("value").map(PathBuf::from)
}
