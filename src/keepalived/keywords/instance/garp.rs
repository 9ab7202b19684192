//! When and how often a router announces its addresses.

use super::super::shared::{MESSAGES, PERIOD, WHOLE_SECONDS, at_least_one, messages, period, whole_seconds};
use crate::keepalived::keyword::{Block, KEYWORD, Keyword, Status};

const INSTANCE: &[Block] = &[Block::Instance];

pub(in super::super) const KEYWORDS: &[Keyword] = &[
    GARP_MASTER_DELAY,
    GARP_MASTER_REPEAT,
    GARP_MASTER_REFRESH,
    GARP_MASTER_REFRESH_REPEAT,
    GARP_LOWER_PRIO_DELAY,
    GARP_LOWER_PRIO_REPEAT,
    GARP_EXTRA_IF,
    VMAC_GARP_INTVL,
];

const GARP_MASTER_DELAY: Keyword = Keyword {
    name: "garp_master_delay",
    blocks: INSTANCE,
    grammar: WHOLE_SECONDS,
    invalid: "({name}): garp_master_delay '{word}' invalid - ignoring",
    doc: "Seconds after becoming master at which the addresses are announced again; 0 for not.",
    examples: &["garp_master_delay 5"],
    rejects: &["garp_master_delay soon"],
    lower: |draft, call| draft.instance().garp.delay = whole_seconds(call),
    ..KEYWORD
};

const GARP_MASTER_REPEAT: Keyword = Keyword {
    name: "garp_master_repeat",
    blocks: INSTANCE,
    grammar: MESSAGES,
    invalid: "({name}): garp_master_repeat '{word}' invalid - ignoring",
    doc: "Messages for each address and announcement.",
    examples: &["garp_master_repeat 5"],
    rejects: &["garp_master_repeat many"],
    lower: |draft, call| draft.instance().garp.repeat = at_least_one(call, &draft.owner()),
    ..KEYWORD
};

const GARP_MASTER_REFRESH: Keyword = Keyword {
    name: "garp_master_refresh",
    blocks: INSTANCE,
    grammar: WHOLE_SECONDS,
    invalid: "({name}): Invalid garp_master_refresh '{word}' - ignoring",
    doc: "Seconds between announcements of a standing master; 0 for none.",
    examples: &["garp_master_refresh 60"],
    rejects: &["garp_master_refresh often"],
    lower: |draft, call| draft.instance().garp.refresh = whole_seconds(call),
    ..KEYWORD
};

const GARP_MASTER_REFRESH_REPEAT: Keyword = Keyword {
    name: "garp_master_refresh_repeat",
    blocks: INSTANCE,
    grammar: MESSAGES,
    invalid: "({name}): garp_master_refresh_repeat '{word}' invalid - ignoring",
    doc: "Messages for each address and refresh.",
    examples: &["garp_master_refresh_repeat 2"],
    rejects: &["garp_master_refresh_repeat many"],
    lower: |draft, call| draft.instance().garp.refresh_repeat = at_least_one(call, &draft.owner()),
    ..KEYWORD
};

const GARP_LOWER_PRIO_DELAY: Keyword = Keyword {
    name: "garp_lower_prio_delay",
    blocks: INSTANCE,
    grammar: WHOLE_SECONDS,
    invalid: "({name}): garp_lower_prio_delay '{word}' invalid - ignoring",
    doc: "Seconds after an advert of lower priority at which the addresses are announced again; 0 for not.",
    examples: &["garp_lower_prio_delay 5"],
    rejects: &["garp_lower_prio_delay soon"],
    lower: |draft, call| draft.instance().garp.lower_prio_delay = whole_seconds(call),
    ..KEYWORD
};

const GARP_LOWER_PRIO_REPEAT: Keyword = Keyword {
    name: "garp_lower_prio_repeat",
    blocks: INSTANCE,
    grammar: MESSAGES,
    invalid: "({name}): Invalid garp_lower_prio_repeat '{word}'",
    doc: "Messages for each address after an advert of lower priority; 0 for none.",
    examples: &["garp_lower_prio_repeat 5"],
    rejects: &["garp_lower_prio_repeat many"],
    lower: |draft, call| draft.instance().garp.lower_prio_repeat = messages(call),
    ..KEYWORD
};

const GARP_EXTRA_IF: Keyword = Keyword {
    name: "garp_extra_if",
    blocks: INSTANCE,
    grammar: PERIOD,
    doc: "Seconds between announcements of a standing master on other interfaces than its own: on those with virtual MAC \
          addresses, or on all. Switches forget a MAC address that never sends.",
    examples: &["garp_extra_if 100", "garp_extra_if all 100"],
    rejects: &["garp_extra_if often", "garp_extra_if"],
    lower: |draft, call| {
        let name = format!("({}): ", draft.owner());
        let period = period(call, &name, 0);
        let instance = draft.instance();
        instance.garp.elsewhere = period.or(instance.garp.elsewhere);
    },
    ..KEYWORD
};

const VMAC_GARP_INTVL: Keyword = Keyword {
    name: "vmac_garp_intvl",
    status: Status::Legacy,
    doc: "Old name of `garp_extra_if`.",
    examples: &["vmac_garp_intvl 100"],
    rejects: &[],
    ..GARP_EXTRA_IF
};
