//! Defaults of what every `vrrp_instance` may say for itself.

use super::super::shared::{SWITCH, WORD, messages};
use crate::{
    ir::failover::{Global, Version},
    keepalived::{
        draft::Draft,
        keyword::{Block, Call, Grammar, KEYWORD, Keyword, Status},
    },
    text::grammar::{Arg, Kind},
};

const GLOBAL: &[Block] = &[Block::Global];

pub(in super::super) const KEYWORDS: &[Keyword] = &[
    VRRP_VERSION,
    VRRP_MCAST_GROUP4,
    VRRP_MCAST_GROUP6,
    VRRP_DOWN_TIMER_ADVERTS,
    VRRP_LOWER_PRIO_NO_ADVERT,
    VRRP_HIGHER_PRIO_SEND_ADVERT,
    VRRP_CHECK_UNICAST_SRC,
    VRRP_SKIP_CHECK_ADV_ADDR,
    VRRP_STRICT,
    VRRP_NOTIFY_PRIORITY_CHANGES,
    VRRP_STARTUP_DELAY,
    VRRP_DELAY_AFTER_BOOT,
    VRRP_OWNER_IGNORE_ADVERTS,
    V3_CHECKSUM_AS_V2,
    DEFAULT_INTERFACE,
    DYNAMIC_INTERFACES,
    VRRP_IPTABLES,
    VRRP_IPSETS,
];

const VRRP_VERSION: Keyword = Keyword {
    name: "vrrp_version",
    blocks: GLOBAL,
    grammar: Grammar::Args(&[Arg::Value("version", Kind::Int(2, 3))]),
    invalid: "VRRP Error: Version must be either 2 or 3",
    doc: "Protocol version of routers that do not say.",
    examples: &["vrrp_version 3"],
    rejects: &["vrrp_version 1"],
    lower: |draft, call| {
        let version = if call.args.int("version") == Some(3) { Version::V3 } else { Version::V2 };
        draft.global.settings.version = version;
    },
    ..KEYWORD
};

/// The argument as a multicast group, or what is wrong with it.
fn multicast<T: std::str::FromStr>(call: &mut Call<'_>, is_multicast: fn(&T) -> bool) -> Option<T> {
    let written = call.args.text("value").unwrap_or_default().to_owned();
    let group = written.parse().ok().filter(is_multicast);
    if group.is_none() {
        let text = format!("Can't parse {} [{written}]. Skipping", call.keyword.name);
        call.complain("bad-group", text);
    }
    group
}

const VRRP_MCAST_GROUP4: Keyword = Keyword {
    name: "vrrp_mcast_group4",
    blocks: GLOBAL,
    grammar: WORD,
    doc: "Multicast group of IPv4 routers.",
    examples: &["vrrp_mcast_group4 224.0.0.18"],
    lower: |draft, call| {
        if let Some(group) = multicast(call, std::net::Ipv4Addr::is_multicast) {
            draft.global.settings.group4 = group;
        }
    },
    ..KEYWORD
};

const VRRP_MCAST_GROUP6: Keyword = Keyword {
    name: "vrrp_mcast_group6",
    blocks: GLOBAL,
    grammar: WORD,
    doc: "Multicast group of IPv6 routers.",
    examples: &["vrrp_mcast_group6 ff02::12"],
    lower: |draft, call| {
        if let Some(group) = multicast(call, std::net::Ipv6Addr::is_multicast) {
            draft.global.settings.group6 = group;
        }
    },
    ..KEYWORD
};

const VRRP_DOWN_TIMER_ADVERTS: Keyword = Keyword {
    name: "vrrp_down_timer_adverts",
    blocks: GLOBAL,
    grammar: Grammar::Args(&[Arg::Value("count", Kind::Int(1, 100))]),
    invalid: "Invalid vrrp_down_timer_adverts [1:100] '{word}'",
    doc: "Default of `down_timer_adverts`.",
    examples: &["vrrp_down_timer_adverts 3"],
    rejects: &["vrrp_down_timer_adverts 0"],
    lower: |draft, call| draft.global.settings.down_timer_adverts = messages(call).unwrap_or(3),
    ..KEYWORD
};

const VRRP_LOWER_PRIO_NO_ADVERT: Keyword = Keyword {
    name: "vrrp_lower_prio_no_advert",
    blocks: GLOBAL,
    grammar: SWITCH,
    doc: "Default of `lower_prio_no_advert`.",
    examples: &["vrrp_lower_prio_no_advert"],
    lower: |draft, call| switch(draft, call, |global, value| global.lower_prio_no_advert = value),
    ..KEYWORD
};

const VRRP_HIGHER_PRIO_SEND_ADVERT: Keyword = Keyword {
    name: "vrrp_higher_prio_send_advert",
    blocks: GLOBAL,
    grammar: SWITCH,
    doc: "Default of `higher_prio_send_advert`.",
    examples: &["vrrp_higher_prio_send_advert"],
    lower: |draft, call| switch(draft, call, |global, value| global.higher_prio_send_advert = value),
    ..KEYWORD
};

const VRRP_CHECK_UNICAST_SRC: Keyword = Keyword {
    name: "vrrp_check_unicast_src",
    blocks: GLOBAL,
    doc: "Default of `check_unicast_src`.",
    examples: &["vrrp_check_unicast_src"],
    lower: |draft, _| draft.global.settings.check_unicast_src = true,
    ..KEYWORD
};

const VRRP_SKIP_CHECK_ADV_ADDR: Keyword = Keyword {
    name: "vrrp_skip_check_adv_addr",
    blocks: GLOBAL,
    grammar: SWITCH,
    doc: "Default of `skip_check_adv_addr`.",
    examples: &["vrrp_skip_check_adv_addr"],
    // Any other word means yes, as in the original.
    lower: |draft, call| draft.global.settings.skip_check_adv_addr = call.switch().unwrap_or(true),
    ..KEYWORD
};

const VRRP_STRICT: Keyword = Keyword {
    name: "vrrp_strict",
    blocks: GLOBAL,
    grammar: SWITCH,
    doc: "Default of `strict_mode`.",
    examples: &["vrrp_strict"],
    lower: |draft, call| switch(draft, call, |global, value| global.strict = value),
    ..KEYWORD
};

const VRRP_NOTIFY_PRIORITY_CHANGES: Keyword = Keyword {
    name: "vrrp_notify_priority_changes",
    blocks: GLOBAL,
    grammar: SWITCH,
    doc: "Default of `notify_priority_changes`.",
    examples: &["vrrp_notify_priority_changes true"],
    lower: |draft, call| switch(draft, call, |global, value| global.notify_priority_changes = value),
    ..KEYWORD
};

/// A switch of the whole daemon.
fn switch(draft: &mut Draft, call: &mut Call<'_>, set: impl FnOnce(&mut Global, bool)) {
    match call.switch() {
        Some(value) => set(&mut draft.global.settings, value),
        None => {
            let (keyword, word) = (call.keyword.name, call.text(0).unwrap_or_default().to_owned());
            // The original words this one differently.
            let word =
                if keyword == "vrrp_notify_priority_changes" { format!(" '{word}' for global") } else { " for".into() };
            call.complain("bad-switch", format!("Invalid value{word} {keyword} specified"));
        }
    }
}

const VRRP_STARTUP_DELAY: Keyword = Keyword {
    name: "vrrp_startup_delay",
    blocks: GLOBAL,
    grammar: Grammar::Args(&[Arg::Value("seconds", Kind::Seconds(1_000, 65_535_000_000))]),
    invalid: "vrrp_startup_delay '{word}' is invalid",
    doc: "Seconds from start before routers do anything.",
    examples: &["vrrp_startup_delay 2.5"],
    rejects: &["vrrp_startup_delay later"],
    lower: |draft, call| draft.global.settings.startup_delay = call.args.time("seconds").unwrap_or_default(),
    ..KEYWORD
};

const DEFAULT_INTERFACE: Keyword = Keyword {
    name: "default_interface",
    blocks: GLOBAL,
    grammar: WORD,
    doc: "Interface of static addresses that name none.",
    examples: &["default_interface eth0"],
    lower: |draft, call| draft.global.settings.default_interface = call.args.text("value").map(str::to_owned),
    ..KEYWORD
};

const DYNAMIC_INTERFACES: Keyword = Keyword {
    name: "dynamic_interfaces",
    blocks: GLOBAL,
    grammar: Grammar::Custom("[allow_if_changes]"),
    doc: "Interfaces may come and go; routers of one that is not there are in FAULT until it is.",
    examples: &["dynamic_interfaces"],
    lower: |draft, _| draft.global.dynamic_interfaces = true,
    ..KEYWORD
};

const VRRP_IPTABLES: Keyword = Keyword {
    name: "vrrp_iptables",
    blocks: GLOBAL,
    grammar: Grammar::Custom("[<chain in> [<chain out>]]"),
    status: Status::Legacy,
    doc: "Rules for iptables. The distribution's keepalived is built without it, and says so.",
    examples: &["vrrp_iptables"],
    lower: |_, call| {
        call.complain(
            "legacy",
            "iptables not supported, using nftables instead. Please replace 'vrrp_iptables and 'vrrp_ipsets' with \
             'nftables' config option",
        );
    },
    ..KEYWORD
};

const VRRP_DELAY_AFTER_BOOT: Keyword = Keyword {
    name: "vrrp_delay_after_boot",
    blocks: GLOBAL,
    grammar: Grammar::Args(&[Arg::Value("seconds", Kind::Seconds(1_000, 65_535_000_000))]),
    invalid: "vrrp_delay_after_boot '{word}' is invalid",
    doc: "Seconds from the machine's boot before routers do anything. As of keepalived 2.4.",
    examples: &["vrrp_delay_after_boot 30"],
    rejects: &["vrrp_delay_after_boot later"],
    lower: |draft, call| draft.global.settings.delay_after_boot = call.args.time("seconds").unwrap_or_default(),
    ..KEYWORD
};

const VRRP_OWNER_IGNORE_ADVERTS: Keyword = Keyword {
    name: "vrrp_owner_ignore_adverts",
    blocks: GLOBAL,
    grammar: SWITCH,
    doc: "Default of `owner_ignore_adverts`. As of keepalived 2.3.3.",
    examples: &["vrrp_owner_ignore_adverts"],
    lower: |draft, call| switch(draft, call, |global, value| global.owner_ignores_adverts = value),
    ..KEYWORD
};

const V3_CHECKSUM_AS_V2: Keyword = Keyword {
    name: "v3_checksum_as_v2",
    blocks: GLOBAL,
    grammar: SWITCH,
    doc: "Default of `v3_checksum_as_v2` of routers. As of keepalived 2.2.8.",
    examples: &["v3_checksum_as_v2"],
    lower: |draft, call| switch(draft, call, |global, value| global.bare_checksum = value),
    ..KEYWORD
};

const VRRP_IPSETS: Keyword = Keyword {
    name: "vrrp_ipsets",
    blocks: GLOBAL,
    grammar: Grammar::Custom("[<set> ...]"),
    status: Status::Legacy,
    doc: "Sets for iptables. The distribution's keepalived is built without it, and does not know the word; `nftables` needs none.",
    examples: &["vrrp_ipsets keepalived"],
    lower: |_, call| {
        let at = call.words.words[0].at;
        let help = "rules are nftables' here, which needs no sets of iptables: write 'nftables'";
        call.report.unknown(at, "Unknown keyword 'vrrp_ipsets'".to_owned(), Some(help.to_owned()));
    },
    ..KEYWORD
};
