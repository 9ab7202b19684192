//! Rings as they live: filled by every thread, read by operators, and sent on to their servers by one thread.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::Notify;

use super::servers::Target;
use super::thread::Local;
use super::timers::Timer;
use super::world::lock;
use crate::ir::log::{Ring as Spec, RingServer};
use crate::log::ring::Ring;

/// One `ring` section.
pub struct RingLive {
    pub spec: Spec,
    ring: Mutex<Ring>,
    pushed: Notify,
}

impl RingLive {
    pub fn new(spec: &Spec) -> Self {
        Self { spec: spec.clone(), ring: Mutex::new(Ring::new(spec.size, spec.max_len)), pushed: Notify::new() }
    }

    pub fn push(&self, message: &[u8]) {
        lock(&self.ring).push(message);
        self.pushed.notify_waiters();
    }

    /// The number of the next message.
    pub fn end(&self) -> u64 {
        lock(&self.ring).end()
    }

    /// What is there from a number on, each message put into `frame`; the number to go on with.
    pub fn read(&self, from: u64, mut frame: impl FnMut(&[u8])) -> u64 {
        let ring = lock(&self.ring);
        ring.from(from).for_each(&mut frame);
        ring.end()
    }

    /// Waits until there is more than the messages below a number.
    pub async fn more_than(&self, number: u64) {
        loop {
            let mut pushed = std::pin::pin!(self.pushed.notified());
            // Asked for before looking, so that nothing that comes in between is missed.
            pushed.as_mut().enable();
            if self.end() > number {
                return;
            }
            pushed.await;
        }
    }
}

/// Sends rings on to their servers. One thread of the process does this.
pub fn start(local: &'static Local) {
    for ring in &local.world.rings {
        for server in &ring.spec.servers {
            tokio::task::spawn_local(serve(local, ring.clone(), server.clone()));
        }
    }
}

/// Between attempts to connect.
const PAUSE: Duration = Duration::from_secs(1);
/// Without `timeout connect` and `timeout server`.
const PATIENCE: Duration = Duration::from_secs(10);

async fn serve(local: &'static Local, ring: Arc<RingLive>, server: RingServer) {
    let timer = local.timers.timer();
    let mut sent = 0;
    loop {
        let patience = ring.spec.connect_timeout.unwrap_or(PATIENCE);
        match Target::of(&server.address) {
            Some(Target::Inet(to)) => {
                if let Some(stream) = connect(to, &timer, patience).await {
                    send(stream, &ring, &server, &timer, &mut sent).await;
                }
            }
            Some(Target::Unix(path)) => {
                let path = String::from_utf8_lossy(&path).into_owned();
                if let Ok(stream) = tokio::net::UnixStream::connect(path).await {
                    send(stream, &ring, &server, &timer, &mut sent).await;
                }
            }
            _ => {}
        }
        timer.sleep(PAUSE).await;
    }
}

async fn connect(to: SocketAddr, timer: &Timer, patience: Duration) -> Option<tokio::net::TcpStream> {
    tokio::select! {
        stream = tokio::net::TcpStream::connect(to) => stream.ok(),
        () = timer.sleep(patience) => None,
    }
}

/// Sends what the ring gets, until the server goes away or takes nothing.
async fn send(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    ring: &RingLive,
    server: &RingServer,
    timer: &Timer,
    sent: &mut u64,
) {
    let mut ignored = [0; 512];
    loop {
        tokio::select! {
            () = ring.more_than(*sent) => {}
            got = stream.read(&mut ignored) => match got {
                Ok(n) if n > 0 => continue,
                _ => return,
            },
        }
        let mut bytes = Vec::new();
        let end = ring.read(*sent, |message| frame(message, server.counts_octets, &mut bytes));
        tokio::select! {
            done = stream.write_all(&bytes) => if done.is_err() { return },
            () = timer.sleep(ring.spec.server_timeout.unwrap_or(PATIENCE)) => return,
        }
        *sent = end;
    }
}

/// RFC 6587 3.4.
fn frame(message: &[u8], counts_octets: bool, out: &mut Vec<u8>) {
    if counts_octets {
        out.extend_from_slice(format!("{} ", message.len()).as_bytes());
        out.extend_from_slice(message);
    } else {
        out.extend_from_slice(message);
        out.push(b'\n');
    }
}
