//! Whom a check speaks to, if not the real server itself, and from where.

use std::net::IpAddr;

use super::{super::shared::WORD, CONNECTED};
use crate::{
    keepalived::keyword::{Call, Grammar, KEYWORD, Keyword},
    text::grammar::{Arg, Kind},
};

const PORT: Grammar = Grammar::Args(&[Arg::Value("port", Kind::Int(1, 65535))]);
/// The kernel's limit for names of interfaces, in bytes.
const LONGEST_NAME: usize = 15;

pub(in super::super) const KEYWORDS: &[Keyword] = &[CONNECT_IP, CONNECT_PORT, BINDTO, BIND_PORT, BIND_IF, FWMARK];

fn address(call: &mut Call<'_>) -> Option<IpAddr> {
    let written = call.args.text("value").unwrap_or_default().to_owned();
    let address = written.parse().ok();
    if address.is_none() {
        let text = format!("Invalid {} address {written} - ignoring", call.keyword.name);
        call.complain("bad-address", text);
    }
    address
}

fn port(call: &Call<'_>) -> Option<u16> {
    call.args.int("port").and_then(|port| u16::try_from(port).ok())
}

const CONNECT_IP: Keyword = Keyword {
    name: "connect_ip",
    blocks: CONNECTED,
    grammar: WORD,
    doc: "The address that is asked; the real server's if not written.",
    examples: &["connect_ip 192.0.2.20"],
    rejects: &["connect_ip nowhere"],
    lower: |draft, call| {
        let Some(address) = address(call) else { return };
        let connection = draft.connection();
        if connection.from_ip.is_some_and(|from| from.is_ipv4() != address.is_ipv4()) {
            let text = format!("connect_ip address {address} does not match address family of bindto - skipping");
            return call.complain("family", text);
        }
        connection.ip = Some(address);
    },
    ..KEYWORD
};

const CONNECT_PORT: Keyword = Keyword {
    name: "connect_port",
    blocks: CONNECTED,
    grammar: PORT,
    invalid: "Invalid checker connect_port '{word}'",
    doc: "The port that is asked; the real server's if not written.",
    examples: &["connect_port 8080"],
    rejects: &["connect_port 0"],
    lower: |draft, call| draft.connection().port = port(call),
    ..KEYWORD
};

const BINDTO: Keyword = Keyword {
    name: "bindto",
    blocks: CONNECTED,
    grammar: WORD,
    doc: "The address of this host that checks are sent from; the kernel's choice if not written.",
    examples: &["bindto 192.0.2.1"],
    rejects: &["bindto nowhere"],
    lower: |draft, call| {
        let Some(address) = address(call) else { return };
        // That of an SMTP_CHECK is not compared with the real server's, as in the original, though that of its hosts is.
        let is_smtp = draft.checker().smtp().is_some_and(|smtp| !smtp.in_host);
        let server = Some(draft.real_server().address).filter(|_| !is_smtp);
        let connection = draft.connection();
        if connection.ip.or(server).is_some_and(|to| to.is_ipv4() != address.is_ipv4()) {
            let text = format!("bindto address {address} does not match address family of connect_ip - skipping");
            return call.complain("family", text);
        }
        connection.from_ip = Some(address);
    },
    ..KEYWORD
};

const BIND_PORT: Keyword = Keyword {
    name: "bind_port",
    blocks: CONNECTED,
    grammar: PORT,
    invalid: "Invalid checker bind_port '{word}'",
    doc: "The port of this host that checks are sent from.",
    examples: &["bind_port 10000"],
    rejects: &["bind_port 0"],
    lower: |draft, call| draft.connection().from_port = port(call),
    ..KEYWORD
};

const BIND_IF: Keyword = Keyword {
    name: "bind_if",
    blocks: CONNECTED,
    grammar: WORD,
    doc: "The interface that checks leave by; link-local addresses need it.",
    examples: &["bind_if eth0"],
    rejects: &["bind_if a_name_too_long_by_far"],
    lower: |draft, call| {
        let name = call.args.text("value").unwrap_or_default().to_owned();
        if name.len() > LONGEST_NAME {
            return call.complain("long-name", format!("Interface name {name} is too long - ignoring"));
        }
        draft.connection().interface = Some(name);
    },
    ..KEYWORD
};

const FWMARK: Keyword = Keyword {
    name: "fwmark",
    blocks: CONNECTED,
    grammar: Grammar::Args(&[Arg::Value("mark", Kind::Int(0, 4_294_967_295))]),
    invalid: "Invalid fwmark connection value '{word}'",
    doc: "A mark on the packets of checks (SO_MARK).",
    examples: &["fwmark 7"],
    rejects: &["fwmark some"],
    lower: |draft, call| {
        let mark = call.args.int("mark").and_then(|mark| u32::try_from(mark).ok());
        draft.connection().mark = mark.unwrap_or_default();
    },
    ..KEYWORD
};
