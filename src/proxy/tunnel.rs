//! Bytes both ways between two sockets until both sides have closed: `mode tcp`, CONNECT, upgraded connections.
//!
//! Each direction copies at first; one that moves much in one go continues by splicing.

use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll};
use std::time::Duration;

use super::buffers::Buffer;
use super::clock;
use super::end::{End, When, Who};
use super::registry::Session;
use super::socket::Socket;
use super::splice::Pipe;
use super::timers::Timer;
use crate::log::traffic::Side;

/// The two ways and their limits.
pub struct Ways<'a> {
    pub client: &'a Socket,
    pub server: &'a Socket,
    /// The client's and the server's.
    pub timers: (&'a Timer, Timer),
    pub session: &'a Session,
    pub client_patience: Option<Duration>,
    pub server_patience: Option<Duration>,
    /// Once one side has closed.
    pub client_fin: Option<Duration>,
    pub server_fin: Option<Duration>,
    pub splice: bool,
}

#[derive(Debug, Clone, Copy)]
pub struct Done {
    /// Bytes from the client, and to it.
    pub up: u64,
    pub down: u64,
    pub end: End,
    /// Whose connection was over first.
    pub first: Side,
}

/// After so many bytes in a direction without a pause, it is spliced.
const SPLICE_AFTER: u64 = 64 * 1024;

struct Way<'a> {
    from: &'a Socket,
    to: &'a Socket,
    buf: &'a mut Buffer,
    pipe: Option<Pipe>,
    /// Bytes moved since it last had to wait for its source.
    burst: u64,
    moved: u64,
    read_done: bool,
    done: bool,
    splice: bool,
}

enum Trouble {
    Read,
    Write,
}

impl Way<'_> {
    /// Goes on as far as it can; says whether anything moved.
    fn poll(&mut self, cx: &mut Context<'_>) -> Result<bool, Trouble> {
        let mut progress = false;
        while !self.done {
            if !self.buf.is_empty() {
                match self.to.poll_send(cx, self.buf.data(), false) {
                    Poll::Ready(Ok(n)) => {
                        self.buf.consume(n);
                        self.moved += n as u64;
                        self.burst += n as u64;
                        progress = true;
                        continue;
                    }
                    Poll::Ready(Err(_)) => return Err(Trouble::Write),
                    Poll::Pending => return Ok(progress),
                }
            }
            if let Some(pipe) = &mut self.pipe
                && !pipe.is_empty()
            {
                match pipe.drain(cx, self.to, false) {
                    Poll::Ready(Ok(n)) => {
                        self.moved += n;
                        progress = true;
                        continue;
                    }
                    Poll::Ready(Err(_)) => return Err(Trouble::Write),
                    Poll::Pending => return Ok(progress),
                }
            }
            if self.read_done {
                self.to.finish();
                self.done = true;
                return Ok(true);
            }
            if self.pipe.is_none() && self.splice && self.burst >= SPLICE_AFTER {
                self.pipe = Pipe::take().ok();
                self.splice = self.pipe.is_some();
                self.buf.release();
            }
            match self.read(cx) {
                Poll::Ready(Ok(0)) => self.read_done = true,
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(_)) => return Err(Trouble::Read),
                Poll::Pending => {
                    self.burst = 0;
                    if let Some(p) = self.pipe.take_if(|p| p.is_empty()) {
                        p.give();
                    }
                    return Ok(progress);
                }
            }
            progress = true;
        }
        Ok(progress)
    }

    fn read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        match &mut self.pipe {
            Some(p) => p.fill(cx, self.from, u64::MAX),
            None => self.from.poll_fill(cx, self.buf, 16384).map(|r| r.map(|n| n as u64)),
        }
    }
}

impl<'a> Way<'a> {
    fn new(from: &'a Socket, to: &'a Socket, buf: &'a mut Buffer, splice: bool) -> Self {
        Self { from, to, buf, pipe: None, burst: 0, moved: 0, read_done: false, done: false, splice }
    }
}

/// What the client has sent while rules waited for the server.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sent {
    pub moved: u64,
    finished: bool,
}

/// What the server said while rules waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preview {
    More,
    /// It has closed, or the time is over.
    Over,
    /// Its connection broke.
    Broken,
    Failed(End),
}

/// Reads more of what the server says without passing it on, for rules that look at it first; what the client says goes
/// its way meanwhile.
pub async fn preview(
    ends: (&Socket, &Socket),
    deadline: &Timer,
    session: &Session,
    client_buf: &mut Buffer,
    server_buf: &mut Buffer,
    sent: &mut Sent,
) -> Preview {
    let mut up = Way::new(ends.0, ends.1, client_buf, false);
    (up.read_done, up.done) = (sent.finished, sent.finished);
    let seen = poll_fn(|cx| {
        match up.poll(cx) {
            Ok(_) => {}
            Err(Trouble::Read) => return Poll::Ready(Preview::Failed(End::new(Who::Client, When::Data))),
            Err(Trouble::Write) => return Poll::Ready(Preview::Failed(End::new(Who::Server, When::Data))),
        }
        match ends.1.poll_fill(cx, server_buf, 16384) {
            Poll::Ready(Ok(n)) if n > 0 => return Poll::Ready(Preview::More),
            Poll::Ready(Ok(_)) => return Poll::Ready(Preview::Over),
            Poll::Ready(Err(_)) => return Poll::Ready(Preview::Broken),
            Poll::Pending => {}
        }
        if let Some(who) = session.killed.get() {
            return Poll::Ready(Preview::Failed(End::new(who, When::Data)));
        }
        deadline.poll_elapsed(cx).map(|()| Preview::Over)
    })
    .await;
    sent.moved += up.moved;
    sent.finished = up.done;
    seen
}

/// Runs until both ways are done, or one fails. `sent` went up before.
pub async fn run(w: Ways<'_>, client_buf: &mut Buffer, server_buf: &mut Buffer, sent: Sent) -> Done {
    let mut up = Way::new(w.client, w.server, client_buf, w.splice);
    (up.moved, up.read_done, up.done) = (sent.moved, sent.finished, sent.finished);
    let mut down = Way::new(w.server, w.client, server_buf, w.splice);
    let mut first = Side::Server;
    let now = clock::now();
    w.timers.0.arm_after(now, w.client_patience);
    w.timers.1.arm_after(now, w.server_patience);
    let end = poll_fn(|cx| {
        let u = match up.poll(cx) {
            Ok(p) => p,
            Err(Trouble::Read) => return Poll::Ready(End::new(Who::Client, When::Data)),
            Err(Trouble::Write) => return Poll::Ready(End::new(Who::Server, When::Data)),
        };
        let d = match down.poll(cx) {
            Ok(p) => p,
            Err(Trouble::Read) => return Poll::Ready(End::new(Who::Server, When::Data)),
            Err(Trouble::Write) => return Poll::Ready(End::new(Who::Client, When::Data)),
        };
        if up.done && down.done {
            return Poll::Ready(End::default());
        }
        if down.done {
            first = Side::Client;
        }
        if u || d {
            let now = clock::now();
            let half = up.read_done || down.read_done;
            let (c, s) = if half {
                (w.client_fin.or(w.client_patience), w.server_fin.or(w.server_patience))
            } else {
                (w.client_patience, w.server_patience)
            };
            // Either side's activity keeps the other waiting: silence of both is what times out.
            w.timers.0.arm_after(now, c);
            w.timers.1.arm_after(now, s);
        }
        if w.session.killed.get().is_some() {
            return Poll::Ready(End::new(w.session.killed.get().unwrap_or(Who::Killed), When::Data));
        }
        if w.timers.0.poll_elapsed(cx).is_ready() {
            return Poll::Ready(End::new(Who::ClientTimeout, When::Data));
        }
        if w.timers.1.poll_elapsed(cx).is_ready() {
            return Poll::Ready(End::new(Who::ServerTimeout, When::Data));
        }
        Poll::Pending
    })
    .await;
    if end.who == Who::Client {
        first = Side::Client;
    }
    Done { up: up.moved, down: down.moved, end, first }
}
