//! `option ...` (manual 4.2).

use crate::haproxy::keyword::{BACK, FRONT, KEYWORD, Keyword, Line, PROXY, Prefix, Sections, Syntax};
use crate::ir::proxy::{ConnectionMode, Forward, LogFormat, Mode, Options, ProxyKind, RestrictNames};
use crate::text::atoms;
use crate::text::book::Status;
use crate::text::diag::{Diagnostic, Place};
use crate::text::grammar::{Arg, Kind};

/// A switch: `option x`, `no option x`, `default option x`.
const fn switch(name: &'static str, sections: Sections, doc: &'static str, lower: fn(&mut Line<'_>)) -> Keyword {
    Keyword { name, sections, args: Syntax::Args(&[]), negatable: true, doc, lower, ..KEYWORD }
}

fn set(l: &mut Line<'_>, field: fn(&mut Options) -> &mut bool) {
    let on = l.prefix == Prefix::None;
    *field(&mut l.proxy().options) = on;
}

macro_rules! switches {
    ($($const:ident $name:literal $sections:ident $field:ident $doc:literal;)*) => {
        $(const $const: Keyword = switch(concat!("option ", $name), $sections, $doc, |l| set(l, |o| &mut o.$field));)*
        pub const ALL: &[&Keyword] = &[
            $(&$const,)*
            &HTTPCLOSE, &SERVER_CLOSE, &KEEP_ALIVE, &REDISPATCH, &TCPKA, &HTTPLOG, &HTTPSLOG, &TCPLOG, &FORWARDFOR, &ORIGINALTO,
            &RESTRICT_NAMES, &IDLE_CLOSE, &USE_HTX, &HTTP_PROXY, &FORCECLOSE, &HTTP_TUNNEL, &CLITCPKA_CNT, &CLITCPKA_IDLE, &CLITCPKA_INTVL,
            &SRVTCPKA_CNT, &SRVTCPKA_IDLE, &SRVTCPKA_INTVL, &CONTSTATS, &DISABLE_H2_UPGRADE, &NO_DELAY, &SPLICE_AUTO, &SPLICE_REQUEST,
            &SPLICE_RESPONSE, &TCP_SMART_ACCEPT, &TCP_SMART_CONNECT,
        ];
    };
}

/// What is done anyway, or never, whatever the option says.
const fn tuning(name: &'static str, sections: Sections, doc: &'static str) -> Keyword {
    Keyword { status: Status::Tuning, ..switch(name, sections, doc, |_| {}) }
}
const CONTSTATS: Keyword =
    tuning("option contstats", FRONT, "Counts bytes while they flow; here they are counted at the end.");
const DISABLE_H2_UPGRADE: Keyword =
    tuning("option disable-h2-upgrade", FRONT, "Does not turn a connection into HTTP/2; none is here.");
const NO_DELAY: Keyword = tuning("option http-no-delay", PROXY, "Sends every piece at once, as is done here always.");
const SPLICE_AUTO: Keyword =
    tuning("option splice-auto", PROXY, "Splices where it is worth it, as is done here always.");
const SPLICE_REQUEST: Keyword =
    tuning("option splice-request", PROXY, "Splices requests where it is worth it, as always.");
const SPLICE_RESPONSE: Keyword =
    tuning("option splice-response", PROXY, "Splices responses where it is worth it, as always.");
const TCP_SMART_ACCEPT: Keyword = tuning("option tcp-smart-accept", FRONT, "Saves an acknowledgement when accepting.");
const TCP_SMART_CONNECT: Keyword =
    tuning("option tcp-smart-connect", BACK, "Saves an acknowledgement when connecting.");

switches! {
    ABORTONCLOSE "abortonclose" BACK abortonclose "Gives up requests in a queue whose clients went away.";
    ACCEPT_INVALID_REQUEST "accept-invalid-http-request" FRONT accept_invalid_http_request "Takes some malformed requests.";
    ACCEPT_INVALID_RESPONSE "accept-invalid-http-response" BACK accept_invalid_http_response "Takes some malformed responses.";
    ALLBACKUPS "allbackups" BACK allbackups "Uses all backup servers at a time, not the first alone.";
    CLITCPKA "clitcpka" FRONT clitcpka "Keep-alive probes on clients' connections.";
    SRVTCPKA "srvtcpka" BACK srvtcpka "Keep-alive probes on servers' connections.";
    CHECKCACHE "checkcache" BACK checkcache "Blocks responses that would store a cookie in a shared cache.";
    ADJUST_CLIENT "h1-case-adjust-bogus-client" FRONT h1_case_adjust_bogus_client "Spells headers towards clients as h1-case-adjust says.";
    ADJUST_SERVER "h1-case-adjust-bogus-server" BACK h1_case_adjust_bogus_server "Spells headers towards servers as h1-case-adjust says.";
    USE_PROXY_HEADER "http-use-proxy-header" FRONT http_use_proxy_header "Asks for a proxy's credentials where the request is one to a proxy.";
    DONTLOG_NORMAL "dontlog-normal" FRONT dontlog_normal "Logs only what went wrong.";
    DONTLOGNULL "dontlognull" FRONT dontlognull "Does not log connections without data.";
    BUFFER_REQUEST "http-buffer-request" PROXY http_buffer_request "Waits for the request's body before rules run.";
    IGNORE_PROBES "http-ignore-probes" FRONT http_ignore_probes "Neither logs nor answers connections that time out empty.";
    PRETEND_KEEPALIVE "http-pretend-keepalive" BACK http_pretend_keepalive "Does not tell servers that their connection will be closed.";
    LOG_HEALTH_CHECKS "log-health-checks" BACK log_health_checks "Logs every change of a check's result.";
    LOG_SEPARATE_ERRORS "log-separate-errors" FRONT log_separate_errors "Raises the level of lines about errors.";
    LOGASAP "logasap" FRONT logasap "Logs when the response begins.";
    NOLINGER "nolinger" PROXY nolinger "Closes connections with a reset.";
    PERSIST "persist" BACK persist "Tries a cookie's server even when it is down.";
    PREFER_LAST_SERVER "prefer-last-server" BACK prefer_last_server "Stays with the last server of a connection.";
    TRANSPARENT "transparent" BACK transparent "Connects to where the client wanted to.";
    SOCKET_STATS "socket-stats" FRONT socket_stats "Counts for each listener.";
}

fn connection(l: &mut Line<'_>, mode: ConnectionMode) {
    let on = l.prefix == Prefix::None;
    let o = &mut l.proxy().options;
    if on {
        o.connection = mode;
    } else if o.connection == mode {
        o.connection = ConnectionMode::KeepAlive;
    }
}
const HTTPCLOSE: Keyword = switch("option httpclose", PROXY, "Closes both connections after each response.", |l| {
    connection(l, ConnectionMode::Close)
});
const SERVER_CLOSE: Keyword =
    switch("option http-server-close", PROXY, "Closes the server's connection after each response.", |l| {
        connection(l, ConnectionMode::ServerClose);
    });
const KEEP_ALIVE: Keyword = switch("option http-keep-alive", PROXY, "Keeps both connections open.", |l| {
    connection(l, ConnectionMode::KeepAlive)
});

const REDISPATCH: Keyword = Keyword {
    args: Syntax::Args(&[Arg::Optional("interval", Kind::Int(-1000, 1000))]),
    ..switch("option redispatch", BACK, "Chooses another server when connecting fails.", |l| {
        let n = l.args.int("interval").map_or(-1, |n| n as i32);
        let on = l.prefix == Prefix::None;
        l.proxy().options.redispatch = on.then_some(n).filter(|n| *n != 0);
    })
};
const TCPKA: Keyword = switch("option tcpka", PROXY, "Keep-alive probes on both sides.", |l| {
    let on = l.prefix == Prefix::None;
    let o = &mut l.proxy().options;
    (o.clitcpka, o.srvtcpka) = (on, on);
});

/// A log format; in a TCP proxy the HTTP ones fall back.
fn log_as(l: &mut Line<'_>, format: LogFormat) {
    if !l.is_ignored_in_backend() {
        l.proxy().log_format = format;
    }
}
const HTTPLOG: Keyword = Keyword {
    negatable: false,
    args: Syntax::Args(&[Arg::Flag("clf")]),
    ..switch("option httplog", PROXY, "Logs HTTP requests with timers and counters.", |l| {
        let format = if l.args.has("clf") { LogFormat::Clf } else { LogFormat::Http };
        let at = l.at();
        log_as(l, format);
        let p = l.proxy();
        p.httplog_at = Some(at).filter(|_| p.kind != ProxyKind::Backend);
    })
};
const HTTPSLOG: Keyword = Keyword {
    negatable: false,
    ..switch("option httpslog", PROXY, "Logs HTTP requests with facts about TLS.", |l| log_as(l, LogFormat::Https))
};
const TCPLOG: Keyword = Keyword {
    negatable: false,
    ..switch("option tcplog", PROXY, "Logs connections with timers and counters.", |l| log_as(l, LogFormat::Tcp))
};

const EXCEPT: &[Arg] =
    &[Arg::Pair("except", "network", Kind::Network), Arg::Pair("header", "name", Kind::Word), Arg::Flag("if-none")];
fn forward(l: &Line<'_>, default: &str) -> Forward {
    Forward {
        except: l.args.network("except"),
        header: l.args.text("header").unwrap_or(default).to_owned(),
        if_none: l.args.has("if-none"),
    }
}
const FORWARDFOR: Keyword = Keyword {
    negatable: false,
    args: Syntax::Args(EXCEPT),
    examples: &["option forwardfor", "option forwardfor except 127.0.0.0/8 header X-Client if-none"],
    rejects: &["option forwardfor except nowhere"],
    ..switch("option forwardfor", PROXY, "Adds the client's address to requests sent to servers.", |l| {
        let f = forward(l, "x-forwarded-for");
        l.proxy().options.forwardfor = Some(f);
    })
};
const ORIGINALTO: Keyword = Keyword {
    negatable: false,
    args: Syntax::Args(&[Arg::Pair("except", "network", Kind::Network), Arg::Pair("header", "name", Kind::Word)]),
    ..switch("option originalto", PROXY, "Adds the address that the client connected to.", |l| {
        let f = forward(l, "x-original-to");
        l.proxy().options.originalto = Some(f);
    })
};
const RESTRICT_NAMES: Keyword = Keyword {
    args: Syntax::Args(&[Arg::Value("policy", Kind::OneOf(&["preserve", "delete", "reject"]))]),
    ..switch(
        "option http-restrict-req-hdr-names",
        PROXY,
        "What becomes of request headers with other than letters, digits and hyphens in their names.",
        |l| {
            let policy = match l.args.text("policy") {
                Some("delete") => RestrictNames::Delete,
                Some("reject") => RestrictNames::Reject,
                _ => RestrictNames::Preserve,
            };
            l.proxy().options.http_restrict_req_hdr_names = Some(policy);
        },
    )
};
const IDLE_CLOSE: Keyword = Keyword {
    status: Status::Tuning,
    ..switch(
        "option idle-close-on-response",
        FRONT,
        "Closes idle connections only behind a response during a soft stop.",
        |_| {},
    )
};

fn removed(l: &mut Line<'_>, since: &str, help: &str) {
    let message = format!("'{}' was removed from HAProxy in {since}.", l.keyword.name);
    let d = Diagnostic::warning("legacy-keyword", l.at(), message).help(help);
    l.diag.push(d);
}
const USE_HTX: Keyword = Keyword {
    status: Status::Legacy,
    ..switch("option http-use-htx", PROXY, "Once chose the inner representation of HTTP.", |l| {
        removed(l, "2.1", "remove the line")
    })
};
const HTTP_PROXY: Keyword = Keyword {
    status: Status::Legacy,
    rejects: &["option http_proxy"],
    ..switch("option http_proxy", PROXY, "Once connected to the address in an absolute URI: refused.", |l| {
        let message = "option 'http_proxy' is not supported any more since HAProxy 2.5.";
        let d = Diagnostic::error("removed-keyword", l.at(), message).placed(Place::ParsingTight);
        l.diag.push(d.help("use 'option transparent' with 'http-request set-dst' and 'http-request set-dst-port'"));
    })
};
const FORCECLOSE: Keyword = Keyword {
    status: Status::Legacy,
    ..switch("option forceclose", PROXY, "The old spelling of option httpclose.", |l| {
        removed(l, "2.0", "use 'option httpclose'");
        connection(l, ConnectionMode::Close);
    })
};
const HTTP_TUNNEL: Keyword = Keyword {
    status: Status::Legacy,
    ..switch("option http-tunnel", PROXY, "Once forwarded everything behind the first request blindly.", |l| {
        removed(l, "2.1", "remove the line: connections are kept alive");
    })
};

const fn probes(name: &'static str, sections: Sections, doc: &'static str, lower: fn(&mut Line<'_>)) -> Keyword {
    Keyword { name, sections, args: Syntax::Custom("<value>"), doc, lower, ..KEYWORD }
}
fn count(l: &mut Line<'_>) -> Option<u32> {
    let n = atoms::unsigned(l.arg(0)).and_then(|n| u32::try_from(n).ok());
    if n.is_none() {
        l.error_named(0, "expects an integer argument.");
    }
    n
}
fn seconds(l: &mut Line<'_>) -> Option<std::time::Duration> {
    match crate::haproxy::lower::time::with_unit(l.arg(0), l.keyword.name, atoms::TimeUnit::Seconds) {
        Ok(d) => Some(d),
        Err(e) => {
            l.error(0, e);
            None
        }
    }
}
const CLITCPKA_CNT: Keyword = probes("clitcpka-cnt", FRONT, "Probes before a client's connection is given up.", |l| {
    let n = count(l);
    l.proxy().options.clitcpka_cnt = n;
});
const CLITCPKA_IDLE: Keyword = probes("clitcpka-idle", FRONT, "Silence before the first probe to a client.", |l| {
    let d = seconds(l);
    l.proxy().options.clitcpka_idle = d;
});
const CLITCPKA_INTVL: Keyword = probes("clitcpka-intvl", FRONT, "Time between probes to a client.", |l| {
    let d = seconds(l);
    l.proxy().options.clitcpka_intvl = d;
});
const SRVTCPKA_CNT: Keyword = probes("srvtcpka-cnt", BACK, "Probes before a server's connection is given up.", |l| {
    let n = count(l);
    l.proxy().options.srvtcpka_cnt = n;
});
const SRVTCPKA_IDLE: Keyword = probes("srvtcpka-idle", BACK, "Silence before the first probe to a server.", |l| {
    let d = seconds(l);
    l.proxy().options.srvtcpka_idle = d;
});
const SRVTCPKA_INTVL: Keyword = probes("srvtcpka-intvl", BACK, "Time between probes to a server.", |l| {
    let d = seconds(l);
    l.proxy().options.srvtcpka_intvl = d;
});

/// Whether a format needs HTTP.
pub fn needs_http(format: &LogFormat, mode: Mode) -> bool {
    mode == Mode::Tcp && matches!(format, LogFormat::Http | LogFormat::Clf | LogFormat::Https)
}
