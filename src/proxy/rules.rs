//! Rules that see a connection before there is a stream, and small services that streams share.

use std::cell::Cell;

use super::end::Who;
use super::session::{Client, Received};
use super::socket::Socket;
use super::stream::stage::{Now, moment};
use super::tables::{self, Event, Tracks};
use super::world::World;
use crate::expr::scope::{Captures, Connection, Counters, Data, Direction, Level, Scope, Transaction};
use crate::expr::value::Value;
use crate::expr::vars::Vars;
use crate::expr::{eval, format};
use crate::ir::ProxyId;
use crate::ir::action::Rule;
use crate::ir::expr::{PatternEntry, PatternSetId, VarName};
use crate::ir::global::SetVar;
use crate::ir::server::{SendProxy, Server};
use crate::log::Facts;
use crate::rules::stage::{Effects, PatternChange, PatternChangeKind, Stage};
use crate::rules::{Verdict, Wait, run};

/// `set-var` of the `global` section, in the order of the file: one may build on another.
pub fn set_process_variables(world: &'static World) {
    for (name, value) in &world.config.global.set_var {
        set_process_variable(world, name, value);
    }
}

/// Gives a variable of the process a value that needs no traffic; one that cannot be had changes nothing.
pub fn set_process_variable(world: &'static World, name: &VarName, value: &SetVar) {
    let Some(front) = world.config.proxies.first() else { return };
    let live = Now { world, thread: 0, front: ProxyId(0), listener: 0, facts: Facts::default() };
    let vars = Vars::new(world.variables.clone());
    let scope = Scope {
        config: &world.config,
        patterns: &world.patterns,
        live: &live,
        clock: moment(world),
        connection: &Connection::default(),
        front: (ProxyId(0), front),
        back: None,
        server: None,
        request: None,
        response: None,
        request_data: Data::default(),
        response_data: Data::default(),
        direction: Direction::Request,
        vars: &vars,
        captures: &Captures::default(),
        transaction: &Transaction::default(),
        tracked: &Counters::default(),
        may_change: &Cell::new(false),
    };
    let value = match value {
        SetVar::Sample(s) => eval(s, &scope).map(Value::into_owned),
        SetVar::Format(f) => Some(Value::string(format::to_vec(f, &scope))),
    };
    if let Some(value) = value {
        vars.set(name, value);
    }
}

/// Whether anything stands between a connection's acceptance and its mode; mostly nothing does.
pub fn has_door(c: &Client) -> bool {
    let p = c.proxy();
    let bind = &p.listeners[c.listener].options;
    !p.rules.tcp_request_connection.is_empty()
        || !p.rules.tcp_request_session.is_empty()
        || bind.accept_proxy
        || bind.accept_netscaler.is_some()
}

/// Rules and headers before the mode begins; `false` when the connection is refused.
pub async fn admit(c: &mut Client) -> bool {
    connection(c).await && session(c).await
}

/// `tcp-request connection`, and the PROXY header of a bind that expects one; `false` when the connection is refused.
async fn connection(c: &mut Client) -> bool {
    let p = c.proxy();
    let bind = &p.listeners[c.listener].options;
    if !p.rules.tcp_request_connection.is_empty() && !walk(c, &p.rules.tcp_request_connection, Level::Connection).await
    {
        return false;
    }
    if bind.accept_proxy && !c.connection.received_proxy && !super::greeting::proxy_header(c).await {
        return false;
    }
    if let Some(magic) = bind.accept_netscaler
        && !super::greeting::netscaler(c, magic).await
    {
        return false;
    }
    true
}

/// `tcp-request session`; `false` when the session is refused.
async fn session(c: &mut Client) -> bool {
    let p = c.proxy();
    let goes_on = p.rules.tcp_request_session.is_empty() || walk(c, &p.rules.tcp_request_session, Level::Session).await;
    if let Some(tracks) = c.tracks.as_ref().filter(|_| goes_on) {
        tables::count(c.local.world, &tracks.counters, Event::Session);
    }
    goes_on
}

async fn walk(c: &mut Client, rules: &'static [Rule], level: Level) -> bool {
    let mut start = 0;
    loop {
        let outcome = step(c, rules, level, start);
        match outcome.verdict {
            Verdict::Continue | Verdict::Allow => return true,
            Verdict::Wait(Wait::ProxyHeader) => {
                if !super::greeting::proxy_header(c).await {
                    return false;
                }
                start = outcome.at + 1;
            }
            Verdict::SilentDrop => {
                vanish(&c.sock);
                count(c, level);
                return false;
            }
            _ => {
                count(c, level);
                if level == Level::Connection {
                    c.sock.reset_on_close();
                }
                return false;
            }
        }
    }
}

fn count(c: &Client, level: Level) {
    let live = &c.local.world.proxies[c.front.0];
    let listener = &live.listeners[c.listener].counters;
    if level == Level::Session {
        live.front.denied_sessions.inc();
        listener.denied_sessions.inc();
    } else {
        live.front.denied_connections.inc();
        listener.denied_connections.inc();
    }
}

fn step(c: &mut Client, rules: &'static [Rule], level: Level, start: usize) -> run::Outcome {
    let world = c.local.world;
    let p = c.proxy();
    let facts = Facts { client: c.connection.source, frontend_addr: c.connection.destination, ..Facts::default() };
    let live = Now { world, thread: c.local.index, front: c.front, listener: c.listener, facts };
    let mut tracked = c.counters();
    let (mut transaction, mut captures, mut effects) =
        (Transaction::default(), Captures::default(), Effects::default());
    let mut stage = Stage {
        config: &world.config,
        patterns: &world.patterns,
        live: &live,
        clock: moment(world),
        vars: &c.vars,
        front: (c.front, p),
        back: None,
        server: None,
        direction: Direction::Request,
        request_data: Data::default(),
        response_data: Data::default(),
        level,
        waited: true,
        settled: true,
        tracked: &mut tracked,
        connection: &mut c.connection,
        transaction: &mut transaction,
        captures: &mut captures,
        request: None,
        response: None,
        effects: &mut effects,
        may_change: Cell::new(false),
    };
    let outcome = run::run(rules, &p.acls, &mut stage, start);
    if tracked.iter().any(Option::is_some) {
        c.tracks.get_or_insert_with(|| Box::new(Tracks::new(world))).counters = tracked;
    }
    for change in &effects.pattern_changes {
        change_patterns(world, change);
    }
    outcome
}

/// `silent-drop`: the peer hears nothing more, not even a reset.
pub fn vanish(sock: &Socket) {
    // Who administers the network may have a connection forgotten.
    if nix::sys::socket::setsockopt(sock, nix::sys::socket::sockopt::TcpRepair, &1).is_ok() {
        return;
    }
    // A hop limit of one lets the final reset die on the way; on the same machine it arrives, as with the original.
    let s = socket2::SockRef::from(sock);
    let _ = s.set_ttl_v4(1);
    sock.reset_on_close();
}

/// Applies what a rule asked of a map or list: every set of the same file changes, however its keys are matched.
pub fn change_patterns(world: &World, change: &PatternChange) {
    let sets = &world.config.patterns;
    let named = &sets[change.set.0];
    for (i, set) in sets.iter().enumerate().filter(|(_, s)| s.file == named.file && s.is_map == named.is_map) {
        if set.file.is_none() && i != change.set.0 {
            continue;
        }
        let mut entries = world.patterns.get(PatternSetId(i)).set.entries.clone();
        edit(&mut entries, change);
        // A key that its method cannot take stays out of that set alone.
        let _ = world.patterns.replace(PatternSetId(i), entries);
    }
}

fn edit(entries: &mut Vec<PatternEntry>, change: &PatternChange) {
    let new = |value: Option<&String>| PatternEntry { key: change.key.clone(), value: value.cloned(), line: 0 };
    match &change.kind {
        PatternChangeKind::Delete => entries.retain(|e| e.key != change.key),
        PatternChangeKind::Add => entries.push(new(None)),
        PatternChangeKind::Set(value) => match entries.iter_mut().find(|e| e.key == change.key) {
            Some(e) => e.value = Some(value.clone()),
            None => entries.push(new(Some(value))),
        },
    }
}

/// What a server with `send-proxy` is told first.
pub fn proxy_header(c: &Client, server: &Server, unique_id: Option<&[u8]>) -> Vec<u8> {
    let (from, to) = (c.connection.source, c.connection.destination);
    match server.options.send_proxy {
        SendProxy::No => Vec::new(),
        SendProxy::V1 => crate::wire::proxy::v1(from.zip(to)),
        SendProxy::V2 => {
            let o = &server.options.proxy_v2_options;
            let announced = c.connection.announced.as_ref();
            let tlvs = crate::wire::proxy::Tlvs {
                authority: announced.and_then(|a| a.authority.as_deref()).filter(|_| o.authority),
                unique_id: unique_id.filter(|_| o.unique_id),
                crc32c: o.crc32c,
            };
            crate::wire::proxy::v2(from.zip(to), &tlvs)
        }
    }
}

/// The session ends because of `who`.
pub fn ended_by(got: Received, c: &Client) -> Who {
    match got {
        Received::Timeout => Who::ClientTimeout,
        Received::Woken => c.killed().unwrap_or(Who::Killed),
        _ => Who::Client,
    }
}
