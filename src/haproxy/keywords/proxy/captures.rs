//! What is kept for log lines (manual 4.2 `capture`, `declare capture`).

use crate::haproxy::keyword::{FRONT, FRONTEND, KEYWORD, Keyword, LISTEN, Line, Syntax};
use crate::ir::proxy::{CaptureCookie, CaptureHeader, DeclaredCapture};
use crate::text::grammar::{Arg, Kind};

pub const ALL: &[&Keyword] = &[&COOKIE, &REQUEST_HEADER, &RESPONSE_HEADER, &DECLARE];

const NAME_LEN: &[Arg] = &[Arg::Value("name", Kind::Word), Arg::Pair("len", "length", Kind::Word)];

/// A length is read as the original reads it: what is no number keeps nothing.
fn name_len(l: &Line<'_>) -> Option<(String, usize)> {
    let len = crate::expr::value::leading_int(l.args.text("len")?.as_bytes()).0;
    Some((l.args.text("name")?.to_owned(), usize::try_from(len).unwrap_or(0)))
}

const COOKIE: Keyword = Keyword {
    name: "capture cookie",
    sections: FRONTEND.or(LISTEN),
    args: Syntax::Args(NAME_LEN),
    doc: "Keeps a cookie of requests and responses for log lines.",
    lower: |l| {
        let Some((name, len)) = name_len(l) else {
            return l.error(1, "'capture cookie' expects 'cookie' <cookie_name> 'len' <len>.");
        };
        let exact = name.ends_with('=');
        let name = name.trim_end_matches('=').to_owned();
        l.proxy().cookie_captured = Some(CaptureCookie { name, exact, len });
    },
    ..KEYWORD
};
const REQUEST_HEADER: Keyword = Keyword {
    name: "capture request header",
    sections: FRONTEND.or(LISTEN),
    args: Syntax::Args(NAME_LEN),
    doc: "Keeps a request header for log lines.",
    lower: |l| {
        let Some((name, len)) = name_len(l) else {
            return l.error(1, "'capture request' expects 'header' <header_name> 'len' <len>.");
        };
        l.proxy().request_headers_captured.push(CaptureHeader { name, len });
    },
    ..KEYWORD
};
const RESPONSE_HEADER: Keyword = Keyword {
    name: "capture response header",
    sections: FRONTEND.or(LISTEN),
    args: Syntax::Args(NAME_LEN),
    doc: "Keeps a response header for log lines.",
    lower: |l| {
        let Some((name, len)) = name_len(l) else {
            return l.error(1, "'capture response' expects 'header' <header_name> 'len' <len>.");
        };
        l.proxy().response_headers_captured.push(CaptureHeader { name, len });
    },
    ..KEYWORD
};
const DECLARE: Keyword = Keyword {
    name: "declare capture",
    sections: FRONT,
    args: Syntax::Args(&[
        Arg::Value("direction", Kind::OneOf(&["request", "response"])),
        Arg::Pair("len", "length", Kind::Int(1, 65535)),
    ]),
    doc: "Keeps room for what a capture rule finds.",
    lower: |l| {
        let response = l.args.text("direction") == Some("response");
        let Some(len) = l.args.int("len").and_then(|n| usize::try_from(n).ok()) else {
            return l.error(1, "'declare capture' : expects 'len' and a length.");
        };
        l.proxy().declared_captures.push(DeclaredCapture { response, len });
    },
    ..KEYWORD
};
