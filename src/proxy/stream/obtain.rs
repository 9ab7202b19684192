//! A connection to the chosen server: one that is kept, or a new one.

use std::future::poll_fn;
use std::io;
use std::task::Poll;

use super::serve::Failure;
use super::{Stop, Stream, Tell};
use crate::ir::ProxyId;
use crate::ir::ServerId;
use crate::ir::proxy::{HttpReuse, Proxy};
use crate::ir::server::UseSrc;
use crate::proxy::connect::{self, Attempt, Manner};
use crate::proxy::end::{When, Who};
use crate::proxy::pool::{self, ServerConnection};
use crate::proxy::servers;
use crate::proxy::session::{Client, Received};
use crate::proxy::{checks, clock};
use crate::rules::{Answer, AnswerHead};

impl Stream {
    /// A connection to the server: a kept one if the rules of reuse allow it, else a new one.
    pub(super) async fn obtain(
        &mut self,
        c: &mut Client,
        p: &'static Proxy,
        server: ServerId,
    ) -> Result<Result<Box<ServerConnection>, Failure>, Stop> {
        let (back, world) = (self.back.unwrap_or(c.front), self.local.world);
        let spec = &p.servers[server.0];
        let live = world.server(back, server);
        if let Some(prefix) = &spec.options.redir
            && let Some(stop) = self.redirected(prefix)
        {
            return Err(stop);
        }
        if c.last_server == Some((back, server))
            && let Some(own) = c.own.take()
            && *own.preface == *crate::proxy::rules::proxy_header(c, spec, self.unique_id.as_deref())
            && pool::is_alive(&own)
        {
            return Ok(Ok(self.reused(back, server, own)));
        }
        let only_proven = match p.http_reuse {
            HttpReuse::Never => None,
            HttpReuse::Safe => (c.requests > 1).then_some(false),
            HttpReuse::Aggressive => Some(c.requests == 1),
            HttpReuse::Always => Some(false),
        };
        if let Some(only_proven) = only_proven
            && let Some(kept) = self.local.pool.take(back, server, only_proven)
        {
            return Ok(Ok(self.reused(back, server, kept)));
        }
        world.proxies[back.0].back.connect_attempts.inc();
        live.counters.connect_attempts.inc();
        let address = live.address.load();
        let Some(target) = address.as_ref().as_ref() else { return Ok(Err(Failure::Refused)) };
        let target = with_port(target, spec, c);
        let manner = Manner {
            source: spec.options.source.as_ref().or(p.source.as_ref()),
            interface: spec.options.interface.as_deref(),
            client: c.connection.source,
            keepalive: connect::Keepalive::to_servers(p),
            user_timeout: spec.options.tcp_user_timeout,
            delay_ack: false,
        };
        let first = live.socks.as_ref().unwrap_or(&target);
        let sock = match self.open(c, p, first, manner).await? {
            Ok(s) => s,
            Err(f) => return Ok(Err(f)),
        };
        drop(address);
        let remote = target.inet();
        let private = p.http_reuse == HttpReuse::Never
            || spec.options.send_proxy != crate::ir::server::SendProxy::No
            || manner.source.is_some_and(|s| matches!(s.usesrc, Some(UseSrc::Client | UseSrc::ClientIp)));
        if let (Some(_), Some(to)) = (&live.socks, remote) {
            c.timer.arm_after(clock::now(), p.timeouts.connect);
            if Box::pin(crate::proxy::socks::lead_to(&sock, to, &c.timer)).await.is_err() {
                return Ok(Err(Failure::Refused));
            }
        }
        self.times.connect = self.ms();
        checks::observe(world, back, server, checks::Seen::Connected);
        let preface = crate::proxy::rules::proxy_header(c, spec, self.unique_id.as_deref()).into_boxed_slice();
        if !preface.is_empty() && sock.try_send(&preface, true).is_err() {
            return Ok(Err(Failure::Refused));
        }
        let connection = ServerConnection {
            sock,
            local: None,
            remote,
            carried: 0,
            private,
            preface,
            authenticated: false,
            no_delay: false,
        };
        Ok(Ok(Box::new(connection)))
    }

    /// Server parameter `redir`: the client is sent to the server, and fetches by itself.
    fn redirected(&mut self, prefix: &str) -> Option<Stop> {
        let path = self.request.path_and_query();
        if !self.is_http || !matches!(self.request.method(), b"GET" | b"HEAD") || path.first() != Some(&b'/') {
            return None;
        }
        let mut head = crate::http::Message::response(b"HTTP/1.1", 302, b"Found");
        head.add(b"cache-control", b"no-cache");
        head.add(b"content-length", b"0");
        head.add(b"location", &[prefix.as_bytes(), path].concat());
        head.add(b"connection", b"close");
        let answer = Answer { status: 302, head: AnswerHead::Message(head), body: std::sync::Arc::default() };
        Some(Stop::new(Who::Local, When::Connect, Tell::Answer(Box::new(answer))))
    }

    /// A new connection, waited for.
    pub(super) async fn open(
        &mut self,
        c: &mut Client,
        p: &Proxy,
        to: &servers::Target,
        manner: Manner<'_>,
    ) -> Result<Result<crate::proxy::socket::Socket, Failure>, Stop> {
        let attempt = match connect::begin(to, manner) {
            Ok(a) => a,
            Err(e) => return Ok(Err(failure_of(&e))),
        };
        self.shown.attempted(&attempt.sock);
        if attempt.done { Ok(Ok(attempt.sock)) } else { self.await_connection(c, p, attempt).await }
    }

    fn reused(&mut self, back: ProxyId, server: ServerId, kept: Box<ServerConnection>) -> Box<ServerConnection> {
        let world = self.local.world;
        world.proxies[back.0].back.reuses.inc();
        world.server(back, server).counters.reuses.inc();
        self.times.connect = self.ms();
        kept
    }

    async fn await_connection(
        &mut self,
        c: &mut Client,
        p: &Proxy,
        mut attempt: Attempt,
    ) -> Result<Result<crate::proxy::socket::Socket, Failure>, Stop> {
        c.timer.arm_after(clock::now(), p.timeouts.connect);
        let watch = p.options.abortonclose;
        let (timer, session, sock, buf) = (&c.timer, &c.session, &c.sock, &mut c.buf);
        let got = poll_fn(|cx| {
            if let Poll::Ready(r) = attempt.poll(cx) {
                return Poll::Ready(Some(r.map_err(|e| failure_of(&e))));
            }
            if session.killed.get().is_some() || (watch && has_left(sock, buf, cx)) {
                return Poll::Ready(None);
            }
            timer.poll_elapsed(cx).map(|()| Some(Err(Failure::TimedOut)))
        })
        .await;
        match got {
            None => Err(self.client_stop(c, Received::End, When::Connect)),
            Some(Ok(())) => Ok(Ok(attempt.sock)),
            Some(Err(f)) => {
                attempt.sock.reset_on_close();
                Ok(Err(f))
            }
        }
    }
}

/// The client has closed (`option abortonclose`); what it sent meanwhile is kept.
pub(super) fn has_left(
    sock: &crate::proxy::socket::Socket,
    buf: &mut crate::proxy::buffers::Buffer,
    cx: &mut std::task::Context<'_>,
) -> bool {
    loop {
        if buf.is_full() && !buf.is_empty() {
            return false;
        }
        match sock.poll_fill(cx, buf, 16384) {
            Poll::Pending => return false,
            Poll::Ready(Ok(n)) if n > 0 => {}
            Poll::Ready(_) => return true,
        }
    }
}

fn failure_of(e: &io::Error) -> Failure {
    match e.kind() {
        io::ErrorKind::ConnectionRefused
        | io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::NotFound => Failure::Refused,
        io::ErrorKind::TimedOut => Failure::TimedOut,
        _ => match e.raw_os_error() {
            Some(
                libc::EMFILE | libc::ENFILE | libc::ENOMEM | libc::ENOBUFS | libc::EADDRNOTAVAIL | libc::EADDRINUSE,
            ) => Failure::NoResource,
            _ => Failure::Refused,
        },
    }
}

/// The server's port, where it follows the client's.
pub(crate) fn with_port(target: &servers::Target, spec: &crate::ir::server::Server, c: &Client) -> servers::Target {
    use crate::ir::address::PortRule;
    match (target, spec.port_rule, c.connection.destination) {
        (servers::Target::Inet(a), PortRule::Offset(n), Some(d)) => {
            let port = (i32::from(d.port()) + n) as u16;
            servers::Target::Inet(std::net::SocketAddr::new(a.ip(), port))
        }
        _ => target.clone(),
    }
}
