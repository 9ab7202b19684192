//! The runtime socket: takes operators' connections, reads their lines, writes answers.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd as _, OwnedFd, RawFd};
use std::os::unix::net::UnixStream as StdStream;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::sync::oneshot;

use super::control::Hands;
use super::handover::StatsSocket;
use super::sessions;
use super::stream::traffic::print;
use super::thread::Local;
use super::world::{World, lock};
use crate::cli::command::Output;
use crate::cli::session::Session;
use crate::cli::streams::Seen;
use crate::log::traffic::{self, Closing, Side};
use crate::process::poller;

/// Longest line, bytes.
const LONGEST: usize = 65536;

/// A successor's question (`-x`); operators do not use it.
const GET_SOCKETS: &str = "_getsocks";

/// Unless `stats timeout` says otherwise.
const PATIENCE: Duration = Duration::from_secs(10);

/// Takes connections for as long as the process lives.
pub async fn listen(local: &'static Local, socket: StatsSocket) {
    let session = Session::new(socket.spec.options.level, socket.spec.options.severity_output);
    let is_unix =
        matches!(socket.spec.address, crate::ir::address::Address::Unix(_) | crate::ir::address::Address::Abstract(_));
    let gives = socket.spec.options.expose_fd_listeners;
    if let Err(e) = accept(local, socket.fd, (is_unix, gives), &session).await {
        super::start::alert(&format!("the runtime socket {} is gone: {e}", socket.spec.address));
    }
}

async fn accept(
    local: &'static Local,
    fd: OwnedFd,
    (is_unix, gives): (bool, bool),
    session: &Session,
) -> io::Result<()> {
    // A descriptor that was inherited may be of either family, whatever its address says.
    let family = socket2::SockRef::from(&fd).local_addr()?;
    if is_unix || family.is_unix() {
        let listener = std::os::unix::net::UnixListener::from(fd);
        listener.set_nonblocking(true)?;
        let listener = tokio::net::UnixListener::from_std(listener)?;
        loop {
            if let Ok((stream, _)) = listener.accept().await {
                let shown = Shown::begin(local.world, listener.as_raw_fd(), stream.as_raw_fd(), None);
                let copy = if gives { rustix::io::fcntl_dupfd_cloexec(&stream, 3).ok() } else { None };
                let (r, w) = stream.into_split();
                tokio::task::spawn_local(converse(local, r, w, (session.clone(), copy.map(Into::into)), shown));
            }
        }
    }
    let listener = std::net::TcpListener::from(fd);
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    loop {
        if let Ok((stream, peer)) = listener.accept().await {
            let shown = Shown::begin(local.world, listener.as_raw_fd(), stream.as_raw_fd(), Some(peer));
            let (r, w) = stream.into_split();
            tokio::task::spawn_local(converse(local, r, w, (session.clone(), None), shown));
        }
    }
}

/// Serves the operators that the master hands on. Returns when the master is gone.
pub async fn from_master(local: &'static Local, master: Option<OwnedFd>) {
    let Some(Ok(master)) = master.map(poller::readable) else { return std::future::pending().await };
    loop {
        let Ok(mut ready) = master.readable().await else { return };
        match super::fdpass::take(master.get_ref()) {
            Ok(Some((fd, rights))) => {
                let stream = std::os::unix::net::UnixStream::from(fd);
                if stream.set_nonblocking(true).is_ok()
                    && let Ok(stream) = tokio::net::UnixStream::from_std(stream)
                {
                    let shown = Shown::begin(local.world, master.as_raw_fd(), stream.as_raw_fd(), None);
                    let (r, w) = stream.into_split();
                    tokio::task::spawn_local(converse(local, r, w, (Session::from_rights(rights), None), shown));
                }
            }
            Ok(None) => return,
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => ready.clear_ready(),
            Err(_) => {}
        }
    }
}

/// An operator's connection counts as a stream, and is listed and shown as one.
struct Shown {
    world: &'static World,
    lines: traffic::Stream<'static>,
}

impl Shown {
    fn begin(world: &'static World, listener: RawFd, client: RawFd, from: Option<SocketAddr>) -> Self {
        let number = world.streams.fetch_add(1, Relaxed);
        let lines = traffic::Stream { number, proxy: "GLOBAL", client: Some(client), server: None };
        if world.shows_traffic {
            let from = from.map_or_else(|| "unix:1".to_owned(), |a| format!("{}:{}", a.ip(), a.port()));
            print(&lines.accepted(listener, &from));
        }
        let seen = Seen {
            number,
            began: super::clock::unix_micros(),
            client: from,
            destination: None,
            frontend: None,
            backend: None,
            server: None,
            server_address: None,
        };
        lock(&world.operators).insert(number, seen);
        Self { world, lines }
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        lock(&self.world.operators).remove(&self.lines.number);
        if self.world.shows_traffic {
            print(&self.lines.closed(Closing::Connections(Side::Server)));
        }
    }
}

/// One operator, until the end of what it sends; without `prompt`, one line.
async fn converse(
    local: &'static Local,
    r: impl AsyncRead + Unpin,
    mut w: impl AsyncWrite + Unpin,
    (mut session, mut successor): (Session, Option<StdStream>),
    _shown: Shown,
) {
    let mut reader = BufReader::new(r);
    let hands = Hands(local.world, local);
    loop {
        let Some(line) = read_line(local, &mut reader, &session).await else { return };
        if line.trim_end() == GET_SOCKETS
            && let Some(stream) = successor.take()
        {
            return hand_over(local.world, stream).await;
        }
        let payload = if Session::wants_payload(&line) {
            match read_payload(local, &mut reader, &session).await {
                Some(p) => Some(p),
                None => return,
            }
        } else {
            None
        };
        let mut answer = String::new();
        let mut quit = false;
        let outputs = session.line(&line, payload.as_deref(), &hands);
        let nothing = outputs.is_empty();
        for (output, wants_prompt) in outputs {
            match output {
                Output::Text(t) => answer.push_str(&t),
                Output::Sessions(id) => answer.push_str(&sessions::list(local.world, id.as_deref()).await),
                Output::Kill(id) => answer.push_str(&sessions::kill(local.world, &id).await),
                Output::Events { ring, wait, new } => {
                    let events = Events { ring: &ring, wait, new };
                    if events.show(local, &mut answer, &mut reader, &mut w).await.is_err() {
                        return;
                    }
                }
                Output::Quit => {
                    quit = true;
                    break;
                }
            }
            answer.push_str(if wants_prompt { "\n> " } else { "\n" });
        }
        if nothing && session.interactive {
            answer.push_str("> ");
        }
        if w.write_all(answer.as_bytes()).await.is_err() || w.flush().await.is_err() {
            return;
        }
        if quit || !session.interactive {
            let _ = w.shutdown().await;
            return;
        }
    }
}

/// `show events RING`
struct Events<'a> {
    ring: &'a str,
    wait: bool,
    new: bool,
}

impl Events<'_> {
    /// Adds what is there to the answer; with `wait`, writes it and whatever comes, until the operator says anything.
    async fn show(
        &self,
        local: &'static Local,
        answer: &mut String,
        r: &mut (impl AsyncBufRead + Unpin),
        w: &mut (impl AsyncWrite + Unpin),
    ) -> io::Result<()> {
        let Some(ring) = local.world.rings.iter().find(|r| r.spec.name == self.ring) else { return Ok(()) };
        let mut shown = if self.new { ring.end() } else { 0 };
        loop {
            shown = ring.read(shown, |message| {
                answer.push_str(&String::from_utf8_lossy(message));
                answer.push('\n');
            });
            if !self.wait {
                return Ok(());
            }
            w.write_all(std::mem::take(answer).as_bytes()).await?;
            w.flush().await?;
            tokio::select! {
                () = ring.more_than(shown) => {}
                said = r.fill_buf() => {
                    let n = said?.len();
                    r.consume(n);
                    return Ok(());
                }
            }
        }
    }
}

/// Gives the listening sockets to a successor, on a thread of its own: it has to wait for answers.
async fn hand_over(world: &'static World, stream: StdStream) {
    let sockets: Vec<_> = world.ears.get().into_iter().flatten().filter_map(|e| e.fd.upgrade()).collect();
    let (done, is_done) = oneshot::channel();
    let thread = std::thread::Builder::new().name("handover".to_owned());
    let spawned = thread.spawn(move || {
        // One that goes away has got what it wanted, or asks again.
        let _ = super::fdpass::answer(stream, &sockets);
        let _ = done.send(());
    });
    if spawned.is_ok() {
        let _ = is_done.await;
    }
}

fn patience(local: &Local, session: &Session) -> Duration {
    session.timeout.map(Duration::from_secs).or(local.world.config.global.stats_timeout).unwrap_or(PATIENCE)
}

/// `None`: nothing more comes, or it is too long or too late.
async fn read_line(local: &'static Local, r: &mut (impl AsyncBufRead + Unpin), session: &Session) -> Option<String> {
    let mut line = Vec::new();
    let timer = local.timers.timer();
    timer.arm_after(super::clock::now(), Some(patience(local, session)));
    loop {
        let chunk = tokio::select! {
            chunk = r.fill_buf() => chunk.ok()?,
            () = timer.elapsed() => return None,
        };
        if chunk.is_empty() {
            return (!line.is_empty()).then(|| String::from_utf8_lossy(&line).into_owned());
        }
        let (used, done) = match memchr::memchr(b'\n', chunk) {
            Some(at) => (at + 1, true),
            None => (chunk.len(), false),
        };
        line.extend_from_slice(&chunk[..used]);
        r.consume(used);
        if line.len() > LONGEST {
            return None;
        }
        if done {
            return Some(String::from_utf8_lossy(&line).into_owned());
        }
    }
}

/// Lines up to an empty one.
async fn read_payload(local: &'static Local, r: &mut (impl AsyncBufRead + Unpin), session: &Session) -> Option<String> {
    let mut payload = String::new();
    loop {
        match read_line(local, r, session).await {
            Some(l) if l.trim_end_matches(['\r', '\n']).is_empty() => return Some(payload),
            Some(l) => payload.push_str(&l),
            // The end of the connection ends the payload too.
            None => return (!payload.is_empty()).then_some(payload),
        }
        if payload.len() > 16 * LONGEST {
            return None;
        }
    }
}
