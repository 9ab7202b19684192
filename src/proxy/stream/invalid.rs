//! Keeps what could not be read, for `show errors`. Called only once a message is known to be none.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use super::Stream;
use crate::ir::ProxyId;
use crate::proxy::clock;
use crate::proxy::session::Client;
use crate::proxy::world::lock;
use crate::stats::invalid::{self, Direction, Invalid, Known, Part};

impl Stream {
    /// A request whose byte at `at` cannot be.
    pub(super) fn keep_request(&self, c: &Client, bytes: &[u8], at: usize) {
        self.keep(c, Direction::Request, bytes, at, invalid::part(bytes, at, Direction::Request));
    }

    /// A request that contradicts itself.
    pub(super) fn keep_contradiction(&self, c: &Client, direction: Direction, bytes: &[u8]) {
        let (at, part) = invalid::contradiction(bytes);
        self.keep(c, direction, bytes, at, part);
    }

    /// A chunk that is none.
    pub(super) fn keep_chunks(&self, c: &Client, bytes: &[u8]) {
        self.keep(c, Direction::Request, bytes, 0, invalid::CHUNK);
    }

    /// A response whose byte at `at` cannot be.
    pub(super) fn keep_response(&self, c: &Client, bytes: &[u8], at: usize) {
        self.keep(c, Direction::Response, bytes, at, invalid::part(bytes, at, Direction::Response));
    }

    fn keep(&self, c: &Client, direction: Direction, bytes: &[u8], at: usize, part: Part) {
        let world = self.local.world;
        let known = |p: ProxyId| {
            let p = &world.config.proxies[p.0];
            Known { name: p.name.clone(), id: p.id }
        };
        let back = self.back.unwrap_or(c.front);
        let (mine, other) = match direction {
            Direction::Request => (c.front, self.back),
            Direction::Response => (back, Some(c.front)),
        };
        let server = self.server.map(|s| &world.config.proxies[back.0].servers[s.0]);
        let kept = Invalid {
            when: clock::unix_micros(),
            event: world.invalid_messages.fetch_add(1, Relaxed),
            direction,
            other: other.map(known),
            server: server.map(|s| Known { name: s.name.clone(), id: s.id }),
            client: c.connection.source.map_or_else(|| "unix:0".to_owned(), |a| a.to_string()),
            bytes: bytes.to_vec(),
            at: at.min(bytes.len()),
            part,
            room: world.config.global.tune.bufsize,
        };
        lock(&world.proxies[mine.0].invalid)[direction as usize] = Some(Arc::new(kept));
    }
}
