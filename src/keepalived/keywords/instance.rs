//! Keywords of `vrrp_instance`, other than addresses, trackers and notifications.

use std::{net::IpAddr, time::Duration};

use crate::{
    ir::failover::{Peer, Role, Version},
    keepalived::{
        draft::{AuthKind, Draft, InstanceDraft},
        keyword::{Block, Call, Grammar, KEYWORD, Keyword, Opens, Status},
    },
    text::grammar::{Arg, Kind},
};

const INSTANCE: &[Block] = &[Block::Instance];
const AUTHENTICATION: &[Block] = &[Block::Authentication];
const SWITCH: Grammar = Grammar::Custom("[on|off|true|false|yes|no]");
const ADDRESS: Grammar = Grammar::Args(&[Arg::Value("address", Kind::Word)]);

pub(super) const KEYWORDS: &[Keyword] = &[
    STATE,
    INTERFACE,
    VIRTUAL_ROUTER_ID,
    PRIORITY,
    ADVERT_INT,
    VERSION,
    NATIVE_IPV6,
    PREEMPT,
    NOPREEMPT,
    PREEMPT_DELAY,
    AUTHENTICATION_BLOCK,
    AUTH_TYPE,
    AUTH_PASS,
    UNICAST_PEER,
    UNICAST_SRC_IP,
    MCAST_SRC_IP,
    MCAST_DST_IP,
    TRACK_SRC_IP,
    UNICAST_TTL,
    CHECK_UNICAST_SRC,
    DOWN_TIMER_ADVERTS,
    LOWER_PRIO_NO_ADVERT,
    HIGHER_PRIO_SEND_ADVERT,
    SKIP_CHECK_ADV_ADDR,
    STRICT_MODE,
    ACCEPT,
    DONT_TRACK_PRIMARY,
    PROMOTE_SECONDARIES,
    KERNEL_RX_BUF_SIZE,
    GARP_MASTER_DELAY,
    GARP_MASTER_REPEAT,
    GARP_MASTER_REFRESH,
    GARP_MASTER_REFRESH_REPEAT,
    GARP_LOWER_PRIO_DELAY,
    GARP_LOWER_PRIO_REPEAT,
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
    if !dynamic && !call.system.interface_exists(&name) {
        let text = format!("WARNING - interface {name} for vrrp_instance {} doesn't exist", instance.name);
        call.complain("no-interface", text);
        draft.missing_interface = true;
    }
    draft.instance().interface = Some((name, call.words.at));
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

fn byte(call: &Call<'_>, name: &str) -> Option<u8> {
    call.args.int(name).and_then(|number| u8::try_from(number).ok())
}

const ADVERT_INT: Keyword = Keyword {
    name: "advert_int",
    blocks: INSTANCE,
    grammar: Grammar::Args(&[Arg::Value("seconds", Kind::Seconds(10_000, 255_000_000))]),
    invalid: "({name}) Advert interval ({word}) not valid! Must be > 0 - ignoring",
    doc: "Seconds between two adverts: whole ones in version 2, hundredths up to 40.95 in version 3.",
    examples: &["advert_int 1", "advert_int 0.25"],
    rejects: &["advert_int 0.005"],
    lower: |draft, call| draft.instance().advert_interval = call.args.time("seconds"),
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

const AUTHENTICATION_BLOCK: Keyword = Keyword {
    name: "authentication",
    blocks: INSTANCE,
    opens: Opens::Block(Block::Authentication),
    doc: "Authentication of version 2.",
    examples: &["authentication {\n    auth_type PASS\n    auth_pass secret\n}"],
    ..KEYWORD
};

const AUTH_TYPE: Keyword = Keyword {
    name: "auth_type",
    blocks: AUTHENTICATION,
    grammar: Grammar::Args(&[Arg::Value("type", Kind::Word)]),
    doc: "`PASS`: a password in clear. `AH` (IPsec) is not implemented.",
    examples: &["auth_type PASS"],
    rejects: &["auth_type MD5"],
    lower: auth_type,
    ..KEYWORD
};

fn auth_type(draft: &mut Draft, call: &mut Call<'_>) {
    let instance = draft.instance();
    match call.args.text("type") {
        Some("PASS") => instance.auth.kind = Some(AuthKind::Pass),
        Some("AH") => {
            instance.auth.kind = Some(AuthKind::Ah);
            let at = call.words.at;
            call.report.notice("not-implemented", Some(at), "WARNING - 'auth_type AH' is not implemented yet");
            draft.missing.push(crate::ir::failover::MissingFeature { keyword: "auth_type AH", at, fatal: true });
        }
        other => {
            let text = format!("({}) unknown authentication type '{}'", instance.name, other.unwrap_or_default());
            call.complain("bad-auth-type", text);
        }
    }
}

const AUTH_PASS: Keyword = Keyword {
    name: "auth_pass",
    blocks: AUTHENTICATION,
    grammar: Grammar::Args(&[Arg::Value("password", Kind::Word)]),
    doc: "The password; eight characters count.",
    examples: &["auth_pass s3cret"],
    lower: auth_pass,
    ..KEYWORD
};

fn auth_pass(draft: &mut Draft, call: &mut Call<'_>) {
    let mut password = call.args.text("password").unwrap_or_default().as_bytes().to_vec();
    if password.len() > 8 {
        password.truncate(8);
        call.complain("long-password", "Truncating auth_pass to 8 characters");
    }
    draft.instance().auth.password = Some(password);
}

const UNICAST_PEER: Keyword = Keyword {
    name: "unicast_peer",
    blocks: INSTANCE,
    grammar: Grammar::Custom("{ IP [min_ttl N] [max_ttl N] }"),
    opens: Opens::List(unicast_peer),
    doc: "Hosts that adverts are sent to, instead of to the multicast group.",
    examples: &["unicast_peer {\n    192.0.2.12\n}"],
    lower: |draft, _| draft.instance().unicast = true,
    ..KEYWORD
};

fn unicast_peer(draft: &mut Draft, call: &mut Call<'_>) {
    let written = call.words.keyword().to_owned();
    let instance = draft.instance();
    let Ok(ip) = written.parse::<IpAddr>() else {
        let name = &instance.name;
        let text = format!(
            "Configuration error: VRRP instance[{name}] malformed unicast peer address[{written}]. Skipping..."
        );
        call.complain("bad-peer", text);
        return;
    };
    let mut peer = Peer { ip, min_ttl: None, max_ttl: None };
    let words: Vec<String> = call.words.arguments().iter().map(|word| word.text.clone()).collect();
    for pair in words.chunks(2) {
        let [key, value] = pair else {
            call.complain("bad-peer", format!("({}) {} is missing a value", instance.name, pair[0]));
            break;
        };
        let place = match key.as_str() {
            "min_ttl" => &mut peer.min_ttl,
            "max_ttl" => &mut peer.max_ttl,
            _ => {
                call.complain("bad-peer", format!("({}) Unknown unicast_peer option {key}", instance.name));
                continue;
            }
        };
        match value.parse::<i64>() {
            Ok(number) if (0..=255).contains(&number) => *place = u8::try_from(number).ok(),
            Ok(_) => call.complain("bad-number", format!("number '{value}' outside range [0, 255]")),
            Err(_) => call.complain("bad-number", format!("invalid number '{value}'")),
        }
    }
    if let Some(first) = instance.peers.first().map(|peer| peer.ip).or(instance.source)
        && first.is_ipv4() != ip.is_ipv4()
    {
        let name = &instance.name;
        let text = format!(
            "Configuration error: VRRP instance[{name}] and unicast peer address[{written}] MUST be of the same family !!! \
             Skipping..."
        );
        call.complain("family", text);
        return;
    }
    instance.peers.push(peer);
}

const UNICAST_SRC_IP: Keyword = Keyword {
    name: "unicast_src_ip",
    blocks: INSTANCE,
    grammar: ADDRESS,
    doc: "Source address of unicast adverts.",
    examples: &["unicast_src_ip 192.0.2.11"],
    lower: source,
    ..KEYWORD
};

const MCAST_SRC_IP: Keyword = Keyword {
    name: "mcast_src_ip",
    doc: "Source address of multicast adverts.",
    examples: &["mcast_src_ip 192.0.2.11"],
    ..UNICAST_SRC_IP
};

fn source(draft: &mut Draft, call: &mut Call<'_>) {
    let written = call.args.text("address").unwrap_or_default().to_owned();
    let instance = draft.instance();
    instance.unicast |= call.keyword.name == "unicast_src_ip";
    let settled =
        instance.addresses.first().map(|address| address.ip).or_else(|| instance.peers.first().map(|peer| peer.ip));
    match written.parse::<IpAddr>() {
        Ok(ip) if settled.is_none_or(|other| other.is_ipv4() == ip.is_ipv4()) => instance.source = Some(ip),
        Ok(_) => {
            let name = &instance.name;
            let text = format!(
                "Configuration error: VRRP instance[{name}] and src address[{written}] MUST be of the same family !!! \
                 Skipping..."
            );
            call.complain("family", text);
        }
        Err(_) => {
            let name = &instance.name;
            call.complain(
                "bad-source",
                format!("Configuration error: VRRP instance[{name}] malformed src address[{written}]. Skipping..."),
            );
        }
    }
}

const MCAST_DST_IP: Keyword = Keyword {
    name: "mcast_dst_ip",
    blocks: INSTANCE,
    grammar: ADDRESS,
    doc: "Multicast group of this router's adverts.",
    examples: &["mcast_dst_ip 224.0.0.50"],
    lower: |draft, call| {
        let written = call.args.text("address").unwrap_or_default().to_owned();
        match written.parse::<IpAddr>().ok().filter(IpAddr::is_multicast) {
            Some(group) => draft.instance().group = Some(group),
            None => {
                let name = draft.instance().name.clone();
                call.complain("bad-group", format!("({name}) malformed mcast dest address {written}. Skipping..."));
            }
        }
    },
    ..KEYWORD
};

const TRACK_SRC_IP: Keyword = Keyword {
    name: "track_src_ip",
    blocks: INSTANCE,
    doc: "FAULT when the configured source address vanishes.",
    examples: &["track_src_ip"],
    lower: |draft, _| draft.instance().track_source = true,
    ..KEYWORD
};

const UNICAST_TTL: Keyword = Keyword {
    name: "unicast_ttl",
    blocks: INSTANCE,
    grammar: Grammar::Args(&[Arg::Value("ttl", Kind::Int(0, 255))]),
    invalid: "({name}): TTL '{word}' not valid - must be between 0 & 255",
    doc: "Time to live of unicast adverts.",
    examples: &["unicast_ttl 64"],
    rejects: &["unicast_ttl 256"],
    lower: |draft, call| draft.instance().unicast_ttl = byte(call, "ttl"),
    ..KEYWORD
};

/// A switch that takes a word, or stands alone.
fn switch(draft: &mut Draft, call: &mut Call<'_>, set: impl FnOnce(&mut InstanceDraft, bool)) {
    match call.switch() {
        Some(value) => set(draft.instance(), value),
        None => {
            let name = draft.instance().name.clone();
            let (keyword, word) = (call.keyword.name, call.text(0).unwrap_or_default().to_owned());
            call.complain("bad-switch", format!("({name}) invalid {keyword} {word} specified"));
        }
    }
}

const CHECK_UNICAST_SRC: Keyword = Keyword {
    name: "check_unicast_src",
    blocks: INSTANCE,
    doc: "Adverts from hosts that are no peers are dropped.",
    examples: &["check_unicast_src"],
    lower: |draft, _| draft.instance().check_unicast_src = Some(true),
    ..KEYWORD
};

const DOWN_TIMER_ADVERTS: Keyword = Keyword {
    name: "down_timer_adverts",
    blocks: INSTANCE,
    grammar: Grammar::Args(&[Arg::Value("count", Kind::Int(1, 100))]),
    invalid: "({name}): Invalid down_timer_adverts [1:100] '{word}'",
    doc: "Adverts missed before the master counts as down.",
    examples: &["down_timer_adverts 3"],
    rejects: &["down_timer_adverts 0"],
    lower: |draft, call| {
        draft.instance().down_timer_adverts = call.args.int("count").and_then(|count| u32::try_from(count).ok());
    },
    ..KEYWORD
};

const LOWER_PRIO_NO_ADVERT: Keyword = Keyword {
    name: "lower_prio_no_advert",
    blocks: INSTANCE,
    grammar: SWITCH,
    doc: "A master does not answer an advert of lower priority with its own; it still announces its addresses.",
    examples: &["lower_prio_no_advert", "lower_prio_no_advert off"],
    lower: |draft, call| switch(draft, call, |instance, value| instance.lower_prio_no_advert = Some(value)),
    ..KEYWORD
};

const HIGHER_PRIO_SEND_ADVERT: Keyword = Keyword {
    name: "higher_prio_send_advert",
    blocks: INSTANCE,
    grammar: SWITCH,
    doc: "A master that yields sends one advert first.",
    examples: &["higher_prio_send_advert"],
    lower: |draft, call| switch(draft, call, |instance, value| instance.higher_prio_send_advert = Some(value)),
    ..KEYWORD
};

const SKIP_CHECK_ADV_ADDR: Keyword = Keyword {
    name: "skip_check_adv_addr",
    blocks: INSTANCE,
    grammar: SWITCH,
    doc: "The addresses in adverts of the known master are not compared again.",
    examples: &["skip_check_adv_addr"],
    lower: |draft, call| switch(draft, call, |instance, value| instance.skip_check_adv_addr = Some(value)),
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

const KERNEL_RX_BUF_SIZE: Keyword = Keyword {
    name: "kernel_rx_buf_size",
    blocks: INSTANCE,
    grammar: Grammar::Args(&[Arg::Value("bytes", Kind::Int(0, 2_147_483_647))]),
    invalid: "({name}) kernel_rx_buf_size '{word}' is invalid - ignoring",
    doc: "Bytes of the receive buffer.",
    examples: &["kernel_rx_buf_size 65536"],
    rejects: &["kernel_rx_buf_size much"],
    lower: |draft, call| {
        draft.instance().receive_buffer = call.args.int("bytes").and_then(|bytes| usize::try_from(bytes).ok());
    },
    ..KEYWORD
};

const WHOLE_SECONDS: Grammar = Grammar::Args(&[Arg::Value("seconds", Kind::Int(0, 2_147_483_647))]);
const MESSAGES: Grammar = Grammar::Args(&[Arg::Value("count", Kind::Int(0, 2_147_483_647))]);

pub(super) fn whole_seconds(call: &Call<'_>) -> Option<Duration> {
    call.args.int("seconds").and_then(|seconds| u64::try_from(seconds).ok()).map(Duration::from_secs)
}

pub(super) fn messages(call: &Call<'_>) -> Option<u32> {
    call.args.int("count").and_then(|count| u32::try_from(count).ok())
}

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
    // At least one: the original refuses to announce nothing.
    lower: |draft, call| draft.instance().garp.repeat = messages(call).map(|count| count.max(1)),
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
    lower: |draft, call| draft.instance().garp.refresh_repeat = messages(call).map(|count| count.max(1)),
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
    grammar: Grammar::Args(&[Arg::Value("interface", Kind::Word)]),
    status: Status::MissingExtra,
    doc: "Old form of `lvs_sync_daemon` in `global_defs`.",
    examples: &["lvs_sync_daemon_interface eth0"],
    lower: lvs_sync,
    ..KEYWORD
};

fn lvs_sync(draft: &mut Draft, call: &mut Call<'_>) {
    let name = draft.instance().name.clone();
    call.complain("legacy", format!("({name}) Specifying lvs_sync_daemon_interface against a vrrp is deprecated."));
    call.complain("legacy", format!("{:indent$}Please use global lvs_sync_daemon", "", indent = name.len() + 3));
    let interface = call.args.text("interface").map(str::to_owned);
    let known: Vec<&String> = draft.instances.iter().filter_map(|item| item.lvs_sync_interface.as_ref()).collect();
    if let Some(known) = known.first() {
        call.complain(
            "duplicate",
            format!("({name}) lvs_sync_daemon_interface has already been specified as {known} - ignoring"),
        );
        return;
    }
    draft.instance().lvs_sync_interface = interface;
}
