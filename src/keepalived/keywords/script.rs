//! Keywords of `vrrp_script`.

use std::time::Duration;

use super::shared::Who;
use crate::{
    keepalived::{
        draft::Draft,
        keyword::{Block, Call, Grammar, KEYWORD, Keyword},
    },
    text::grammar::{Arg, Kind},
};

const SCRIPT_BLOCK: &[Block] = &[Block::Script];
const SECONDS: Grammar = Grammar::Args(&[Arg::Value("seconds", Kind::Int(0, 4294))]);
const COUNT: Grammar = Grammar::Args(&[Arg::Value("count", Kind::Int(1, 2_147_483_647))]);

pub(super) const KEYWORDS: &[Keyword] = &[SCRIPT, INTERVAL, TIMEOUT, WEIGHT, RISE, FALL, USER, INIT_FAIL];

const SCRIPT: Keyword = Keyword {
    name: "script",
    blocks: SCRIPT_BLOCK,
    grammar: Grammar::Custom("<command line>"),
    doc: "The command. It is not given to a shell; quotes hold words together.",
    examples: &["script \"killall -0 haproxy\"", "script \"/usr/local/bin/check 'two words'\""],
    lower: script,
    ..KEYWORD
};

fn script(draft: &mut Draft, call: &mut Call<'_>) {
    let at = call.words.at;
    if let Some((argv, who)) = super::shared::command(call, "vrrp") {
        draft.script().command = Some((argv, at));
        match who {
            Who::Known(found) => draft.script().run_as = Some(found),
            Who::Unknown => draft.script().bad_user = true,
            Who::Nobody => {}
        }
    }
}

const INTERVAL: Keyword = Keyword {
    name: "interval",
    blocks: SCRIPT_BLOCK,
    grammar: SECONDS,
    invalid: "({name}): vrrp script interval '{word}' must be between 1 and 4294 - ignoring",
    doc: "Whole seconds between two runs.",
    examples: &["interval 2"],
    rejects: &["interval x", "interval 0.5"],
    lower: |draft, call| draft.script().interval = seconds(draft, call),
    ..KEYWORD
};

/// The argument of [`SECONDS`]; none at all is one.
fn seconds(draft: &Draft, call: &mut Call<'_>) -> Option<Duration> {
    let seconds = call.args.int("seconds").and_then(|seconds| u64::try_from(seconds).ok())?;
    if seconds == 0 {
        let (name, keyword) = (draft.owner(), call.keyword.name);
        call.complain("too-short", format!("({name}): vrrp script {keyword} must be greater than 0, setting to 1"));
    }
    Some(Duration::from_secs(seconds.max(1)))
}

const TIMEOUT: Keyword = Keyword {
    name: "timeout",
    blocks: SCRIPT_BLOCK,
    grammar: SECONDS,
    invalid: "({name}): vrrp script timeout '{word}' invalid - ignoring",
    doc: "Whole seconds after which a run has failed; the interval if not given.",
    examples: &["timeout 1"],
    rejects: &["timeout never"],
    lower: |draft, call| draft.script().timeout = seconds(draft, call),
    ..KEYWORD
};

const WEIGHT: Keyword = Keyword {
    name: "weight",
    blocks: SCRIPT_BLOCK,
    grammar: Grammar::Args(&[Arg::Value("weight", Kind::Int(-253, 253)), Arg::Optional("reverse", Kind::Word)]),
    invalid: "vrrp_script {name} weight {word} must be in [-253, 253]",
    doc: "Added to the priority while the script succeeds if positive, subtracted while it fails if negative. Zero: a failure is a FAULT.",
    examples: &["weight 2", "weight -20", "weight 0", "weight 5 reverse"],
    rejects: &["weight 999"],
    lower: |draft, call| {
        let what = format!("vrrp_script {}", draft.owner());
        draft.script().weight = super::shared::weight_argument(call, &what);
    },
    ..KEYWORD
};

const RISE: Keyword = Keyword {
    name: "rise",
    blocks: SCRIPT_BLOCK,
    grammar: COUNT,
    invalid: "({name}): vrrp script rise value '{word}' invalid, defaulting to 1",
    doc: "Successes in a row before the script counts as up again.",
    examples: &["rise 2"],
    rejects: &["rise 0"],
    lower: |draft, call| draft.script().rise = count(call),
    ..KEYWORD
};

const FALL: Keyword = Keyword {
    name: "fall",
    blocks: SCRIPT_BLOCK,
    grammar: COUNT,
    invalid: "({name}): vrrp script fall value '{word}' invalid, defaulting to 1",
    doc: "Failures in a row before the script counts as down.",
    examples: &["fall 2"],
    rejects: &["fall 0"],
    lower: |draft, call| draft.script().fall = count(call),
    ..KEYWORD
};

fn count(call: &Call<'_>) -> u32 {
    call.args.int("count").and_then(|count| u32::try_from(count).ok()).unwrap_or(1)
}

const USER: Keyword = Keyword {
    name: "user",
    blocks: SCRIPT_BLOCK,
    grammar: Grammar::Args(&[Arg::Value("user", Kind::Word), Arg::Optional("group", Kind::Word)]),
    doc: "Who runs the script.",
    examples: &["user nobody"],
    lower: |draft, call| {
        let words: Vec<&str> = call.words.arguments().iter().map(|word| word.text.as_str()).collect();
        match super::shared::run_as(call, &words) {
            Some(run_as) => draft.script().run_as = Some(run_as),
            None => {
                let script = draft.script();
                script.bad_user = true;
                let program = script.command.as_ref().map(|(argv, _)| String::from_utf8_lossy(&argv[0]).into_owned());
                let text = format!("Unable to set uid/gid for script '{}'", program.unwrap_or_default());
                call.complain("no-user", text);
            }
        }
    },
    ..KEYWORD
};

const INIT_FAIL: Keyword = Keyword {
    name: "init_fail",
    blocks: SCRIPT_BLOCK,
    doc: "The script counts as failed until it has succeeded often enough.",
    examples: &["init_fail"],
    lower: |draft, _| draft.script().init_fail = true,
    ..KEYWORD
};
