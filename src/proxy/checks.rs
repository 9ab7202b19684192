//! Drives health checks: when to ask, how long to wait.
//!
//! * [`run`]: one check from its connection to its verdict; [`scope`] is what its expressions see
//! * [`report`]: what a finding does to a server, and the line about it
//! * [`change`]: what a change of state means for everybody else
//! * [`slowstart`]: how a server that came back takes its share
//! * [`observe`]: what traffic tells of a server

pub mod change;
pub mod observe;
pub mod report;
pub mod run;
pub mod scope;
pub mod slowstart;

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

pub use change::{backend_changed, changed, followers, left, named, remains_in_drain, shut_sessions};
pub use observe::{Seen, observe};

use super::clock;
use super::thread::Local;
use super::world::{World, lock};
use crate::health::script;
use crate::ir::proxy::Proxy;
use crate::ir::server::Server;
use crate::ir::{ProxyId, ServerId};

/// Starts the checks of a server that came later; `enable health` lets them begin.
pub fn start_one(local: &'static Local, p: ProxyId, s: ServerId) {
    let options = &spec(local.world, p, s).1.options;
    if options.check {
        tokio::task::spawn_local(drive(local, p, s, Duration::ZERO));
    }
    if options.agent_check && options.agent_port.is_some() {
        tokio::task::spawn_local(super::agent::drive(local, p, s));
    }
}

/// Starts the checks of every server, spread over one interval so that they do not all come at once. One thread of the
/// process does this.
pub fn start(local: &'static Local) {
    let world = local.world;
    let all: Vec<(ProxyId, ServerId)> = world
        .config
        .proxies
        .iter()
        .enumerate()
        .filter(|(_, p)| !p.disabled)
        .flat_map(|(i, p)| p.servers.iter().enumerate().map(move |(j, s)| (ProxyId(i), ServerId(j), s)))
        .filter(|(_, _, s)| s.options.check)
        .map(|(p, s, _)| (p, s))
        .collect();
    let least = all.iter().map(|&(p, s)| timing(world, p, s).inter).min().unwrap_or_default();
    let spread = least.min(world.config.global.max_spread_checks.unwrap_or(least));
    for (i, &(p, s)) in all.iter().enumerate() {
        let wait = spread.mul_f64(i as f64 / all.len() as f64);
        tokio::task::spawn_local(drive(local, p, s, wait));
    }
    for (i, p) in world.config.proxies.iter().enumerate().filter(|(_, p)| !p.disabled) {
        for (j, s) in p.servers.iter().enumerate().filter(|(_, s)| s.options.agent_check) {
            if s.options.agent_port.is_some() {
                tokio::task::spawn_local(super::agent::drive(local, ProxyId(i), ServerId(j)));
            }
        }
    }
}

fn spec(world: &'static World, p: ProxyId, s: ServerId) -> (&'static Proxy, &'static Server) {
    let proxy = &world.config.proxies[p.0];
    (proxy, &proxy.servers[s.0])
}

fn timing(world: &'static World, p: ProxyId, s: ServerId) -> &'static crate::ir::check::CheckTiming {
    &spec(world, p, s).1.options.timing
}

async fn drive(local: &'static Local, p: ProxyId, s: ServerId, first: Duration) {
    let world = local.world;
    let timer = local.timers.timer();
    let script = script::of(&world.config.proxies[p.0].checks);
    timer.sleep(first).await;
    while !world.config.proxies[p.0].servers.is_gone(s.0) {
        let live = world.server(p, s);
        let began = clock::now();
        let enabled = live.checks_enabled.load(Relaxed);
        if enabled && lock(&live.health).admin != crate::health::state::Admin::Maintenance {
            let outcome = run::check(local, &timer, (p, s), &script).await;
            report::report(world, p, s, outcome);
        }
        let pause = interval(world, p, s);
        let mut next = (began + pause).max(clock::now() + Duration::from_millis(1));
        loop {
            timer.arm(Some(next));
            tokio::select! {
                () = timer.elapsed() => break,
                () = live.check_now.notified() => break,
                () = live.check_soon.notified() => {
                    if let Some(fast) = timing(world, p, s).fastinter {
                        next = next.min(clock::now() + fast);
                    }
                }
            }
        }
    }
}

/// Until the next check: `inter`, `fastinter` while it is between up and down, `downinter` while it is down.
fn interval(world: &'static World, p: ProxyId, s: ServerId) -> Duration {
    let t = timing(world, p, s);
    let health = lock(&world.server(p, s).health);
    let base = if health.is_moving() {
        t.fastinter.unwrap_or(t.inter)
    } else if health.is_up() {
        t.inter
    } else {
        t.downinter.unwrap_or(t.inter)
    };
    drop(health);
    let spread = world.config.global.spread_checks;
    if spread == 0 {
        return base;
    }
    // Up to so many percent more or less.
    let chance = (super::stream::stage::random() % 2001) as f64 / 1000.0 - 1.0;
    base.mul_f64(1.0 + chance * f64::from(spread) / 100.0)
}
