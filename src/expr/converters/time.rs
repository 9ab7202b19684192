//! Dates from seconds since the epoch (manual 7.3.1 `http_date`, `ltime`, `utime`).

use std::fmt::Write as _;

use chrono::{DateTime, Utc};

use crate::expr::converter::{CONVERTER, Converter};
use crate::expr::fetch::{ArgKind, ArgSpec, int_arg, opt, req, str_arg};
use crate::expr::value::{Type, Value};
use crate::ir::expr::Arg;

pub const ALL: &[&Converter] = &[&HTTP_DATE, &LTIME, &UTIME];

fn date(v: &Value<'_>, offset: i64, unit: &str) -> Option<DateTime<Utc>> {
    let n = v.as_int()?;
    match unit {
        "us" => DateTime::from_timestamp_micros(n.saturating_add(offset.saturating_mul(1_000_000))),
        "ms" => DateTime::from_timestamp_millis(n.saturating_add(offset.saturating_mul(1000))),
        _ => DateTime::from_timestamp(n.saturating_add(offset), 0),
    }
}

const HTTP_DATE: Converter = Converter {
    name: "http_date",
    doc: "An HTTP date (RFC 9110 section 5.6.7), with an offset in seconds; the input is s, ms or us.",
    args: &[opt(ArgKind::Int), opt(ArgKind::Str)],
    input: Type::Int,
    run: |_, v, a| {
        let d = date(&v, int_arg(a, 0).unwrap_or(0), str_arg(a, 1).unwrap_or("s"))?;
        Some(Value::string(d.format("%a, %d %b %Y %H:%M:%S GMT").to_string()))
    },
    ..CONVERTER
};

const FORMAT: &[ArgSpec] = &[req(ArgKind::Str), opt(ArgKind::Int)];

/// strftime(3). A directive that chrono does not know gives nothing.
fn show(v: &Value<'_>, a: &[Arg], shift: i64) -> Option<Value<'static>> {
    let d = date(v, int_arg(a, 1).unwrap_or(0).saturating_add(shift), "s")?;
    let mut out = String::new();
    write!(out, "{}", d.format(str_arg(a, 0)?)).ok()?;
    Some(Value::string(out))
}

const UTIME: Converter = Converter {
    name: "utime",
    doc: "A date in UTC, formatted as strftime does.",
    args: FORMAT,
    input: Type::Int,
    run: |_, v, a| show(&v, a, 0),
    ..CONVERTER
};
const LTIME: Converter = Converter {
    name: "ltime",
    doc: "A date in local time, formatted as strftime does.",
    args: FORMAT,
    input: Type::Int,
    run: |s, v, a| show(&v, a, i64::from(s.clock.utc_offset)),
    ..CONVERTER
};
