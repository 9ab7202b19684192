//! What an operator does to a running process, from the runtime socket or the statistics page: states, weights, limits.

use std::sync::atomic::Ordering::Relaxed;

use super::checks;
use super::end::Who;
use super::servers::{self, Ramp};
use super::world::{State, World, lock};
use crate::health::state::{Admin, Change};
use crate::ir::{ProxyId, ServerId};
use crate::log::health::{self as lines, Cause};

/// Puts a server into service, lets it finish, or takes it out. `false`: it was so already.
pub fn set_state(world: &'static World, p: ProxyId, s: ServerId, admin: Admin) -> bool {
    let (proxy, live) = (&world.config.proxies[p.0], world.server(p, s));
    let farm = &world.proxies[p.0];
    let had = farm.usable();
    let before = {
        let mut h = lock(&live.health);
        let before = h.admin;
        if before == admin {
            return false;
        }
        h.admin = admin;
        if before == Admin::Maintenance {
            h.leave_maintenance();
        }
        before
    };
    let was = Was { admin: before, usable: live.is_usable(), down: live.is_down() };
    let now = world.uptime_ms();
    let since = live.last_change.swap(now, Relaxed);
    if before == Admin::Maintenance {
        live.down_time.fetch_add(now.saturating_sub(since), Relaxed);
    }
    live.take_state();
    live.set_ramp(Ramp::FULL);
    let returns = before == Admin::Maintenance && admin == Admin::Ready && !live.is_down();
    if let Some(time) = proxy.servers[s.0].options.slowstart.filter(|_| returns) {
        checks::slowstart::begin(world, p, s, time);
    }
    farm.refresh(proxy, s);
    let requeued = if admin == Admin::Ready { 0 } else { servers::drain_queue(live) };
    servers::serve_backend(world, p);
    if admin == Admin::Maintenance && !was.down {
        live.counters.down_transitions.inc();
        if proxy.servers[s.0].options.on_marked_down == crate::ir::server::OnMarkedDown::ShutdownSessions {
            checks::shut_sessions(world, p, s, Who::Down);
        }
    }
    let level = if admin == Admin::Maintenance && was.usable { 1 } else { 5 };
    world.notice(p, level, &admin_line(world, (p, s), was, admin, requeued));
    if (before, admin) == (Admin::Maintenance, Admin::Drain) {
        checks::remains_in_drain(world, p, s);
    }
    checks::backend_changed(world, p, had, farm.usable(), now);
    live.check_now.notify_waiters();
    // Who follows it, follows it in this too.
    for (q, t) in checks::followers(world, p, s) {
        set_state(world, q, t, admin);
    }
    true
}

/// How a server was before an operator's decision.
#[derive(Debug, Clone, Copy)]
struct Was {
    admin: Admin,
    usable: bool,
    /// Its checks had found it down.
    down: bool,
}

fn admin_line(world: &World, (p, s): (ProxyId, ServerId), was: Was, now: Admin, requeued: u32) -> String {
    let left = checks::left(world, p, s, requeued);
    let (proxy, server) = (&world.config.proxies[p.0], &world.config.proxies[p.0].servers[s.0]);
    let (backend, name, cause) = (&proxy.name, &server.name, Cause::default());
    let plain = |what: &str| format!("Server {backend}/{name} {what}");
    let line = match (was.admin, now) {
        (_, Admin::Maintenance) if was.down => plain("was DOWN and now enters maintenance."),
        (_, Admin::Maintenance) => lines::down(backend, name, "is going DOWN for maintenance", &cause, left),
        (Admin::Maintenance, Admin::Drain) => plain("is UP/DRAIN (leaving forced maintenance)."),
        (_, Admin::Drain) if was.down => lines::down(backend, name, "enters drain state", &cause, left),
        (_, Admin::Drain) => lines::up(backend, name, "enters drain state", &cause, left),
        (Admin::Maintenance, Admin::Ready) => plain("is UP/READY (leaving forced maintenance)."),
        (_, Admin::Ready) if was.down => plain("is DOWN (leaving forced drain)."),
        (_, Admin::Ready) => plain("is UP (leaving forced drain)."),
    };
    checks::named(line, server)
}

/// Up, stopping or down at once, as if checks had found it; a server in maintenance stays as it is.
pub fn set_health(world: &'static World, p: ProxyId, s: ServerId, health: Change) {
    let change = {
        let mut h = lock(&world.server(p, s).health);
        match health {
            _ if h.admin == Admin::Maintenance => None,
            Change::Up => h.force_up(),
            Change::Down => h.force_down(),
            Change::Stopping => h.force_stopping(),
        }
    };
    if let Some(change) = change {
        checks::changed(world, p, s, change, &Cause { doing: "changed from CLI", ..Cause::default() });
    }
}

/// The weight, 0 to 256, or a percentage of the configured one.
///
/// # Errors
/// The words for the operator.
pub fn set_weight(world: &'static World, p: ProxyId, s: ServerId, text: &str) -> Result<(), String> {
    let (proxy, live) = (&world.config.proxies[p.0], world.server(p, s));
    let initial = u32::from(proxy.servers[s.0].options.weight.unwrap_or(1));
    let weight = match text.strip_suffix('%') {
        Some(percent) => match percent.parse::<i64>() {
            Ok(n) if n < 0 => return Err("Relative weight must be positive.\n".to_owned()),
            Ok(n) => u32::try_from(n.saturating_mul(i64::from(initial)) / 100).unwrap_or(256).min(256),
            Err(_) => return Err("Require <weight> or <weight%>.\n".to_owned()),
        },
        None => match text.parse::<u32>() {
            Ok(n) if n <= 256 => n,
            Ok(_) => return Err("Absolute weight can only be between 0 and 256 inclusive.\n".to_owned()),
            Err(_) if text.is_empty() => return Err("Require <weight> or <weight%>.\n".to_owned()),
            Err(_) => return Err("Empty weight string empty or preceded by garbage".to_owned()),
        },
    };
    let fixed = matches!(proxy.balance, crate::ir::proxy::Balance::StaticRr)
        || (!proxy.hash_type.consistent && is_hashed(proxy));
    if fixed && weight != 0 && weight != initial {
        return Err("Backend is using a static LB algorithm and only accepts weights '0%' and '100%'.\n".to_owned());
    }
    live.set_weight(weight);
    world.proxies[p.0].refresh(proxy, s);
    servers::serve_backend(world, p);
    Ok(())
}

fn is_hashed(p: &crate::ir::proxy::Proxy) -> bool {
    use crate::ir::proxy::Balance;
    matches!(
        p.balance,
        Balance::Source
            | Balance::Uri { .. }
            | Balance::UrlParam { .. }
            | Balance::Hdr { .. }
            | Balance::RdpCookie(_)
            | Balance::Hash(_)
    )
}

/// The most requests that a server gets at a time; 0 is no limit.
pub fn set_maxconn(world: &'static World, p: ProxyId, s: ServerId, maxconn: u32) {
    world.server(p, s).set_maxconn(maxconn);
    servers::serve_queues(world, p, s);
}

/// Closes a frontend's ears for a while, or opens them again. `None`: it is stopped for good; `false`: it was so already.
pub fn pause(world: &World, p: ProxyId, paused: bool) -> Option<bool> {
    let (proxy, live) = world.proxy(p);
    let (to, done) = if paused { (State::Paused, "Paused") } else { (State::Running, "Resumed") };
    match live.state() {
        State::Stopped | State::Disabled => return None,
        now if now == to => return Some(false),
        _ => {}
    }
    live.set_state(to);
    super::listener::hear(world, p);
    let kind = if proxy.kind.is_back() { "proxy" } else { "frontend" };
    world.notice(p, 4, &format!("{done} {kind} {}.", proxy.name));
    Some(true)
}

/// The same for all that listen.
pub fn pause_all(world: &World, paused: bool) {
    let listening = world.config.proxies.iter().enumerate().filter(|(_, p)| !p.listeners.is_empty());
    for (i, _) in listening {
        pause(world, ProxyId(i), paused);
    }
}

/// Stops a frontend for good. `false`: it was so already.
pub fn shut(world: &World, p: ProxyId) -> bool {
    if matches!(world.proxies[p.0].state(), State::Stopped | State::Disabled) {
        return false;
    }
    super::stop::one(world, p);
    super::listener::hear(world, p);
    true
}

/// Starts the counters again: the maxima only, or everything.
pub fn clear_counters(world: &World, all: bool) {
    for live in &world.proxies {
        live.front.clear(all);
        live.back.clear(all);
        live.servers.iter().for_each(|s| s.counters.clear(all));
        live.listeners.iter().for_each(|l| l.counters.clear(all));
    }
    world.process.clear(all);
}
