//! Answers of our own: pages, and responses that rules made.

use std::sync::Arc;

use super::{Ended, Stop, Stream, Tell};
use crate::http::h1::encode::{self, After};
use crate::http::h1::framing::{Body, Framing};
use crate::http::h1::head::{self, Limits};
use crate::http::{Message, pages};
use crate::ir::proxy::ErrorPage;
use crate::proxy::end::{End, When, Who};
use crate::proxy::session::Client;
use crate::rules::{Answer, AnswerHead};

impl Stream {
    /// Tells the client why its stream stops, if there is something to tell, and says whether the connection goes on.
    pub(super) async fn tell(&mut self, c: &mut Client, what: Tell) -> Ended {
        if self.sending {
            return Ended::Close;
        }
        let (status, answer) = match what {
            Tell::Nothing => {
                // Whatever the client still sends is answered with a reset, behind this.
                c.sock.finish();
                return Ended::Close;
            }
            Tell::Silence => return Ended::Close,
            Tell::Raw(status) => return self.tell_raw(c, status).await,
            Tell::Page(status) => (status, self.page(c, status, &[])),
            Tell::Answer(a) => (a.status, self.made(c, *a)),
        };
        match answer {
            Some((head, body)) => self.send_answer(c, status, head, &body).await,
            None => Ended::Close,
        }
    }

    /// The request could not be read: it gets the built-in page as it is, and nothing where the proxy's own is empty.
    async fn tell_raw(&mut self, c: &mut Client, status: u16) -> Ended {
        self.status = i32::from(status);
        self.count_status(c, status);
        let is_empty = matches!(self.error_page(c, status), Some(ErrorPage::Raw(bytes)) if bytes.is_empty());
        if !is_empty {
            let _ = c.send_all(&pages::raw(status), self.client_patience(c)).await;
        }
        c.discard();
        Ended::Close
    }

    fn error_page(&self, c: &Client, status: u16) -> Option<&'static ErrorPage> {
        let own = self.side(c).1.errors.get(&status);
        own.or_else(|| self.front(c).errors.get(&status))
    }

    /// The page for a status: the proxy's own, or the built-in one.
    fn page(&mut self, c: &mut Client, status: u16, extra: &[(Vec<u8>, Vec<u8>)]) -> Option<(Message, Arc<[u8]>)> {
        let (mut head, body) = match self.error_page(c, status) {
            Some(ErrorPage::Raw(bytes)) if bytes.is_empty() => return None,
            Some(ErrorPage::Raw(bytes)) => parse_file(bytes)?,
            Some(ErrorPage::Redirect { code, url }) => {
                let mut m = Message::response(b"HTTP/1.1", *code, crate::http::status::reason(*code).as_bytes());
                m.add(b"cache-control", b"no-cache");
                m.add(b"content-length", b"0");
                m.add(b"location", url.as_bytes());
                (m, Arc::default())
            }
            Some(ErrorPage::Reply(reply)) => {
                let answer = self.with_scope(c, |scope| crate::rules::reply::build(reply, status, scope));
                return match answer.head {
                    AnswerHead::Page(_) => builtin(status, extra),
                    _ => self.made(c, answer),
                };
            }
            None => return builtin(status, extra),
        };
        extra.iter().for_each(|(n, v)| head.add(n, v));
        Some((head, body))
    }

    fn made(&mut self, c: &mut Client, answer: Answer) -> Option<(Message, Arc<[u8]>)> {
        match answer.head {
            AnswerHead::Message(m) => Some((m, answer.body)),
            AnswerHead::Page(extra) => self.page(c, answer.status, &extra),
            AnswerHead::Raw if answer.body.is_empty() => None,
            AnswerHead::Raw => parse_file(&answer.body),
        }
    }

    /// Sends an answer of ours, after the rules that see every response. `status` is what it stands for, in logs and
    /// counters; a file may say another.
    async fn send_answer(&mut self, c: &mut Client, status: u16, head: Message, body: &[u8]) -> Ended {
        self.response = head;
        let sent = if self.request.method() == b"HEAD" { 0 } else { body.len() as u64 };
        self.bytes_out = self.sent_before + self.response.counted_len() + sent;
        self.status = i32::from(status);
        self.transaction.status = Some(self.response.status());
        if !self.after_rules(c) {
            // A rule of the last set failed: nothing can follow but the plain page.
            let Some((head, body)) = builtin(500, &[]) else { return Ended::Close };
            self.end = End::new(Who::Internal, When::Over);
            return Box::pin(self.put(c, 500, head, body)).await;
        }
        self.bytes_out = self.sent_before + self.response.counted_len() + sent;
        let head = std::mem::take(&mut self.response);
        self.put(c, status, head, Arc::from(body)).await
    }

    async fn put(&mut self, c: &mut Client, status: u16, mut head: Message, body: Arc<[u8]>) -> Ended {
        self.status = i32::from(status);
        self.count_status(c, status);
        let closes = head.get(b"connection").is_some_and(|v| crate::http::values::contains(v, b"close"));
        head.remove(b"connection");
        let told = Framing {
            body: if head.has(b"content-length") { Body::Length(body.len() as u64) } else { Body::UntilClose },
            is_11: head.version() == b"HTTP/1.1",
            ..Framing::default()
        };
        let drained = self.drain_request(c);
        let keep = !closes && drained && !self.local.world.is_stopping() && self.client_stays(c, &told);
        let after = if keep { After::Keep } else { After::Close };
        self.out.clear();
        encode::response(&mut head, &told, &self.asked, after, &mut self.out);
        let mut out = std::mem::take(&mut self.out);
        self.spell_for_client(c, &mut out);
        self.out = out;
        if self.request.method() != b"HEAD" {
            self.out.extend_from_slice(&body);
        }
        self.response = head;
        self.sending = true;
        c.timer.arm_after(crate::proxy::clock::now(), self.client_patience(c));
        let sent = c.send_all(&self.out, self.client_patience(c)).await;
        if sent.is_err() || !keep {
            if !drained {
                c.discard();
            }
            return Ended::Close;
        }
        Ended::Keep
    }

    /// Takes the rest of the request's body out of the buffer; `false` when more of it is still to come.
    fn drain_request(&mut self, c: &mut Client) -> bool {
        use crate::http::h1::body::Event;
        loop {
            match self.body.next(c.buf.data(), &mut self.trailers, Limits::default()) {
                Ok(Event::Data { skip, len }) => c.buf.consume(skip + len),
                Ok(Event::End { skip }) => {
                    c.buf.consume(skip);
                    return true;
                }
                _ => return false,
            }
        }
    }

    /// `early-hint`: 103 responses, for clients that know them.
    pub(super) async fn send_hints(&mut self, c: &mut Client) -> Result<(), Stop> {
        let hints = std::mem::take(&mut self.effects.hints);
        if !self.asked.is_11 {
            return Ok(());
        }
        let mut out = Vec::new();
        for group in hints.chunk_by(|a, b| a.0 == b.0) {
            let mut m = Message::response(b"HTTP/1.1", 103, b"Early Hints");
            group.iter().for_each(|(_, name, value)| m.add(name.as_bytes(), value));
            self.sent_before += m.counted_len();
            m.write_to(&mut out);
        }
        self.spell_for_client(c, &mut out);
        let sent = c.send_all(&out, self.client_patience(c)).await;
        sent.map_err(|got| self.client_stop(c, got, When::Request))
    }

    pub(super) fn count_status(&self, c: &Client, status: u16) {
        let world = self.local.world;
        world.proxies[c.front.0].front.responses.count(status);
        if let Some(b) = self.back {
            world.proxies[b.0].back.responses.count(status);
        }
    }

    /// An operator's or a rule's 503 and the like while connecting.
    pub(super) fn unavailable(who: Who, when: When) -> Stop {
        Stop::new(who, when, Tell::Page(503))
    }
}

fn builtin(status: u16, extra: &[(Vec<u8>, Vec<u8>)]) -> Option<(Message, Arc<[u8]>)> {
    let (mut m, body) = pages::message(status);
    extra.iter().for_each(|(n, v)| m.add(n, v));
    Some((m, body.into()))
}

/// A whole response as a file holds it: with its version, and without a length if it announces none.
fn parse_file(bytes: &[u8]) -> Option<(Message, Arc<[u8]>)> {
    let mut m = Message::new();
    let Ok(head::Parsed::Complete(n)) = head::response(bytes, &mut m, Limits { lenient: true, ..Limits::default() })
    else {
        return None;
    };
    let body: Arc<[u8]> = bytes[n..].into();
    Some((m, body))
}
