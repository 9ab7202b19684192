//! Fetches about the state of proxies and servers (manual 7.3.2).

use crate::expr::fetch::{ArgKind, FETCH, Fetch, Needs, opt, req};
use crate::expr::scope::{Gauge, Scope};
use crate::expr::value::{Type, Value};
use crate::ir::expr::Arg;
use crate::ir::{ProxyId, ServerId};

pub const ALL: &[&Fetch] = &[
    &AVG_QUEUE,
    &BE_CONN,
    &BE_CONN_FREE,
    &BE_ID,
    &BE_NAME,
    &BE_SERVER_TIMEOUT,
    &BE_SESS_RATE,
    &BE_TUNNEL_TIMEOUT,
    &CONNSLOTS,
    &CUR_SERVER_TIMEOUT,
    &CUR_TUNNEL_TIMEOUT,
    &FE_CONN,
    &FE_REQ_RATE,
    &FE_SESS_RATE,
    &NBSRV,
    &QUEUE,
    &SRV_CONN,
    &SRV_CONN_FREE,
    &SRV_ID,
    &SRV_IS_UP,
    &SRV_IWEIGHT,
    &SRV_NAME,
    &SRV_QUEUE,
    &SRV_SESS_RATE,
    &SRV_UWEIGHT,
    &SRV_WEIGHT,
];

fn proxy(a: &[Arg]) -> Option<ProxyId> {
    match a.first()? {
        Arg::Proxy(n) => n.target,
        _ => None,
    }
}

/// The named backend, or the one in use.
fn backend(s: &Scope<'_>, a: &[Arg]) -> Option<ProxyId> {
    proxy(a).or_else(|| s.back.map(|b| b.0))
}

fn frontend(s: &Scope<'_>, a: &[Arg]) -> Option<ProxyId> {
    proxy(a).or(Some(s.front.0))
}

fn named_server(a: &[Arg]) -> Option<(ProxyId, ServerId)> {
    match a.first()? {
        Arg::Server(n) => n.target,
        _ => None,
    }
}

fn int<'a>(s: &Scope<'_>, g: Gauge) -> Option<Value<'a>> {
    s.live.gauge(g).map(Value::Int)
}

macro_rules! backend_gauges {
    ($($const:ident $name:literal $gauge:ident $doc:literal;)*) => { $(
        const $const: Fetch = Fetch {
            name: $name,
            args: &[opt(ArgKind::Backend)],
            out: Type::Int,
            doc: $doc,
            get: |s, a, _| int(s, Gauge::$gauge(backend(s, a)?)),
            ..FETCH
        };
    )* };
}

backend_gauges! {
    AVG_QUEUE "avg_queue" BackendAverageQueue "Queued requests of a backend per usable server.";
    BE_CONN "be_conn" BackendConnections "Connections of a backend.";
    BE_CONN_FREE "be_conn_free" BackendConnectionsFree "Connections that a backend's servers can still take; -1 without limit.";
    BE_SESS_RATE "be_sess_rate" BackendSessionRate "Sessions a second of a backend.";
    CONNSLOTS "connslots" ConnectionSlots "Connection and queue slots left in a backend; -1 without limit.";
    NBSRV "nbsrv" BackendUsableServers "Usable servers of a backend.";
    QUEUE "queue" BackendQueue "Queued requests of a backend, its servers' included.";
}

macro_rules! frontend_gauges {
    ($($const:ident $name:literal $gauge:ident $doc:literal;)*) => { $(
        const $const: Fetch = Fetch {
            name: $name,
            args: &[opt(ArgKind::Frontend)],
            out: Type::Int,
            doc: $doc,
            get: |s, a, _| int(s, Gauge::$gauge(frontend(s, a)?)),
            ..FETCH
        };
    )* };
}

frontend_gauges! {
    FE_CONN "fe_conn" FrontendConnections "Connections of a frontend.";
    FE_REQ_RATE "fe_req_rate" FrontendRequestRate "HTTP requests a second of a frontend.";
    FE_SESS_RATE "fe_sess_rate" FrontendSessionRate "Sessions a second of a frontend.";
}

macro_rules! server_gauges {
    ($($const:ident $name:literal $gauge:ident $doc:literal;)*) => { $(
        const $const: Fetch = Fetch {
            name: $name,
            args: &[req(ArgKind::Server)],
            out: Type::Int,
            doc: $doc,
            get: |s, a, _| {
                let (p, n) = named_server(a)?;
                int(s, Gauge::$gauge(p, n))
            },
            ..FETCH
        };
    )* };
}

server_gauges! {
    SRV_CONN "srv_conn" ServerConnections "Connections of a server.";
    SRV_CONN_FREE "srv_conn_free" ServerConnectionsFree "Connections that a server can still take; -1 without limit.";
    SRV_IWEIGHT "srv_iweight" ServerInitialWeight "A server's configured weight.";
    SRV_QUEUE "srv_queue" ServerQueue "Requests queued for a server.";
    SRV_SESS_RATE "srv_sess_rate" ServerSessionRate "Sessions a second of a server.";
    SRV_UWEIGHT "srv_uweight" ServerUserWeight "A server's weight as the user set it.";
    SRV_WEIGHT "srv_weight" ServerWeight "A server's effective weight.";
}

const SRV_IS_UP: Fetch = Fetch {
    name: "srv_is_up",
    args: &[req(ArgKind::Server)],
    out: Type::Bool,
    doc: "Whether a server is usable.",
    get: |s, a, _| {
        let (p, n) = named_server(a)?;
        s.live.gauge(Gauge::ServerIsUp(p, n)).map(|n| Value::Bool(n != 0))
    },
    ..FETCH
};

const BE_ID: Fetch = Fetch {
    name: "be_id",
    out: Type::Int,
    needs: Needs::Backend,
    doc: "The backend's number.",
    get: |s, _, _| s.back.map(|b| Value::Int(i64::from(b.1.id))),
    ..FETCH
};
const BE_NAME: Fetch = Fetch {
    name: "be_name",
    needs: Needs::Backend,
    doc: "The backend's name.",
    get: |s, _, _| s.back.map(|b| Value::str(b.1.name.as_bytes())),
    ..FETCH
};
const BE_SERVER_TIMEOUT: Fetch = Fetch {
    name: "be_server_timeout",
    out: Type::Int,
    needs: Needs::Backend,
    doc: "The backend's server timeout, milliseconds.",
    get: |s, _, _| Some(Value::Int(s.back?.1.timeouts.server.map_or(0, |t| t.as_millis() as i64))),
    ..FETCH
};
const BE_TUNNEL_TIMEOUT: Fetch = Fetch {
    name: "be_tunnel_timeout",
    out: Type::Int,
    needs: Needs::Backend,
    doc: "The backend's tunnel timeout, milliseconds.",
    get: |s, _, _| Some(Value::Int(s.back?.1.timeouts.tunnel.map_or(0, |t| t.as_millis() as i64))),
    ..FETCH
};
const CUR_SERVER_TIMEOUT: Fetch = Fetch {
    name: "cur_server_timeout",
    out: Type::Int,
    needs: Needs::Backend,
    doc: "The server timeout in force for this stream, milliseconds.",
    get: |s, _, _| s.transaction.server_timeout.or(s.back?.1.timeouts.server).map(|t| Value::Int(t.as_millis() as i64)),
    ..FETCH
};
const CUR_TUNNEL_TIMEOUT: Fetch = Fetch {
    name: "cur_tunnel_timeout",
    out: Type::Int,
    needs: Needs::Backend,
    doc: "The tunnel timeout in force for this stream, milliseconds.",
    get: |s, _, _| s.transaction.tunnel_timeout.or(s.back?.1.timeouts.tunnel).map(|t| Value::Int(t.as_millis() as i64)),
    ..FETCH
};
const SRV_ID: Fetch = Fetch {
    name: "srv_id",
    out: Type::Int,
    needs: Needs::Server,
    doc: "The number of the server in use.",
    get: |s, _, _| s.server.map(|x| Value::Int(i64::from(x.1.id))),
    ..FETCH
};
const SRV_NAME: Fetch = Fetch {
    name: "srv_name",
    needs: Needs::Server,
    doc: "The name of the server in use.",
    get: |s, _, _| s.server.map(|x| Value::str(x.1.name.as_bytes())),
    ..FETCH
};
