//! Moves bodies: what has come with the head leaves with it in one send, large bodies of known length go through a pipe
//! in the kernel, chunked ones are taken out of their chunks and put into new ones.

use std::future::poll_fn;
use std::task::{Context, Poll};
use std::time::Duration;

use super::buffers::Buffer;
use super::clock;
use super::registry::Session;
use super::socket::Socket;
use super::splice::Pipe;
use super::timers::Timer;
use super::upload::Upload;
use crate::http::Message;
use crate::http::h1::body::{Decoder, Event};
use crate::http::h1::encode;
use crate::http::h1::head::Limits;

/// Why a body was cut short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    ReadEnd,
    ReadError,
    ReadTimeout,
    WriteError,
    WriteTimeout,
    Malformed,
    /// The same, before even the head has left.
    MalformedAtOnce,
    Killed,
}

#[derive(Debug, Clone, Copy)]
pub struct Done {
    /// Bytes of body, framing left out.
    pub moved: u64,
    pub cut: Option<Cut>,
}

/// One direction of a message.
pub struct Flow<'a> {
    pub from: &'a Socket,
    pub to: &'a Socket,
    pub timer: &'a Timer,
    pub session: &'a Session,
    pub read_patience: Option<Duration>,
    pub write_patience: Option<Duration>,
    pub chunked: bool,
    /// A large body may go from socket to socket without passing through us.
    pub splice: bool,
}

/// A body with at least so much to come is spliced.
const SPLICE_FROM: u64 = 64 * 1024;
/// What waits to be sent is put together up to this size.
pub(super) const JOIN_UP_TO: usize = 24 * 1024;

impl Flow<'_> {
    /// Sends `out` (the head) and then the body that `decoder` finds in `buf` and behind it.
    pub async fn run(
        &self,
        buf: &mut Buffer,
        out: &mut Vec<u8>,
        decoder: &mut Decoder,
        trailers: &mut Message,
    ) -> Done {
        self.drive(None, buf, out, decoder, trailers).await
    }

    /// The same while the request's body still goes the other way.
    pub async fn run_with(
        &self,
        upload: &mut Upload,
        client_buf: &mut Buffer,
        buf: &mut Buffer,
        out: &mut Vec<u8>,
        decoder: &mut Decoder,
        trailers: &mut Message,
    ) -> Done {
        Box::pin(self.drive(Some((upload, client_buf)), buf, out, decoder, trailers)).await
    }

    async fn drive(
        &self,
        mut upload: Option<(&mut Upload, &mut Buffer)>,
        buf: &mut Buffer,
        out: &mut Vec<u8>,
        decoder: &mut Decoder,
        trailers: &mut Message,
    ) -> Done {
        let mut moved = 0;
        let mut untouched = true;
        loop {
            let Ok(ended) = self.gather(buf, out, decoder, trailers, &mut moved) else {
                let cut = if untouched { Cut::MalformedAtOnce } else { Cut::Malformed };
                return Done { moved, cut: Some(cut) };
            };
            untouched = false;
            if let Err(cut) = self.send(&mut upload, out, buf, decoder, &mut moved).await {
                return Done { moved, cut: Some(cut) };
            }
            if ended || decoder.is_done() && buf.is_empty() {
                return Done { moved, cut: None };
            }
            if self.splice
                && upload.is_none()
                && let Some(left) = decoder.remaining().filter(|&n| n >= SPLICE_FROM && buf.is_empty())
            {
                buf.release();
                return self.splice(left, decoder, moved).await;
            }
            match self.receive(&mut upload, buf, decoder).await {
                Ok(0) if *decoder == Decoder::Endless => return Done { moved, cut: None },
                Ok(0) => return Done { moved, cut: Some(Cut::ReadEnd) },
                Ok(_) => {}
                Err(cut) => return Done { moved, cut: Some(cut) },
            }
        }
    }

    /// Takes from `buf` what may be sent together; `true` when the body has ended.
    fn gather(
        &self,
        buf: &mut Buffer,
        out: &mut Vec<u8>,
        decoder: &mut Decoder,
        trailers: &mut Message,
        moved: &mut u64,
    ) -> Result<bool, ()> {
        if !self.chunked && !decoder.is_done() && out.len() + buf.len() > JOIN_UP_TO {
            // Too much to copy: it is sent from where it lies.
            return Ok(false);
        }
        loop {
            match decoder.next(buf.data(), trailers, Limits::default()).map_err(drop)? {
                Event::Data { skip, len } => {
                    if self.chunked {
                        encode::chunk_size(len, out);
                    }
                    out.extend_from_slice(&buf.data()[skip..skip + len]);
                    if self.chunked {
                        out.extend_from_slice(b"\r\n");
                    }
                    *moved += len as u64;
                    buf.consume(skip + len);
                    if !self.chunked && !decoder.is_done() {
                        return Ok(false);
                    }
                }
                Event::More { skip } => {
                    buf.consume(skip);
                    return Ok(false);
                }
                Event::End { skip } => {
                    buf.consume(skip);
                    if self.chunked {
                        out.extend_from_slice(b"0\r\n");
                        let mut fields = Vec::new();
                        trailers.write_to(&mut fields);
                        out.extend_from_slice(&fields);
                        *moved += trailers.headers().map(|(n, v)| (n.len() + v.len()) as u64).sum::<u64>() + 1;
                    }
                    return Ok(true);
                }
            }
        }
    }

    /// Sends `out`, then what of `buf` needs no framing.
    async fn send(
        &self,
        upload: &mut Option<(&mut Upload, &mut Buffer)>,
        out: &mut Vec<u8>,
        buf: &mut Buffer,
        decoder: &mut Decoder,
        moved: &mut u64,
    ) -> Result<(), Cut> {
        let direct = if self.chunked || decoder.is_done() { 0 } else { direct_len(buf, decoder) };
        if !out.is_empty() {
            let done = self.send_all(upload, out, direct > 0).await;
            out.clear();
            done?;
        }
        if direct > 0 {
            self.send_all(upload, &buf.data()[..direct], false).await?;
            take(decoder, direct as u64);
            *moved += direct as u64;
            buf.consume(direct);
        }
        Ok(())
    }

    async fn send_all(
        &self,
        upload: &mut Option<(&mut Upload, &mut Buffer)>,
        bytes: &[u8],
        more: bool,
    ) -> Result<(), Cut> {
        let mut sent = match self.to.try_send(bytes, more) {
            Ok(n) if n == bytes.len() => return Ok(()),
            Ok(n) => n,
            Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => 0,
            Err(_) => return Err(Cut::WriteError),
        };
        self.timer.arm_after(clock::now(), self.write_patience);
        poll_fn(|cx| {
            if let Some((up, client_buf)) = upload {
                up.poll(cx, self.to, client_buf, self.from);
            }
            while sent < bytes.len() {
                match self.to.poll_send(cx, &bytes[sent..], more) {
                    Poll::Ready(Ok(n)) => {
                        sent += n;
                        self.timer.arm_after(clock::now(), self.write_patience);
                    }
                    Poll::Ready(Err(_)) => return Poll::Ready(Err(Cut::WriteError)),
                    Poll::Pending => return self.pending(cx, Cut::WriteTimeout),
                }
            }
            Poll::Ready(Ok(()))
        })
        .await
    }

    fn pending<T>(&self, cx: &mut Context<'_>, late: Cut) -> Poll<Result<T, Cut>> {
        if self.session.killed.get().is_some() {
            return Poll::Ready(Err(Cut::Killed));
        }
        self.timer.poll_elapsed(cx).map(|()| Err(late))
    }

    async fn receive(
        &self,
        upload: &mut Option<(&mut Upload, &mut Buffer)>,
        buf: &mut Buffer,
        decoder: &Decoder,
    ) -> Result<usize, Cut> {
        let large = !self.chunked && decoder.remaining().is_none_or(|n| n > 16384);
        let size = if large { 65536 } else { 16384 };
        self.timer.arm_after(clock::now(), self.read_patience);
        poll_fn(|cx| {
            if let Some((up, client_buf)) = upload {
                up.poll(cx, self.to, client_buf, self.from);
            }
            match self.from.poll_fill(cx, buf, size) {
                Poll::Ready(r) => Poll::Ready(r.map_err(|_| Cut::ReadError)),
                Poll::Pending => self.pending(cx, Cut::ReadTimeout),
            }
        })
        .await
    }

    /// The rest of a body of known length, through a pipe.
    async fn splice(&self, left: u64, decoder: &mut Decoder, mut moved: u64) -> Done {
        let Ok(mut pipe) = Pipe::take() else {
            // No pipe to be had: the plain way.
            return Box::pin(self.copy(left, decoder, moved)).await;
        };
        let mut left = left;
        self.timer.arm_after(clock::now(), self.read_patience);
        let cut = poll_fn(|cx| {
            loop {
                let mut stuck = true;
                if left > 0 {
                    match pipe.fill(cx, self.from, left) {
                        Poll::Ready(Ok(0)) if pipe.is_empty() => return Poll::Ready(Some(Cut::ReadEnd)),
                        Poll::Ready(Ok(0)) => {}
                        Poll::Ready(Ok(n)) => {
                            left -= n;
                            stuck = false;
                        }
                        Poll::Ready(Err(_)) => return Poll::Ready(Some(Cut::ReadError)),
                        Poll::Pending => {}
                    }
                }
                if !pipe.is_empty() {
                    match pipe.drain(cx, self.to, left > 0) {
                        Poll::Ready(Ok(n)) => {
                            moved += n;
                            stuck = false;
                        }
                        Poll::Ready(Err(_)) => return Poll::Ready(Some(Cut::WriteError)),
                        Poll::Pending => {}
                    }
                }
                if left == 0 && pipe.is_empty() {
                    return Poll::Ready(None);
                }
                if stuck {
                    let late = if pipe.is_empty() { Cut::ReadTimeout } else { Cut::WriteTimeout };
                    return match self.pending::<()>(cx, late) {
                        Poll::Ready(Err(cut)) => Poll::Ready(Some(cut)),
                        _ => Poll::Pending,
                    };
                }
                let patience = if pipe.is_empty() { self.read_patience } else { self.write_patience };
                self.timer.arm_after(clock::now(), patience);
            }
        })
        .await;
        if cut.is_none() {
            pipe.give();
            *decoder = Decoder::Done;
        }
        Done { moved, cut }
    }

    async fn copy(&self, mut left: u64, decoder: &mut Decoder, mut moved: u64) -> Done {
        let mut buf = Buffer::empty();
        while left > 0 {
            match self.receive(&mut None, &mut buf, decoder).await {
                Ok(0) => return Done { moved, cut: Some(Cut::ReadEnd) },
                Ok(n) => {
                    let n = n.min(usize::try_from(left).unwrap_or(usize::MAX));
                    if let Err(cut) = self.send_all(&mut None, &buf.data()[..n], false).await {
                        return Done { moved, cut: Some(cut) };
                    }
                    buf.consume(n);
                    left -= n as u64;
                    moved += n as u64;
                }
                Err(cut) => return Done { moved, cut: Some(cut) },
            }
        }
        *decoder = Decoder::Done;
        Done { moved, cut: None }
    }
}

/// How much of `buf` is body that leaves as it came.
fn direct_len(buf: &Buffer, decoder: &Decoder) -> usize {
    match *decoder {
        Decoder::Counted(n) => buf.len().min(usize::try_from(n).unwrap_or(usize::MAX)),
        Decoder::Endless => buf.len(),
        _ => 0,
    }
}

fn take(decoder: &mut Decoder, n: u64) {
    if let Decoder::Counted(left) = *decoder {
        *decoder = if left == n { Decoder::Done } else { Decoder::Counted(left - n) };
    }
}
