//! Interfaces of their own for routers that keep the MAC address of the interface below (`use_ipvlan`).

use std::net::IpAddr;

use super::{super::shared::address_and_prefix, vmac::LONGEST_NAME};
use crate::{
    ir::failover::vmac::Among,
    keepalived::{
        draft::{Draft, IpvlanDraft},
        keyword::{Block, Call, Grammar, KEYWORD, Keyword},
    },
};

pub(in super::super) const KEYWORDS: &[Keyword] = &[USE_IPVLAN];

const USE_IPVLAN: Keyword = Keyword {
    name: "use_ipvlan",
    blocks: &[Block::Instance],
    grammar: Grammar::Custom("[<interface>] [<address>[/<prefix>]] [bridge|private|vepa]"),
    doc: "Adverts use an ipvlan interface of the router's own, and the address given here (for IPv4 there must be one). The \
          router's addresses stay on the interface below unless `use_vmac` is there, too. All ipvlans of one interface need \
          the same of `bridge`, `private` and `vepa`.",
    examples: &["use_ipvlan 192.0.2.11", "use_ipvlan ipvl51 192.0.2.11/24 private"],
    rejects: &["use_ipvlan 192.0.2.11 192.0.2.12", "use_ipvlan a_name_too_long_by_far 192.0.2.11"],
    lower: use_ipvlan,
    ..KEYWORD
};

fn use_ipvlan(draft: &mut Draft, call: &mut Call<'_>) {
    let owner = draft.owner();
    if draft.instance().ipvlan.is_some() {
        return call.complain("duplicate", format!("({owner}) use_ipvlan already specified"));
    }
    let mut ipvlan = IpvlanDraft::default();
    let words: Vec<String> = call.words.arguments().iter().map(|word| word.text.clone()).collect();
    for word in &words {
        let taken = if let Some(among) = among(word) {
            once(&mut ipvlan.among, among).ok_or_else(|| format!("ipvlan type already specified - ignoring '{word}'"))
        } else if let Some(source) = address_and_prefix(word) {
            address(&mut ipvlan, draft, word, source)
        } else {
            name(&mut ipvlan, draft, call, word)
        };
        if let Err(text) = taken {
            call.complain("bad-ipvlan", format!("({owner}) {text}"));
        }
    }
    let instance = draft.instance();
    // As if `mcast_src_ip` had named it, which may still name another one.
    instance.source = instance.source.or_else(|| ipvlan.source.map(|(ip, _)| ip));
    instance.ipvlan = Some(ipvlan);
}

fn among(word: &str) -> Option<Among> {
    match word {
        "bridge" => Some(Among::Bridge),
        "private" => Some(Among::Private),
        "vepa" => Some(Among::Vepa),
        _ => None,
    }
}

fn once<T>(place: &mut Option<T>, value: T) -> Option<()> {
    if place.is_some() {
        return None;
    }
    *place = Some(value);
    Some(())
}

fn address(
    ipvlan: &mut IpvlanDraft,
    draft: &mut Draft,
    word: &str,
    source: (IpAddr, Option<u8>),
) -> Result<(), String> {
    if ipvlan.source.is_some() {
        return Err(format!("ipvlan address already specified - ignoring '{word}'"));
    }
    let instance = draft.instance();
    let address = instance.addresses.first().map(|address| address.ip);
    let settled = address.or_else(|| instance.peers.first().map(|peer| peer.ip)).or(instance.source);
    if settled.is_some_and(|settled| settled.is_ipv4() != source.0.is_ipv4()) {
        return Err(format!("ipvlan address[{word}] MUST match vrrp instance family !!! Skipping..."));
    }
    ipvlan.source = Some(source);
    Ok(())
}

fn name(ipvlan: &mut IpvlanDraft, draft: &mut Draft, call: &Call<'_>, word: &str) -> Result<(), String> {
    let vmac = draft.instance().vmac.as_ref();
    if ipvlan.name.is_some() || vmac.is_some_and(|vmac| vmac.name.is_some()) {
        return Err(format!("IPVLAN interface already specified - ignoring '{word}'"));
    }
    if word.len() > LONGEST_NAME {
        return Err(format!("IPVLAN interface name '{word}' too long - ignoring"));
    }
    if let Some(other) = draft.other_owner_of_link(word) {
        return Err(format!("VRRP instance {other} is already using {word} - ignoring name"));
    }
    if call.system.interface_exists(word) && !call.system.is_of_type(word, "ipvlan") {
        return Err(format!("interface {word} already exists and is not an l2 ipvlan; ignoring ipvlan if_name"));
    }
    ipvlan.name = Some(word.to_owned());
    Ok(())
}
