//! Signals to the VRRP process and to the checkers' process, and what they ask for.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::process::signals::{realtime_max, realtime_min};

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::failover) enum Asked {
    Stop,
    Reload,
    Data,
    Stats,
    Json,
    Clear,
}

/// Signals that such a process listens for.
pub(in crate::failover) struct Signals {
    stop: Signal,
    interrupt: Signal,
    reload: Signal,
    data: Signal,
    stats: Signal,
    json: Signal,
    clear: Signal,
}

impl Signals {
    pub(in crate::failover) fn new() -> io::Result<Self> {
        Ok(Self {
            stop: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            reload: signal(SignalKind::hangup())?,
            data: signal(SignalKind::user_defined1())?,
            stats: signal(SignalKind::user_defined2())?,
            json: signal(SignalKind::from_raw(realtime_min() + 2))?,
            clear: signal(SignalKind::from_raw(realtime_max() - 1))?,
        })
    }

    pub(in crate::failover) async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.stop.recv() => Asked::Stop,
            _ = self.interrupt.recv() => Asked::Stop,
            _ = self.reload.recv() => Asked::Reload,
            _ = self.data.recv() => Asked::Data,
            _ = self.stats.recv() => Asked::Stats,
            _ = self.json.recv() => Asked::Json,
            _ = self.clear.recv() => Asked::Clear,
        }
    }
}
