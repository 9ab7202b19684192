//! What the daemon's processes may use: processors, realtime, and more of both when the machine is late.

use std::time::Duration;

use crate::{
    keepalived::{
        draft::Draft,
        keyword::{Block, Call, Grammar, KEYWORD, Keyword},
    },
    text::grammar::{Arg, Kind},
};

const GLOBAL: &[Block] = &[Block::Global];

pub(in super::super) const KEYWORDS: &[Keyword] = &[
    VRRP_CPU_AFFINITY,
    CHECKER_CPU_AFFINITY,
    BFD_CPU_AFFINITY,
    VRRP_RLIMIT_RTTIME,
    VRRP_RLIMIT_RTIME,
    CHECKER_RLIMIT_RTTIME,
    CHECKER_RLIMIT_RTIME,
    BFD_RLIMIT_RTTIME,
    BFD_RLIMIT_RTIME,
    MAX_AUTO_PRIORITY,
    MIN_AUTO_PRIORITY_DELAY,
];

const fn affinity(
    name: &'static str,
    doc: &'static str,
    examples: &'static [&'static str],
    rejects: &'static [&'static str],
) -> Keyword {
    Keyword { name, blocks: GLOBAL, grammar: Grammar::Custom("<number> ..."), doc, examples, rejects, ..KEYWORD }
}

const VRRP_CPU_AFFINITY: Keyword = Keyword {
    lower: |draft, call| draft.global.settings.processors = processors(call, "vrrp"),
    ..affinity(
        "vrrp_cpu_affinity",
        "Numbers of the processors that the VRRP process may run on.",
        &["vrrp_cpu_affinity 0"],
        &["vrrp_cpu_affinity first", "vrrp_cpu_affinity"],
    )
};

const CHECKER_CPU_AFFINITY: Keyword = Keyword {
    lower: |draft, call| draft.global.settings.lvs.processors = processors(call, "checker"),
    ..affinity(
        "checker_cpu_affinity",
        "Numbers of the processors that the process that checks servers may run on.",
        &["checker_cpu_affinity 0"],
        &["checker_cpu_affinity first"],
    )
};

const BFD_CPU_AFFINITY: Keyword = Keyword {
    lower: |draft, call| draft.global.settings.bfd.processors = processors(call, "bfd"),
    ..affinity(
        "bfd_cpu_affinity",
        "Processors of the process for BFD. Sessions run in the VRRP process here, which may use those of both.",
        &["bfd_cpu_affinity 0"],
        &["bfd_cpu_affinity first"],
    )
};

fn processors(call: &mut Call<'_>, process: &str) -> Vec<usize> {
    if call.words.arguments().is_empty() {
        call.complain("no-processor", format!("No {process} cpu_id set specified"));
        return Vec::new();
    }
    let words: Vec<String> = call.words.arguments().iter().map(|word| word.text.clone()).collect();
    let last = call.system.processors().saturating_sub(1);
    let mut found = Vec::new();
    for word in words {
        let (problem, number) = match word.parse::<i64>() {
            Ok(number) if usize::try_from(number).is_ok_and(|number| number <= last) => {
                found.extend(usize::try_from(number));
                continue;
            }
            Ok(number) => (format!("number '{word}' outside range [0, {last}]"), number),
            Err(_) => (format!("invalid number '{word}'"), 0),
        };
        call.complain("bad-number", problem);
        call.complain("bad-processor", format!("Invalid cpu_id:{number} specified for {process} process"));
    }
    found
}

const fn limit(
    name: &'static str,
    invalid: &'static str,
    doc: &'static str,
    examples: &'static [&'static str],
    rejects: &'static [&'static str],
) -> Keyword {
    let grammar = Grammar::Args(&[Arg::Value("microseconds", Kind::Int(1, 4_294_967_295))]);
    Keyword { name, blocks: GLOBAL, grammar, invalid, doc, examples, rejects, ..KEYWORD }
}

/// The argument of [`limit`].
fn micros(call: &Call<'_>) -> Option<Duration> {
    let micros = call.args.int("microseconds").and_then(|micros| u64::try_from(micros).ok());
    micros.map(Duration::from_micros)
}

const VRRP_RLIMIT_RTTIME: Keyword = Keyword {
    lower: |draft, call| draft.global.settings.realtime_limit = micros(call),
    ..limit(
        "vrrp_rlimit_rttime",
        "Invalid vrrp real-time limit - {word}",
        "Microseconds that the VRRP process may run at a realtime priority without waiting once (RLIMIT_RTTIME).",
        &["vrrp_rlimit_rttime 10000"],
        &["vrrp_rlimit_rttime long"],
    )
};

const VRRP_RLIMIT_RTIME: Keyword = Keyword {
    name: "vrrp_rlimit_rtime",
    doc: "Old spelling of `vrrp_rlimit_rttime`.",
    examples: &["vrrp_rlimit_rtime 10000"],
    rejects: &[],
    ..VRRP_RLIMIT_RTTIME
};

const CHECKER_RLIMIT_RTTIME: Keyword = Keyword {
    lower: |draft, call| draft.global.settings.lvs.realtime_limit = micros(call),
    ..limit(
        "checker_rlimit_rttime",
        "Invalid checker real-time limit - {word}",
        "The same for the process that checks servers.",
        &["checker_rlimit_rttime 10000"],
        &["checker_rlimit_rttime long"],
    )
};

const CHECKER_RLIMIT_RTIME: Keyword = Keyword {
    name: "checker_rlimit_rtime",
    rejects: &[],
    doc: "Old spelling of `checker_rlimit_rttime`.",
    examples: &["checker_rlimit_rtime 10000"],
    ..CHECKER_RLIMIT_RTTIME
};

const BFD_RLIMIT_RTTIME: Keyword = Keyword {
    lower: |draft, call| draft.global.settings.bfd.realtime_limit = micros(call),
    ..limit(
        "bfd_rlimit_rttime",
        "Invalid bfd real-time limit - {word}",
        "The same for the process for BFD. Sessions run in the VRRP process here, which gets the longer of both.",
        &["bfd_rlimit_rttime 10000"],
        &["bfd_rlimit_rttime long"],
    )
};

const BFD_RLIMIT_RTIME: Keyword = Keyword {
    name: "bfd_rlimit_rtime",
    doc: "Old spelling of `bfd_rlimit_rttime`.",
    examples: &["bfd_rlimit_rtime 10000"],
    ..BFD_RLIMIT_RTTIME
};

const MAX_AUTO_PRIORITY: Keyword = Keyword {
    name: "max_auto_priority",
    blocks: GLOBAL,
    grammar: Grammar::Args(&[Arg::Optional("priority", Kind::Int(-1, 99))]),
    invalid: "max_auto_priority '{word}' must be in [0, 99] (or -1 to disable) - ignoring",
    doc: "The highest realtime priority that the VRRP process gives itself when it is served too late; 99 without a number, \
          and none for 0 or -1.",
    examples: &["max_auto_priority 50", "max_auto_priority"],
    rejects: &["max_auto_priority 100"],
    lower: |draft, call| {
        let written = call.args.int("priority").unwrap_or(99);
        draft.global.settings.auto_priority = u32::try_from(written).unwrap_or(0);
    },
    ..KEYWORD
};

const MIN_AUTO_PRIORITY_DELAY: Keyword = Keyword {
    name: "min_auto_priority_delay",
    blocks: GLOBAL,
    grammar: Grammar::Args(&[Arg::Optional("microseconds", Kind::Int(1, 10_000_000))]),
    invalid: "min_auto_priority_delay '{word}' must be in [1, 10000000] - ignoring",
    doc: "Microseconds that count as too late for `max_auto_priority`; 1000000 if not written.",
    examples: &["min_auto_priority_delay 500000"],
    rejects: &["min_auto_priority_delay 0"],
    lower: late,
    ..KEYWORD
};

fn late(draft: &mut Draft, call: &mut Call<'_>) {
    match call.args.int("microseconds").and_then(|micros| u64::try_from(micros).ok()) {
        Some(micros) => draft.global.settings.auto_priority_delay = Duration::from_micros(micros),
        None => call.complain("no-delay", "min_auto_priority_delay requires delay time"),
    }
}
