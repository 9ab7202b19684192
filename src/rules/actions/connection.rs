//! Actions that change what is taken for the connection's addresses (manual 4.2 `http-request set-src` ...).

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::expr::eval_as;
use crate::expr::value::{Type, Value};
use crate::ir::action::ActionArg;
use crate::rules::Verdict;
use crate::rules::action::{ACTION, ActionItem, HTTP_REQUEST, Sets, Spec, TCP};
use crate::rules::stage::Stage;

pub const ALL: &[&ActionItem] = &[&SET_DST, &SET_DST_PORT, &SET_SRC, &SET_SRC_PORT];

const SETS: Sets = TCP.or(HTTP_REQUEST);
const EXPR: &[Spec] = &[Spec::Sample("expr")];

const SET_SRC: ActionItem = ActionItem {
    name: "set-src",
    sets: SETS,
    args: EXPR,
    doc: "Replaces the client's address by an expression's.",
    run: |s, a| {
        if let Some(ip) = address(s, a) {
            let address = with_ip(s.connection.source, ip);
            s.connection.set_source(s.level, address);
        }
        Verdict::Continue
    },
    ..ACTION
};
const SET_SRC_PORT: ActionItem = ActionItem {
    name: "set-src-port",
    sets: SETS,
    args: EXPR,
    doc: "Replaces the client's port by an expression's.",
    run: |s, a| {
        if let Some(port) = port(s, a) {
            let address = with_port(s.connection.source, port);
            s.connection.set_source(s.level, address);
        }
        Verdict::Continue
    },
    ..ACTION
};
const SET_DST: ActionItem = ActionItem {
    name: "set-dst",
    sets: SETS,
    args: EXPR,
    doc: "Replaces the destination address by an expression's.",
    run: |s, a| {
        if let Some(ip) = address(s, a) {
            let address = with_ip(s.connection.destination, ip);
            s.connection.set_destination(s.level, address);
        }
        Verdict::Continue
    },
    ..ACTION
};
const SET_DST_PORT: ActionItem = ActionItem {
    name: "set-dst-port",
    sets: SETS,
    args: EXPR,
    doc: "Replaces the destination port by an expression's.",
    run: |s, a| {
        if let Some(port) = port(s, a) {
            let address = with_port(s.connection.destination, port);
            s.connection.set_destination(s.level, address);
        }
        Verdict::Continue
    },
    ..ACTION
};

fn value<'a>(s: &Stage<'a>, a: &'a [ActionArg], to: Type) -> Option<Value<'static>> {
    let Some(ActionArg::Sample(e)) = a.first() else { return None };
    eval_as(e, &s.scope(), to).map(Value::into_owned)
}

fn address<'a>(s: &Stage<'a>, a: &'a [ActionArg]) -> Option<IpAddr> {
    value(s, a, Type::Ip)?.as_ip()
}

fn port<'a>(s: &Stage<'a>, a: &'a [ActionArg]) -> Option<u16> {
    value(s, a, Type::Int)?.as_int().map(|n| n as u16)
}

/// A connection without addresses (a unix socket) begins with port 0.
fn with_ip(old: Option<SocketAddr>, ip: IpAddr) -> SocketAddr {
    SocketAddr::new(ip, old.map_or(0, |a| a.port()))
}

fn with_port(old: Option<SocketAddr>, port: u16) -> SocketAddr {
    SocketAddr::new(old.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |a| a.ip()), port)
}
