//! Signals of a worker: USR1 lets it finish, TERM and INT end it, HUP shows how servers are, TTOU pauses it until TTIN.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::operate;
use super::stop;
use super::thread::Local;
use super::world::World;

/// Returns when the process is to end at once.
pub async fn handle(local: &'static Local, closing: &watch::Sender<bool>) {
    let world = local.world;
    let [pausing, resuming] = [libc::SIGTTOU, libc::SIGTTIN].map(SignalKind::from_raw);
    let kinds = [SignalKind::user_defined1(), SignalKind::hangup(), SignalKind::pipe(), pausing, resuming];
    let [Ok(mut soft), Ok(mut show), Ok(mut pipe), Ok(mut pause), Ok(mut resume)] = kinds.map(signal) else {
        return std::future::pending().await;
    };
    crate::process::signals::unblock_all();
    loop {
        tokio::select! {
            _ = soft.recv() => {
                // `grace`: those who watch us have to notice first.
                if let Some(grace) = world.config.global.grace {
                    local.timers.timer().sleep(grace).await;
                }
                stop::softly(world, closing);
            }
            _ = show.recv() => show_servers(world),
            _ = pipe.recv() => {}
            _ = pause.recv() => operate::pause_all(world, true),
            _ = resume.recv() => operate::pause_all(world, false),
        }
    }
}

fn show_servers(world: &World) {
    for (p, live) in world.config.proxies.iter().zip(&world.proxies) {
        for (i, s) in p.servers.present() {
            let server = &live.servers[i];
            let line = format!(
                "SIGHUP: Server {}/{} is {}. Conn: {} act, {} pend, {} tot.",
                p.name,
                s.name,
                if server.is_usable() { "UP" } else { "DOWN" },
                server.counters.streams.get(),
                server.queued(),
                server.counters.total_streams.get()
            );
            world.notice(live.id, 5, &line);
        }
    }
}
