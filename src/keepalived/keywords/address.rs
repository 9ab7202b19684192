//! Address lines, and the lists that hold them.

use std::net::IpAddr;

use super::shared::address_and_prefix;
use crate::{
    ir::failover::{Address, Family, Label, Scope, address::Broadcast},
    keepalived::{
        draft::Draft,
        keyword::{Block, Call, Grammar, KEYWORD, Keyword, Opens},
    },
};

const INSTANCE: &[Block] = &[Block::Instance];
const SYNTAX: Grammar = Grammar::Custom("{ IP[/LENGTH] [brd IP|+|-] [dev IF] [scope S] [label L] [peer IP] ... }");

pub(super) const KEYWORDS: &[Keyword] = &[VIRTUAL_IPADDRESS, VIRTUAL_IPADDRESS_EXCLUDED, NO_VIRTUAL_IPADDRESS];

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

const NO_VIRTUAL_IPADDRESS: Keyword = Keyword {
    name: "no_virtual_ipaddress",
    blocks: INSTANCE,
    doc: "That the router has no addresses is meant: it only tells who is master. As of keepalived 2.2.8.",
    examples: &["no_virtual_ipaddress"],
    lower: |draft, _| draft.instance().no_address = true,
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
    if let Some(before) = instance.addresses.iter().find(|known| known.ip == address.ip) {
        let text = format!("{} is listed twice", address.ip);
        call.report.overlooked_also("repeated", call.words.at, text, (before.at, "first here"));
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
    // Only static addresses belong to groups.
    let of_group = call.keyword.name == "static_ipaddress";
    let words: Vec<String> = call.words.arguments().iter().map(|word| word.text.clone()).collect();
    let mut words = words.iter().map(String::as_str);
    while let Some(word) = words.next() {
        let fault = match word {
            "home" => flag(&mut address.home),
            "-nodad" => flag(&mut address.no_dad),
            "mngtmpaddr" => flag(&mut address.manage_temporary),
            "noprefixroute" => flag(&mut address.no_prefix_route),
            "autojoin" => flag(&mut address.auto_join),
            "no_track" => flag(&mut address.no_track),
            "use_vmac" => flag(&mut address.use_vmac),
            "dev" | "label" | "brd" | "broadcast" | "scope" | "peer" | "preferred_lft" | "track_group"
                if word != "track_group" || of_group =>
            {
                match words.next() {
                    Some(name) if word == "track_group" => {
                        address.track_group = super::track_group::named(draft, call, name);
                        Ok(())
                    }
                    Some(value) => valued(&mut address, prefix.is_some(), word, value),
                    None => Err(Fault::Option(format!("No {word} parameter specified for {ip}"))),
                }
            }
            _ => Err(Fault::Option(format!("Unknown configuration entry '{word}' for ip address - ignoring"))),
        };
        match fault {
            Ok(()) => {}
            Err(Fault::Option(text)) => text.lines().for_each(|line| call.complain("bad-address-option", line)),
            Err(Fault::Address(text)) => {
                call.complain("bad-address", text);
                return None;
            }
        }
    }
    if let Some(device) = &address.device
        && !draft.global.dynamic_interfaces
        && !call.system.interface_exists(device)
    {
        let text = format!("WARNING - interface {device} for ip address {} doesn't exist", address.written);
        call.complain("no-interface", text);
        draft.missing_interface = true;
        return None;
    }
    if address.ip.is_ipv6() && address.scope != Scope::Universe {
        let written = address.written.clone();
        call.complain("scope", format!("Cannot specify scope for IPv6 addresses ({written}) - ignoring scope"));
        address.scope = Scope::Universe;
    }
    if address.ip.is_ipv6() && address.label.is_some() {
        let written = &address.written;
        call.complain("label", format!("Cannot specify label for IPv6 addresses ({written}) - ignoring label"));
        address.label = None;
    }
    Some(address)
}

/// What a wrong option costs.
enum Fault {
    /// Only itself. Several lines are several complaints.
    Option(String),
    /// The whole address.
    Address(String),
}

/// An option with a value.
fn valued(address: &mut Address, has_prefix: bool, option: &str, value: &str) -> Result<(), Fault> {
    let only = |text: String| Err(Fault::Option(text));
    match option {
        "dev" => address.device = Some(value.to_owned()),
        "label" if value.len() > 15 => {
            let text = format!("Address label {value} is longer than maximum length 15 - removing address");
            return Err(Fault::Address(text));
        }
        "label" => address.label = Some(Label(value.to_owned())),
        "scope" => match scope(value) {
            Some(scope) => address.scope = scope,
            None => return only(format!("Invalid scope '{value}' specified for {} - ignoring", address.written)),
        },
        "peer" => match value.parse::<IpAddr>() {
            Err(_) => {
                return only(format!("VRRP parsed invalid IP {value}. skipping IP...\nInvalid peer address {value}"));
            }
            Ok(peer) if peer.is_ipv4() != address.ip.is_ipv4() => {
                return only(format!("Peer address {value} does not match address family"));
            }
            Ok(peer) => {
                let full = if peer.is_ipv4() { 32 } else { 128 };
                address.peer = Some((peer, full));
                if has_prefix {
                    address.prefix = full;
                    return only("Cannot specify address prefix when specifying peer address - ignoring".into());
                }
            }
        },
        "preferred_lft" if value == "forever" => {}
        "preferred_lft" => match value.parse() {
            Ok(seconds) => address.preferred_lifetime = Some(seconds),
            Err(_) => return only(format!("invalid number '{value}'\npreferred_lft {value} is invalid")),
        },
        "brd" | "broadcast" if address.ip.is_ipv6() => {
            return Err(Fault::Address(format!(
                "VRRP is trying to assign a broadcast {option} to the IPv6 address {} !!?? WTF... skipping VIP...",
                address.written
            )));
        }
        "brd" | "broadcast" => match broadcast(value) {
            Some(broadcast) => address.broadcast = Some(broadcast),
            None => {
                return Err(Fault::Address(format!(
                    "VRRP is trying to assign invalid broadcast {value}. skipping VIP..."
                )));
            }
        },
        _ => {}
    }
    Ok(())
}

fn flag(place: &mut bool) -> Result<(), Fault> {
    *place = true;
    Ok(())
}

fn broadcast(text: &str) -> Option<Broadcast> {
    match text {
        "+" => Some(Broadcast::HostBitsSet),
        "-" => Some(Broadcast::HostBitsClear),
        _ => text.parse().ok().map(Broadcast::Is),
    }
}

pub(super) fn scope(text: &str) -> Option<Scope> {
    match text {
        "global" | "universe" => Some(Scope::Universe),
        "site" => Some(Scope::Site),
        "link" => Some(Scope::Link),
        "host" => Some(Scope::Host),
        _ => text.parse().ok().map(Scope::Number),
    }
}
