//! How much the kernel may keep for the daemon until it reads.

use crate::{
    ir::failover::global::{Buffer, ReceivePolicy},
    keepalived::{
        draft::Draft,
        keyword::{Block, Call, Grammar, KEYWORD, Keyword, Status},
    },
    text::grammar::{Arg, Kind},
};

const GLOBAL: &[Block] = &[Block::Global];

pub(in super::super) const KEYWORDS: &[Keyword] = &[
    CMD,
    CMD_FORCE,
    MONITOR,
    MONITOR_FORCE,
    PROCESS,
    PROCESS_FORCE,
    LVS_CMD,
    LVS_CMD_FORCE,
    LVS_MONITOR,
    LVS_MONITOR_FORCE,
    RX_POLICY,
    RX_MULTIPLIER,
];

const fn size(name: &'static str, doc: &'static str, examples: &'static [&'static str]) -> Keyword {
    Keyword { name, blocks: GLOBAL, grammar: Grammar::Custom("<bytes>"), doc, examples, ..KEYWORD }
}

const fn force(name: &'static str, doc: &'static str, examples: &'static [&'static str]) -> Keyword {
    Keyword { name, blocks: GLOBAL, grammar: super::super::shared::SWITCH, doc, examples, ..KEYWORD }
}

/// Bytes; the original complains of them in its own way.
fn bytes(call: &mut Call<'_>) -> Option<usize> {
    let name = call.keyword.name;
    let Some(word) = call.text(0).map(str::to_owned) else {
        call.complain("no-size", format!("{name} size missing"));
        return None;
    };
    let problem = match word.parse::<i64>() {
        Ok(number @ 0..=4_294_967_295) => return usize::try_from(number).ok(),
        Ok(..0) => format!("negative number '{word}'"),
        Ok(_) => format!("number '{word}' outside unsigned integer range"),
        Err(_) => format!("invalid number '{word}'"),
    };
    call.complain("bad-number", problem);
    call.complain("bad-size", format!("{name} size ({word}) invalid"));
    None
}

fn switch(call: &mut Call<'_>) -> bool {
    let value = call.switch();
    if value.is_none() {
        let (name, word) = (call.keyword.name, call.text(0).unwrap_or_default().to_owned());
        call.complain("bad-switch", format!("Invalid value '{word}' for global {name} specified"));
    }
    value.unwrap_or_default()
}

/// A setting of one buffer, for a process that there is.
fn set(buffer: &mut Buffer, call: &mut Call<'_>) {
    if call.keyword.name.ends_with("_force") {
        buffer.force = switch(call);
    } else {
        buffer.bytes = bytes(call);
    }
}

fn check(_: &mut Draft, call: &mut Call<'_>) {
    set(&mut Buffer::default(), call);
}

const CMD: Keyword = Keyword {
    rejects: &["vrrp_netlink_cmd_rcv_bufs much"],
    lower: |draft, call| set(&mut draft.global.settings.netlink_requests, call),
    ..size(
        "vrrp_netlink_cmd_rcv_bufs",
        "Bytes that the kernel may keep of its answers to requests.",
        &["vrrp_netlink_cmd_rcv_bufs 1048576"],
    )
};

const CMD_FORCE: Keyword = Keyword {
    rejects: &["vrrp_netlink_cmd_rcv_bufs_force perhaps"],
    lower: |draft, call| set(&mut draft.global.settings.netlink_requests, call),
    ..force(
        "vrrp_netlink_cmd_rcv_bufs_force",
        "The kernel's limit on buffers does not count for that one.",
        &["vrrp_netlink_cmd_rcv_bufs_force on"],
    )
};

const MONITOR: Keyword = Keyword {
    rejects: &["vrrp_netlink_monitor_rcv_bufs much"],
    lower: |draft, call| set(&mut draft.global.settings.netlink_changes, call),
    ..size(
        "vrrp_netlink_monitor_rcv_bufs",
        "Bytes that the kernel may keep of changes to interfaces, addresses and routes.",
        &["vrrp_netlink_monitor_rcv_bufs 1048576"],
    )
};

const MONITOR_FORCE: Keyword = Keyword {
    rejects: &["vrrp_netlink_monitor_rcv_bufs_force perhaps"],
    lower: |draft, call| set(&mut draft.global.settings.netlink_changes, call),
    ..force(
        "vrrp_netlink_monitor_rcv_bufs_force",
        "The kernel's limit on buffers does not count for that one.",
        &["vrrp_netlink_monitor_rcv_bufs_force on"],
    )
};

const PROCESS: Keyword = Keyword {
    status: Status::Tuning,
    lower: check,
    ..size(
        "process_monitor_rcv_bufs",
        "Bytes of messages about processes. Deaths are told by descriptors here, which lose nothing.",
        &["process_monitor_rcv_bufs 1048576"],
    )
};

const PROCESS_FORCE: Keyword = Keyword {
    status: Status::Tuning,
    lower: check,
    ..force(
        "process_monitor_rcv_bufs_force",
        "The same without the kernel's limit.",
        &["process_monitor_rcv_bufs_force on"],
    )
};

const LVS_CMD: Keyword = Keyword {
    lower: |draft, call| set(&mut draft.global.settings.lvs.netlink_requests, call),
    ..size(
        "lvs_netlink_cmd_rcv_bufs",
        "Bytes that the kernel may keep of its answers to the process that checks servers.",
        &["lvs_netlink_cmd_rcv_bufs 1048576"],
    )
};

const LVS_CMD_FORCE: Keyword = Keyword {
    lower: |draft, call| set(&mut draft.global.settings.lvs.netlink_requests, call),
    ..force(
        "lvs_netlink_cmd_rcv_bufs_force",
        "The same without the kernel's limit.",
        &["lvs_netlink_cmd_rcv_bufs_force on"],
    )
};

const LVS_MONITOR: Keyword = Keyword {
    lower: |draft, call| set(&mut draft.global.settings.lvs.netlink_changes, call),
    ..size(
        "lvs_netlink_monitor_rcv_bufs",
        "Bytes that the kernel may keep of changes to addresses for the process that checks servers.",
        &["lvs_netlink_monitor_rcv_bufs 1048576"],
    )
};

const LVS_MONITOR_FORCE: Keyword = Keyword {
    lower: |draft, call| set(&mut draft.global.settings.lvs.netlink_changes, call),
    ..force(
        "lvs_netlink_monitor_rcv_bufs_force",
        "The same without the kernel's limit.",
        &["lvs_netlink_monitor_rcv_bufs_force on"],
    )
};

const RX_POLICY: Keyword = Keyword {
    name: "vrrp_rx_bufs_policy",
    blocks: GLOBAL,
    grammar: Grammar::Custom("MTU | ADVERT | <bytes>"),
    doc: "Size of the buffers that adverts wait in: so many bytes, or for each router as much as fits into its interface's \
          packets or into its adverts, times `vrrp_rx_bufs_multiplier`.",
    examples: &["vrrp_rx_bufs_policy MTU", "vrrp_rx_bufs_policy 65536"],
    rejects: &["vrrp_rx_bufs_policy much"],
    lower: policy,
    ..KEYWORD
};

fn policy(draft: &mut Draft, call: &mut Call<'_>) {
    let Some(word) = call.text(0).map(str::to_owned) else {
        call.complain("no-policy", "vrrp_rx_bufs_policy missing");
        return;
    };
    let before = draft.global.settings.receive_policy;
    let wanted = match (word.as_str(), word.parse::<i64>()) {
        ("MTU", _) => ReceivePolicy::Mtu,
        ("ADVERT", _) => ReceivePolicy::Advert,
        (_, Ok(number @ 0..=4_294_967_295)) => ReceivePolicy::Bytes(usize::try_from(number).unwrap_or_default()),
        (_, number) => {
            let problem = match number {
                Ok(..0) => format!("negative number '{word}'"),
                Ok(_) => format!("number '{word}' outside unsigned integer range"),
                Err(_) => format!("invalid number '{word}'"),
            };
            call.complain("bad-number", problem);
            call.complain("bad-policy", format!("Invalid vrrp_rx_bufs_policy {word}"));
            return;
        }
    };
    let is_policy = |policy| matches!(policy, ReceivePolicy::Mtu | ReceivePolicy::Advert);
    let is_size = |policy| matches!(policy, ReceivePolicy::Bytes(_));
    if (is_policy(before) && is_size(wanted)) || (is_size(before) && is_policy(wanted)) {
        call.complain("two-policies", "Cannot set vrrp_rx_bufs_policy size and policy, ignoring policy");
    }
    if !(is_size(before) && is_policy(wanted)) {
        draft.global.settings.receive_policy = wanted;
    }
}

const RX_MULTIPLIER: Keyword = Keyword {
    name: "vrrp_rx_bufs_multiplier",
    blocks: GLOBAL,
    grammar: Grammar::Args(&[Arg::Value("factor", Kind::Int(1, 4_294_967_295))]),
    invalid: "Invalid vrrp_rx_bufs_multiplier {word}",
    doc: "How many packets of each router fit into a buffer of `vrrp_rx_bufs_policy`; 3 if not written.",
    examples: &["vrrp_rx_bufs_multiplier 5"],
    rejects: &["vrrp_rx_bufs_multiplier 0"],
    lower: |draft, call| {
        let factor = call.args.int("factor").and_then(|factor| usize::try_from(factor).ok());
        draft.global.settings.receive_multiplier = factor.unwrap_or(3);
    },
    ..KEYWORD
};
