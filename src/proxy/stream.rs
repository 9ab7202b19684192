//! One request and its response: read, ruled, routed, sent to a server, answered, logged.
//!
//! ```text
//!  read ─▶ front rules ─▶ backend ─▶ back rules ─▶ slot ─▶ connection ─▶ response head ─▶ rules ─▶ body ─▶ log
//!     └────────────┴── an answer of our own ◀──┴─────────┴──────────┘ retries go back to the slot
//! ```
//! A stream is pooled: what it holds keeps its memory for the next request.

mod answer;
mod body;
mod cookies;
mod course;
mod direct;
mod facts;
mod invalid;
mod metrics;
mod obtain;
mod request;
mod respond;
mod route;
mod serve;
pub(crate) mod stage;
mod stats;
mod stick;
mod tcp;
pub(crate) mod traffic;

use std::time::Duration;

use super::clock::{self, Moment};
use super::end::{End, When, Who};
use super::registry;
use super::servers::Slot;
use super::session::{Client, Received};
use super::thread::Local;
use super::upload::Upload;
use crate::expr::scope::{Captures, Counters, Transaction};
use crate::http::Message;
use crate::http::h1::body::Decoder;
use crate::http::h1::framing::Framing;
use crate::ir::proxy::Proxy;
use crate::ir::{ProxyId, ServerId};
use crate::log::facts::Timers;
use crate::rules::Answer;
use crate::rules::stage::Effects;
use crate::table::key::Key;

pub use course::Course;
pub use request::nothing_came;

/// What becomes of the client's connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    Keep,
    Close,
}

/// Why a stream goes no further: how it ends, and what the client is told.
#[derive(Debug)]
pub struct Stop {
    pub end: End,
    pub tell: Tell,
}

#[derive(Debug)]
pub enum Tell {
    /// Nothing more: the connection closes.
    Nothing,
    /// Not even that (`silent-drop`).
    Silence,
    /// The proxy's page of this status.
    Page(u16),
    /// The page as it stands, for a request that could not be read; counts no bytes.
    Raw(u16),
    Answer(Box<Answer>),
}

impl Stop {
    fn new(who: Who, when: When, tell: Tell) -> Self {
        Self { end: End::new(who, when), tell }
    }
}

/// The state of one request and its response.
pub struct Stream {
    local: &'static Local,
    entry: registry::Entry,
    pub request: Message,
    pub response: Message,
    pub trailers: Message,
    pub asked: Framing,
    pub answered: Framing,
    /// The request line as received, for the log.
    line: Vec<u8>,
    out: Vec<u8>,
    upload: Upload,
    body: Decoder,
    request_seen: body::Seen,
    response_seen: body::Seen,
    /// The response while rules look at it.
    reply: Option<body::Reply>,
    pub transaction: Transaction,
    pub captures: Captures,
    pub effects: Effects,
    pub tracked: Counters,
    pub back: Option<ProxyId>,
    pub server: Option<ServerId>,
    slot: Option<Slot>,
    times: Timers,
    begun: Moment,
    begun_at: i64,
    bytes_in: u64,
    bytes_out: u64,
    /// What counts as sent before the response proper: 103 responses of rules, a response that was held back.
    sent_before: u64,
    status: i32,
    end: End,
    retries: u32,
    redispatched: bool,
    /// On its way to another server.
    moving: bool,
    queue_ahead: (u64, u64),
    cookie: cookies::Cookies,
    /// Keys of stick rules that get the server which answers.
    stick_keys: Vec<(ProxyId, Key)>,
    unique_id: Option<Vec<u8>>,
    request_cookie: Option<Vec<u8>>,
    response_cookie: Option<Vec<u8>>,
    server_addresses: (Option<std::net::SocketAddr>, Option<std::net::SocketAddr>),
    /// Bytes of a response have left.
    sending: bool,
    logged: bool,
    local_service: bool,
    /// `<STATS>`: what answered in place of a server, for the log.
    service: Option<&'static str>,
    number: u64,
    is_http: bool,
    shown: traffic::Shown,
}

impl Stream {
    pub fn new(local: &'static Local) -> Self {
        Self {
            local,
            entry: local.registry.enter(),
            request: Message::new(),
            response: Message::new(),
            trailers: Message::new(),
            asked: Framing::default(),
            answered: Framing::default(),
            line: Vec::new(),
            out: Vec::new(),
            upload: Upload::default(),
            body: Decoder::Done,
            request_seen: body::Seen::default(),
            response_seen: body::Seen::default(),
            reply: None,
            transaction: Transaction::default(),
            captures: Captures::default(),
            effects: Effects::default(),
            tracked: Counters::default(),
            back: None,
            server: None,
            slot: None,
            times: Timers::default(),
            begun: local.world.started,
            begun_at: 0,
            bytes_in: 0,
            bytes_out: 0,
            sent_before: 0,
            status: -1,
            end: End::default(),
            retries: 0,
            redispatched: false,
            moving: false,
            queue_ahead: (0, 0),
            cookie: cookies::Cookies::default(),
            stick_keys: Vec::new(),
            unique_id: None,
            request_cookie: None,
            response_cookie: None,
            server_addresses: (None, None),
            sending: false,
            logged: false,
            local_service: false,
            service: None,
            number: 0,
            is_http: true,
            shown: traffic::Shown::default(),
        }
    }

    /// Serves one request. The caller has seen its first byte, or has it in the buffer.
    pub async fn run(&mut self, c: &mut Client) -> Ended {
        self.begin(c);
        let outcome = self.exchange(c).await;
        let ended = match outcome {
            Ok(ended) => ended,
            Err(stop) => {
                self.end = stop.end;
                self.tell(c, stop.tell).await
            }
        };
        self.times.close = self.ms();
        self.finish(c);
        self.show_end(c);
        self.entry.session.end();
        c.session = self.local.registry.nobody();
        ended
    }

    async fn exchange(&mut self, c: &mut Client) -> Result<Ended, Stop> {
        self.read(c).await?;
        self.show_accept(c);
        if self.front(c).rules.tcp_request_content.is_empty() {
            self.show_request(c);
        }
        self.note(c)?;
        let buffers = self.front(c).options.http_buffer_request;
        if buffers {
            Box::pin(self.buffer_request(c)).await?;
        }
        self.front_rules(c).await?;
        self.choose_backend(c)?;
        if !buffers && self.side(c).1.options.http_buffer_request {
            Box::pin(self.buffer_request(c)).await?;
        }
        self.back_rules(c).await?;
        if self.request_seen.ended && self.is_abandoned(c) {
            return Err(Stop::new(Who::Client, When::Request, Tell::Nothing));
        }
        self.prepare(c)?;
        if self.is_balanced_by_form(c) {
            Box::pin(self.await_form(c)).await?;
            if self.is_abandoned(c) {
                return Err(Stop::new(Who::Client, When::Request, Tell::Nothing));
            }
        }
        self.serve(c).await
    }

    fn begin(&mut self, c: &mut Client) {
        c.requests += 1;
        c.connection.begin_stream();
        self.request.clear();
        self.response.clear();
        self.asked = Framing::default();
        self.answered = Framing::default();
        self.line.clear();
        self.body = Decoder::Done;
        self.request_seen.clear();
        self.response_seen.clear();
        self.reply = None;
        self.back = None;
        self.server = None;
        self.begun = c.origin;
        self.begun_at = c.origin_at;
        self.times = Timers { handshake: c.handshake, ..Timers::default() };
        self.times.idle = (self.ms() - c.handshake).max(0);
        self.bytes_in = 0;
        self.bytes_out = 0;
        self.sent_before = 0;
        self.status = -1;
        self.end = End::default();
        self.retries = 0;
        self.redispatched = false;
        self.moving = false;
        self.queue_ahead = (0, 0);
        self.cookie = cookies::Cookies::default();
        self.stick_keys.clear();
        self.unique_id = None;
        self.request_cookie = None;
        self.response_cookie = None;
        self.server_addresses = (None, None);
        self.sending = false;
        self.logged = false;
        self.local_service = false;
        self.service = None;
        self.is_http = true;
        self.shown = traffic::Shown::default();
        self.tracked = c.counters();
        self.captures.request.clear();
        self.captures.response.clear();
        self.effects.clone_from(&Effects::default());
        self.number = self.local.world.streams.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.entry.session.begin(self.number, self.begun_at, &c.connection, (c.front, c.listener));
        c.session = self.entry.session.clone();
        let t = &mut self.transaction;
        t.status = None;
        t.server_status = None;
        t.response_version_minor = None;
        t.unique_id = None;
        t.last_rule = None;
        t.server_timeout = None;
        t.tunnel_timeout = None;
        t.priority_class = 0;
        t.priority_offset = 0;
        t.server_source = None;
        t.server_destination = None;
        t.first_request = c.requests == 1;
    }

    /// Milliseconds since the origin of this line's times.
    fn ms(&self) -> i64 {
        clock::now().millis_since(self.begun).cast_signed()
    }

    fn front(&self, c: &Client) -> &'static Proxy {
        &self.local.world.config.proxies[c.front.0]
    }

    /// The backend once there is one, else the frontend.
    fn side(&self, c: &Client) -> (ProxyId, &'static Proxy) {
        let id = self.back.unwrap_or(c.front);
        (id, &self.local.world.config.proxies[id.0])
    }

    fn client_patience(&self, c: &Client) -> Option<Duration> {
        self.front(c).timeouts.client
    }

    /// What a failed wait for the client means at this point.
    fn client_stop(&self, c: &Client, got: Received, when: When) -> Stop {
        let who = match got {
            Received::Timeout => Who::ClientTimeout,
            Received::Woken => c.killed().unwrap_or(Who::Killed),
            _ => Who::Client,
        };
        Stop::new(who, when, Tell::Nothing)
    }
}
