//! The runtime socket (manual 3.1 `stats socket`).

use crate::haproxy::keyword::{GLOBAL, KEYWORD, Keyword, Syntax};
use crate::haproxy::lower::{address, time};
use crate::haproxy::params::bind;
use crate::ir::listener::{BindOptions, Listener};
use crate::text::book::Status;
use crate::text::grammar::{Arg, Kind};

pub const ALL: &[&Keyword] = &[&SOCKET, &TIMEOUT, &MAXCONN, &BIND_PROCESS, &UNKNOWN];

const SOCKET: Keyword = Keyword {
    name: "stats socket",
    sections: GLOBAL,
    manual: "3.1",
    args: Syntax::Custom("[<address:port>|<path>] [param*]"),
    doc: "Listens for commands of operators.",
    examples: &["stats socket /run/haproxy/admin.sock mode 660 level admin expose-fd listeners"],
    lower: |l| {
        if l.arg(0).is_empty() {
            return l.error(0, "'stats socket' in the global section expects an address or a path to a UNIX socket.");
        }
        let parsed = match address::parse(&l.address(0), address::BIND) {
            Ok(p) => p,
            Err(e) => return l.error(0, format!("'stats socket' : {e}")),
        };
        let words = l.rest()[1..].to_vec();
        let what = format!("'stats socket' : '{}'", l.arg(0));
        let mut options = BindOptions::default();
        let mut name = None;
        bind::options(&words, &what, &mut options, &mut name, l);
        let (at, text) = (l.at(), l.arg(0).to_owned());
        let id = l.global().stats_sockets.len() as u32 + 1;
        let mut socket = Listener { address: parsed.address, name, id, options, text, at };
        l.global().unix_bind.apply(&mut socket);
        l.global().stats_sockets.push(socket);
    },
    ..KEYWORD
};
const TIMEOUT: Keyword = Keyword {
    name: "stats timeout",
    sections: GLOBAL,
    manual: "3.1",
    args: Syntax::Custom("<timeout>"),
    doc: "How long a silent operator stays connected: 10 s unless given.",
    lower: |l| match time::milliseconds(l.arg(0), "stats timeout") {
        Ok(d) => l.global().stats_timeout = time::nonzero(d),
        Err(e) => l.error(0, e),
    },
    ..KEYWORD
};
const MAXCONN: Keyword = Keyword {
    name: "stats maxconn",
    status: Status::Tuning,
    sections: GLOBAL,
    manual: "3.1",
    args: Syntax::Args(&[Arg::Value("connections", Kind::Int(1, i32::MAX as i64))]),
    doc: "The most operators at a time: 10 unless given.",
    lower: |l| {
        let n = l.args.int("connections").and_then(|n| u32::try_from(n).ok());
        l.global().stats_maxconn = n;
    },
    ..KEYWORD
};
const BIND_PROCESS: Keyword = Keyword {
    name: "stats bind-process",
    sections: GLOBAL,
    manual: "3.1",
    status: Status::Tuning,
    args: Syntax::Args(&[Arg::Rest("process", Kind::Word)]),
    doc: "Which processes serve the socket: there is one.",
    ..KEYWORD
};
/// What `stats` alone, or before an unknown word, is answered with.
const UNKNOWN: Keyword = Keyword {
    name: "stats",
    sections: GLOBAL,
    manual: "3.1",
    args: Syntax::Custom("socket|timeout|maxconn ..."),
    doc: "The runtime socket: see its sub-keywords.",
    lower: |l| {
        let message =
            format!("'stats' only supports 'socket', 'maxconn', 'bind-process' and 'timeout' (got '{}')", l.arg(0));
        l.error(0, message);
    },
    ..KEYWORD
};
