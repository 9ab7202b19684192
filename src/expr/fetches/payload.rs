//! Fetches that read the bytes themselves: lengths, offsets, the TLS client hello, RDP cookies (manual 7.3.5).

use crate::expr::fetch::{ArgKind, ArgSpec, FETCH, Fetch, Get, Needs, int_arg, opt, req, str_arg};
use crate::expr::scope::{Data, Direction, Scope};
use crate::expr::value::{Type, Value};
use crate::ir::expr::Arg;
use crate::wire::tls_hello::{self, Hello};

pub const ALL: &[&Fetch] = &[
    &PAYLOAD,
    &PAYLOAD_LV,
    &REQ_LEN,
    &REQ_LEN_OLD,
    &REQ_PAYLOAD,
    &REQ_PAYLOAD_LV,
    &RES_LEN,
    &RES_PAYLOAD,
    &RES_PAYLOAD_LV,
    &RDP_COOKIE,
    &RDP_COOKIE_CNT,
    &REQ_RDP_COOKIE,
    &REQ_RDP_COOKIE_CNT,
    &REQ_SSL_ALPN,
    &REQ_SSL_EC_EXT,
    &REQ_SSL_HELLO_TYPE,
    &REQ_SSL_SNI,
    &REQ_SSL_ST_EXT,
    &REQ_SSL_VER,
    &REQ_SSL_HELLO_TYPE_OLD,
    &REQ_SSL_SNI_OLD,
    &REQ_SSL_VER_OLD,
    &RES_SSL_HELLO_TYPE,
    &REP_SSL_HELLO_TYPE,
    &WAIT_END,
];

fn data<'a>(s: &Scope<'a>, d: Direction) -> Data<'a> {
    match d {
        Direction::Request => s.request_data,
        Direction::Response => s.response_data,
    }
}

const fn bytes(
    name: &'static str,
    args: &'static [ArgSpec],
    out: Type,
    needs: Needs,
    doc: &'static str,
    get: Get,
) -> Fetch {
    Fetch { name, args, out, needs, doc, get, ..FETCH }
}

const WAIT_END: Fetch = Fetch {
    name: "wait_end",
    out: Type::Bool,
    needs: Needs::RequestData,
    doc: "True once the inspection delay is over or everything has arrived.",
    get: |s, _, _| if data(s, s.direction).complete { Some(Value::Bool(true)) } else { s.unsettled() },
    ..FETCH
};

fn len<'a>(s: &Scope<'a>, d: Direction) -> Option<Value<'a>> {
    let data = data(s, d);
    if !data.complete {
        s.may_change.set(true);
    }
    let message = match d {
        Direction::Request => s.request,
        Direction::Response => s.response,
    };
    let head = message.filter(|m| !m.is_empty()).map_or(0, |m| m.counted_len() as usize);
    Some(Value::Int((head + data.bytes.len()) as i64))
}

const REQ_LEN: Fetch =
    bytes("req.len", &[], Type::Int, Needs::RequestData, "How many bytes of the request have arrived.", |s, _, _| {
        len(s, Direction::Request)
    });
const REQ_LEN_OLD: Fetch = Fetch { name: "req_len", doc: "The old spelling of req.len.", ..REQ_LEN };
const RES_LEN: Fetch =
    bytes("res.len", &[], Type::Int, Needs::ResponseData, "How many bytes of the response have arrived.", |s, _, _| {
        len(s, Direction::Response)
    });

const OFFSET_LEN: &[ArgSpec] = &[req(ArgKind::Int), req(ArgKind::Int)];
/// Length 0 is everything from the offset on.
fn payload<'a>(s: &Scope<'a>, d: Direction, a: &[Arg]) -> Option<Value<'a>> {
    let data = data(s, d);
    let offset = usize::try_from(int_arg(a, 0)?).ok()?;
    let len = usize::try_from(int_arg(a, 1)?).ok()?;
    let end = if len == 0 { data.bytes.len() } else { offset + len };
    match data.bytes.get(offset..end).filter(|b| !b.is_empty()) {
        Some(b) => {
            if len == 0 && !data.complete {
                s.may_change.set(true);
            }
            Some(Value::Bin(b.into()))
        }
        None if data.complete => None,
        None => s.unsettled(),
    }
}
const REQ_PAYLOAD: Fetch =
    bytes("req.payload", OFFSET_LEN, Type::Bin, Needs::RequestData, "Bytes of the request at an offset.", |s, a, _| {
        payload(s, Direction::Request, a)
    });
const RES_PAYLOAD: Fetch = bytes(
    "res.payload",
    OFFSET_LEN,
    Type::Bin,
    Needs::ResponseData,
    "Bytes of the response at an offset.",
    |s, a, _| payload(s, Direction::Response, a),
);
const PAYLOAD: Fetch = bytes(
    "payload",
    OFFSET_LEN,
    Type::Bin,
    Needs::Data,
    "Bytes of whichever direction the rule is about.",
    |s, a, _| payload(s, s.direction, a),
);

const OFFSET_LV: &[ArgSpec] = &[req(ArgKind::Int), req(ArgKind::Int), opt(ArgKind::Str)];
/// A length of `size` bytes at an offset, and the data it announces: right behind it, at `+n`/`-n` from there, or at `n`.
fn payload_lv<'a>(s: &Scope<'a>, d: Direction, a: &[Arg]) -> Option<Value<'a>> {
    let data = data(s, d);
    let offset = usize::try_from(int_arg(a, 0)?).ok()?;
    let size = usize::try_from(int_arg(a, 1)?).ok()?;
    let Some(field) = data.bytes.get(offset..offset + size) else {
        return if data.complete { None } else { s.unsettled() };
    };
    let len = field.iter().fold(0usize, |n, b| n.saturating_mul(256).saturating_add(usize::from(*b)));
    let behind = i64::try_from(offset + size).ok()?;
    let start = match str_arg(a, 2) {
        None => behind,
        Some(r) if r.starts_with(['+', '-']) => behind.checked_add(r.trim_start_matches('+').parse().ok()?)?,
        Some(r) => r.parse().ok()?,
    };
    let start = usize::try_from(start).ok()?;
    match data.bytes.get(start..start.checked_add(len)?).filter(|b| !b.is_empty()) {
        Some(b) => Some(Value::Bin(b.into())),
        None if data.complete => None,
        None => s.unsettled(),
    }
}
const REQ_PAYLOAD_LV: Fetch = bytes(
    "req.payload_lv",
    OFFSET_LV,
    Type::Bin,
    Needs::RequestData,
    "Bytes of the request behind a length field.",
    |s, a, _| payload_lv(s, Direction::Request, a),
);
const RES_PAYLOAD_LV: Fetch = bytes(
    "res.payload_lv",
    OFFSET_LV,
    Type::Bin,
    Needs::ResponseData,
    "Bytes of the response behind a length field.",
    |s, a, _| payload_lv(s, Direction::Response, a),
);
const PAYLOAD_LV: Fetch = bytes(
    "payload_lv",
    OFFSET_LV,
    Type::Bin,
    Needs::Data,
    "Bytes behind a length field, of whichever direction.",
    |s, a, _| payload_lv(s, s.direction, a),
);

/// The value of an RDP cookie: `Cookie: name=value\r\n` at byte 11 of a connection request (MS-RDPBCGR 2.2.1.1).
fn rdp_cookie<'a>(s: &Scope<'a>, a: &[Arg]) -> Option<&'a [u8]> {
    let data = s.request_data;
    let Some(text) = data.bytes.get(11..) else { return if data.complete { None } else { s.unsettled() } };
    let Some(end) = memchr::memmem::find(text, b"\r\n") else {
        return if data.complete { None } else { s.unsettled() };
    };
    let pair = text[..end].strip_prefix(b"Cookie: ")?;
    let equals = memchr::memchr(b'=', pair)?;
    let name = str_arg(a, 0).unwrap_or("").as_bytes();
    (name.is_empty() || pair[..equals].eq_ignore_ascii_case(name)).then(|| &pair[equals + 1..])
}
const RDP_NAME: &[ArgSpec] = &[opt(ArgKind::Str)];
const REQ_RDP_COOKIE: Fetch =
    bytes("req.rdp_cookie", RDP_NAME, Type::Str, Needs::RequestData, "The RDP cookie.", |s, a, _| {
        rdp_cookie(s, a).map(Value::str)
    });
const REQ_RDP_COOKIE_CNT: Fetch = bytes(
    "req.rdp_cookie_cnt",
    RDP_NAME,
    Type::Int,
    Needs::RequestData,
    "1 when there is an RDP cookie.",
    |s, a, _| Some(Value::Int(i64::from(rdp_cookie(s, a).is_some()))),
);
const RDP_COOKIE: Fetch = Fetch { name: "rdp_cookie", doc: "Short for req.rdp_cookie.", ..REQ_RDP_COOKIE };
const RDP_COOKIE_CNT: Fetch =
    Fetch { name: "rdp_cookie_cnt", doc: "Short for req.rdp_cookie_cnt.", ..REQ_RDP_COOKIE_CNT };

fn hello<'a>(s: &Scope<'a>) -> Option<Hello<'a>> {
    match tls_hello::parse(s.request_data.bytes) {
        tls_hello::Parsed::Client(h) => Some(h),
        tls_hello::Parsed::Other(_) => None,
        tls_hello::Parsed::Incomplete if s.request_data.complete => None,
        tls_hello::Parsed::Incomplete => s.unsettled(),
        tls_hello::Parsed::NotTls => None,
    }
}
const fn tls(name: &'static str, out: Type, doc: &'static str, get: Get) -> Fetch {
    bytes(name, &[], out, Needs::RequestData, doc, get)
}
fn hello_type<'a>(s: &Scope<'a>, d: Direction) -> Option<Value<'a>> {
    let data = data(s, d);
    match tls_hello::parse(data.bytes) {
        tls_hello::Parsed::Client(_) => Some(Value::Int(1)),
        tls_hello::Parsed::Other(n) => Some(Value::Int(i64::from(n))),
        tls_hello::Parsed::NotTls => None,
        tls_hello::Parsed::Incomplete if data.complete => None,
        tls_hello::Parsed::Incomplete => s.unsettled(),
    }
}
const REQ_SSL_HELLO_TYPE: Fetch =
    tls("req.ssl_hello_type", Type::Int, "1 when the request begins with a TLS client hello.", |s, _, _| {
        hello_type(s, Direction::Request)
    });
const REQ_SSL_HELLO_TYPE_OLD: Fetch =
    Fetch { name: "req_ssl_hello_type", doc: "The old spelling of req.ssl_hello_type.", ..REQ_SSL_HELLO_TYPE };
const RES_SSL_HELLO_TYPE: Fetch = Fetch {
    needs: Needs::ResponseData,
    ..tls("res.ssl_hello_type", Type::Int, "2 when the response begins with a TLS server hello.", |s, _, _| {
        hello_type(s, Direction::Response)
    })
};
const REP_SSL_HELLO_TYPE: Fetch =
    Fetch { name: "rep_ssl_hello_type", doc: "The old spelling of res.ssl_hello_type.", ..RES_SSL_HELLO_TYPE };
const REQ_SSL_SNI: Fetch = tls("req.ssl_sni", Type::Str, "The server name in a TLS client hello.", |s, _, _| {
    hello(s)?.server_name.map(Value::str)
});
const REQ_SSL_SNI_OLD: Fetch = Fetch { name: "req_ssl_sni", doc: "The old spelling of req.ssl_sni.", ..REQ_SSL_SNI };
const REQ_SSL_VER: Fetch =
    tls("req.ssl_ver", Type::Int, "The version in a TLS client hello: major * 65536 + minor.", |s, _, _| {
        let v = hello(s)?.version;
        Some(Value::Int(i64::from(v >> 8) << 16 | i64::from(v & 255)))
    });
const REQ_SSL_VER_OLD: Fetch = Fetch { name: "req_ssl_ver", doc: "The old spelling of req.ssl_ver.", ..REQ_SSL_VER };
const REQ_SSL_ALPN: Fetch =
    tls("req.ssl_alpn", Type::Str, "The protocols offered in a TLS client hello, comma separated.", |s, _, _| {
        let list = hello(s)?.alpn?;
        Some(Value::string(tls_hello::alpn_names(list).collect::<Vec<_>>().join(&b","[..])))
    });
const REQ_SSL_EC_EXT: Fetch =
    tls("req.ssl_ec_ext", Type::Bool, "Whether a TLS client hello offers elliptic curves.", |s, _, _| {
        Some(Value::Bool(hello(s)?.has_curves))
    });
const REQ_SSL_ST_EXT: Fetch =
    tls("req.ssl_st_ext", Type::Int, "Session ticket extension: 0 absent, 1 empty, 2 with a ticket.", |s, _, _| {
        Some(Value::Int(match hello(s)?.session_ticket {
            None => 0,
            Some([]) => 1,
            Some(_) => 2,
        }))
    });
