//! How a real server is checked: when, how often, and by which question (`TCP_CHECK`, `HTTP_GET`, ...).

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use super::{Command, Weight};
use crate::text::source::Span;

/// One checker of one real server, with every default filled in.
#[derive(Debug, Clone, PartialEq)]
pub struct Checker {
    pub at: Span,
    /// Failures behind the first that it takes to be down.
    pub retry: u32,
    pub delay_before_retry: Duration,
    /// From the end of one check to the begin of the next.
    pub delay_loop: Duration,
    /// The first check comes after a random part of this.
    pub warmup: Duration,
    /// It begins as down.
    pub alpha: bool,
    /// Every failure is logged, not only those that change something.
    pub log_all_failures: bool,
    pub probe: Probe,
}

/// The question that is asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Probe {
    /// A connection can be made.
    Tcp(Connection),
    Http(Http),
    Smtp(Smtp),
    Dns(Dns),
    Udp(Udp),
    /// ICMP echo.
    Ping(Connection),
    Misc(Misc),
    File(FileProbe),
    /// A BFD session by name is up.
    Bfd(String),
}

/// Whom a check speaks to, and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    pub to: SocketAddr,
    /// Local address and port; unspecified parts are the kernel's choice.
    pub from: Option<SocketAddr>,
    pub interface: Option<String>,
    pub timeout: Duration,
    /// SO_MARK; none when 0.
    pub mark: u32,
}

/// `HTTP_GET`, or `SSL_GET` when there is `tls`.
#[derive(Debug, Clone, PartialEq)]
pub struct Http {
    pub connection: Connection,
    pub tls: Option<TlsProbe>,
    pub version: HttpVersion,
    /// Of urls that name no other host.
    pub virtual_host: Option<String>,
    /// After a failure all urls are asked in a row, without waiting between them.
    pub fast_recovery: bool,
    /// At least one.
    pub urls: Vec<Url>,
}

/// What a request claims to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HttpVersion {
    #[default]
    Http10,
    /// 1.0 with `Connection: close`.
    Http10Close,
    /// 1.1 with `Connection: close`.
    Http11,
}

/// The TLS side of an `SSL_GET`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TlsProbe {
    /// `enable_sni`: the name of the host goes into the hello.
    pub sni: bool,
    /// `sni_name`, in place of the virtual host.
    pub sni_name: Option<String>,
    /// A close_notify ends the session.
    pub compliant: bool,
}

/// One page and what is expected of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Url {
    pub at: Span,
    pub path: String,
    /// MD5 of the body, as `genhash` prints it.
    pub digest: Option<[u8; 16]>,
    /// Inclusive ranges of status codes that are well; at least one.
    pub statuses: Vec<(u16, u16)>,
    pub virtual_host: Option<String>,
    pub pattern: Option<Pattern>,
    /// `tls_compliant` of this page.
    pub compliant: bool,
}

/// `regex` and what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    pub text: String,
    /// Names of `regex_options`, as written.
    pub options: Vec<String>,
    /// The body must not match.
    pub no_match: bool,
    /// Bytes of the body that are not looked at.
    pub min_offset: usize,
    /// Where in the body a match may begin at the latest.
    pub max_offset: Option<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Smtp {
    pub connection: Connection,
    pub helo: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dns {
    pub connection: Connection,
    /// Number of the query's type (RFC 1035 section 3.2.2).
    pub kind: u16,
    pub name: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Udp {
    pub connection: Connection,
    /// What is sent; random bytes when `None`.
    pub payload: Option<Vec<u8>>,
    /// No answer is a failure.
    pub reply: Option<Reply>,
}

/// What is expected of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Bytes that it begins with, each with the bits that count.
    pub begins: Vec<(u8, u8)>,
    pub shortest: u16,
    pub longest: u16,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Misc {
    pub command: Command,
    /// The checker's `delay_loop` when `None`.
    pub timeout: Option<Duration>,
    /// Exit statuses from 2 to 255 are weights, plus 2.
    pub dynamic: bool,
}

/// A number in a file changes the server's weight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileProbe {
    /// Name of the `track_file`.
    pub name: String,
    pub path: PathBuf,
    pub weight: Weight,
}
