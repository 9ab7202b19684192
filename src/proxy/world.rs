//! What all threads of a process share: the configuration, which never changes, and what lives beside it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};

use tokio::sync::watch;

use super::clock;
use super::listener::Ear;
use super::logger::{Identity, Line, Target};
use super::rings::RingLive;
use super::servers::ServerLive;
use crate::balance::farm::{Farm, Member};
use crate::cli::streams::Seen;
use crate::expr::pattern::Library;
use crate::expr::vars::VarList;
use crate::expr::versions::Versions;
use crate::ir::growing::Growing;
use crate::ir::proxy::{Balance, Proxy};
use crate::ir::{Config, ProxyId, ServerId};
use crate::queue::Queue;
use crate::stats::counters;
use crate::stats::invalid::Invalid;
use crate::table::shards::Shards;

/// One process.
pub struct World {
    pub config: Config,
    pub patterns: Library,
    /// By the first of the sets that share a file.
    pub pattern_versions: Mutex<BTreeMap<usize, Versions>>,
    pub variables: Arc<RwLock<VarList>>,
    pub proxies: Vec<ProxyLive>,
    pub process: counters::Process,
    pub identity: Identity,
    pub global_log: Vec<Target>,
    pub rings: Vec<Arc<RingLive>>,
    pub started: clock::Moment,
    /// Microseconds since 1970.
    pub started_at: i64,
    /// Seconds east of UTC, looked at again now and then.
    pub utc_offset: AtomicI32,
    /// As configured; an operator may set less.
    pub hard_maxconn: u32,
    pub limits: Limits,
    pub stopping: AtomicBool,
    pub threads: Mutex<Vec<super::thread::Handle>>,
    /// Tasks that take connections: until the last has ended, a connection may come yet.
    pub accepting: AtomicU32,
    /// What a successor may ask for.
    pub ears: OnceLock<Vec<Ear>>,
    /// Told when a proxy is paused, resumed or stopped.
    pub hearing: watch::Sender<()>,
    /// Messages so far that could not be read: numbers them.
    pub invalid_messages: AtomicU64,
    /// Streams so far: numbers them.
    pub streams: AtomicU64,
    /// Connections of operators, by their numbers.
    pub operators: Mutex<BTreeMap<u64, Seen>>,
    /// `-d`: every stream is shown on standard output.
    pub shows_traffic: bool,
}

/// Limits of the process that an operator may change; a rate of 0 is none.
pub struct Limits {
    pub maxconn: AtomicU32,
    pub connection_rate: AtomicU32,
    pub session_rate: AtomicU32,
}

/// How a proxy lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Running,
    Paused,
    Stopped,
    Disabled,
}

/// One proxy.
pub struct ProxyLive {
    pub id: ProxyId,
    pub front: counters::Front,
    pub back: counters::Back,
    pub listeners: Vec<ListenerLive>,
    /// By the numbers of the configured ones.
    pub servers: Growing<ServerLive>,
    pub farm: Mutex<Farm>,
    /// Changes of load so far, which `balance leastconn` goes by.
    pub changes: Option<AtomicU64>,
    /// Whether servers without cookies of their own get some, and the secret that they are made with.
    pub dynamic_cookies: Mutex<(bool, Option<String>)>,
    pub table: Option<Shards>,
    pub queue: Mutex<Queue<super::servers::Waiter>>,
    /// Times that a slot may have come free.
    pub freed: AtomicU64,
    pub log: Vec<Target>,
    pub state: AtomicU8,
    /// The most connections of the front side; an operator may change it.
    pub maxconn: AtomicU32,
    /// Usable servers that are no backup, and that are.
    pub active: AtomicU32,
    pub backup: AtomicU32,
    /// Milliseconds since start of the last change between having and not having servers.
    pub last_change: AtomicU64,
    /// Milliseconds spent without a server.
    pub down_time: AtomicU64,
    /// The last request and the last response that could not be read.
    pub invalid: Mutex<[Option<Arc<Invalid>>; 2]>,
}

/// One bound address.
#[derive(Default)]
pub struct ListenerLive {
    pub counters: counters::Listener,
    pub open: AtomicBool,
    /// Its socket, once it was open.
    pub descriptor: AtomicI32,
}

/// A lock whose holder may have panicked: the data behind ours stays whole at every step.
pub fn lock<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    /// # Errors
    /// A pattern or log target cannot be used.
    pub fn new(config: Config, identity: Identity) -> Result<Self, String> {
        let patterns = Library::new(&config)?;
        let now = clock::unix_micros();
        let maxconn = config.global.maxconn.unwrap_or(u32::MAX);
        let rings: Vec<Arc<RingLive>> = config.rings.iter().map(|r| Arc::new(RingLive::new(r))).collect();
        let threads = super::start::threads(&config);
        let live = |(i, p)| ProxyLive::new(ProxyId(i), p, maxconn, threads, &rings);
        let proxies = config.proxies.iter().enumerate().map(live).collect();
        let global_log = config.global.log.iter().map(|t| Target::new(t, &rings)).collect();
        Ok(Self {
            patterns,
            pattern_versions: Mutex::default(),
            variables: Arc::default(),
            proxies,
            process: counters::Process::default(),
            identity,
            global_log,
            rings,
            started: clock::now(),
            started_at: now,
            utc_offset: AtomicI32::new(crate::process::utc_offset::utc_offset(now / 1_000_000)),
            hard_maxconn: maxconn,
            limits: Limits {
                maxconn: AtomicU32::new(maxconn),
                connection_rate: AtomicU32::new(config.global.maxconnrate.unwrap_or(0)),
                session_rate: AtomicU32::new(config.global.maxsessrate.unwrap_or(0)),
            },
            stopping: AtomicBool::new(false),
            threads: Mutex::default(),
            accepting: AtomicU32::new(0),
            ears: OnceLock::new(),
            hearing: watch::Sender::default(),
            invalid_messages: AtomicU64::new(0),
            streams: AtomicU64::new(0),
            operators: Mutex::default(),
            shows_traffic: false,
            config,
        })
    }

    pub fn proxy(&self, id: ProxyId) -> (&Proxy, &ProxyLive) {
        (&self.config.proxies[id.0], &self.proxies[id.0])
    }

    pub fn server(&self, proxy: ProxyId, server: ServerId) -> &ServerLive {
        &self.proxies[proxy.0].servers[server.0]
    }

    /// Milliseconds since the process started, for rates.
    pub fn uptime_ms(&self) -> u64 {
        clock::now().millis_since(self.started)
    }

    /// A variable of the environment, as the configuration left it.
    pub fn variable(&self, name: &str) -> Option<String> {
        match self.config.global.environment.iter().find(|(n, _)| n == name) {
            Some((_, own)) => own.clone(),
            None => std::env::var(name).ok(),
        }
    }

    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    pub fn offset(&self) -> i32 {
        self.utc_offset.load(Ordering::Relaxed)
    }

    /// Sends a line to every log of a proxy.
    pub fn log(&self, proxy: ProxyId, level: u8, line: &[u8]) {
        self.log_with(proxy, level, line, None, &mut Vec::new());
    }

    /// The same with structured data and the caller's scratch memory.
    pub fn log_with(&self, proxy: ProxyId, level: u8, line: &[u8], structured: Option<&[u8]>, buf: &mut Vec<u8>) {
        let (p, live) = self.proxy(proxy);
        let global = if p.log_global { &self.global_log[..] } else { &[] };
        let line = Line { level, text: line, tag: p.log_tag.as_deref(), structured };
        for t in global.iter().chain(&live.log) {
            if !t.send(&line, &self.identity, self.offset(), buf) {
                self.process.dropped_logs.inc();
            }
        }
    }

    pub fn has_log(&self, proxy: ProxyId) -> bool {
        let (p, live) = self.proxy(proxy);
        !live.log.is_empty() || (p.log_global && !self.global_log.is_empty())
    }

    /// A warning on standard error (while there is one), and in the logs with its own level.
    pub fn notice(&self, proxy: ProxyId, level: u8, line: &str) {
        eprintln!("[WARNING]  ({}) : {line}", self.identity.pid);
        self.log(proxy, level, line.as_bytes());
    }
}

impl ProxyLive {
    fn new(id: ProxyId, p: &Proxy, maxconn: u32, threads: usize, rings: &[Arc<RingLive>]) -> Self {
        let servers: Growing<ServerLive> =
            p.servers.iter().enumerate().map(|(i, s)| ServerLive::new(id, ServerId(i), p, s)).collect();
        let members = servers.iter().zip(&p.servers).map(|(live, s)| member(live, s)).collect();
        let farm = Farm::new(&p.balance, p.hash_type, p.options.allbackups, members).bounded(p.hash_balance_factor);
        let live = Self {
            id,
            front: counters::Front::default(),
            back: counters::Back::default(),
            listeners: p.listeners.iter().map(|_| ListenerLive::default()).collect(),
            servers,
            farm: Mutex::new(farm),
            changes: (p.balance == Balance::LeastConn).then(AtomicU64::default),
            dynamic_cookies: Mutex::new((p.cookie.as_ref().is_some_and(|c| c.dynamic), p.dynamic_cookie_key.clone())),
            table: p.table.as_ref().map(|t| Shards::new(t, threads)),
            queue: Mutex::default(),
            freed: AtomicU64::new(0),
            log: p.log.iter().map(|t| Target::new(t, rings)).collect(),
            state: AtomicU8::new(if p.disabled { State::Disabled } else { State::Running } as u8),
            maxconn: AtomicU32::new(p.maxconn.unwrap_or(maxconn)),
            active: AtomicU32::new(0),
            backup: AtomicU32::new(0),
            last_change: AtomicU64::new(0),
            down_time: AtomicU64::new(0),
            invalid: Mutex::default(),
        };
        live.count_usable(p);
        live.renew_cookies(p);
        live
    }

    /// Makes the servers' dynamic cookies anew.
    pub fn renew_cookies(&self, p: &Proxy) {
        let dynamic = lock(&self.dynamic_cookies);
        let secret = dynamic.1.as_deref().filter(|_| dynamic.0);
        for (live, _) in self.servers.iter().zip(&p.servers).filter(|(_, s)| s.options.cookie.is_none()) {
            let address = live.address.load().as_ref().as_ref().and_then(super::servers::Target::inet);
            let cookie = secret.zip(address).map(|(key, a)| crate::http::cookie::dynamic(key.as_bytes(), a));
            live.cookie.store(Arc::new(cookie));
        }
    }

    pub fn state(&self) -> State {
        match self.state.load(Ordering::Relaxed) {
            0 => State::Running,
            1 => State::Paused,
            2 => State::Stopped,
            _ => State::Disabled,
        }
    }

    pub fn set_state(&self, state: State) {
        self.state.store(state as u8, Ordering::Relaxed);
    }

    /// Usable servers: (active, backup).
    pub fn usable(&self) -> (u32, u32) {
        (self.active.load(Ordering::Relaxed), self.backup.load(Ordering::Relaxed))
    }

    fn count_usable(&self, p: &Proxy) {
        let n = |backup: bool| {
            let fits = |(live, s): &(&ServerLive, &crate::ir::server::Server)| {
                s.options.backup == backup && live.is_usable() && live.weight() > 0
            };
            self.servers.iter().zip(&p.servers).filter(fits).count() as u32
        };
        self.active.store(n(false), Ordering::Relaxed);
        self.backup.store(n(true), Ordering::Relaxed);
    }

    /// Tells the balancer of a server that came later.
    pub fn joined(&self, p: &Proxy, server: ServerId) {
        let m = member(&self.servers[server.0], &p.servers[server.0]);
        lock(&self.farm).push(m);
        self.count_usable(p);
    }

    /// Tells the balancer what became of a server.
    pub fn refresh(&self, p: &Proxy, server: ServerId) {
        let m = member(&self.servers[server.0], &p.servers[server.0]);
        let mut farm = lock(&self.farm);
        if farm.member(server.0) != m {
            farm.set(server.0, m);
            self.servers[server.0].stand_last(self);
        }
        drop(farm);
        self.count_usable(p);
    }
}

fn member(live: &ServerLive, s: &crate::ir::server::Server) -> Member {
    Member {
        weight: live.weight() * live.ramp().sixteenths,
        backup: s.options.backup,
        usable: live.is_usable(),
        id: s.id,
    }
}
