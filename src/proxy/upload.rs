//! The request's way to the server: its head, and its body as the client sends it, while the response may come already.

use std::task::{Context, Poll};

use super::buffers::Buffer;
use super::forward::{Cut, JOIN_UP_TO};
use super::socket::Socket;
use crate::http::Message;
use crate::http::h1::body::{Decoder, Event};
use crate::http::h1::encode;
use crate::http::h1::head::Limits;

/// What is to be sent, and how far it has come. Without a body the head stays, so that it can be sent again.
pub struct Upload {
    out: Vec<u8>,
    sent: usize,
    pub decoder: Decoder,
    chunked: bool,
    trailers: Message,
    pub moved: u64,
    ended: bool,
    cut: Option<Cut>,
    taken: bool,
}

/// Nothing to send.
impl Default for Upload {
    fn default() -> Self {
        Self {
            out: Vec::new(),
            sent: 0,
            decoder: Decoder::Done,
            chunked: false,
            trailers: Message::new(),
            moved: 0,
            ended: true,
            cut: None,
            taken: false,
        }
    }
}

impl Upload {
    /// Begins anew with memory for a head, which is sent before the body.
    pub fn begin(&mut self, decoder: Decoder, chunked: bool) -> &mut Vec<u8> {
        (self.decoder, self.chunked) = (decoder, chunked);
        self.ended = decoder.is_done();
        self.moved = 0;
        self.taken = false;
        self.out.clear();
        self.again();
        &mut self.out
    }

    /// Sends the same head once more; there must be no body.
    pub fn again(&mut self) {
        self.sent = 0;
        self.cut = None;
    }

    /// Everything has left.
    pub fn is_done(&self) -> bool {
        self.ended && self.sent == self.out.len()
    }

    /// Bytes of the body were taken from the client's buffer, so the request cannot be sent again.
    pub fn has_taken_body(&self) -> bool {
        self.taken
    }

    pub fn client_is_gone(&self) -> bool {
        matches!(self.cut, Some(Cut::ReadEnd | Cut::ReadError | Cut::Malformed))
    }

    pub fn is_malformed(&self) -> bool {
        self.cut == Some(Cut::Malformed)
    }

    /// No more is sent.
    pub fn stop(&mut self) {
        self.ended = true;
        self.sent = self.out.len();
    }

    /// Goes on as far as it can; says whether anything moved.
    pub fn poll(&mut self, cx: &mut Context<'_>, client: &Socket, buf: &mut Buffer, server: &Socket) -> bool {
        let mut progress = false;
        while self.cut.is_none() && !self.is_done() {
            // What is in the buffer already leaves together with the head.
            if !self.ended && self.out.len() - self.sent < JOIN_UP_TO && self.gather(buf) {
                progress = true;
                continue;
            }
            if self.cut.is_some() {
                break;
            }
            if self.sent < self.out.len() {
                match server.poll_send(cx, &self.out[self.sent..], false) {
                    Poll::Ready(Ok(n)) => {
                        self.sent += n;
                        progress = true;
                        if self.sent == self.out.len() && !self.ended {
                            self.out.clear();
                            self.sent = 0;
                        }
                        continue;
                    }
                    Poll::Ready(Err(_)) => self.cut = Some(Cut::WriteError),
                    Poll::Pending => {}
                }
                return progress;
            }
            match client.poll_fill(cx, buf, 16384) {
                Poll::Ready(Ok(0)) => self.cut = Some(Cut::ReadEnd),
                Poll::Ready(Ok(_)) => progress = true,
                Poll::Ready(Err(_)) => self.cut = Some(Cut::ReadError),
                Poll::Pending => return progress,
            }
        }
        progress
    }

    /// Puts the body's next bytes behind what is to be sent; `false` when there are none yet.
    fn gather(&mut self, buf: &mut Buffer) -> bool {
        match self.decoder.next(buf.data(), &mut self.trailers, Limits::default()) {
            Err(_) => {
                self.cut = Some(Cut::Malformed);
                false
            }
            Ok(Event::More { skip }) => {
                buf.consume(skip);
                false
            }
            Ok(Event::Data { skip, len }) => {
                if self.chunked {
                    encode::chunk_size(len, &mut self.out);
                }
                self.out.extend_from_slice(&buf.data()[skip..skip + len]);
                if self.chunked {
                    self.out.extend_from_slice(b"\r\n");
                }
                buf.consume(skip + len);
                self.moved += len as u64;
                self.taken = true;
                self.ended = self.decoder.is_done();
                true
            }
            Ok(Event::End { skip }) => {
                buf.consume(skip);
                if self.chunked {
                    self.out.extend_from_slice(b"0\r\n");
                    self.trailers.write_to(&mut self.out);
                    self.moved += 1;
                }
                self.ended = true;
                true
            }
        }
    }
}
