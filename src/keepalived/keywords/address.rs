//! Address lines, and the lists that hold them.

use std::net::IpAddr;

use super::shared::address_and_prefix;
use crate::{
    ir::failover::{Address, Family, Label, MissingFeature, Scope, address::Broadcast},
    keepalived::{
        draft::Draft,
        keyword::{Block, Call, Grammar, KEYWORD, Keyword, Opens},
    },
};

const INSTANCE: &[Block] = &[Block::Instance];
const SYNTAX: Grammar = Grammar::Custom("{ IP[/LENGTH] [brd IP|+|-] [dev IF] [scope S] [label L] [peer IP] ... }");

pub(super) const KEYWORDS: &[Keyword] = &[VIRTUAL_IPADDRESS, VIRTUAL_IPADDRESS_EXCLUDED];

const VIRTUAL_IPADDRESS: Keyword = Keyword {
    name: "virtual_ipaddress",
    blocks: INSTANCE,
    grammar: SYNTAX,
    opens: Opens::List(virtual_address),
    doc: "Addresses that the master holds; adverts carry them, so all routers of one VRID must list the same.",
    examples: &["virtual_ipaddress {\n    192.0.2.1/24 dev eth0 label eth0:1\n}"],
    ..KEYWORD
};

const VIRTUAL_IPADDRESS_EXCLUDED: Keyword = Keyword {
    name: "virtual_ipaddress_excluded",
    blocks: INSTANCE,
    grammar: SYNTAX,
    opens: Opens::List(excluded_address),
    doc: "Addresses that move with the router but are not in its adverts; of either family.",
    examples: &["virtual_ipaddress_excluded {\n    2001:db8::1/64\n}"],
    ..KEYWORD
};

fn virtual_address(draft: &mut Draft, call: &mut Call<'_>) {
    let Some(address) = parse(draft, call) else { return };
    let instance = draft.instance();
    let family = family(instance);
    if family.is_some_and(|family| family != Family::of(address.ip)) {
        let (name, written) = (instance.name.clone(), address.written);
        call.complain("family", format!("({name}): address family must match VRRP instance [{written}] - ignoring"));
        return;
    }
    instance.addresses.push(address);
}

/// The family that is settled by what was read so far.
fn family(instance: &crate::keepalived::draft::InstanceDraft) -> Option<Family> {
    let written = instance.addresses.first().map(|address| address.ip);
    let peer = instance.peers.first().map(|peer| peer.ip);
    written.or(peer).or(instance.source).map(Family::of)
}

fn excluded_address(draft: &mut Draft, call: &mut Call<'_>) {
    if let Some(address) = parse(draft, call) {
        draft.instance().excluded.push(address);
    }
}

/// One address line: the address, then options in any order.
pub(super) fn parse(draft: &mut Draft, call: &mut Call<'_>) -> Option<Address> {
    let written = call.words.keyword().to_owned();
    let Some((ip, prefix)) = address_and_prefix(&written) else {
        call.complain("bad-address", format!("VRRP parsed invalid IP {written}. skipping IP..."));
        return None;
    };
    let mut address = Address { written, at: call.words.at, ..Address::host(ip) };
    address.prefix = prefix.unwrap_or(address.prefix);
    if let Some(label) =
        call.words.arguments().windows(2).find(|pair| pair[0].text == "label").map(|pair| &pair[1].text)
        && label.len() > 15
    {
        let text = format!("Address label {label} is longer than maximum length 15 - removing address");
        call.complain("long-label", text);
        return None;
    }
    let mut missing = false;
    let words: Vec<String> = call.words.arguments().iter().map(|word| word.text.clone()).collect();
    let mut words = words.iter().map(String::as_str);
    while let Some(word) = words.next() {
        let understood = match word {
            "dev" => set(&mut address.device, words.next().map(str::to_owned)),
            "label" => set(&mut address.label, words.next().map(|label| Label(label.to_owned()))),
            "brd" | "broadcast" => set(&mut address.broadcast, words.next().and_then(broadcast)),
            "scope" => words.next().and_then(scope).map(|scope| address.scope = scope).is_some(),
            "peer" => set(&mut address.peer, words.next().and_then(peer)),
            "preferred_lft" => match words.next() {
                Some("forever") => true,
                number => set(&mut address.preferred_lifetime, number.and_then(|number| number.parse().ok())),
            },
            "home" => flag(&mut address.home),
            "-nodad" => flag(&mut address.no_dad),
            "mngtmpaddr" => flag(&mut address.manage_temporary),
            "noprefixroute" => flag(&mut address.no_prefix_route),
            "autojoin" => flag(&mut address.auto_join),
            "no_track" => flag(&mut address.no_track),
            "track_group" => words.next().is_some(),
            "use_vmac" => {
                missing = true;
                // Its own options end with the line.
                words.by_ref().for_each(drop);
                true
            }
            _ => false,
        };
        if !understood {
            call.complain(
                "bad-address-option",
                format!("Unknown configuration entry '{word}' for ip address - ignoring"),
            );
        }
    }
    if let Some(device) = &address.device
        && !draft.global.dynamic_interfaces
        && !call.system.interface_exists(device)
    {
        let text = format!("WARNING - interface {device} for ip address {} doesn't exist", address.ip);
        call.complain("no-interface", text);
        draft.missing_interface = true;
    }
    if address.ip.is_ipv6() && address.scope != Scope::Universe {
        let written = address.written.clone();
        call.complain("scope", format!("Cannot specify scope for IPv6 addresses ({written}) - ignoring scope"));
        address.scope = Scope::Universe;
    }
    if missing {
        let at = call.words.at;
        call.report.notice("not-implemented", Some(at), "WARNING - 'use_vmac' is not implemented yet");
        draft.missing.push(MissingFeature { keyword: "use_vmac", at, fatal: true });
    }
    Some(address)
}

fn set<T>(place: &mut Option<T>, value: Option<T>) -> bool {
    *place = value;
    place.is_some()
}

fn flag(place: &mut bool) -> bool {
    *place = true;
    true
}

fn broadcast(text: &str) -> Option<Broadcast> {
    match text {
        "+" => Some(Broadcast::HostBitsSet),
        "-" => Some(Broadcast::HostBitsClear),
        _ => text.parse().ok().map(Broadcast::Is),
    }
}

fn scope(text: &str) -> Option<Scope> {
    match text {
        "global" | "universe" => Some(Scope::Universe),
        "site" => Some(Scope::Site),
        "link" => Some(Scope::Link),
        "host" => Some(Scope::Host),
        _ => text.parse().ok().map(Scope::Number),
    }
}

fn peer(text: &str) -> Option<(IpAddr, u8)> {
    let (ip, prefix) = address_and_prefix(text)?;
    Some((ip, prefix.unwrap_or_else(|| if ip.is_ipv4() { 32 } else { 128 })))
}
