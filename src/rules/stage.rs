//! The parts of a stream that a rule may read and change.

use std::cell::Cell;
use std::time::Duration;

use crate::expr::pattern::Library;
use crate::expr::scope::{Captures, Clock, Connection, Counters, Data, Direction, Level, Live, Scope, Transaction};
use crate::expr::vars::Vars;
use crate::http::Message;
use crate::ir::proxy::Proxy;
use crate::ir::server::Server;
use crate::ir::{Config, ProxyId, ServerId};

/// A stream as rules see it. [`Stage::scope`] lends it to expressions.
pub struct Stage<'a> {
    pub config: &'a Config,
    pub patterns: &'a Library,
    pub live: &'a dyn Live,
    pub clock: Clock,
    pub vars: &'a Vars,
    pub front: (ProxyId, &'a Proxy),
    pub back: Option<(ProxyId, &'a Proxy)>,
    pub server: Option<(ServerId, &'a Server)>,
    pub direction: Direction,
    pub request_data: Data<'a>,
    pub response_data: Data<'a>,
    /// Whose rules they are.
    pub level: Level,
    /// The inspection delay is over: what has not arrived is taken as absent.
    pub waited: bool,
    /// Conditions take what is there for all that will come: always but for content rules during their delay.
    pub settled: bool,

    pub tracked: &'a mut Counters,
    pub connection: &'a mut Connection,
    pub transaction: &'a mut Transaction,
    pub captures: &'a mut Captures,
    pub request: Option<&'a mut Message>,
    pub response: Option<&'a mut Message>,
    pub effects: &'a mut Effects,
    /// Set when an expression's answer may change with more data.
    pub may_change: Cell<bool>,
}

/// What rules ask of the stream besides its messages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effects {
    /// `set-log-level`: `Some(None)` is silent.
    pub log_level: Option<Option<u8>>,
    pub client_tos: Option<u8>,
    pub client_mark: Option<u32>,
    pub server_timeout: Option<Duration>,
    pub tunnel_timeout: Option<Duration>,
    pub no_l7_retry: bool,
    /// `strict-mode`, on unless switched off.
    pub lenient: bool,
    /// Fields of 103 responses to be sent before anything else, with the number of the response.
    pub hints: Vec<(i64, String, Vec<u8>)>,
    /// Entries added to or taken from pattern sets, for the shell to apply to the library.
    pub pattern_changes: Vec<PatternChange>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternChange {
    pub set: crate::ir::expr::PatternSetId,
    pub key: String,
    pub kind: PatternChangeKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PatternChangeKind {
    Add,
    Delete,
    /// Adds the key or changes its value.
    Set(String),
}

impl<'a> Stage<'a> {
    /// The view that expressions take.
    pub fn scope(&self) -> Scope<'_> {
        Scope {
            config: self.config,
            patterns: self.patterns,
            live: self.live,
            clock: self.clock,
            connection: self.connection,
            front: self.front,
            back: self.back,
            server: self.server,
            request: self.request.as_deref(),
            response: self.response.as_deref(),
            request_data: Data { complete: self.request_data.complete || self.settled, ..self.request_data },
            response_data: Data { complete: self.response_data.complete || self.settled, ..self.response_data },
            direction: self.direction,
            vars: self.vars,
            captures: self.captures,
            transaction: self.transaction,
            tracked: self.tracked,
            may_change: &self.may_change,
        }
    }

    /// The message that the rule set is about.
    pub fn message(&mut self) -> Option<&mut Message> {
        match self.direction {
            Direction::Request => self.request.as_deref_mut(),
            Direction::Response => self.response.as_deref_mut(),
        }
    }

    /// The proxy whose rules run: the backend's once there is one.
    pub fn proxy(&self) -> &'a Proxy {
        self.back.unwrap_or(self.front).1
    }
}
