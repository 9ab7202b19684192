//! The exchange with a server: request out, response in, both bodies.

use std::future::poll_fn;
use std::task::Poll;

use super::body::Reply;
use super::obtain::has_left;
use super::serve::Failure;
use super::{Ended, Stop, Stream, Tell};
use crate::http::h1::body::Decoder;
use crate::http::h1::encode::{self, After};
use crate::http::h1::framing::{self, Body, Framing};
use crate::http::h1::head::{self, Limits, Parsed};
use crate::http::h1::spelling::spell;
use crate::ir::proxy::{ConnectionMode, RetryOn};
use crate::proxy::buffers::Buffer;
use crate::proxy::clock;
use crate::proxy::end::{End, When, Who};
use crate::proxy::forward::{self, Cut};
use crate::proxy::pool::ServerConnection;
use crate::proxy::session::{Client, Received};
use crate::proxy::tables::Event;
use crate::proxy::tunnel::Sent;
use crate::stats::invalid::Direction;

/// What waiting for the response's head ended with.
enum Head {
    Complete,
    Failed(Failure),
    Stopped(Stop),
}

impl Stream {
    /// Sends the request and brings back the response. The inner failure happened before the client saw anything.
    pub(super) async fn converse(
        &mut self,
        c: &mut Client,
        mut conn: Box<ServerConnection>,
        replay: &mut bool,
    ) -> Result<Result<Ended, Failure>, Stop> {
        if conn.local.is_none() && self.wants_addresses(c) {
            conn.local = crate::proxy::connect::local_address(&conn.sock);
        }
        self.server_addresses = (conn.local, conn.remote);
        self.shown.connected(&conn.sock);
        self.transaction.server_source = conn.local;
        self.transaction.server_destination = conn.remote;
        if *replay {
            self.upload.again();
        } else {
            self.encode_request(c);
        }
        let replayable = self.is_replayable();
        if !conn.no_delay && (!replayable || conn.carried > 0) {
            crate::proxy::connect::no_delay(&conn.sock);
            conn.no_delay = true;
        }
        let mut buf = Buffer::empty();
        let head = self.await_head(c, &conn, &mut buf).await;
        *replay = replayable;
        match head {
            Head::Complete if replayable && self.is_worth_another_try() => {
                let status = self.response.status();
                self.response.clear();
                conn.sock.reset_on_close();
                return Ok(Err(Failure::Status(status)));
            }
            Head::Complete => {}
            Head::Failed(f) => {
                conn.sock.reset_on_close();
                // What of the body has left cannot be sent again.
                if self.upload.has_taken_body() {
                    self.effects.no_l7_retry = true;
                    self.body = self.upload.decoder;
                }
                return Ok(Err(f));
            }
            Head::Stopped(stop) => {
                conn.sock.reset_on_close();
                return Err(stop);
            }
        }
        conn.carried += 1;
        self.respond(c, Reply { conn, buf }).await.map(Ok)
    }

    /// Whether `retry-on` names the response's status, and a retry is left.
    fn is_worth_another_try(&self) -> bool {
        let Some(back) = self.back else { return false };
        let p = &self.local.world.config.proxies[back.0];
        let listed = p.retry_on.contains(&RetryOn::Status(self.response.status()));
        listed && self.retries < p.retries && !self.effects.no_l7_retry
    }

    /// Whether somebody asks for our end's address, which costs a system call.
    pub(super) fn wants_addresses(&self, c: &Client) -> bool {
        matches!(self.front(c).log_format, crate::ir::proxy::LogFormat::Custom(_))
            || !self.side(c).1.rules.http_response.is_empty()
    }

    async fn await_head(&mut self, c: &mut Client, conn: &ServerConnection, buf: &mut Buffer) -> Head {
        let world = self.local.world;
        let p = self.side(c).1;
        let tune = &world.config.global.tune;
        let patience = self.transaction.server_timeout.or(self.effects.server_timeout).or(p.timeouts.server);
        let limits =
            Limits { fields: tune.http_maxhdr.saturating_sub(1), lenient: p.options.accept_invalid_http_response };
        let shutdowns = self.server.zip(self.back).map(|(s, b)| &world.server(b, s).shutdowns);
        let before = shutdowns.map(|s| s.load(std::sync::atomic::Ordering::Relaxed));
        c.timer.arm_after(clock::now(), patience);
        loop {
            if !buf.is_empty() {
                match head::response(buf.data(), &mut self.response, limits) {
                    Ok(Parsed::Complete(n)) => {
                        let is_head = self.request.method() == b"HEAD";
                        match framing::response(&mut self.response, is_head) {
                            Ok(f) => self.answered = f,
                            Err(_) => {
                                self.keep_contradiction(c, Direction::Response, &buf.data()[..n]);
                                return Head::Failed(Failure::Junk);
                            }
                        }
                        buf.consume(n);
                        self.show_response(c, buf);
                        if self.response.status() == 101 || self.response.status() >= 200 {
                            let wanted = RetryOn::Status(self.response.status());
                            let again = self.is_replayable() && !self.effects.no_l7_retry;
                            if again && self.retries < p.retries && p.retry_on.contains(&wanted) {
                                return Head::Failed(Failure::Status(self.response.status()));
                            }
                            self.times.data = self.ms();
                            return Head::Complete;
                        }
                        if let Err(stop) = self.interim(c).await {
                            return Head::Stopped(stop);
                        }
                        c.timer.arm_after(clock::now(), patience);
                        continue;
                    }
                    Ok(Parsed::Partial) if buf.len() < tune.bufsize - tune.maxrewrite => {}
                    wrong => {
                        let at = wrong.err().map_or(buf.len(), |e| e.at);
                        self.keep_response(c, buf.data(), at);
                        return Head::Failed(Failure::Junk);
                    }
                }
            }
            let (session, timer, client) = (&c.session, &c.timer, &c.sock);
            let (client_buf, upload) = (&mut c.buf, &mut self.upload);
            let watch = p.options.abortonclose;
            let got = poll_fn(|cx| {
                if upload.poll(cx, client, client_buf, &conn.sock) {
                    timer.arm_after(clock::now(), patience);
                }
                if let Poll::Ready(r) = conn.sock.poll_fill(cx, buf, tune.bufsize) {
                    return Poll::Ready(match r {
                        Ok(0) => Received::End,
                        Ok(n) => Received::Bytes(n),
                        Err(_) => Received::Error,
                    });
                }
                let gone = watch && upload.is_done() && has_left(client, client_buf, cx);
                let shut = shutdowns.map(|s| s.load(std::sync::atomic::Ordering::Relaxed)) != before;
                if gone || shut || session.killed.get().is_some() || upload.client_is_gone() {
                    return Poll::Ready(Received::Woken);
                }
                timer.poll_elapsed(cx).map(|()| Received::Timeout)
            })
            .await;
            match got {
                Received::Bytes(_) => {}
                Received::End | Received::Error if buf.is_empty() => return Head::Failed(Failure::Empty),
                Received::End | Received::Error => return Head::Failed(Failure::Empty),
                // Also where the client is late: its own limit counts no more once a server works for it.
                Received::Timeout => return Head::Failed(Failure::ResponseTimeout),
                Received::Woken => {
                    clock::refresh();
                    let shut = shutdowns.map(|s| s.load(std::sync::atomic::Ordering::Relaxed)) != before;
                    let stop = if shut {
                        Stop::new(Who::Down, When::Headers, Tell::Page(503))
                    } else if self.upload.client_is_gone() {
                        Stop::new(
                            Who::Client,
                            When::Data,
                            if self.upload.is_malformed() { Tell::Page(400) } else { Tell::Nothing },
                        )
                    } else if let Some(who) = c.killed() {
                        Stop::new(who, When::Headers, Tell::Page(502))
                    } else {
                        Stop::new(Who::Client, When::Headers, Tell::Page(400))
                    };
                    return Head::Stopped(stop);
                }
            }
        }
    }

    /// 100 and its like: passed on as they come.
    async fn interim(&mut self, c: &mut Client) -> Result<(), Stop> {
        if !self.asked.is_11 {
            return Ok(());
        }
        let mut out = Vec::new();
        encode::response(&mut self.response, &self.answered, &self.asked, After::Keep, &mut out);
        self.spell_for_client(c, &mut out);
        let sent = c.send_all(&out, self.client_patience(c)).await;
        sent.map_err(|got| self.client_stop(c, got, When::Headers))
    }

    /// `option h1-case-adjust-bogus-client`
    pub(super) fn spell_for_client(&self, c: &Client, head: &mut [u8]) {
        if self.front(c).options.h1_case_adjust_bogus_client {
            spell(head, &self.local.world.config.global.h1_case_adjust);
        }
    }

    /// Whether the client's connection can carry another request after this response.
    pub(super) fn client_stays(&self, c: &Client, answered: &Framing) -> bool {
        self.mode(c) != ConnectionMode::Close && encode::client_after(&self.asked, answered) == After::Keep
    }

    /// The head is there: rules, then everything goes to the client.
    async fn respond(&mut self, c: &mut Client, mut reply: Reply) -> Result<Ended, Stop> {
        let world = self.local.world;
        let status = self.response.status();
        self.status = i32::from(status);
        c.vars.end_request();
        self.bytes_out = self.sent_before + self.response.counted_len();
        self.transaction.server_status = Some(status);
        self.transaction.status = Some(status);
        self.transaction.response_version_minor = self.response.version().last().map(|b| b.wrapping_sub(b'0'));
        self.note_response(c);
        self.count_tracked(Event::Error, status / 100 == 4);
        self.count_tracked(Event::Failure, status / 100 == 5 && status != 501 && status != 505);
        self.write_tables(c);
        if self.has_response_rules(c) {
            self.response_seen.look(Decoder::new(self.answered.body), reply.buf.data(), &mut self.trailers);
            if self.response_seen.is_bad() {
                self.times.data = -1;
                reply.conn.sock.reset_on_close();
                return Err(Stop::new(Who::Policy, When::Headers, Tell::Page(502)));
            }
            self.reply = Some(reply);
            let ruled = Box::pin(self.response_rules(c)).await;
            reply = self.reply.take().expect("rules look at the reply and leave it");
            if let Err(stop) = ruled {
                reply.conn.sock.reset_on_close();
                return Err(stop);
            }
        }
        let Reply { mut conn, mut buf } = reply;
        let leaks = self.side(c).1.options.checkcache && self.leaks_a_cookie();
        self.write_cookie(c);
        if leaks {
            conn.sock.reset_on_close();
            return Err(self.block_cookie(c));
        }
        if !self.after_rules(c) {
            conn.sock.reset_on_close();
            return Err(Stop::new(Who::Internal, When::Headers, Tell::Page(500)));
        }
        self.status = i32::from(self.response.status());
        self.count_status(c, self.response.status());
        let authenticates = matches!(status, 401 | 407) && self.asks_for_connection_authentication();
        if let Some((b, s)) = self.back.zip(self.server) {
            world.server(b, s).counters.responses.count(status);
            crate::proxy::checks::observe(world, b, s, crate::proxy::checks::Seen::Answered(status));
        }
        if self.answered.upgrade || (self.request.method() == b"CONNECT" && status / 100 == 2) {
            return Box::pin(self.tunnel(c, conn, buf)).await;
        }
        let keep = !world.is_stopping() && self.client_stays(c, &self.answered);
        let after = if keep { After::Keep } else { After::Close };
        self.out.clear();
        encode::response(&mut self.response, &self.answered, &self.asked, after, &mut self.out);
        if self.front(c).options.h1_case_adjust_bogus_client {
            spell(&mut self.out, &world.config.global.h1_case_adjust);
        }
        let mut decoder = Decoder::new(self.answered.body);
        let chunked = self.answered.body == Body::Chunked;
        self.sending = true;
        if self.front(c).options.logasap && world.has_log(c.front) {
            self.times.close = self.ms();
            self.log(c, true);
        }
        let p = self.side(c).1;
        let flow = forward::Flow {
            from: &conn.sock,
            to: &c.sock,
            timer: &c.timer,
            session: &c.session,
            read_patience: self.transaction.server_timeout.or(p.timeouts.server),
            write_patience: self.client_patience(c),
            chunked,
            splice: !world.config.global.no_splice,
        };
        let done = if self.upload.is_done() {
            flow.run(&mut buf, &mut self.out, &mut decoder, &mut self.trailers).await
        } else {
            flow.run_with(&mut self.upload, &mut c.buf, &mut buf, &mut self.out, &mut decoder, &mut self.trailers).await
        };
        if done.cut == Some(Cut::MalformedAtOnce) {
            conn.sock.reset_on_close();
            self.sending = false;
            self.times.data = -1;
            return Err(Stop::new(Who::Policy, When::Headers, Tell::Page(502)));
        }
        self.bytes_out += done.moved;
        self.bytes_in += self.upload.moved;
        self.body = self.upload.decoder;
        let whole = done.cut.is_none();
        let reusable = whole
            && buf.is_empty()
            && self.upload.is_done()
            && self.answered.is_persistent()
            && self.answered.body != Body::UntilClose
            && !self.asked.forced_close
            && self.mode(c) == ConnectionMode::KeepAlive
            && !world.is_stopping();
        drop(buf);
        conn.authenticated |= authenticates;
        conn.private |= authenticates;
        self.finish_server(c, conn, reusable);
        if let Some(cut) = done.cut {
            self.end = self.cut_short(c, cut);
            // Half a response: a reset tells the client what a plain end would hide.
            return Ok(Ended::Close);
        }
        if !self.upload.is_done() {
            // The server answered before it had the whole request; the rest of it is worth nothing.
            return Ok(Ended::Close);
        }
        Ok(if keep { Ended::Keep } else { Ended::Close })
    }

    fn note_response(&mut self, c: &Client) {
        let p = self.front(c);
        for (i, h) in p.response_headers_captured.iter().enumerate() {
            let found = self.response.all(h.name.as_bytes()).next_back();
            if let Some(slot) = self.captures.response.get_mut(i) {
                *slot = found.map(|v| v[..v.len().min(h.len)].to_vec());
            }
        }
        if let Some(capture) = &p.cookie_captured {
            let values = self.response.all(b"set-cookie");
            let first = values.map(|v| &v[..v.iter().position(|&b| b == b';').unwrap_or(v.len())]);
            self.response_cookie = super::cookies::captured(capture, first);
        }
    }

    /// NTLM and Negotiate authenticate the connection that they are spoken on.
    fn asks_for_connection_authentication(&self) -> bool {
        let of_connection = |v: &[u8]| {
            let word = v.split(|&b| b == b' ').next().unwrap_or_default();
            [&b"ntlm"[..], b"negotiate"].iter().any(|scheme| word.eq_ignore_ascii_case(scheme))
        };
        self.response.all(b"www-authenticate").chain(self.response.all(b"proxy-authenticate")).any(of_connection)
    }

    fn finish_server(&mut self, c: &mut Client, conn: Box<ServerConnection>, reusable: bool) {
        if let Some((b, s)) = self.back.zip(self.server) {
            if c.last_server != Some((b, s)) {
                c.last_server = Some((b, s));
                c.own = None;
            }
            if reusable && conn.private {
                c.own = Some(conn);
            } else if reusable {
                self.local.pool.give(b, s, conn);
            } else {
                conn.sock.reset_on_close();
            }
        } else if reusable {
            c.last_server = None;
            c.own = Some(conn);
        } else {
            conn.sock.reset_on_close();
        }
        self.leave_server();
    }

    fn cut_short(&self, c: &Client, cut: Cut) -> End {
        match cut {
            Cut::ReadEnd | Cut::ReadError => End::new(Who::Server, When::Data),
            Cut::ReadTimeout => End::new(Who::ServerTimeout, When::Data),
            Cut::Malformed | Cut::MalformedAtOnce => End::new(Who::Policy, When::Data),
            Cut::WriteError => End::new(Who::Client, When::Data),
            Cut::WriteTimeout => End::new(Who::ClientTimeout, When::Data),
            Cut::Killed => End::new(c.killed().unwrap_or(Who::Killed), When::Data),
        }
    }

    /// 101 and CONNECT: from here on only bytes, both ways, until both have closed.
    async fn tunnel(&mut self, c: &mut Client, conn: Box<ServerConnection>, mut buf: Buffer) -> Result<Ended, Stop> {
        self.out.clear();
        encode::response(&mut self.response, &self.answered, &self.asked, After::Keep, &mut self.out);
        if self.front(c).options.h1_case_adjust_bogus_client {
            spell(&mut self.out, &self.local.world.config.global.h1_case_adjust);
        }
        self.sending = true;
        let sent = c.send_all(&self.out, self.client_patience(c)).await;
        if let Err(got) = sent {
            return Err(self.client_stop(c, got, When::Data));
        }
        self.upload.stop();
        let p = self.side(c).1;
        let patience = self.transaction.tunnel_timeout.or(p.timeouts.tunnel);
        let way = crate::proxy::tunnel::Ways {
            client: &c.sock,
            server: &conn.sock,
            timers: (&c.timer, self.local.timers.timer()),
            session: &c.session,
            client_patience: patience.or_else(|| self.client_patience(c)),
            server_patience: patience.or(p.timeouts.server),
            client_fin: self.front(c).timeouts.client_fin,
            server_fin: p.timeouts.server_fin,
            splice: !self.local.world.config.global.no_splice,
        };
        let done = crate::proxy::tunnel::run(way, &mut c.buf, &mut buf, Sent::default()).await;
        self.bytes_in += done.up;
        self.bytes_out += done.down;
        self.end = done.end;
        self.shown.first = done.first;
        self.leave_server();
        Ok(Ended::Close)
    }
}
