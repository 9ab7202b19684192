//! How the processes of the daemon are scheduled, and what the files that they make may be.

use crate::{
    keepalived::{
        draft::Draft,
        keyword::{Block, Call, Grammar, KEYWORD, Keyword},
    },
    text::grammar::{Arg, Kind},
};

const GLOBAL: &[Block] = &[Block::Global];

pub(in super::super) const KEYWORDS: &[Keyword] = &[
    UMASK,
    VRRP_PRIORITY,
    CHECKER_PRIORITY,
    BFD_PRIORITY,
    VRRP_RT_PRIORITY,
    CHECKER_RT_PRIORITY,
    BFD_RT_PRIORITY,
    VRRP_NO_SWAP,
    CHECKER_NO_SWAP,
    BFD_NO_SWAP,
];

const UMASK: Keyword = Keyword {
    name: "umask",
    blocks: GLOBAL,
    grammar: Grammar::Custom("<octal> | { <bit> [| <bit> ...] }"),
    doc: "Permissions that new files do not get: in octal, or as the names of bits.",
    examples: &["umask 022", "umask IWGRP | IWOTH"],
    rejects: &["umask everything"],
    lower: umask,
    ..KEYWORD
};

/// Bits by the names that chmod(2) gives them, without their `S_`.
const BITS: &[(&str, u32)] = &[
    ("IRUSR", 0o400),
    ("IWUSR", 0o200),
    ("IXUSR", 0o100),
    ("IRWXU", 0o700),
    ("IRGRP", 0o040),
    ("IWGRP", 0o020),
    ("IXGRP", 0o010),
    ("IRWXG", 0o070),
    ("IROTH", 0o004),
    ("IWOTH", 0o002),
    ("IXOTH", 0o001),
    ("IRWXO", 0o007),
];

fn umask(draft: &mut Draft, call: &mut Call<'_>) {
    if call.words.arguments().is_empty() {
        call.missing_argument();
        return;
    }
    let bit = |word: &str| {
        let number = u32::from_str_radix(word, 8).ok().filter(|mask| *mask <= 0o777);
        number.or_else(|| BITS.iter().find(|(name, _)| *name == word).map(|(_, bits)| *bits))
    };
    let words = call.words.arguments().iter().map(|word| word.text.as_str()).filter(|word| *word != "|");
    match words.clone().map(bit).try_fold(0, |mask, bits| Some(mask | bits?)) {
        Some(mask) => draft.global.settings.umask = Some(mask),
        None => {
            let wrong = words.into_iter().find(|word| bit(word).is_none()).unwrap_or_default().to_owned();
            call.complain("bad-umask", format!("Unknown umask bit {wrong}"));
        }
    }
}

/// A nice value: the lowest is served first.
const fn nice(
    name: &'static str,
    invalid: &'static str,
    doc: &'static str,
    examples: &'static [&'static str],
    rejects: &'static [&'static str],
) -> Keyword {
    let grammar = Grammar::Args(&[Arg::Optional("nice", Kind::Int(-20, 19))]);
    Keyword { name, blocks: GLOBAL, grammar, invalid, doc, examples, rejects, ..KEYWORD }
}

/// The argument of [`nice`], which the original misses in its own way.
fn nice_value(call: &mut Call<'_>) -> Option<i32> {
    if call.text(0).is_none() {
        let process = call.keyword.name.trim_end_matches("_priority");
        call.complain("no-priority", format!("No {process} process priority specified"));
    }
    call.args.int("nice").and_then(|nice| i32::try_from(nice).ok())
}

const VRRP_PRIORITY: Keyword = Keyword {
    lower: |draft, call| draft.global.settings.process_priority = nice_value(call),
    ..nice(
        "vrrp_priority",
        "Invalid vrrp process priority specified",
        "Nice value of the VRRP process; the lowest is served first.",
        &["vrrp_priority -10"],
        &["vrrp_priority 20"],
    )
};

const CHECKER_PRIORITY: Keyword = Keyword {
    lower: |draft, call| draft.global.settings.lvs.process_priority = nice_value(call),
    ..nice(
        "checker_priority",
        "Invalid checker process priority specified",
        "Nice value of the process that checks servers; the lowest is served first.",
        &["checker_priority -10"],
        &["checker_priority 20"],
    )
};

const BFD_PRIORITY: Keyword = Keyword {
    lower: |draft, call| draft.global.settings.bfd.priority = nice_value(call),
    ..nice(
        "bfd_priority",
        "Invalid bfd process priority specified",
        "Nice value of the process for BFD. Sessions run in the VRRP process here, which gets the lower of both.",
        &["bfd_priority -10"],
        &["bfd_priority 20"],
    )
};

/// A realtime priority of 1 to 99; what is outside is moved to the nearer end, with a complaint.
const fn realtime(
    name: &'static str,
    invalid: &'static str,
    doc: &'static str,
    examples: &'static [&'static str],
    rejects: &'static [&'static str],
) -> Keyword {
    let grammar = Grammar::Args(&[Arg::Optional("priority", Kind::Int(-2_147_483_648, 2_147_483_647))]);
    Keyword { name, blocks: GLOBAL, grammar, invalid, doc, examples, rejects, ..KEYWORD }
}

fn clamped(call: &mut Call<'_>) -> Option<u32> {
    let process = call.keyword.name.trim_end_matches("_rt_priority");
    let Some(written) = call.args.int("priority") else {
        call.complain("no-priority", format!("No {process} process real-time priority specified"));
        return None;
    };
    let wrong = match written {
        ..1 => Some("less than minimum 1 - setting to minimum"),
        1..=99 => None,
        _ => Some("greater than maximum 99 - setting to maximum"),
    };
    if let Some(wrong) = wrong {
        call.complain("bad-priority", format!("{process} process real-time priority {written} {wrong}"));
    }
    u32::try_from(written.clamp(1, 99)).ok()
}

const VRRP_RT_PRIORITY: Keyword = Keyword {
    lower: |draft, call| draft.global.settings.realtime_priority = clamped(call),
    ..realtime(
        "vrrp_rt_priority",
        "vrrp process real-time priority '{word}' invalid",
        "Realtime priority of the VRRP process, 1 to 99.",
        &["vrrp_rt_priority 50"],
        &["vrrp_rt_priority 0", "vrrp_rt_priority 100"],
    )
};

const CHECKER_RT_PRIORITY: Keyword = Keyword {
    lower: |draft, call| draft.global.settings.lvs.realtime_priority = clamped(call),
    ..realtime(
        "checker_rt_priority",
        "checker process real-time priority '{word}' invalid",
        "Realtime priority of the process that checks servers, 1 to 99.",
        &["checker_rt_priority 50"],
        &["checker_rt_priority 0"],
    )
};

const BFD_RT_PRIORITY: Keyword = Keyword {
    lower: |draft, call| draft.global.settings.bfd.realtime_priority = clamped(call),
    ..realtime(
        "bfd_rt_priority",
        "bfd process real-time priority '{word}' invalid",
        "Realtime priority of the process for BFD. Sessions run in the VRRP process here, which gets the higher of both.",
        &["bfd_rt_priority 50"],
        &["bfd_rt_priority 100"],
    )
};

const VRRP_NO_SWAP: Keyword = Keyword {
    name: "vrrp_no_swap",
    blocks: GLOBAL,
    doc: "The memory of the VRRP process is never swapped out.",
    examples: &["vrrp_no_swap"],
    lower: |draft, _| draft.global.settings.no_swap = true,
    ..KEYWORD
};

const CHECKER_NO_SWAP: Keyword = Keyword {
    name: "checker_no_swap",
    doc: "The memory of the process that checks servers is never swapped out.",
    examples: &["checker_no_swap"],
    lower: |draft, _| draft.global.settings.lvs.no_swap = true,
    ..VRRP_NO_SWAP
};

const BFD_NO_SWAP: Keyword = Keyword {
    name: "bfd_no_swap",
    doc: "The same for BFD sessions, which run in the VRRP process here.",
    examples: &["bfd_no_swap"],
    lower: |draft, _| draft.global.settings.bfd.no_swap = true,
    ..VRRP_NO_SWAP
};
