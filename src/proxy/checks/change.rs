//! A server's state has changed: the balancer, its queue, its sessions, the servers that follow it and the logs hear of it.

use std::sync::atomic::Ordering::Relaxed;

use super::{slowstart, spec};
use crate::health::state::{Admin, Change};
use crate::ir::proxy::ProxyKind;
use crate::ir::server::{OnMarkedDown, OnMarkedUp, Server};
use crate::ir::{ProxyId, ServerId};
use crate::log::health::{self, Cause, Left};
use crate::proxy::servers::Ramp;
use crate::proxy::world::{World, lock};
use crate::proxy::{end, registry, servers};

/// A server's state has changed: the balancer, its queue, its sessions and the logs hear of it.
pub fn changed(world: &'static World, p: ProxyId, s: ServerId, change: Change, cause: &Cause<'_>) {
    let (proxy, server) = spec(world, p, s);
    let (live, farm) = (world.server(p, s), &world.proxies[p.0]);
    let (was_usable, was_down) = (live.is_usable(), live.is_down());
    live.take_state();
    let had = farm.usable();
    let now = world.uptime_ms();
    let since = live.last_change.swap(now, Relaxed);
    if was_down && change != Change::Down {
        live.down_time.fetch_add(now.saturating_sub(since), Relaxed);
    }
    live.set_ramp(Ramp::FULL);
    if let Some(time) = server.options.slowstart.filter(|_| change == Change::Up) {
        slowstart::begin(world, p, s, time);
    }
    farm.refresh(proxy, s);
    let mut requeued = 0;
    match change {
        Change::Down => {
            live.counters.down_transitions.inc();
            requeued = servers::drain_queue(live);
            if server.options.on_marked_down == OnMarkedDown::ShutdownSessions {
                shut_sessions(world, p, s, end::Who::Down);
            }
        }
        Change::Stopping => requeued = servers::drain_queue(live),
        Change::Up => {
            if server.options.on_marked_up == OnMarkedUp::ShutdownBackupSessions {
                for (i, other) in proxy.servers.iter().enumerate() {
                    if other.options.backup {
                        shut_sessions(world, p, ServerId(i), end::Who::Up);
                    }
                }
            }
        }
    }
    servers::serve_backend(world, p);
    let left = left(world, p, s, requeued);
    let line = match change {
        Change::Up => health::up(&proxy.name, &server.name, "is UP", cause, left),
        Change::Down => health::down(&proxy.name, &server.name, "is DOWN", cause, left),
        Change::Stopping => health::up(&proxy.name, &server.name, "is stopping", cause, left),
    };
    world.notice(p, if change == Change::Down && was_usable { 1 } else { 5 }, &named(line, server));
    if lock(&live.health).admin == Admin::Drain {
        remains_in_drain(world, p, s);
    }
    tracked(world, p, s, change);
    backend_changed(world, p, had, (left.active, left.backup), now);
}

/// What a backend has after a change of one of its servers.
pub fn left(world: &World, p: ProxyId, s: ServerId, requeued: u32) -> Left {
    let farm = &world.proxies[p.0];
    let (active, backup) = farm.usable();
    let sessions = world.server(p, s).counters.streams.get();
    Left { active, backup, sessions, requeued, queued: farm.back.queued.get() }
}

/// A line about a server, which says of a backup server that it is one.
pub fn named(line: String, server: &Server) -> String {
    if server.options.backup { line.replacen("Server", "Backup Server", 1) } else { line }
}

/// Whatever else changed, an operator has let it drain.
pub fn remains_in_drain(world: &World, p: ProxyId, s: ServerId) {
    let (proxy, server) = (&world.config.proxies[p.0], &world.config.proxies[p.0].servers[s.0]);
    let line = format!("Server {}/{} remains in forced drain mode.", proxy.name, server.name);
    world.notice(p, 5, &named(line, server));
}

/// A backend that has nobody left says so.
pub fn backend_changed(world: &'static World, p: ProxyId, had: (u32, u32), has: (u32, u32), now: u64) {
    let farm = &world.proxies[p.0];
    let (before, after) = (had.0 + had.1 > 0, has.0 + has.1 > 0);
    if before == after {
        return;
    }
    let since = farm.last_change.swap(now, Relaxed);
    if after {
        farm.down_time.fetch_add(now.saturating_sub(since), Relaxed);
    } else {
        farm.back.down_transitions.inc();
        let proxy = &world.config.proxies[p.0];
        let (name, kind) = (&proxy.name, if proxy.kind == ProxyKind::Listen { "proxy" } else { "backend" });
        eprintln!("[ALERT]    ({}) : {kind} '{name}' has no server available!", world.identity.pid);
        world.log(p, 0, format!("{kind} {name} has no server available!").as_bytes());
    }
}

/// Servers that follow this one (`track`).
pub fn followers(world: &'static World, p: ProxyId, s: ServerId) -> impl Iterator<Item = (ProxyId, ServerId)> {
    let follows = move |server: &Server| server.options.track.as_ref().and_then(|t| t.target) == Some((p, s));
    world.config.proxies.iter().enumerate().flat_map(move |(i, proxy)| {
        let all = proxy.servers.present();
        all.filter(move |(_, x)| follows(x)).map(move |(j, _)| (ProxyId(i), ServerId(j)))
    })
}

fn tracked(world: &'static World, p: ProxyId, s: ServerId, change: Change) {
    let (proxy, server) = spec(world, p, s);
    let via = format!("via {}/{}", proxy.name, server.name);
    for (q, t) in followers(world, p, s) {
        let moved = {
            let mut h = lock(&world.server(q, t).health);
            match change {
                Change::Up => h.force_up(),
                Change::Down => h.force_down(),
                Change::Stopping => None,
            }
        };
        if let Some(change) = moved {
            changed(world, q, t, change, &Cause { reason: &via, ..Cause::default() });
        }
    }
}

/// Ends the sessions of a server, on whichever thread they are.
pub fn shut_sessions(world: &'static World, p: ProxyId, s: ServerId, why: end::Who) {
    for thread in lock(&world.threads).iter() {
        thread.tell(move |local| {
            let there = |x: &registry::Session| x.backend.get() == Some(p) && x.server.get() == Some(s);
            if local.registry.kill(why, there) > 0 {
                local.timers.wake_all();
            }
        });
    }
}
