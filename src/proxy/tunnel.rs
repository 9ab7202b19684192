//! Bytes both ways between two sockets until both sides have closed: `mode tcp`, CONNECT, upgraded connections.
//!
//! Each direction copies at first; one that moves much in one go continues by splicing.

use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll};
use std::time::Duration;

use super::buffers::Buffer;
use super::clock::{self, Moment};
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
    /// Goes on as far as it can.
    fn poll(&mut self, cx: &mut Context<'_>) -> Result<(), Trouble> {
        while !self.done {
            if !self.buf.is_empty() {
                match self.to.poll_send(cx, self.buf.data(), false) {
                    Poll::Ready(Ok(n)) => {
                        self.buf.consume(n);
                        self.moved += n as u64;
                        self.burst += n as u64;
                        continue;
                    }
                    Poll::Ready(Err(_)) => return Err(Trouble::Write),
                    Poll::Pending => return Ok(()),
                }
            }
            if let Some(pipe) = &mut self.pipe
                && !pipe.is_empty()
            {
                match pipe.drain(cx, self.to, false) {
                    Poll::Ready(Ok(n)) => {
                        self.moved += n;
                        continue;
                    }
                    Poll::Ready(Err(_)) => return Err(Trouble::Write),
                    Poll::Pending => return Ok(()),
                }
            }
            if self.read_done {
                self.to.finish();
                self.done = true;
                return Ok(());
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
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Bytes wait to be taken by the other side.
    fn has_pending(&self) -> bool {
        !self.buf.is_empty() || self.pipe.as_ref().is_some_and(|p| !p.is_empty())
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
            Ok(()) => {}
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
///
/// A side that is silent for too long counts as closed: the other hears of that, and may go on for as long as its own limit
/// allows. Either side's activity keeps the other waiting.
pub async fn run(w: Ways<'_>, client_buf: &mut Buffer, server_buf: &mut Buffer, sent: Sent) -> Done {
    let mut up = Way::new(w.client, w.server, client_buf, w.splice);
    (up.moved, up.read_done, up.done) = (sent.moved, sent.finished, sent.finished);
    let mut down = Way::new(w.server, w.client, server_buf, w.splice);
    let mut first = Side::Server;
    let mut end = None;
    w.arm(clock::now(), &up, &down);
    let broken = poll_fn(|cx| {
        loop {
            let before = (up.moved + down.moved, up.done, down.done);
            match up.poll(cx) {
                Ok(()) => {}
                Err(Trouble::Read) => return Poll::Ready(Some(Who::Client)),
                Err(Trouble::Write) => return Poll::Ready(Some(Who::Server)),
            }
            match down.poll(cx) {
                Ok(()) => {}
                Err(Trouble::Read) => return Poll::Ready(Some(Who::Server)),
                Err(Trouble::Write) => return Poll::Ready(Some(Who::Client)),
            }
            if up.done && down.done {
                return Poll::Ready(None);
            }
            if down.done {
                first = Side::Client;
            }
            w.note(before, &up, &down);
            if let Some(who) = w.session.killed.get() {
                return Poll::Ready(Some(who));
            }
            let (late, way, stuck) = if w.timers.0.poll_elapsed(cx).is_ready() {
                (Who::ClientTimeout, &mut up, down.has_pending())
            } else if w.timers.1.poll_elapsed(cx).is_ready() {
                (Who::ServerTimeout, &mut down, up.has_pending())
            } else {
                return Poll::Pending;
            };
            if stuck {
                return Poll::Ready(Some(late));
            }
            if way.read_done {
                let timer = if late == Who::ClientTimeout { w.timers.0 } else { &w.timers.1 };
                timer.arm_after(clock::now(), None);
            } else {
                way.read_done = true;
                end.get_or_insert(late);
            }
        }
    })
    .await;
    let end = broken.or(end).map_or_else(End::default, |who| End::new(who, When::Data));
    if end.who == Who::Client {
        first = Side::Client;
    }
    Done { up: up.moved, down: down.moved, end, first }
}

impl Ways<'_> {
    /// Each side has its limit from now on; one that can only close any more has its own, where that is set.
    fn arm(&self, now: Moment, up: &Way<'_>, down: &Way<'_>) {
        let fin = |limit: Option<Duration>, is_last: bool| limit.filter(|_| is_last);
        self.timers.0.arm_after(now, fin(self.client_fin, down.done).or(self.client_patience));
        self.timers.1.arm_after(now, fin(self.server_fin, up.done).or(self.server_patience));
    }

    /// What has happened since: bytes give both sides time, an end only sets a limit of its own.
    fn note(&self, (moved, up_done, down_done): (u64, bool, bool), up: &Way<'_>, down: &Way<'_>) {
        let now = clock::now();
        if up.moved + down.moved > moved {
            self.arm(now, up, down);
            return;
        }
        if down.done && !down_done && self.client_fin.is_some() {
            self.timers.0.arm_after(now, self.client_fin);
        }
        if up.done && !up_done && self.server_fin.is_some() {
            self.timers.1.arm_after(now, self.server_fin);
        }
    }
}
