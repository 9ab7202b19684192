//! The steps of a check, line by line (manual 4.2 `http-check ...`, `tcp-check ...`).

use super::expect;
use crate::haproxy::keyword::{BACK, KEYWORD, Keyword, Line, Syntax};
use crate::haproxy::lower::sample::{self, Place};
use crate::haproxy::lower::{address, format};
use crate::ir::check::{CheckAction, CheckConnect, CheckKind, CheckRules, CheckStep, HttpSend};
use crate::ir::expr::Format;
use crate::text::diag::Diagnostic;
use crate::text::grammar::Word;

pub const ALL: &[&Keyword] = &[
    &HTTP_DISABLE_404,
    &HTTP_SEND_STATE,
    &HTTP_COMMENT,
    &HTTP_CONNECT,
    &HTTP_SEND,
    &HTTP_EXPECT,
    &HTTP_SET_VAR_FMT,
    &HTTP_SET_VAR,
    &HTTP_UNSET_VAR,
    &TCP_COMMENT,
    &TCP_CONNECT,
    &TCP_SEND,
    &TCP_SEND_LF,
    &TCP_SEND_BINARY,
    &TCP_SEND_BINARY_LF,
    &TCP_EXPECT,
    &TCP_SET_VAR_FMT,
    &TCP_SET_VAR,
    &TCP_UNSET_VAR,
];

const HTTP_DISABLE_404: Keyword = Keyword {
    name: "http-check disable-on-404",
    sections: BACK,
    doc: "A check answered with 404 lets a server finish and get nothing new.",
    lower: |l| l.proxy().checks.disable_on_404 = true,
    ..KEYWORD
};
const HTTP_SEND_STATE: Keyword = Keyword {
    name: "http-check send-state",
    sections: BACK,
    doc: "Checks tell servers their state in a header.",
    lower: |l| l.proxy().checks.send_state = true,
    ..KEYWORD
};

const fn step(name: &'static str, args: &'static str, doc: &'static str, lower: fn(&mut Line<'_>)) -> Keyword {
    Keyword { name, sections: BACK, args: Syntax::Custom(args), doc, lower, ..KEYWORD }
}

pub(super) fn is_http(l: &Line<'_>) -> bool {
    l.keyword.name.starts_with("http-check")
}

pub(super) fn push(l: &mut Line<'_>, action: CheckAction, comment: Option<String>) {
    let (at, http) = (l.at(), is_http(l));
    let checks = &mut l.proxy().checks;
    if http {
        checks.own_http();
        if let Some(e) = out_of_order(checks, &action) {
            return refuse(l, e);
        }
        checks.http.push(CheckStep { action, comment, at });
    } else {
        checks.own_tcp();
        checks.tcp.push(CheckStep { action, comment, at });
    }
}

/// What an HTTP check lacks before this step: each connection is for one request and what is expected of its answer.
fn out_of_order(checks: &CheckRules, action: &CheckAction) -> Option<String> {
    let is_part =
        |a: &&CheckAction| matches!(a, CheckAction::Connect(_) | CheckAction::HttpSend(_) | CheckAction::Expect(_));
    let steps = checks.http.iter().map(|s| &s.action).filter(is_part);
    let missing = match (action, steps.clone().next_back()) {
        (CheckAction::HttpSend(_), Some(CheckAction::HttpSend(_) | CheckAction::Expect(_))) => ("send", "connect"),
        (CheckAction::Expect(_), Some(CheckAction::Connect(_))) => ("expect", "send"),
        (CheckAction::Connect(_), Some(CheckAction::Connect(_) | CheckAction::HttpSend(_))) => ("connect", "expect"),
        _ => return None,
    };
    let (what, lacks) = missing;
    let n = steps.count() + 1;
    (checks.kind == CheckKind::Http)
        .then(|| format!("unable to add http-check {what} rule at step {n} (missing {lacks} rule)."))
}

/// Reports what went wrong in a step.
pub(super) fn refuse(l: &mut Line<'_>, e: String) {
    let name = l.keyword.name;
    l.error(0, format!("'{name}' : {e}."));
}

const HTTP_COMMENT: Keyword = Keyword {
    examples: &["http-check comment greeting"],
    rejects: &["http-check comment"],
    ..step("http-check comment", "<string>", "A name for the steps behind it.", comment)
};
const TCP_COMMENT: Keyword = Keyword {
    examples: &["tcp-check comment greeting"],
    rejects: &["tcp-check comment"],
    ..step("tcp-check comment", "<string>", "A name for the steps behind it.", comment)
};
fn comment(l: &mut Line<'_>) {
    let text = l.arg(0).to_owned();
    if text.is_empty() {
        return refuse(l, "expects a string as argument".to_owned());
    }
    push(l, CheckAction::Comment, Some(text));
}

const HTTP_CONNECT: Keyword = Keyword {
    examples: &["http-check connect", "http-check connect port 8080 linger comment admin"],
    rejects: &["http-check connect port 0", "http-check connect addr"],
    ..step("http-check connect", CONNECT, "Opens a connection for the steps behind it.", connect)
};
const TCP_CONNECT: Keyword = Keyword {
    examples: &["tcp-check connect", "tcp-check connect addr 127.0.0.1 port 8080 send-proxy"],
    rejects: &["tcp-check connect port 70000", "tcp-check connect somewhere"],
    ..step("tcp-check connect", CONNECT, "Opens a connection for the steps behind it.", connect)
};
const CONNECT: &str = "[default] [port <expr>] [addr <ip>] [send-proxy] [via-socks4] [linger] [comment <msg>] ...";
fn connect(l: &mut Line<'_>) {
    let parsed = match parse_connect(l) {
        Ok(Some(parsed)) => parsed,
        Ok(None) => return,
        Err(e) => return refuse(l, e),
    };
    if has_late_connect(l) {
        let why = "first step MUST also be a 'connect', optionally preceded by a 'set-var', an 'unset-var' or a 'comment', when there is a 'connect' step in the tcp-check ruleset";
        return refuse(l, why.to_owned());
    }
    push(l, CheckAction::Connect(parsed.0), parsed.1);
}

/// Something was sent or heard already on a connection that nobody wrote.
fn has_late_connect(l: &mut Line<'_>) -> bool {
    let http = is_http(l);
    let checks = &mut l.proxy().checks;
    let steps = if http { &checks.http } else { &checks.tcp };
    let inherited = if http { checks.inherited_http } else { checks.inherited_tcp };
    let first = steps.iter().map(|s| &s.action).find(|a| {
        !matches!(
            a,
            CheckAction::Comment
                | CheckAction::SetVar { .. }
                | CheckAction::SetVarFormat { .. }
                | CheckAction::UnsetVar(_)
        )
    });
    !inherited && first.is_some_and(|a| !matches!(a, CheckAction::Connect(_)))
}

type Commented<T> = (T, Option<String>);

/// `None` when it was refused already.
fn parse_connect(l: &mut Line<'_>) -> Result<Option<Commented<CheckConnect>>, String> {
    let mut c = CheckConnect::default();
    let mut comment = None;
    let words = l.rest().to_vec();
    let mut rest = words.as_slice();
    while let Some((w, tail)) = rest.split_first() {
        let value = tail.first().map(|v| v.text.clone()).unwrap_or_default();
        let mut used = 2;
        match w.text.as_str() {
            "default" => (c.default, used) = (true, 1),
            "send-proxy" => (c.send_proxy, used) = (true, 1),
            "via-socks4" => (c.via_socks4, used) = (true, 1),
            "linger" => (c.linger, used) = (true, 1),
            "comment" if value.is_empty() => return Err("'comment' expects a string as argument.".to_owned()),
            "comment" => comment = Some(value),
            "port" => port(&value, w, &mut c, l)?,
            "addr" => target(&value, &mut c)?,
            key @ ("ssl" | "sni" | "alpn" | "proto") => {
                let message = format!("'{} {key}' is not implemented in this version of Hawser.", l.keyword.name);
                l.diag.push(Diagnostic::error("not-implemented", w.at, message));
                return Ok(None);
            }
            other => {
                return Err(format!(
                    "expects 'comment', 'port', 'addr', 'send-proxy', 'ssl', 'sni', 'alpn' or 'via-socks4', 'linger', 'default' but got '{other}' as argument."
                ));
            }
        }
        rest = &rest[used.min(rest.len())..];
    }
    Ok(Some((c, comment)))
}

/// A number, or an expression that gives one.
fn port(value: &str, w: &Word, c: &mut CheckConnect, l: &mut Line<'_>) -> Result<(), String> {
    if value.is_empty() {
        return Err("'port' expects a port number or a sample expression as argument.".to_owned());
    }
    if !value.bytes().all(|b| b.is_ascii_digit()) {
        let sample = sample::parse(value, w.at, l.draft)
            .map_err(|e| format!("error detected while parsing port expression : {}", e.trim_end_matches('.')))?;
        c.port_sample = Some(sample);
        return Ok(());
    }
    let n = value.parse().ok().filter(|n| *n > 0);
    let wrong = || format!("expects a valid TCP port (from range 1 to 65535) or a sample expression, got {value}.");
    c.port = Some(n.ok_or_else(wrong)?);
    Ok(())
}

fn target(value: &str, c: &mut CheckConnect) -> Result<(), String> {
    if value.is_empty() {
        return Err("'addr' expects <ipv4|ipv6> as argument.".to_owned());
    }
    let p = address::parse(value, address::PLAIN).map_err(|e| format!("'addr' : {e}"))?;
    if matches!(p.address, crate::ir::address::Address::Name { .. }) {
        return Err(format!("'addr' : invalid address: '{value}' in '{value}'\n."));
    }
    c.address = Some(p.address);
    Ok(())
}

const HTTP_SEND: Keyword = Keyword {
    examples: &["http-check send meth GET uri /health ver HTTP/1.1 hdr Host example.org"],
    rejects: &["http-check send hdr Host", "http-check send method GET"],
    ..step(
        "http-check send",
        "[meth <method>] [{ uri <uri> | uri-lf <fmt> }] [ver <version>] [hdr <name> <fmt>]* [{ body <string> | body-lf <fmt> }] [comment <msg>]",
        "The request of an HTTP check.",
        |l| match http_send(l) {
            Ok((s, comment)) => push(l, CheckAction::HttpSend(s), comment),
            Err(e) => refuse(l, e),
        },
    )
};
fn http_send(l: &mut Line<'_>) -> Result<Commented<HttpSend>, String> {
    let mut s = HttpSend::default();
    let mut comment = None;
    let words = l.rest().to_vec();
    let mut rest = words.as_slice();
    while let Some((w, tail)) = rest.split_first() {
        let value = || tail.first().ok_or_else(|| format!("'{}' expects a string as argument.", w.text));
        let mut used = 2;
        let fmt = |l: &mut Line<'_>, v: &Word| format::parse(&v.text, v.at, Place::Check, l.draft).map_err(bare);
        match w.text.as_str() {
            "meth" => s.method = Some(value()?.text.clone()),
            "uri" => s.uri = Some(Format::of_text(&value()?.text)),
            "uri-lf" => s.uri = Some(fmt(l, value()?)?),
            "ver" => s.version = Some(value()?.text.clone()),
            "hdr" => {
                let wrong = "'hdr' expects <name> and <value> as arguments";
                let (name, value) = tail.first().zip(tail.get(1)).ok_or(wrong)?;
                if value.text.is_empty() {
                    return Err(wrong.to_owned());
                }
                let f = fmt(l, value)?;
                s.headers.push((name.text.clone(), f));
                used = 3;
            }
            "body" => s.body = Some(Format::of_text(&value()?.text)),
            "body-lf" => s.body = Some(fmt(l, value()?)?),
            "comment" => comment = Some(value()?.text.clone()),
            other => {
                return Err(format!(
                    "expects 'comment', 'meth', 'uri', 'uri-lf', 'ver', 'hdr', 'body' or 'body-lf' but got '{other}' as argument."
                ));
            }
        }
        rest = &rest[used.min(rest.len())..];
    }
    Ok((s, comment))
}

/// A message whose end is written by [`refuse`].
pub(super) fn bare(e: String) -> String {
    e.strip_suffix('.').map(str::to_owned).unwrap_or(e)
}

const HTTP_EXPECT: Keyword = Keyword {
    examples: &[
        "http-check expect status 200",
        "http-check expect ! string error",
        "http-check expect hdr name -m beg x- value 1",
    ],
    rejects: &[
        "http-check expect",
        "http-check expect status 200 string ok",
        "http-check expect ok-status L7RSP string a",
    ],
    ..step("http-check expect", expect::SYNTAX, "What the response of an HTTP check must look like.", expect::lower)
};
const TCP_EXPECT: Keyword = Keyword {
    examples: &[
        "tcp-check expect string +PONG",
        "tcp-check expect min-recv 4 !rstring ^ERR",
        "tcp-check expect binary 00ff",
    ],
    rejects: &["tcp-check expect string", "tcp-check expect binary 0", "tcp-check expect status 200"],
    ..step("tcp-check expect", expect::SYNTAX, "What must be received.", expect::lower)
};

fn set_var(l: &mut Line<'_>) {
    let keyword = l.words[1].text.clone();
    let (verb, inside) = keyword.split_once('(').unwrap_or((&keyword, ""));
    let inside = inside.strip_suffix(')').unwrap_or(inside);
    let action = sample::variable(inside).and_then(|var| {
        let (text, at) = (l.arg(0).to_owned(), l.arg_at(0));
        match verb {
            "unset-var" => Ok(CheckAction::UnsetVar(var)),
            "set-var-fmt" => {
                format::parse(&text, at, Place::Check, l.draft).map(|format| CheckAction::SetVarFormat { var, format })
            }
            _ if text.is_empty() => Err("missing fetch method".to_owned()),
            _ => {
                sample::parse(&text, at, l.draft).and_then(|sample| match sample::unavailable(&sample, Place::Check) {
                    Some(what) => Err(format!(
                        "fetch method '{keyword}' extracts information from '{what}', none of which is available here"
                    )),
                    None => Ok(CheckAction::SetVar { var, sample }),
                })
            }
        }
    });
    match action {
        Ok(a) => push(l, a, None),
        Err(e) => {
            let group = l.words[0].text.clone();
            l.error(0, format!("'{group} {keyword}' : '{verb}' : {}.", bare(e)));
        }
    }
}
const HTTP_SET_VAR: Keyword = Keyword {
    examples: &["http-check set-var(check.port) int(8080)"],
    rejects: &["http-check set-var(check.port)", "http-check set-var(nowhere.port) int(8080)"],
    ..step("http-check set-var(*)", "<expr>", "Stores an expression in a variable of the check.", set_var)
};
const HTTP_SET_VAR_FMT: Keyword = Keyword {
    examples: &["http-check set-var-fmt(check.name) \"%[be_name]/%[srv_name]\""],
    rejects: &["http-check set-var-fmt(check.name) %[nothing]"],
    ..step("http-check set-var-fmt(*)", "<fmt>", "Stores a formatted string in a variable of the check.", set_var)
};
const HTTP_UNSET_VAR: Keyword = Keyword {
    examples: &["http-check unset-var(check.port)"],
    rejects: &["http-check unset-var(port)"],
    ..step("http-check unset-var(*)", "", "Forgets a variable of the check.", set_var)
};
const TCP_SET_VAR: Keyword = Keyword {
    examples: &["tcp-check set-var(check.port) int(8080)"],
    rejects: &["tcp-check set-var(check.port) nothing"],
    ..step("tcp-check set-var(*)", "<expr>", "Stores an expression in a variable of the check.", set_var)
};
const TCP_SET_VAR_FMT: Keyword = Keyword {
    examples: &["tcp-check set-var-fmt(check.name) \"%[srv_name]\""],
    rejects: &["tcp-check set-var-fmt(check.name) %[nothing]"],
    ..step("tcp-check set-var-fmt(*)", "<fmt>", "Stores a formatted string in a variable of the check.", set_var)
};
const TCP_UNSET_VAR: Keyword = Keyword {
    examples: &["tcp-check unset-var(check.port)"],
    rejects: &["tcp-check unset-var(port)"],
    ..step("tcp-check unset-var(*)", "", "Forgets a variable of the check.", set_var)
};

const SEND: &str = "<data> [comment <msg>]";
fn send(l: &mut Line<'_>, make: fn(&mut Line<'_>, &str) -> Result<CheckAction, String>) {
    let text = l.arg(0).to_owned();
    let name = l.keyword.name.trim_start_matches("tcp-check ");
    if text.is_empty() {
        return refuse(l, format!("'string' expects a {name} as argument"));
    }
    let comment = match (l.arg(1), l.arg(2)) {
        ("", _) => None,
        ("comment", "") => return refuse(l, "'comment' expects a string as argument.".to_owned()),
        ("comment", c) => Some(c.to_owned()),
        (other, _) => {
            let e = format!("expects 'comment' but got '{other}' as argument.");
            return refuse(l, e);
        }
    };
    match make(l, &text) {
        Ok(a) => push(l, a, comment),
        Err(e) => refuse(l, bare(e)),
    }
}
fn send_format(l: &mut Line<'_>, text: &str, binary: bool) -> Result<CheckAction, String> {
    let at = l.arg_at(0);
    format::parse(text, at, Place::Check, l.draft)
        .map(|format| CheckAction::TcpSendFormat { format, binary })
        .map_err(|e| format!("'{text}' invalid log-format string ({e}).\n"))
}
const TCP_SEND: Keyword = Keyword {
    examples: &["tcp-check send PING\\r\\n", "tcp-check send QUIT comment goodbye"],
    rejects: &["tcp-check send", "tcp-check send one two"],
    ..step("tcp-check send", SEND, "Sends a text.", |l| send(l, |_, t| Ok(CheckAction::TcpSend(t.as_bytes().to_vec()))))
};
const TCP_SEND_LF: Keyword = Keyword {
    examples: &["tcp-check send-lf \"HELLO %[srv_name]\\r\\n\""],
    rejects: &["tcp-check send-lf %[nothing]"],
    ..step("tcp-check send-lf", SEND, "Sends a formatted string.", |l| send(l, |l, t| send_format(l, t, false)))
};
const TCP_SEND_BINARY: Keyword = Keyword {
    examples: &["tcp-check send-binary 00ff"],
    rejects: &["tcp-check send-binary 0", "tcp-check send-binary zz"],
    ..step("tcp-check send-binary", SEND, "Sends bytes written in hexadecimal.", |l| {
        send(l, |_, t| match crate::expr::pattern::unhex(t) {
            Some(bytes) => Ok(CheckAction::TcpSend(bytes)),
            None => Err(format!("'{t}' invalid binary string ({}).\n", not_hex(t))),
        })
    })
};
const TCP_SEND_BINARY_LF: Keyword = Keyword {
    examples: &["tcp-check send-binary-lf 00%[str(ff)]"],
    rejects: &["tcp-check send-binary-lf %[nothing]"],
    ..step("tcp-check send-binary-lf", SEND, "Sends a formatted string of hexadecimal.", |l| {
        send(l, |l, t| send_format(l, t, true))
    })
};

/// Why a text is no hexadecimal.
pub(super) fn not_hex(text: &str) -> String {
    match text.chars().find(|c| !c.is_ascii_hexdigit()) {
        Some(c) if text.len().is_multiple_of(2) => format!("an hex digit is expected (found '{c}')"),
        _ => "an even number of hex digit is expected".to_owned(),
    }
}
