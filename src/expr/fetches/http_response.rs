//! Fetches about the HTTP response's line and body (manual 7.3.6).

use crate::expr::fetch::{ArgKind, FETCH, Fetch, Needs, int_arg, req};
use crate::expr::value::{Type, Value};

pub const ALL: &[&Fetch] =
    &[&CAPTURE_RES_HDR, &CAPTURE_RES_VER, &RES_BODY, &RES_BODY_LEN, &RES_BODY_SIZE, &RES_VER, &RESP_VER, &STATUS];

const STATUS: Fetch = Fetch {
    name: "status",
    out: Type::Int,
    needs: Needs::Response,
    doc: "The response's status.",
    get: |s, _, _| {
        s.response
            .map(|r| Value::Int(i64::from(r.status())))
            .or_else(|| s.transaction.status.map(|n| Value::Int(i64::from(n))))
    },
    ..FETCH
};
const RES_VER: Fetch = Fetch {
    name: "res.ver",
    needs: Needs::Response,
    doc: "The version in the status line, such as 1.1.",
    get: |s, _, _| Some(Value::str(s.response?.version_number())),
    ..FETCH
};
const RESP_VER: Fetch = Fetch { name: "resp_ver", doc: "The old spelling of res.ver.", ..RES_VER };
const RES_BODY: Fetch = Fetch {
    name: "res.body",
    out: Type::Bin,
    needs: Needs::Response,
    doc: "The part of the response's body that has arrived.",
    get: |s, _, _| s.response.map(|_| Value::Bin(s.arrived(&s.response_data).into())),
    ..FETCH
};
const RES_BODY_LEN: Fetch = Fetch {
    name: "res.body_len",
    out: Type::Int,
    needs: Needs::Response,
    doc: "How many bytes of the response's body have arrived.",
    get: |s, _, _| s.response.map(|_| Value::Int(s.arrived(&s.response_data).len() as i64)),
    ..FETCH
};
const RES_BODY_SIZE: Fetch = Fetch {
    name: "res.body_size",
    out: Type::Int,
    needs: Needs::Response,
    doc: "The announced length of the response's body, or what has arrived.",
    get: |s, _, _| {
        s.response?;
        Some(Value::Int(s.response_data.announced.map_or(s.response_data.bytes.len() as i64, |n| n as i64)))
    },
    ..FETCH
};
const CAPTURE_RES_VER: Fetch = Fetch {
    name: "capture.res.ver",
    needs: Needs::Response,
    doc: "HTTP/1.0 or HTTP/1.1.",
    get: |s, _, _| {
        let minor = s.transaction.response_version_minor?;
        Some(Value::str(if minor == 0 { b"HTTP/1.0" } else { b"HTTP/1.1" }))
    },
    ..FETCH
};
const CAPTURE_RES_HDR: Fetch = Fetch {
    name: "capture.res.hdr",
    args: &[req(ArgKind::Int)],
    needs: Needs::Response,
    doc: "A captured response header, by its slot.",
    get: |s, a, _| s.captures.response.get(usize::try_from(int_arg(a, 0)?).ok()?)?.as_deref().map(Value::str),
    ..FETCH
};
