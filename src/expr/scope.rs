//! What an expression can see: one stream at one moment, as references. Shells fill it; nothing here reads a clock.

use std::cell::Cell;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::pattern::Library;
use super::value::Value;
use super::vars::Vars;
use crate::http::Message;
use crate::ir::proxy::Proxy;
use crate::ir::server::Server;
use crate::ir::{Config, ProxyId, ServerId};

/// A stream at the moment of evaluation.
pub struct Scope<'a> {
    pub config: &'a Config,
    pub patterns: &'a Library,
    pub live: &'a dyn Live,
    pub clock: Clock,
    pub connection: &'a Connection,
    /// The proxy that accepted the connection.
    pub front: (ProxyId, &'a Proxy),
    /// The proxy whose rules run, once a backend is chosen.
    pub back: Option<(ProxyId, &'a Proxy)>,
    pub server: Option<(ServerId, &'a Server)>,
    pub request: Option<&'a Message>,
    pub response: Option<&'a Message>,
    /// What has arrived from the client: the body's first bytes in HTTP, everything so far in TCP.
    pub request_data: Data<'a>,
    pub response_data: Data<'a>,
    /// Which way the data goes for which the rule runs.
    pub direction: Direction,
    pub vars: &'a Vars,
    pub captures: &'a Captures,
    pub transaction: &'a Transaction,
    pub tracked: &'a Counters,
    /// Set by a fetch whose answer may change when more data arrives.
    pub may_change: &'a Cell<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Request,
    Response,
}

/// Bytes seen so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Data<'a> {
    pub bytes: &'a [u8],
    /// Nothing more will come (or more does not fit the buffer).
    pub complete: bool,
    /// Total length when the head announces it.
    pub announced: Option<u64>,
}

/// The moment, as the shell's coarse clock has it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Clock {
    /// Since the epoch.
    pub unix: Duration,
    /// Offset of local time from UTC, seconds.
    pub utc_offset: i32,
}

/// Facts about the client's connection.
#[derive(Debug, Clone, Default)]
pub struct Connection {
    /// As the rules so far have it (`accept-proxy`, `set-src`); `None` for a unix socket.
    pub source: Option<SocketAddr>,
    pub destination: Option<SocketAddr>,
    /// What they were at the levels above, once a session's or a stream's rule has replaced them; rare.
    above: Option<Box<Above>>,
    pub listener_id: u32,
    /// Since the epoch.
    pub accepted: Duration,
    pub received_proxy: bool,
    /// What else its header said; rare, so a connection without it has no room for it.
    pub announced: Option<Box<Announced>>,
    pub error: Option<(u32, &'static str)>,
}

/// Source and destination.
pub type Addresses = (Option<SocketAddr>, Option<SocketAddr>);

#[derive(Debug, Clone, Default)]
struct Above {
    connection: Addresses,
    /// Set while a stream has replaced them.
    session: Option<Addresses>,
}

/// Whose addresses a rule replaces: a stream's last for one request, a session's until its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    Connection,
    Session,
    Stream,
}

impl Connection {
    /// One that has just come to a listener, from `source` to `destination`, `accepted` after the epoch.
    pub fn accepted(
        source: Option<SocketAddr>,
        destination: Option<SocketAddr>,
        listener_id: u32,
        accepted: Duration,
    ) -> Self {
        Self { source, destination, listener_id, accepted, ..Self::default() }
    }

    /// The addresses before any session or stream replaced them (`fc_src`, `fc_dst`).
    pub fn own_addresses(&self) -> Addresses {
        self.above.as_ref().map_or((self.source, self.destination), |a| a.connection)
    }

    /// A rule of `level` replaces the source address.
    pub fn set_source(&mut self, level: Level, source: SocketAddr) {
        match self.above_of(level) {
            Some(own) => own.0 = Some(source),
            None => self.source = Some(source),
        }
    }

    /// The same for the destination.
    pub fn set_destination(&mut self, level: Level, destination: SocketAddr) {
        match self.above_of(level) {
            Some(own) => own.1 = Some(destination),
            None => self.destination = Some(destination),
        }
    }

    /// Keeps what the levels above `level` have; the connection's own addresses, when a session hides them already.
    fn above_of(&mut self, level: Level) -> Option<&mut Addresses> {
        if level == Level::Connection {
            return self.above.as_mut().map(|a| &mut a.connection);
        }
        let now = (self.source, self.destination);
        let above = self.above.get_or_insert_with(|| Box::new(Above { connection: now, session: None }));
        if level == Level::Stream {
            above.session.get_or_insert(now);
        }
        None
    }

    /// A next stream begins with the session's addresses.
    pub fn begin_stream(&mut self) {
        if let Some((source, destination)) = self.above.as_mut().and_then(|a| a.session.take()) {
            (self.source, self.destination) = (source, destination);
        }
    }
}

/// What a PROXY header says besides addresses.
#[derive(Debug, Clone, Default)]
pub struct Announced {
    pub authority: Option<Vec<u8>>,
    pub unique_id: Option<Vec<u8>>,
}

/// Facts about the request and response that are older than their messages.
#[derive(Debug, Clone, Default)]
pub struct Transaction {
    /// As the client wrote them, before any rule.
    pub method: Vec<u8>,
    pub uri: Vec<u8>,
    /// Minor version of HTTP/1 in the request.
    pub version_minor: u8,
    pub response_version_minor: Option<u8>,
    pub unique_id: Option<Vec<u8>>,
    pub first_request: bool,
    /// Status of the response that was sent or is about to be.
    pub status: Option<u16>,
    pub server_status: Option<u16>,
    pub last_rule: Option<(std::sync::Arc<str>, usize)>,
    /// Set by `http-request set-timeout`.
    pub server_timeout: Option<Duration>,
    pub tunnel_timeout: Option<Duration>,
    pub priority_class: i32,
    pub priority_offset: i32,
    /// Addresses of the server side's connection.
    pub server_source: Option<SocketAddr>,
    pub server_destination: Option<SocketAddr>,
}

/// `capture request header ...`, `capture response header ...`, `http-request capture`.
#[derive(Debug, Clone, Default)]
pub struct Captures {
    pub request: Vec<Option<Vec<u8>>>,
    pub response: Vec<Option<Vec<u8>>>,
}

/// How many stick counters a stream has: `sc0`, `sc1`, `sc2`.
pub const COUNTERS: usize = 3;

/// A stick-table entry that a stream tracks: the table's proxy and the entry's number there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tracked {
    pub table: ProxyId,
    pub entry: usize,
    /// Until the end of the stream, not of the connection.
    pub of_stream: bool,
}

/// The entries behind `sc0` to `sc2`.
pub type Counters = [Option<Tracked>; COUNTERS];

/// What changes while the process runs, asked for by few fetches.
pub trait Live {
    /// A number of a proxy or server; `None` when there is no such thing.
    fn gauge(&self, gauge: Gauge) -> Option<i64>;
    fn hostname(&self) -> &str;
    fn environment(&self, name: &str) -> Option<String>;
    /// Uniform over all 64 bits.
    fn random(&self) -> u64;
    /// Index of the thread, from 1.
    fn thread(&self) -> u32;
    fn is_local(&self, ip: IpAddr) -> bool;
    /// Writes a field of a log format (`%ci`): index into `log::fields`.
    fn log_field(
        &self,
        scope: &Scope<'_>,
        field: u16,
        args: &str,
        options: crate::ir::expr::FormatOptions,
        out: &mut Vec<u8>,
    );
    /// Reads or changes something of a stick-table entry; `None` when the table does not store it, or the key cannot be one.
    fn table(&self, question: TableQuestion<'_>) -> Option<i64>;
    /// Finds or makes the entry of a key and holds on to it, counting a connection and `events`.
    fn track(&self, table: ProxyId, key: Value<'_>, events: &[(u16, i64)]) -> Option<usize>;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gauge {
    BackendConnections(ProxyId),
    BackendConnectionsFree(ProxyId),
    BackendQueue(ProxyId),
    BackendAverageQueue(ProxyId),
    BackendSessionRate(ProxyId),
    BackendUsableServers(ProxyId),
    ConnectionSlots(ProxyId),
    FrontendConnections(ProxyId),
    FrontendRequestRate(ProxyId),
    FrontendSessionRate(ProxyId),
    ListenerConnections,
    ServerConnections(ProxyId, ServerId),
    ServerConnectionsFree(ProxyId, ServerId),
    ServerIsUp(ProxyId, ServerId),
    ServerQueue(ProxyId, ServerId),
    ServerSessionRate(ProxyId, ServerId),
    ServerWeight(ProxyId, ServerId),
    ServerUserWeight(ProxyId, ServerId),
    ServerInitialWeight(ProxyId, ServerId),
    Stopping,
    TableAvailable(ProxyId),
    TableUsed(ProxyId),
}

/// Which entry, and what of it.
#[derive(Debug, Clone)]
pub struct TableQuestion<'a> {
    pub table: ProxyId,
    pub entry: TableEntry<'a>,
    pub action: TableAction,
}

#[derive(Debug, Clone)]
pub enum TableEntry<'a> {
    Key(Value<'a>),
    /// The same key may be asked for in another table.
    Tracked(Tracked),
}

/// Items are indexes into `table::data_types`, beside the index in an array (0 for others). An entry that is not there reads 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableAction {
    /// Whether the entry is there: 1 or 0.
    Exists,
    /// A number, or the events of a rate's period.
    Read(u16, u32),
    /// Adds one, in the entry of a key that is made if need be; and counts an event of the second item, if that is stored.
    Increment(u16, Option<u16>, u32),
    /// Sets to zero; the answer is what was.
    Clear(u16, u32),
    /// In a tracked entry.
    Set(u16, u32, i64),
    /// How many streams and connections track it.
    Trackers,
    /// Milliseconds until it expires; no answer without an entry.
    Expire,
    /// Milliseconds since it was used; no answer without an entry.
    Idle,
    /// The number of its server.
    Server,
}

impl<'a> Scope<'a> {
    /// The message that the rule is about.
    pub fn message(&self) -> Option<&'a Message> {
        match self.direction {
            Direction::Request => self.request,
            Direction::Response => self.response,
        }
    }

    /// The request is one to a proxy, and the frontend goes by that (manual 4.2 `option http-use-proxy-header`).
    pub fn is_to_proxy(&self) -> bool {
        let is_proxied = |m: &Message| !matches!(m.uri().first(), None | Some(b'/' | b'*'));
        self.front.1.options.http_use_proxy_header && self.request.is_some_and(is_proxied)
    }

    /// What has come of a body; more of it may still change what is made of it.
    pub fn arrived(&self, data: &Data<'a>) -> &'a [u8] {
        if !data.complete {
            self.may_change.set(true);
        }
        data.bytes
    }

    /// A fetch found that more data could change its answer.
    pub fn unsettled<T>(&self) -> Option<T> {
        self.may_change.set(true);
        None
    }
}
