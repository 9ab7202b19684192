//! Giving names their targets once everything is read: backends, servers, tables, files, addresses.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::SocketAddr;

use super::Outside;
use super::draft::Draft;
use crate::expr::fetch::{ArgKind, ArgSpec};
use crate::expr::{converters, fetches, pattern};
use crate::ir::action::ActionArg;
use crate::ir::address::{Address, Family};
use crate::ir::expr::{Arg, PatternEntry, Sample};
use crate::ir::proxy::{BackendName, Proxy, ServerName};
use crate::ir::server::{InitAddr, Saved};
use crate::ir::{Named, ProxyId, ServerId, visit};
use crate::rules::actions;
use crate::text::diag::{Diagnostic, Diagnostics, Place};

/// Every pass, in the order in which the original complains.
pub fn run(draft: &mut Draft, outside: &dyn Outside, diag: &mut Diagnostics) {
    number(draft);
    for p in &mut draft.config.proxies {
        p.listeners.iter_mut().for_each(|l| draft.config.global.unix_bind.apply(l));
    }
    load_patterns(draft, outside, diag);
    let names = Names::of(&draft.config.proxies);
    let userlists: HashMap<String, usize> =
        draft.config.userlists.iter().enumerate().map(|(i, u)| (u.name.clone(), i)).collect();
    for i in 0..draft.config.proxies.len() {
        let p = &mut draft.config.proxies[i];
        backends(p, &names, diag);
        servers_named(p, &names, diag);
        arguments(p, ProxyId(i), &names, &userlists, diag);
        tables(p, &names, diag);
    }
    for (p, s) in names.pinned.take() {
        draft.config.proxies[p.0].servers[s.0].pinned = true;
    }
    super::server_state::load(&mut draft.config, outside, diag);
    addresses(draft, outside, diag);
}

/// Proxies and servers count from 1 where no `id` was given; a number that is taken is passed over.
fn number(draft: &mut Draft) {
    let taken: Vec<u32> = draft.config.proxies.iter().map(|p| p.id).filter(|n| *n != 0).collect();
    // The runtime socket's own frontend takes the first number (it comes first in the original).
    let mut next = 1 + u32::from(!draft.config.global.stats_sockets.is_empty());
    for p in &mut draft.config.proxies {
        if p.id != 0 {
            continue;
        }
        while taken.contains(&next) {
            next += 1;
        }
        p.id = next;
        next += 1;
    }
}

/// Who is called what.
#[derive(Default)]
struct Names {
    front: HashMap<String, ProxyId>,
    back: HashMap<String, ProxyId>,
    servers: HashMap<(ProxyId, String), ServerId>,
    tables: HashMap<String, ProxyId>,
    /// Servers that something names.
    pinned: RefCell<Vec<(ProxyId, ServerId)>>,
}

impl Names {
    fn of(proxies: &[Proxy]) -> Self {
        let mut n = Self::default();
        for (i, p) in proxies.iter().enumerate() {
            let id = ProxyId(i);
            if p.kind.is_front() {
                n.front.entry(p.name.clone()).or_insert(id);
            }
            if p.kind.is_back() {
                n.back.entry(p.name.clone()).or_insert(id);
            }
            if p.table.is_some() {
                n.tables.entry(p.name.clone()).or_insert(id);
            }
            for (j, s) in p.servers.iter().enumerate() {
                n.servers.entry((id, s.name.clone())).or_insert(ServerId(j));
            }
        }
        n
    }

    /// `backend/server`, or a server of the current proxy.
    fn server(&self, name: &str, here: ProxyId) -> Option<(ProxyId, ServerId)> {
        let (backend, server) = match name.split_once('/') {
            Some((b, s)) => (*self.back.get(b)?, s),
            None => (here, name),
        };
        let found = self.servers.get(&(backend, server.to_owned())).map(|s| (backend, *s));
        self.pinned.borrow_mut().extend(found);
        found
    }
}

fn unknown(at: &Named<ProxyId>, names: &HashMap<String, ProxyId>, message: String) -> Diagnostic {
    let near = crate::text::nearest::nearest(&at.name, names.keys().map(String::as_str));
    let mut d =
        Diagnostic::error("unknown-backend", at.at, message).label("there is no such backend").placed(Place::Nowhere);
    if let Some(n) = near {
        d = d.help(format!("a backend with a similar name: '{n}'"));
    }
    d
}

fn backends(p: &mut Proxy, names: &Names, diag: &mut Diagnostics) {
    let owner = p.name.clone();
    if let Some(b) = &mut p.default_backend {
        b.target = names.back.get(&b.name).copied();
        if b.target.is_none() {
            diag.push(unknown(
                b,
                &names.back,
                format!("Proxy '{owner}': unable to find required default_backend: '{}'.", b.name),
            ));
        }
    }
    for u in &mut p.switching {
        let BackendName::Static(b) = &mut u.target else { continue };
        b.target = names.back.get(&b.name).copied();
        if b.target.is_none() {
            diag.push(unknown(
                b,
                &names.back,
                format!("Proxy '{owner}': unable to find required use_backend: '{}'.", b.name),
            ));
        }
    }
}

fn servers_named(p: &mut Proxy, names: &Names, diag: &mut Diagnostics) {
    let owner = p.name.clone();
    let here = names.back.get(&owner).copied();
    for u in &mut p.use_server {
        let ServerName::Static(s) = &mut u.target else { continue };
        let found = here.and_then(|h| names.servers.get(&(h, s.name.clone())).map(|s| (h, *s)));
        names.pinned.borrow_mut().extend(found);
        s.target = found.map(|(_, s)| s);
        if s.target.is_none() {
            let message =
                format!("backend '{owner}' : unable to find server '{}' referenced in a 'use-server' rule.", s.name);
            diag.push(Diagnostic::error("unknown-server", s.at, message).placed(Place::Nowhere));
        }
    }
    for s in p.servers.iter_mut() {
        let Some(t) = &mut s.options.track else { continue };
        t.target = here.and_then(|h| names.server(&t.name, h));
        if t.target.is_none() {
            let message =
                format!("'server {owner}/{}' : unable to find required server '{}' for tracking.", s.name, t.name);
            diag.push(Diagnostic::error("unknown-server", t.at, message).placed(Place::Line));
        }
    }
}

fn arguments(p: &mut Proxy, here: ProxyId, names: &Names, userlists: &HashMap<String, usize>, diag: &mut Diagnostics) {
    let mut bad = Vec::new();
    let owner = p.name.clone();
    visit::samples(p, &mut |s| {
        own_tables(s, &owner);
        let all = s.args.iter_mut().chain(s.converters.iter_mut().flat_map(|c| c.1.iter_mut()));
        for a in all {
            let (name, at, found) = match a {
                Arg::Proxy(n) => {
                    n.target = names.back.get(&n.name).or_else(|| names.front.get(&n.name)).copied();
                    (&n.name, n.at, n.target.is_some())
                }
                Arg::Server(n) => {
                    n.target = names.server(&n.name, here);
                    (&n.name, n.at, n.target.is_some())
                }
                Arg::Table(n) => {
                    n.target = names.tables.get(&n.name).copied();
                    (&n.name, n.at, n.target.is_some())
                }
                Arg::Userlist(n) => {
                    n.target = userlists.get(&n.name).copied();
                    (&n.name, n.at, n.target.is_some())
                }
                _ => continue,
            };
            if !found {
                bad.push((name.clone(), at, s.text.clone()));
            }
        }
    });
    for (name, at, text) in bad {
        let message = format!("unable to find '{name}' referenced in arg 1 of '{text}' in proxy '{owner}'.");
        diag.push(Diagnostic::error("unknown-name", at, message));
    }
}

/// Puts the proxy's own table where an optional one was not named.
fn own_tables(s: &mut Sample, owner: &str) {
    let at = s.at;
    let fill = |specs: &[ArgSpec], args: &mut Vec<Arg>| {
        let Some(i) = specs.iter().position(|s| s.kind == ArgKind::OwnTable) else { return };
        args.resize(args.len().max(i + 1), Arg::None);
        if args[i] == Arg::None {
            args[i] = Arg::Table(Named::new(owner, at));
        }
    };
    fill(fetches::get(s.fetch).args, &mut s.args);
    for (id, args) in &mut s.converters {
        fill(converters::get(*id).args, args);
    }
}

fn tables(p: &mut Proxy, names: &Names, diag: &mut Diagnostics) {
    let owner = p.name.clone();
    let own = p.table.is_some();
    visit::rules(p, &mut |r| {
        let at = r.at;
        for a in &mut r.action.args {
            let ActionArg::Table(t) = a else { continue };
            if t.name.is_empty() {
                *t = Named::new(owner.as_str(), at);
            }
            t.target = names.tables.get(&t.name).copied();
            if t.target.is_none() {
                let action = actions::get(r.action.item).name;
                let message = format!("Proxy '{owner}': unable to find table '{}' referenced by {action}.", t.name);
                diag.push(Diagnostic::error("unknown-table", t.at, message).placed(Place::Nowhere));
            }
        }
    });
    for r in &mut p.stick_rules {
        match &mut r.table {
            Some(t) => {
                t.target = names.tables.get(&t.name).copied();
                if t.target.is_none() {
                    let message = format!("Proxy '{owner}': unable to find stick-table '{}'.", t.name);
                    diag.push(Diagnostic::error("unknown-table", t.at, message).placed(Place::Nowhere));
                }
            }
            None if !own => {
                let message = format!("Proxy '{owner}': unable to find stick-table '{owner}'.");
                diag.push(
                    Diagnostic::error("unknown-table", r.at, message)
                        .placed(Place::Nowhere)
                        .help("add a 'stick-table' line to this backend"),
                );
            }
            None => {}
        }
    }
}

/// Reads the files of `-f` and of maps.
fn load_patterns(draft: &mut Draft, outside: &dyn Outside, diag: &mut Diagnostics) {
    for set in &mut draft.config.patterns {
        let Some(file) = set.file.clone() else { continue };
        let bytes = match outside.read(&file) {
            Ok(b) => b,
            Err(why) => {
                let what = if set.is_map { "failed to open map file" } else { "failed to open pattern file" };
                let message = format!("{what} '{file}' : {why}.");
                diag.push(
                    Diagnostic::new("unreadable-file", crate::text::diag::Severity::Error, message)
                        .placed(Place::Nowhere),
                );
                continue;
            }
        };
        set.entries.splice(0..0, lines(&String::from_utf8_lossy(&bytes), set.is_map));
        if let Err(why) = pattern::Compiled::new(set) {
            let message = format!("file '{file}': {why}");
            diag.push(
                Diagnostic::new("bad-pattern", crate::text::diag::Severity::Error, message).placed(Place::Nowhere),
            );
            set.entries.clear();
        }
    }
}

/// One pattern a line, blanks around it cut off; in a map the first word is the key. `#` begins a comment line.
fn lines(text: &str, is_map: bool) -> Vec<PatternEntry> {
    let entry = |(i, l): (usize, &str)| {
        let l = l.trim();
        if l.is_empty() || l.starts_with('#') {
            return None;
        }
        let (key, value) = match is_map {
            true => l.split_once(char::is_whitespace).map_or((l, Some("")), |(k, v)| (k, Some(v.trim_start()))),
            false => (l, None),
        };
        Some(PatternEntry { key: key.to_owned(), value: value.map(str::to_owned), line: i as u32 + 1 })
    };
    text.lines().enumerate().filter_map(entry).collect()
}

/// Host names of servers (manual 5.2 `init-addr`).
fn addresses(draft: &mut Draft, outside: &dyn Outside, diag: &mut Diagnostics) {
    let mut failed = false;
    for p in &mut draft.config.proxies {
        for s in p.servers.iter_mut() {
            if let Some(port) = s.saved.as_ref().and_then(|s| s.port) {
                s.address.set_port(port);
            }
            let Address::Name { host, port, family } = s.address.clone() else { continue };
            s.hostname = Some(host.clone());
            let ways = s.options.init_addr.clone().unwrap_or_else(|| vec![InitAddr::Last, InitAddr::Libc]);
            match first_address(&host, family, &ways, s.saved.as_ref(), outside) {
                Some(Some(ip)) => s.address = Address::Inet(SocketAddr::new(ip, port)),
                // `none`: the server starts without an address, and down.
                Some(None) => s.options.disabled = true,
                None => {
                    let who = format!("'server {}/{}' : could not resolve address '{host}'", p.name, s.name);
                    let d = if outside.tolerates_unresolved() {
                        s.options.disabled = true;
                        Diagnostic::warning("unresolved-address", s.at, format!("{who}, disabling server."))
                    } else {
                        failed = true;
                        Diagnostic::error("unresolved-address", s.at, format!("{who}."))
                            .help("use an address, or 'init-addr last,libc,none' to start without one")
                    };
                    diag.push(d.placed(Place::Line));
                }
            }
        }
    }
    if failed && !diag.iter().any(|d| d.abort) {
        let message = "Failed to initialize server(s) addr.";
        diag.push(
            Diagnostic::new("unresolved-addresses", crate::text::diag::Severity::Error, message)
                .placed(Place::Nowhere)
                .aborting(),
        );
    }
}

fn first_address(
    host: &str,
    family: Family,
    ways: &[InitAddr],
    saved: Option<&Saved>,
    outside: &dyn Outside,
) -> Option<Option<std::net::IpAddr>> {
    ways.iter().find_map(|w| match w {
        InitAddr::Last => saved.and_then(|s| s.address).map(Some),
        InitAddr::None => Some(None),
        InitAddr::Ip(ip) => Some(Some(*ip)),
        InitAddr::Libc => {
            let fits = |ip: &std::net::IpAddr| match family {
                Family::Any => true,
                Family::V4 => ip.is_ipv4(),
                Family::V6 => ip.is_ipv6(),
            };
            outside.resolve(host).into_iter().find(fits).map(Some)
        }
    })
}
