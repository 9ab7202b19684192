//! A server that came back takes its share step by step (HAProxy manual 5.2 `slowstart`): once a second a sixteenth or more of its
//! weight, and as much of its `maxconn`; then it is told that it is up.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use super::change;
use crate::ir::{ProxyId, ServerId};
use crate::log::health::{self, Cause};
use crate::proxy::servers::{self, Ramp};
use crate::proxy::world::World;

const STEP: Duration = Duration::from_secs(1);

/// Begins the ramp; it ends with `time`, or when the server's state changes again.
pub fn begin(world: &'static World, p: ProxyId, s: ServerId, time: Duration) {
    let live = world.server(p, s);
    live.set_ramp(Ramp::after(Duration::ZERO, time));
    let began = live.last_change.load(Relaxed);
    let first = super::lock(&world.threads).first().cloned();
    let Some(thread) = first else { return };
    thread.tell(move |local| {
        tokio::task::spawn_local(async move {
            let timer = local.timers.timer();
            let mut passed = Duration::ZERO;
            while passed < time {
                timer.sleep(STEP).await;
                passed += STEP;
                if live.last_change.load(Relaxed) != began || live.is_down() {
                    return;
                }
                live.set_ramp(Ramp::after(passed, time));
                world.proxies[p.0].refresh(&world.config.proxies[p.0], s);
                servers::serve_queues(world, p, s);
            }
            let (proxy, left) = (&world.config.proxies[p.0], change::left(world, p, s, 0));
            let server = &proxy.servers[s.0];
            let line = health::up(&proxy.name, &server.name, "is UP", &Cause::default(), left);
            world.notice(p, 5, &change::named(line, server));
        });
    });
}
