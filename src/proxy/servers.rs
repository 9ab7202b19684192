//! A server as it lives: its state, its slots, and who waits for one.
//!
//! A slot is an atomic count; only when all are taken does a stream stand in a queue (the server's, or the backend's
//! when any server would do). Whoever frees a slot hands it to the next in line, on whichever thread that one waits.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed, Ordering::SeqCst, fence};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::oneshot;

use super::world::{ProxyLive, World, lock};
use crate::balance::farm::{Load, SCALE};
use crate::health::Health;
use crate::ir::address::Address;
use crate::ir::proxy::Proxy;
use crate::ir::server::Server;
use crate::ir::{ProxyId, ServerId};
use crate::queue::{Queue, Ticket};
use crate::stats::counters;

/// Gets the number of the server whose slot it now holds, and how many were ahead.
pub type Waiter = oneshot::Sender<(ServerId, u64)>;

/// One server.
pub struct ServerLive {
    pub proxy: ProxyId,
    pub id: ServerId,
    pub counters: counters::Server,
    /// Idle connections of each thread.
    pub idle_by_thread: [AtomicU32; super::start::MOST_THREADS],
    /// Where it is; `None` while its name could not be resolved.
    pub address: ArcSwap<Option<Target>>,
    /// Its value in cookies: its own, or one made from the backend's secret.
    pub cookie: ArcSwap<Option<String>>,
    /// The SOCKS proxy that leads there.
    pub socks: Option<Target>,
    /// Slots taken.
    served: AtomicU32,
    /// 0: no limit.
    pub maxconn: AtomicU32,
    minconn: AtomicU32,
    /// The backend's load at which `maxconn` is reached; 0 without `minconn`.
    fullconn: u32,
    pub queue: Mutex<Queue<Waiter>>,
    /// Length of the queue, readable without its lock.
    queued: AtomicU32,
    /// When its load or state changed last, by the backend's count.
    changed: AtomicU64,
    usable: AtomicBool,
    /// Found down, or in maintenance.
    down: AtomicBool,
    weight: AtomicU32,
    /// A [`Ramp`], while it starts slowly.
    ramp: [AtomicU32; 2],
    pub health: Mutex<Health>,
    /// Milliseconds since start of the last change of state, and of all time down.
    pub last_change: AtomicU64,
    /// Seconds that its state had lasted when the process started.
    since_before: u64,
    pub down_time: AtomicU64,
    /// Goes up when sessions on it must end (`on-marked-down shutdown-sessions`).
    pub shutdowns: AtomicU64,
    /// Consecutive errors seen in traffic (`observe`).
    pub errors: AtomicU32,
    /// An operator may switch them off.
    pub checks_enabled: AtomicBool,
    pub agent_enabled: AtomicBool,
    /// Wakes the driver of its checks.
    pub check_now: tokio::sync::Notify,
    /// Brings the next check forward to `fastinter` from now, where there is one.
    pub check_soon: tokio::sync::Notify,
}

/// How far a slow start has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ramp {
    /// Of the weight; at least one.
    pub sixteenths: u32,
    /// Of `maxconn`.
    percent: u32,
}

impl Ramp {
    pub const FULL: Self = Self { sixteenths: SCALE, percent: 100 };

    /// After so much of so much time; whole seconds count.
    pub fn after(passed: Duration, time: Duration) -> Self {
        let (passed, time) = (passed.as_secs(), time.as_secs().max(1));
        if passed >= time {
            return Self::FULL;
        }
        let sixteenths = (u64::from(SCALE) * passed + time) / time;
        Self { sixteenths: sixteenths as u32, percent: (100 * passed / time) as u32 }
    }

    pub fn is_full(self) -> bool {
        self == Self::FULL
    }

    /// What of a weight counts.
    pub fn of(self, weight: u32) -> u32 {
        (weight * self.sixteenths).div_ceil(SCALE)
    }
}

/// Where to connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    Inet(SocketAddr),
    Unix(Vec<u8>),
    Abstract(Vec<u8>),
}

impl Target {
    /// Names are resolved here, once, at start.
    pub fn of(address: &Address) -> Option<Self> {
        match address {
            Address::Inet(a) => Some(Self::Inet(*a)),
            Address::Name { host, port, .. } => super::logger::resolve(host, *port).map(Self::Inet),
            Address::Unix(p) => Some(Self::Unix(p.clone().into_bytes())),
            Address::Abstract(n) => Some(Self::Abstract(n.clone().into_bytes())),
            Address::Fd(_) | Address::SockPair(_) => None,
        }
    }

    pub fn inet(&self) -> Option<SocketAddr> {
        match self {
            Self::Inet(a) => Some(*a),
            _ => None,
        }
    }
}

impl ServerLive {
    pub fn new(proxy: ProxyId, id: ServerId, p: &Proxy, s: &Server) -> Self {
        let o = &s.options;
        let mut health = Health::new(&o.timing, o.disabled);
        if let Some(saved) = &s.saved {
            health.resume(saved);
        }
        let saved = s.saved.as_ref();
        Self {
            proxy,
            id,
            counters: counters::Server::default(),
            idle_by_thread: [const { AtomicU32::new(0) }; super::start::MOST_THREADS],
            address: ArcSwap::from_pointee(Target::of(&s.address)),
            cookie: ArcSwap::from_pointee(o.cookie.clone()),
            socks: o.socks4.as_ref().and_then(Target::of),
            served: AtomicU32::new(0),
            maxconn: AtomicU32::new(o.maxconn.unwrap_or(0)),
            minconn: AtomicU32::new(o.minconn.unwrap_or(0)),
            fullconn: if o.minconn.is_some() { p.fullconn.unwrap_or(0) } else { 0 },
            queue: Mutex::default(),
            queued: AtomicU32::new(0),
            changed: AtomicU64::new(0),
            usable: AtomicBool::new(health.is_usable()),
            down: AtomicBool::new(!health.is_reachable()),
            weight: AtomicU32::new(saved.and_then(|s| s.weight).unwrap_or_else(|| u32::from(o.weight.unwrap_or(1)))),
            ramp: [Ramp::FULL.sixteenths, Ramp::FULL.percent].map(AtomicU32::new),
            health: Mutex::new(health),
            last_change: AtomicU64::new(0),
            since_before: saved.map_or(0, |s| s.since),
            down_time: AtomicU64::new(0),
            shutdowns: AtomicU64::new(0),
            errors: AtomicU32::new(0),
            checks_enabled: AtomicBool::new(!saved.is_some_and(|s| s.checks_paused)),
            agent_enabled: AtomicBool::new(!saved.is_some_and(|s| s.agent_paused)),
            check_now: tokio::sync::Notify::const_new(),
            check_soon: tokio::sync::Notify::const_new(),
        }
    }

    /// Seconds since the last change, which a predecessor may have seen; `now` is the process's uptime in milliseconds.
    pub fn since_change(&self, now: u64) -> u64 {
        let changed = self.last_change.load(Relaxed);
        let before = if changed == 0 { self.since_before } else { 0 };
        now.saturating_sub(changed) / 1000 + before
    }

    /// Takes new sessions.
    pub fn is_usable(&self) -> bool {
        self.usable.load(Relaxed)
    }

    /// Found down, or in maintenance.
    pub fn is_down(&self) -> bool {
        self.down.load(Relaxed)
    }

    /// Takes over what has become of its health.
    pub fn take_state(&self) {
        let health = lock(&self.health);
        self.usable.store(health.is_usable(), Relaxed);
        self.down.store(!health.is_reachable(), Relaxed);
    }

    pub fn weight(&self) -> u32 {
        self.weight.load(Relaxed)
    }

    pub fn set_weight(&self, weight: u32) {
        self.weight.store(weight, Relaxed);
    }

    pub fn ramp(&self) -> Ramp {
        let [sixteenths, percent] = [0, 1].map(|i: usize| self.ramp[i].load(Relaxed));
        Ramp { sixteenths, percent }
    }

    pub fn set_ramp(&self, ramp: Ramp) {
        self.ramp[0].store(ramp.sixteenths, Relaxed);
        self.ramp[1].store(ramp.percent, Relaxed);
    }

    /// Slots taken.
    pub fn served(&self) -> u32 {
        self.served.load(Relaxed)
    }

    pub fn queued(&self) -> u32 {
        self.queued.load(Relaxed)
    }

    /// The limit at this moment: `maxconn`, less while the backend is far from `fullconn`, less in a slow start.
    pub fn limit(&self, backend_load: u32) -> u32 {
        let max = self.maxconn.load(Relaxed);
        if max == 0 {
            return u32::MAX;
        }
        let mut limit = max;
        let min = self.minconn.load(Relaxed);
        if min > 0 && min < max && backend_load < self.fullconn {
            let scaled = u64::from(max) * u64::from(backend_load) / u64::from(self.fullconn);
            limit = (scaled as u32).max(min);
        }
        let percent = self.ramp().percent;
        if percent < 100 {
            limit = (u64::from(limit) * u64::from(percent) / 100).max(1) as u32;
        }
        limit
    }

    /// Another limit; where both were one, it stays the only one.
    pub fn set_maxconn(&self, maxconn: u32) {
        let before = self.maxconn.swap(maxconn, Relaxed);
        let _ = self.minconn.compare_exchange(before, maxconn, Relaxed, Relaxed);
    }

    pub fn load(&self, backend_load: u32) -> Load {
        let queued = self.queued();
        let served = self.served();
        Load {
            sessions: served + queued,
            served,
            full: queued > 0 || served >= self.limit(backend_load),
            since: self.changed.load(Relaxed),
        }
    }

    /// Takes a slot if one is free.
    fn acquire(&self, backend_load: u32) -> bool {
        let limit = self.limit(backend_load);
        let taken = self.served.fetch_update(Relaxed, Relaxed, |n| (n < limit).then_some(n + 1));
        taken.is_ok()
    }

    /// Its load or state has changed: of those that will be as loaded, it is the last.
    pub fn stand_last(&self, farm: &ProxyLive) {
        if let Some(changes) = &farm.changes {
            self.changed.store(changes.fetch_add(1, Relaxed) + 1, Relaxed);
        }
    }
}

/// A slot of a server, held for as long as a stream is on it. Dropping it hands it on.
pub struct Slot {
    world: &'static World,
    proxy: ProxyId,
    pub server: ServerId,
}

impl Slot {
    /// A free slot of this server, unless others wait for it.
    pub fn try_take(world: &'static World, proxy: ProxyId, server: ServerId) -> Option<Self> {
        let live = world.server(proxy, server);
        let farm = &world.proxies[proxy.0];
        (live.queued() == 0 && live.acquire(farm.back.streams.get())).then(|| {
            live.stand_last(farm);
            Self::held(world, proxy, server)
        })
    }

    /// A slot whatever the limit says (`maxconn` does not bind those who come back to their server by force).
    pub fn take(world: &'static World, proxy: ProxyId, server: ServerId) -> Self {
        world.server(proxy, server).served.fetch_add(1, Relaxed);
        Self::held(world, proxy, server)
    }

    /// One that was handed over and is counted already.
    pub fn held(world: &'static World, proxy: ProxyId, server: ServerId) -> Self {
        Self { world, proxy, server }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let live = self.world.server(self.proxy, self.server);
        live.served.fetch_sub(1, Relaxed);
        let proxy = &self.world.proxies[self.proxy.0];
        live.stand_last(proxy);
        proxy.tell_of_free_slot();
        if live.queued() > 0 || proxy.back.queued.get() > 0 {
            serve_queues(self.world, self.proxy, self.server);
        }
    }
}

impl ProxyLive {
    /// Whoever is about to stand in a queue must look again. Comes before the queue is looked at, as [`enqueue`] looks at
    /// this after it has entered the queue: one of both sees the other.
    fn tell_of_free_slot(&self) {
        self.freed.fetch_add(1, Relaxed);
        fence(SeqCst);
    }
}

/// The servers of a backend, or what they may do, has changed: whoever waits for any of them may have a slot now.
pub fn serve_backend(world: &'static World, proxy: ProxyId) {
    let used = lock(&world.proxies[proxy.0].farm).used().to_vec();
    used.into_iter().for_each(|s| serve_queues(world, proxy, ServerId(s)));
}

/// Gives free slots of a server to those who wait for it or for any of its backend.
pub fn serve_queues(world: &'static World, proxy: ProxyId, server: ServerId) {
    let (live, farm) = (world.server(proxy, server), &world.proxies[proxy.0]);
    farm.tell_of_free_slot();
    while live.acquire(farm.back.streams.get()) {
        let next = next_waiter(farm, live);
        let Some((waiter, ahead)) = next else {
            live.served.fetch_sub(1, Relaxed);
            return;
        };
        live.stand_last(farm);
        if waiter.send((server, ahead)).is_err() {
            // It has given up in the meantime; the slot goes on to the next.
            live.served.fetch_sub(1, Relaxed);
        }
    }
}

/// The one that stands first in the server's and, where the balancer uses it, the backend's queue together.
fn next_waiter(proxy: &ProxyLive, live: &ServerLive) -> Option<(Waiter, u64)> {
    let is_used = lock(&proxy.farm).used().contains(&live.id.0);
    let mut own = lock(&live.queue);
    let mut any = lock(&proxy.queue);
    let from_any = is_used
        && match (own.front(), any.front()) {
            (Some(o), Some(a)) => a < o,
            (None, Some(_)) => true,
            _ => false,
        };
    if from_any {
        let next = any.pop();
        if next.is_some() {
            proxy.back.queued.dec();
        }
        return next;
    }
    let next = own.pop();
    if next.is_some() {
        live.queued.fetch_sub(1, Relaxed);
        live.counters.queued.dec();
    }
    next
}

/// A place in a queue; dropping it gives it up.
pub struct Place {
    world: &'static World,
    proxy: ProxyId,
    /// `None`: the backend's queue.
    server: Option<ServerId>,
    ticket: Ticket,
    granted: oneshot::Receiver<(ServerId, u64)>,
    done: bool,
}

/// Stands in the queue of a server, or of the backend. `seen` is the backend's count of freed slots from before no slot was
/// found.
pub fn enqueue(
    world: &'static World,
    proxy: ProxyId,
    server: Option<ServerId>,
    (class, offset): (i32, i32),
    seen: u64,
) -> Place {
    let (sender, granted) = oneshot::channel();
    let now = world.uptime_ms().cast_signed();
    let farm = &world.proxies[proxy.0];
    let ticket = match server {
        Some(s) => {
            let live = &farm.servers[s.0];
            let mut queue = lock(&live.queue);
            live.queued.fetch_add(1, Relaxed);
            live.counters.queued.inc();
            queue.push(sender, class, offset, now)
        }
        None => {
            let mut queue = lock(&farm.queue);
            farm.back.queued.inc();
            queue.push(sender, class, offset, now)
        }
    };
    fence(SeqCst);
    if farm.freed.load(Relaxed) != seen {
        match server {
            Some(s) => serve_queues(world, proxy, s),
            None => serve_backend(world, proxy),
        }
    }
    Place { world, proxy, server, ticket, granted, done: false }
}

impl Place {
    /// Ready with the slot and the number of those who were ahead; `None` when the queue was emptied because its
    /// server is gone.
    pub fn poll(&mut self, cx: &mut std::task::Context<'_>) -> std::task::Poll<Option<(Slot, u64)>> {
        let got = std::task::ready!(std::pin::Pin::new(&mut self.granted).poll(cx));
        super::clock::refresh();
        self.done = true;
        std::task::Poll::Ready(got.ok().map(|(s, ahead)| (Slot::held(self.world, self.proxy, s), ahead)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.done {
            return;
        }
        let farm = &self.world.proxies[self.proxy.0];
        match self.server {
            Some(s) => {
                let live = &farm.servers[s.0];
                if lock(&live.queue).remove(self.ticket).is_some() {
                    live.queued.fetch_sub(1, Relaxed);
                    live.counters.queued.dec();
                }
            }
            None => {
                if lock(&farm.queue).remove(self.ticket).is_some() {
                    farm.back.queued.dec();
                }
            }
        }
        // It may have been granted in this very moment: the slot goes back.
        if let Ok((s, _)) = self.granted.try_recv() {
            drop(Slot::held(self.world, self.proxy, s));
        }
    }
}

/// Sends everybody away who waits for a server that is gone; they choose again. How many there were.
pub fn drain_queue(live: &ServerLive) -> u32 {
    let gone = lock(&live.queue).drain();
    let n = gone.len() as u32;
    for _ in 0..n {
        live.queued.fetch_sub(1, Relaxed);
        live.counters.queued.dec();
    }
    n
}
