//! Health checks (manual 4.2 `option httpchk`, `http-check`, `tcp-check` ...).

use crate::haproxy::keyword::{BACK, KEYWORD, Keyword, Line, Syntax};
use crate::haproxy::lower::sample::{self, Place};
use crate::haproxy::lower::{address, format};
use crate::ir::check::{
    CheckAction, CheckConnect, CheckKind, CheckStatusName, CheckStep, Expect, ExpectMatch, HeaderMatch, HttpChk,
    HttpSend,
};
use crate::text::atoms;
use crate::text::book::Status;
use crate::text::diag::Diagnostic;
use crate::text::grammar::Word;

pub const ALL: &[&Keyword] = &[
    &HTTPCHK,
    &TCP_CHECK,
    &SMTPCHK,
    &REDIS,
    &MYSQL,
    &PGSQL,
    &LDAP,
    &HTTP_DISABLE_404,
    &HTTP_SEND_STATE,
    &HTTP_COMMENT,
    &HTTP_CONNECT,
    &HTTP_SEND,
    &HTTP_EXPECT,
    &HTTP_SET_VAR,
    &HTTP_UNSET_VAR,
    &TCP_COMMENT,
    &TCP_CONNECT,
    &TCP_SEND,
    &TCP_SEND_LF,
    &TCP_SEND_BINARY,
    &TCP_SEND_BINARY_LF,
    &TCP_EXPECT,
    &TCP_SET_VAR,
    &TCP_UNSET_VAR,
];

const fn option(name: &'static str, args: &'static str, doc: &'static str, lower: fn(&mut Line<'_>)) -> Keyword {
    Keyword { name, sections: BACK, args: Syntax::Custom(args), negatable: true, doc, lower, ..KEYWORD }
}

fn choose(l: &mut Line<'_>, kind: CheckKind) {
    let kind = if l.on() { kind } else { CheckKind::Connect };
    l.proxy().checks.kind = kind;
}

const HTTPCHK: Keyword = Keyword {
    examples: &["option httpchk", "option httpchk GET /health", "option httpchk HEAD / HTTP/1.1"],
    ..option(
        "option httpchk",
        "[[<method>] <uri> [<version>]]",
        "Checks with an HTTP request: OPTIONS / unless told.",
        |l| {
            choose(l, CheckKind::Http);
            let words: Vec<String> = l.rest().iter().map(|w| w.text.clone()).collect();
            let mut c = HttpChk::default();
            match words.as_slice() {
                [] => {}
                [uri] => c.uri.clone_from(uri),
                [method, uri] => (c.method, c.uri) = (method.clone(), uri.clone()),
                [method, uri, rest @ ..] => {
                    (c.method, c.uri, c.version) = (method.clone(), uri.clone(), rest.join(" "))
                }
            }
            l.proxy().checks.httpchk = c;
        },
    )
};
const TCP_CHECK: Keyword =
    option("option tcp-check", "", "Checks with the steps of tcp-check lines.", |l| choose(l, CheckKind::Tcp));
const SMTPCHK: Keyword = option("option smtpchk", "[<hello> <domain>]", "Checks that an SMTP server answers.", |l| {
    let hello = match (l.arg(0), l.arg(1)) {
        (h @ ("HELO" | "EHLO"), d) if !d.is_empty() => format!("{h} {d}"),
        _ => "HELO localhost".to_owned(),
    };
    choose(l, CheckKind::Smtp { hello });
});
const REDIS: Keyword =
    option("option redis-check", "", "Checks that a Redis server answers.", |l| choose(l, CheckKind::Redis));
const MYSQL: Keyword = option(
    "option mysql-check",
    "[user <username> [{post-41 | pre-41}]]",
    "Checks that a MySQL server answers.",
    |l| {
        let user = (l.arg(0) == "user").then(|| l.arg(1).to_owned());
        let pre_41 = l.arg(2) == "pre-41";
        if l.arg(0) == "user" && l.arg(1).is_empty() {
            return l.error_named(1, "expects a user name.");
        }
        choose(l, CheckKind::Mysql { user, pre_41 });
    },
);
const PGSQL: Keyword =
    option("option pgsql-check", "user <username>", "Checks that a PostgreSQL server answers.", |l| {
        if l.arg(0) != "user" || l.arg(1).is_empty() {
            return l.error_named(0, "expects 'user <username>' as argument.");
        }
        let user = l.arg(1).to_owned();
        choose(l, CheckKind::Pgsql { user });
    });
const LDAP: Keyword =
    option("option ldap-check", "", "Checks that an LDAP server answers.", |l| choose(l, CheckKind::Ldap));

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

fn is_http(l: &Line<'_>) -> bool {
    l.keyword.name.starts_with("http-check")
}

fn push(l: &mut Line<'_>, action: CheckAction, comment: Option<String>) {
    let (at, http) = (l.at(), is_http(l));
    let checks = &mut l.proxy().checks;
    let list = if http { &mut checks.http } else { &mut checks.tcp };
    list.push(CheckStep { action, comment, at });
}

/// Reports what went wrong in a step.
fn refuse(l: &mut Line<'_>, e: String) {
    let name = l.keyword.name;
    l.error(0, format!("error in '{name}' : {e}"));
}

const HTTP_COMMENT: Keyword = step("http-check comment", "<string>", "A name for the step behind it.", comment);
const TCP_COMMENT: Keyword = step("tcp-check comment", "<string>", "A name for the step behind it.", comment);
fn comment(l: &mut Line<'_>) {
    // The next step takes it.
    let text = l.arg(0).to_owned();
    if text.is_empty() {
        return refuse(l, "expects a string as argument".to_owned());
    }
    l.draft.check_comment = Some(text);
}

const HTTP_CONNECT: Keyword =
    step("http-check connect", CONNECT, "Opens a connection for the steps behind it.", connect);
const TCP_CONNECT: Keyword = step("tcp-check connect", CONNECT, "Opens a connection for the steps behind it.", connect);
const CONNECT: &str = "[default] [port <expr>] [addr <ip>] [send-proxy] [linger] [comment <msg>] ...";
fn connect(l: &mut Line<'_>) {
    let mut c = CheckConnect::default();
    let mut comment = l.draft.check_comment.take();
    let words = l.rest().to_vec();
    let mut rest = words.as_slice();
    while let Some((w, tail)) = rest.split_first() {
        let value = tail.first().map(|v| v.text.clone()).unwrap_or_default();
        let mut used = 2;
        match w.text.as_str() {
            "default" => (c.default, used) = (true, 1),
            "send-proxy" => (c.send_proxy, used) = (true, 1),
            "linger" => (c.linger, used) = (true, 1),
            "comment" => comment = Some(value),
            "port" => match value.parse() {
                Ok(n) => c.port = Some(n),
                Err(_) => match sample::parse(&value, w.at, l.draft) {
                    Ok(s) => c.port_sample = Some(s),
                    Err(e) => return refuse(l, e),
                },
            },
            "addr" => match address::parse(&value, address::PLAIN) {
                Ok(p) => {
                    if p.has_port {
                        c.port = Some(p.ports.0);
                    }
                    c.address = Some(p.address);
                }
                Err(e) => return refuse(l, e),
            },
            key @ ("ssl" | "sni" | "alpn" | "proto" | "via-socks4") => {
                let d = Diagnostic::error(
                    "not-implemented",
                    w.at,
                    format!("'{} {key}' is not implemented in this version of Hawser.", l.keyword.name),
                );
                l.diag.push(d);
                return;
            }
            other => return refuse(l, format!("unknown parameter '{other}'.")),
        }
        rest = &rest[used.min(rest.len())..];
    }
    push(l, CheckAction::Connect(c), comment);
}

const HTTP_SEND: Keyword = step(
    "http-check send",
    "[meth <method>] [{ uri <uri> | uri-lf <fmt> }] [ver <version>] [hdr <name> <fmt>]* [{ body <string> | body-lf <fmt> }] [comment <msg>]",
    "The request of an HTTP check.",
    |l| match http_send(l) {
        Ok((s, comment)) => push(l, CheckAction::HttpSend(s), comment),
        Err(e) => refuse(l, e),
    },
);
fn literal(text: &str) -> crate::ir::expr::Format {
    let nodes = if text.is_empty() { Vec::new() } else { vec![crate::ir::expr::FormatNode::Text(text.to_owned())] };
    crate::ir::expr::Format { nodes, text: text.to_owned() }
}
fn http_send(l: &mut Line<'_>) -> Result<(HttpSend, Option<String>), String> {
    let mut s = HttpSend::default();
    let mut comment = l.draft.check_comment.take();
    let words = l.rest().to_vec();
    let mut rest = words.as_slice();
    while let Some((w, tail)) = rest.split_first() {
        let v = tail.first().ok_or_else(|| format!("'{}' expects an argument.", w.text))?;
        let mut used = 2;
        let fmt = |l: &mut Line<'_>, v: &Word| format::parse(&v.text, v.at, Place::Check, l.draft);
        match w.text.as_str() {
            "meth" => s.method = Some(v.text.clone()),
            "uri" => s.uri = Some(literal(&v.text)),
            "uri-lf" => s.uri = Some(fmt(l, v)?),
            "ver" => s.version = Some(v.text.clone()),
            "hdr" => {
                let value = tail.get(1).ok_or("'hdr' expects <name> and <value> as arguments")?;
                let f = fmt(l, value)?;
                s.headers.push((v.text.clone(), f));
                used = 3;
            }
            "body" => s.body = Some(literal(&v.text)),
            "body-lf" => s.body = Some(fmt(l, v)?),
            "comment" => comment = Some(v.text.clone()),
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

const EXPECT: &str = "[min-recv <int>] [comment <msg>] [ok-status <st>] [error-status <st>] [tout-status <st>] [on-success <fmt>] [on-error <fmt>] [status-code <expr>] [!] <match> <pattern>";
const HTTP_EXPECT: Keyword = Keyword {
    examples: &["http-check expect status 200", "http-check expect ! string error"],
    ..step("http-check expect", EXPECT, "What the response of an HTTP check must look like.", expect)
};
const TCP_EXPECT: Keyword = step("tcp-check expect", EXPECT, "What must be received.", expect);
fn expect(l: &mut Line<'_>) {
    match parse_expect(l) {
        Ok((e, comment)) => push(l, CheckAction::Expect(e), comment),
        Err(e) => refuse(l, e),
    }
}

fn parse_expect(l: &mut Line<'_>) -> Result<(Expect, Option<String>), String> {
    let http = is_http(l);
    let mut e = Expect {
        negate: false,
        matcher: ExpectMatch::Anything,
        min_recv: None,
        ok_status: None,
        error_status: None,
        tout_status: None,
        on_success: None,
        on_error: None,
        status_code: None,
    };
    let mut comment = l.draft.check_comment.take();
    let mut found = false;
    let words = l.rest().to_vec();
    let mut rest = words.as_slice();
    while let Some((w, tail)) = rest.split_first() {
        let first = tail.first();
        let value = first.map(|v| v.text.clone()).unwrap_or_default();
        let mut used = 2;
        let at = first.map_or(w.at, |v| v.at);
        match w.text.as_str() {
            "!" => (e.negate, used) = (!e.negate, 1),
            "min-recv" => e.min_recv = atoms::integer(&value).and_then(|n| usize::try_from(n).ok()),
            "comment" => comment = Some(value),
            "ok-status" => e.ok_status = Some(status_name(&value)?),
            "error-status" => e.error_status = Some(status_name(&value)?),
            "tout-status" => e.tout_status = Some(status_name(&value)?),
            "on-success" => e.on_success = Some(format::parse(&value, at, Place::Check, l.draft)?),
            "on-error" => e.on_error = Some(format::parse(&value, at, Place::Check, l.draft)?),
            "status-code" => e.status_code = Some(sample::parse(&value, at, l.draft)?),
            "status" if http => {
                e.matcher = ExpectMatch::Status(ranges(&value)?);
                found = true;
            }
            "rstatus" if http => {
                e.matcher = ExpectMatch::StatusRegex(sample::compile(&value, false)?);
                found = true;
            }
            "string" => {
                e.matcher = ExpectMatch::String(value.into_bytes());
                found = true;
            }
            "string-lf" => {
                e.matcher = ExpectMatch::StringFormat(format::parse(&value, at, Place::Check, l.draft)?);
                found = true;
            }
            "rstring" => {
                e.matcher = ExpectMatch::Regex(sample::compile(&value, false)?);
                found = true;
            }
            "binary" if !http => {
                e.matcher = ExpectMatch::Binary(
                    crate::expr::pattern::unhex(&value).ok_or("an even number of hex digit is expected")?,
                );
                found = true;
            }
            "rbinary" if !http => {
                e.matcher = ExpectMatch::BinaryRegex(sample::compile(&value, false)?);
                found = true;
            }
            key @ ("hdr" | "fhdr") if http => {
                let (m, n) = header(tail, key == "fhdr", l)?;
                e.matcher = m;
                used = n + 1;
                found = true;
            }
            other => return Err(format!("'{other}' is not a match that is known here.")),
        }
        rest = &rest[used.min(rest.len())..];
    }
    if !found {
        return Err("expects at least a matching pattern as arguments.".to_owned());
    }
    Ok((e, comment))
}

/// `200,300-399`
fn ranges(text: &str) -> Result<Vec<(u16, u16)>, String> {
    text.split(',')
        .map(|r| {
            let (low, high) = atoms::range(r.trim()).ok_or_else(|| format!("'{r}' is not a status or range."))?;
            Ok((u16::try_from(low).unwrap_or(u16::MAX), u16::try_from(high).unwrap_or(u16::MAX)))
        })
        .collect()
}

/// `name [-m m] <n> [value [-m m] <v>]`: the match, and how many words it took.
fn header(words: &[Word], full: bool, l: &mut Line<'_>) -> Result<(ExpectMatch, usize), String> {
    let mut i = 0;
    let part = |l: &mut Line<'_>, key: &str, i: &mut usize| -> Result<Option<HeaderMatch>, String> {
        let formatted = match words.get(*i).map(|w| w.text.as_str()) {
            Some(k) if k == key => false,
            Some(k) if k.strip_suffix("-lf") == Some(key) => true,
            _ => return Ok(None),
        };
        *i += 1;
        let mut method = "str";
        if words.get(*i).is_some_and(|w| w.text == "-m") {
            method = words.get(*i + 1).map_or("str", |w| w.text.as_str());
            *i += 2;
        }
        let v = words.get(*i).ok_or_else(|| format!("'{key}' expects a value."))?;
        *i += 1;
        let fmt = if formatted { format::parse(&v.text, v.at, Place::Check, l.draft)? } else { literal(&v.text) };
        Ok(Some(match method {
            "str" => HeaderMatch::Str(fmt),
            "beg" => HeaderMatch::Beg(fmt),
            "end" => HeaderMatch::End(fmt),
            "sub" => HeaderMatch::Sub(fmt),
            "reg" => HeaderMatch::Reg(sample::compile(&v.text, false)?),
            other => return Err(format!("unsupported matching method '{other}'.")),
        }))
    };
    let name = part(l, "name", &mut i)?.ok_or("'hdr' expects 'name' first.")?;
    let value = part(l, "value", &mut i)?;
    Ok((ExpectMatch::Header { name, value, full }, i))
}

fn status_name(text: &str) -> Result<CheckStatusName, String> {
    Ok(match text.to_ascii_uppercase().as_str() {
        "L7OK" => CheckStatusName::L7Ok,
        "L7OKC" => CheckStatusName::L7OkC,
        "L6OK" => CheckStatusName::L6Ok,
        "L4OK" => CheckStatusName::L4Ok,
        "L7RSP" => CheckStatusName::L7Rsp,
        "L7STS" => CheckStatusName::L7Sts,
        "L7TOUT" => CheckStatusName::L7Tout,
        "L6RSP" => CheckStatusName::L6Rsp,
        "L6TOUT" => CheckStatusName::L6Tout,
        "L4CON" => CheckStatusName::L4Con,
        "L4TOUT" => CheckStatusName::L4Tout,
        other => return Err(format!("unsupported status '{other}'.")),
    })
}

fn set_var(l: &mut Line<'_>) {
    let keyword = l.words[1].text.clone();
    let Some(inside) = keyword.split_once('(').and_then(|(_, r)| r.strip_suffix(')')) else {
        return refuse(l, "expects a variable in parentheses".to_owned());
    };
    let action = sample::variable(inside).and_then(|var| {
        if keyword.starts_with("unset-var") {
            return Ok(CheckAction::UnsetVar(var));
        }
        let (text, at) = (l.arg(0).to_owned(), l.arg_at(0));
        if keyword.starts_with("set-var-fmt") {
            return format::parse(&text, at, Place::Check, l.draft)
                .map(|format| CheckAction::SetVarFormat { var, format });
        }
        sample::parse(&text, at, l.draft).map(|sample| CheckAction::SetVar { var, sample })
    });
    match action {
        Ok(a) => push(l, a, None),
        Err(e) => refuse(l, e),
    }
}
/// Checks have no variables yet.
const fn variable(name: &'static str, args: &'static str, doc: &'static str) -> Keyword {
    Keyword { status: Status::Missing, ..step(name, args, doc, set_var) }
}
const HTTP_SET_VAR: Keyword =
    variable("http-check set-var(*)", "<expr>", "Stores an expression in a variable of the check.");
const HTTP_UNSET_VAR: Keyword = variable("http-check unset-var(*)", "", "Forgets a variable of the check.");
const TCP_SET_VAR: Keyword =
    variable("tcp-check set-var(*)", "<expr>", "Stores an expression in a variable of the check.");
const TCP_UNSET_VAR: Keyword = variable("tcp-check unset-var(*)", "", "Forgets a variable of the check.");

const SEND: &str = "<data> [comment <msg>]";
fn send(l: &mut Line<'_>, make: fn(&mut Line<'_>, &str) -> Result<CheckAction, String>) {
    let text = l.arg(0).to_owned();
    if text.is_empty() {
        return refuse(l, "expects a string as argument.".to_owned());
    }
    let comment = match l.arg(1) {
        "comment" => Some(l.arg(2).to_owned()),
        _ => l.draft.check_comment.take(),
    };
    match make(l, &text) {
        Ok(a) => push(l, a, comment),
        Err(e) => refuse(l, e),
    }
}
const TCP_SEND: Keyword =
    step("tcp-check send", SEND, "Sends a text.", |l| send(l, |_, t| Ok(CheckAction::TcpSend(t.as_bytes().to_vec()))));
const TCP_SEND_LF: Keyword = step("tcp-check send-lf", SEND, "Sends a formatted string.", |l| {
    send(l, |l, t| {
        format::parse(t, l.arg_at(0), Place::Check, l.draft)
            .map(|format| CheckAction::TcpSendFormat { format, binary: false })
    })
});
const TCP_SEND_BINARY: Keyword = step("tcp-check send-binary", SEND, "Sends bytes written in hexadecimal.", |l| {
    send(l, |_, t| {
        crate::expr::pattern::unhex(t)
            .map(CheckAction::TcpSend)
            .ok_or_else(|| "an even number of hex digit is expected".to_owned())
    })
});
const TCP_SEND_BINARY_LF: Keyword =
    step("tcp-check send-binary-lf", SEND, "Sends a formatted string of hexadecimal.", |l| {
        send(l, |l, t| {
            format::parse(t, l.arg_at(0), Place::Check, l.draft)
                .map(|format| CheckAction::TcpSendFormat { format, binary: true })
        })
    });
