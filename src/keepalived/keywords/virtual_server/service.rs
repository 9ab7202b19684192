//! What the kernel does with connections of a `virtual_server`: scheduler and its flags, protocol, family.

use super::super::shared::WORD;
use crate::{
    ir::failover::{Family, Protocol, virtual_server::ServiceFlags},
    keepalived::{
        draft::Draft,
        keyword::{Block, Call, Grammar, KEYWORD, Keyword},
    },
    text::grammar::{Arg, Kind},
};

const SERVICE: &[Block] = &[Block::VirtualServer];

pub(in super::super) const KEYWORDS: &[Keyword] = &[
    LB_ALGO,
    LVS_SCHED,
    HASHED,
    OPS,
    FLAG_1,
    FLAG_2,
    FLAG_3,
    SH_PORT,
    SH_FALLBACK,
    MH_PORT,
    MH_FALLBACK,
    PROTOCOL,
    IP_FAMILY,
    HA_SUSPEND,
];

const SCHEDULERS: &[&str] =
    &["rr", "wrr", "lc", "wlc", "lblc", "lblcr", "sh", "mh", "dh", "fo", "ovf", "nq", "sed", "twos"];

const LVS_SCHED: Keyword = Keyword {
    name: "lvs_sched",
    blocks: SERVICE,
    grammar: Grammar::Args(&[Arg::Value("scheduler", Kind::OneOf(SCHEDULERS))]),
    invalid: "Invalid lvs_scheduler '{word}' - ignoring",
    doc: "Which real server takes the next connection; `wlc` if not written.",
    examples: &["lvs_sched rr"],
    rejects: &["lvs_sched rrr"],
    lower: |draft, call| {
        let written = call.args.text("scheduler");
        draft.virtual_server().scheduler = SCHEDULERS.iter().copied().find(|scheduler| Some(*scheduler) == written);
    },
    ..KEYWORD
};

const LB_ALGO: Keyword = Keyword {
    name: "lb_algo",
    doc: "The older name of `lvs_sched`.",
    examples: &["lb_algo rr"],
    rejects: &["lb_algo rrr"],
    ..LVS_SCHED
};

const fn flag(name: &'static str, doc: &'static str, examples: &'static [&'static str]) -> Keyword {
    Keyword { name, blocks: SERVICE, doc, examples, ..KEYWORD }
}

/// A flag that means something to one of the two hashing schedulers, which must be written before it.
fn of_hashing(draft: &mut Draft, call: &mut Call<'_>, set: fn(&mut ServiceFlags)) {
    let service = draft.virtual_server();
    if matches!(service.scheduler, Some("sh" | "mh")) {
        set(&mut service.flags);
    } else {
        let text = format!("{} only applies to sh scheduler - ignoring", call.keyword.name);
        call.complain("no-scheduler", text);
    }
}

const HASHED: Keyword = Keyword {
    rejects: &["hashed"],
    lower: |draft, call| of_hashing(draft, call, |flags| flags.hashed = true),
    ..flag("hashed", "The kernel's flag of services in its hash table.", &["lvs_sched sh\nhashed"])
};

const OPS: Keyword = Keyword {
    rejects: &["ops"],
    lower: |draft, _| draft.virtual_server().flags.one_packet = true,
    ..flag("ops", "Each datagram is scheduled by itself; only for UDP.", &["protocol UDP\nops"])
};

const FLAG_1: Keyword = Keyword {
    lower: |draft, _| draft.virtual_server().flags.scheduler[0] = true,
    ..flag("flag-1", "The first flag of the scheduler, whatever that means to it.", &["flag-1"])
};

const FLAG_2: Keyword = Keyword {
    lower: |draft, _| draft.virtual_server().flags.scheduler[1] = true,
    ..flag("flag-2", "The second flag of the scheduler.", &["flag-2"])
};

const FLAG_3: Keyword = Keyword {
    lower: |draft, _| draft.virtual_server().flags.scheduler[2] = true,
    ..flag("flag-3", "The third flag of the scheduler.", &["flag-3"])
};

const SH_FALLBACK: Keyword = Keyword {
    rejects: &["sh-fallback"],
    lower: |draft, call| of_hashing(draft, call, |flags| flags.scheduler[0] = true),
    ..flag("sh-fallback", "`sh` takes the next server in place of one without weight.", &["lvs_sched sh\nsh-fallback"])
};

const SH_PORT: Keyword = Keyword {
    rejects: &["sh-port"],
    lower: |draft, call| of_hashing(draft, call, |flags| flags.scheduler[1] = true),
    ..flag("sh-port", "`sh` looks at the client's port too.", &["lvs_sched sh\nsh-port"])
};

const MH_FALLBACK: Keyword = Keyword {
    name: "mh-fallback",
    doc: "`mh` takes the next server in place of one without weight.",
    examples: &["lvs_sched mh\nmh-fallback"],
    rejects: &["mh-fallback"],
    ..SH_FALLBACK
};

const MH_PORT: Keyword = Keyword {
    name: "mh-port",
    doc: "`mh` looks at the client's port too.",
    examples: &["lvs_sched mh\nmh-port"],
    rejects: &["mh-port"],
    ..SH_PORT
};

const PROTOCOL: Keyword = Keyword {
    name: "protocol",
    blocks: SERVICE,
    grammar: WORD,
    doc: "The protocol of the connections: TCP, UDP or SCTP; UDP if not written.",
    examples: &["protocol TCP"],
    rejects: &["protocol TCPP"],
    lower: |draft, call| {
        let written = call.args.text("value").unwrap_or_default().to_owned();
        let known = [Protocol::Tcp, Protocol::Udp, Protocol::Sctp];
        match known.into_iter().find(|protocol| written.eq_ignore_ascii_case(protocol.word())) {
            Some(protocol) => draft.virtual_server().protocol = Some(protocol),
            None => call.complain("bad-protocol", format!("Unknown protocol {written} - ignoring")),
        }
    },
    ..KEYWORD
};

const IP_FAMILY: Keyword = Keyword {
    name: "ip_family",
    blocks: SERVICE,
    grammar: WORD,
    doc: "The family of a service with a mark whose real servers do not show it: inet or inet6.",
    examples: &["ip_family inet"],
    rejects: &["ip_family ipv4"],
    lower: ip_family,
    ..KEYWORD
};

fn ip_family(draft: &mut Draft, call: &mut Call<'_>) {
    let written = call.args.text("value").unwrap_or_default().to_owned();
    let family = match written.as_str() {
        "inet" => Family::V4,
        "inet6" => Family::V6,
        _ => return call.complain("bad-family", format!("unknown address family {written}")),
    };
    if *draft.virtual_server().family.get_or_insert(family) != family {
        let text = format!("Virtual server specified family {written} conflicts with server family");
        call.complain("family", text);
    }
}

const HA_SUSPEND: Keyword = Keyword {
    lower: |draft, _| draft.virtual_server().ha_suspend = true,
    ..flag(
        "ha_suspend",
        "No checks, and no service, while its address is on no interface of this host.",
        &["ha_suspend"],
    )
};
