//! Accepts connections: every thread waits on the same listening socket and takes what it can.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd as _, OwnedFd};
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::{Arc, Weak};
use std::time::Duration;

use rustix::net::SocketFlags;
use tokio::sync::watch;

use super::session::{Accepted, greet, serve};
use super::thread::Local;
use super::world::{State, World};
use crate::ir::ProxyId;
use crate::process::poller;

/// A bound and listening socket, shared by the threads.
#[derive(Clone)]
pub struct Listening {
    pub fd: Arc<OwnedFd>,
    pub proxy: ProxyId,
    /// Index of the `bind` in its proxy.
    pub index: usize,
    pub is_inet: bool,
    /// Connections that the kernel keeps for us.
    pub backlog: i32,
}

/// How many connections are taken before others get their turn.
const AT_ONCE: u32 = 64;

thread_local! {
    static WAITING: RefCell<Vec<std::task::Waker>> = const { RefCell::new(Vec::new()) };
}

/// A connection has ended: who waits for room looks again.
pub fn slot_freed() {
    WAITING.with_borrow_mut(|w| w.drain(..).for_each(std::task::Waker::wake));
}

/// Counted while it lives, so that a process that stops softly knows whether a connection may come yet.
pub struct Accepting(&'static World);

impl Accepting {
    pub fn new(world: &'static World) -> Self {
        world.accepting.fetch_add(1, SeqCst);
        Self(world)
    }
}

impl Drop for Accepting {
    fn drop(&mut self) {
        self.0.accepting.fetch_sub(1, SeqCst);
    }
}

/// A listening socket as operators reach it; weak, so that those who listen can still close it.
pub struct Ear {
    proxy: ProxyId,
    is_inet: bool,
    backlog: i32,
    pub fd: Weak<OwnedFd>,
}

impl Ear {
    pub fn of(l: &Listening) -> Self {
        Self { proxy: l.proxy, is_inet: l.is_inet, backlog: l.backlog, fd: Arc::downgrade(&l.fd) }
    }
}

/// Lets the kernel refuse connections for a proxy that is paused or stopped, or take them again. A unix socket cannot be
/// paused: it goes on until it is closed.
pub fn hear(world: &World, proxy: ProxyId) {
    let is_open = world.proxies[proxy.0].state() == State::Running;
    for ear in world.ears.get().into_iter().flatten().filter(|e| e.proxy == proxy && e.is_inet) {
        let Some(fd) = ear.fd.upgrade() else { continue };
        let s = socket2::SockRef::from(&fd);
        // A socket that refuses keeps its address.
        let _ = if is_open { s.listen(ear.backlog) } else { s.shutdown(std::net::Shutdown::Read) };
    }
    world.hearing.send_replace(());
}

/// Takes connections until the process or its proxy stops listening.
pub async fn accept(local: &'static Local, on: Listening, _counted: Accepting) {
    let mut closing = local.closing.clone();
    let mut hearing = local.world.hearing.subscribe();
    let (_, live) = local.world.proxy(on.proxy);
    live.listeners[on.index].open.store(true, Relaxed);
    live.listeners[on.index].descriptor.store(on.fd.as_raw_fd(), Relaxed);
    while !*closing.borrow() && live.state() != State::Stopped {
        if live.state() == State::Paused && on.is_inet {
            tokio::select! {
                _ = hearing.changed() => {}
                _ = closing.wait_for(|stops| *stops) => {}
            }
        } else if take_all(local, &on, &mut closing, &mut hearing).await.is_err() {
            break;
        }
    }
    // What the kernel has queued for us nobody else would serve.
    while let Ok((fd, peer)) = take(&on.fd, on.is_inet) {
        let accepted = Accepted { fd, peer, front: on.proxy, listener: on.index };
        serve(greet(local, accepted));
    }
    live.listeners[on.index].open.store(false, Relaxed);
}

/// Takes connections until somebody says that the state has changed. The poller would remember for ever that a socket was
/// shut, so each time has its own.
async fn take_all(
    local: &'static Local,
    on: &Listening,
    closing: &mut watch::Receiver<bool>,
    hearing: &mut watch::Receiver<()>,
) -> std::io::Result<()> {
    let poller = poller::readable(on.fd.clone())?;
    let timer = local.timers.timer();
    let mut taken = 0;
    loop {
        while is_full(local, on) {
            // Room may come free on another thread, so this one also looks by itself.
            timer.arm_after(super::clock::now(), Some(Duration::from_millis(20)));
            tokio::select! {
                () = timer.elapsed() => {}
                () = freed() => {}
                _ = hearing.changed() => return Ok(()),
                _ = closing.wait_for(|stops| *stops) => return Ok(()),
            }
        }
        let mut ready = tokio::select! {
            biased;
            _ = closing.wait_for(|stops| *stops) => return Ok(()),
            _ = hearing.changed() => return Ok(()),
            ready = poller.readable() => ready?,
        };
        match take(&on.fd, on.is_inet) {
            Ok((fd, peer)) => {
                super::clock::refresh();
                let accepted = Accepted { fd, peer, front: on.proxy, listener: on.index };
                serve(greet(local, accepted));
                taken += 1;
                if taken == AT_ONCE {
                    taken = 0;
                    tokio::task::yield_now().await;
                }
            }
            Err(rustix::io::Errno::AGAIN) => {
                taken = 0;
                ready.clear_ready();
            }
            Err(rustix::io::Errno::CONNABORTED | rustix::io::Errno::INTR) => {}
            Err(_) => {
                // Out of descriptors or memory: it may be better in a while.
                timer.sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// No room for one more connection, or not yet.
fn is_full(local: &Local, on: &Listening) -> bool {
    let world = local.world;
    let (p, live) = world.proxy(on.proxy);
    let own_limit = p.listeners[on.index].options.maxconn.unwrap_or(0);
    world.process.connections.get() >= world.limits.maxconn.load(Relaxed)
        || live.front.connections.get() >= live.maxconn.load(Relaxed)
        || own_limit > 0 && live.listeners[on.index].counters.connections.get() >= own_limit
        || rate_limited(local, on.proxy)
}

async fn freed() {
    let mut registered = false;
    std::future::poll_fn(|cx| {
        if registered {
            return std::task::Poll::Ready(());
        }
        registered = true;
        WAITING.with_borrow_mut(|w| {
            // Who looks again by itself comes here again and again before a slot is freed.
            if !w.iter().any(|known| known.will_wake(cx.waker())) {
                w.push(cx.waker().clone());
            }
        });
        std::task::Poll::Pending
    })
    .await;
}

/// `rate-limit sessions`, `maxconnrate`, `maxsessrate`.
fn rate_limited(local: &Local, proxy: ProxyId) -> bool {
    let world = local.world;
    let (p, live) = world.proxy(proxy);
    let (connections, sessions) = (world.limits.connection_rate.load(Relaxed), world.limits.session_rate.load(Relaxed));
    if p.rate_limit_sessions.is_none() && connections == 0 && sessions == 0 {
        return false;
    }
    let up = world.uptime_ms();
    p.rate_limit_sessions.is_some_and(|max| max > 0 && live.front.session_rate.get(up) >= max)
        || connections > 0 && world.process.connection_rate.get(up) >= connections
        || sessions > 0 && world.process.session_rate.get(up) >= sessions
}

fn take(fd: &OwnedFd, is_inet: bool) -> rustix::io::Result<(OwnedFd, Option<SocketAddr>)> {
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    if !is_inet {
        return Ok((rustix::net::accept_with(fd.as_fd(), flags)?, None));
    }
    let (fd, peer) = rustix::net::acceptfrom_with(fd.as_fd(), flags)?;
    Ok((fd, peer.and_then(|a| SocketAddr::try_from(a).ok())))
}
