//! How the columns of `show stat` take their values: what several of them share. The list itself is in `fields.rs`.

use crate::ir::proxy::Balance;
use crate::stats::counters::Responses;
use crate::stats::field::Nature::{self, Counter};
use crate::stats::field::Origin::{self, Metric};
use crate::stats::field::Scope::{self, Process};
use crate::stats::field::{Field, Value};
use crate::stats::subject::Subject::{self, Backend, Frontend, Listener, Server};

pub type Get = for<'a> fn(&Subject<'a>) -> Option<Value>;

pub const fn metric(name: &'static str, nature: Nature, doc: &'static str, get: Get) -> Field {
    Field { name, origin: Metric, nature, scope: Process, doc, get }
}
pub const fn count(name: &'static str, doc: &'static str, get: Get) -> Field {
    metric(name, Counter, doc, get)
}
pub const fn field(
    name: &'static str,
    origin: Origin,
    nature: Nature,
    scope: Scope,
    doc: &'static str,
    get: Get,
) -> Field {
    Field { name, origin, nature, scope, doc, get }
}

pub fn n32(n: u32) -> Option<Value> {
    Some(Value::U32(n))
}
pub fn n64(n: u64) -> Option<Value> {
    Some(Value::U64(n))
}
pub fn low(n: u64) -> Option<Value> {
    n32(u32::try_from(n).unwrap_or(u32::MAX))
}
pub fn text(s: impl Into<String>) -> Option<Value> {
    Some(Value::Str(s.into()))
}

/// Responses of a class; only of HTTP proxies.
pub fn responses(s: &Subject<'_>, class: usize) -> Option<Value> {
    let r: &Responses = match s {
        Frontend(f) => &f.counters.responses,
        Backend(b) => &b.counters.responses,
        Server(s) => &s.counters.responses,
        Listener(_) => return None,
    };
    if s.is_http() { n64(r.get()[class]) } else { None }
}

/// What belongs to a feature that is not built: shown as zero where the original shows a number.
pub fn zero_on_proxies(s: &Subject<'_>) -> Option<Value> {
    match s {
        Frontend(_) | Backend(_) => n64(0),
        _ => None,
    }
}
pub fn zero_everywhere(_: &Subject<'_>) -> Option<Value> {
    n64(0)
}
pub fn zero_on_http_proxies(s: &Subject<'_>) -> Option<Value> {
    if s.is_http() { zero_on_proxies(s) } else { None }
}
pub fn zero_on_backends(s: &Subject<'_>) -> Option<Value> {
    if matches!(s, Backend(_)) { n32(0) } else { None }
}

/// The name of the algorithm as `balance` writes it.
pub fn algorithm(b: &Balance) -> &'static str {
    match b {
        Balance::RoundRobin => "roundrobin",
        Balance::StaticRr => "static-rr",
        Balance::LeastConn => "leastconn",
        Balance::First => "first",
        Balance::Source => "source",
        Balance::Uri { .. } => "uri",
        Balance::UrlParam { .. } => "url_param",
        Balance::Hdr { .. } => "hdr",
        Balance::Random { .. } => "random",
        Balance::RdpCookie(_) => "rdp-cookie",
        Balance::Hash(_) => "hash",
        Balance::None => "none",
    }
}

/// A check's result, its age marked with a star while a check runs in the original; here results are always complete.
pub fn check(s: &Subject<'_>, get: fn(&crate::health::result::Outcome) -> Option<Value>) -> Option<Value> {
    match s {
        Server(s) if s.server.options.check => get(&s.health.last),
        _ => None,
    }
}
pub fn agent(s: &Subject<'_>, get: fn(&crate::health::result::Outcome) -> Option<Value>) -> Option<Value> {
    match s {
        Server(s) if s.server.options.agent_check => get(&s.health.last_agent),
        _ => None,
    }
}
