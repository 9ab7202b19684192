//! `log-forward`: takes syslog messages and sends them on (manual 3.10).

use std::net::SocketAddr;

use crate::haproxy::draft::Current;
use crate::haproxy::keyword::{KEYWORD, Keyword, LOG_FORWARD, Line, Syntax};
use crate::haproxy::keywords::proxy::logging;
use crate::haproxy::lower::address;
use crate::ir::address::Address;
use crate::ir::log::LogForward;
use crate::text::atoms::TimeUnit;
use crate::text::grammar::{Arg, Kind};

pub const ALL: &[&Keyword] = &[&BACKLOG, &BIND, &DGRAM_BIND, &LOG, &MAXCONN, &TIMEOUT_CLIENT];

fn forward<'a>(l: &'a mut Line<'_>) -> Option<&'a mut LogForward> {
    match l.draft.current {
        Current::LogForward(i) => l.draft.config.log_forwards.get_mut(i),
        _ => None,
    }
}

const fn of_forward(name: &'static str, args: Syntax, doc: &'static str, lower: fn(&mut Line<'_>)) -> Keyword {
    Keyword { name, sections: LOG_FORWARD, manual: "3.10", args, doc, lower, ..KEYWORD }
}

/// The address of a listener; anything behind it is not there yet, and says so.
fn listener(l: &mut Line<'_>) -> Option<SocketAddr> {
    if l.arg(0).is_empty() {
        l.error_named(0, "expects {<path>|[addr1]:port1[-end1]}{,[addr]:port[-end]}... as arguments.");
        return None;
    }
    if !l.arg(1).is_empty() {
        let (name, extra) = (l.keyword.name, l.arg(1).to_owned());
        l.error(1, format!("'{name}' : '{extra}' is not implemented in a log-forward in this version of Hawser."));
        return None;
    }
    match address::parse(&l.address(0), address::BIND) {
        Ok(a) => match a.address {
            Address::Inet(a) => Some(a),
            _ => {
                l.error_named(0, "expects an IPv4 or IPv6 address.");
                None
            }
        },
        Err(e) => {
            l.error_named(0, e);
            None
        }
    }
}

const BIND: Keyword = Keyword {
    examples: &["bind 127.0.0.1:1514"],
    rejects: &["bind", "bind 127.0.0.1"],
    ..of_forward("bind", Syntax::Custom("<address>"), "Where messages come in over TCP.", |l| {
        if let Some(a) = listener(l)
            && let Some(f) = forward(l)
        {
            f.streams.push(a);
        }
    })
};
const DGRAM_BIND: Keyword = Keyword {
    examples: &["dgram-bind 127.0.0.1:1514"],
    rejects: &["dgram-bind", "dgram-bind 127.0.0.1", "dgram-bind /dev/null/log"],
    ..of_forward("dgram-bind", Syntax::Custom("<address>"), "Where messages come in over UDP.", |l| {
        if let Some(a) = listener(l)
            && let Some(f) = forward(l)
        {
            f.datagrams.push(a);
        }
    })
};
const LOG: Keyword = Keyword {
    examples: &["log global", "log 127.0.0.1:514 local0", "log 127.0.0.1:514 sample 1:4 format rfc5424 local0"],
    rejects: &["log", "log 127.0.0.1:514 nonsense"],
    ..of_forward(
        "log",
        Syntax::Custom(
            "{ global | <address> [len <length>] [format <format>] [sample <ranges>:<size>] <facility> [max level [min level]] }",
        ),
        "Where messages go. Without a format they keep their own.",
        |l| {
            if l.arg(0) == "global" && l.rest().len() == 1 {
                if let Some(f) = forward(l) {
                    f.log_global = true;
                }
            } else if let Some(t) = logging::target(l)
                && let Some(f) = forward(l)
            {
                f.log.push(t);
            }
        },
    )
};
const MAXCONN: Keyword = Keyword {
    examples: &["maxconn 20"],
    rejects: &["maxconn x"],
    ..of_forward(
        "maxconn",
        Syntax::Args(&[Arg::Value("connections", Kind::Int(0, u32::MAX as i64))]),
        "Most connections at a time; 10 unless said.",
        |l| {
            let n = l.args.int("connections").and_then(|n| u32::try_from(n).ok());
            if let (Some(n), Some(f)) = (n, forward(l)) {
                f.maxconn = n;
            }
        },
    )
};
const BACKLOG: Keyword = Keyword {
    examples: &["backlog 20"],
    rejects: &["backlog x"],
    ..of_forward(
        "backlog",
        Syntax::Args(&[Arg::Value("connections", Kind::Int(0, i32::MAX as i64))]),
        "How many connections the system holds that were not taken yet.",
        |l| {
            let n = l.args.int("connections").and_then(|n| u32::try_from(n).ok());
            if let Some(f) = forward(l) {
                f.backlog = n;
            }
        },
    )
};
const TIMEOUT_CLIENT: Keyword = Keyword {
    examples: &["timeout client 30s"],
    ..of_forward(
        "timeout client",
        Syntax::Args(&[Arg::Value("timeout", Kind::Time(TimeUnit::Milliseconds))]),
        "How long a client may be silent.",
        |l| {
            let t = l.args.time("timeout");
            if let Some(f) = forward(l) {
                f.client_timeout = t;
            }
        },
    )
};
