//! The streams of all threads, and of the operators, as an operator lists and ends them.

use tokio::sync::oneshot;

use super::clock;
use super::end::Who;
use super::registry::Session;
use super::servers::Target;
use super::thread::Local;
use super::world::{World, lock};
use crate::cli::streams::Seen;
use crate::log::date;

/// Asks every thread for something and waits for all of them.
async fn ask_all<T: Send + 'static>(
    world: &'static World,
    ask: impl Fn(&'static Local) -> T + Send + Copy + 'static,
) -> Vec<T> {
    let threads = lock(&world.threads).clone();
    let mut answers = Vec::new();
    for t in threads {
        let (sender, receiver) = oneshot::channel();
        t.tell(move |local| {
            let _ = sender.send(ask(local));
        });
        answers.push(receiver);
    }
    let mut out = Vec::new();
    for a in answers {
        out.extend(a.await);
    }
    out
}

/// `show sess`: a line each; `all` or a number: in detail.
pub async fn list(world: &'static World, which: Option<&str>) -> String {
    let threads = ask_all(world, |local| local.registry.all().iter().map(|s| seen(local.world, s)).collect::<Vec<_>>());
    let mut all: Vec<Seen> = threads.await.into_iter().flatten().collect();
    all.extend(lock(&world.operators).values());
    all.sort_by_key(|s| s.number);
    let (config, now) = (&world.config, clock::unix_micros());
    let details = |s: &Seen| s.details(config, now, &began(world, s.began));
    match which.map(|w| (w, u64::from_str_radix(w.trim_start_matches("0x"), 16))) {
        None => all.iter().map(|s| s.line(config, now)).collect(),
        Some(("all", _)) => all.iter().map(details).collect(),
        Some((_, number)) => {
            let found = number.ok().and_then(|n| all.iter().find(|s| s.number == n));
            found.map_or_else(|| "Session not found.\n".to_owned(), details)
        }
    }
}

/// `22/Nov/2026:23:29:14.415571`
fn began(world: &World, micros: i64) -> String {
    let mut out = Vec::new();
    date::clf_ms(&date::civil(micros.div_euclid(1_000_000), world.offset()), 0, &mut out);
    let text = String::from_utf8_lossy(&out).into_owned();
    let seconds = text.rsplit_once('.').map_or(text.as_str(), |(s, _)| s);
    format!("{seconds}.{:06}", micros.rem_euclid(1_000_000))
}

fn seen(world: &World, s: &Session) -> Seen {
    let server = s.backend.get().zip(s.server.get());
    let address = |(p, s)| (**world.server(p, s).address.load()).as_ref().and_then(Target::inet);
    Seen {
        number: s.number.get(),
        began: s.began.get(),
        client: s.client.get(),
        destination: s.destination.get(),
        frontend: s.frontend.get().map(|p| (p, s.listener.get())),
        backend: s.backend.get(),
        server: s.server.get(),
        server_address: server.and_then(address),
    }
}

/// Ends one by its number; the words for the operator.
pub async fn kill(world: &'static World, id: &str) -> String {
    let Ok(number) = u64::from_str_radix(id.trim_start_matches("0x"), 16) else {
        return "No such session (use 'show sess').\n".to_owned();
    };
    let killed: usize = ask_all(world, move |local| {
        let n = local.registry.kill(Who::Killed, |s| s.number.get() == number);
        if n > 0 {
            local.timers.wake_all();
        }
        n
    })
    .await
    .into_iter()
    .sum();
    if killed == 0 { "No such session (use 'show sess').\n".to_owned() } else { String::new() }
}
