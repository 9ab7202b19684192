//! Bodies that rules look at before they leave: what of them is in the buffer, and the wait for more.

use std::future::poll_fn;
use std::task::Poll;

use super::{Stop, Stream, Tell};
use crate::expr::scope::Data;
use crate::http::Message;
use crate::http::h1::body::{Decoder, Event};
use crate::http::h1::head::Limits;
use crate::ir::proxy::Balance;
use crate::proxy::buffers::Buffer;
use crate::proxy::clock::{self, Moment};
use crate::proxy::end::{When, Who};
use crate::proxy::pool::ServerConnection;
use crate::proxy::session::{Client, Received};
use crate::rules::Wait;

/// What of a body has come. A chunked one is taken out of its chunks here; the buffer keeps it as it came.
#[derive(Debug, Default)]
pub(super) struct Seen {
    chunks: Vec<u8>,
    whole: bool,
    bad: bool,
    /// Its sender has closed: no more will come.
    pub(super) ended: bool,
}

impl Seen {
    pub(super) fn clear(&mut self) {
        self.chunks.clear();
        (self.whole, self.bad, self.ended) = (false, false, false);
    }

    /// Looks at `buf` again; `decoder` stands at its beginning.
    pub(super) fn look(&mut self, mut decoder: Decoder, buf: &[u8], trailers: &mut Message) {
        if decoder != Decoder::Size {
            return;
        }
        self.chunks.clear();
        let mut at = 0;
        loop {
            match decoder.next(&buf[at..], trailers, Limits::default()) {
                Ok(Event::Data { skip, len }) => {
                    self.chunks.extend_from_slice(&buf[at + skip..at + skip + len]);
                    at += skip + len;
                }
                Ok(Event::More { .. }) => return,
                Ok(Event::End { .. }) => {
                    self.whole = true;
                    return;
                }
                Err(_) => {
                    self.bad = true;
                    return;
                }
            }
        }
    }

    pub(super) fn is_bad(&self) -> bool {
        self.bad
    }

    /// What rules and fetches get to see.
    pub(super) fn data<'a>(&'a self, decoder: Decoder, buf: &'a [u8]) -> Data<'a> {
        let announced = decoder.remaining();
        let (bytes, whole) = match announced {
            Some(n) => {
                let here = buf.len().min(usize::try_from(n).unwrap_or(usize::MAX));
                (&buf[..here], here as u64 == n)
            }
            None if decoder == Decoder::Endless => (buf, false),
            None => (&self.chunks[..], self.whole),
        };
        Data { bytes, complete: whole || self.ended, announced }
    }
}

/// A response on its way: its head is with the stream, its body begins in `buf`.
pub(super) struct Reply {
    pub(super) conn: Box<ServerConnection>,
    pub(super) buf: Buffer,
}

impl Stream {
    pub(super) fn request_data<'a>(&'a self, c: &'a Client) -> Data<'a> {
        self.request_seen.data(self.body, c.buf.data())
    }

    pub(super) fn response_data(&self) -> Data<'_> {
        match &self.reply {
            Some(r) => self.response_seen.data(Decoder::new(self.answered.body), r.buf.data()),
            None => Data::default(),
        }
    }

    /// `option http-buffer-request`: nothing is decided before the body is here, or as much of it as the buffer takes.
    pub(super) async fn buffer_request(&mut self, c: &mut Client) -> Result<(), Stop> {
        let own = self.side(c).1.timeouts.http_request;
        let Some(time) = own.or_else(|| self.client_patience(c)) else { return Ok(()) };
        let began = clock::now();
        while self.wait_for_request(c, Wait::Body { time, at_least: None }, began).await? {}
        Ok(())
    }

    /// `balance url_param` looks into forms: what is posted is waited for when a server is to be chosen by it, with or
    /// without `check_post`, and wherever the parameter is.
    pub(super) async fn await_form(&mut self, c: &mut Client) -> Result<(), Stop> {
        let known = self.times.request;
        let waited = self.buffer_request(c).await;
        if waited.is_err() {
            self.times.request = known;
        }
        waited
    }

    /// Whether the server is to be chosen by what is posted.
    pub(super) fn is_balanced_by_form(&self, c: &Client) -> bool {
        matches!(self.side(c).1.balance, Balance::UrlParam { .. })
            && self.cookie.server.is_none()
            && self.request.method() == b"POST"
    }

    /// Waits for what a rule needs of the request; `false` when no more of it will come, and the rule takes what there is.
    pub(super) async fn wait_for_request(&mut self, c: &mut Client, wait: Wait, began: Moment) -> Result<bool, Stop> {
        let (patience, at_least, for_body) = match wait {
            Wait::Body { time, at_least } => (Some(time), at_least, true),
            _ => (self.side(c).1.inspect_delay, None, false),
        };
        let data = self.request_data(c);
        let enough = at_least.is_some_and(|n| data.bytes.len() as u64 >= n);
        if data.complete || enough || c.buf.is_full() && !c.buf.is_empty() {
            return Ok(false);
        }
        let Some(patience) = patience else { return Ok(false) };
        if for_body {
            self.invite_body(c).await?;
        }
        let known = self.times.request;
        if for_body {
            self.times.request = -1;
        }
        c.timer.arm(Some(began + patience));
        match c.receive().await {
            Received::Bytes(_) => {
                self.request_seen.look(self.body, c.buf.data(), &mut self.trailers);
                if self.request_seen.is_bad() {
                    return Err(Stop::new(Who::Policy, When::Request, Tell::Page(400)));
                }
                self.times.request = if for_body { self.ms() } else { known };
                Ok(true)
            }
            Received::Timeout if for_body => Err(Stop::new(Who::ClientTimeout, When::Request, Tell::Page(408))),
            Received::Timeout => Ok(false),
            // Rules decide on what there is; without its rest the request then goes no further.
            Received::End | Received::Error => {
                self.request_seen.ended = true;
                self.times.request = if for_body { self.ms() } else { known };
                Ok(false)
            }
            Received::Woken => Err(self.client_stop(c, Received::Woken, When::Request)),
        }
    }

    /// A client that asks before it sends a body (`Expect: 100-continue`, RFC 9110 section 10.1.1) is told to, once: the
    /// server will not be asked.
    async fn invite_body(&mut self, c: &mut Client) -> Result<(), Stop> {
        if !self.asked.is_11 || !std::mem::take(&mut self.asked.expects_continue) {
            return Ok(());
        }
        self.request.remove(b"expect");
        let invitation = Message::response(b"HTTP/1.1", 100, b"Continue");
        self.sent_before += invitation.counted_len();
        let mut out = Vec::new();
        invitation.write_to(&mut out);
        let sent = c.send_all(&out, self.client_patience(c)).await;
        sent.map_err(|got| self.client_stop(c, got, When::Request))
    }

    /// A request whose client left in its middle has seen all rules, and ends here.
    pub(super) fn is_abandoned(&self, c: &Client) -> bool {
        let data = Seen { ended: false, ..Seen::default() };
        self.is_http
            && self.request_seen.ended
            && !self.request_seen.whole
            && !data.data(self.body, c.buf.data()).complete
    }

    /// The same for a response.
    pub(super) async fn wait_for_response(&mut self, c: &mut Client, wait: Wait, began: Moment) -> Result<bool, Stop> {
        let (patience, at_least, for_body) = match wait {
            Wait::Body { time, at_least } => (Some(time), at_least, true),
            _ => (self.side(c).1.response_inspect_delay, None, false),
        };
        let data = self.response_data();
        let enough = at_least.is_some_and(|n| data.bytes.len() as u64 >= n);
        let decoder = Decoder::new(self.answered.body);
        let size = self.local.world.config.global.tune.bufsize;
        let (Some(patience), Some(reply)) = (patience, &mut self.reply) else { return Ok(false) };
        if data_is_settled(&self.response_seen, decoder, reply) || enough {
            return Ok(false);
        }
        c.timer.arm(Some(began + patience));
        let (client, session, timer, client_buf) = (&c.sock, &c.session, &c.timer, &mut c.buf);
        let upload = &mut self.upload;
        let got = poll_fn(|cx| {
            upload.poll(cx, client, client_buf, &reply.conn.sock);
            if let Poll::Ready(r) = reply.conn.sock.poll_fill(cx, &mut reply.buf, size) {
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
        .await;
        match got {
            Received::Bytes(_) => {
                self.response_seen.look(decoder, reply.buf.data(), &mut self.trailers);
                if self.response_seen.is_bad() {
                    return Err(Stop::new(Who::Policy, When::Headers, Tell::Page(502)));
                }
                Ok(true)
            }
            Received::Timeout if for_body => {
                self.times.data = -1;
                // What was held back counts, though it never leaves.
                self.sent_before += self.response.counted_len() + self.response_data().bytes.len() as u64;
                Err(Stop::new(Who::ServerTimeout, When::Request, Tell::Page(504)))
            }
            Received::Timeout => Ok(false),
            Received::End | Received::Error => {
                self.response_seen.ended = true;
                Ok(false)
            }
            Received::Woken => Err(self.client_stop(c, Received::Woken, When::Headers)),
        }
    }
}

fn data_is_settled(seen: &Seen, decoder: Decoder, reply: &Reply) -> bool {
    seen.data(decoder, reply.buf.data()).complete || reply.buf.is_full() && !reply.buf.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(buf: &[u8]) -> Seen {
        let mut s = Seen::default();
        s.look(Decoder::Size, buf, &mut Message::new());
        s
    }

    #[test]
    fn chunks_are_taken_off_as_far_as_they_have_come() {
        let part = seen(b"2\r\nab\r\n3\r\nc");
        let data = part.data(Decoder::Size, b"2\r\nab\r\n3\r\nc");
        assert_eq!((data.bytes, data.complete), (&b"abc"[..], false));
        let all = seen(b"2\r\nab\r\n0\r\n\r\n");
        assert!(all.data(Decoder::Size, b"").complete);
        assert!(seen(b"2\r\nab\r\nzz").is_bad());
    }

    #[test]
    fn bytes_of_the_next_request_are_not_shown() {
        let s = Seen::default();
        let data = s.data(Decoder::Counted(2), b"abGET /");
        assert_eq!((data.bytes, data.complete, data.announced), (&b"ab"[..], true, Some(2)));
        assert_eq!(s.data(Decoder::Done, b"GET /").bytes, b"");
    }
}
