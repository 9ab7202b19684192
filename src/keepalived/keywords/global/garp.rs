//! Defaults of the announcements that routers make: gratuitous ARP and neighbour advertisements.

use super::super::shared::{MESSAGES, PERIOD, SWITCH, WHOLE_SECONDS, at_least_one, messages, period, whole_seconds};
use crate::{
    keepalived::keyword::{Block, Grammar, KEYWORD, Keyword, Status},
    text::grammar::{Arg, Kind},
};
use std::time::Duration;

const GLOBAL: &[Block] = &[Block::Global];
const PAUSE: Grammar = Grammar::Args(&[Arg::Value("seconds", Kind::Seconds(1, 4_294_967_295))]);

pub(in super::super) const KEYWORDS: &[Keyword] = &[
    VRRP_GARP_MASTER_DELAY,
    VRRP_GARP_MASTER_REPEAT,
    VRRP_GARP_MASTER_REFRESH,
    VRRP_GARP_MASTER_REFRESH_REPEAT,
    VRRP_GARP_LOWER_PRIO_DELAY,
    VRRP_GARP_LOWER_PRIO_REPEAT,
    VRRP_GARP_INTERVAL,
    VRRP_GNA_INTERVAL,
    VRRP_MIN_GARP,
    VRRP_GARP_EXTRA_IF,
    VRRP_VMAC_GARP_INTVL,
];

const VRRP_GARP_MASTER_DELAY: Keyword = Keyword {
    name: "vrrp_garp_master_delay",
    blocks: GLOBAL,
    grammar: WHOLE_SECONDS,
    invalid: "vrrp_garp_master_delay '{word}' invalid - ignoring",
    doc: "Default of `garp_master_delay`.",
    examples: &["vrrp_garp_master_delay 10"],
    rejects: &["vrrp_garp_master_delay soon"],
    lower: |draft, call| draft.global.garp.delay = whole_seconds(call),
    ..KEYWORD
};

const VRRP_GARP_MASTER_REPEAT: Keyword = Keyword {
    name: "vrrp_garp_master_repeat",
    blocks: GLOBAL,
    grammar: MESSAGES,
    invalid: "vrrp_garp_master_repeat '{word}' invalid - ignoring",
    doc: "Default of `garp_master_repeat`.",
    examples: &["vrrp_garp_master_repeat 3"],
    rejects: &["vrrp_garp_master_repeat many"],
    lower: |draft, call| draft.global.garp.repeat = at_least_one(call, ""),
    ..KEYWORD
};

const VRRP_GARP_MASTER_REFRESH: Keyword = Keyword {
    name: "vrrp_garp_master_refresh",
    blocks: GLOBAL,
    grammar: WHOLE_SECONDS,
    invalid: "Invalid vrrp_garp_master_refresh '{word}' - ignoring",
    doc: "Default of `garp_master_refresh`.",
    examples: &["vrrp_garp_master_refresh 60"],
    rejects: &["vrrp_garp_master_refresh often"],
    lower: |draft, call| draft.global.garp.refresh = whole_seconds(call),
    ..KEYWORD
};

const VRRP_GARP_MASTER_REFRESH_REPEAT: Keyword = Keyword {
    name: "vrrp_garp_master_refresh_repeat",
    blocks: GLOBAL,
    grammar: MESSAGES,
    invalid: "vrrp_garp_master_refresh_repeat '{word}' invalid - ignoring",
    doc: "Default of `garp_master_refresh_repeat`.",
    examples: &["vrrp_garp_master_refresh_repeat 2"],
    rejects: &["vrrp_garp_master_refresh_repeat many"],
    lower: |draft, call| draft.global.garp.refresh_repeat = at_least_one(call, ""),
    ..KEYWORD
};

const VRRP_GARP_LOWER_PRIO_DELAY: Keyword = Keyword {
    name: "vrrp_garp_lower_prio_delay",
    blocks: GLOBAL,
    grammar: WHOLE_SECONDS,
    invalid: "vrrp_garp_lower_prio_delay '{word}' invalid - ignoring",
    doc: "Default of `garp_lower_prio_delay`.",
    examples: &["vrrp_garp_lower_prio_delay 10"],
    rejects: &["vrrp_garp_lower_prio_delay soon"],
    lower: |draft, call| draft.global.garp.lower_prio_delay = whole_seconds(call),
    ..KEYWORD
};

const VRRP_GARP_LOWER_PRIO_REPEAT: Keyword = Keyword {
    name: "vrrp_garp_lower_prio_repeat",
    blocks: GLOBAL,
    grammar: MESSAGES,
    invalid: "Invalid vrrp_garp_lower_prio_repeat '{word}'",
    doc: "Default of `garp_lower_prio_repeat`.",
    examples: &["vrrp_garp_lower_prio_repeat 3"],
    rejects: &["vrrp_garp_lower_prio_repeat many"],
    lower: |draft, call| draft.global.garp.lower_prio_repeat = messages(call),
    ..KEYWORD
};

const VRRP_GARP_INTERVAL: Keyword = Keyword {
    name: "vrrp_garp_interval",
    blocks: GLOBAL,
    grammar: PAUSE,
    invalid: "vrrp_garp_interval '{word}' is invalid",
    doc: "Seconds between two gratuitous ARPs; zero is not a number here.",
    examples: &["vrrp_garp_interval 0.001"],
    rejects: &["vrrp_garp_interval 0"],
    lower: |draft, call| draft.global.garp.interval = call.args.time("seconds"),
    ..KEYWORD
};

const VRRP_GNA_INTERVAL: Keyword = Keyword {
    name: "vrrp_gna_interval",
    blocks: GLOBAL,
    grammar: PAUSE,
    invalid: "vrrp_gna_interval '{word}' is invalid",
    doc: "Seconds between two neighbour advertisements; zero is not a number here.",
    examples: &["vrrp_gna_interval 0.001"],
    rejects: &["vrrp_gna_interval 0"],
    lower: |draft, call| draft.global.garp.na_interval = call.args.time("seconds"),
    ..KEYWORD
};

const VRRP_MIN_GARP: Keyword = Keyword {
    name: "vrrp_min_garp",
    blocks: GLOBAL,
    grammar: SWITCH,
    doc: "One announcement and no second block.",
    examples: &["vrrp_min_garp"],
    lower: |draft, call| {
        let Some(wanted) = call.switch() else {
            call.complain("bad-switch", "Invalid value for vrrp_min_garp specified");
            return;
        };
        if wanted {
            let garp = &mut draft.global.garp;
            (garp.repeat, garp.delay, garp.refresh) = (Some(1), Some(Duration::ZERO), Some(Duration::ZERO));
            (garp.refresh_repeat, garp.lower_prio_delay, garp.lower_prio_repeat) =
                (Some(1), Some(Duration::ZERO), Some(1));
        }
    },
    ..KEYWORD
};

const VRRP_GARP_EXTRA_IF: Keyword = Keyword {
    name: "vrrp_garp_extra_if",
    blocks: GLOBAL,
    grammar: PERIOD,
    doc: "Default of `garp_extra_if`.",
    examples: &["vrrp_garp_extra_if all 100"],
    rejects: &["vrrp_garp_extra_if 0", "vrrp_garp_extra_if"],
    lower: |draft, call| draft.global.garp.elsewhere = period(call, "", 1).or(draft.global.garp.elsewhere),
    ..KEYWORD
};

const VRRP_VMAC_GARP_INTVL: Keyword = Keyword {
    name: "vrrp_vmac_garp_intvl",
    status: Status::Legacy,
    doc: "Old name of `vrrp_garp_extra_if`.",
    examples: &["vrrp_vmac_garp_intvl 100"],
    rejects: &[],
    ..VRRP_GARP_EXTRA_IF
};
