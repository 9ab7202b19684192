//! What the expressions of a check see: its backend and server, its variables, and what the server has said.

use std::cell::Cell;
use std::sync::Arc;

use crate::expr::scope::{Captures, Connection, Counters, Data, Direction, Scope, Transaction};
use crate::expr::value::{Type, Value};
use crate::expr::vars::Vars;
use crate::expr::{eval, eval_as, format};
use crate::health::evaluate::Evaluate;
use crate::health::heard::Heard;
use crate::health::script::Stored;
use crate::http::Message;
use crate::ir::expr::{Format, Sample, VarName};
use crate::ir::{ProxyId, ServerId};
use crate::log::Facts;
use crate::proxy::stream::stage::{Now, moment};
use crate::proxy::thread::Local;

/// The eyes of one check; its variables last as long as it does.
pub struct Eyes {
    local: &'static Local,
    proxy: ProxyId,
    server: ServerId,
    vars: Vars,
}

impl Eyes {
    pub fn new(local: &'static Local, proxy: ProxyId, server: ServerId) -> Self {
        Self { local, proxy, server, vars: Vars::new(Arc::clone(&local.world.variables)) }
    }

    /// A variable that cannot be evaluated keeps what it has.
    pub fn set(&self, name: &VarName, stored: &Stored, heard: Option<&Heard<'_>>) {
        let value = match stored {
            Stored::Sample(s) => self.with(heard, |scope| eval(s, scope).map(Value::into_owned)),
            Stored::Format(f) => Some(Value::string(self.text(f, heard))),
        };
        if let Some(v) = value {
            self.vars.set(name, v);
        }
    }

    pub fn unset(&self, name: &VarName) {
        self.vars.unset(name);
    }

    fn with<T>(&self, heard: Option<&Heard<'_>>, f: impl FnOnce(&Scope<'_>) -> T) -> T {
        let world = self.local.world;
        let proxy = &world.config.proxies[self.proxy.0];
        let server = &proxy.servers[self.server.0];
        let facts = Facts { backend: &proxy.name, server: Some(&server.name), ..Facts::default() };
        let live = Now { world, thread: self.local.index, front: self.proxy, listener: 0, facts };
        let response = heard.and_then(|h| h.response.as_ref());
        let data = heard.map(|h| Data { bytes: &h.data, complete: true, announced: None }).unwrap_or_default();
        let transaction = Transaction { status: response.map(Message::status), ..Transaction::default() };
        f(&Scope {
            config: &world.config,
            patterns: &world.patterns,
            live: &live,
            clock: moment(world),
            connection: &Connection::default(),
            front: (self.proxy, proxy),
            back: Some((self.proxy, proxy)),
            server: Some((self.server, server)),
            request: None,
            response,
            request_data: Data::default(),
            response_data: data,
            direction: Direction::Response,
            vars: &self.vars,
            captures: &Captures::default(),
            transaction: &transaction,
            tracked: &Counters::default(),
            may_change: &Cell::new(false),
        })
    }
}

impl Evaluate for Eyes {
    fn text(&self, f: &Format, heard: Option<&Heard<'_>>) -> Vec<u8> {
        self.with(heard, |scope| format::to_vec(f, scope))
    }

    fn number(&self, s: &Sample, heard: Option<&Heard<'_>>) -> Option<i64> {
        self.with(heard, |scope| eval_as(s, scope, Type::Int).and_then(|v| v.as_int()))
    }
}
