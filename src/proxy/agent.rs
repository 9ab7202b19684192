//! Asks agents how their servers feel, and does as they say.

use std::future::poll_fn;
use std::sync::atomic::Ordering::Relaxed;
use std::task::Poll;

use super::connect::{self, Manner};
use super::servers::Target;
use super::thread::Local;
use super::timers::Timer;
use super::world::lock;
use super::{checks, clock};
use crate::health::agent::{self, Admin, Answer};
use crate::health::{Outcome, Verdict, state};
use crate::ir::{ProxyId, ServerId};

/// Asks for ever.
pub async fn drive(local: &'static Local, p: ProxyId, s: ServerId) {
    let world = local.world;
    let server = &world.config.proxies[p.0].servers[s.0];
    let inter = server.options.agent_inter.unwrap_or(server.options.timing.inter);
    let timer = local.timers.timer();
    while !world.config.proxies[p.0].servers.is_gone(s.0) {
        let began = clock::now();
        let pause = local.timers.timer();
        if world.server(p, s).agent_enabled.load(Relaxed)
            && let Some(answer) = ask(local, &timer, p, s, inter).await
        {
            apply(local, p, s, &answer, began.elapsed().as_millis() as u64);
        }
        pause.arm(Some(began + inter));
        pause.elapsed().await;
    }
}

async fn ask(
    local: &'static Local,
    timer: &Timer,
    p: ProxyId,
    s: ServerId,
    patience: std::time::Duration,
) -> Option<Answer> {
    let world = local.world;
    let server = &world.config.proxies[p.0].servers[s.0];
    let o = &server.options;
    let base = match &o.agent_address {
        Some(a) => Target::of(a),
        None => world.server(p, s).address.load().as_ref().clone(),
    };
    let mut to = base?;
    if let (Target::Inet(a), Some(port)) = (&mut to, o.agent_port) {
        a.set_port(port);
    }
    let mut attempt = connect::begin(&to, Manner::default()).ok()?;
    timer.arm_after(clock::now(), Some(patience));
    poll_fn(|cx| match attempt.poll(cx) {
        Poll::Ready(r) => Poll::Ready(r.ok()),
        Poll::Pending => timer.poll_elapsed(cx).map(|()| None),
    })
    .await?;
    if let Some(text) = &o.agent_send {
        attempt.sock.try_send(text.as_bytes(), false).ok()?;
    }
    let mut received = Vec::with_capacity(512);
    let mut ended = false;
    loop {
        if let Some(answer) = agent::parse(&received, ended) {
            return Some(answer);
        }
        if received.len() == received.capacity() {
            return None;
        }
        let n = poll_fn(|cx| match attempt.sock.poll_recv(cx, &mut received) {
            Poll::Ready(r) => Poll::Ready(r.ok()),
            Poll::Pending => timer.poll_elapsed(cx).map(|()| None),
        })
        .await?;
        ended = n == 0;
    }
}

fn apply(local: &'static Local, p: ProxyId, s: ServerId, answer: &Answer, duration: u64) {
    let world = local.world;
    let server = &world.config.proxies[p.0].servers[s.0];
    let live = world.server(p, s);
    if let Some(percent) = answer.weight {
        let base = u32::from(server.options.weight.unwrap_or(1));
        live.set_weight((base * percent).div_ceil(100).min(256));
        world.proxies[p.0].refresh(&world.config.proxies[p.0], s);
    }
    if let Some(n) = answer.maxconn {
        live.set_maxconn(n);
    }
    let admin = answer.admin.map(|a| match a {
        Admin::Ready => state::Admin::Ready,
        Admin::Drain => state::Admin::Drain,
        Admin::Maintenance => state::Admin::Maintenance,
    });
    if let Some(admin) = admin {
        super::operate::set_state(world, p, s, admin);
    }
    match answer.outcome() {
        Some(outcome) => checks::report::agent(world, p, s, Outcome { duration, ..outcome }),
        None => {
            let said = Outcome { verdict: Verdict::Checked, duration, ..Outcome::default() };
            lock(&live.health).last_agent = said;
        }
    }
}
