//! Timeouts (manual 4.2 `timeout ...`).

use std::time::Duration;

use crate::haproxy::keyword::{BACK, FRONT, KEYWORD, Keyword, Line, PROXY, Sections, Syntax};
use crate::haproxy::lower::time;
use crate::ir::proxy::Timeouts;
use crate::text::book::Status;
use crate::text::diag::Diagnostic;

pub const ALL: &[&Keyword] = &[
    &CLIENT,
    &SERVER,
    &CONNECT,
    &CHECK,
    &QUEUE,
    &KEEP_ALIVE,
    &HTTP_REQUEST,
    &TUNNEL,
    &TARPIT,
    &CLIENT_FIN,
    &SERVER_FIN,
    &CLITIMEOUT,
    &CONTIMEOUT,
    &SRVTIMEOUT,
];

const fn timeout(name: &'static str, sections: Sections, doc: &'static str, lower: fn(&mut Line<'_>)) -> Keyword {
    Keyword { name, sections, args: Syntax::Custom("<timeout>"), doc, lower, ..KEYWORD }
}

fn set(l: &mut Line<'_>, field: fn(&mut Timeouts) -> &mut Option<Duration>) {
    let keyword = l.keyword.name;
    match time::milliseconds(l.arg(0), keyword) {
        Ok(d) => {
            if let Some(extra) = l.rest().get(1).map(|w| w.text.clone()) {
                let value = l.arg(0).to_owned();
                return l.error(1, format!("'{keyword}' : unexpected extra argument '{extra}' after value '{value}'."));
            }
            *field(&mut l.proxy().timeouts) = time::nonzero(d);
        }
        Err(e) => l.error(0, e),
    }
}

const CLIENT: Keyword = Keyword {
    examples: &["timeout client 50000ms", "timeout client 30s"],
    rejects: &["timeout client", "timeout client 5x"],
    ..timeout("timeout client", FRONT, "How long a client may be silent.", |l| set(l, |t| &mut t.client))
};
const SERVER: Keyword =
    timeout("timeout server", BACK, "How long a server may be silent.", |l| set(l, |t| &mut t.server));
const CONNECT: Keyword =
    timeout("timeout connect", BACK, "How long connecting to a server may take.", |l| set(l, |t| &mut t.connect));
const CHECK: Keyword =
    timeout("timeout check", BACK, "How long a check may wait for its answer.", |l| set(l, |t| &mut t.check));
const QUEUE: Keyword =
    timeout("timeout queue", BACK, "How long a request may wait for a slot.", |l| set(l, |t| &mut t.queue));
const KEEP_ALIVE: Keyword = timeout("timeout http-keep-alive", PROXY, "How long to wait for the next request.", |l| {
    set(l, |t| &mut t.http_keep_alive)
});
const HTTP_REQUEST: Keyword =
    timeout("timeout http-request", PROXY, "How long a request's head may take.", |l| set(l, |t| &mut t.http_request));
const TUNNEL: Keyword =
    timeout("timeout tunnel", BACK, "How long a tunnel may be silent on both sides.", |l| set(l, |t| &mut t.tunnel));
const TARPIT: Keyword =
    timeout("timeout tarpit", PROXY, "How long a tarpitted client is held.", |l| set(l, |t| &mut t.tarpit));
const CLIENT_FIN: Keyword = timeout("timeout client-fin", FRONT, "How long a half-closed client may be silent.", |l| {
    set(l, |t| &mut t.client_fin)
});
const SERVER_FIN: Keyword = timeout("timeout server-fin", BACK, "How long a half-closed server may be silent.", |l| {
    set(l, |t| &mut t.server_fin)
});

fn legacy(l: &mut Line<'_>, new: &str, field: fn(&mut Timeouts) -> &mut Option<Duration>) {
    let d =
        Diagnostic::warning("legacy-keyword", l.at(), format!("'{}' was removed from HAProxy in 2.1.", l.keyword.name))
            .help(format!("use '{new} {}'", l.arg(0)));
    l.diag.push(d);
    set(l, field);
}
const CLITIMEOUT: Keyword = Keyword {
    status: Status::Legacy,
    ..timeout("clitimeout", FRONT, "The old spelling of timeout client.", |l| {
        legacy(l, "timeout client", |t| &mut t.client)
    })
};
const CONTIMEOUT: Keyword = Keyword {
    status: Status::Legacy,
    ..timeout("contimeout", BACK, "The old spelling of timeout connect.", |l| {
        legacy(l, "timeout connect", |t| &mut t.connect)
    })
};
const SRVTIMEOUT: Keyword = Keyword {
    status: Status::Legacy,
    ..timeout("srvtimeout", BACK, "The old spelling of timeout server.", |l| {
        legacy(l, "timeout server", |t| &mut t.server)
    })
};
