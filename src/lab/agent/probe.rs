//! A visitor who asks every 20 ms over a new connection, whatever happened to the last question.

use super::fetch;
use crate::lab::{article, clock, service::TICK};
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{sync::Notify, task::JoinSet, time};

/// How long one question waits for its answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// A running probe.
pub struct Probe {
    stop: Arc<Notify>,
    done: tokio::task::JoinHandle<()>,
    samples: Arc<Mutex<Vec<Value>>>,
}

impl Probe {
    /// Starts asking `target`, on the runtime of the caller.
    #[must_use]
    pub fn start(target: SocketAddr) -> Self {
        let (stop, samples) = (Arc::new(Notify::new()), Arc::new(Mutex::new(Vec::new())));
        let (stopped, into) = (stop.clone(), samples.clone());
        let done = tokio::spawn(async move {
            let mut asking = JoinSet::new();
            let mut ticks = time::interval(TICK);
            loop {
                tokio::select! {
                    () = stopped.notified() => break,
                    _ = ticks.tick() => {
                        let into = into.clone();
                        asking.spawn(async move {
                            let sample = ask(target).await;
                            into.lock().expect("nobody panics holding it").push(sample);
                        });
                    }
                    Some(_) = asking.join_next() => {}
                }
            }
            while asking.join_next().await.is_some() {}
        });
        Self { stop, done, samples }
    }

    /// Asks no more, waits for the answers that are under way, and gives all samples: see [`crate::lab::service::Sample`].
    pub async fn finish(self) -> Vec<Value> {
        self.stop.notify_one();
        let _ = self.done.await;
        std::mem::take(&mut self.samples.lock().expect("nobody panics holding it"))
    }
}

async fn ask(target: SocketAddr) -> Value {
    let start = clock::now();
    let (good, what) = match time::timeout(PATIENCE, fetch::get(target, "/", None)).await {
        Ok(Ok(got)) if got.status == 200 => (true, article::heading(&got.body).unwrap_or("200").to_owned()),
        Ok(Ok(got)) => (false, got.status.to_string()),
        Ok(Err(error)) => (false, fetch::failure(&error).to_owned()),
        Err(_) => (false, "timeout".to_owned()),
    };
    json!([start, clock::now(), good, what])
}
