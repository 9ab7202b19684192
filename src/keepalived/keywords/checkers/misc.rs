//! `MISC_CHECK`: the command, who runs it, how long it may take, and what its exit status means.

use std::time::Duration;

use super::super::shared::run_as;
use crate::{
    keepalived::{
        draft::Draft,
        keyword::{Block, Call, Grammar, KEYWORD, Keyword},
        quoted,
    },
    text::grammar::{Arg, Kind},
};

const MISC: &[Block] = &[Block::MiscCheck];

pub(in super::super) const KEYWORDS: &[Keyword] = &[MISC_PATH, MISC_TIMEOUT, MISC_DYNAMIC, USER];

const MISC_PATH: Keyword = Keyword {
    name: "misc_path",
    blocks: MISC,
    grammar: Grammar::Custom("\"<command line>\""),
    doc: "The command; with arguments it stands in quotes.",
    examples: &["misc_path /usr/local/bin/alive", "misc_path \"/usr/local/bin/alive 192.0.2.20\""],
    lower: |draft, call| {
        let (line, _) = quoted::first_word(&call.words.raw[call.words.keyword().len()..]);
        let argv = quoted::split(&line).unwrap_or_else(|partial| partial);
        let at = call.words.at;
        if let (false, Some(misc)) = (argv.is_empty(), draft.checker().misc()) {
            misc.command = Some((argv, at));
        }
    },
    ..KEYWORD
};

const MISC_TIMEOUT: Keyword = Keyword {
    name: "misc_timeout",
    blocks: MISC,
    grammar: Grammar::Args(&[Arg::Value("seconds", Kind::Int(0, 4294))]),
    invalid: "Invalid misc_timeout value '{word}'",
    doc: "Whole seconds that the command may take; `delay_loop` if not written.",
    examples: &["misc_timeout 5"],
    rejects: &["misc_timeout 0.5"],
    lower: |draft, call| {
        let seconds = call.args.int("seconds").and_then(|seconds| u64::try_from(seconds).ok());
        let timeout = seconds.filter(|seconds| *seconds > 0).map(Duration::from_secs);
        _ = draft.checker().misc().map(|misc| misc.timeout = timeout);
    },
    ..KEYWORD
};

const MISC_DYNAMIC: Keyword = Keyword {
    name: "misc_dynamic",
    blocks: MISC,
    doc: "Exit statuses from 2 to 255 are successes, and the server's weight plus 2.",
    examples: &["misc_dynamic"],
    lower: |draft, _| _ = draft.checker().misc().map(|misc| misc.dynamic = true),
    ..KEYWORD
};

const USER: Keyword = Keyword {
    name: "user",
    blocks: MISC,
    grammar: Grammar::Custom("<user> [<group>]"),
    doc: "Who runs the command.",
    examples: &["user nobody"],
    rejects: &["user", "user nosuch"],
    lower: user,
    ..KEYWORD
};

fn user(draft: &mut Draft, call: &mut Call<'_>) {
    let words: Vec<&str> = call.words.arguments().iter().map(|word| word.text.as_str()).collect();
    let found = run_as(call, &words);
    let is_missing = words.is_empty();
    let Some(misc) = draft.checker().misc() else { return };
    let script = misc.shown();
    if is_missing {
        return call.complain("no-user", format!("No user specified for misc checker script {script}"));
    }
    misc.bad_user |= found.is_none();
    misc.run_as = found;
    if misc.run_as.is_none() {
        call.complain("no-user", format!("Failed to set uid/gid for misc checker script {script} - removing"));
    }
}
