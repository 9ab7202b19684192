//! Fetches that need no traffic: constants, the clock, chance, the environment, variables (manual 7.3.2).

use std::fmt::Write as _;

use crate::expr::fetch::{ArgKind, FETCH, Fetch, int_arg, opt, req, str_arg};
use crate::expr::scope::Gauge;
use crate::expr::value::{Type, Value, parse_ip};
use crate::ir::expr::Arg;

pub const ALL: &[&Fetch] = &[
    &ALWAYS_FALSE,
    &ALWAYS_TRUE,
    &BIN,
    &BOOL,
    &DATE,
    &DATE_US,
    &ENV,
    &HOSTNAME,
    &INT,
    &IPV4,
    &IPV6,
    &METH,
    &NBPROC,
    &PROC,
    &RAND,
    &STOPPING,
    &STR,
    &THREAD,
    &UUID,
    &VAR,
];

const ALWAYS_FALSE: Fetch = Fetch {
    name: "always_false",
    out: Type::Bool,
    doc: "False, always.",
    get: |_, _, _| Some(Value::Bool(false)),
    ..FETCH
};

const ALWAYS_TRUE: Fetch = Fetch {
    name: "always_true",
    out: Type::Bool,
    doc: "True, always.",
    get: |_, _, _| Some(Value::Bool(true)),
    ..FETCH
};

const BIN: Fetch = Fetch {
    name: "bin",
    args: &[req(ArgKind::Str)],
    out: Type::Bin,
    doc: "A binary constant, written in hexadecimal.",
    get: |_, a, _| crate::expr::pattern::unhex(str_arg(a, 0)?).map(|b| Value::Bin(b.into())),
    ..FETCH
};

const BOOL: Fetch = Fetch {
    name: "bool",
    args: &[req(ArgKind::Str)],
    out: Type::Bool,
    doc: "A boolean constant: true, yes, 1, or false, no, 0.",
    get: |_, a, _| match str_arg(a, 0)?.to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" => Some(Value::Bool(true)),
        "false" | "no" | "0" => Some(Value::Bool(false)),
        _ => None,
    },
    ..FETCH
};

const DATE: Fetch = Fetch {
    name: "date",
    args: &[opt(ArgKind::Int), opt(ArgKind::Str)],
    out: Type::Int,
    doc: "The time since the epoch plus an offset in seconds; the unit is s, ms or us.",
    get: |s, a, _| {
        let offset = int_arg(a, 0).unwrap_or(0);
        let now = s.clock.unix;
        Some(Value::Int(match str_arg(a, 1).unwrap_or("s") {
            "us" => now.as_micros() as i64 + offset * 1_000_000,
            "ms" => now.as_millis() as i64 + offset * 1_000,
            _ => now.as_secs() as i64 + offset,
        }))
    },
    ..FETCH
};

const DATE_US: Fetch = Fetch {
    name: "date_us",
    out: Type::Int,
    doc: "The microseconds of the current second.",
    get: |s, _, _| Some(Value::Int(i64::from(s.clock.unix.subsec_micros()))),
    ..FETCH
};

const ENV: Fetch = Fetch {
    name: "env",
    args: &[req(ArgKind::Str)],
    doc: "An environment variable of the process.",
    get: |s, a, _| s.live.environment(str_arg(a, 0)?).map(Value::string),
    ..FETCH
};

const HOSTNAME: Fetch = Fetch {
    name: "hostname",
    doc: "The machine's name.",
    get: |s, _, _| Some(Value::str(s.live.hostname().as_bytes())),
    ..FETCH
};

const INT: Fetch = Fetch {
    name: "int",
    args: &[req(ArgKind::Int)],
    out: Type::Int,
    doc: "An integer constant.",
    get: |_, a, _| int_arg(a, 0).map(Value::Int),
    ..FETCH
};

const IPV4: Fetch = Fetch {
    name: "ipv4",
    args: &[req(ArgKind::Str)],
    out: Type::Ipv4,
    doc: "An IPv4 address constant.",
    get: |_, a, _| parse_ip(str_arg(a, 0)?).filter(|ip| ip.is_ipv4()).map(Value::Ip),
    ..FETCH
};

const IPV6: Fetch = Fetch {
    name: "ipv6",
    args: &[req(ArgKind::Str)],
    out: Type::Ipv6,
    doc: "An IPv6 address constant.",
    get: |_, a, _| parse_ip(str_arg(a, 0)?).filter(|ip| ip.is_ipv6()).map(Value::Ip),
    ..FETCH
};

const METH: Fetch = Fetch {
    name: "meth",
    args: &[req(ArgKind::Str)],
    out: Type::Meth,
    doc: "An HTTP method constant.",
    get: |_, a, _| Some(Value::Meth(str_arg(a, 0)?.as_bytes().into())),
    ..FETCH
};

const NBPROC: Fetch = Fetch {
    name: "nbproc",
    out: Type::Int,
    doc: "The number of processes: 1.",
    get: |_, _, _| Some(Value::Int(1)),
    ..FETCH
};

const PROC: Fetch = Fetch {
    name: "proc",
    out: Type::Int,
    doc: "The number of the process: 1.",
    get: |_, _, _| Some(Value::Int(1)),
    ..FETCH
};

const RAND: Fetch = Fetch {
    name: "rand",
    args: &[opt(ArgKind::Int)],
    out: Type::Int,
    doc: "A random number below the range, by default of 32 bits.",
    get: |s, a, _| {
        let r = s.live.random() >> 32;
        Some(Value::Int(match int_arg(a, 0) {
            Some(range) if range > 0 => ((u128::from(r) * range as u128) >> 32) as i64,
            _ => r as i64,
        }))
    },
    ..FETCH
};

const STOPPING: Fetch = Fetch {
    name: "stopping",
    out: Type::Bool,
    doc: "Whether the process is stopping softly.",
    get: |s, _, _| s.live.gauge(Gauge::Stopping).map(|n| Value::Bool(n != 0)),
    ..FETCH
};

const STR: Fetch = Fetch {
    name: "str",
    args: &[req(ArgKind::Str)],
    doc: "A string constant.",
    get: |_, a, _| Some(Value::str(str_arg(a, 0)?.as_bytes())),
    ..FETCH
};

const THREAD: Fetch = Fetch {
    name: "thread",
    out: Type::Int,
    doc: "The number of the thread, from 0.",
    get: |s, _, _| Some(Value::Int(i64::from(s.live.thread().saturating_sub(1)))),
    ..FETCH
};

const UUID: Fetch = Fetch {
    name: "uuid",
    args: &[opt(ArgKind::Int)],
    doc: "A random UUID of version 4 (RFC 9562).",
    get: |s, _, _| Some(Value::string(uuid4(s.live.random(), s.live.random()))),
    ..FETCH
};

/// RFC 9562 section 5.4.
fn uuid4(high: u64, low: u64) -> String {
    let n = (u128::from(high) << 64) | u128::from(low);
    let n = (n & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{n:032x}");
    let mut out = String::with_capacity(36);
    for (i, part) in [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].iter().enumerate() {
        let _ = write!(out, "{}{part}", if i == 0 { "" } else { "-" });
    }
    out
}

const VAR: Fetch = Fetch {
    name: "var",
    args: &[req(ArgKind::Var), opt(ArgKind::Str)],
    out: Type::Any,
    doc: "A variable, or the default given for an unset one.",
    get: |s, a, _| {
        let Some(Arg::Var(name)) = a.first() else { return None };
        s.vars.get(name).or_else(|| str_arg(a, 1).map(|d| Value::str(d.as_bytes())))
    },
    ..FETCH
};

#[cfg(test)]
mod tests {
    #[test]
    fn a_uuid_carries_its_version_and_variant() {
        let u = super::uuid4(u64::MAX, u64::MAX);
        assert_eq!(u, "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }
}
