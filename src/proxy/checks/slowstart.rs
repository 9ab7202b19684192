//! A server that came back takes its share step by step (HAProxy manual 5.2 `slowstart`): once a second a sixteenth or more of its
//! weight, and as much of its `maxconn`.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use super::super::servers::Ramp;
use crate::ir::{ProxyId, ServerId};
use crate::proxy::servers;
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
        });
    });
}
