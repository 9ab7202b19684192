//! `-d`: shows on standard output what streams do. Without it each event costs one look at a flag that never changes.

use std::io::Write as _;
use std::net::SocketAddr;
use std::os::fd::{AsFd as _, AsRawFd as _};
use std::sync::atomic::Ordering::Relaxed;

use super::Stream;
use crate::http::Message;
use crate::http::h1::framing::Body;
use crate::ir::address::Address;
use crate::log::traffic::{self, Closing, Side};
use crate::proxy::buffers::Buffer;
use crate::proxy::session::Client;
use crate::proxy::socket::Socket;

/// What the last lines of a stream need to know.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown {
    /// Its beginning was shown; one without a readable request has none.
    begun: bool,
    /// The connection to the server, or the last that was tried.
    server: Option<i32>,
    stood: bool,
    /// Which side is done first.
    pub(super) first: Side,
}

impl Default for Shown {
    fn default() -> Self {
        Self { begun: false, server: None, stood: false, first: Side::Server }
    }
}

impl Shown {
    pub(super) fn attempted(&mut self, sock: &Socket) {
        self.server = Some(sock.as_fd().as_raw_fd());
    }

    pub(super) fn connected(&mut self, sock: &Socket) {
        self.attempted(sock);
        self.stood = true;
    }
}

/// Whole lines; who reads them no longer is no reason to stop.
pub(crate) fn print(lines: &[u8]) {
    let _ = std::io::stdout().lock().write_all(lines);
}

impl Stream {
    fn lines<'a>(&'a self, c: &Client) -> traffic::Stream<'a> {
        let (server, client) = (self.shown.server, Some(c.sock.as_fd().as_raw_fd()));
        traffic::Stream { number: self.number, proxy: &self.side(c).1.name, client, server }
    }

    pub(super) fn show_accept(&mut self, c: &Client) {
        if self.local.world.shows_traffic {
            self.shown.begun = true;
            self.accept_line(c);
        }
    }

    #[cold]
    fn accept_line(&self, c: &Client) {
        let bind = &self.front(c).listeners[c.listener];
        let listener = self.local.world.proxies[c.front.0].listeners[c.listener].descriptor.load(Relaxed);
        let from = match (c.connection.source, &bind.address) {
            (None, _) => format!("unix:{}", bind.id),
            // As the kernel tells it: the socket's family decides.
            (Some(SocketAddr::V4(a)), Address::Inet(SocketAddr::V6(_))) => {
                format!("{}:{}", a.ip().to_ipv6_mapped(), a.port())
            }
            (Some(a), _) => format!("{}:{}", a.ip(), a.port()),
        };
        print(&self.lines(c).accepted(listener, &from));
    }

    pub(super) fn show_request(&self, c: &Client) {
        if self.local.world.shows_traffic && self.is_http {
            print(&self.lines(c).head(Side::Client, &self.request));
        }
    }

    /// A response's head; behind it `rest` has come already.
    pub(super) fn show_response(&mut self, c: &Client, rest: &Buffer) {
        if !self.local.world.shows_traffic {
            return;
        }
        print(&self.lines(c).head(Side::Server, &self.response));
        let bodyless = self.is_replayable() && self.request.method() != b"POST";
        let whole = match self.answered.body {
            Body::None => true,
            Body::Length(n) => rest.len() as u64 >= n,
            Body::Chunked => rest.data().ends_with(b"\r\n\r\n"),
            Body::UntilClose => false,
        };
        // What is over at once is first seen as the client's having got all.
        self.shown.first = if bodyless && whole { Side::Client } else { Side::Server };
    }

    /// The statistics stand for a server.
    pub(super) fn show_statistics(&self, c: &Client, head: &Message) {
        if self.local.world.shows_traffic {
            print(&self.lines(c).head(Side::Server, head));
        }
    }

    pub(super) fn show_end(&self, c: &Client) {
        if !self.shown.begun {
            return;
        }
        let mut lines = self.lines(c);
        let how = match (self.shown.stood || self.service.is_some(), self.is_http) {
            (true, true) => Closing::Messages(self.shown.first),
            (true, false) => Closing::Connections(self.shown.first),
            (false, true) => Closing::ClientOnly,
            (false, false) => {
                lines.client = None;
                Closing::ClientOnly
            }
        };
        print(&lines.closed(how));
    }
}
