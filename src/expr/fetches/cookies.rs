//! Cookie fetches, for requests, responses, or whichever the rule is about (manual 7.3.6).

use crate::expr::fetch::{ArgKind, ArgSpec, FETCH, Fetch, Get, Needs, Which, opt, str_arg};
use crate::expr::scope::{Direction, Scope};
use crate::expr::value::{Type, Value, leading_int};
use crate::http::{Message, cookie};
use crate::ir::expr::Arg;

use Direction::{Request, Response};

pub const ALL: &[&Fetch] = &[
    &REQ_COOK,
    &REQ_COOK_CNT,
    &REQ_COOK_VAL,
    &RES_COOK,
    &RES_COOK_CNT,
    &RES_COOK_VAL,
    &COOK,
    &COOK_CNT,
    &COOK_VAL,
    &SCOOK,
    &SCOOK_CNT,
    &SCOOK_VAL,
    &COOKIE,
];

/// Every value of a cookie of that name; an empty name is any cookie.
fn found<'a>(m: &'a Message, direction: Direction, name: &'a [u8]) -> Vec<&'a [u8]> {
    let wanted = |p: &cookie::Pair<'a>| name.is_empty() || p.name == name;
    match direction {
        Request => m.all(b"cookie").flat_map(cookie::pairs).filter(wanted).map(|p| p.value).collect(),
        Response => m.all(b"set-cookie").map(cookie::set_cookie).filter(wanted).map(|p| p.value).collect(),
    }
}

fn all<'a>(s: &Scope<'a>, direction: Direction, a: &'a [Arg]) -> Option<Vec<&'a [u8]>> {
    let m = match direction {
        Request => s.request?,
        Response => s.response?,
    };
    Some(found(m, direction, str_arg(a, 0).unwrap_or("").as_bytes()))
}

/// The last occurrence, unless one is asked for; of any cookie the first.
fn value<'a>(s: &Scope<'a>, direction: Direction, a: &'a [Arg], which: Which) -> Option<&'a [u8]> {
    let all = all(s, direction, a)?;
    match which {
        Which::Default if str_arg(a, 0).is_none_or(str::is_empty) => all.first().copied(),
        Which::Default => all.last().copied(),
        Which::Nth(n) => all.get(n).copied(),
    }
}

const fn cook(name: &'static str, out: Type, needs: Needs, many: bool, doc: &'static str, get: Get) -> Fetch {
    const NAME: &[ArgSpec] = &[opt(ArgKind::Str)];
    Fetch { name, args: NAME, out, needs, many, doc, get, ..FETCH }
}

const REQ_COOK: Fetch =
    cook("req.cook", Type::Str, Needs::Request, true, "A cookie of the request; the last of its name.", |s, a, w| {
        value(s, Request, a, w).map(Value::str)
    });
const REQ_COOK_CNT: Fetch =
    cook("req.cook_cnt", Type::Int, Needs::Request, false, "How often the request has a cookie.", |s, a, _| {
        all(s, Request, a).map(|l| Value::Int(l.len() as i64))
    });
const REQ_COOK_VAL: Fetch =
    cook("req.cook_val", Type::Int, Needs::Request, true, "A cookie of the request as an integer.", |s, a, w| {
        value(s, Request, a, w).map(|v| Value::Int(leading_int(v).0))
    });
const RES_COOK: Fetch =
    cook("res.cook", Type::Str, Needs::Response, true, "A cookie that the response sets.", |s, a, w| {
        value(s, Response, a, w).map(Value::str)
    });
const RES_COOK_CNT: Fetch =
    cook("res.cook_cnt", Type::Int, Needs::Response, false, "How often the response sets a cookie.", |s, a, _| {
        all(s, Response, a).map(|l| Value::Int(l.len() as i64))
    });
const RES_COOK_VAL: Fetch = cook(
    "res.cook_val",
    Type::Int,
    Needs::Response,
    true,
    "A cookie that the response sets, as an integer.",
    |s, a, w| value(s, Response, a, w).map(|v| Value::Int(leading_int(v).0)),
);
const COOK: Fetch =
    cook("cook", Type::Str, Needs::Request, true, "Short for req.cook; in response rules, res.cook.", |s, a, w| {
        value(s, s.direction, a, w).map(Value::str)
    });
const COOK_CNT: Fetch = cook("cook_cnt", Type::Int, Needs::Request, false, "Short for req.cook_cnt.", |s, a, _| {
    all(s, s.direction, a).map(|l| Value::Int(l.len() as i64))
});
const COOK_VAL: Fetch = cook("cook_val", Type::Int, Needs::Request, true, "Short for req.cook_val.", |s, a, w| {
    value(s, s.direction, a, w).map(|v| Value::Int(leading_int(v).0))
});
const SCOOK: Fetch = Fetch { name: "scook", doc: "The old spelling of res.cook.", ..RES_COOK };
const SCOOK_CNT: Fetch = Fetch { name: "scook_cnt", doc: "The old spelling of res.cook_cnt.", ..RES_COOK_CNT };
const SCOOK_VAL: Fetch = Fetch { name: "scook_val", doc: "The old spelling of res.cook_val.", ..RES_COOK_VAL };
const COOKIE: Fetch = Fetch { name: "cookie", doc: "The old spelling of cook.", ..COOK };
