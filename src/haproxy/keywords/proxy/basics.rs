//! What every proxy has: mode, addresses, limits, names (manual 4.2).

use crate::haproxy::Outside;
use crate::haproxy::draft::Current;
use crate::haproxy::keyword::{BACK, BACKEND, FRONT, FRONTEND, KEYWORD, Keyword, LISTEN, Line, PROXY, Syntax};
use crate::haproxy::lower::{address, condition};
use crate::haproxy::params::bind;
use crate::ir::Named;
use crate::ir::address::Address;
use crate::ir::listener::{BindOptions, Listener};
use crate::ir::proxy::{BackendName, HttpReuse, Mode, Proxy, RetryOn, StateFile, UseBackend};
use crate::text::book::Status;
use crate::text::diag::{Diagnostic, Diagnostics};
use crate::text::grammar::{Arg, Kind, Word};

pub const ALL: &[&Keyword] = &[
    &BIND,
    &MODE,
    &DESCRIPTION,
    &DISABLED,
    &ENABLED,
    &ID,
    &MAXCONN,
    &BACKLOG,
    &FULLCONN,
    &RATE_LIMIT,
    &DEFAULT_BACKEND,
    &USE_BACKEND,
    &MONITOR_URI,
    &MONITOR_FAIL,
    &RETRIES,
    &RETRY_ON,
    &HTTP_REUSE,
    &LOAD_SERVER_STATE,
    &SERVER_STATE_FILE_NAME,
    &HTTP_SEND_NAME_HEADER,
    &BIND_PROCESS,
    &MAX_KEEP_ALIVE_QUEUE,
    &MAX_SESSION_SRV_CONNS,
];

const BIND: Keyword = Keyword {
    name: "bind",
    sections: FRONTEND.or(LISTEN),
    args: Syntax::Custom("[<address>]:<port_range> [, ...] [param*]"),
    doc: "Listens on addresses.",
    examples: &[
        "bind *:80",
        "bind 10.0.0.1:10080,10.0.0.1:10443",
        "bind :::8080 v4v6",
        "bind unix@/run/x.sock mode 600",
    ],
    rejects: &["bind", "bind 127.0.0.1:99999", "bind :80 nonsense"],
    lower: listen,
    ..KEYWORD
};

fn listen(l: &mut Line<'_>) {
    if l.arg(0).is_empty() {
        return l.error(0, "'bind' expects {<path>|[addr1]:port1[-end1]}{,[addr]:port[-end]}... as arguments.");
    }
    let list = l.address(0);
    let words = l.rest()[1..].to_vec();
    let what = format!("'bind {list}' in section '{}'", l.draft.section);
    let mut options = BindOptions::default();
    let mut name = None;
    let given = bind::options(&words, &what, &mut options, &mut name, l);
    let at = l.at();
    let like = Listener { address: Address::Fd(-1), name, id: given.unwrap_or(0), options, text: String::new(), at };
    let outside = l.outside;
    for e in spread(&list, &like, Some(outside), l.proxy()) {
        l.error(0, format!("'bind' : {e}"));
    }
}

/// One listener for each address and port of a list. What could not be read is given back.
fn spread(list: &str, like: &Listener, outside: Option<&dyn Outside>, p: &mut Proxy) -> Vec<String> {
    let mut bad = Vec::new();
    for one in list.split(',') {
        let parsed = address::parse(one, address::BIND).and_then(|mut p| {
            if let Some(outside) = outside {
                p.address = address::settle(p.address, one, outside)?;
            }
            Ok(p)
        });
        match parsed {
            Ok(parsed) => {
                for port in parsed.ports.0..=parsed.ports.1 {
                    let mut address = parsed.address.clone();
                    address.set_port(port);
                    let id = if like.id == 0 { p.listeners.len() as u32 + 1 } else { like.id };
                    p.listeners.push(Listener { address, id, text: one.to_owned(), ..like.clone() });
                }
            }
            Err(e) => bad.push(e),
        }
    }
    bad
}

/// The address that a `listen` or `frontend` line took until 1.5.
pub fn inline_bind(word: &Word, p: &mut Proxy, diag: &mut Diagnostics) {
    let like = Listener {
        address: Address::Fd(-1),
        name: None,
        id: 0,
        options: BindOptions::default(),
        text: String::new(),
        at: word.at,
    };
    // A name is looked up when the address is taken: the machine is out of reach here.
    for e in spread(&word.text, &like, None, p) {
        diag.push(Diagnostic::error("bad-argument", word.at, format!("'bind' : {e}")));
    }
}

const MODE: Keyword = Keyword {
    name: "mode",
    sections: PROXY,
    args: Syntax::Custom("{ tcp | http }"),
    doc: "Whether connections carry HTTP or anything.",
    examples: &["mode http", "mode tcp"],
    rejects: &["mode htpt"],
    lower: |l| match l.arg(0) {
        "http" => l.proxy().mode = Mode::Http,
        "tcp" => l.proxy().mode = Mode::Tcp,
        "health" => {
            l.error(0, "'mode health' doesn't exist anymore. Please use 'http-request return status 200' instead.")
        }
        other => {
            let message = format!("unknown proxy mode '{other}'.");
            l.error(0, message);
        }
    },
    ..KEYWORD
};
const DESCRIPTION: Keyword = Keyword {
    name: "description",
    sections: FRONTEND.or(LISTEN).or(BACKEND),
    args: Syntax::Args(&[Arg::Rest("text", Kind::Word)]),
    doc: "A text about the proxy, for the stats page.",
    lower: |l| {
        let text = l.rest().iter().map(|w| w.text.as_str()).collect::<Vec<_>>().join(" ");
        l.proxy().description = Some(text);
    },
    ..KEYWORD
};
const DISABLED: Keyword = Keyword {
    name: "disabled",
    sections: PROXY,
    doc: "The proxy is not started.",
    lower: |l| l.proxy().disabled = true,
    ..KEYWORD
};
const ENABLED: Keyword = Keyword {
    name: "enabled",
    sections: PROXY,
    doc: "The proxy is started, whatever defaults say.",
    lower: |l| l.proxy().disabled = false,
    ..KEYWORD
};
const ID: Keyword = Keyword {
    name: "id",
    sections: FRONTEND.or(LISTEN).or(BACKEND),
    args: Syntax::Args(&[Arg::Value("number", Kind::Int(1, i32::MAX as i64))]),
    doc: "The proxy's number.",
    lower: |l| {
        let n = l.args.int("number").and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
        let clash = l.draft.config.proxies.iter().find(|p| p.id == n).map(|p| p.name.clone());
        if let Some(other) = clash {
            return l.error(0, format!("custom id {n} for proxy '{}' is already used by '{other}'.", l.draft.section));
        }
        l.proxy().id = n;
    },
    ..KEYWORD
};

/// The number that a word begins with, as the original reads it.
fn lenient(l: &mut Line<'_>) -> Option<u32> {
    if l.arg(0).is_empty() {
        l.error_named(0, "expects an integer argument.");
        return None;
    }
    let (n, used) = crate::expr::value::leading_int(l.arg(0).as_bytes());
    if used != l.arg(0).len() && l.outside.wants_diag() {
        let message = format!("'{}' takes '{}' as {n}.", l.keyword.name, l.arg(0));
        l.diag.push(Diagnostic::new("lenient-number", crate::text::diag::Severity::Diag, message).at(l.arg_at(0)));
    }
    u32::try_from(n).ok()
}
const MAXCONN: Keyword = Keyword {
    name: "maxconn",
    sections: FRONT,
    args: Syntax::Custom("<conns>"),
    doc: "The most concurrent connections of the frontend.",
    lower: |l| {
        if let Some(n) = lenient(l) {
            l.proxy().maxconn = (n > 0).then_some(n);
        }
    },
    ..KEYWORD
};
const BACKLOG: Keyword = Keyword {
    name: "backlog",
    sections: FRONT,
    args: Syntax::Custom("<conns>"),
    doc: "How many connections the system queues.",
    lower: |l| {
        if let Some(n) = lenient(l) {
            l.proxy().backlog = (n > 0).then_some(n);
        }
    },
    ..KEYWORD
};
const FULLCONN: Keyword = Keyword {
    name: "fullconn",
    sections: BACK,
    args: Syntax::Custom("<conns>"),
    doc: "The backend's load at which servers reach their maxconn.",
    lower: |l| {
        if let Some(n) = lenient(l) {
            l.proxy().fullconn = (n > 0).then_some(n);
        }
    },
    ..KEYWORD
};
const RATE_LIMIT: Keyword = Keyword {
    name: "rate-limit sessions",
    sections: FRONT,
    args: Syntax::Args(&[Arg::Value("rate", Kind::Int(0, i32::MAX as i64))]),
    doc: "The most new sessions a second.",
    lower: |l| {
        let n = l.args.int("rate").and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0);
        l.proxy().rate_limit_sessions = n;
    },
    ..KEYWORD
};
const DEFAULT_BACKEND: Keyword = Keyword {
    name: "default_backend",
    sections: FRONT,
    args: Syntax::Custom("<backend>"),
    doc: "The backend that no rule chose another for.",
    examples: &["default_backend webservers"],
    lower: |l| {
        if l.arg(0).is_empty() {
            return l.error(0, "'default_backend' expects a backend name.");
        }
        if l.no_more_than(1) {
            let named = Named::new(l.arg(0), l.arg_at(0));
            l.proxy().default_backend = Some(named);
        }
    },
    ..KEYWORD
};
const USE_BACKEND: Keyword = Keyword {
    name: "use_backend",
    sections: FRONTEND.or(LISTEN),
    args: Syntax::Custom("<backend> [{if | unless} <condition>]"),
    doc: "Chooses a backend, by name or by a formatted string.",
    examples: &["use_backend static if { path_beg /img }", "use_backend %[req.hdr(host),lower]"],
    rejects: &["use_backend", "use_backend b if undeclared"],
    lower: |l| {
        use crate::haproxy::lower::{format, sample::Place};
        if l.arg(0).is_empty() {
            return l.error(0, "'use_backend' expects a backend name.");
        }
        let words = l.rest().to_vec();
        let target = if words[0].text.contains('%') {
            match format::parse(&words[0].text, words[0].at, Place::Request, l.draft) {
                Ok(f) => match f.literal() {
                    Some(t) => BackendName::Static(Named::new(t, words[0].at)),
                    None => BackendName::Dynamic(f),
                },
                Err(e) => return l.error(0, format!("error detected while parsing switching rule : {e}")),
            }
        } else {
            BackendName::Static(Named::new(words[0].text.as_str(), words[0].at))
        };
        if let Some(other) = words.get(1).filter(|w| !matches!(w.text.as_str(), "if" | "unless")) {
            let message = format!(
                "unexpected keyword '{}' after switching rule, only 'if' and 'unless' are allowed.",
                other.text
            );
            return l.error(1, message);
        }
        match condition::trailing_condition(&words[1..], l.draft, l.diag) {
            Ok(condition) => {
                let at = l.at();
                l.draft.seen.has_switching = true;
                l.proxy().switching.push(UseBackend { target, condition, at });
            }
            Err(e) => l.error(1, format!("error detected while parsing switching rule : {e}")),
        }
    },
    ..KEYWORD
};
const MONITOR_URI: Keyword = Keyword {
    name: "monitor-uri",
    sections: FRONT,
    args: Syntax::Args(&[Arg::Value("uri", Kind::Word)]),
    doc: "A URI that is answered here, for monitors.",
    lower: |l| {
        let uri = l.args.text("uri").map(str::to_owned);
        l.proxy().monitor_uri = uri;
    },
    ..KEYWORD
};
const MONITOR_FAIL: Keyword = Keyword {
    name: "monitor fail",
    sections: FRONTEND.or(LISTEN),
    args: Syntax::Custom("{ if | unless } <condition>"),
    doc: "When monitors are answered with a failure.",
    lower: |l| {
        super::rules::warn_order(l, "monitor fail");
        let words = l.rest().to_vec();
        match condition::trailing_condition(&words, l.draft, l.diag) {
            Ok(Some(c)) => l.proxy().monitor_fail.push(c),
            Ok(None) => l.error(0, "'monitor fail' requires either 'if' or 'unless' followed by a condition."),
            Err(e) => l.error(0, format!("error detected while parsing a 'monitor fail' condition : {e}")),
        }
    },
    ..KEYWORD
};
const RETRIES: Keyword = Keyword {
    name: "retries",
    sections: BACK,
    args: Syntax::Custom("<value>"),
    doc: "How often a failed connection is tried again.",
    lower: |l| {
        if l.arg(0).is_empty() {
            return l.error(0, "'retries' expects an integer argument (dispatch counts for one).");
        }
        if let Some(n) = lenient(l) {
            l.proxy().retries = n;
        }
    },
    ..KEYWORD
};
const RETRY_ON: Keyword = Keyword {
    name: "retry-on",
    sections: BACK,
    args: Syntax::Args(&[Arg::Rest("keyword", Kind::Word)]),
    doc: "On which failures a request is sent again.",
    lower: |l| {
        let mut out = Vec::new();
        for (i, w) in l.rest().to_vec().iter().enumerate() {
            match w.text.as_str() {
                "none" => out = vec![RetryOn::None],
                "conn-failure" => out.push(RetryOn::ConnFailure),
                "empty-response" => out.push(RetryOn::EmptyResponse),
                "junk-response" => out.push(RetryOn::JunkResponse),
                "response-timeout" => out.push(RetryOn::ResponseTimeout),
                "0rtt-rejected" => out.push(RetryOn::ZeroRttRejected),
                "all-retryable-errors" => out.extend([
                    RetryOn::ConnFailure,
                    RetryOn::EmptyResponse,
                    RetryOn::JunkResponse,
                    RetryOn::ResponseTimeout,
                    RetryOn::ZeroRttRejected,
                    RetryOn::Status(500),
                    RetryOn::Status(502),
                    RetryOn::Status(503),
                    RetryOn::Status(504),
                ]),
                s @ ("401" | "403" | "404" | "408" | "425" | "500" | "501" | "502" | "503" | "504") => {
                    out.push(RetryOn::Status(s.parse().unwrap_or(503)));
                }
                other => l.error(i, format!("'retry-on': unknown keyword '{other}'")),
            }
        }
        l.proxy().retry_on = out;
    },
    ..KEYWORD
};
const HTTP_REUSE: Keyword = Keyword {
    name: "http-reuse",
    sections: BACK,
    args: Syntax::Args(&[Arg::Value("mode", Kind::OneOf(&["never", "safe", "aggressive", "always"]))]),
    doc: "How idle connections to servers are shared among clients.",
    lower: |l| {
        let mode = match l.args.text("mode") {
            Some("never") => HttpReuse::Never,
            Some("aggressive") => HttpReuse::Aggressive,
            Some("always") => HttpReuse::Always,
            _ => HttpReuse::Safe,
        };
        l.proxy().http_reuse = mode;
    },
    ..KEYWORD
};
const LOAD_SERVER_STATE: Keyword = Keyword {
    name: "load-server-state-from-file",
    sections: BACK,
    args: Syntax::Args(&[Arg::Value("source", Kind::OneOf(&["global", "local", "none"]))]),
    doc: "Where servers' states are loaded from at start.",
    lower: |l| {
        let from = match l.args.text("source") {
            Some("global") => StateFile::Global,
            Some("local") => StateFile::Local,
            _ => StateFile::None,
        };
        l.proxy().load_server_state = Some(from);
    },
    ..KEYWORD
};
const SERVER_STATE_FILE_NAME: Keyword = Keyword {
    name: "server-state-file-name",
    sections: BACK,
    args: Syntax::Args(&[Arg::Optional("file", Kind::Path)]),
    doc: "The file that `load-server-state-from-file local` reads; it is called as the backend unless given.",
    examples: &["server-state-file-name", "server-state-file-name use-backend-name", "server-state-file-name b.state"],
    lower: |l| {
        let name = l.args.text("file").filter(|f| *f != "use-backend-name").map(str::to_owned);
        l.proxy().server_state_file = name;
    },
    ..KEYWORD
};
const HTTP_SEND_NAME_HEADER: Keyword = Keyword {
    name: "http-send-name-header",
    sections: BACK,
    args: Syntax::Args(&[Arg::Optional("header", Kind::Word)]),
    doc: "The header that tells a server its name.",
    lower: |l| {
        let name = l.args.text("header").map(str::to_owned);
        l.proxy().http_send_name_header = name;
    },
    ..KEYWORD
};
const BIND_PROCESS: Keyword = Keyword {
    name: "bind-process",
    sections: PROXY,
    status: Status::Legacy,
    args: Syntax::Args(&[Arg::Rest("process", Kind::Word)]),
    doc: "Which processes serve the proxy: there is one.",
    lower: |l| {
        let d = Diagnostic::warning(
            "legacy-keyword",
            l.at(),
            "'bind-process' has no effect, is deprecated, and will be removed in version 2.7.",
        )
        .placed(crate::text::diag::Place::ParsingTight);
        l.diag.push(d);
    },
    ..KEYWORD
};
const MAX_KEEP_ALIVE_QUEUE: Keyword = Keyword {
    name: "max-keep-alive-queue",
    sections: BACK,
    status: Status::Tuning,
    args: Syntax::Args(&[Arg::Value("value", Kind::Int(-1, i32::MAX as i64))]),
    doc: "From which queue on a kept server is given up.",
    ..KEYWORD
};
const MAX_SESSION_SRV_CONNS: Keyword = Keyword {
    name: "max-session-srv-conns",
    sections: FRONT,
    status: Status::Tuning,
    args: Syntax::Args(&[Arg::Value("nb", Kind::Int(0, i32::MAX as i64))]),
    doc: "How many idle server connections a client's connection keeps to itself.",
    ..KEYWORD
};

/// The name of the section that a line stands in, for messages.
pub fn section_name(l: &Line<'_>) -> String {
    match l.draft.current {
        Current::Proxy(i) => l.draft.config.proxies[i].name.clone(),
        Current::Defaults(i) => l.draft.defaults[i].name.clone(),
        _ => String::new(),
    }
}
