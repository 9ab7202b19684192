//! Servers (manual 4.2 `server`, `default-server`, `server-template`).

use crate::haproxy::keyword::{BACK, BACKEND, KEYWORD, Keyword, LISTEN, Line, Syntax};
use crate::haproxy::lower::address;
use crate::haproxy::params::server;
use crate::ir::address::{Address, PortRule};
use crate::ir::growing::Growing;
use crate::ir::server::Server;
use crate::text::atoms;
use crate::text::diag::{Diagnostic, Place};

pub const ALL: &[&Keyword] = &[&SERVER, &DEFAULT_SERVER, &SERVER_TEMPLATE];

fn problem(l: &mut Line<'_>, n: usize, message: String) {
    let d = Diagnostic::error("bad-server", l.arg_at(n), message).placed(Place::Line);
    l.diag.push(d);
}

const SERVER: Keyword = Keyword {
    name: "server",
    sections: LISTEN.or(BACKEND),
    args: Syntax::Custom("<name> <address>[:[port]] [param*]"),
    doc: "A server of the backend.",
    examples: &["server web1 192.168.56.21:80 maxconn 32 check", "server s1 127.0.0.1:80 backup weight 10"],
    rejects: &["server s1", "server s1 127.0.0.1:99999", "server s1 127.0.0.1:80 weight 300"],
    lower: |l| {
        if l.arg(1).is_empty() {
            return problem(l, 0, "'server' expects <name> and <addr>[:<port>] as arguments.".to_owned());
        }
        let name = l.arg(0).to_owned();
        if let Some(c) = atoms::invalid_name_char(&name) {
            let message = format!("'server {name}' : character '{c}' is not permitted in server name '{name}'.");
            return problem(l, 0, message);
        }
        if let Some(s) = one(l, &name, 1) {
            push(l, s);
        }
    },
    ..KEYWORD
};

/// The least number from `least` on that no server has.
pub fn free_id(servers: &Growing<Server>, least: u32) -> u32 {
    let taken: Vec<u32> = servers.present().map(|(_, s)| s.id).collect();
    (least..).find(|n| !taken.contains(n)).unwrap_or(least)
}

fn push(l: &mut Line<'_>, mut s: Server) {
    let p = l.proxy();
    if s.id == 0 {
        // Those with a number of their own count too.
        let least = u32::try_from(p.servers.len() + 1).unwrap_or(u32::MAX);
        s.id = free_id(&p.servers, least);
    }
    p.servers.push(s);
}

/// The server whose address is the `at`-th word; parameters follow it.
fn one(l: &mut Line<'_>, name: &str, at: usize) -> Option<Server> {
    let who = format!("{}/{name}", super::basics::section_name(l));
    let parsed = match address::parse(&l.address(at), address::SERVER) {
        Ok(p) => p,
        Err(e) => {
            problem(l, at, format!("'server {who}' : {e}"));
            return None;
        }
    };
    let mut options = l.proxy().default_server.clone();
    let words = l.rest()[at + 1..].to_vec();
    let id = server::options(&words, &who, &mut options, l);
    let rule = match (parsed.rule, parsed.has_port, &parsed.address) {
        (PortRule::Fixed, false, Address::Inet(_) | Address::Name { .. }) => PortRule::Offset(0),
        (r, ..) => r,
    };
    Some(Server {
        name: name.to_owned(),
        id: id.unwrap_or(0),
        hostname: None,
        address: parsed.address,
        port_rule: rule,
        options,
        pinned: false,
        saved: None,
        at: l.at(),
    })
}

const DEFAULT_SERVER: Keyword = Keyword {
    name: "default-server",
    sections: BACK,
    args: Syntax::Custom("[param*]"),
    doc: "Parameters that the servers behind it begin with.",
    examples: &["default-server inter 5s fall 2 rise 1"],
    lower: |l| {
        if l.rest().is_empty() {
            return problem(l, 0, "'default-server' expects some arguments.".to_owned());
        }
        let words = l.rest().to_vec();
        let mut options = l.proxy().default_server.clone();
        server::options(&words, "default-server", &mut options, l);
        l.proxy().default_server = options;
    },
    ..KEYWORD
};
const SERVER_TEMPLATE: Keyword = Keyword {
    name: "server-template",
    sections: LISTEN.or(BACKEND),
    args: Syntax::Custom("<prefix> <num | range> <fqdn>[:<port>] [params*]"),
    doc: "Several servers of one form.",
    lower: |l| {
        if l.arg(2).is_empty() {
            return problem(
                l,
                0,
                "'server-template' expects <prefix> <nb | range> <addr>[:<port>] as arguments.".to_owned(),
            );
        }
        let prefix = l.arg(0).to_owned();
        let range = match l.arg(1).split_once('-') {
            Some(_) => atoms::range(l.arg(1)),
            None => atoms::unsigned(l.arg(1)).map(|n| (1, n)),
        };
        let Some((low, high)) = range.filter(|r| r.1 - r.0 < 65536) else {
            let message = format!("Wrong number of servers: {}", l.arg(1));
            return problem(l, 1, message);
        };
        for n in low..=high {
            let Some(s) = one(l, &format!("{prefix}{n}"), 2) else { return };
            push(l, s);
        }
    },
    ..KEYWORD
};
