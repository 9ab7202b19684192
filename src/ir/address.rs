//! Where to listen and where to connect (HAProxy manual 11, "Address formats").

use std::net::{IpAddr, SocketAddr};

/// One address as the configuration gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    Inet(SocketAddr),
    /// A host name still to be resolved, with its port.
    Name {
        host: String,
        port: u16,
        family: Family,
    },
    /// A path on the file system.
    Unix(String),
    /// Linux's abstract name space, without the leading NUL.
    Abstract(String),
    /// A listening (or connected) socket inherited from the parent.
    Fd(i32),
    /// One end of a socket pair inherited from the parent.
    SockPair(i32),
}

/// Which addresses a name may resolve to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Family {
    #[default]
    Any,
    V4,
    V6,
}

impl Address {
    pub fn port(&self) -> Option<u16> {
        match self {
            Self::Inet(a) => Some(a.port()),
            Self::Name { port, .. } => Some(*port),
            _ => None,
        }
    }

    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::Inet(a) => Some(a.ip()),
            _ => None,
        }
    }

    pub fn set_port(&mut self, new: u16) {
        match self {
            Self::Inet(a) => a.set_port(new),
            Self::Name { port, .. } => *port = new,
            _ => {}
        }
    }
}

impl std::fmt::Display for Address {
    /// The form that `show` commands and messages use.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Inet(a) => write!(f, "{a}"),
            Self::Name { host, port, .. } => write!(f, "{host}:{port}"),
            Self::Unix(p) => write!(f, "unix@{p}"),
            Self::Abstract(n) => write!(f, "abns@{n}"),
            Self::Fd(n) => write!(f, "fd@{n}"),
            Self::SockPair(n) => write!(f, "sockpair@{n}"),
        }
    }
}

/// How a server's port is found when a request arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PortRule {
    /// The address has it.
    #[default]
    Fixed,
    /// The client's destination port, plus this (`server s 10.0.0.1:+1000`, or no port at all: 0).
    Offset(i32),
}
