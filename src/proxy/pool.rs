//! Idle connections to servers, kept by the thread that used them last (HAProxy manual 4.2 `http-reuse`).

use std::cell::RefCell;
use std::net::SocketAddr;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use super::clock::{self, Moment};
use super::socket::Socket;
use super::timers::Timer;
use super::world::World;
use crate::ir::{ProxyId, ServerId};

/// A connection to a server that is on loan or idle.
pub struct ServerConnection {
    pub sock: Socket,
    pub local: Option<SocketAddr>,
    pub remote: Option<SocketAddr>,
    /// Requests that it has carried.
    pub carried: u32,
    /// Only the client that it was opened for goes on with it: it carries that client's address or authentication, or
    /// nothing is to be shared (`http-reuse never`).
    pub private: bool,
    /// The PROXY header that it began with; it holds for requests that would get the same.
    pub preface: Box<[u8]>,
    /// By NTLM or Negotiate, which hold for a connection, not for a request.
    pub authenticated: bool,
    pub no_delay: bool,
}

struct Idle {
    connection: Box<ServerConnection>,
    since: Moment,
}

/// The idle connections of a thread, by proxy and server.
pub struct Pool {
    world: &'static World,
    /// Whose it is.
    thread: usize,
    idle: RefCell<Vec<Vec<Vec<Idle>>>>,
}

impl Pool {
    pub fn new(world: &'static World, thread: usize) -> Self {
        let idle = world.proxies.iter().map(|p| p.servers.iter().map(|_| Vec::new()).collect()).collect();
        Self { world, thread, idle: RefCell::new(idle) }
    }

    /// The connection used last that is still alive. `only_proven`: one that has carried more than one request.
    pub fn take(&self, proxy: ProxyId, server: ServerId, only_proven: bool) -> Option<Box<ServerConnection>> {
        let mut idle = self.idle.borrow_mut();
        let list = idle[proxy.0].get_mut(server.0)?;
        let mut at = list.len();
        while at > 0 {
            at -= 1;
            if only_proven && list[at].connection.carried < 2 {
                continue;
            }
            let found = list.remove(at).connection;
            self.went(proxy, server);
            if is_alive(&found) {
                return Some(found);
            }
        }
        None
    }

    /// Keeps a connection for the next request.
    pub fn give(&self, proxy: ProxyId, server: ServerId, connection: Box<ServerConnection>) {
        let o = &self.world.config.proxies[proxy.0].servers[server.0].options;
        let live = self.world.server(proxy, server);
        let full = o.pool_max_conn.is_some_and(|m| m >= 0 && live.counters.idle.get() >= m.cast_unsigned());
        let worn = o.max_reuse.is_some_and(|m| m >= 0 && connection.carried > m.cast_unsigned());
        if full || worn || !live.is_usable() {
            return;
        }
        live.counters.idle.inc();
        live.idle_by_thread[self.thread].fetch_add(1, Relaxed);
        let mut idle = self.idle.borrow_mut();
        let lists = &mut idle[proxy.0];
        // A server may have come after this thread.
        if lists.len() <= server.0 {
            lists.resize_with(server.0 + 1, Vec::new);
        }
        lists[server.0].push(Idle { connection, since: clock::now() });
    }

    /// Closes what has been idle for longer than its server's `pool-purge-delay`, once a second, for ever.
    pub async fn sweep(&'static self, timer: Timer) {
        loop {
            timer.sleep(Duration::from_secs(1)).await;
            self.close_old(clock::now());
        }
    }

    fn close_old(&self, now: Moment) {
        for (p, servers) in self.idle.borrow_mut().iter_mut().enumerate() {
            for (s, list) in servers.iter_mut().enumerate() {
                let limit = self.world.config.proxies[p].servers[s].options.pool_purge_delay;
                let before = list.len();
                list.retain(|i| now.since(i.since) < limit);
                for _ in list.len()..before {
                    self.went(ProxyId(p), ServerId(s));
                }
            }
        }
    }

    fn went(&self, proxy: ProxyId, server: ServerId) {
        let live = self.world.server(proxy, server);
        live.counters.idle.dec();
        live.idle_by_thread[self.thread].fetch_sub(1, Relaxed);
    }

    /// Closes every idle connection of a server.
    pub fn forget(&self, proxy: ProxyId, server: ServerId) {
        let mut idle = self.idle.borrow_mut();
        let list = idle[proxy.0].get_mut(server.0).map(std::mem::take).unwrap_or_default();
        list.iter().for_each(|_| {
            self.went(proxy, server);
        });
    }
}

/// Whether a kept connection can carry another request.
pub fn is_alive(connection: &ServerConnection) -> bool {
    is_quiet(&connection.sock)
}

/// The poller has told of nothing since the last response: neither bytes nor an end.
fn is_quiet(sock: &Socket) -> bool {
    !sock.may_be_readable() || sock.is_quiet()
}
