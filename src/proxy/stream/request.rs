//! The request's head: read, judged, and noted before any rule sees it.

use super::{Stop, Stream, Tell};
use crate::http::h1::body::Decoder;
use crate::http::h1::framing::{self, Refused};
use crate::http::h1::head::{self, Limits, Parsed};
use crate::proxy::clock;
use crate::proxy::end::{End, When, Who};
use crate::proxy::session::{Client, Received};
use crate::proxy::tables;
use crate::stats::invalid::Direction;

impl Stream {
    /// Reads a whole head, or says why there will be none.
    pub(super) async fn read(&mut self, c: &mut Client) -> Result<(), Stop> {
        let t = &self.front(c).timeouts;
        let patience = t.http_request.or(t.client);
        let began = clock::now();
        let tune = &self.local.world.config.global.tune;
        let limits = Limits {
            fields: tune.http_maxhdr.saturating_sub(1),
            lenient: self.front(c).options.accept_invalid_http_request,
        };
        let head = loop {
            if !c.buf.is_empty() {
                match head::request(c.buf.data(), &mut self.request, limits) {
                    Ok(Parsed::Complete(n)) => break n,
                    Ok(Parsed::Partial) if c.buf.len() < tune.bufsize - tune.maxrewrite => {}
                    wrong => {
                        let at = wrong.err().map_or(c.buf.len(), |e| e.at);
                        self.keep_request(c, c.buf.data(), at);
                        return Err(self.unreadable(c, Who::Policy, 400));
                    }
                }
            }
            c.timer.arm_after(began, patience);
            match c.receive().await {
                Received::Bytes(_) => {}
                Received::Timeout => return Err(self.unreadable(c, Who::ClientTimeout, 408)),
                Received::End | Received::Error => return Err(self.unreadable(c, Who::Client, 400)),
                Received::Woken => return Err(self.client_stop(c, Received::Woken, When::Request)),
            }
        };
        if self.request.wire_len() > tune.bufsize - tune.maxrewrite {
            return Err(self.unreadable(c, Who::Policy, 400));
        }
        self.asked = framing::request(&mut self.request).map_err(|Refused(status)| {
            self.keep_contradiction(c, Direction::Request, &c.buf.data()[..head]);
            self.unreadable(c, Who::Policy, status)
        })?;
        c.buf.consume(head);
        self.body = Decoder::new(self.asked.body);
        // While the server works, its answer can have this memory.
        c.buf.release_if_empty();
        // Chunks that came with the head are looked at before anything is done with it.
        self.request_seen.look(self.body, c.buf.data(), &mut self.trailers);
        if self.request_seen.is_bad() {
            self.keep_chunks(c, c.buf.data());
            return Err(self.unreadable(c, Who::Policy, 400));
        }
        self.times.request = self.ms();
        Ok(())
    }

    /// The request is none; it is counted, and told so in the words of an error file.
    fn unreadable(&mut self, c: &Client, who: Who, status: u16) -> Stop {
        self.request.clear();
        self.status = i32::from(status);
        let live = &self.local.world.proxies[c.front.0];
        live.front.failed_requests.inc();
        live.listeners[c.listener].counters.failed_requests.inc();
        self.count_request(c);
        self.count_tracked(tables::Event::Error, true);
        Stop::new(who, When::Request, Tell::Raw(status))
    }

    fn count_request(&self, c: &Client) {
        let world = self.local.world;
        let front = &world.proxies[c.front.0].front;
        front.requests.inc();
        front.request_rate.hit(world.uptime_ms());
        world.process.total_requests.inc();
        self.count_tracked(tables::Event::Request, true);
    }

    /// Takes down what logs and fetches tell of the request as it came.
    pub(super) fn note(&mut self, c: &mut Client) -> Result<(), Stop> {
        self.count_request(c);
        let p = self.front(c);
        let uri_room = self.local.world.config.global.tune.http_logurilen;
        let line = self.request.start_line();
        self.line.extend_from_slice(&line[..line.len().min(uri_room.saturating_sub(1))]);
        self.bytes_in = self.request.counted_len();
        let t = &mut self.transaction;
        t.method.clear();
        t.method.extend_from_slice(self.request.method());
        t.uri.clear();
        t.uri.extend_from_slice(self.request.uri());
        t.version_minor = self.request.version().last().map_or(1, |b| b.wrapping_sub(b'0'));
        for h in &p.request_headers_captured {
            let found = self.request.all(h.name.as_bytes()).next_back();
            self.captures.request.push(found.map(|v| v[..v.len().min(h.len)].to_vec()));
        }
        p.response_headers_captured.iter().for_each(|_| self.captures.response.push(None));
        for d in &p.declared_captures {
            if d.response { &mut self.captures.response } else { &mut self.captures.request }.push(None);
        }
        if let Some(capture) = &p.cookie_captured {
            self.request_cookie = super::cookies::captured(capture, self.request.all(b"cookie"));
        }
        if p.monitor_uri.as_deref().is_some_and(|u| self.is_monitored(u.as_bytes())) {
            return Err(self.monitored(c));
        }
        Ok(())
    }

    /// The whole target, or its path, is the one that is monitored.
    fn is_monitored(&self, uri: &[u8]) -> bool {
        uri == self.request.uri() || uri == self.request.path_and_query()
    }

    /// `monitor-uri`: answered before any rule, never logged.
    fn monitored(&mut self, c: &mut Client) -> Stop {
        self.logged = true;
        let p = self.front(c);
        let fails = p.monitor_fail.iter().any(|condition| self.holds(c, condition, &p.acls));
        self.local.world.proxies[c.front.0].front.intercepted.inc();
        Stop::new(Who::Local, When::Request, Tell::Page(if fails { 503 } else { 200 }))
    }
}

/// A connection on which no request ever began.
pub async fn nothing_came(c: &mut Client, got: Received) {
    let p = c.proxy();
    let world = c.local.world;
    let (who, status) = match got {
        Received::Timeout => (Who::ClientTimeout, 408),
        Received::Woken => return,
        _ => (Who::Client, 400),
    };
    if p.options.http_ignore_probes {
        return;
    }
    if p.options.dontlognull && got != Received::Timeout {
        tables::count(world, &c.counters(), tables::Event::Request);
        tables::count(world, &c.counters(), tables::Event::Error);
        return;
    }
    let mut s = Stream::new(c.local);
    s.begin(c);
    s.times.idle = 0;
    s.status = status;
    s.end = End::new(who, When::Request);
    let live = &world.proxies[c.front.0];
    live.front.failed_requests.inc();
    live.listeners[c.listener].counters.failed_requests.inc();
    s.count_request(c);
    s.count_tracked(tables::Event::Error, true);
    if got == Received::Timeout {
        s.tell(c, Tell::Raw(408)).await;
    }
    s.times.close = s.ms();
    s.finish(c);
}
