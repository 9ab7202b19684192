//! `ring`: events kept in memory, and sent on to syslog servers (manual 3.9).

use crate::haproxy::draft::Current;
use crate::haproxy::keyword::{KEYWORD, Keyword, Line, RING, Syntax};
use crate::haproxy::keywords::proxy::logging;
use crate::haproxy::lower::address;
use crate::ir::log::{Ring, RingServer};
use crate::text::atoms::TimeUnit;
use crate::text::book::Status;
use crate::text::grammar::{Arg, Kind};

pub const ALL: &[&Keyword] =
    &[&BACKING_FILE, &DESCRIPTION, &FORMAT, &MAXLEN, &SERVER, &SIZE, &TIMEOUT_CONNECT, &TIMEOUT_SERVER];

fn ring<'a>(l: &'a mut Line<'_>) -> Option<&'a mut Ring> {
    match l.draft.current {
        Current::Ring(i) => l.draft.config.rings.get_mut(i),
        _ => None,
    }
}

const fn of_ring(name: &'static str, args: &'static [Arg], doc: &'static str, lower: fn(&mut Line<'_>)) -> Keyword {
    Keyword { name, sections: RING, manual: "3.9", args: Syntax::Args(args), doc, lower, ..KEYWORD }
}

const BACKING_FILE: Keyword = Keyword {
    status: Status::Missing,
    ..of_ring("backing-file", &[Arg::Value("path", Kind::Path)], "Keeps the events in a file.", |_| {})
};
const DESCRIPTION: Keyword = Keyword {
    examples: &["description \"My local buffer\""],
    rejects: &["description"],
    ..of_ring("description", &[Arg::Value("text", Kind::Word)], "What 'show events' says of it.", |l| {
        let text = l.arg(0).to_owned();
        if let Some(r) = ring(l) {
            r.description = text;
        }
    })
};
const FORMAT: Keyword = Keyword {
    examples: &["format rfc5424"],
    rejects: &["format nonsense"],
    ..of_ring("format", &[Arg::Value("format", Kind::Word)], "The form in which events are kept.", |l| {
        match logging::transport(l.arg(0)) {
            Some(f) => {
                if let Some(r) = ring(l) {
                    r.format = f;
                }
            }
            None => {
                let what = l.arg(0).to_owned();
                l.error(0, format!("unknown format '{what}'."));
            }
        }
    })
};
const MAXLEN: Keyword = Keyword {
    examples: &["maxlen 1200"],
    rejects: &["maxlen 0"],
    ..of_ring("maxlen", &[Arg::Value("length", Kind::Int(1, 1 << 20))], "The longest event, bytes.", |l| {
        let n = l.args.int("length").and_then(|n| usize::try_from(n).ok());
        if let (Some(n), Some(r)) = (n, ring(l)) {
            r.max_len = n;
        }
    })
};
const SIZE: Keyword = Keyword {
    examples: &["size 32764"],
    ..of_ring("size", &[Arg::Value("size", Kind::Size)], "Room for all events, bytes.", |l| {
        let n = l.args.int("size").and_then(|n| usize::try_from(n).ok());
        if let (Some(n), Some(r)) = (n, ring(l)) {
            r.size = n;
        }
    })
};
const TIMEOUT_CONNECT: Keyword = Keyword {
    examples: &["timeout connect 5s"],
    ..of_ring(
        "timeout connect",
        &[Arg::Value("timeout", Kind::Time(TimeUnit::Milliseconds))],
        "How long a connection to a server may take to be made.",
        |l| {
            let t = l.args.time("timeout");
            if let Some(r) = ring(l) {
                r.connect_timeout = t;
            }
        },
    )
};
const TIMEOUT_SERVER: Keyword = Keyword {
    examples: &["timeout server 10s"],
    ..of_ring(
        "timeout server",
        &[Arg::Value("timeout", Kind::Time(TimeUnit::Milliseconds))],
        "How long a server may take nothing of what is sent to it.",
        |l| {
            let t = l.args.time("timeout");
            if let Some(r) = ring(l) {
                r.server_timeout = t;
            }
        },
    )
};
const SERVER: Keyword = Keyword {
    name: "server",
    sections: RING,
    manual: "3.9",
    args: Syntax::Custom("<name> <address>[:<port>] [log-proto { legacy | octet-count }]"),
    doc: "A syslog server that gets every event over TCP.",
    examples: &["server s1 127.0.0.1:2514", "server s1 127.0.0.1:2514 log-proto octet-count"],
    rejects: &["server s1", "server s1 127.0.0.1:514 log-proto foo", "server s1 127.0.0.1:514 ssl"],
    lower: |l| {
        if l.arg(1).is_empty() {
            return l.error(0, "'server' expects <name> and <addr>[:<port>] as arguments.");
        }
        let address = match address::parse(&l.address(1), address::SERVER) {
            Ok(a) => a.address,
            Err(e) => return l.error_named(1, e),
        };
        let counts_octets = match (l.arg(2), l.arg(3)) {
            ("", _) | ("log-proto", "legacy") => false,
            ("log-proto", "octet-count") => true,
            ("log-proto", other) => {
                let message = format!("'server' : unknown log-proto '{other}'");
                return l.error(3, message);
            }
            (other, _) => {
                let message = format!("'server' : '{other}' is not implemented in a ring in this version of Hawser.");
                return l.error(2, message);
            }
        };
        let name = l.arg(0).to_owned();
        if let Some(r) = ring(l) {
            r.servers.push(RingServer { name, address, counts_octets });
        }
    },
    ..KEYWORD
};
