//! Opens a connection to a server: source address, options, and the attempt itself.

use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::task::{Context, Poll};

use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, sockopt};

use super::servers::Target;
use super::socket::Socket;
use crate::ir::address::Address;
use crate::ir::proxy::Proxy;
use crate::ir::server::{Source, UseSrc};

/// What else must be known.
#[derive(Debug, Clone, Copy, Default)]
pub struct Manner<'a> {
    pub source: Option<&'a Source>,
    pub interface: Option<&'a str>,
    /// The client's address, for `usesrc client`.
    pub client: Option<SocketAddr>,
    pub keepalive: Option<Keepalive>,
    pub user_timeout: Option<std::time::Duration>,
    /// The third packet of the handshake waits for data to ride on, or for the end: a check that only connects is never
    /// seen by the server.
    pub delay_ack: bool,
}

/// Probes on silent connections (`option srvtcpka`, `srvtcpka-cnt` and its like); what is not said is the system's choice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Keepalive {
    /// Unanswered probes before the connection is given up.
    pub count: Option<u32>,
    /// Silence before the first.
    pub idle: Option<std::time::Duration>,
    /// Time between them.
    pub interval: Option<std::time::Duration>,
}

impl Keepalive {
    /// What a proxy says for connections to its servers.
    pub fn to_servers(p: &Proxy) -> Option<Self> {
        let o = &p.options;
        o.srvtcpka.then_some(Self { count: o.srvtcpka_cnt, idle: o.srvtcpka_idle, interval: o.srvtcpka_intvl })
    }

    fn apply(self, fd: &OwnedFd) -> io::Result<()> {
        sockopt::set_socket_keepalive(fd, true)?;
        if let Some(n) = self.count {
            sockopt::set_tcp_keepcnt(fd, n)?;
        }
        if let Some(t) = self.idle {
            sockopt::set_tcp_keepidle(fd, t)?;
        }
        if let Some(t) = self.interval {
            sockopt::set_tcp_keepintvl(fd, t)?;
        }
        Ok(())
    }
}

/// An attempt that has begun, or has already succeeded (servers on this machine answer at once).
pub struct Attempt {
    pub sock: Socket,
    pub done: bool,
}

/// Begins to connect.
///
/// # Errors
/// Refused at once, or the kernel has no resource for it.
pub fn begin(target: &Target, manner: Manner<'_>) -> io::Result<Attempt> {
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    match target {
        Target::Inet(to) => {
            let family = if to.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
            let fd = rustix::net::socket_with(family, SocketType::STREAM, flags, None)?;
            prepare(&fd, manner, to)?;
            finish(rustix::net::connect(&fd, to), fd)
        }
        Target::Unix(path) => {
            let fd = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
            let done = rustix::net::connect(&fd, &SocketAddrUnix::new(path.as_slice())?);
            finish(done, fd)
        }
        Target::Abstract(name) => {
            let fd = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
            let done = rustix::net::connect(&fd, &SocketAddrUnix::new_abstract_name(name)?);
            finish(done, fd)
        }
    }
}

fn finish(result: rustix::io::Result<()>, fd: OwnedFd) -> io::Result<Attempt> {
    match result {
        Ok(()) => Ok(Attempt { sock: Socket::new(fd), done: true }),
        Err(rustix::io::Errno::INPROGRESS) => Ok(Attempt { sock: Socket::new(fd), done: false }),
        Err(e) => Err(e.into()),
    }
}

fn prepare(fd: &OwnedFd, manner: Manner<'_>, to: &SocketAddr) -> io::Result<()> {
    if let Some(k) = manner.keepalive {
        k.apply(fd)?;
    }
    if let Some(t) = manner.user_timeout {
        sockopt::set_tcp_user_timeout(fd, u32::try_from(t.as_millis()).unwrap_or(u32::MAX))?;
    }
    if manner.delay_ack {
        sockopt::set_tcp_quickack(fd, false)?;
    }
    let s = socket2::SockRef::from(fd);
    if let Some(name) = manner.interface.or_else(|| manner.source.and_then(|s| s.interface.as_deref())) {
        s.bind_device(Some(name.as_bytes()))?;
    }
    let Some(source) = manner.source else { return Ok(()) };
    let wanted = match (&source.usesrc, manner.client) {
        (Some(UseSrc::Client), Some(c)) => Some(c),
        (Some(UseSrc::ClientIp), Some(c)) => Some(SocketAddr::new(c.ip(), 0)),
        (Some(UseSrc::Address(Address::Inet(a))), _) => Some(*a),
        _ => None,
    };
    let from = match (wanted, &source.address) {
        (Some(a), _) => {
            s.set_ip_transparent_v4(true)?;
            a
        }
        (None, Address::Inet(a)) => *a,
        _ => return Ok(()),
    };
    if from.is_ipv4() != to.is_ipv4() || (from.ip().is_unspecified() && from.port() == 0 && source.ports.is_none()) {
        return Ok(());
    }
    sockopt::set_socket_reuseaddr(fd, true)?;
    match source.ports.filter(|_| wanted.is_none()) {
        Some((low, high)) => bind_in_range(fd, from, low, high),
        None => Ok(rustix::net::bind(fd, &from)?),
    }
}

/// The first free port of a range.
fn bind_in_range(fd: &OwnedFd, from: SocketAddr, low: u16, high: u16) -> io::Result<()> {
    let mut last = io::ErrorKind::AddrInUse.into();
    for port in low..=high {
        match rustix::net::bind(fd, &SocketAddr::new(from.ip(), port)) {
            Ok(()) => return Ok(()),
            Err(e) => last = e.into(),
        }
    }
    Err(last)
}

impl Attempt {
    /// Ready when the attempt has ended.
    pub fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.done {
            return Poll::Ready(Ok(()));
        }
        std::task::ready!(self.sock.poll_writable(cx))?;
        super::clock::refresh();
        self.sock.take_error()?;
        // Woken by something else than the end of the attempt: the peer's name tells.
        if rustix::net::getpeername(&self.sock).is_err() {
            self.sock.clear_writable(cx);
            return Poll::Pending;
        }
        self.done = true;
        Poll::Ready(Ok(()))
    }
}

/// Small messages leave at once.
pub fn no_delay(sock: &Socket) {
    let _ = sockopt::set_tcp_nodelay(sock, true);
}

/// Our own end.
pub fn local_address(sock: &Socket) -> Option<SocketAddr> {
    rustix::net::getsockname(sock).ok().and_then(|a| SocketAddr::try_from(a).ok())
}
