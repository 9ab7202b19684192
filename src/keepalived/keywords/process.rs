//! Keywords of `vrrp_track_process` and `track_file`.

use std::time::Duration;

use crate::{
    ir::failover::ProcessMatch,
    keepalived::{
        draft::Draft,
        keyword::{Block, Call, Grammar, KEYWORD, Keyword},
        quoted,
    },
    text::grammar::{Arg, Kind},
};

const PROCESS_BLOCK: &[Block] = &[Block::TrackProcess];
const FILE_BLOCK: &[Block] = &[Block::TrackFile];
const DELAY: Grammar = Grammar::Args(&[Arg::Value("seconds", Kind::Seconds(1, 3_600_000_000))]);

pub(super) const KEYWORDS: &[Keyword] = &[
    PROCESS,
    PARAM_MATCH,
    WEIGHT,
    QUORUM,
    QUORUM_MAX,
    DELAY_BOTH,
    TERMINATE_DELAY,
    FORK_DELAY,
    FULL_COMMAND,
    FILE,
    FILE_WEIGHT,
    INIT_FILE,
];

const PROCESS: Keyword = Keyword {
    name: "process",
    blocks: PROCESS_BLOCK,
    grammar: Grammar::Custom("<name> [<argument> ...]"),
    doc: "The program, by the kernel's name for it, and perhaps its arguments.",
    examples: &["process haproxy", "process \"/usr/sbin/nginx\""],
    lower: process,
    ..KEYWORD
};

fn process(draft: &mut Draft, call: &mut Call<'_>) {
    let raw = &call.words.raw[call.words.keyword().len()..];
    let words = quoted::split(raw).unwrap_or_else(|partial| partial);
    if !words.is_empty() {
        draft.process().program = Some(words);
    }
}

const PARAM_MATCH: Keyword = Keyword {
    name: "param_match",
    blocks: PROCESS_BLOCK,
    grammar: Grammar::Args(&[Arg::Optional("how", Kind::OneOf(&["initial", "partial"]))]),
    invalid: "Invalid param_match type {word} - ignoring",
    doc: "Arguments may go on (`initial`), and the last one may be cut (`partial`).",
    examples: &["param_match initial"],
    rejects: &["param_match loosely"],
    lower: |draft, call| {
        draft.process().compare = match call.args.text("how") {
            Some("initial") => Some(ProcessMatch::Initial),
            Some(_) => Some(ProcessMatch::Partial),
            None => Some(ProcessMatch::default()),
        };
    },
    ..KEYWORD
};

const WEIGHT: Keyword = Keyword {
    name: "weight",
    blocks: PROCESS_BLOCK,
    grammar: Grammar::Args(&[Arg::Value("weight", Kind::Int(-254, 254)), Arg::Optional("reverse", Kind::Word)]),
    invalid: "Weight ({word}) for vrrp_track_process {name} must be between [-254..254] inclusive. Ignoring...",
    doc: "Effect on the priority; 0 is a FAULT while the processes are missing.",
    examples: &["weight 10"],
    rejects: &["weight 255"],
    lower: |draft, call| {
        let what = format!("vrrp_track_process {}", draft.owner());
        draft.process().weight = super::shared::weight_argument(call, &what);
    },
    ..KEYWORD
};

const QUORUM: Keyword = Keyword {
    name: "quorum",
    blocks: PROCESS_BLOCK,
    grammar: Grammar::Args(&[Arg::Value("count", Kind::Int(1, 65535))]),
    invalid: "Quorum ({word}) for vrrp_track_process {name} must be between [1..65535] inclusive. Ignoring...",
    doc: "At least so many processes.",
    examples: &["quorum 2"],
    rejects: &["quorum 0"],
    lower: |draft, call| draft.process().quorum = super::shared::messages(call),
    ..KEYWORD
};

const QUORUM_MAX: Keyword = Keyword {
    name: "quorum_max",
    blocks: PROCESS_BLOCK,
    grammar: Grammar::Args(&[Arg::Value("count", Kind::Int(0, 65535))]),
    invalid: "quorum_max ({word}) for vrrp_track_process {name} must be between [0..65535] inclusive. Ignoring...",
    doc: "At most so many processes.",
    examples: &["quorum_max 4"],
    rejects: &["quorum_max all"],
    lower: |draft, call| draft.process().quorum_max = super::shared::messages(call),
    ..KEYWORD
};

fn delay(call: &Call<'_>) -> Duration {
    call.args.time("seconds").unwrap_or_default()
}

const DELAY_BOTH: Keyword = Keyword {
    name: "delay",
    blocks: PROCESS_BLOCK,
    grammar: DELAY,
    invalid: "delay ({word}) for vrrp_track_process {name} must be between [0.000001..3600] inclusive. Ignoring...",
    doc: "Sets both of the delays below.",
    examples: &["delay 1"],
    rejects: &["delay long"],
    lower: |draft, call| {
        let process = draft.process();
        (process.terminate_delay, process.fork_delay) = (delay(call), delay(call));
    },
    ..KEYWORD
};

const TERMINATE_DELAY: Keyword = Keyword {
    name: "terminate_delay",
    blocks: PROCESS_BLOCK,
    grammar: DELAY,
    invalid: "terminate_delay ({word}) for vrrp_track_process {name} must be between [0.000001..3600] inclusive. Ignoring...",
    doc: "Seconds before missing processes count as missing.",
    examples: &["terminate_delay 0.5"],
    rejects: &["terminate_delay long"],
    lower: |draft, call| draft.process().terminate_delay = delay(call),
    ..KEYWORD
};

const FORK_DELAY: Keyword = Keyword {
    name: "fork_delay",
    blocks: PROCESS_BLOCK,
    grammar: DELAY,
    invalid: "fork_delay ({word}) for vrrp_track_process {name} must be between [0.000001..3600] inclusive. Ignoring...",
    doc: "Seconds before new processes count as there.",
    examples: &["fork_delay 0.5"],
    rejects: &["fork_delay long"],
    lower: |draft, call| draft.process().fork_delay = delay(call),
    ..KEYWORD
};

const FULL_COMMAND: Keyword = Keyword {
    name: "full_command",
    blocks: PROCESS_BLOCK,
    doc: "Compares the first word of the command line instead of the kernel's name.",
    examples: &["full_command"],
    lower: |draft, _| draft.process().full_command = true,
    ..KEYWORD
};

const FILE: Keyword = Keyword {
    name: "file",
    blocks: FILE_BLOCK,
    grammar: Grammar::Args(&[Arg::Value("path", Kind::Path)]),
    doc: "The file; it holds one number.",
    examples: &["file /run/maintenance"],
    lower: |draft, call| draft.file().path = call.args.text("path").map(str::to_owned),
    ..KEYWORD
};

const FILE_WEIGHT: Keyword = Keyword {
    name: "weight",
    blocks: FILE_BLOCK,
    grammar: Grammar::Args(&[Arg::Value("weight", Kind::Int(-254, 254)), Arg::Optional("reverse", Kind::Word)]),
    invalid: "Weight ({word}) for track_file {name} must be between [-254..254] inclusive. Ignoring...",
    doc: "What the number is multiplied by before it is added to the priority.",
    examples: &["weight -100"],
    rejects: &["weight heavy"],
    lower: |draft, call| {
        let what = format!("track_file {}", draft.owner());
        draft.file().weight = Some(super::shared::weight_argument(call, &what));
    },
    ..KEYWORD
};

const INIT_FILE: Keyword = Keyword {
    name: "init_file",
    blocks: FILE_BLOCK,
    grammar: Grammar::Custom("[<number>] [overwrite]"),
    doc: "Writes the file at start, over what is there only with `overwrite`.",
    examples: &["init_file 0", "init_file 5 overwrite"],
    lower: init_file,
    ..KEYWORD
};

fn init_file(draft: &mut Draft, call: &mut Call<'_>) {
    let (mut value, mut overwrite) = (0, false);
    let words: Vec<String> = call.words.arguments().iter().map(|word| word.text.clone()).collect();
    for word in words {
        match word.parse::<i64>() {
            Ok(number) => {
                value = number;
                if !(-254..=254).contains(&number) {
                    let name = draft.owner();
                    let text = format!("Track file {name} init value {number} is outside sensible range [-254, 254]");
                    call.complain("odd-value", text);
                }
            }
            Err(_) if word == "overwrite" => overwrite = true,
            Err(_) => call.complain("bad-option", format!("Unknown track file init option {word}")),
        }
    }
    draft.file().init = Some((value, overwrite));
}
