//! Fetches about the HTTP request's line, body and credentials (manual 7.3.6).

use std::borrow::Cow;

use base64::Engine as _;

use crate::balance::hash;
use crate::expr::fetch::{ArgKind, ArgSpec, FETCH, Fetch, Get, Needs, Which, int_arg, opt, req, str_arg};
use crate::expr::scope::Scope;
use crate::expr::userlist;
use crate::expr::value::{Type, Value, leading_int, parse_ip};
use crate::http::uri;
use crate::ir::expr::Arg;

pub const ALL: &[&Fetch] = &[
    &BASE,
    &BASE32,
    &BASE32_SRC,
    &BASEQ,
    &CAPTURE_REQ_HDR,
    &CAPTURE_REQ_METHOD,
    &CAPTURE_REQ_URI,
    &CAPTURE_REQ_VER,
    &HTTP_AUTH,
    &HTTP_AUTH_BEARER,
    &HTTP_AUTH_GROUP,
    &HTTP_AUTH_PASS,
    &HTTP_AUTH_TYPE,
    &HTTP_AUTH_USER,
    &HTTP_FIRST_REQ,
    &METHOD,
    &PATH,
    &PATHQ,
    &QUERY,
    &REQ_BODY,
    &REQ_BODY_LEN,
    &REQ_BODY_PARAM,
    &REQ_BODY_SIZE,
    &REQ_PROTO_HTTP,
    &REQ_PROTO_HTTP_OLD,
    &REQ_VER,
    &REQ_VER_OLD,
    &URL,
    &URL32,
    &URL32_SRC,
    &URL_IP,
    &URL_PARAM,
    &URL_PORT,
    &URLP,
    &URLP_VAL,
];

const fn request(name: &'static str, out: Type, doc: &'static str, get: Get) -> Fetch {
    Fetch { name, out, doc, get, needs: Needs::Request, ..FETCH }
}

fn nonempty<'a>(text: &'a [u8]) -> Option<Value<'a>> {
    (!text.is_empty()).then(|| Value::str(text))
}

const METHOD: Fetch = Fetch {
    name: "method",
    out: Type::Meth,
    needs: Needs::Transaction,
    doc: "The request's method.",
    get: |s, _, _| {
        let m = s.request.map(|r| r.method()).filter(|m| !m.is_empty()).unwrap_or(&s.transaction.method);
        (!m.is_empty()).then(|| Value::Meth(m.into()))
    },
    ..FETCH
};
const PATH: Fetch =
    request("path", Type::Str, "The path of the URI, from its first slash to the question mark.", |s, _, _| {
        nonempty(s.request?.path())
    });
const PATHQ: Fetch =
    request("pathq", Type::Str, "The path with its query.", |s, _, _| nonempty(s.request?.path_and_query()));
const QUERY: Fetch = request("query", Type::Str, "What follows the question mark.", |s, _, _| {
    let r = s.request?;
    memchr::memchr(b'?', r.path_and_query()).map(|_| Value::str(r.query()))
});
const URL: Fetch =
    request("url", Type::Str, "The URI as it is in the request line.", |s, _, _| nonempty(s.request?.uri()));
const URL_IP: Fetch = request("url_ip", Type::Ip, "The address in an absolute URI.", |s, _, _| {
    let (host, _) = uri::host_and_port(uri::authority(s.request?.uri()));
    let text = std::str::from_utf8(host).ok()?.trim_matches(['[', ']']);
    parse_ip(text).map(Value::Ip)
});
const URL_PORT: Fetch = request("url_port", Type::Int, "The port in an absolute URI, by default 80.", |s, _, _| {
    let authority = uri::authority(s.request?.uri());
    if authority.is_empty() {
        return None;
    }
    Some(Value::Int(uri::host_and_port(authority).1.map_or(80, |p| leading_int(p).0)))
});

/// `Host` and path, for `base` and its hashes. Without a `Host` there is only the path.
fn base<'a>(s: &Scope<'a>, with_query: bool) -> Option<Cow<'a, [u8]>> {
    let r = s.request?;
    let path = if with_query { r.path_and_query() } else { r.path() };
    let host = r.get(b"host").unwrap_or_default();
    match (host, path) {
        (b"", b"") => None,
        (b"", p) => Some(p.into()),
        (h, p) => Some([h, p].concat().into()),
    }
}

const BASE: Fetch =
    request("base", Type::Str, "The Host header followed by the path.", |s, _, _| base(s, false).map(Value::Str));
const BASEQ: Fetch =
    request("baseq", Type::Str, "The Host header followed by path and query.", |s, _, _| base(s, true).map(Value::Str));
const BASE32: Fetch = request("base32", Type::Int, "A 32-bit hash of base.", |s, _, _| {
    base(s, false).map(|b| Value::Int(i64::from(hash::avalanche(hash::sdbm(&b)))))
});
const BASE32_SRC: Fetch = request("base32+src", Type::Bin, "base32 followed by the client's address.", |s, _, _| {
    let h = hash::avalanche(hash::sdbm(&base(s, false)?));
    with_source(s, h)
});
const URL32: Fetch =
    request("url32", Type::Int, "A 32-bit hash of Host and URI.", |s, _, _| url32(s).map(|h| Value::Int(i64::from(h))));
const URL32_SRC: Fetch =
    request("url32+src", Type::Bin, "url32 followed by the client's address.", |s, _, _| with_source(s, url32(s)?));

fn url32(s: &Scope<'_>) -> Option<u32> {
    base(s, true).map(|b| hash::avalanche(hash::sdbm(&b)))
}

fn with_source<'a>(s: &Scope<'_>, h: u32) -> Option<Value<'a>> {
    let mut out = h.to_be_bytes().to_vec();
    out.extend_from_slice(&Value::Ip(s.connection.source?.ip().to_canonical()).into_binary());
    Some(Value::Bin(out.into()))
}

/// The n-th parameter of that name in the query, or any parameter for an empty name.
fn url_param<'a>(s: &Scope<'a>, a: &'a [Arg], which: Which) -> Option<&'a [u8]> {
    let target = s.request?.path_and_query();
    let delimiter = str_arg(a, 1).and_then(|d| d.bytes().next()).unwrap_or(b'?');
    let at = memchr::memchr(delimiter, target)?;
    let name = str_arg(a, 0).unwrap_or("").as_bytes();
    let n = if let Which::Nth(n) = which { n } else { 0 };
    let separators: &[u8] = if delimiter == b'?' { b"&;" } else { b"&;?" };
    parameters(&target[at + 1..], separators, name).nth(n)
}

fn parameters<'a>(query: &'a [u8], separators: &'a [u8], name: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    query.split(move |b| separators.contains(b)).filter_map(move |p| {
        let equals = memchr::memchr(b'=', p)?;
        (name.is_empty() || p[..equals] == *name).then(|| &p[equals + 1..])
    })
}

const URL_PARAM_ARGS: &[ArgSpec] = &[opt(ArgKind::Str), opt(ArgKind::Str)];
const URL_PARAM: Fetch = Fetch {
    args: URL_PARAM_ARGS,
    many: true,
    ..request("url_param", Type::Str, "A parameter of the query.", |s, a, w| url_param(s, a, w).map(Value::str))
};
const URLP: Fetch = Fetch {
    args: URL_PARAM_ARGS,
    many: true,
    ..request("urlp", Type::Str, "Short for url_param.", |s, a, w| url_param(s, a, w).map(Value::str))
};
const URLP_VAL: Fetch = Fetch {
    args: URL_PARAM_ARGS,
    many: true,
    ..request("urlp_val", Type::Int, "A parameter of the query as an integer.", |s, a, w| {
        url_param(s, a, w).map(|v| Value::Int(leading_int(v).0))
    })
};

fn version<'a>(s: &Scope<'a>) -> Option<Value<'a>> {
    nonempty(s.request?.version_number())
}
const REQ_VER: Fetch =
    request("req.ver", Type::Str, "The version in the request line, such as 1.1.", |s, _, _| version(s));
const REQ_VER_OLD: Fetch = request("req_ver", Type::Str, "The old spelling of req.ver.", |s, _, _| version(s));

const REQ_PROTO_HTTP: Fetch =
    request("req.proto_http", Type::Bool, "Whether the request is complete and looks like HTTP.", |s, _, _| {
        proto_http(s)
    });
const REQ_PROTO_HTTP_OLD: Fetch =
    request("req_proto_http", Type::Bool, "The old spelling of req.proto_http.", |s, _, _| proto_http(s));
fn proto_http<'a>(s: &Scope<'_>) -> Option<Value<'a>> {
    s.request
        .map(|_| Value::Bool(true))
        .or_else(|| if s.request_data.complete { Some(Value::Bool(false)) } else { s.unsettled() })
}
const HTTP_FIRST_REQ: Fetch = Fetch {
    needs: Needs::Transaction, // responses may ask as well
    ..request("http_first_req", Type::Bool, "Whether this is the connection's first request.", |s, _, _| {
        Some(Value::Bool(s.transaction.first_request))
    })
};

const CAPTURE_REQ_METHOD: Fetch = Fetch {
    name: "capture.req.method",
    needs: Needs::Transaction,
    doc: "The method as the client sent it.",
    get: |s, _, _| nonempty(&s.transaction.method),
    ..FETCH
};
const CAPTURE_REQ_URI: Fetch = Fetch {
    name: "capture.req.uri",
    needs: Needs::Transaction,
    doc: "The path and query as the client sent them.",
    get: |s, _, _| nonempty(uri::path_and_query(&s.transaction.uri)),
    ..FETCH
};
const CAPTURE_REQ_VER: Fetch = Fetch {
    name: "capture.req.ver",
    needs: Needs::Transaction,
    doc: "HTTP/1.0 or HTTP/1.1.",
    get: |s, _, _| {
        (!s.transaction.method.is_empty())
            .then(|| Value::str(if s.transaction.version_minor == 0 { b"HTTP/1.0" } else { b"HTTP/1.1" }))
    },
    ..FETCH
};
const CAPTURE_REQ_HDR: Fetch = Fetch {
    name: "capture.req.hdr",
    args: &[req(ArgKind::Int)],
    needs: Needs::Transaction,
    doc: "A captured request header, by its slot.",
    get: |s, a, _| s.captures.request.get(usize::try_from(int_arg(a, 0)?).ok()?)?.as_deref().map(Value::str),
    ..FETCH
};

fn body<'a>(s: &Scope<'a>) -> Option<&'a [u8]> {
    s.request?;
    Some(s.arrived(&s.request_data))
}
const REQ_BODY: Fetch =
    request("req.body", Type::Bin, "The part of the request's body that has arrived.", |s, _, _| {
        body(s).map(|b| Value::Bin(b.into()))
    });
const REQ_BODY_LEN: Fetch =
    request("req.body_len", Type::Int, "How many bytes of the body have arrived.", |s, _, _| {
        body(s).map(|b| Value::Int(b.len() as i64))
    });
const REQ_BODY_SIZE: Fetch =
    request("req.body_size", Type::Int, "The announced length of the body, or what has arrived.", |s, _, _| {
        let arrived = body(s)?.len() as i64;
        Some(Value::Int(s.request_data.announced.map_or(arrived, |n| n as i64)))
    });
const REQ_BODY_PARAM: Fetch = Fetch {
    args: &[opt(ArgKind::Str)],
    many: true,
    ..request("req.body_param", Type::Bin, "A parameter of a form in the body.", |s, a, w| {
        let n = if let Which::Nth(n) = w { n } else { 0 };
        let name = str_arg(a, 0).unwrap_or("").as_bytes();
        let value = body(s)?.split(|b| *b == b'&').filter_map(|p| {
            let equals = memchr::memchr(b'=', p)?;
            (name.is_empty() || p[..equals] == *name).then(|| &p[equals + 1..])
        });
        value.into_iter().nth(n).map(|v| Value::Bin(v.into()))
    })
};

/// Scheme and credentials of `Authorization`, or of `Proxy-Authorization` (RFC 9110 section 11.7.1).
fn authorization<'a>(s: &Scope<'a>) -> Option<(&'a [u8], &'a [u8])> {
    let r = s.request?;
    let name: &[u8] = if s.is_to_proxy() { b"proxy-authorization" } else { b"authorization" };
    split_scheme(r.get(name)?)
}

fn split_scheme(value: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr(b' ', value)?;
    Some((&value[..at], value[at + 1..].trim_ascii_start()))
}

fn basic(s: &Scope<'_>) -> Option<(Vec<u8>, Vec<u8>)> {
    let (scheme, data) = authorization(s)?;
    if !scheme.eq_ignore_ascii_case(b"basic") {
        return None;
    }
    let plain = base64::engine::general_purpose::STANDARD.decode(data).ok()?;
    let at = memchr::memchr(b':', &plain)?;
    Some((plain[..at].to_vec(), plain[at + 1..].to_vec()))
}

const HTTP_AUTH: Fetch = Fetch {
    args: &[req(ArgKind::Userlist)],
    ..request("http_auth", Type::Bool, "Whether the credentials are of a user of the list.", |s, a, _| {
        let (user, password) = basic(s)?;
        let list = list(s, a)?;
        Some(Value::Bool(userlist::check(list, &user, &password)))
    })
};
const HTTP_AUTH_GROUP: Fetch = Fetch {
    args: &[req(ArgKind::Userlist)],
    many: true,
    ..request("http_auth_group", Type::Str, "The groups of the user whose credentials are valid.", |s, a, w| {
        let (user, password) = basic(s)?;
        let list = list(s, a)?;
        if !userlist::check(list, &user, &password) {
            return None;
        }
        let n = if let Which::Nth(n) = w { n } else { 0 };
        userlist::groups(list, &user).get(n).map(|g| Value::str(g.as_bytes()))
    })
};
fn list<'a>(s: &Scope<'a>, a: &[Arg]) -> Option<&'a crate::ir::config::Userlist> {
    match a.first()? {
        Arg::Userlist(n) => s.config.userlists.get(n.target?),
        _ => None,
    }
}
const HTTP_AUTH_TYPE: Fetch = request("http_auth_type", Type::Str, "The scheme of the credentials.", |s, _, _| {
    authorization(s).map(|a| Value::str(a.0))
});
const HTTP_AUTH_USER: Fetch =
    request("http_auth_user", Type::Str, "The user's name in basic credentials.", |s, _, _| {
        basic(s).map(|a| Value::string(a.0))
    });
const HTTP_AUTH_PASS: Fetch = request("http_auth_pass", Type::Str, "The password in basic credentials.", |s, _, _| {
    basic(s).map(|a| Value::string(a.1))
});
const HTTP_AUTH_BEARER: Fetch = Fetch {
    args: &[opt(ArgKind::Str)],
    ..request("http_auth_bearer", Type::Str, "The token of bearer credentials.", |s, a, _| match str_arg(a, 0) {
        Some(name) => split_scheme(s.request?.get(name.as_bytes())?).filter(is_bearer).map(|a| Value::str(a.1)),
        None => authorization(s).filter(is_bearer).map(|a| Value::str(a.1)),
    })
};
fn is_bearer(a: &(&[u8], &[u8])) -> bool {
    a.0.eq_ignore_ascii_case(b"bearer")
}
