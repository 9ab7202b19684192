//! The end of a process: at once, or softly, when the last session is over.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::watch;

use super::thread::Local;
use super::world::{State, World, lock};

/// Stops listening and lets sessions finish. Idle ones close at once.
pub fn softly(world: &'static World, closing: &watch::Sender<bool>) {
    if world.stopping.swap(true, Ordering::SeqCst) {
        return;
    }
    let _ = closing.send(true);
    for (i, live) in world.proxies.iter().enumerate() {
        if matches!(live.state(), State::Disabled | State::Stopped) {
            continue;
        }
        one(world, crate::ir::ProxyId(i));
    }
    for thread in lock(&world.threads).iter() {
        thread.tell(|local| local.timers.wake_all());
    }
}

/// Stops one proxy for good and says so.
pub fn one(world: &World, id: crate::ir::ProxyId) {
    let (p, live) = world.proxy(id);
    live.set_state(State::Stopped);
    let line = format!(
        "Proxy {} stopped (cumulated conns: FE: {}, BE: {}).",
        p.name,
        live.front.total_connections.get(),
        live.back.total_streams.get()
    );
    world.notice(id, 4, &line);
}

/// Ready when the process has no session left, or `hard-stop-after` is over.
pub async fn drained(local: &'static Local, mut closing: watch::Receiver<bool>) {
    let world = local.world;
    while !*closing.borrow() {
        if closing.changed().await.is_err() {
            return;
        }
    }
    let timer = local.timers.timer();
    let limit = world.config.global.hard_stop_after.map(|d| super::clock::now() + d);
    // Sockets that are still in the backlog of our listening sockets belong to us until those are closed.
    while world.accepting.load(Ordering::SeqCst) > 0 || world.process.connections.get() > 0 {
        if limit.is_some_and(|l| super::clock::refresh() >= l) {
            return;
        }
        timer.sleep(Duration::from_millis(10)).await;
    }
}
