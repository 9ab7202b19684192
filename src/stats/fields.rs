//! Every field of `show stat`, in the order of its columns: their positions are interface. One const expression each.

pub mod take;

use super::field::{Field, Nature, Origin, Scope, Value};
use super::subject::Subject::{Backend, Frontend, Listener, Server};
use crate::ir::proxy::Mode;
use crate::ir::server::Observe;
use Nature::{Age, Average, Duration, Gauge, Limit, Max, Name, Output, Rate};
use Origin::{Config, Key, Status};
use Scope::{Process, Service};
pub use take::algorithm;
use take::{
    agent, check, count, field, low, metric, n32, n64, responses, text, zero_everywhere, zero_on_backends,
    zero_on_http_proxies, zero_on_proxies,
};

/// Each value of servers and backends that is a mean or maximum of times.
macro_rules! times {
    ($of:ident, $get:ident) => {
        |s| match s {
            Server(s) => low(s.counters.$of.$get()),
            Backend(b) => low(b.counters.$of.$get()),
            _ => None,
        }
    };
}

/// A counter that servers and backends have under one name.
macro_rules! both {
    ($of:ident) => {
        |s| match s {
            Server(s) => n64(s.counters.$of.get()),
            Backend(b) => n64(b.counters.$of.get()),
            _ => None,
        }
    };
}

/// A counter that all four have under one name.
macro_rules! all {
    ($of:ident) => {
        |s| match s {
            Frontend(f) => n64(f.counters.$of.get()),
            Backend(b) => n64(b.counters.$of.get()),
            Server(s) => n64(s.counters.$of.get()),
            Listener(l) => n64(l.counters.$of.get()),
        }
    };
}

pub const FIELDS: &[Field] = &[
    field("pxname", Key, Name, Service, "The proxy.", |s| text(s.common().proxy.name.as_str())),
    field("svname", Key, Name, Service, "The server or listener, or FRONTEND, BACKEND.", |s| match s {
        Frontend(_) => text("FRONTEND"),
        Backend(_) => text("BACKEND"),
        Server(s) => text(s.server.name.as_str()),
        Listener(l) => text(l.listener.name.clone().unwrap_or_else(|| format!("sock-{}", l.listener.id))),
    }),
    metric("qcur", Gauge, "Requests that wait now.", |s| match s {
        Server(s) => n32(s.queued),
        Backend(b) => n32(b.counters.queued.get()),
        _ => None,
    }),
    metric("qmax", Max, "The most requests that waited.", |s| match s {
        Server(s) => n32(s.counters.queued.max()),
        Backend(b) => n32(b.counters.queued.max()),
        _ => None,
    }),
    metric("scur", Gauge, "Sessions now.", |s| match s {
        Frontend(f) => n32(f.counters.connections.get()),
        Backend(b) => n32(b.counters.streams.get()),
        Server(s) => n32(s.counters.streams.get()),
        Listener(l) => n32(l.counters.connections.get()),
    }),
    metric("smax", Max, "The most sessions.", |s| match s {
        Frontend(f) => n32(f.counters.connections.max()),
        Backend(b) => n32(b.counters.streams.max()),
        Server(s) => n32(s.counters.streams.max()),
        Listener(l) => n32(l.counters.connections.max()),
    }),
    field("slim", Config, Limit, Process, "The limit of sessions.", |s| match s {
        Frontend(f) => n32(f.maxconn),
        Backend(b) => n32(b.fullconn),
        Server(s) => {
            if s.maxconn > 0 {
                n32(s.maxconn)
            } else {
                None
            }
        }
        Listener(l) => n32(l.listener.options.maxconn.unwrap_or(0)),
    }),
    count("stot", "Sessions so far.", |s| match s {
        Frontend(f) => n64(f.counters.sessions.get()),
        Backend(b) => n64(b.counters.total_streams.get()),
        Server(s) => n64(s.counters.total_streams.get()),
        Listener(l) => n64(l.counters.total_connections.get()),
    }),
    count("bin", "Bytes from clients.", all!(bytes_in)),
    count("bout", "Bytes to clients.", all!(bytes_out)),
    count("dreq", "Requests refused by rules.", |s| match s {
        Frontend(f) => n64(f.counters.denied_requests.get()),
        Backend(b) => n64(b.counters.denied_requests.get()),
        Listener(l) => n64(l.counters.denied_requests.get()),
        Server(_) => None,
    }),
    count("dresp", "Responses refused by rules.", all!(denied_responses)),
    count("ereq", "Requests that were malformed or broke off.", |s| match s {
        Frontend(f) => n64(f.counters.failed_requests.get()),
        Listener(l) => n64(l.counters.failed_requests.get()),
        _ => None,
    }),
    count("econ", "Connections to servers that failed.", both!(failed_connections)),
    count("eresp", "Responses that were malformed or broke off.", both!(failed_responses)),
    count("wretr", "Connections to servers that were tried again.", both!(retries)),
    count("wredis", "Requests that went to another server.", both!(redispatches)),
    field("status", Status, Gauge, Process, "The state.", |s| match s {
        Frontend(f) => text(f.status),
        Backend(b) => text(if b.active + b.backup > 0 || b.common.proxy.servers.is_empty() { "UP" } else { "DOWN" }),
        Server(s) => text(s.status()),
        Listener(l) => text(if l.open { "OPEN" } else { "STOP" }),
    }),
    metric("weight", Average, "The weight that balancing uses.", |s| match s {
        Server(s) => n32(s.effective_weight),
        Backend(b) => n32(b.weight),
        _ => None,
    }),
    metric("act", Gauge, "Usable servers that are no backup.", |s| match s {
        Server(s) => n32(u32::from(!s.server.options.backup)),
        Backend(b) => n32(b.active),
        _ => None,
    }),
    metric("bck", Gauge, "Usable backup servers.", |s| match s {
        Server(s) => n32(u32::from(s.server.options.backup)),
        Backend(b) => n32(b.backup),
        _ => None,
    }),
    count("chkfail", "Failed checks.", |s| match s {
        Server(s) if s.server.options.check => n64(s.counters.failed_checks.get()),
        _ => None,
    }),
    count("chkdown", "How often it went down.", |s| match s {
        Server(s) if s.server.options.check => n64(s.counters.down_transitions.get()),
        Backend(b) => n64(b.counters.down_transitions.get()),
        _ => None,
    }),
    metric("lastchg", Age, "Seconds since the state changed.", |s| match s {
        Server(s) => low(s.last_change),
        Backend(b) => low(b.last_change),
        _ => None,
    }),
    count("downtime", "Seconds spent down.", |s| match s {
        Server(s) if s.server.options.check => low(s.down_time),
        Backend(b) if b.common.proxy.servers.is_empty() => None,
        Backend(b) => low(b.down_time),
        _ => None,
    }),
    field("qlimit", Config, Limit, Service, "The limit of the queue.", |s| match s {
        Server(s) => s.server.options.maxqueue.and_then(n32),
        _ => None,
    }),
    field("pid", Key, Gauge, Process, "The process: 1.", |_| n32(1)),
    field("iid", Key, Gauge, Service, "The proxy's number.", |s| n32(s.common().proxy.id)),
    field("sid", Key, Gauge, Service, "The server's or listener's number.", |s| match s {
        Server(s) => n32(s.server.id),
        Listener(l) => n32(l.listener.id),
        _ => n32(0),
    }),
    metric("throttle", Average, "Percent of the weight during a slow start.", |s| match s {
        Server(s) => s.throttle.and_then(n32),
        _ => None,
    }),
    count("lbtot", "How often balancing chose it.", both!(balanced)),
    field("tracked", Key, Gauge, Service, "The server that it takes its state from.", |s| match s {
        Server(s) => s.tracked.clone().and_then(text),
        _ => None,
    }),
    field("type", Config, Gauge, Service, "0 frontend, 1 backend, 2 server, 3 listener.", |s| {
        n32(match s {
            Frontend(_) => 0,
            Backend(_) => 1,
            Server(_) => 2,
            Listener(_) => 3,
        })
    }),
    metric("rate", Rate, "Sessions in the last second.", |s| match s {
        Frontend(f) => n32(f.counters.session_rate.get(f.common.now)),
        Backend(b) => n32(b.counters.session_rate.get(b.common.now)),
        Server(s) => n32(s.counters.session_rate.get(s.common.now)),
        Listener(_) => None,
    }),
    field("rate_lim", Config, Limit, Process, "The limit of new sessions a second.", |s| match s {
        Frontend(f) => n32(f.common.proxy.rate_limit_sessions.unwrap_or(0)),
        _ => None,
    }),
    metric("rate_max", Max, "The most sessions in a second.", |s| match s {
        Frontend(f) => n32(f.counters.session_rate.max()),
        Backend(b) => n32(b.counters.session_rate.max()),
        Server(s) => n32(s.counters.session_rate.max()),
        Listener(_) => None,
    }),
    metric("check_status", Output, "The last check's result.", |s| check(s, |o| text(o.verdict.short()))),
    metric("check_code", Output, "The code of the last check.", |s| {
        check(s, |o| o.code.filter(|_| o.verdict.has_code()).and_then(n32))
    }),
    metric("check_duration", Duration, "How long the last check took, milliseconds.", |s| {
        check(s, |o| n64(o.duration))
    }),
    count("hrsp_1xx", "Responses 1xx.", |s| responses(s, 0)),
    count("hrsp_2xx", "Responses 2xx.", |s| responses(s, 1)),
    count("hrsp_3xx", "Responses 3xx.", |s| responses(s, 2)),
    count("hrsp_4xx", "Responses 4xx.", |s| responses(s, 3)),
    count("hrsp_5xx", "Responses 5xx.", |s| responses(s, 4)),
    count("hrsp_other", "Other responses.", |s| responses(s, 5)),
    count("hanafail", "Failures that traffic showed.", |s| match s {
        Server(s) if s.server.options.check && s.server.options.observe != Observe::None => {
            n64(s.counters.failed_health_analyses.get())
        }
        _ => None,
    }),
    metric("req_rate", Rate, "Requests in the last second.", |s| match s {
        Frontend(f) => n32(f.counters.request_rate.get(f.common.now)),
        _ => None,
    }),
    metric("req_rate_max", Max, "The most requests in a second.", |s| match s {
        Frontend(f) => n32(f.counters.request_rate.max()),
        _ => None,
    }),
    count("req_tot", "Requests so far.", |s| match s {
        Frontend(f) => n64(f.counters.requests.get()),
        Backend(b) if s.is_http() => n64(b.counters.requests.get()),
        Server(x) if s.is_http() => n64(x.counters.requests.get()),
        _ => None,
    }),
    count("cli_abrt", "Transfers that clients broke off.", both!(client_aborts)),
    count("srv_abrt", "Transfers that servers broke off.", both!(server_aborts)),
    count("comp_in", "Bytes into compression.", zero_on_proxies),
    count("comp_out", "Bytes out of compression.", zero_on_proxies),
    count("comp_byp", "Bytes past compression.", zero_on_proxies),
    count("comp_rsp", "Compressed responses.", zero_on_proxies),
    metric("lastsess", Age, "Seconds since the last session; -1 before the first.", |s| {
        let (last, now) = match s {
            Server(s) => (s.counters.last_session.get(), s.common.now),
            Backend(b) => (b.counters.last_session.get(), b.common.now),
            _ => return None,
        };
        let age = if last < 0 { -1 } else { (now / 1000) as i64 - last };
        Some(Value::S32(i32::try_from(age).unwrap_or(i32::MAX)))
    }),
    metric("last_chk", Output, "What the last check saw.", |s| check(s, |o| text(o.info.as_str()))),
    metric("last_agt", Output, "What the agent said.", |s| agent(s, |o| text(o.info.as_str()))),
    metric("qtime", Average, "Mean time in the queue, milliseconds.", times!(queue_time, get)),
    metric("ctime", Average, "Mean time to connect, milliseconds.", times!(connect_time, get)),
    metric("rtime", Average, "Mean time to respond, milliseconds.", times!(response_time, get)),
    metric("ttime", Average, "Mean time of sessions, milliseconds.", times!(total_time, get)),
    metric("agent_status", Output, "The last result of asking the agent.", |s| agent(s, |o| text(o.verdict.short()))),
    metric("agent_code", Output, "The code of what the agent said last.", |s| {
        agent(s, |o| o.code.filter(|_| o.verdict.has_code()).and_then(n32))
    }),
    metric("agent_duration", Duration, "How long the agent took, milliseconds.", |s| agent(s, |o| n64(o.duration))),
    metric("check_desc", Output, "The last check's result in words.", |s| check(s, |o| text(o.verdict.words()))),
    metric("agent_desc", Output, "The agent's result in words.", |s| agent(s, |o| text(o.verdict.words()))),
    field("check_rise", Config, Gauge, Service, "Successes to be up.", |s| match s {
        Server(s) if s.server.options.check => n32(s.health.rise),
        _ => None,
    }),
    field("check_fall", Config, Gauge, Service, "Failures to be down.", |s| match s {
        Server(s) if s.server.options.check => n32(s.health.fall),
        _ => None,
    }),
    field("check_health", Config, Gauge, Service, "From 0 to rise + fall - 1.", |s| match s {
        Server(s) if s.server.options.check => n32(s.health.level),
        _ => None,
    }),
    field("agent_rise", Config, Gauge, Service, "Answers to be up: 1.", |s| agent(s, |_| n32(1))),
    field("agent_fall", Config, Gauge, Service, "Answers to be down: 1.", |s| agent(s, |_| n32(1))),
    field("agent_health", Config, Gauge, Service, "0 or 1.", |s| match s {
        Server(x) if x.server.options.agent_check => n32(u32::from(!x.health.agent_down)),
        _ => None,
    }),
    field("addr", Config, Gauge, Service, "The address.", |s| match s {
        Server(s) => text(s.address.as_str()),
        Listener(l) => text(l.listener.address.to_string()),
        _ => None,
    }),
    field("cookie", Config, Name, Service, "The cookie's name, or a server's value in it.", |s| match s {
        Server(s) => s.cookie.clone().and_then(text),
        Backend(b) => b.common.proxy.cookie.as_ref().and_then(|c| text(c.name.as_str())),
        _ => None,
    }),
    field("mode", Config, Gauge, Service, "tcp or http.", |s| {
        text(if s.common().proxy.mode == Mode::Http { "http" } else { "tcp" })
    }),
    field("algo", Config, Gauge, Service, "The balancing algorithm.", |s| match s {
        Backend(b) => text(algorithm(&b.common.proxy.balance)),
        _ => None,
    }),
    metric("conn_rate", Rate, "Connections in the last second.", |s| match s {
        Frontend(f) => n32(f.counters.connection_rate.get(f.common.now)),
        _ => None,
    }),
    metric("conn_rate_max", Max, "The most connections in a second.", |s| match s {
        Frontend(f) => n32(f.counters.connection_rate.max()),
        _ => None,
    }),
    count("conn_tot", "Connections so far.", |s| match s {
        Frontend(f) => n64(f.counters.total_connections.get()),
        _ => None,
    }),
    count("intercepted", "Requests answered here.", |s| match s {
        Frontend(f) if s.is_http() => n64(f.counters.intercepted.get()),
        _ => None,
    }),
    count("dcon", "Connections refused by rules.", |s| match s {
        Frontend(f) => n64(f.counters.denied_connections.get()),
        Listener(l) => n64(l.counters.denied_connections.get()),
        _ => None,
    }),
    count("dses", "Sessions refused by rules.", |s| match s {
        Frontend(f) => n64(f.counters.denied_sessions.get()),
        Listener(l) => n64(l.counters.denied_sessions.get()),
        _ => None,
    }),
    count("wrew", "Rewrites that failed.", |s| match s {
        Frontend(f) => n64(f.counters.failed_rewrites.get()),
        Backend(b) => n64(b.counters.failed_rewrites.get()),
        Server(s) => n64(s.counters.failed_rewrites.get()),
        Listener(_) => n64(0),
    }),
    count("connect", "Connections to servers.", both!(connect_attempts)),
    count("reuse", "Connections to servers that were used again.", both!(reuses)),
    count("cache_lookups", "Look-ups in caches.", zero_on_http_proxies),
    count("cache_hits", "Finds in caches.", zero_on_http_proxies),
    metric("srv_icur", Gauge, "Idle connections to the server.", |s| match s {
        Server(s) => n32(s.counters.idle.get()),
        _ => None,
    }),
    field("src_ilim", Config, Limit, Process, "The limit of idle connections.", |s| match s {
        Server(s) => s.server.options.pool_max_conn.and_then(|n| u32::try_from(n).ok()).and_then(n32),
        _ => None,
    }),
    metric("qtime_max", Max, "The longest time in the queue, milliseconds.", times!(queue_time, max)),
    metric("ctime_max", Max, "The longest time to connect, milliseconds.", times!(connect_time, max)),
    metric("rtime_max", Max, "The longest time to respond, milliseconds.", times!(response_time, max)),
    metric("ttime_max", Max, "The longest session, milliseconds.", times!(total_time, max)),
    count("eint", "Internal errors.", |s| match s {
        Frontend(f) => n64(f.counters.internal_errors.get()),
        Backend(b) => n64(b.counters.internal_errors.get()),
        Server(s) => n64(s.counters.internal_errors.get()),
        Listener(_) => n64(0),
    }),
    metric("idle_conn_cur", Gauge, "Idle connections that only their client's requests may use.", |s| match s {
        Server(_) => n32(0),
        _ => None,
    }),
    metric("safe_conn_cur", Gauge, "Idle connections that anyone may use.", |s| match s {
        Server(s) => n32(s.counters.idle.get()),
        _ => None,
    }),
    metric("used_conn_cur", Gauge, "Connections in use.", |s| match s {
        Server(s) => n32(s.served),
        _ => None,
    }),
    metric("need_conn_est", Gauge, "Connections that are likely to be needed.", |s| match s {
        Server(s) => n32(s.counters.streams.max().min(s.served + 1)),
        _ => None,
    }),
    metric("uweight", Average, "The weight as it was set.", |s| match s {
        Server(s) => n32(s.weight),
        Backend(b) => n32(b.user_weight),
        _ => None,
    }),
    metric("agg_server_status", Gauge, "For metrics systems only.", zero_on_backends),
    metric("agg_server_check_status", Gauge, "For metrics systems only.", zero_on_backends),
    metric("agg_check_status", Gauge, "For metrics systems only.", zero_on_backends),
    // The column between the fields and those of modules.
    metric("-", Gauge, "Separates the modules' fields.", |_| text("-")),
    count("ssl_sess", "TLS sessions.", zero_everywhere),
    count("ssl_reused_sess", "TLS sessions that were used again.", zero_everywhere),
    count("ssl_failed_handshake", "TLS handshakes that failed.", zero_everywhere),
    count("h2_headers_rcvd", "HTTP/2 HEADERS frames.", zero_on_proxies),
    count("h2_data_rcvd", "HTTP/2 DATA frames.", zero_on_proxies),
    count("h2_settings_rcvd", "HTTP/2 SETTINGS frames.", zero_on_proxies),
    count("h2_rst_stream_rcvd", "HTTP/2 RST_STREAM frames.", zero_on_proxies),
    count("h2_goaway_rcvd", "HTTP/2 GOAWAY frames.", zero_on_proxies),
    count("h2_detected_conn_protocol_errors", "HTTP/2 connection errors.", zero_on_proxies),
    count("h2_detected_strm_protocol_errors", "HTTP/2 stream errors.", zero_on_proxies),
    count("h2_rst_stream_resp", "HTTP/2 RST_STREAM frames sent.", zero_on_proxies),
    count("h2_goaway_resp", "HTTP/2 GOAWAY frames sent.", zero_on_proxies),
    metric("h2_open_connections", Gauge, "HTTP/2 connections now.", zero_on_proxies),
    metric("h2_backend_open_streams", Gauge, "HTTP/2 streams now.", zero_on_proxies),
    count("h2_total_connections", "HTTP/2 connections so far.", zero_on_proxies),
    count("h2_backend_total_streams", "HTTP/2 streams so far.", zero_on_proxies),
    metric("h1_open_connections", Gauge, "HTTP/1 connections now.", |s| match s {
        Frontend(f) => n64(if s.is_http() { f.counters.connections.get().into() } else { 0 }),
        Backend(_) => n64(0),
        _ => None,
    }),
    metric("h1_open_streams", Gauge, "HTTP/1 streams now.", |s| match s {
        Frontend(f) => n64(f.open_streams.into()),
        Backend(b) => n64(if s.is_http() { b.counters.streams.get().into() } else { 0 }),
        _ => None,
    }),
    count("h1_total_connections", "HTTP/1 connections so far.", |s| match s {
        Frontend(f) => n64(if s.is_http() { f.counters.total_connections.get() } else { 0 }),
        Backend(b) => n64(if s.is_http() { b.counters.connect_attempts.get() } else { 0 }),
        _ => None,
    }),
    count("h1_total_streams", "HTTP/1 streams so far.", |s| match s {
        Frontend(f) => n64(f.counters.requests.get()),
        Backend(b) => n64(if s.is_http() { b.counters.connect_attempts.get() + b.counters.reuses.get() } else { 0 }),
        _ => None,
    }),
    count("h1_bytes_in", "HTTP/1 bytes in.", |s| match s {
        Frontend(f) => n64(if s.is_http() { f.counters.bytes_in.get() } else { 0 }),
        Backend(b) => n64(if s.is_http() { b.counters.bytes_out.get() } else { 0 }),
        _ => None,
    }),
    count("h1_bytes_out", "HTTP/1 bytes out.", |s| match s {
        Frontend(f) => n64(if s.is_http() { f.counters.bytes_out.get() } else { 0 }),
        Backend(b) => n64(if s.is_http() { b.counters.bytes_in.get() } else { 0 }),
        _ => None,
    }),
    count("h1_spliced_bytes_in", "HTTP/1 bytes spliced in.", zero_on_proxies),
    count("h1_spliced_bytes_out", "HTTP/1 bytes spliced out.", zero_on_proxies),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_where_dashboards_look_for_them() {
        let at = |name: &str| FIELDS.iter().position(|f| f.name == name);
        let known = [
            ("pxname", 0),
            ("status", 17),
            ("lastchg", 23),
            ("check_status", 36),
            ("hrsp_2xx", 40),
            ("addr", 73),
            ("uweight", 99),
        ];
        for (name, column) in known {
            assert_eq!(at(name), Some(column), "{name}");
        }
        assert_eq!(FIELDS.len(), 128);
    }
}
