//! Without a server: to the address of `dispatch`, or where the client wanted to (`option transparent`).
//!
//! A connection stays with its client, as no server's pool could hold it.

use super::serve::Failure;
use super::{Ended, Stop, Stream};
use crate::ir::proxy::Proxy;
use crate::proxy::connect::{self, Manner};
use crate::proxy::pool::{self, ServerConnection};
use crate::proxy::servers::Target;
use crate::proxy::session::Client;

impl Stream {
    /// Sends the request there and brings back the response.
    pub(super) async fn serve_directly(
        &mut self,
        c: &mut Client,
        p: &'static Proxy,
        mut left: u32,
    ) -> Result<Ended, Stop> {
        let mut replay = false;
        loop {
            let connection = self.connect_directly(c, p, &mut left).await?;
            let fresh = connection.carried == 0;
            match self.converse(c, connection, &mut replay).await? {
                Ok(ended) => return Ok(ended),
                // A kept connection that was closed in this moment says nothing.
                Err(Failure::Empty) if !fresh && replay => {}
                Err(f) => self.try_again(c, p, f, &mut left).await?,
            }
        }
    }

    /// The client's own connection to that address, or a new one; with the backend's retries.
    pub(super) async fn connect_directly(
        &mut self,
        c: &mut Client,
        p: &'static Proxy,
        left: &mut u32,
    ) -> Result<Box<ServerConnection>, Stop> {
        let back = &self.local.world.proxies[self.back.unwrap_or(c.front).0].back;
        self.server = None;
        if self.times.queue < 0 {
            self.times.queue = self.ms();
        }
        let to = match &p.dispatch {
            Some(address) => Target::of(address),
            None => c.connection.destination.map(Target::Inet),
        };
        let remote = to.as_ref().and_then(Target::inet);
        if c.last_server.is_none()
            && let Some(own) = c.own.take()
            && own.remote == remote
            && pool::is_alive(&own)
        {
            back.reuses.inc();
            self.times.connect = self.ms();
            return Ok(own);
        }
        loop {
            back.connect_attempts.inc();
            let manner = Manner {
                source: p.source.as_ref(),
                client: c.connection.source,
                keepalive: connect::Keepalive::to_servers(p),
                ..Manner::default()
            };
            let opened = match &to {
                Some(to) => self.open(c, p, to, manner).await?,
                None => Err(Failure::NoResource),
            };
            match opened {
                Ok(sock) => {
                    self.times.connect = self.ms();
                    return Ok(connection(sock, remote));
                }
                Err(f) => self.try_again(c, p, f, left).await?,
            }
        }
    }

    async fn try_again(&mut self, c: &mut Client, p: &Proxy, failure: Failure, left: &mut u32) -> Result<(), Stop> {
        let back = &self.local.world.proxies[self.back.unwrap_or(c.front).0].back;
        let late = Self::is_late(failure);
        if late {
            back.failed_responses.inc();
        }
        if *left == 0 || !Self::is_retried(p, failure) || self.effects.no_l7_retry && late {
            if !late {
                back.failed_connections.inc();
            }
            return Err(Self::given_up(failure));
        }
        *left -= 1;
        self.retries += 1;
        back.retries.inc();
        if matches!(failure, Failure::Refused | Failure::NoResource) {
            self.turn_around(c, p).await?;
        }
        Ok(())
    }
}

fn connection(sock: crate::proxy::socket::Socket, remote: Option<std::net::SocketAddr>) -> Box<ServerConnection> {
    Box::new(ServerConnection {
        sock,
        local: None,
        remote,
        carried: 0,
        private: true,
        preface: Box::default(),
        authenticated: false,
        no_delay: false,
    })
}
