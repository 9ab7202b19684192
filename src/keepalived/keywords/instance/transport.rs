//! Where adverts come from and go to: multicast groups, unicast peers, source addresses.

use super::super::shared::{SWITCH, byte, switch};
use crate::{
    ir::failover::{OldChecksum, Peer},
    keepalived::{
        draft::Draft,
        keyword::{Block, Call, Grammar, KEYWORD, Keyword, Opens},
    },
    text::grammar::{Arg, Kind},
};
use std::net::IpAddr;

const INSTANCE: &[Block] = &[Block::Instance];
const ADDRESS: Grammar = Grammar::Args(&[Arg::Value("address", Kind::Word)]);

pub(in super::super) const KEYWORDS: &[Keyword] = &[
    UNICAST_PEER,
    UNICAST_SRC_IP,
    MCAST_SRC_IP,
    MCAST_DST_IP,
    TRACK_SRC_IP,
    UNICAST_TTL,
    CHECK_UNICAST_SRC,
    OLD_UNICAST_CHECKSUM,
    UNICAST_FAULT_NO_PEER,
    V3_CHECKSUM_AS_V2,
];

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
            Ok(..0) => call.complain("bad-number", format!("negative number '{value}'")),
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
    if let Some(before) = instance.peers.iter().find(|known| known.ip == ip) {
        let text = format!("{} is a peer already", before.ip);
        call.report.overlooked("repeated", call.words.at, text, "");
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
    let of_ipvlan = || instance.ipvlan.as_ref().and_then(|ipvlan| ipvlan.source).map(|(ip, _)| ip);
    let settled = settled.or_else(of_ipvlan);
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

const CHECK_UNICAST_SRC: Keyword = Keyword {
    name: "check_unicast_src",
    blocks: INSTANCE,
    doc: "Adverts from hosts that are no peers are dropped.",
    examples: &["check_unicast_src"],
    lower: |draft, _| draft.instance().check_unicast_src = Some(true),
    ..KEYWORD
};

const OLD_UNICAST_CHECKSUM: Keyword = Keyword {
    name: "old_unicast_checksum",
    blocks: INSTANCE,
    grammar: Grammar::Custom("[never]"),
    doc: "Unicast adverts of version 3 are summed as before keepalived 1.3.7: always, or with `never` not even for a peer that \
          does. If not written, once a peer does.",
    examples: &["unicast_src_ip 192.0.2.7\nunicast_peer {\n    192.0.2.8\n}\nold_unicast_checksum"],
    rejects: &["old_unicast_checksum sometimes"],
    lower: old_unicast_checksum,
    ..KEYWORD
};

fn old_unicast_checksum(draft: &mut Draft, call: &mut Call<'_>) {
    let instance = draft.instance();
    instance.unicast = true;
    let word = call.text(0).map(str::to_owned);
    instance.old_checksum = match word.as_deref() {
        None => Some(OldChecksum::Always),
        Some("never") => Some(OldChecksum::Never),
        Some(word) => {
            let text = format!("({}) Unknown old_unicast_chksum mode {word} - ignoring", instance.name);
            call.complain("bad-checksum", text);
            return;
        }
    };
}

const UNICAST_FAULT_NO_PEER: Keyword = Keyword {
    name: "unicast_fault_no_peer",
    blocks: INSTANCE,
    doc: "FAULT, rather than multicast, when there are no unicast peers.",
    examples: &["unicast_fault_no_peer"],
    lower: |draft, _| draft.instance().needs_peers = true,
    ..KEYWORD
};

const V3_CHECKSUM_AS_V2: Keyword = Keyword {
    name: "v3_checksum_as_v2",
    blocks: INSTANCE,
    grammar: SWITCH,
    doc: "Version 3 over IPv4 is summed without a pseudo-header, as routers of some other makers do. As of keepalived 2.2.8.",
    examples: &["v3_checksum_as_v2"],
    lower: |draft, call| switch(draft, call, |instance, value| instance.bare_checksum = Some(value)),
    ..KEYWORD
};
