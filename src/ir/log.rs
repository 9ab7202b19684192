//! Where logs go (HAProxy manual 4.2 `log`).

use std::net::SocketAddr;
use std::time::Duration;

use super::address::Address;
use crate::text::source::Span;

#[derive(Debug, Clone, PartialEq)]
pub struct LogTarget {
    pub destination: LogDestination,
    pub format: LogTransport,
    /// The line says which: otherwise a ring's own form counts, and messages that are sent on keep theirs.
    pub has_format: bool,
    /// Truncation of a line, bytes.
    pub max_len: usize,
    /// `sample ranges:size`: the 1-based, sorted, inclusive ranges of each run of `size` lines that are sent.
    pub sample: Option<LogSample>,
    pub facility: u8,
    /// Lines with a larger number are not sent (0 emerg .. 7 debug).
    pub max_level: u8,
    /// Lines with a smaller number are sent with this one.
    pub min_level: u8,
    pub at: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum LogDestination {
    /// Datagrams to an Internet or unix socket.
    Socket(Address),
    /// `stdout`, `stderr` or an inherited descriptor.
    Fd(i32),
    Ring(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogTransport {
    /// RFC 3164 without a host name.
    #[default]
    Local,
    Rfc3164,
    Rfc5424,
    Priority,
    Short,
    Timed,
    Iso,
    Raw,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSample {
    pub ranges: Vec<(u32, u32)>,
    pub size: u32,
}

/// `ring` (manual 3.9): events kept in memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Ring {
    pub name: String,
    pub description: String,
    pub format: LogTransport,
    /// Longest event, bytes.
    pub max_len: usize,
    /// All events together, bytes.
    pub size: usize,
    pub connect_timeout: Option<Duration>,
    pub server_timeout: Option<Duration>,
    pub servers: Vec<RingServer>,
    pub at: Span,
}

/// A syslog server that gets a ring's events over TCP.
#[derive(Debug, Clone, PartialEq)]
pub struct RingServer {
    pub name: String,
    pub address: Address,
    /// RFC 6587 3.4.1; otherwise a line feed ends each message.
    pub counts_octets: bool,
}

/// `log-forward` (manual 3.10): takes syslog messages and sends them on.
#[derive(Debug, Clone, PartialEq)]
pub struct LogForward {
    pub name: String,
    pub streams: Vec<SocketAddr>,
    pub datagrams: Vec<SocketAddr>,
    pub log: Vec<LogTarget>,
    pub log_global: bool,
    pub maxconn: u32,
    pub backlog: Option<u32>,
    pub client_timeout: Option<Duration>,
    pub at: Span,
}

/// The names of the syslog facilities, by number.
pub const FACILITIES: [&str; 24] = [
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "auth2", "ftp", "ntp", "audit",
    "alert", "cron2", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
];

/// The names of the levels, by number.
pub const LEVELS: [&str; 8] = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"];
