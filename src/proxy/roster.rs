//! Servers that come and go while the process runs.
//!
//! The lists of a backend's servers, configured and living, only ever grow ([`Growing`](crate::ir::growing::Growing)):
//! threads go on reading them without a lock, and numbers that they hold stay good. A server that went leaves its place
//! behind, marked; it is never usable again, and no name or listing leads to it.

use std::sync::atomic::Ordering::Relaxed;

use super::checks;
use super::load::Machine;
use super::servers::ServerLive;
use super::thread::Local;
use super::world::{World, lock};
use crate::haproxy;
use crate::haproxy::keywords::proxy::servers::free_id;
use crate::haproxy::params;
use crate::health::state::Admin;
use crate::ir::proxy::Mode;
use crate::ir::server::Server;
use crate::ir::{Named, ProxyId, ServerId};
use crate::text::diag::Severity;
use crate::text::source::Span;

/// Adds a server; it is in maintenance, and its checks wait for `enable health`.
///
/// # Errors
/// The words for the operator.
pub fn add(local: &'static Local, p: ProxyId, name: &str, words: &[String]) -> Result<(), String> {
    let world = local.world;
    let (proxy, live) = world.proxy(p);
    let mut server = read(world, p, name, words)?;
    if server.id == 0 {
        server.id = free_id(&proxy.servers, 1);
    } else if let Some(i) = proxy.servers.find(|s| s.id == server.id) {
        let other = &proxy.servers[i].name;
        return Err(format!("'id' : custom id {} already used by 'server {other}'.", server.id));
    }
    let starts = words.iter().any(|w| w == "enabled");
    let s = ServerId(proxy.servers.len());
    let new = ServerLive::new(p, s, proxy, &server);
    new.checks_enabled.store(false, Relaxed);
    if !starts {
        lock(&new.health).admin = Admin::Maintenance;
        new.take_state();
    }
    // The living one first: whoever finds a configured server may look for the other.
    live.servers.append(new);
    proxy.servers.append(server);
    live.renew_cookies(proxy);
    live.joined(proxy, s);
    checks::start_one(local, p, s);
    Ok(())
}

/// Reads the words as those of a `server` line of a backend of the same mode; `default-server` does not count.
fn read(world: &World, p: ProxyId, name: &str, words: &[String]) -> Result<Server, String> {
    let proxy = &world.config.proxies[p.0];
    if let Some(word) = params::server::from_the_start_in(words.get(1..).unwrap_or_default()) {
        return Err(format!("'{word}' option is not accepted for dynamic server"));
    }
    let (followed, words) = without_track(words);
    let quoted: String = words.iter().map(|w| format!(" '{}'", w.replace('\'', "'\\''"))).collect();
    let mode = if proxy.mode == Mode::Http { "http" } else { "tcp" };
    let text = format!("backend '{}'\n    mode {mode}\n    server '{name}'{quoted}\n", proxy.name);
    let mut loaded = haproxy::load(vec![("add server".to_owned(), text)], &Machine::tolerant());
    let prefix = format!("'server {}/{name}' : ", proxy.name);
    if let Some(d) = loaded.diagnostics.iter().find(|d| d.severity == Severity::Error) {
        return Err(d.message.strip_prefix(&prefix).unwrap_or(&d.message).to_owned());
    }
    let read = loaded.config.proxies.iter_mut().find_map(|p| p.servers.iter_mut().next().cloned());
    let mut server = read.ok_or("'server' expects <name> and <addr>[:<port>] as arguments.")?;
    // Counted within the text above; the backend counts anew.
    if !words.contains(&"id") {
        server.id = 0;
    }
    // What could not be resolved waits for an address, no more.
    server.options.disabled = words.contains(&"disabled");
    if server.options.agent_check && server.options.agent_port.is_none() {
        return Err(format!("server {name} does not have agent port. Agent check has been disabled."));
    }
    if let Some(wanted) = followed {
        let target = find(world, p, wanted);
        let target = target.ok_or_else(|| format!("unable to find required server '{wanted}' for tracking."))?;
        server.options.track = Some(Named { target: Some(target), ..Named::new(wanted, Span::default()) });
    }
    Ok(server)
}

/// The server to follow, which the text of one line alone could not name, and the other words.
fn without_track(words: &[String]) -> (Option<&str>, Vec<&str>) {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.iter().position(|w| *w == "track") {
        Some(at) if at + 1 < words.len() => (Some(words[at + 1]), [&words[..at], &words[at + 2..]].concat()),
        _ => (None, words),
    }
}

/// `backend/server`, or a server of the same backend.
fn find(world: &World, here: ProxyId, name: &str) -> Option<(ProxyId, ServerId)> {
    let (backend, server) = match name.split_once('/') {
        Some((b, s)) => (world.config.backend(b)?, s),
        None => (here, name),
    };
    let found = world.config.proxies[backend.0].servers.find(|s| s.name == server)?;
    Some((backend, ServerId(found)))
}

/// Takes a server away: one in maintenance, with which nobody has anything to do any more.
///
/// # Errors
/// The words for the operator.
pub fn delete(world: &'static World, p: ProxyId, s: ServerId) -> Result<(), String> {
    let (proxy, farm) = world.proxy(p);
    let live = world.server(p, s);
    if checks::followers(world, p, s).next().is_some() {
        let line = "This server cannot be removed at runtime due to other configuration elements pointing to it.";
        return Err(line.to_owned());
    }
    if lock(&live.health).admin != Admin::Maintenance {
        return Err("Only servers in maintenance mode can be deleted.".to_owned());
    }
    if live.served() > 0 || live.queued() > 0 || live.counters.streams.get() > 0 {
        return Err("Server still has connections attached to it, cannot remove it.".to_owned());
    }
    proxy.servers.remove(s.0);
    farm.servers.remove(s.0);
    // Its checks look once more, and end.
    live.check_now.notify_waiters();
    for t in lock(&world.threads).iter() {
        t.tell(move |local| local.pool.forget(p, s));
    }
    Ok(())
}
