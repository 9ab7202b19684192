//! What concerns the kernel's table of services as a whole: its timeouts, what becomes of it at start and stop, its firewall.

use super::super::shared::{SWITCH, number};
use crate::{
    ir::failover::lvs::{FlushOnStop, Lvs, Timeouts},
    keepalived::{
        draft::Draft,
        keyword::{Block, Call, Grammar, KEYWORD, Keyword, Status},
    },
    text::grammar::{Arg, Kind},
};

const GLOBAL: &[Block] = &[Block::Global];

pub(in super::super) const KEYWORDS: &[Keyword] = &[
    LVS_TIMEOUTS,
    LVS_FLUSH,
    LVS_FLUSH_ON_STOP,
    LVS_FLUSH_ONSTOP,
    NFTABLES_IPVS,
    NFTABLES_IPVS_PRIORITY,
    NFTABLES_IPVS_START_FWMARK,
    CHECKER_LOG_ALL_FAILURES,
    NO_CHECKER_EMAILS,
    RS_INIT_NOTIFIES,
    RANDOM_SEED,
];

const LVS_TIMEOUTS: Keyword = Keyword {
    name: "lvs_timeouts",
    blocks: GLOBAL,
    grammar: Grammar::Custom("[tcp <seconds>] [tcpfin <seconds>] [udp <seconds>]"),
    doc: "How long the kernel remembers connections; what is not written stays as it is.",
    examples: &["lvs_timeouts tcp 900 tcpfin 120 udp 300"],
    rejects: &["lvs_timeouts", "lvs_timeouts tcp long", "lvs_timeouts icmp 5"],
    lower: |draft, call| {
        let timeouts = draft.global.settings.lvs.timeouts;
        draft.global.settings.lvs.timeouts = self::timeouts(call, timeouts);
    },
    ..KEYWORD
};

fn timeouts(call: &mut Call<'_>, mut timeouts: Timeouts) -> Timeouts {
    let words: Vec<String> = call.words.arguments().iter().map(|word| word.text.clone()).collect();
    if words.len() < 2 {
        call.complain("no-timeout", "lvs_timeouts requires at least one option");
        return timeouts;
    }
    let mut words = words.iter().map(String::as_str);
    while let Some(name) = words.next() {
        let place = match name {
            "tcp" => &mut timeouts.tcp,
            "tcpfin" => &mut timeouts.tcp_fin,
            "udp" => &mut timeouts.udp,
            _ => {
                call.complain("bad-option", format!("Unknown option {name} specified for lvs_timeouts"));
                continue;
            }
        };
        let Some(word) = words.next() else {
            call.complain("no-timeout", format!("No value specified for lvs_timeout {name} - ignoring"));
            continue;
        };
        match number(call, word, 0, 2_678_400).and_then(|seconds| u32::try_from(seconds).ok()) {
            Some(seconds) => *place = seconds,
            None => call.complain("bad-timeout", format!("Invalid lvs_timeout {name} ({word}) - ignoring")),
        }
    }
    timeouts
}

const LVS_FLUSH: Keyword = Keyword {
    name: "lvs_flush",
    blocks: GLOBAL,
    doc: "Everything in the kernel's table of services goes at start.",
    examples: &["lvs_flush"],
    lower: |draft, _| draft.global.settings.lvs.flush = true,
    ..KEYWORD
};

const LVS_FLUSH_ON_STOP: Keyword = Keyword {
    name: "lvs_flush_on_stop",
    blocks: GLOBAL,
    grammar: Grammar::Custom("[VS]"),
    doc: "At stop the kernel's table goes as a whole, or with `VS` service by service, rather than server by server.",
    examples: &["lvs_flush_on_stop", "lvs_flush_on_stop VS"],
    rejects: &["lvs_flush_on_stop RS"],
    lower: |draft, call| {
        let how = match call.text(0) {
            None => FlushOnStop::All,
            Some("VS") => FlushOnStop::Services,
            Some(other) => {
                let text = format!("Unknown lvs_flush_on_stop type {other}");
                return call.complain("bad-option", text);
            }
        };
        draft.global.settings.lvs.flush_on_stop = how;
    },
    ..KEYWORD
};

const LVS_FLUSH_ONSTOP: Keyword = Keyword {
    name: "lvs_flush_onstop",
    doc: "The old spelling of `lvs_flush_on_stop`.",
    examples: &["lvs_flush_onstop"],
    rejects: &[],
    ..LVS_FLUSH_ON_STOP
};

const NFTABLES_IPVS: Keyword = Keyword {
    name: "nftables_ipvs",
    blocks: GLOBAL,
    grammar: Grammar::Args(&[Arg::Optional("table", Kind::Word)]),
    status: Status::Tuning,
    doc: "There, groups of services become one service with a mark each, which a table of nftables gives to packets. Here each \
          address stays a service of its own: clients are served alike, large groups cost more of the kernel's memory.",
    examples: &["nftables_ipvs", "nftables_ipvs balancer"],
    lower: |draft, call| {
        let table = call.args.text("table").map(str::to_owned);
        let settings = &mut draft.global.settings.lvs;
        if settings.nftables.is_some() {
            return call.complain("repeated", "ipvs nftables already specified - ignoring");
        }
        settings.nftables = Some(table);
    },
    ..KEYWORD
};

const NFTABLES_IPVS_PRIORITY: Keyword = Keyword {
    name: "nftables_ipvs_priority",
    blocks: GLOBAL,
    grammar: Grammar::Args(&[Arg::Value("priority", Kind::Int(-2_147_483_648, 2_147_483_647))]),
    invalid: "invalid ipvs nftables chain priority '{word}'",
    status: Status::Tuning,
    doc: "Where those rules would stand among those of others.",
    examples: &["nftables_ipvs_priority -10"],
    rejects: &["nftables_ipvs_priority first"],
    lower: |draft, call| {
        let priority = call.args.int("priority").and_then(|priority| i32::try_from(priority).ok());
        let settings = &mut draft.global.settings.lvs;
        settings.nftables_priority = priority.unwrap_or(settings.nftables_priority);
    },
    ..KEYWORD
};

const NFTABLES_IPVS_START_FWMARK: Keyword = Keyword {
    name: "nftables_ipvs_start_fwmark",
    blocks: GLOBAL,
    grammar: Grammar::Args(&[Arg::Value("mark", Kind::Int(1, 4_294_967_295))]),
    invalid: "invalid ipvs nftables start_fwmark priority '{word}'",
    status: Status::Tuning,
    doc: "The mark that the first group would have.",
    examples: &["nftables_ipvs_start_fwmark 2000"],
    rejects: &["nftables_ipvs_start_fwmark 0"],
    lower: |draft, call| {
        let mark = call.args.int("mark").and_then(|mark| u32::try_from(mark).ok());
        let settings = &mut draft.global.settings.lvs;
        settings.nftables_first_mark = mark.unwrap_or(settings.nftables_first_mark);
    },
    ..KEYWORD
};

const CHECKER_LOG_ALL_FAILURES: Keyword = Keyword {
    name: "checker_log_all_failures",
    blocks: GLOBAL,
    grammar: SWITCH,
    doc: "Checkers log every failure, not only those that change something.",
    examples: &["checker_log_all_failures"],
    rejects: &["checker_log_all_failures often"],
    lower: |draft, call| match call.switch() {
        Some(value) => draft.global.checker_log_all_failures = value,
        None => call.complain("bad-switch", "Invalid value for checker_log_all_failures specified"),
    },
    ..KEYWORD
};

/// A switch of all services.
fn switch(draft: &mut Draft, call: &mut Call<'_>, set: fn(&mut Lvs, bool)) {
    match call.switch() {
        Some(value) => set(&mut draft.global.settings.lvs, value),
        None => {
            let (keyword, word) = (call.keyword.name, call.text(0).unwrap_or_default().to_owned());
            call.complain("bad-switch", format!("Invalid value '{word}' for global {keyword} specified"));
        }
    }
}

const NO_CHECKER_EMAILS: Keyword = Keyword {
    name: "no_checker_emails",
    blocks: GLOBAL,
    grammar: SWITCH,
    doc: "Mails tell of servers that come and go, not of each checker.",
    examples: &["no_checker_emails"],
    rejects: &["no_checker_emails perhaps"],
    lower: |draft, call| switch(draft, call, |lvs, value| lvs.no_checker_mails = value),
    ..KEYWORD
};

const RS_INIT_NOTIFIES: Keyword = Keyword {
    name: "rs_init_notifies",
    blocks: GLOBAL,
    grammar: SWITCH,
    doc: "Real servers that are up at start are told of like those that come up later.",
    examples: &["rs_init_notifies"],
    rejects: &["rs_init_notifies perhaps"],
    lower: |draft, call| switch(draft, call, |lvs, value| lvs.init_notifies = value),
    ..KEYWORD
};

const RANDOM_SEED: Keyword = Keyword {
    name: "random_seed",
    blocks: GLOBAL,
    status: Status::Tuning,
    grammar: Grammar::Args(&[Arg::Value("seed", Kind::Int(0, 4_294_967_295))]),
    invalid: "random_seed {word} invalid",
    doc: "Makes `${_RANDOM}` the same each time. Here each reading draws anew.",
    examples: &["random_seed 7"],
    rejects: &["random_seed some"],
    ..KEYWORD
};
