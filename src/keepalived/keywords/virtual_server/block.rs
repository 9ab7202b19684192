//! The blocks `virtual_server` and `real_server`: whom they name, and whether the families of both fit.

use std::net::IpAddr;

use super::super::shared::number;
use crate::{
    ir::failover::{Family, Target},
    keepalived::{
        draft::{
            Draft, Open,
            virtual_server::{RealServerDraft, VirtualServerDraft, is_tunnel},
        },
        keyword::{Block, Call, Closing, Grammar, KEYWORD, Keyword, Opens},
        report::Pass,
    },
};

pub(in super::super) const KEYWORDS: &[Keyword] = &[VIRTUAL_SERVER, REAL_SERVER];

const VIRTUAL_SERVER: Keyword = Keyword {
    name: "virtual_server",
    blocks: &[Block::Top],
    grammar: Grammar::Custom("{ <address> [<port>] | fwmark <mark> | group <name> }"),
    opens: Opens::Block(Block::VirtualServer),
    passes: &[Pass::Check],
    doc: "A service that the kernel (IPVS) balances over real servers: an address, a mark of the firewall, or a group of both.",
    examples: &[
        "virtual_server 192.0.2.10 80 {\n    lvs_sched rr\n    lvs_method NAT\n    protocol TCP\n    real_server 192.0.2.20 80 {\n        \
         TCP_CHECK {\n        }\n    }\n}",
    ],
    rejects: &["virtual_server nowhere 80 {\n}"],
    lower: virtual_server,
    close: virtual_server_ends,
    ..KEYWORD
};

fn virtual_server(draft: &mut Draft, call: &mut Call<'_>) {
    draft.skip = true;
    let Some(target) = target(call) else { return };
    draft.skip = false;
    draft.open = Open::VirtualServer;
    draft.virtual_servers.push(VirtualServerDraft::new(target, call.words.at));
}

fn target(call: &mut Call<'_>) -> Option<Target> {
    let Some(first) = call.text(0).map(str::to_owned) else {
        call.missing_argument();
        return None;
    };
    let second = call.text(1).map(str::to_owned);
    match (first.as_str(), second) {
        ("fwmark" | "group", None) => {
            call.missing_argument();
            None
        }
        ("group", Some(name)) => Some(Target::Group(name)),
        ("fwmark", Some(mark)) => match number(call, &mark, 0, 4_294_967_295) {
            Some(number) => u32::try_from(number).ok().map(Target::Mark),
            None => {
                let text = format!("virtual server fwmark '{mark}' must be in [0, 4294967295] - ignoring");
                call.complain("bad-mark", text);
                None
            }
        },
        (address, port) => match address_and_port(call, address, port.as_deref()) {
            Some((address, port)) => Some(Target::Address { address, port }),
            None => {
                let shown = port.map_or_else(|| format!(" {address}"), |port| format!("/port {address}/{port}"));
                call.complain("bad-address", format!("Invalid virtual server IP address{shown} - skipping"));
                None
            }
        },
    }
}

/// An address and a port, which is 0 if not written. A length or the end of a range is cut off, as in the original.
pub(super) fn address_and_port(call: &mut Call<'_>, address: &str, port: Option<&str>) -> Option<(IpAddr, u16)> {
    let alone = address.split(['-', '/']).next().unwrap_or_default();
    let port = port.map_or(Some(0), |port| self::port(call, port));
    let address = alone.parse().ok()?;
    Some((address, port?))
}

/// A port; 0 stands for every port.
pub(super) fn port(call: &mut Call<'_>, word: &str) -> Option<u16> {
    if word.parse() == Ok(0_u16) {
        return Some(0);
    }
    number(call, word, 1, 65535).and_then(|port| u16::try_from(port).ok())
}

fn virtual_server_ends(draft: &mut Draft, closing: &mut Closing<'_>) {
    draft.open = Open::Nothing;
    let service = draft.virtual_server();
    let Some(sorry) = &service.sorry else { return };
    if is_tunnel(sorry.forwarding.or(service.forwarding)) {
        return;
    }
    let family = Family::of(sorry.address);
    if *service.family.get_or_insert(family) != family {
        let text = format!(
            "Address family of virtual server and sorry server {} don't match - skipping sorry server.",
            sorry.address
        );
        service.sorry = None;
        closing.report.at("family", closing.at, text);
    }
}

const REAL_SERVER: Keyword = Keyword {
    name: "real_server",
    blocks: &[Block::VirtualServer],
    grammar: Grammar::Custom("<address> [<port>]"),
    opens: Opens::Block(Block::RealServer),
    doc: "A server behind the service. It is up while all its checkers say so.",
    examples: &["real_server 192.0.2.20 80 {\n    weight 2\n    TCP_CHECK {\n    }\n}"],
    rejects: &["real_server nowhere 80 {\n}"],
    lower: real_server,
    close: real_server_ends,
    ..KEYWORD
};

fn real_server(draft: &mut Draft, call: &mut Call<'_>) {
    draft.skip = true;
    let Some(address) = call.text(0).map(str::to_owned) else { return call.missing_argument() };
    let port = call.text(1).map(str::to_owned);
    match address_and_port(call, &address, port.as_deref()) {
        Some((address, port)) => {
            draft.skip = false;
            draft.open = Open::RealServer;
            draft.virtual_server().servers.push(RealServerDraft::new(address, port, call.words.at));
        }
        None => {
            // The original prints what C prints of a port that is not there.
            let port = port.as_deref().unwrap_or("(null)");
            let text = format!("Invalid real server ip address/port {address}/{port} - skipping");
            call.complain("bad-address", text);
        }
    }
}

fn real_server_ends(draft: &mut Draft, closing: &mut Closing<'_>) {
    draft.open = Open::VirtualServer;
    let service = draft.virtual_server();
    let Some(server) = service.servers.last() else { return };
    if is_tunnel(server.forwarding.or(service.forwarding)) {
        return;
    }
    let (address, family) = (server.address, Family::of(server.address));
    if *service.family.get_or_insert(family) != family {
        service.servers.pop();
        let text =
            format!("Address family of virtual server and real server {address} don't match - skipping real server.");
        closing.report.at("family", closing.at, text);
    }
}
