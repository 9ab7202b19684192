//! Fetches about the client's and the server's connection (manual 7.3.3).

use std::net::SocketAddr;

use crate::expr::fetch::{FETCH, Fetch, Get, Needs};
use crate::expr::scope::{Connection, Gauge};
use crate::expr::value::{Type, Value};

pub const ALL: &[&Fetch] = &[
    &BC_DST,
    &BC_DST_PORT,
    &BC_HTTP_MAJOR,
    &BC_SRC,
    &BC_SRC_PORT,
    &DST,
    &DST_CONN,
    &DST_IS_LOCAL,
    &DST_PORT,
    &FC_DST,
    &FC_DST_IS_LOCAL,
    &FC_DST_PORT,
    &FC_ERR,
    &FC_ERR_STR,
    &FC_HTTP_MAJOR,
    &FC_PP_AUTHORITY,
    &FC_PP_UNIQUE_ID,
    &FC_RCVD_PROXY,
    &FC_SRC,
    &FC_SRC_IS_LOCAL,
    &FC_SRC_PORT,
    &FE_CLIENT_TIMEOUT,
    &FE_DEFBE,
    &FE_ID,
    &FE_NAME,
    &LAST_RULE_FILE,
    &LAST_RULE_LINE,
    &PRIO_CLASS,
    &PRIO_OFFSET,
    &SO_ID,
    &SO_NAME,
    &SRC,
    &SRC_IS_LOCAL,
    &SRC_PORT,
    &UNIQUE_ID,
    &SSL_BC,
    &SSL_FC,
];

/// A fetch about the client's connection.
const fn client(name: &'static str, out: Type, doc: &'static str, get: Get) -> Fetch {
    Fetch { name, out, doc, get, needs: Needs::Client, ..FETCH }
}

fn ip<'a>(a: Option<SocketAddr>) -> Option<Value<'a>> {
    a.map(|a| Value::Ip(a.ip().to_canonical()))
}

fn port<'a>(a: Option<SocketAddr>) -> Option<Value<'a>> {
    a.map(|a| Value::Int(i64::from(a.port())))
}

const SRC: Fetch = client("src", Type::Ip, "The client's address.", |s, _, _| ip(s.connection.source));
const SRC_PORT: Fetch = client("src_port", Type::Int, "The client's port.", |s, _, _| port(s.connection.source));
const SRC_IS_LOCAL: Fetch =
    client("src_is_local", Type::Bool, "Whether the client's address is one of this machine.", |s, _, _| {
        s.connection.source.map(|a| Value::Bool(s.live.is_local(a.ip())))
    });
const DST: Fetch =
    client("dst", Type::Ip, "The address that the client connected to.", |s, _, _| ip(s.connection.destination));
const DST_PORT: Fetch =
    client("dst_port", Type::Int, "The port that the client connected to.", |s, _, _| port(s.connection.destination));
const DST_IS_LOCAL: Fetch =
    client("dst_is_local", Type::Bool, "Whether that address is one of this machine.", |s, _, _| {
        s.connection.destination.map(|a| Value::Bool(s.live.is_local(a.ip())))
    });
const DST_CONN: Fetch = client("dst_conn", Type::Int, "Connections on the listener that took this one.", |s, _, _| {
    s.live.gauge(Gauge::ListenerConnections).map(Value::Int)
});

fn peer(c: &Connection) -> Option<SocketAddr> {
    c.own_addresses().0
}
fn local(c: &Connection) -> Option<SocketAddr> {
    c.own_addresses().1
}

const FC_SRC: Fetch =
    client("fc_src", Type::Ip, "The client's address on the connection itself.", |s, _, _| ip(peer(s.connection)));
const FC_SRC_PORT: Fetch =
    client("fc_src_port", Type::Int, "The client's port on the connection itself.", |s, _, _| port(peer(s.connection)));
const FC_SRC_IS_LOCAL: Fetch =
    client("fc_src_is_local", Type::Bool, "Whether the connection comes from this machine.", |s, _, _| {
        peer(s.connection).map(|a| Value::Bool(s.live.is_local(a.ip())))
    });
const FC_DST: Fetch =
    client("fc_dst", Type::Ip, "The connection's own destination address.", |s, _, _| ip(local(s.connection)));
const FC_DST_PORT: Fetch =
    client("fc_dst_port", Type::Int, "The connection's own destination port.", |s, _, _| port(local(s.connection)));
const FC_DST_IS_LOCAL: Fetch =
    client("fc_dst_is_local", Type::Bool, "Whether the connection's destination is this machine.", |s, _, _| {
        local(s.connection).map(|a| Value::Bool(s.live.is_local(a.ip())))
    });
const FC_HTTP_MAJOR: Fetch =
    client("fc_http_major", Type::Int, "The major HTTP version of the client's connection.", |s, _, _| {
        s.request.map(|_| Value::Int(1))
    });
const FC_RCVD_PROXY: Fetch =
    client("fc_rcvd_proxy", Type::Bool, "Whether the client sent a PROXY header.", |s, _, _| {
        Some(Value::Bool(s.connection.received_proxy))
    });
const FC_PP_AUTHORITY: Fetch = client("fc_pp_authority", Type::Str, "The authority in the PROXY header.", |s, _, _| {
    s.connection.announced.as_ref()?.authority.as_deref().map(Value::str)
});
const FC_PP_UNIQUE_ID: Fetch = client("fc_pp_unique_id", Type::Str, "The unique id in the PROXY header.", |s, _, _| {
    s.connection.announced.as_ref()?.unique_id.as_deref().map(Value::str)
});
const FC_ERR: Fetch =
    client("fc_err", Type::Int, "The error number of the client's connection, 0 for none.", |s, _, _| {
        Some(Value::Int(s.connection.error.map_or(0, |e| i64::from(e.0))))
    });
const FC_ERR_STR: Fetch =
    client("fc_err_str", Type::Str, "The error of the client's connection in words.", |s, _, _| {
        Some(Value::str(s.connection.error.map_or("Success", |e| e.1).as_bytes()))
    });

const FE_ID: Fetch =
    client("fe_id", Type::Int, "The frontend's number.", |s, _, _| Some(Value::Int(i64::from(s.front.1.id))));
const FE_NAME: Fetch =
    client("fe_name", Type::Str, "The frontend's name.", |s, _, _| Some(Value::str(s.front.1.name.as_bytes())));
const FE_DEFBE: Fetch = client("fe_defbe", Type::Str, "The frontend's default backend.", |s, _, _| {
    s.front.1.default_backend.as_ref().map(|b| Value::str(b.name.as_bytes()))
});
const FE_CLIENT_TIMEOUT: Fetch =
    client("fe_client_timeout", Type::Int, "The frontend's client timeout, milliseconds.", |s, _, _| {
        Some(Value::Int(s.front.1.timeouts.client.map_or(0, |t| t.as_millis() as i64)))
    });
const SO_ID: Fetch = client("so_id", Type::Int, "The listener's number.", |s, _, _| {
    Some(Value::Int(i64::from(s.connection.listener_id)))
});
const SO_NAME: Fetch = client("so_name", Type::Str, "The listener's name.", |s, _, _| {
    let listener = s.front.1.listeners.iter().find(|l| l.id == s.connection.listener_id)?;
    listener.name.as_deref().map(|n| Value::str(n.as_bytes()))
});

const LAST_RULE_FILE: Fetch = Fetch {
    name: "last_rule_file",
    doc: "The file of the final rule that ran.",
    get: |s, _, _| s.transaction.last_rule.as_ref().map(|r| Value::str(r.0.as_bytes())),
    ..FETCH
};
const LAST_RULE_LINE: Fetch = Fetch {
    name: "last_rule_line",
    out: Type::Int,
    doc: "The line of the final rule that ran.",
    get: |s, _, _| s.transaction.last_rule.as_ref().map(|r| Value::Int(r.1 as i64)),
    ..FETCH
};
const PRIO_CLASS: Fetch = Fetch {
    name: "prio_class",
    out: Type::Int,
    doc: "The stream's priority class in a queue.",
    get: |s, _, _| Some(Value::Int(i64::from(s.transaction.priority_class))),
    ..FETCH
};
const PRIO_OFFSET: Fetch = Fetch {
    name: "prio_offset",
    out: Type::Int,
    doc: "The stream's priority offset in a queue.",
    get: |s, _, _| Some(Value::Int(i64::from(s.transaction.priority_offset))),
    ..FETCH
};
const UNIQUE_ID: Fetch = Fetch {
    name: "unique-id",
    doc: "The request's identifier (unique-id-format).",
    get: |s, _, _| s.transaction.unique_id.as_deref().map(Value::str),
    ..FETCH
};

/// A fetch about the server's connection.
const fn server(name: &'static str, out: Type, doc: &'static str, get: Get) -> Fetch {
    Fetch { name, out, doc, get, needs: Needs::Server, ..FETCH }
}

const BC_DST: Fetch = server("bc_dst", Type::Ip, "The address that the server was reached at.", |s, _, _| {
    ip(s.transaction.server_destination)
});
const BC_DST_PORT: Fetch = server("bc_dst_port", Type::Int, "The port that the server was reached at.", |s, _, _| {
    port(s.transaction.server_destination)
});
const BC_SRC: Fetch =
    server("bc_src", Type::Ip, "The address used towards the server.", |s, _, _| ip(s.transaction.server_source));
const BC_SRC_PORT: Fetch =
    server("bc_src_port", Type::Int, "The port used towards the server.", |s, _, _| port(s.transaction.server_source));
const BC_HTTP_MAJOR: Fetch =
    server("bc_http_major", Type::Int, "The major HTTP version of the server's connection.", |s, _, _| {
        s.response.map(|_| Value::Int(1))
    });

// No listener and no server of this version speaks TLS, and a file that asks for it is refused.
const SSL_FC: Fetch = Fetch {
    name: "ssl_fc",
    out: Type::Bool,
    needs: Needs::Client,
    doc: "Whether the client's connection is TLS.",
    get: |_, _, _| Some(Value::Bool(false)),
    ..FETCH
};
const SSL_BC: Fetch = Fetch {
    name: "ssl_bc",
    out: Type::Bool,
    needs: Needs::Server,
    doc: "Whether the connection to the server is TLS.",
    get: |s, _, _| s.server.map(|_| Value::Bool(false)),
    ..FETCH
};
