//! Collects every process that ends on a host: the first process inherits all orphans, and keeps how each ended.

use nix::{
    sys::wait::{WaitPidFlag, WaitStatus, waitpid},
    unistd::Pid,
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::Notify,
};

/// How the host's processes ended, by pid.
#[derive(Clone, Default)]
pub struct Children {
    ended: Arc<Mutex<HashMap<i32, i32>>>,
    changed: Arc<Notify>,
}

impl Children {
    /// Starts collecting, on the runtime of the caller.
    #[must_use]
    pub fn collect() -> Self {
        let children = Self::default();
        let own = children.clone();
        // Registered before the first child exists, so that no end is missed.
        let mut signals = signal(SignalKind::child()).expect("SIGCHLD can be watched");
        tokio::spawn(async move {
            loop {
                own.collect_all();
                if signals.recv().await.is_none() {
                    break;
                }
            }
        });
        children
    }

    fn collect_all(&self) {
        while let Ok(status) = waitpid(Pid::from_raw(-1), Some(WaitPidFlag::WNOHANG)) {
            // As a shell says it: the exit status, or 128 and the signal.
            let (pid, code) = match status {
                WaitStatus::Exited(pid, code) => (pid, code),
                WaitStatus::Signaled(pid, signal, _) => (pid, 128 + signal as i32),
                WaitStatus::StillAlive => break,
                _ => continue,
            };
            self.ended.lock().expect("nobody panics holding it").insert(pid.as_raw(), code);
            self.changed.notify_waiters();
        }
    }

    /// How process `pid` ended; waits for it.
    pub async fn end_of(&self, pid: i32) -> i32 {
        loop {
            let changed = self.changed.notified();
            if let Some(code) = self.ended.lock().expect("nobody panics holding it").remove(&pid) {
                return code;
            }
            changed.await;
        }
    }

    /// Waits until some process ends.
    pub async fn some_end(&self) {
        self.changed.notified().await;
    }
}
