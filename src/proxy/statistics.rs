//! Rows and facts of statistics, taken from the living process.

use std::sync::atomic::Ordering::Relaxed;

use super::servers::Target;
use super::world::{State, World, lock};
use crate::balance::farm::SCALE;
use crate::ir::proxy::Proxy;
use crate::ir::{ProxyId, ServerId};
use crate::stats::info::Facts;
use crate::stats::prometheus::{self, TableFacts, Wanted};
use crate::stats::row::Row;
use crate::stats::subject::{Back, Common, Front, Socket, Srv, Subject};

/// The text for Prometheus.
pub fn metrics(world: &World, wanted: Wanted) -> String {
    prometheus::render(wanted, &facts(world), &rows(world), &tables(world))
}

fn tables(world: &World) -> Vec<TableFacts> {
    let now = world.uptime_ms();
    let proxies = world.config.proxies.iter().zip(&world.proxies);
    let facts = proxies.filter_map(|(proxy, live)| {
        let (config, table) = (proxy.table.as_ref()?, live.table.as_ref()?);
        let used = table.whole().used(now) as u64;
        Some(TableFacts { name: proxy.name.clone(), kind: config.key.name(), size: config.size as u64, used })
    });
    facts.collect()
}

/// The lines of every proxy, in the order of the configuration.
pub fn rows(world: &World) -> Vec<Row> {
    (0..world.config.proxies.len()).flat_map(|i| rows_of(world, ProxyId(i))).collect()
}

/// Frontend, listeners, servers, backend of one proxy.
pub fn rows_of(world: &World, id: ProxyId) -> Vec<Row> {
    let (proxy, live) = world.proxy(id);
    let mut out = Vec::new();
    if proxy.disabled {
        return out;
    }
    let common = Common { proxy, now: world.uptime_ms() };
    if proxy.kind.is_front() {
        let status = match live.state() {
            State::Running => "OPEN",
            State::Paused => "PAUSED",
            State::Stopped | State::Disabled => "STOP",
        };
        let maxconn = live.maxconn.load(Relaxed);
        let open_streams =
            if common.proxy.mode == crate::ir::proxy::Mode::Http { live.front.connections.get() } else { 0 };
        let front = Front { common, counters: &live.front, status, maxconn, open_streams };
        out.push(Row::new(&Subject::Frontend(&front)));
    }
    if proxy.options.socket_stats {
        for (listener, l) in proxy.listeners.iter().zip(&live.listeners) {
            let open = l.open.load(Relaxed);
            out.push(Row::new(&Subject::Listener(&Socket { common, listener, counters: &l.counters, open })));
        }
    }
    for (i, _) in proxy.servers.present() {
        out.push(server(world, id, ServerId(i), common));
    }
    if proxy.kind.is_back() {
        out.push(backend(world, id, common));
    }
    out
}

fn server(world: &World, p: ProxyId, s: ServerId, common: Common<'_>) -> Row {
    let (server, live) = (&common.proxy.servers[s.0], world.server(p, s));
    let health = lock(&live.health).clone();
    let now = world.uptime_ms();
    let changed = now.saturating_sub(live.last_change.load(Relaxed));
    let down_now = if health.is_up() { 0 } else { changed };
    let tracked = server.options.track.as_ref().and_then(|t| t.target).map(|(p, s)| {
        let target = &world.config.proxies[p.0];
        format!("{}/{}", target.name, target.servers[s.0].name)
    });
    let row = Srv {
        common,
        server,
        counters: &live.counters,
        health: &health,
        address: address(&live.address.load()),
        cookie: live.cookie.load().as_ref().clone(),
        served: live.served(),
        queued: live.queued(),
        maxconn: live.maxconn.load(Relaxed),
        weight: live.weight(),
        effective_weight: live.ramp().of(live.weight()),
        throttle: (!live.ramp().is_full()).then(|| live.ramp().sixteenths * 100 / SCALE),
        last_change: live.since_change(now),
        down_time: (live.down_time.load(Relaxed) + down_now) / 1000,
        tracked,
    };
    Row::new(&Subject::Server(&row))
}

fn address(target: &Option<Target>) -> String {
    match target {
        Some(Target::Inet(a)) => a.to_string(),
        Some(Target::Unix(_) | Target::Abstract(_)) => "unix".to_owned(),
        None => String::new(),
    }
}

fn backend(world: &World, id: ProxyId, common: Common<'_>) -> Row {
    let live = &world.proxies[id.0];
    let (active, backup) = live.usable();
    let usable = |want_backup: bool| {
        live.servers
            .iter()
            .zip(&common.proxy.servers)
            .filter(move |(l, s)| l.is_usable() && s.options.backup == want_backup)
    };
    // Backup servers count once no other is left; the first alone unless all are used.
    let counted: Vec<_> = match active {
        0 if common.proxy.options.allbackups => usable(true).collect(),
        0 => usable(true).take(1).collect(),
        _ => usable(false).collect(),
    };
    let weight = counted.iter().map(|(l, _)| l.ramp().of(l.weight())).sum();
    let user_weight = counted.iter().map(|(l, _)| l.weight()).sum();
    let now = world.uptime_ms();
    let changed = now.saturating_sub(live.last_change.load(Relaxed));
    let down_now = if active + backup > 0 || common.proxy.servers.is_empty() { 0 } else { changed };
    let row = Back {
        common,
        counters: &live.back,
        active,
        backup,
        weight,
        user_weight,
        last_change: changed / 1000,
        down_time: (live.down_time.load(Relaxed) + down_now) / 1000,
        fullconn: common.proxy.fullconn.unwrap_or_else(|| automatic_fullconn(world, id)),
    };
    Row::new(&Subject::Backend(&row))
}

/// A tenth of the connections that frontends may send here (manual 4.2 `fullconn`).
fn automatic_fullconn(world: &World, backend: ProxyId) -> u32 {
    use crate::ir::proxy::BackendName;
    let sends = |i: usize, p: &Proxy| {
        let default = p.default_backend.as_ref().and_then(|b| b.target) == Some(backend);
        let switched = p.switching.iter().any(|u| match &u.target {
            BackendName::Static(n) => n.target == Some(backend),
            BackendName::Dynamic(_) => true,
        });
        p.kind.is_front() && (default || switched || (i == backend.0))
    };
    let total: u32 = world
        .config
        .proxies
        .iter()
        .enumerate()
        .filter(|(i, p)| sends(*i, p))
        .map(|(i, _)| world.proxies[i].maxconn.load(Relaxed))
        .fold(0, u32::saturating_add);
    total.div_ceil(10).max(1)
}

/// The process as `show info` tells it.
pub fn facts(world: &World) -> Facts {
    let g = &world.config.global;
    let now = world.uptime_ms();
    // Some may still be starting.
    let threads = super::start::threads(&world.config) as u32;
    let open = world.proxies.iter().flat_map(|p| &p.listeners).filter(|l| l.open.load(Relaxed)).count() as u32;
    let maxsock = super::limits::maxsock(&world.config);
    Facts {
        version: super::start::VERSION.to_owned(),
        release_date: super::start::RELEASE_DATE.to_owned(),
        threads,
        pid: world.identity.pid,
        uptime: now / 1000,
        ulimit_n: g.ulimit_n.unwrap_or(maxsock),
        maxsock,
        memory_limit: memory_limit(),
        maxconn: world.limits.maxconn.load(Relaxed),
        hard_maxconn: world.hard_maxconn,
        connections: world.process.connections.get(),
        total_connections: world.process.total_connections.get(),
        total_requests: world.process.total_requests.get(),
        max_pipes: g.maxpipes.unwrap_or(0),
        connection_rate: world.process.connection_rate.get(now),
        connection_rate_limit: world.limits.connection_rate.load(Relaxed),
        connection_rate_max: world.process.connection_rate.max(),
        session_rate: world.process.session_rate.get(now),
        session_rate_limit: world.limits.session_rate.load(Relaxed),
        session_rate_max: world.process.session_rate.max(),
        tasks: world.process.connections.get() + 2 * threads,
        idle_percent: idle_percent(now, u64::from(threads)),
        node: g.node.clone().unwrap_or_else(|| world.identity.machine.clone()),
        description: g.description.clone(),
        stopping: world.is_stopping(),
        jobs: world.process.connections.get() + open + g.stats_sockets.len() as u32,
        listeners: open + g.stats_sockets.len() as u32,
        dropped_logs: world.process.dropped_logs.get(),
        received_logs: world.process.received_logs.get(),
        bytes_out: world.process.bytes_out.get(),
        bytes_out_rate: u64::from(world.process.bytes_out_rate.get(now)),
        start_time: u64::try_from(world.started_at / 1_000_000).unwrap_or(0),
        exact_uptime: micros(super::clock::unix_micros() - world.started_at),
        exact_start: micros(world.started_at),
        memory: resident().unwrap_or(0),
    }
}

fn micros(n: i64) -> std::time::Duration {
    std::time::Duration::from_micros(u64::try_from(n).unwrap_or(0))
}

/// What `-m` or the system allows, bytes; 0 is no limit.
fn memory_limit() -> u64 {
    rustix::process::getrlimit(rustix::process::Resource::As).current.unwrap_or(0)
}

/// Percent of the threads' time since the start that was not spent computing.
fn idle_percent(uptime_ms: u64, threads: u64) -> u32 {
    let spent = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    let spent_ms =
        u64::try_from(spent.tv_sec).unwrap_or(0) * 1000 + u64::try_from(spent.tv_nsec).unwrap_or(0) / 1_000_000;
    let all = (uptime_ms * threads).max(1);
    100 - (spent_ms.min(all) * 100 / all) as u32
}

/// Resident memory, bytes (proc(5), `statm`).
fn resident() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split(' ').nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}
