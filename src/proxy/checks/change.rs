//! A server's state has changed: the balancer, its queue, its sessions, the servers that follow it and the logs hear of it.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use super::spec;
use crate::health::state::Change;
use crate::ir::proxy::ProxyKind;
use crate::ir::server::{OnMarkedDown, OnMarkedUp, Server};
use crate::ir::{ProxyId, ServerId};
use crate::log::health::{self, Cause, Left};
use crate::proxy::world::{World, lock};
use crate::proxy::{clock, end, registry, servers};

/// A server's state has changed: the balancer, its queue, its sessions and the logs hear of it.
pub fn changed(world: &'static World, p: ProxyId, s: ServerId, change: Change, cause: &Cause<'_>) {
    let (proxy, server) = spec(world, p, s);
    let (live, farm) = (world.server(p, s), &world.proxies[p.0]);
    let usable = lock(&live.health).is_usable();
    let had = farm.usable();
    live.set_usable(usable);
    let now = world.uptime_ms();
    let since = live.last_change.swap(now, Relaxed);
    if change == Change::Up {
        live.down_time.fetch_add(now.saturating_sub(since), Relaxed);
        if let Some(time) = server.options.slowstart.filter(|_| world.uptime_ms() > 1000) {
            slow_start(world, p, s, time);
        }
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
            servers::serve_queues(world, p, s);
        }
    }
    let (active, backup) = farm.usable();
    let left = Left { active, backup, sessions: live.counters.streams.get(), requeued, queued: farm.back.queued.get() };
    let kind = if server.options.backup { "Backup Server" } else { "Server" };
    let line = match change {
        Change::Up => health::up(&proxy.name, &server.name, "UP", cause, left),
        Change::Down => health::down(&proxy.name, &server.name, "DOWN", cause, left),
        Change::Stopping => health::up(&proxy.name, &server.name, "stopping", cause, left),
    };
    let line = line.replacen("Server", kind, 1);
    world.notice(p, if change == Change::Down { 1 } else { 5 }, &line);
    tracked(world, p, s, change);
    backend_changed(world, p, had, (active, backup), now);
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

/// A server that came back takes its share step by step.
fn slow_start(world: &'static World, p: ProxyId, s: ServerId, time: Duration) {
    let live = world.server(p, s);
    live.set_ramp(1);
    let first = lock(&world.threads).first().cloned();
    let Some(thread) = first else { return };
    thread.tell(move |local| {
        tokio::task::spawn_local(async move {
            let timer = local.timers.timer();
            let began = clock::now();
            let step = (time / 20).max(Duration::from_millis(100)).min(Duration::from_secs(1));
            loop {
                timer.sleep(step).await;
                let live = world.server(p, s);
                if !live.is_usable() {
                    return;
                }
                let passed = began.elapsed();
                let percent = (passed.as_millis() * 100 / time.as_millis().max(1)).clamp(1, 100) as u32;
                live.set_ramp(percent);
                world.proxies[p.0].refresh(&world.config.proxies[p.0], s);
                servers::serve_queues(world, p, s);
                if percent >= 100 {
                    return;
                }
            }
        });
    });
}
