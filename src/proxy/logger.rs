//! Sends log lines where `log` says: one datagram a line to syslog servers, or lines to a descriptor.
//!
//! Sending never waits: a line that the kernel does not take is counted as dropped, as logging must not stop traffic.

use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use super::clock;
use super::rings::RingLive;
use crate::ir::address::Address;
use crate::ir::log::{LogDestination, LogTarget, LogTransport};
use crate::log::header::{self, Header};
use crate::log::syslog::{Defaults, Message};

/// Where one `log` line sends to.
pub struct Target {
    spec: LogTarget,
    sink: Sink,
    /// Lines so far, for `sample`.
    seen: AtomicU32,
}

enum Sink {
    Udp(OwnedFd),
    Unix(UnixDatagram, String),
    Abstract(UnixDatagram, Vec<u8>),
    Descriptor(i32),
    Ring(Arc<RingLive>),
    /// The address could not be used; lines are dropped.
    Nowhere,
}

/// What all lines of the process share.
pub struct Identity {
    pub machine: String,
    /// `log-send-hostname`
    pub hostname: Option<String>,
    pub tag: String,
    pub pid: u32,
}

/// What a log gets to say.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// 0 (emergency) to 7 (debug).
    pub level: u8,
    pub text: &'a [u8],
    /// In place of the process's own.
    pub tag: Option<&'a str>,
    /// RFC 5424 6.3.
    pub structured: Option<&'a [u8]>,
}

impl Target {
    pub fn new(spec: &LogTarget, rings: &[Arc<RingLive>]) -> Self {
        let sink = match &spec.destination {
            LogDestination::Socket(Address::Inet(to)) => udp(*to).map_or(Sink::Nowhere, Sink::Udp),
            LogDestination::Socket(Address::Name { host, port, .. }) => {
                resolve(host, *port).and_then(|to| udp(to).ok()).map_or(Sink::Nowhere, Sink::Udp)
            }
            LogDestination::Socket(Address::Unix(path)) => {
                unix().map_or(Sink::Nowhere, |s| Sink::Unix(s, path.clone()))
            }
            LogDestination::Socket(Address::Abstract(name)) => {
                unix().map_or(Sink::Nowhere, |s| Sink::Abstract(s, name.clone().into_bytes()))
            }
            LogDestination::Socket(Address::Fd(n)) | LogDestination::Fd(n) => Sink::Descriptor(*n),
            LogDestination::Ring(name) => {
                rings.iter().find(|r| r.spec.name == *name).map_or(Sink::Nowhere, |r| Sink::Ring(r.clone()))
            }
            LogDestination::Socket(Address::SockPair(_)) => Sink::Nowhere,
        };
        Self { spec: spec.clone(), sink, seen: AtomicU32::new(0) }
    }

    /// Sends a line. `buf` is scratch memory. Says whether the kernel took it.
    pub fn send(&self, line: &Line<'_>, who: &Identity, utc_offset: i32, buf: &mut Vec<u8>) -> bool {
        let level = line.level;
        if level > self.spec.max_level || !self.is_sampled() {
            return true;
        }
        buf.clear();
        let h = Header {
            facility: self.spec.facility,
            level: level.max(self.spec.min_level),
            now: clock::unix_micros(),
            utc_offset,
            hostname: who.hostname.as_deref(),
            machine: &who.machine,
            tag: line.tag.unwrap_or(&who.tag),
            pid: who.pid,
            structured: line.structured,
        };
        header::write(self.form().unwrap_or(self.spec.format), &h, buf);
        buf.extend_from_slice(line.text);
        self.finish(buf)
    }

    /// Sends on a message that came in. Without a form of its own the target keeps the message's.
    pub fn forward(&self, message: &Message<'_>, mut defaults: Defaults, buf: &mut Vec<u8>) -> bool {
        if message.level() > self.spec.max_level || !self.is_sampled() {
            return true;
        }
        buf.clear();
        defaults.facility = self.spec.facility;
        message.write(self.form().unwrap_or_else(|| message.form()), &defaults, buf);
        self.finish(buf)
    }

    /// The form that the line asks for, or the ring.
    fn form(&self) -> Option<LogTransport> {
        match &self.sink {
            _ if self.spec.has_format => Some(self.spec.format),
            Sink::Ring(r) => Some(r.spec.format),
            _ => None,
        }
    }

    fn finish(&self, buf: &mut Vec<u8>) -> bool {
        buf.truncate(self.spec.max_len.max(1) - 1);
        buf.push(b'\n');
        self.sink.send(buf)
    }

    /// Whether this line is among those that `sample` picks.
    fn is_sampled(&self) -> bool {
        let Some(sample) = &self.spec.sample else { return true };
        let n = self.seen.fetch_add(1, Relaxed) % sample.size.max(1) + 1;
        sample.ranges.iter().any(|&(low, high)| (low..=high).contains(&n))
    }
}

impl Sink {
    fn send(&self, line: &[u8]) -> bool {
        match self {
            Self::Udp(fd) => {
                let flags = rustix::net::SendFlags::DONTWAIT | rustix::net::SendFlags::NOSIGNAL;
                // A refusal tells of an earlier datagram; this one has not been sent yet.
                (0..2).any(|_| rustix::net::send(fd, line, flags).is_ok())
            }
            Self::Unix(s, path) => s.send_to(line, path).is_ok(),
            Self::Abstract(s, name) => {
                use std::os::linux::net::SocketAddrExt as _;
                std::os::unix::net::SocketAddr::from_abstract_name(name).is_ok_and(|a| s.send_to_addr(line, &a).is_ok())
            }
            Self::Ring(r) => {
                r.push(line.strip_suffix(b"\n").unwrap_or(line));
                true
            }
            Self::Descriptor(n) => crate::process::fds::write(*n, line).is_ok(),
            Self::Nowhere => false,
        }
    }
}

/// A connected socket, so that the kernel looks the route up once.
fn udp(to: SocketAddr) -> std::io::Result<OwnedFd> {
    let s = socket2::Socket::new(socket2::Domain::for_address(to), socket2::Type::DGRAM, None)?;
    s.connect(&to.into())?;
    Ok(s.into())
}

fn unix() -> std::io::Result<UnixDatagram> {
    let s = UnixDatagram::unbound()?;
    s.set_nonblocking(true)?;
    Ok(s)
}

/// The first address of a name.
pub fn resolve(host: &str, port: u16) -> Option<SocketAddr> {
    std::net::ToSocketAddrs::to_socket_addrs(&(host, port)).ok()?.next()
}
