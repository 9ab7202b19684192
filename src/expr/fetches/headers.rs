//! Header fetches, for requests, responses, or whichever the rule is about (manual 7.3.6).

use crate::expr::fetch::{ArgKind, ArgSpec, FETCH, Fetch, Get, Needs, Which, int_arg, opt, str_arg};
use crate::expr::scope::Scope;
use crate::expr::value::{Type, Value, leading_int, parse_ip};
use crate::http::{Message, values};
use crate::ir::expr::Arg;

/// Which message a fetch is about.
#[derive(Clone, Copy)]
enum Of {
    Request,
    Response,
    Current,
}

fn message<'a>(s: &Scope<'a>, of: Of) -> Option<&'a Message> {
    match of {
        Of::Request => s.request,
        Of::Response => s.response,
        Of::Current => s.message(),
    }
}

const NAME_AND_INDEX: &[ArgSpec] = &[opt(ArgKind::Str), opt(ArgKind::Int)];
const NAME: &[ArgSpec] = &[opt(ArgKind::Str)];

/// The value of an occurrence: positive from the first, negative from the last, 0 any. Elements of comma lists count one each
/// unless `full`.
fn pick<'a>(m: &'a Message, a: &'a [Arg], full: bool, which: Which) -> Option<&'a [u8]> {
    let name = str_arg(a, 0).unwrap_or("").as_bytes();
    let occurrence = int_arg(a, 1);
    match (which, occurrence) {
        (Which::Nth(n), None | Some(0)) => values_of(m, name, full).nth(n),
        // With an explicit occurrence there is nothing to iterate over.
        (Which::Nth(n), _) if n > 0 => None,
        (_, Some(n)) if n > 0 => values_of(m, name, full).nth(usize::try_from(n - 1).ok()?),
        (_, n) => {
            let back = usize::try_from(-n.filter(|n| *n < 0).unwrap_or(-1)).ok()?;
            let count = values_of(m, name, full).count();
            values_of(m, name, full).nth(count.checked_sub(back)?)
        }
    }
}

fn values_of<'a>(m: &'a Message, name: &'a [u8], full: bool) -> Box<dyn Iterator<Item = &'a [u8]> + 'a> {
    let lines = m.headers().filter(move |(n, _)| name.is_empty() || n.eq_ignore_ascii_case(name)).map(|(_, v)| v);
    if full { Box::new(lines.map(<[u8]>::trim_ascii)) } else { Box::new(lines.flat_map(elements)) }
}

/// An empty header still has one, empty, value.
fn elements(line: &[u8]) -> Box<dyn Iterator<Item = &[u8]> + '_> {
    if memchr::memchr2(b',', b'"', line).is_none() {
        return Box::new(std::iter::once(line.trim_ascii()));
    }
    Box::new(values::elements(line))
}

fn count<'a>(s: &Scope<'a>, of: Of, a: &[Arg], full: bool) -> Option<Value<'a>> {
    let name = str_arg(a, 0).unwrap_or("").as_bytes();
    Some(Value::Int(values_of(message(s, of)?, name, full).count() as i64))
}

/// An address, with or without a port or brackets.
fn ip(text: &[u8]) -> Option<Value<'_>> {
    let text = std::str::from_utf8(text).ok()?;
    let bare = text.strip_prefix('[').and_then(|t| t.split_once(']')).map(|(ip, _)| ip);
    parse_ip(bare.unwrap_or(text))
        .or_else(|| parse_ip(text.rsplit_once(':')?.0).filter(std::net::IpAddr::is_ipv4))
        .map(Value::Ip)
}

fn names(s: &Scope<'_>, of: Of, a: &[Arg]) -> Option<Value<'static>> {
    let delimiter = str_arg(a, 0).unwrap_or(",").as_bytes();
    let mut seen: Vec<Vec<u8>> = Vec::new();
    for (n, _) in message(s, of)?.headers() {
        let lower = n.to_ascii_lowercase();
        if !seen.contains(&lower) {
            seen.push(lower);
        }
    }
    Some(Value::string(seen.join(delimiter)))
}

/// `name: value` lines and the empty line.
fn block(s: &Scope<'_>, of: Of) -> Option<Value<'static>> {
    let mut out = Vec::new();
    for (n, v) in message(s, of)?.headers() {
        out.extend(n.to_ascii_lowercase());
        out.extend_from_slice(b": ");
        out.extend_from_slice(v);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"\r\n");
    Some(Value::string(out))
}

/// Name and value each behind its length, as the SPOE variable-length integer; two empty strings end the list.
fn block_binary(s: &Scope<'_>, of: Of) -> Option<Value<'static>> {
    let mut out = Vec::new();
    for (n, v) in message(s, of)?.headers() {
        put_varint(n.len() as u64, &mut out);
        out.extend(n.to_ascii_lowercase());
        put_varint(v.len() as u64, &mut out);
        out.extend_from_slice(v);
    }
    out.extend_from_slice(&[0, 0]);
    Some(Value::Bin(out.into()))
}

/// The variable-length integer of SPOE (one byte below 240).
pub fn put_varint(mut n: u64, out: &mut Vec<u8>) {
    if n < 240 {
        out.push(n as u8);
        return;
    }
    out.push((n as u8) | 240);
    n = (n - 240) >> 4;
    while n >= 128 {
        out.push((n as u8) | 128);
        n = (n - 128) >> 7;
    }
    out.push(n as u8);
}

const fn header(
    name: &'static str,
    args: &'static [ArgSpec],
    out: Type,
    needs: Needs,
    doc: &'static str,
    get: Get,
) -> Fetch {
    // Counting and listing fetches answer once; the others can be asked for each value.
    Fetch { name, args, out, needs, doc, get, many: args.len() == 2, ..FETCH }
}

macro_rules! header_fetches {
    ($all:ident: $($of:ident $needs:ident $hdr:literal;)*) => {
        const $all: &[&Fetch] = &[$(
            &header($hdr, NAME_AND_INDEX, Type::Str, Needs::$needs, "One value of a header, elements of comma lists counted one by one; the last by default.",
                |s, a, w| pick(message(s, Of::$of)?, a, false, w).map(Value::str)),
            &header(concat!($hdr, "_cnt"), NAME, Type::Int, Needs::$needs, "How many values a header has.",
                |s, a, _| count(s, Of::$of, a, false)),
            &header(concat!($hdr, "_ip"), NAME_AND_INDEX, Type::Ip, Needs::$needs, "A header's value as an address.",
                |s, a, w| ip(pick(message(s, Of::$of)?, a, false, w)?)),
            &header(concat!($hdr, "_val"), NAME_AND_INDEX, Type::Int, Needs::$needs, "A header's value as an integer.",
                |s, a, w| pick(message(s, Of::$of)?, a, false, w).map(|v| Value::Int(leading_int(v).0))),
        )*];
    };
}

header_fetches! { BY_VALUE:
    Request Request "req.hdr";
    Response Response "res.hdr";
    Current Request "hdr";
    Response Response "shdr";
}

pub const ALL: &[&Fetch] = &[
    BY_VALUE[0],
    BY_VALUE[1],
    BY_VALUE[2],
    BY_VALUE[3],
    BY_VALUE[4],
    BY_VALUE[5],
    BY_VALUE[6],
    BY_VALUE[7],
    BY_VALUE[8],
    BY_VALUE[9],
    BY_VALUE[10],
    BY_VALUE[11],
    BY_VALUE[12],
    BY_VALUE[13],
    BY_VALUE[14],
    BY_VALUE[15],
    &REQ_FHDR,
    &REQ_FHDR_CNT,
    &RES_FHDR,
    &RES_FHDR_CNT,
    &REQ_HDR_NAMES,
    &RES_HDR_NAMES,
    &REQ_HDRS,
    &RES_HDRS,
    &REQ_HDRS_BIN,
    &RES_HDRS_BIN,
];

const REQ_FHDR: Fetch = header(
    "req.fhdr",
    NAME_AND_INDEX,
    Type::Str,
    Needs::Request,
    "A whole header line of the request; the last by default.",
    |s, a, w| pick(s.request?, a, true, w).map(Value::str),
);
const REQ_FHDR_CNT: Fetch =
    header("req.fhdr_cnt", NAME, Type::Int, Needs::Request, "How many header lines the request has.", |s, a, _| {
        count(s, Of::Request, a, true)
    });
const RES_FHDR: Fetch = header(
    "res.fhdr",
    NAME_AND_INDEX,
    Type::Str,
    Needs::Response,
    "A whole header line of the response; the last by default.",
    |s, a, w| pick(s.response?, a, true, w).map(Value::str),
);
const RES_FHDR_CNT: Fetch =
    header("res.fhdr_cnt", NAME, Type::Int, Needs::Response, "How many header lines the response has.", |s, a, _| {
        count(s, Of::Response, a, true)
    });
const REQ_HDR_NAMES: Fetch =
    header("req.hdr_names", NAME, Type::Str, Needs::Request, "The names of the request's headers.", |s, a, _| {
        names(s, Of::Request, a)
    });
const RES_HDR_NAMES: Fetch =
    header("res.hdr_names", NAME, Type::Str, Needs::Response, "The names of the response's headers.", |s, a, _| {
        names(s, Of::Response, a)
    });
const REQ_HDRS: Fetch =
    header("req.hdrs", &[], Type::Str, Needs::Request, "All headers of the request as text.", |s, _, _| {
        block(s, Of::Request)
    });
const RES_HDRS: Fetch =
    header("res.hdrs", &[], Type::Str, Needs::Response, "All headers of the response as text.", |s, _, _| {
        block(s, Of::Response)
    });
const REQ_HDRS_BIN: Fetch = header(
    "req.hdrs_bin",
    &[],
    Type::Bin,
    Needs::Request,
    "All headers of the request in a binary list.",
    |s, _, _| block_binary(s, Of::Request),
);
const RES_HDRS_BIN: Fetch = header(
    "res.hdrs_bin",
    &[],
    Type::Bin,
    Needs::Response,
    "All headers of the response in a binary list.",
    |s, _, _| block_binary(s, Of::Response),
);
