//! How packets reach real servers (`lvs_method`), and the server that answers while there is no quorum (`sorry_server`).

use super::{super::shared::number, block::address_and_port};
use crate::{
    ir::failover::{
        Forwarding,
        virtual_server::{Tunnel, TunnelChecksum, TunnelKind},
    },
    keepalived::{
        draft::{Draft, Open, virtual_server::SorryDraft},
        keyword::{Block, Call, Grammar, KEYWORD, Keyword},
    },
};

const SERVICE: &[Block] = &[Block::VirtualServer];
const METHOD: Grammar =
    Grammar::Custom("{ NAT | DR | TUN [type { ipip | gue port <port> | gre }] [nocsum | csum | remcsum] }");

pub(in super::super) const KEYWORDS: &[Keyword] =
    &[LB_KIND, LVS_METHOD, SORRY_SERVER, SORRY_SERVER_INHIBIT, SORRY_SERVER_LVS_METHOD];

const LVS_METHOD: Keyword = Keyword {
    name: "lvs_method",
    blocks: &[Block::VirtualServer, Block::RealServer],
    grammar: METHOD,
    doc: "How packets reach the real servers: translated, by direct routing, or in a tunnel; translated if not written.",
    examples: &["lvs_method DR", "lvs_method TUN type gue port 6080 csum"],
    rejects: &["lvs_method NATT", "lvs_method TUN type gue"],
    lower: |draft, call| {
        if draft.open == Open::RealServer {
            let method = method(call, "real");
            let server = draft.real_server();
            server.forwarding = method.or(server.forwarding);
        } else {
            let method = method(call, "virtual");
            let service = draft.virtual_server();
            service.forwarding = method.or(service.forwarding);
        }
    },
    ..KEYWORD
};

const LB_KIND: Keyword = Keyword {
    name: "lb_kind",
    blocks: SERVICE,
    doc: "The older name of `lvs_method`.",
    examples: &["lb_kind NAT"],
    rejects: &["lb_kind NATT"],
    ..LVS_METHOD
};

/// A method; what is wrong with a tunnel's options costs only them.
fn method(call: &mut Call<'_>, whose: &str) -> Option<Forwarding> {
    let Some(word) = call.text(0).map(str::to_owned) else {
        call.missing_argument();
        return None;
    };
    let plain = match word.as_str() {
        "NAT" => Forwarding::Nat,
        "DR" => Forwarding::Direct,
        "TUN" => Forwarding::Tunnel(Tunnel { kind: TunnelKind::IpIp, checksum: TunnelChecksum::None }),
        _ => {
            call.complain("bad-method", format!("PARSER : unknown [{word}] routing method for {whose} server."));
            return None;
        }
    };
    match tunnel(call, whose) {
        Ok(tunnel) if matches!(plain, Forwarding::Tunnel(_)) => Some(Forwarding::Tunnel(tunnel)),
        Ok(_) => Some(plain),
        Err(problem) => {
            call.complain("bad-tunnel", problem);
            Some(plain)
        }
    }
}

/// The options behind a method. Those of a tunnel are checked whatever the method is.
fn tunnel(call: &mut Call<'_>, whose: &str) -> Result<Tunnel, String> {
    let words: Vec<String> = call.words.arguments().iter().skip(1).map(|word| word.text.clone()).collect();
    let mut words = words.iter().map(String::as_str);
    let (mut kind, mut port, mut checksum) = ("ipip", None, TunnelChecksum::None);
    while let Some(word) = words.next() {
        match word {
            "type" => match words.next() {
                Some(name @ ("ipip" | "gue" | "gre")) => kind = name,
                Some(other) => return Err(format!("Unknown tunnel type {other} for {whose} server.")),
                None => return Err(format!("Missing tunnel type for {whose} server.")),
            },
            "port" => {
                let word = words.next().ok_or_else(|| format!("Missing port for {whose} server gue tunnel."))?;
                let number = number(call, word, 1, 65535).and_then(|port| u16::try_from(port).ok());
                port = Some(number.ok_or_else(|| format!("Invalid gue tunnel port {word} for {whose} server."))?);
            }
            "nocsum" => checksum = TunnelChecksum::None,
            "csum" => checksum = TunnelChecksum::Full,
            "remcsum" => checksum = TunnelChecksum::Remote,
            _ => return Err(format!("Invalid tunnel option {word} for {whose} server.")),
        }
    }
    let kind = match (kind, port) {
        ("gue", Some(port)) => TunnelKind::Gue(port),
        ("gue", None) | (_, Some(_)) => return Err("gue tunnels require port, otherwise cannot have port.".into()),
        ("gre", None) if checksum == TunnelChecksum::Remote => {
            return Err("gre tunnels do not support remote checksum option.".into());
        }
        ("gre", None) => TunnelKind::Gre,
        _ if checksum != TunnelChecksum::None => return Err("ipip tunnels do not support checksum option.".into()),
        _ => TunnelKind::IpIp,
    };
    Ok(Tunnel { kind, checksum })
}

const SORRY_SERVER: Keyword = Keyword {
    name: "sorry_server",
    blocks: SERVICE,
    grammar: Grammar::Custom("<address> [<port>]"),
    doc: "Answers in place of all real servers while there is no quorum.",
    examples: &["sorry_server 192.0.2.30 80"],
    rejects: &["sorry_server nowhere 80"],
    lower: |draft, call| {
        let Some(written) = call.text(0).map(str::to_owned) else { return call.missing_argument() };
        let port = call.text(1).map(str::to_owned);
        match address_and_port(call, &written, port.as_deref()) {
            Some((address, port)) => {
                let sorry = SorryDraft { address, port, forwarding: None, inhibit: false };
                draft.virtual_server().sorry = Some(sorry);
            }
            None => call.complain("bad-address", format!("Invalid sorry server IP address {written} - skipping")),
        }
    },
    ..KEYWORD
};

const SORRY_SERVER_INHIBIT: Keyword = Keyword {
    name: "sorry_server_inhibit",
    blocks: SERVICE,
    doc: "While it is not needed the sorry server stays in the kernel's table with weight 0.",
    examples: &["sorry_server 192.0.2.30 80\nsorry_server_inhibit"],
    rejects: &["sorry_server_inhibit"],
    lower: |draft, call| match &mut draft.virtual_server().sorry {
        Some(sorry) => sorry.inhibit = true,
        None => call.complain("no-sorry", "Ignoring sorry_server inhibit used before or without sorry_server"),
    },
    ..KEYWORD
};

const SORRY_SERVER_LVS_METHOD: Keyword = Keyword {
    name: "sorry_server_lvs_method",
    blocks: SERVICE,
    grammar: METHOD,
    doc: "How packets reach the sorry server; as the real servers if not written.",
    examples: &["sorry_server 192.0.2.30 80\nsorry_server_lvs_method DR"],
    rejects: &["sorry_server_lvs_method DR"],
    lower: sorry_server_method,
    ..KEYWORD
};

fn sorry_server_method(draft: &mut Draft, call: &mut Call<'_>) {
    let Some(sorry) = &mut draft.virtual_server().sorry else {
        call.complain("no-sorry", "sorry_server forwarding used without sorry_server");
        return;
    };
    sorry.forwarding = method(call, "sorry").or(sorry.forwarding);
}
