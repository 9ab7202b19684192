//! How the state of interfaces is learned, and how soon it counts.

use std::time::Duration;

use crate::{
    ir::failover::global::Delays,
    keepalived::{
        draft::Draft,
        keyword::{Block, Call, Grammar, KEYWORD, Keyword, Opens, Status},
        report::Pass,
    },
    text::atoms,
};

const TOP: &[Block] = &[Block::Top];
const KINDS: &[&str] = &["MII", "ETHTOOL", "IOCTL"];
/// The longest delay, in whole seconds.
const LONGEST: u64 = 255;

pub(super) const KEYWORDS: &[Keyword] =
    &[LINKBEAT_INTERFACES, LINKBEAT_USE_POLLING, INSTANCE_POLLING, INTERFACE_UP_DOWN_DELAYS];

const LINKBEAT_INTERFACES: Keyword = Keyword {
    name: "linkbeat_interfaces",
    blocks: TOP,
    grammar: Grammar::Custom("{ <interface> [MII|ETHTOOL|IOCTL] }"),
    opens: Opens::List(linkbeat_interface),
    status: Status::Tuning,
    doc: "Interfaces whose state is asked for again and again. The kernel tells it sooner here, without being asked.",
    examples: &["linkbeat_interfaces {\n    eth0 ETHTOOL\n}"],
    ..KEYWORD
};

fn linkbeat_interface(draft: &mut Draft, call: &mut Call<'_>) {
    let name = call.words.keyword().to_owned();
    if !is_known(draft, call, &name) {
        call.complain("no-interface", format!("unknown interface {name} specified for linkbeat interface"));
    } else if let Some(rest) = call.text(0).filter(|word| !KINDS.contains(word)).map(str::to_owned) {
        call.complain("extra-words", format!("extra characters {rest} in linkbeat interface"));
    }
}

fn is_known(draft: &Draft, call: &Call<'_>, name: &str) -> bool {
    draft.global.dynamic_interfaces || call.system.interface_exists(name)
}

const LINKBEAT_USE_POLLING: Keyword = Keyword {
    name: "linkbeat_use_polling",
    blocks: TOP,
    passes: &[Pass::Global],
    status: Status::Tuning,
    doc: "The same for all interfaces.",
    examples: &["linkbeat_use_polling"],
    ..KEYWORD
};

const INSTANCE_POLLING: Keyword = Keyword {
    name: "linkbeat_use_polling",
    blocks: &[Block::Instance],
    status: Status::Legacy,
    doc: "The same for the router's interface; `linkbeat_interfaces` is the new form.",
    examples: &["linkbeat_use_polling"],
    lower: |draft, call| {
        let name = draft.owner();
        let text =
            format!("({name}) 'linkbeat_use_polling' in vrrp instance deprecated - use linkbeat_interfaces block");
        call.complain("legacy", text);
    },
    ..KEYWORD
};

const INTERFACE_UP_DOWN_DELAYS: Keyword = Keyword {
    name: "interface_up_down_delays",
    blocks: TOP,
    grammar: Grammar::Custom("{ <interface> <seconds down> [<seconds up>] }"),
    opens: Opens::List(delays),
    doc: "How long an interface must be down, or up again, before it counts as such.",
    examples: &["interface_up_down_delays {\n    eth0 0.5 2\n}"],
    ..KEYWORD
};

fn delays(draft: &mut Draft, call: &mut Call<'_>) {
    let name = call.words.keyword().to_owned();
    if !is_known(draft, call, &name) {
        call.complain("no-interface", format!("unknown interface {name} specified for up/down delay"));
        return;
    }
    let Some(first) = call.text(0).map(str::to_owned) else { return };
    let second = call.text(1).map(str::to_owned);
    let Some(down) = delay(call, &first) else { return };
    let Some(up) = second.map_or(Some(down), |word| delay(call, &word)) else { return };
    draft.delays.retain(|(known, _)| *known != name);
    draft.delays.push((name, Delays { down, up }));
}

fn delay(call: &mut Call<'_>, word: &str) -> Option<Duration> {
    let problem = match atoms::seconds(word) {
        Some(time) if time <= Duration::from_secs(LONGEST) => return Some(time),
        Some(_) => format!("number '{word}' outside range [0.000000, {LONGEST}.000000]"),
        None if word.starts_with('-') => format!("negative number '{word}'"),
        None => format!("invalid number '{word}'"),
    };
    call.complain("bad-number", problem);
    None
}
