//! Drives health checks: when to ask, how long to wait, and what a change of state means for everybody else.

use std::future::poll_fn;
use std::sync::atomic::Ordering::Relaxed;
use std::task::Poll;
use std::time::{Duration, Instant};

use super::clock;
use super::connect::{self, Manner};
use super::servers::{self, ServerLive, Target};
use super::socket::Socket;
use super::thread::Local;
use super::timers::Timer;
use super::world::{World, lock};
use crate::health::script::{self, Script, Step};
use crate::health::state::Change;
use crate::health::{Outcome, Verdict};
use crate::ir::proxy::Proxy;
use crate::ir::server::{Observe, OnError, OnMarkedDown, OnMarkedUp, Server};
use crate::ir::{ProxyId, ServerId};
use crate::log::health::{self, Cause, Left};

/// Starts the checks of every server, spread over one interval so that they do not all come at once. One thread of the
/// process does this.
pub fn start(local: &'static Local) {
    let world = local.world;
    let all: Vec<(ProxyId, ServerId)> = world
        .config
        .proxies
        .iter()
        .enumerate()
        .filter(|(_, p)| !p.disabled)
        .flat_map(|(i, p)| p.servers.iter().enumerate().map(move |(j, s)| (ProxyId(i), ServerId(j), s)))
        .filter(|(_, _, s)| s.options.check)
        .map(|(p, s, _)| (p, s))
        .collect();
    let least = all.iter().map(|&(p, s)| timing(world, p, s).inter).min().unwrap_or_default();
    let spread = least.min(world.config.global.max_spread_checks.unwrap_or(least));
    for (i, &(p, s)) in all.iter().enumerate() {
        let wait = spread.mul_f64(i as f64 / all.len() as f64);
        tokio::task::spawn_local(drive(local, p, s, wait));
    }
    for (i, p) in world.config.proxies.iter().enumerate().filter(|(_, p)| !p.disabled) {
        for (j, s) in p.servers.iter().enumerate().filter(|(_, s)| s.options.agent_check) {
            if s.options.agent_port.is_some() {
                tokio::task::spawn_local(super::agent::drive(local, ProxyId(i), ServerId(j)));
            }
        }
    }
}

fn spec(world: &'static World, p: ProxyId, s: ServerId) -> (&'static Proxy, &'static Server) {
    let proxy = &world.config.proxies[p.0];
    (proxy, &proxy.servers[s.0])
}

fn timing(world: &'static World, p: ProxyId, s: ServerId) -> &'static crate::ir::check::CheckTiming {
    &spec(world, p, s).1.options.timing
}

async fn drive(local: &'static Local, p: ProxyId, s: ServerId, first: Duration) {
    let world = local.world;
    let timer = local.timers.timer();
    let (proxy, server) = spec(world, p, s);
    let script = script::of(&proxy.checks);
    timer.sleep(first).await;
    loop {
        let live = world.server(p, s);
        let began = clock::now();
        let enabled = live.checks_enabled.load(Relaxed);
        if enabled && lock(&live.health).admin != crate::health::state::Admin::Maintenance {
            let outcome = check(local, &timer, proxy, server, live, &script).await;
            report(world, p, s, outcome, true);
        }
        let pause = interval(world, p, s);
        let next = began + pause;
        let now = clock::now();
        timer.arm(Some(if next > now { next } else { now + Duration::from_millis(1) }));
        tokio::select! {
            () = timer.elapsed() => {}
            () = live.check_now.notified() => {}
        }
    }
}

/// Until the next check: `inter`, `fastinter` while it is between up and down, `downinter` while it is down.
fn interval(world: &'static World, p: ProxyId, s: ServerId) -> Duration {
    let t = timing(world, p, s);
    let health = lock(&world.server(p, s).health);
    let base = if health.is_moving() {
        t.fastinter.unwrap_or(t.inter)
    } else if health.is_up() {
        t.inter
    } else {
        t.downinter.unwrap_or(t.inter)
    };
    drop(health);
    let spread = world.config.global.spread_checks;
    if spread == 0 {
        return base;
    }
    // Up to so many percent more or less.
    let chance = (super::stream::stage::random() % 2001) as f64 / 1000.0 - 1.0;
    base.mul_f64(1.0 + chance * f64::from(spread) / 100.0)
}

/// Where a check goes: the server's own address unless it is told otherwise.
fn target(server: &Server, live: &ServerLive) -> Option<Target> {
    let o = &server.options;
    let base = match &o.check_address {
        Some(a) => Target::of(a)?,
        None => live.address.load().as_ref().clone()?,
    };
    let own = live.address.load().as_ref().as_ref().and_then(Target::inet).map(|a| a.port());
    Some(match base {
        Target::Inet(mut a) => {
            let port = o.check_port.or_else(|| if a.port() == 0 { own } else { None });
            if let Some(port) = port {
                a.set_port(port);
            }
            Target::Inet(a)
        }
        other => other,
    })
}

/// One check from its connection to its verdict.
async fn check(
    local: &'static Local,
    timer: &Timer,
    proxy: &'static Proxy,
    server: &'static Server,
    live: &ServerLive,
    script: &Script,
) -> Outcome {
    let began = clock::now();
    let inter = server.options.timing.inter;
    let connect_limit = match proxy.timeouts.check {
        Some(_) => proxy.timeouts.connect.unwrap_or(inter),
        None => proxy.timeouts.connect.map_or(inter, |t| t.min(inter)),
    };
    let mut run = Run { local, timer, began, proxy, server, sock: None };
    let outcome = run.script(script, live, connect_limit).await;
    let outcome = match outcome {
        Ok(o) | Err(o) => o,
    };
    if let Some(sock) = &run.sock {
        sock.reset_on_close();
    }
    Outcome { duration: began.elapsed().as_millis() as u64, ..outcome }
}

struct Run<'a> {
    local: &'static Local,
    timer: &'a Timer,
    began: Instant,
    proxy: &'static Proxy,
    server: &'static Server,
    sock: Option<Socket>,
}

fn found(verdict: Verdict, info: impl Into<String>) -> Outcome {
    Outcome { verdict, info: info.into(), ..Outcome::default() }
}

impl Run<'_> {
    async fn script(&mut self, script: &Script, live: &ServerLive, limit: Duration) -> Result<Outcome, Outcome> {
        let mut last = found(Verdict::L4Ok, "");
        let mut received: Vec<u8> = Vec::new();
        for step in &script.steps {
            match step {
                Step::Connect { port, send_proxy } => {
                    self.connect(live, *port, *send_proxy || self.server.options.check_send_proxy, limit).await?;
                    received.clear();
                    last = found(Verdict::L4Ok, "");
                }
                Step::Send(make) => {
                    let state = self.state_header(live);
                    let bytes = make.bytes(&script::Facts {
                        state: state.as_deref(),
                        server: &self.server.name,
                        backend: &self.proxy.name,
                    });
                    self.send(&bytes).await?;
                }
                Step::Expect(expect) => last = self.expect(expect, &mut received).await?,
            }
        }
        Ok(last)
    }

    /// `http-check send-state`
    fn state_header(&self, live: &ServerLive) -> Option<String> {
        if !self.proxy.checks.send_state {
            return None;
        }
        let h = lock(&live.health);
        let state = if h.is_up() { "UP" } else { "DOWN" };
        let (level, of) = if h.is_up() { (h.level + 1 - h.rise, h.fall) } else { (h.level, h.rise) };
        let moving = if h.is_moving() || level < of { format!("{state} {level}/{of}") } else { state.to_owned() };
        Some(format!(
            "{moving}; name={}/{}; node={}; weight={}/{}; scur={}/{}; qcur={}",
            self.proxy.name,
            self.server.name,
            self.local.world.identity.machine,
            live.weight(),
            live.weight(),
            live.counters.streams.get(),
            self.local.world.proxies[live.proxy.0].back.streams.get(),
            live.queued()
        ))
    }

    async fn connect(
        &mut self,
        live: &ServerLive,
        port: Option<u16>,
        send_proxy: bool,
        limit: Duration,
    ) -> Result<(), Outcome> {
        let Some(mut to) = target(self.server, live) else {
            return Err(found(Verdict::SocketError, "unresolvable address"));
        };
        if let (Some(port), Target::Inet(a)) = (port, &mut to) {
            a.set_port(port);
        }
        let manner = Manner {
            source: self.server.options.source.as_ref().or(self.proxy.source.as_ref()),
            interface: self.server.options.interface.as_deref(),
            ..Manner::default()
        };
        let mut attempt = connect::begin(&to, manner).map_err(|e| refused(&e))?;
        // The request rides on the third packet of the handshake.
        if let Target::Inet(_) = to {
            let _ = rustix::net::sockopt::set_tcp_quickack(&attempt.sock, false);
        }
        self.timer.arm_after(self.began, Some(limit));
        let timer = self.timer;
        let done = poll_fn(|cx| match attempt.poll(cx) {
            Poll::Ready(r) => Poll::Ready(Some(r)),
            Poll::Pending => timer.poll_elapsed(cx).map(|()| None),
        })
        .await;
        let failed = match done {
            Some(Ok(())) => None,
            Some(Err(e)) => Some(refused(&e)),
            None => Some(found(Verdict::L4Timeout, "")),
        };
        let whole = self.proxy.timeouts.check.unwrap_or(self.server.options.timing.inter);
        self.timer.arm_after(clock::now(), Some(whole));
        self.sock = Some(attempt.sock);
        if let Some(f) = failed {
            return Err(f);
        }
        if send_proxy && let Some(sock) = &self.sock {
            let own = connect::local_address(sock);
            let head = crate::wire::proxy::v1(own.zip(to.inet()));
            self.send(&head).await?;
        }
        Ok(())
    }

    async fn send(&mut self, bytes: &[u8]) -> Result<(), Outcome> {
        let Some(sock) = &self.sock else { return Err(found(Verdict::SocketError, "not connected")) };
        let mut sent = 0;
        let timer = self.timer;
        poll_fn(|cx| {
            while sent < bytes.len() {
                match sock.poll_send(cx, &bytes[sent..], false) {
                    Poll::Ready(Ok(n)) => sent += n,
                    Poll::Ready(Err(e)) => return Poll::Ready(Err(refused(&e))),
                    Poll::Pending => return timer.poll_elapsed(cx).map(|()| Err(found(Verdict::L7Timeout, ""))),
                }
            }
            Poll::Ready(Ok(()))
        })
        .await
    }

    async fn expect(&mut self, expect: &script::Expectation, received: &mut Vec<u8>) -> Result<Outcome, Outcome> {
        let Some(sock) = &self.sock else { return Err(found(Verdict::SocketError, "not connected")) };
        let mut ended = false;
        loop {
            match expect.judge(received, ended) {
                script::Judgement::Pass(o) => {
                    return Ok(o);
                }
                script::Judgement::Fail(o) => return Err(o),
                script::Judgement::More => {}
            }
            received.reserve(16384);
            let timer = self.timer;
            let got = poll_fn(|cx| match sock.poll_recv(cx, received) {
                Poll::Ready(r) => Poll::Ready(Some(r)),
                Poll::Pending => timer.poll_elapsed(cx).map(|()| None),
            })
            .await;
            match got {
                None => return Err(expect.timed_out(received)),
                Some(Ok(0)) => ended = true,
                Some(Ok(_)) => {}
                Some(Err(e)) if received.is_empty() => return Err(refused(&e)),
                Some(Err(_)) => ended = true,
            }
        }
    }
}

fn refused(e: &std::io::Error) -> Outcome {
    let text = match e.kind() {
        std::io::ErrorKind::ConnectionRefused => "Connection refused".to_owned(),
        std::io::ErrorKind::TimedOut => return found(Verdict::L4Timeout, ""),
        _ => {
            let text = e.to_string();
            text.split(" (os error").next().unwrap_or(&text).to_owned()
        }
    };
    found(Verdict::L4Connection, text)
}

/// Takes in what a check found and does what follows from a change.
pub fn report(world: &'static World, p: ProxyId, s: ServerId, outcome: Outcome, is_check: bool) {
    let live = world.server(p, s);
    let (proxy, _) = spec(world, p, s);
    let ok = outcome.verdict.is_success();
    let mut health = lock(&live.health);
    let before = (health.level, health.last.verdict);
    let change = health.report(outcome.clone());
    let after = (health.level, health.rise, health.fall, health.is_up());
    drop(health);
    if is_check && !ok {
        live.counters.failed_checks.inc();
        world.proxies[p.0].back.failed_checks.inc();
    }
    if proxy.options.log_health_checks && (before.1 != outcome.verdict || before.0 != after.0) {
        log_check(world, p, s, &outcome, after);
    }
    if let Some(change) = change {
        changed(world, p, s, change, &cause(&outcome));
    }
}

fn cause(o: &Outcome) -> Cause<'_> {
    Cause {
        reason: o.verdict.words(),
        code: o.code.filter(|_| o.verdict.has_code()),
        info: &o.info,
        duration: Some(o.duration),
    }
}

/// `option log-health-checks`
fn log_check(world: &World, p: ProxyId, s: ServerId, o: &Outcome, (level, rise, fall, up): (u32, u32, u32, bool)) {
    let (backend, server) = (&world.config.proxies[p.0].name, &world.config.proxies[p.0].servers[s.0].name);
    let backup = if world.config.proxies[p.0].servers[s.0].options.backup { "backup " } else { "" };
    let mut line = format!(
        "Health check for {backup}server {backend}/{server} {}",
        if o.verdict.is_success() {
            if o.verdict == Verdict::L7OkConditional { "conditionally succeeded" } else { "succeeded" }
        } else {
            "failed"
        }
    );
    cause(o).write(&mut line);
    let (n, of) = if up { (level + 1 - rise, fall) } else { (level, rise) };
    line.push_str(&format!(", status: {n}/{of} {}.", if up { "UP" } else { "DOWN" }));
    world.log(p, 5, line.as_bytes());
}

/// A server's state has changed: the balancer, its queue, its sessions and the logs hear of it.
pub fn changed(world: &'static World, p: ProxyId, s: ServerId, change: Change, cause: &Cause<'_>) {
    let (proxy, server) = spec(world, p, s);
    let (live, farm) = (world.server(p, s), &world.proxies[p.0]);
    let usable = lock(&live.health).is_usable();
    let had = farm.usable();
    live.set_usable(usable);
    let now = world.uptime_ms();
    let since = live.last_change.swap(now, Relaxed);
    if change == Change::Up {
        live.down_time.fetch_add(now.saturating_sub(since), Relaxed);
        if let Some(time) = server.options.slowstart.filter(|_| world.uptime_ms() > 1000) {
            slow_start(world, p, s, time);
        }
    }
    farm.refresh(proxy, s);
    let mut requeued = 0;
    match change {
        Change::Down => {
            live.counters.down_transitions.inc();
            requeued = servers::drain_queue(live);
            if server.options.on_marked_down == OnMarkedDown::ShutdownSessions {
                shut_sessions(world, p, s, super::end::Who::Down);
            }
        }
        Change::Stopping => requeued = servers::drain_queue(live),
        Change::Up => {
            if server.options.on_marked_up == OnMarkedUp::ShutdownBackupSessions {
                for (i, other) in proxy.servers.iter().enumerate() {
                    if other.options.backup {
                        shut_sessions(world, p, ServerId(i), super::end::Who::Up);
                    }
                }
            }
            servers::serve_queues(world, p, s);
        }
    }
    let (active, backup) = farm.usable();
    let left = Left { active, backup, sessions: live.counters.streams.get(), requeued, queued: farm.back.queued.get() };
    let kind = if server.options.backup { "Backup Server" } else { "Server" };
    let line = match change {
        Change::Up => health::up(&proxy.name, &server.name, "UP", cause, left),
        Change::Down => health::down(&proxy.name, &server.name, "DOWN", cause, left),
        Change::Stopping => health::down(&proxy.name, &server.name, "stopping", cause, left),
    };
    let line = line.replacen("Server", kind, 1);
    world.notice(p, if change == Change::Up { 5 } else { 1 }, &line);
    tracked(world, p, s, change);
    backend_changed(world, p, had, (active, backup), now);
}

/// A backend that has nobody left says so.
pub fn backend_changed(world: &'static World, p: ProxyId, had: (u32, u32), has: (u32, u32), now: u64) {
    let farm = &world.proxies[p.0];
    let (before, after) = (had.0 + had.1 > 0, has.0 + has.1 > 0);
    if before == after {
        return;
    }
    let since = farm.last_change.swap(now, Relaxed);
    if after {
        farm.down_time.fetch_add(now.saturating_sub(since), Relaxed);
    } else {
        farm.back.down_transitions.inc();
        world.notice(p, 0, &format!("backend {} has no server available!", world.config.proxies[p.0].name));
    }
}

/// Servers that follow this one (`track`).
fn tracked(world: &'static World, p: ProxyId, s: ServerId, change: Change) {
    for (i, proxy) in world.config.proxies.iter().enumerate() {
        for (j, server) in proxy.servers.iter().enumerate() {
            let follows = server.options.track.as_ref().and_then(|t| t.target) == Some((p, s));
            if !follows {
                continue;
            }
            let target = &world.config.proxies[p.0];
            let live = &world.proxies[i].servers[j];
            let moved = {
                let mut h = lock(&live.health);
                match change {
                    Change::Up => h.force_up(),
                    Change::Down => h.force_down(),
                    Change::Stopping => None,
                }
            };
            if let Some(change) = moved {
                let via = format!("via {}/{}", target.name, target.servers[s.0].name);
                changed(world, ProxyId(i), ServerId(j), change, &Cause { reason: &via, ..Cause::default() });
            }
        }
    }
}

/// Ends the sessions of a server, on whichever thread they are.
pub fn shut_sessions(world: &'static World, p: ProxyId, s: ServerId, why: super::end::Who) {
    for thread in lock(&world.threads).iter() {
        thread.tell(move |local| {
            let there = |x: &super::registry::Session| x.backend.get() == Some(p) && x.server.get() == Some(s);
            if local.registry.kill(why, there) > 0 {
                local.timers.wake_all();
            }
        });
    }
}

/// A server that came back takes its share step by step.
fn slow_start(world: &'static World, p: ProxyId, s: ServerId, time: Duration) {
    let live = world.server(p, s);
    live.set_ramp(1);
    let first = lock(&world.threads).first().cloned();
    let Some(thread) = first else { return };
    thread.tell(move |local| {
        tokio::task::spawn_local(async move {
            let timer = local.timers.timer();
            let began = clock::now();
            let step = (time / 20).max(Duration::from_millis(100)).min(Duration::from_secs(1));
            loop {
                timer.sleep(step).await;
                let live = world.server(p, s);
                if !live.is_usable() {
                    return;
                }
                let passed = began.elapsed();
                let percent = (passed.as_millis() * 100 / time.as_millis().max(1)).clamp(1, 100) as u32;
                live.set_ramp(percent);
                world.proxies[p.0].refresh(&world.config.proxies[p.0], s);
                servers::serve_queues(world, p, s);
                if percent >= 100 {
                    return;
                }
            }
        });
    });
}

/// What traffic tells of a server (`observe`): a failed connection at layer 4, a bad response at layer 7.
pub fn observe(world: &'static World, p: ProxyId, s: ServerId, layer4: bool, ok: bool) {
    let (_, server) = spec(world, p, s);
    let o = &server.options;
    match o.observe {
        Observe::None => return,
        Observe::Layer4 if !layer4 && !ok => return,
        Observe::Layer7 if layer4 => return,
        _ => {}
    }
    let live = world.server(p, s);
    if ok {
        live.errors.store(0, Relaxed);
        return;
    }
    if live.errors.fetch_add(1, Relaxed) + 1 < o.error_limit.max(1) {
        return;
    }
    live.errors.store(0, Relaxed);
    live.counters.failed_health_analyses.inc();
    let change = {
        let mut h = lock(&live.health);
        match o.on_error {
            OnError::Fastinter => None,
            OnError::FailCheck => h.suspect(),
            OnError::SuddenDeath => {
                h.on_the_brink();
                h.suspect()
            }
            OnError::MarkDown => h.force_down(),
        }
    };
    live.check_now.notify_one();
    if let Some(change) = change {
        let info = format!(
            "Detected {} consecutive errors, last one was: {}",
            o.error_limit,
            if layer4 { "L4 unsuccessful connection" } else { "Wrong http response" }
        );
        let cause = Cause { reason: "Health analyze", info: &info, ..Cause::default() };
        changed(world, p, s, change, &cause);
    }
}
