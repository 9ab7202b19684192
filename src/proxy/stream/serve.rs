//! The server's side: a slot, a connection, the request sent, and all of it again when it fails early.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use super::cookies::Asked;
use super::obtain::has_left;
use super::{Ended, Stop, Stream, Tell};
use crate::http::h1::encode::{self, After};
use crate::http::h1::framing::Body;
use crate::ir::proxy::{Balance, ConnectionMode, Proxy, RetryOn};
use crate::ir::{ProxyId, ServerId};
use crate::proxy::checks::{Seen, observe};
use crate::proxy::clock;
use crate::proxy::end::{When, Who};
use crate::proxy::servers::{self, Slot};
use crate::proxy::session::{Client, Received};
use crate::proxy::world::lock;

/// Why an attempt failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    Refused,
    TimedOut,
    /// No descriptor, no port, no memory.
    NoResource,
    /// The server closed before it said anything.
    Empty,
    /// What it said is no response.
    Junk,
    ResponseTimeout,
    Status(u16),
}

/// How long to wait before a server that refused is asked again.
const TURN_AROUND: Duration = Duration::from_secs(1);

impl Stream {
    pub(super) async fn serve(&mut self, c: &mut Client) -> Result<Ended, Stop> {
        let (back, p) = self.side(c);
        let mut left = p.retries;
        let mut wanted = self.cookie.server;
        let mut avoid = None;
        let mut replay = false;
        loop {
            if self.slot.is_none() && wanted.is_none() && p.balance == Balance::None {
                return Box::pin(self.serve_directly(c, p, left)).await;
            }
            if self.slot.is_none() {
                self.assign(c, back, wanted, avoid).await?;
            }
            let server = self.server.unwrap_or(ServerId(0));
            let failure = match self.obtain(c, p, server).await? {
                Ok(connection) => {
                    let fresh = connection.carried == 0;
                    match self.converse(c, connection, &mut replay).await? {
                        Ok(ended) => return Ok(ended),
                        // A kept connection that its server closed in this moment says nothing about the server.
                        Err(Failure::Empty) if !fresh && replay => {
                            self.local.pool.forget(back, server);
                            continue;
                        }
                        Err(f) => f,
                    }
                }
                Err(f) => f,
            };
            if self.after_failure(c, p, back, server, failure, &mut left).await? {
                wanted = None;
                avoid = Some(server);
            }
        }
    }

    /// Decides what follows a failure: an error when enough was tried; `true` when another server is to be chosen.
    pub(super) async fn after_failure(
        &mut self,
        c: &mut Client,
        p: &'static Proxy,
        back: ProxyId,
        server: ServerId,
        failure: Failure,
        left: &mut u32,
    ) -> Result<bool, Stop> {
        if Self::is_late(failure) {
            self.count_late_failure(back, server);
        }
        let seen = match failure {
            Failure::Refused | Failure::TimedOut | Failure::NoResource => Some(Seen::Unreachable),
            Failure::Empty => Some(Seen::Closed),
            Failure::Junk => Some(Seen::Malformed),
            Failure::ResponseTimeout => Some(Seen::TimedOut),
            Failure::Status(_) => None,
        };
        if let Some(seen) = seen {
            observe(self.local.world, back, server, seen);
        }
        if *left == 0 || !Self::is_retried(p, failure) || self.effects.no_l7_retry && Self::is_late(failure) {
            if !Self::is_late(failure) {
                self.local.world.proxies[back.0].back.failed_connections.inc();
                self.local.world.server(back, server).counters.failed_connections.inc();
            }
            return Err(Self::given_up(failure));
        }
        *left -= 1;
        self.retries += 1;
        let refused = failure == Failure::Refused || failure == Failure::NoResource;
        if self.redispatches(p, back, *left) {
            if refused && self.local.world.proxies[back.0].usable().0 < 2 {
                self.turn_around(c, p).await?;
            }
            self.moving = true;
            self.leave_server();
            self.times.queue = -1;
            if self.cookie.server == Some(server) {
                self.cookie.asked = Asked::Down;
            }
            return Ok(true);
        }
        self.count_retry(back, server);
        self.local.world.server(back, server).counters.total_streams.inc();
        if refused {
            self.turn_around(c, p).await?;
        }
        Ok(false)
    }

    fn count_retry(&self, back: ProxyId, server: ServerId) {
        self.local.world.proxies[back.0].back.retries.inc();
        self.local.world.server(back, server).counters.retries.inc();
    }

    pub(super) fn is_late(f: Failure) -> bool {
        !matches!(f, Failure::Refused | Failure::TimedOut | Failure::NoResource)
    }

    pub(super) fn is_retried(p: &Proxy, failure: Failure) -> bool {
        let on = |r: RetryOn| p.retry_on.contains(&r);
        match failure {
            Failure::Refused | Failure::TimedOut | Failure::NoResource => on(RetryOn::ConnFailure),
            Failure::Empty => on(RetryOn::EmptyResponse),
            Failure::Junk => on(RetryOn::JunkResponse),
            Failure::ResponseTimeout => on(RetryOn::ResponseTimeout),
            Failure::Status(s) => on(RetryOn::Status(s)),
        }
    }

    /// As `option redispatch` says; at once where the algorithm rotates over several servers and no cookie binds the client.
    fn redispatches(&self, p: &Proxy, back: ProxyId, left: u32) -> bool {
        let live = &self.local.world.proxies[back.0];
        let bound = self.cookie.server.is_some() && self.cookie.server == self.server;
        let (active, _) = live.usable();
        let rotates = matches!(
            p.balance,
            Balance::RoundRobin | Balance::StaticRr | Balance::LeastConn | Balance::First | Balance::Random { .. }
        );
        match p.options.redispatch {
            None => false,
            Some(_) if !bound && active > 1 && rotates => true,
            Some(every) if every > 0 => (p.retries - left).is_multiple_of(every.cast_unsigned()),
            Some(every) if every < 0 => left + 1 == every.unsigned_abs(),
            Some(_) => left == 0,
        }
    }

    pub(super) fn given_up(failure: Failure) -> Stop {
        match failure {
            Failure::Refused => Self::unavailable(Who::Server, When::Connect),
            Failure::TimedOut => Self::unavailable(Who::ServerTimeout, When::Connect),
            Failure::NoResource => Self::unavailable(Who::Resource, When::Connect),
            Failure::Empty => Stop::new(Who::Server, When::Headers, Tell::Page(502)),
            Failure::Junk => Stop::new(Who::Policy, When::Headers, Tell::Page(502)),
            Failure::ResponseTimeout => Stop::new(Who::ServerTimeout, When::Headers, Tell::Page(504)),
            Failure::Status(_) => Stop::new(Who::Server, When::Headers, Tell::Page(502)),
        }
    }

    fn count_late_failure(&self, back: ProxyId, server: ServerId) {
        let world = self.local.world;
        world.proxies[back.0].back.failed_responses.inc();
        world.server(back, server).counters.failed_responses.inc();
    }

    pub(super) async fn turn_around(&mut self, c: &mut Client, p: &Proxy) -> Result<(), Stop> {
        let time = p.timeouts.connect.map_or(TURN_AROUND, |t| t.min(TURN_AROUND));
        c.timer.arm_after(clock::now(), Some(time));
        let (timer, session) = (&c.timer, &c.session);
        let killed = poll_fn(|cx| {
            if session.killed.get().is_some() {
                return Poll::Ready(true);
            }
            timer.poll_elapsed(cx).map(|()| false)
        })
        .await;
        if killed { Err(self.client_stop(c, Received::Woken, When::Connect)) } else { Ok(()) }
    }

    /// Gives the slot back, as the server has nothing more to do with this stream.
    pub(super) fn leave_server(&mut self) {
        if let Some(slot) = self.slot.take() {
            if let Some(b) = self.back {
                self.local.world.server(b, slot.server).counters.streams.dec();
            }
            drop(slot);
        }
    }

    fn take_server(&mut self, c: &Client, slot: Slot, back: ProxyId) {
        let live = self.local.world.server(back, slot.server);
        if let (true, Some(left)) = (std::mem::take(&mut self.moving), self.server) {
            // An algorithm may choose the same one again: then nothing was redispatched.
            if left == slot.server {
                self.count_retry(back, left);
            } else {
                self.redispatched = true;
                self.local.world.proxies[back.0].back.redispatches.inc();
                self.local.world.server(back, left).counters.redispatches.inc();
            }
        }
        self.server = Some(slot.server);
        c.session.server.set(Some(slot.server));
        live.counters.streams.inc();
        live.counters.total_streams.inc();
        live.counters.requests.inc();
        let up = self.local.world.uptime_ms();
        live.counters.session_rate.hit(up);
        live.counters.last_session.set((up / 1000).cast_signed());
        self.slot = Some(slot);
        if self.times.queue < 0 {
            self.times.queue = self.ms();
        }
    }

    /// A slot of the server that is wanted, or of the one that the balancer chooses; in the queue if need be.
    pub(super) async fn assign(
        &mut self,
        c: &mut Client,
        back: ProxyId,
        wanted: Option<ServerId>,
        avoid: Option<ServerId>,
    ) -> Result<(), Stop> {
        let world = self.local.world;
        let live = &world.proxies[back.0];
        let mut wanted = wanted.or_else(|| self.same_server(c, back));
        loop {
            let seen = live.freed.load(std::sync::atomic::Ordering::Relaxed);
            let choice = match wanted {
                Some(s) => Some(s),
                None => self.balance(c, back, avoid),
            };
            if choice.is_none() && lock(&live.farm).is_empty() {
                self.server = None;
                return Err(Self::unavailable(Who::Server, When::Connect));
            }
            if let Some(s) = choice
                && let Some(slot) = Slot::try_take(world, back, s)
            {
                let is_again = self.moving && self.server == Some(s);
                if wanted.is_none() && !is_again {
                    live.back.balanced.inc();
                    world.server(back, s).counters.balanced.inc();
                }
                self.take_server(c, slot, back);
                return Ok(());
            }
            if let Some(slot) = self.queue(c, back, choice, seen).await? {
                self.take_server(c, slot, back);
                return Ok(());
            }
            // The server went while this stream waited for it.
            wanted = None;
        }
    }

    /// `option prefer-last-server`, and a connection that a server has authenticated.
    fn same_server(&self, c: &Client, back: ProxyId) -> Option<ServerId> {
        let p = &self.local.world.config.proxies[back.0];
        let (proxy, server) = c.last_server?;
        let stays = p.options.prefer_last_server || c.own.as_ref().is_some_and(|o| o.authenticated);
        (stays && proxy == back && self.local.world.server(back, server).is_usable()).then_some(server)
    }

    async fn queue(
        &mut self,
        c: &mut Client,
        back: ProxyId,
        server: Option<ServerId>,
        seen: u64,
    ) -> Result<Option<Slot>, Stop> {
        Box::pin(self.stand_in_line(c, back, server, seen)).await
    }

    async fn stand_in_line(
        &mut self,
        c: &mut Client,
        back: ProxyId,
        server: Option<ServerId>,
        seen: u64,
    ) -> Result<Option<Slot>, Stop> {
        let world = self.local.world;
        let p = &world.config.proxies[back.0];
        if let Some(s) = server
            && let Some(max) = p.servers[s.0].options.maxqueue.filter(|&m| m > 0)
            && world.server(back, s).queued() >= max
        {
            return Err(Self::unavailable(Who::Server, When::Queue));
        }
        let t = &self.transaction;
        let mut place = servers::enqueue(world, back, server, (t.priority_class, t.priority_offset), seen);
        c.timer.arm_after(clock::now(), p.timeouts.queue.or(p.timeouts.connect));
        let watch = p.options.abortonclose;
        let (timer, session, sock, buf) = (&c.timer, &c.session, &c.sock, &mut c.buf);
        enum Outcome {
            Slot(Option<(Slot, u64)>),
            Timeout,
            Gone,
        }
        let outcome = poll_fn(|cx| {
            if let Poll::Ready(slot) = place.poll(cx) {
                return Poll::Ready(Outcome::Slot(slot));
            }
            if session.killed.get().is_some() || (watch && has_left(sock, buf, cx)) {
                return Poll::Ready(Outcome::Gone);
            }
            timer.poll_elapsed(cx).map(|()| Outcome::Timeout)
        })
        .await;
        match outcome {
            Outcome::Slot(Some((slot, ahead))) => {
                if server.is_some() {
                    self.queue_ahead.0 += ahead
                } else {
                    self.queue_ahead.1 += ahead
                }
                Ok(Some(slot))
            }
            Outcome::Slot(None) => Ok(None),
            Outcome::Timeout => {
                self.times.queue = self.ms();
                self.server = server;
                Err(Self::unavailable(Who::ServerTimeout, When::Queue))
            }
            Outcome::Gone => {
                self.times.queue = self.ms();
                Err(self.client_stop(c, Received::End, When::Queue))
            }
        }
    }

    /// How the connection to the server is used: the stricter of both sides' modes.
    pub(super) fn mode(&self, c: &Client) -> ConnectionMode {
        let (a, b) = (self.front(c).options.connection, self.side(c).1.options.connection);
        match (a, b) {
            (ConnectionMode::Close, _) | (_, ConnectionMode::Close) => ConnectionMode::Close,
            (ConnectionMode::ServerClose, _) | (_, ConnectionMode::ServerClose) => ConnectionMode::ServerClose,
            _ => ConnectionMode::KeepAlive,
        }
    }

    /// Begins the upload with the request's head in the server's form.
    pub(super) fn encode_request(&mut self, c: &Client) {
        let p = self.side(c).1;
        let keeps = self.mode(c) == ConnectionMode::KeepAlive || p.options.http_pretend_keepalive;
        let after = if keeps || self.asked.upgrade { After::Keep } else { After::Close };
        if let Some(name) = &p.http_send_name_header
            && let Some(s) = self.server
        {
            let server = p.servers[s.0].name.as_bytes();
            self.request.set(name.as_bytes(), server);
        }
        let out = self.upload.begin(self.body, self.asked.body == Body::Chunked);
        encode::request(&mut self.request, &self.asked, after, out);
        if p.options.h1_case_adjust_bogus_server {
            crate::http::h1::spelling::spell(out, &self.local.world.config.global.h1_case_adjust);
        }
    }

    /// A request whose whole body has been seen, or has none, can be sent again.
    pub(super) fn is_replayable(&self) -> bool {
        matches!(self.asked.body, Body::None | Body::Length(0))
    }
}
