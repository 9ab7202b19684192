//! What a line of statistics is about, as references to the configuration, the counters and the state of the moment.

use super::counters;
use crate::health::{Health, result::Verdict, state::Admin};
use crate::ir::listener::Listener;
use crate::ir::proxy::{Mode, Proxy};
use crate::ir::server::Server;

/// One line.
#[derive(Clone, Copy)]
pub enum Subject<'a> {
    Frontend(&'a Front<'a>),
    Backend(&'a Back<'a>),
    Server(&'a Srv<'a>),
    Listener(&'a Socket<'a>),
}

/// What every line shares.
#[derive(Clone, Copy)]
pub struct Common<'a> {
    pub proxy: &'a Proxy,
    /// Milliseconds since start.
    pub now: u64,
}

pub struct Front<'a> {
    pub common: Common<'a>,
    pub counters: &'a counters::Front,
    /// `OPEN`, `STOP`, `PAUSED`
    pub status: &'static str,
    pub maxconn: u32,
    /// What `h1_*` count: connections and requests that are open now.
    pub open_streams: u32,
}

pub struct Back<'a> {
    pub common: Common<'a>,
    pub counters: &'a counters::Back,
    pub active: u32,
    pub backup: u32,
    /// Sums of the usable servers' effective and set weights.
    pub weight: u32,
    pub user_weight: u32,
    /// Seconds since the backend last gained its first or lost its last server.
    pub last_change: u64,
    pub down_time: u64,
    pub fullconn: u32,
}

pub struct Socket<'a> {
    pub common: Common<'a>,
    pub listener: &'a Listener,
    pub counters: &'a counters::Listener,
    pub open: bool,
}

pub struct Srv<'a> {
    pub common: Common<'a>,
    pub server: &'a Server,
    pub counters: &'a counters::Server,
    pub health: &'a Health,
    pub address: String,
    /// Its value in cookies.
    pub cookie: Option<String>,
    /// Slots taken.
    pub served: u32,
    pub queued: u32,
    pub maxconn: u32,
    pub weight: u32,
    /// The weight that the balancer uses, in the units of the configuration.
    pub effective_weight: u32,
    /// Percent of the weight while it starts slowly.
    pub throttle: Option<u32>,
    /// Seconds.
    pub last_change: u64,
    pub down_time: u64,
    /// `backend/server` that it takes its state from.
    pub tracked: Option<String>,
}

impl<'a> Subject<'a> {
    pub fn common(&self) -> Common<'a> {
        match self {
            Self::Frontend(f) => f.common,
            Self::Backend(b) => b.common,
            Self::Server(s) => s.common,
            Self::Listener(l) => l.common,
        }
    }

    pub fn is_http(&self) -> bool {
        self.common().proxy.mode == Mode::Http
    }
}

impl Srv<'_> {
    /// Whether checks say how it is, its own or those of the server that it follows.
    pub fn is_checked(&self) -> bool {
        self.server.options.check || self.tracked.is_some()
    }

    /// `UP`, `UP 1/3`, `DOWN 1/2`, `MAINT`, `DRAIN`, `NOLB`, `no check`: the status column.
    pub fn status(&self) -> String {
        let h = self.health;
        if h.admin == Admin::Maintenance {
            return match &self.tracked {
                Some(t) => format!("MAINT (via {t})"),
                None => "MAINT".to_owned(),
            };
        }
        let drain = h.admin == Admin::Drain;
        let up = h.level >= h.rise;
        if h.agent_down && up {
            return "DOWN (agent)".to_owned();
        }
        match (up, drain) {
            (true, _) if h.stopping => "NOLB".to_owned(),
            (true, true) if !self.is_checked() && self.server.options.agent_check => "DRAIN (agent)".to_owned(),
            (true, true) if self.is_checked() && h.level < h.full() => {
                format!("DRAIN {}/{}", h.level + 1 - h.rise, h.fall)
            }
            (true, true) => "DRAIN".to_owned(),
            (true, false) if !self.is_checked() => "no check".to_owned(),
            (true, false) if h.level < h.full() && h.last.verdict != Verdict::Initializing => {
                format!("UP {}/{}", h.level + 1 - h.rise, h.fall)
            }
            (true, false) => "UP".to_owned(),
            (false, _) if h.level > 0 => format!("DOWN {}/{}", h.level, h.rise),
            (false, _) => "DOWN".to_owned(),
        }
    }
}
