//! One client connection, from its acceptance to its close: counted, greeted, and served in the mode of its frontend.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use super::buffers::Buffer;
use super::clock::{self, Moment};
use super::end::Who;
use super::pool::ServerConnection;
use super::registry;
use super::socket::Socket;
use super::tables::Tracks;
use super::thread::Local;
use super::timers::Timer;
use super::world::World;
use crate::expr::scope::{Connection, Counters};
use crate::expr::vars::Vars;
use crate::ir::ProxyId;
use crate::ir::proxy::{Mode, Proxy};

/// The client's side of whatever is done for it.
pub struct Client {
    pub local: &'static Local,
    pub sock: Socket,
    pub buf: Buffer,
    pub timer: Timer,
    pub front: ProxyId,
    /// Index of the `bind` in the frontend.
    pub listener: usize,
    pub connection: Connection,
    pub vars: Vars,
    /// The stream that serves it just now, as operators see and end it.
    pub session: Rc<registry::Session>,
    /// Stick-table entries that the connection tracks; most track none.
    pub tracks: Option<Box<Tracks>>,
    /// Requests begun on this connection.
    pub requests: u32,
    /// Where the times of the next log line count from.
    pub origin: Moment,
    /// The same moment, microseconds since 1970.
    pub origin_at: i64,
    pub handshake: i64,
    /// The server that this connection's requests stay with (`option prefer-last-server`, reuse of private connections).
    pub last_server: Option<(ProxyId, crate::ir::ServerId)>,
    /// A connection to that server that only this client may use.
    pub own: Option<Box<ServerConnection>>,
}

/// [`greet`] has counted it in, so every client that goes counts itself out.
impl Drop for Client {
    fn drop(&mut self) {
        let world = self.local.world;
        world.process.connections.dec();
        let front = &world.proxies[self.front.0];
        front.front.connections.dec();
        front.listeners[self.listener].counters.connections.dec();
        self.local.sessions.set(self.local.sessions.get() - 1);
        super::listener::slot_freed();
    }
}

/// How long an idle connection of a process that stops may still bring a request.
const LAST_CHANCE: Duration = Duration::from_millis(500);

/// What a wait for bytes ended with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    Bytes(usize),
    End,
    Timeout,
    Error,
    /// The process stops, or somebody ended the session.
    Woken,
}

impl Client {
    fn world(&self) -> &'static World {
        self.local.world
    }

    pub fn proxy(&self) -> &'static Proxy {
        &self.local.world.config.proxies[self.front.0]
    }

    /// Waits for more bytes behind those in the buffer, until the timer's deadline.
    pub async fn receive(&mut self) -> Received {
        let size = self.world().config.global.tune.bufsize;
        let (sock, buf, timer, session) = (&self.sock, &mut self.buf, &self.timer, &self.session);
        poll_fn(|cx| {
            if let Poll::Ready(r) = sock.poll_fill(cx, buf, size) {
                return Poll::Ready(match r {
                    Ok(0) => Received::End,
                    Ok(n) => Received::Bytes(n),
                    Err(_) => Received::Error,
                });
            }
            if session.killed.get().is_some() {
                return Poll::Ready(Received::Woken);
            }
            timer.poll_elapsed(cx).map(|()| Received::Timeout)
        })
        .await
    }

    /// Waits for a first byte without holding a buffer.
    pub async fn idle(&mut self) -> Received {
        self.buf.release_if_empty();
        let world = self.local.world;
        let size = world.config.global.tune.bufsize;
        let (sock, timer, session, buf) = (&self.sock, &self.timer, &self.session, &mut self.buf);
        let may_stop = self.requests > 0;
        let mut hurried = false;
        poll_fn(|cx| {
            match sock.poll_fill(cx, buf, size) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Received::End),
                Poll::Ready(Ok(n)) => return Poll::Ready(Received::Bytes(n)),
                Poll::Ready(Err(_)) => return Poll::Ready(Received::Error),
                Poll::Pending => {}
            }
            if session.killed.get().is_some() {
                return Poll::Ready(Received::Woken);
            }
            if may_stop && !hurried && world.is_stopping() {
                // A next request may be on its way already: it is still answered here.
                hurried = true;
                timer.arm_after(clock::refresh(), Some(LAST_CHANCE));
            }
            timer.poll_elapsed(cx).map(|()| Received::Timeout)
        })
        .await
    }

    /// Somebody wants the session to end.
    pub fn killed(&self) -> Option<Who> {
        let who = self.session.killed.get()?;
        // Nothing else has happened here that would have read the clock.
        clock::refresh();
        Some(who)
    }

    /// Takes what the client still sends before the connection closes: a close with unread bytes would be a reset, and
    /// that could overtake the answer.
    pub fn discard(&mut self) {
        const MOST: usize = 1 << 18;
        self.sock.finish();
        self.buf.release();
        self.buf.reserve(16384);
        let mut taken = 0;
        while taken < MOST {
            match self.sock.try_recv(self.buf.tail()) {
                Ok(n) if n > 0 => taken += n,
                _ => break,
            }
            let n = self.buf.len();
            self.buf.consume(n);
        }
        self.buf.release();
    }

    /// Sends all of `bytes`; `patience` bounds each wait.
    pub async fn send_all(&self, bytes: &[u8], patience: Option<Duration>) -> Result<(), Received> {
        let mut sent = match self.sock.try_send(bytes, false) {
            Ok(n) if n == bytes.len() => return Ok(()),
            Ok(n) => n,
            Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => 0,
            Err(_) => return Err(Received::Error),
        };
        self.timer.arm_after(clock::now(), patience);
        poll_fn(|cx| {
            while sent < bytes.len() {
                match self.sock.poll_send(cx, &bytes[sent..], false) {
                    Poll::Ready(Ok(n)) => {
                        sent += n;
                        if sent < bytes.len() {
                            self.timer.arm_after(clock::now(), patience);
                        }
                    }
                    Poll::Ready(Err(_)) => return Poll::Ready(Err(Received::Error)),
                    Poll::Pending if self.killed().is_some() => return Poll::Ready(Err(Received::Woken)),
                    Poll::Pending => return self.timer.poll_elapsed(cx).map(|()| Err(Received::Timeout)),
                }
            }
            Poll::Ready(Ok(()))
        })
        .await
    }
}

/// A connection as the listener hands it over.
pub struct Accepted {
    pub fd: OwnedFd,
    pub peer: Option<SocketAddr>,
    pub front: ProxyId,
    pub listener: usize,
}

/// Gives a connection a task that serves it until it ends. A task is as large as the largest of what it may wait for, and
/// most wait for a next request: those wait for nothing else, and whatever more there is to do is boxed.
pub fn serve(client: Box<Client>) {
    if client.proxy().mode == Mode::Http && !super::rules::has_door(&client) {
        tokio::task::spawn_local(super::http::serve(client));
    } else {
        tokio::task::spawn_local(admit(client));
    }
}

async fn admit(mut client: Box<Client>) {
    if super::rules::has_door(&client) && !Box::pin(super::rules::admit(&mut client)).await {
        return;
    }
    match client.proxy().mode {
        Mode::Http => super::http::serve(client).await,
        Mode::Tcp => Box::pin(super::tcp::serve(client)).await,
    }
}

/// Counts the connection, so that the next look at a limit sees it, and gathers what is known of it.
pub fn greet(local: &'static Local, accepted: Accepted) -> Box<Client> {
    let world = local.world;
    let (p, live) = world.proxy(accepted.front);
    let bind = &p.listeners[accepted.listener];
    world.process.connections.inc();
    world.process.total_connections.inc();
    let up = world.uptime_ms();
    world.process.connection_rate.hit(up);
    live.front.connections.inc();
    live.front.total_connections.inc();
    live.front.connection_rate.hit(up);
    let counters = &live.listeners[accepted.listener].counters;
    counters.connections.inc();
    counters.total_connections.inc();
    local.sessions.set(local.sessions.get() + 1);
    let sock = Socket::new(accepted.fd);
    options(&sock, p, accepted.peer.is_some());
    let own = match &bind.address {
        crate::ir::address::Address::Inet(a) if !a.ip().is_unspecified() && !bind.options.transparent => Some(*a),
        _ => super::connect::local_address(&sock),
    }
    .map(unmapped);
    let peer = accepted.peer.map(unmapped);
    let origin_at = clock::unix_micros();
    // Boxed, as the client goes through several hands and each would reserve room for it.
    Box::new(Client {
        local,
        sock,
        buf: Buffer::empty(),
        timer: local.timers.timer(),
        front: accepted.front,
        listener: accepted.listener,
        connection: Connection::accepted(peer, own, bind.id, Duration::from_micros(origin_at.cast_unsigned())),
        vars: Vars::new(world.variables.clone()),
        session: local.registry.nobody(),
        tracks: None,
        requests: 0,
        origin: clock::now(),
        origin_at,
        handshake: 0,
        last_server: None,
        own: None,
    })
}

impl Client {
    /// The stick counters that the connection's rules have set.
    pub fn counters(&self) -> Counters {
        self.tracks.as_ref().map_or_else(Counters::default, |t| t.counters)
    }

    /// The session is past its connection rules: it counts as one.
    pub fn count_session(&self) {
        let world = self.local.world;
        let live = &world.proxies[self.front.0].front;
        let up = world.uptime_ms();
        live.sessions.inc();
        live.session_rate.hit(up);
        world.process.session_rate.hit(up);
    }
}

/// An IPv4 client of an IPv6 socket is an IPv4 client.
fn unmapped(a: SocketAddr) -> SocketAddr {
    SocketAddr::new(a.ip().to_canonical(), a.port())
}

fn options(sock: &Socket, p: &Proxy, is_inet: bool) {
    if !is_inet {
        return;
    }
    if p.options.clitcpka {
        let s = socket2::SockRef::from(sock);
        let _ = s.set_keepalive(true);
        let mut k = socket2::TcpKeepalive::new();
        let o = &p.options;
        if let Some(t) = o.clitcpka_idle {
            k = k.with_time(t);
        }
        if let Some(t) = o.clitcpka_intvl {
            k = k.with_interval(t);
        }
        if let Some(n) = o.clitcpka_cnt {
            k = k.with_retries(n);
        }
        let _ = s.set_tcp_keepalive(&k);
    }
    if p.options.nolinger {
        sock.reset_on_close();
    }
}
