//! Makes listening sockets of `bind` lines, or takes them from a parent or a predecessor.

use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use super::listener::Listening;
use crate::ir::address::Address;
use crate::ir::listener::{Account, Listener};
use crate::ir::{Config, ProxyId};
use crate::process::{credentials, fds};

/// Sockets that somebody else has bound for us, by address. They stay here when they are taken (what is taken is a copy), so
/// that a master whose reload fails still has all of them.
#[derive(Default)]
pub struct Inherited(Vec<Found>);

struct Found {
    address: SockAddr,
    fd: OwnedFd,
    is_taken: bool,
}

impl Inherited {
    pub fn new(sockets: Vec<OwnedFd>) -> Self {
        let named = sockets.into_iter().filter_map(|fd| {
            let address = socket2::SockRef::from(&fd).local_addr().ok()?;
            Some(Found { address, fd, is_taken: false })
        });
        Self(named.collect())
    }

    /// More of them.
    pub fn extend(&mut self, sockets: Vec<OwnedFd>) {
        self.0.extend(Self::new(sockets).0);
    }

    /// All of them, taken or not.
    pub fn into_sockets(self) -> Vec<OwnedFd> {
        self.0.into_iter().map(|f| f.fd).collect()
    }

    /// The one that is bound to this address.
    fn take(&mut self, address: &SockAddr) -> Option<OwnedFd> {
        let same = |a: &SockAddr| match (a.as_socket(), address.as_socket()) {
            (Some(a), Some(b)) => a == b,
            (None, None) => unix_name(a) == unix_name(address),
            _ => false,
        };
        let found = self.0.iter_mut().find(|f| !f.is_taken && same(&f.address))?;
        let copy = found.fd.try_clone().ok()?;
        found.is_taken = true;
        Some(copy)
    }
}

fn unix_name(a: &SockAddr) -> Option<Vec<u8>> {
    use std::os::unix::ffi::OsStrExt as _;
    let path = a.as_pathname()?.as_os_str().as_bytes();
    // A socket keeps the name under which it was bound, beside its place.
    let name = path.strip_suffix(b".tmp").and_then(|p| p.rsplitn(2, |&b| b == b'.').nth(1)).unwrap_or(path);
    Some(name.to_vec())
}

/// Binds every `bind` of every proxy that is not disabled.
///
/// # Errors
/// The lines to print: what could not be bound, and why.
pub fn all(config: &Config, inherited: &mut Inherited) -> Result<Vec<Listening>, Vec<String>> {
    let (mut done, mut failed) = (Vec::new(), Vec::new());
    for (i, p) in config.proxies.iter().enumerate().filter(|(_, p)| !p.disabled) {
        for (index, l) in p.listeners.iter().enumerate() {
            let backlog = length(l.options.backlog.or(p.backlog).or(p.maxconn).or(config.global.maxconn));
            match one(l, backlog, !config.global.no_reuseport, inherited) {
                Ok(fd) => {
                    let is_inet = socket2::SockRef::from(&fd).local_addr().is_ok_and(|a| a.as_socket().is_some());
                    done.push(Listening { fd: Arc::new(fd), proxy: ProxyId(i), index, is_inet, backlog });
                }
                Err(e) => failed.push(format!(
                    "Starting {} {}: cannot bind {} [{}]",
                    if p.kind.is_back() { "proxy" } else { "frontend" },
                    p.name,
                    describe(&e),
                    shown(&l.address)
                )),
            }
        }
    }
    if failed.is_empty() { Ok(done) } else { Err(failed) }
}

fn describe(e: &io::Error) -> String {
    match e.kind() {
        io::ErrorKind::AddrInUse => "socket (Address already in use)".into(),
        _ => {
            let text = e.to_string();
            format!("socket ({})", text.split(" (os error").next().unwrap_or(&text))
        }
    }
}

fn shown(a: &Address) -> String {
    match a {
        Address::Unix(p) => p.clone(),
        other => other.to_string(),
    }
}

/// The kernel's queue where nobody asks for another length.
pub const BACKLOG: i32 = 1024;

/// How long the kernel's queue is made.
fn length(backlog: Option<u32>) -> i32 {
    backlog.map_or(BACKLOG, |b| i32::try_from(b).unwrap_or(i32::MAX)).max(16)
}

/// One listening socket; a shared one lets other processes listen beside it.
///
/// # Errors
/// What the kernel refused.
pub fn one(l: &Listener, backlog: i32, is_shared: bool, inherited: &mut Inherited) -> io::Result<OwnedFd> {
    let fd = match &l.address {
        Address::Inet(a) => inet(l, *a, (backlog, is_shared), inherited)?,
        Address::Name { host, port, .. } => {
            let a = super::logger::resolve(host, *port).ok_or(io::ErrorKind::AddrNotAvailable)?;
            inet(l, a, (backlog, is_shared), inherited)?
        }
        Address::Fd(n) | Address::SockPair(n) => {
            let fd = fds::duplicate(*n)?;
            socket2::SockRef::from(&fd).listen(backlog)?;
            fd
        }
        Address::Unix(path) => unix(l, path, backlog, inherited)?,
        Address::Abstract(name) => {
            let address = abstract_address(name)?;
            match inherited.take(&address) {
                Some(fd) => fd,
                None => {
                    let s = Socket::new(Domain::UNIX, Type::STREAM, None)?;
                    s.bind(&address)?;
                    s.listen(backlog)?;
                    s.into()
                }
            }
        }
    };
    socket2::SockRef::from(&fd).set_nonblocking(true)?;
    Ok(fd)
}

fn abstract_address(name: &str) -> io::Result<SockAddr> {
    SockAddr::unix(format!("\0{name}"))
}

fn inet(
    l: &Listener,
    a: SocketAddr,
    (backlog, is_shared): (i32, bool),
    inherited: &mut Inherited,
) -> io::Result<OwnedFd> {
    if let Some(fd) = inherited.take(&a.into()) {
        // Whoever had it before may have paused it.
        socket2::SockRef::from(&fd).listen(backlog)?;
        return Ok(fd);
    }
    let o = &l.options;
    let s = Socket::new(Domain::for_address(a), Type::STREAM, Some(Protocol::TCP))?;
    s.set_reuse_address(true)?;
    // Several processes may listen side by side while one takes over from the other.
    s.set_reuse_port(is_shared)?;
    // Connections inherit it: small answers leave at once.
    s.set_tcp_nodelay(true)?;
    if a.is_ipv6() {
        s.set_only_v6(o.v6only || !(o.v4v6 || a.ip().is_unspecified()))?;
    }
    if o.transparent {
        if a.is_ipv4() { s.set_ip_transparent_v4(true)? } else { s.set_ip_transparent_v6(true)? }
    }
    if let Some(name) = &o.interface {
        s.bind_device(Some(name.as_bytes()))?;
    }
    if let Some(mss) = o.mss {
        let _ = s.set_tcp_mss(mss.unsigned_abs());
    }
    if let Some(t) = o.tcp_user_timeout {
        s.set_tcp_user_timeout(Some(t))?;
    }
    if o.defer_accept {
        let _ = fds::defer_accept(&s);
    }
    s.bind(&a.into())?;
    s.listen(backlog)?;
    Ok(s.into())
}

/// Bound beside its place and renamed into it, so that a predecessor goes on until we are ready.
fn unix(l: &Listener, path: &str, backlog: i32, inherited: &mut Inherited) -> io::Result<OwnedFd> {
    if let Some(fd) = inherited.take(&SockAddr::unix(path)?) {
        return Ok(fd);
    }
    let temporary = format!("{path}.{}.tmp", std::process::id());
    let _ = std::fs::remove_file(&temporary);
    let s = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    s.bind(&SockAddr::unix(&temporary)?)?;
    let o = &l.options;
    if let Some(mode) = o.mode {
        std::fs::set_permissions(&temporary, std::fs::Permissions::from_mode(mode))?;
    }
    if o.uid.is_some() || o.gid.is_some() {
        std::os::unix::fs::chown(&temporary, o.uid.as_ref().and_then(user), o.gid.as_ref().and_then(group))?;
    }
    s.listen(backlog)?;
    std::fs::rename(&temporary, path)?;
    Ok(s.into())
}

/// The number of a user.
pub fn user(a: &Account) -> Option<u32> {
    match a {
        Account::Id(n) => Some(*n),
        Account::Name(n) => credentials::Credentials::of_user(n).map(|c| c.uid),
    }
}

/// The number of a group.
pub fn group(a: &Account) -> Option<u32> {
    match a {
        Account::Id(n) => Some(*n),
        Account::Name(n) => credentials::group_id(n),
    }
}
