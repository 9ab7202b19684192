//! What traffic tells of a server (HAProxy manual 5.2 `observe`, `on-error`, `error-limit`).

use std::sync::atomic::Ordering::Relaxed;

use super::change::changed;
use super::spec;
use crate::ir::server::{Observe, OnError};
use crate::ir::{ProxyId, ServerId};
use crate::log::health::Cause;
use crate::proxy::world::{World, lock};

/// What traffic tells of a server (`observe`): a failed connection at layer 4, a bad response at layer 7.
pub fn observe(world: &'static World, p: ProxyId, s: ServerId, layer4: bool, ok: bool) {
    let (_, server) = spec(world, p, s);
    let o = &server.options;
    match o.observe {
        Observe::None => return,
        Observe::Layer4 if !layer4 && !ok => return,
        Observe::Layer7 if layer4 => return,
        _ => {}
    }
    let live = world.server(p, s);
    if ok {
        live.errors.store(0, Relaxed);
        return;
    }
    if live.errors.fetch_add(1, Relaxed) + 1 < o.error_limit.max(1) {
        return;
    }
    live.errors.store(0, Relaxed);
    live.counters.failed_health_analyses.inc();
    let change = {
        let mut h = lock(&live.health);
        match o.on_error {
            OnError::Fastinter => None,
            OnError::FailCheck => h.suspect(),
            OnError::SuddenDeath => {
                h.on_the_brink();
                h.suspect()
            }
            OnError::MarkDown => h.force_down(),
        }
    };
    live.check_soon.notify_one();
    if let Some(change) = change {
        let info = format!(
            "Detected {} consecutive errors, last one was: {}",
            o.error_limit,
            if layer4 { "L4 unsuccessful connection" } else { "Wrong http response" }
        );
        let cause = Cause { reason: "Health analyze", info: &info, ..Cause::default() };
        changed(world, p, s, change, &cause);
    }
}
