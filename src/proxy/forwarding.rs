//! Takes syslog messages and sends them on (`log-forward`, manual 3.10).

use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::rc::Rc;

use socket2::{Domain, Socket, Type};
use tokio::io::AsyncReadExt as _;

use super::clock;
use super::logger::Target;
use super::thread::Local;
use crate::ir::Config;
use crate::log::syslog::{self, Defaults, Frame};

/// The sockets of one section.
pub struct Bound {
    section: usize,
    datagrams: Vec<UdpSocket>,
    streams: Vec<TcpListener>,
}

/// Binds the sockets of every section.
///
/// # Errors
/// The line to print.
pub fn bind(config: &Config) -> Result<Vec<Bound>, String> {
    let mut all = Vec::new();
    for (section, f) in config.log_forwards.iter().enumerate() {
        let fail = |a: &SocketAddr, e: &io::Error| {
            let why = super::load::in_words(e);
            format!("Binding [{}] for log-forward {}: cannot bind socket ({why}) [{a}]", "log-forward", f.name)
        };
        let mut bound = Bound { section, datagrams: Vec::new(), streams: Vec::new() };
        for a in &f.datagrams {
            bound.datagrams.push(open(*a, Type::DGRAM).map(Into::into).map_err(|e| fail(a, &e))?);
        }
        for a in &f.streams {
            let backlog = f.backlog.unwrap_or(f.maxconn).try_into().unwrap_or(i32::MAX);
            let socket = open(*a, Type::STREAM).and_then(|s| s.listen(backlog).map(|()| s));
            bound.streams.push(socket.map(Into::into).map_err(|e| fail(a, &e))?);
        }
        all.push(bound);
    }
    Ok(all)
}

/// A successor binds the same address while we still have it.
fn open(address: SocketAddr, kind: Type) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), kind, None)?;
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(true)?;
    socket.bind(&address.into())?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// One section at work.
struct Forwarder {
    local: &'static Local,
    section: usize,
    targets: Vec<Target>,
    connections: std::cell::Cell<u32>,
}

/// Serves them, until the process is told to stop. One thread of the process does this.
pub fn start(local: &'static Local, all: Vec<Bound>) {
    for bound in all {
        let spec = &local.world.config.log_forwards[bound.section];
        let targets = spec.log.iter().map(|t| Target::new(t, &local.world.rings)).collect();
        let forwarder =
            Rc::new(Forwarder { local, section: bound.section, targets, connections: std::cell::Cell::new(0) });
        for socket in bound.datagrams {
            if let Ok(socket) = tokio::net::UdpSocket::from_std(socket) {
                tokio::task::spawn_local(forwarder.clone().take_datagrams(socket));
            }
        }
        for listener in bound.streams {
            if let Ok(listener) = tokio::net::TcpListener::from_std(listener) {
                tokio::task::spawn_local(forwarder.clone().accept(listener));
            }
        }
    }
}

impl Forwarder {
    fn spec(&self) -> &'static crate::ir::log::LogForward {
        &self.local.world.config.log_forwards[self.section]
    }

    async fn take_datagrams(self: Rc<Self>, socket: tokio::net::UdpSocket) {
        let mut closing = self.local.closing.clone();
        let mut buffer = vec![0; 65536];
        loop {
            tokio::select! {
                got = socket.recv(&mut buffer) => {
                    if let Ok(n) = got {
                        self.forward(&buffer[..n]);
                    }
                }
                _ = closing.changed() => return,
            }
        }
    }

    async fn accept(self: Rc<Self>, listener: tokio::net::TcpListener) {
        let mut closing = self.local.closing.clone();
        let pause = self.local.timers.timer();
        loop {
            if self.connections.get() >= self.spec().maxconn.max(1) {
                pause.sleep(std::time::Duration::from_millis(50)).await;
                continue;
            }
            tokio::select! {
                got = listener.accept() => if let Ok((stream, _)) = got {
                    self.connections.set(self.connections.get() + 1);
                    tokio::task::spawn_local(self.clone().take_stream(stream));
                },
                _ = closing.changed() => return,
            }
        }
    }

    /// Messages one after the other, until the client ends, is silent for too long, or sends what is none.
    async fn take_stream(self: Rc<Self>, mut stream: tokio::net::TcpStream) {
        let timer = self.local.timers.timer();
        let mut bytes = Vec::with_capacity(16384);
        'connection: loop {
            let mut used = 0;
            loop {
                match syslog::frame(&bytes[used..]) {
                    Frame::Whole { start, end, next } => {
                        self.forward(&bytes[used + start..used + end]);
                        used += next;
                    }
                    Frame::Partial => break,
                    Frame::Bad => break 'connection,
                }
            }
            bytes.drain(..used);
            timer.arm_after(clock::now(), self.spec().client_timeout);
            tokio::select! {
                got = stream.read_buf(&mut bytes) => if got.is_ok_and(|n| n > 0) { continue } else { break },
                () = timer.elapsed() => break,
            }
        }
        self.connections.set(self.connections.get() - 1);
    }

    fn forward(&self, bytes: &[u8]) {
        let world = self.local.world;
        world.process.received_logs.inc();
        let message = syslog::parse(bytes);
        let now = Defaults { facility: 0, now: clock::unix_micros(), utc_offset: world.offset() };
        let global = if self.spec().log_global { &world.global_log[..] } else { &[] };
        let mut scratch = Vec::new();
        for t in global.iter().chain(&self.targets) {
            if !t.forward(&message, now, &mut scratch) {
                world.process.dropped_logs.inc();
            }
        }
    }
}
