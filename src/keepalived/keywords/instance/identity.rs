//! What a router is: its state, interface, identifier, priority, and when it takes over.

use super::super::shared::{SWITCH, byte, switch};
use crate::{
    ir::failover::{Role, Version, lvs::SyncDaemon},
    keepalived::{
        draft::Draft,
        keyword::{Block, Call, Grammar, KEYWORD, Keyword, Status},
    },
    text::grammar::{Arg, Kind},
};

const INSTANCE: &[Block] = &[Block::Instance];

pub(in super::super) const KEYWORDS: &[Keyword] = &[
    STATE,
    INTERFACE,
    VRF,
    VIRTUAL_ROUTER_ID,
    PRIORITY,
    VERSION,
    NATIVE_IPV6,
    PREEMPT,
    NOPREEMPT,
    PREEMPT_DELAY,
    STRICT_MODE,
    ACCEPT,
    NO_ACCEPT,
    DONT_TRACK_PRIMARY,
    PROMOTE_SECONDARIES,
    DEBUG,
    LVS_SYNC_DAEMON_INTERFACE,
];

const STATE: Keyword = Keyword {
    name: "state",
    blocks: INSTANCE,
    grammar: Grammar::Args(&[Arg::Value("state", Kind::Word)]),
    doc: "What the router wants to be. It decides nothing but whether priority 255 is assumed and becomes master at once.",
    examples: &["state MASTER", "state BACKUP"],
    lower: state,
    ..KEYWORD
};

fn state(draft: &mut Draft, call: &mut Call<'_>) {
    let instance = draft.instance();
    instance.role = Some(match call.args.text("state") {
        Some("MASTER") => Role::Master,
        Some("BACKUP") => Role::Backup,
        other => {
            let text =
                format!("({}) unknown state '{}', defaulting to BACKUP", instance.name, other.unwrap_or_default());
            call.complain("bad-state", text);
            Role::Backup
        }
    });
}

const INTERFACE: Keyword = Keyword {
    name: "interface",
    blocks: INSTANCE,
    grammar: Grammar::Args(&[Arg::Value("interface", Kind::Word)]),
    doc: "The interface that adverts use and, unless said otherwise, addresses are put on.",
    examples: &["interface eth0"],
    lower: interface,
    ..KEYWORD
};

fn interface(draft: &mut Draft, call: &mut Call<'_>) {
    let name = call.args.text("interface").unwrap_or_default().to_owned();
    let dynamic = draft.global.dynamic_interfaces;
    let instance = draft.instance();
    if call.system.is_loopback(&name) {
        let text = format!("({}) cannot use a loopback interface ({name}) for vrrp - ignoring", instance.name);
        instance.interface = None;
        call.complain("loopback", text);
        return;
    }
    if !dynamic && !call.system.interface_exists(&name) {
        let text = format!("WARNING - interface {name} for vrrp_instance {} doesn't exist", instance.name);
        call.complain("no-interface", text);
        draft.missing_interface = true;
    }
    draft.instance().interface = Some((name, call.words.at));
}

const VRF: Keyword = Keyword {
    name: "vrf",
    blocks: INSTANCE,
    grammar: Grammar::Args(&[Arg::Value("interface", Kind::Word)]),
    doc: "The VRF of a router without an interface. There must be an interface, though, and with one it is not used.",
    examples: &["vrf vrf-blue"],
    lower: vrf,
    ..KEYWORD
};

fn vrf(draft: &mut Draft, call: &mut Call<'_>) {
    let vrf = call.args.text("interface").unwrap_or_default().to_owned();
    let dynamic = draft.global.dynamic_interfaces;
    let instance = draft.instance();
    let name = &instance.name;
    if instance.interface.is_some() {
        call.complain("vrf", format!("({name}) Cannot specify VRF interface and interface - ignoring"));
    } else if let Some(known) = &instance.vrf {
        call.complain("duplicate", format!("({name}) VRF interface already specified as '{known}' - ignoring"));
    } else if call.system.is_loopback(&vrf) {
        call.complain("loopback", format!("({name}) cannot use a loopback interface ({vrf}) for VRF - ignoring"));
    } else if !dynamic && !call.system.interface_exists(&vrf) {
        call.complain("no-interface", format!("({name}) WARNING - VRF interface {vrf} doesn't exist"));
        draft.missing_interface = true;
    } else {
        instance.vrf = Some(vrf);
    }
}

const VIRTUAL_ROUTER_ID: Keyword = Keyword {
    name: "virtual_router_id",
    blocks: INSTANCE,
    grammar: Grammar::Args(&[Arg::Value("id", Kind::Int(1, 255))]),
    invalid: "({name}): VRID '{word}' not valid - must be between 1 & 255",
    doc: "What tells the virtual routers of one network apart; the same on all hosts that share the addresses.",
    examples: &["virtual_router_id 51"],
    rejects: &["virtual_router_id 0"],
    lower: |draft, call| draft.instance().vrid = byte(call, "id"),
    ..KEYWORD
};

const PRIORITY: Keyword = Keyword {
    name: "priority",
    blocks: INSTANCE,
    grammar: Grammar::Args(&[Arg::Value("priority", Kind::Int(1, 255))]),
    invalid: "({name}) Priority not valid! must be between 1 & 255. Using default 100",
    doc: "The highest wins. 255 is for the owner of the addresses and never changes.",
    examples: &["priority 101"],
    rejects: &["priority 300"],
    lower: |draft, call| draft.instance().priority = byte(call, "priority"),
    ..KEYWORD
};

const VERSION: Keyword = Keyword {
    name: "version",
    blocks: INSTANCE,
    grammar: Grammar::Args(&[Arg::Value("version", Kind::Int(2, 3))]),
    invalid: "({name}): Version must be either 2 or 3",
    doc: "Protocol version. IPv6 is always version 3.",
    examples: &["version 3"],
    rejects: &["version 4"],
    lower: |draft, call| {
        let version = if call.args.int("version") == Some(3) { Version::V3 } else { Version::V2 };
        draft.instance().version = Some(version);
    },
    ..KEYWORD
};

const NATIVE_IPV6: Keyword = Keyword {
    name: "native_ipv6",
    blocks: INSTANCE,
    status: Status::Legacy,
    doc: "The router is of IPv6. The addresses say so by themselves.",
    examples: &["native_ipv6"],
    lower: |draft, _| draft.instance().native_ipv6 = true,
    ..KEYWORD
};

const PREEMPT: Keyword = Keyword {
    name: "preempt",
    blocks: INSTANCE,
    doc: "A router of higher priority takes over; the default.",
    examples: &["preempt"],
    lower: |draft, _| draft.instance().nopreempt = false,
    ..KEYWORD
};

const NOPREEMPT: Keyword = Keyword {
    name: "nopreempt",
    blocks: INSTANCE,
    doc: "As backup it leaves any living master alone, whatever its priority. Needs `state BACKUP`.",
    examples: &["nopreempt"],
    lower: |draft, _| draft.instance().nopreempt = true,
    ..KEYWORD
};

const PREEMPT_DELAY: Keyword = Keyword {
    name: "preempt_delay",
    blocks: INSTANCE,
    grammar: Grammar::Args(&[Arg::Value("seconds", Kind::Seconds(0, 1_000_000_000))]),
    invalid: "({name}) Preempt_delay not valid! must be between 0-1000",
    doc: "Seconds that a router of higher priority waits from the first advert of a lower one.",
    examples: &["preempt_delay 60"],
    rejects: &["preempt_delay 1001"],
    lower: |draft, call| draft.instance().preempt_delay = call.args.time("seconds").unwrap_or_default(),
    ..KEYWORD
};

const STRICT_MODE: Keyword = Keyword {
    name: "strict_mode",
    blocks: INSTANCE,
    grammar: SWITCH,
    doc: "Nothing beyond the RFC, and the original's timeline.",
    examples: &["strict_mode on"],
    lower: |draft, call| switch(draft, call, |instance, value| instance.strict = Some(value)),
    ..KEYWORD
};

const ACCEPT: Keyword = Keyword {
    name: "accept",
    blocks: INSTANCE,
    doc: "Packets to the addresses are taken by a master that does not own them; the default.",
    examples: &["accept"],
    lower: |draft, _| draft.instance().accept = Some(true),
    ..KEYWORD
};

const NO_ACCEPT: Keyword = Keyword {
    name: "no_accept",
    blocks: INSTANCE,
    doc: "Packets to the addresses are dropped unless the router owns them, as the RFC has it; by rules for nftables.",
    examples: &["no_accept"],
    lower: |draft, _| draft.instance().accept = Some(false),
    ..KEYWORD
};

const DONT_TRACK_PRIMARY: Keyword = Keyword {
    name: "dont_track_primary",
    blocks: INSTANCE,
    doc: "Faults of the router's own interface are ignored.",
    examples: &["dont_track_primary"],
    lower: |draft, _| draft.instance().dont_track_primary = true,
    ..KEYWORD
};

const PROMOTE_SECONDARIES: Keyword = Keyword {
    name: "promote_secondaries",
    blocks: INSTANCE,
    doc: "Other addresses of the interface survive when the address they depend on goes.",
    examples: &["promote_secondaries"],
    lower: |draft, _| draft.instance().promote_secondaries = true,
    ..KEYWORD
};

const DEBUG: Keyword = Keyword {
    name: "debug",
    blocks: INSTANCE,
    grammar: Grammar::Args(&[Arg::Value("level", Kind::Int(0, 4))]),
    invalid: "({name}) Debug value '{word}' not valid; must be between 0-4",
    status: Status::Tuning,
    doc: "Accepted; the original does nothing with it either.",
    examples: &["debug 0"],
    rejects: &["debug 9"],
    ..KEYWORD
};

const LVS_SYNC_DAEMON_INTERFACE: Keyword = Keyword {
    name: "lvs_sync_daemon_interface",
    blocks: INSTANCE,
    grammar: Grammar::Custom("<interface>"),
    status: Status::Legacy,
    doc: "Old form of `lvs_sync_daemon` in `global_defs`.",
    examples: &["lvs_sync_daemon_interface eth0"],
    lower: lvs_sync,
    ..KEYWORD
};

fn lvs_sync(draft: &mut Draft, call: &mut Call<'_>) {
    let name = draft.instance().name.clone();
    call.complain("legacy", format!("({name}) Specifying lvs_sync_daemon_interface against a vrrp is deprecated."));
    let indent = (name.len() + 4).max(7);
    call.complain("legacy", format!("{:indent$}Please use global lvs_sync_daemon", ""));
    let settings = &mut draft.global.settings.lvs;
    if let Some(SyncDaemon { interface: known, .. }) = &settings.sync_daemon {
        let text = format!("({name}) lvs_sync_daemon_interface has already been specified as {known} - ignoring");
        return call.complain("duplicate", text);
    }
    let Some(interface) = call.text(0).map(str::to_owned) else { return call.missing_argument() };
    settings.sync_daemon = Some(SyncDaemon::new(interface, Some(name)));
}
