//! The parameters of `bind` lines and stats sockets (manual 5.1).

use crate::haproxy::keyword::Line;
use crate::haproxy::later::{self, Class};
use crate::ir::listener::{AccessLevel, Account, BindOptions, SeverityOutput};
use crate::text::atoms::{self, TimeUnit};
use crate::text::book::{Entry, Status};
use crate::text::diag::{Diagnostic, Place};
use crate::text::grammar::Word;
use crate::text::nearest::nearest;

/// One parameter.
pub struct BindParam {
    pub name: &'static str,
    /// How many words follow it.
    pub values: usize,
    pub status: Status,
    pub doc: &'static str,
    pub apply: fn(&[Word], &mut Target<'_>) -> Result<(), String>,
}

/// What parameters write to.
pub struct Target<'a> {
    pub options: &'a mut BindOptions,
    pub name: &'a mut Option<String>,
    pub id: Option<u32>,
}

const PARAM: BindParam = BindParam { name: "", values: 0, status: Status::Works, doc: "", apply: |_, _| Ok(()) };

const fn flag(
    name: &'static str,
    doc: &'static str,
    apply: fn(&[Word], &mut Target<'_>) -> Result<(), String>,
) -> BindParam {
    BindParam { name, doc, apply, ..PARAM }
}
const fn pair(
    name: &'static str,
    doc: &'static str,
    apply: fn(&[Word], &mut Target<'_>) -> Result<(), String>,
) -> BindParam {
    BindParam { name, values: 1, doc, apply, ..PARAM }
}
const fn missing(name: &'static str, values: usize, doc: &'static str) -> BindParam {
    BindParam { name, values, status: Status::Missing, doc, ..PARAM }
}
const fn tuning(name: &'static str, values: usize, doc: &'static str) -> BindParam {
    BindParam { name, values, status: Status::Tuning, doc, ..PARAM }
}

fn number(w: &[Word], name: &str, low: i64, high: i64) -> Result<i64, String> {
    let text = w.first().map_or("", |w| w.text.as_str());
    atoms::integer(text)
        .filter(|n| (low..=high).contains(n))
        .ok_or_else(|| format!("'{name}' : invalid value {text}, must be >= {low}"))
}

/// What a text begins with as a number, which is 0 where there is none.
fn count(w: &[Word], name: &str) -> Result<i64, String> {
    let text = w[0].text.as_str();
    let n = crate::expr::value::leading_int(text.as_bytes()).0;
    if n < 0 { Err(format!("'{name}' : invalid value {n}, must be >= 0")) } else { Ok(n) }
}

fn u32_of(n: i64) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// Every parameter, in the manual's order.
pub const ALL: &[BindParam] = &[
    pair("accept-netscaler-cip", "Expects a NetScaler client address header.", |w, t| {
        let magic = u32_of(number(w, "accept-netscaler-cip", 0, u32::MAX.into())?);
        t.options.accept_netscaler = Some(magic);
        Ok(())
    }),
    flag("accept-proxy", "Expects a PROXY header.", |_, t| {
        t.options.accept_proxy = true;
        Ok(())
    }),
    pair("backlog", "How many connections the system queues.", |w, t| {
        t.options.backlog = Some(u32_of(count(w, "backlog")?)).filter(|n| *n > 0);
        Ok(())
    }),
    flag("defer-accept", "Accepts when data has arrived.", |_, t| {
        t.options.defer_accept = true;
        Ok(())
    }),
    pair("expose-fd", "Gives listening sockets to a process that asks: listeners.", |w, t| {
        if w[0].text != "listeners" {
            return Err("'expose-fd' only supports 'listeners'".to_owned());
        }
        t.options.expose_fd_listeners = true;
        Ok(())
    }),
    pair("gid", "The group of a unix socket's file, by number.", |w, t| {
        t.options.gid = Some(Account::Id(u32_of(count(w, "gid")?)));
        Ok(())
    }),
    pair("group", "The group of a unix socket's file.", |w, t| {
        t.options.gid = Some(Account::Name(w[0].text.clone()));
        Ok(())
    }),
    pair("id", "The listener's number.", |w, t| {
        t.id = Some(u32_of(number(w, "id", 1, i32::MAX.into())?));
        Ok(())
    }),
    pair("interface", "Only connections of an interface.", |w, t| {
        t.options.interface = Some(w[0].text.clone());
        Ok(())
    }),
    pair("level", "What commands may do: user, operator, admin.", |w, t| {
        t.options.level = match w[0].text.as_str() {
            "user" => AccessLevel::User,
            "operator" => AccessLevel::Operator,
            "admin" => AccessLevel::Admin,
            _ => return Err("'level' only supports 'user', 'operator', and 'admin'".to_owned()),
        };
        Ok(())
    }),
    pair("maxconn", "The most concurrent connections of the listener.", |w, t| {
        t.options.maxconn = Some(u32_of(count(w, "maxconn")?)).filter(|n| *n > 0);
        Ok(())
    }),
    pair("mode", "The permissions of a unix socket's file, octal.", |w, t| {
        t.options.mode =
            Some(u32::from_str_radix(&w[0].text, 8).map_err(|_| format!("'mode' : invalid value {}", w[0].text))?);
        Ok(())
    }),
    pair("mss", "The largest TCP segment.", |w, t| {
        let wrong = "'mss' : expects an MSS with and absolute value between 1 and 65535";
        t.options.mss = Some(number(w, "mss", -65535, 65535).ok().filter(|n| *n != 0).ok_or(wrong)? as i32);
        Ok(())
    }),
    pair("name", "The listener's name.", |w, t| {
        *t.name = Some(w[0].text.clone());
        Ok(())
    }),
    missing("namespace", 1, "The network namespace of the listener."),
    BindParam {
        status: Status::Tuning,
        ..pair("nice", "The priority of the listener's connections; all are served alike here.", |w, _| {
            let n = crate::expr::value::leading_int(w[0].text.as_bytes()).0;
            if (-1024..=1024).contains(&n) {
                return Ok(());
            }
            Err(format!("'nice' : invalid value {n}, allowed range is -1024..1024"))
        })
    },
    tuning("process", 1, "Which processes listen: there is one."),
    tuning("thread", 1, "Which threads listen: all do."),
    missing("proto", 1, "The protocol, whatever is negotiated."),
    pair("severity-output", "How feedback of commands begins: none, number, string.", |w, t| {
        t.options.severity_output = match w[0].text.as_str() {
            "none" => SeverityOutput::None,
            "number" => SeverityOutput::Number,
            "string" => SeverityOutput::String,
            _ => return Err("'severity-output' only supports 'none', 'number', and 'string'".to_owned()),
        };
        Ok(())
    }),
    tuning("shards", 1, "Listening sockets for one address."),
    pair("tcp-ut", "How long sent data may stay unacknowledged.", |w, t| {
        t.options.tcp_user_timeout = Some(
            atoms::duration(&w[0].text, TimeUnit::Milliseconds)
                .map_err(|_| "'tcp-ut' : expects a positive delay in milliseconds".to_owned())?,
        );
        Ok(())
    }),
    tuning("tfo", 0, "TCP fast open."),
    flag("transparent", "Takes connections to addresses that are not local.", |_, t| {
        t.options.transparent = true;
        Ok(())
    }),
    pair("uid", "The owner of a unix socket's file, by number.", |w, t| {
        t.options.uid = Some(Account::Id(u32_of(count(w, "uid")?)));
        Ok(())
    }),
    pair("user", "The owner of a unix socket's file.", |w, t| {
        t.options.uid = Some(Account::Name(w[0].text.clone()));
        Ok(())
    }),
    flag("v4v6", "Takes IPv4 too on an IPv6 wildcard.", |_, t| {
        t.options.v4v6 = true;
        Ok(())
    }),
    flag("v6only", "Takes no IPv4 on an IPv6 wildcard.", |_, t| {
        t.options.v6only = true;
        Ok(())
    }),
    missing("ssl", 0, "TLS."),
    missing("allow-0rtt", 0, "TLS: early data."),
    missing("alpn", 1, "TLS: protocols offered."),
    missing("ca-file", 1, "TLS: authorities of client certificates."),
    missing("ca-ignore-err", 1, "TLS: errors that are forgiven."),
    missing("ca-sign-file", 1, "TLS: authority that signs generated certificates."),
    missing("ca-sign-pass", 1, "TLS: its passphrase."),
    missing("ca-verify-file", 1, "TLS: authorities that are not announced."),
    missing("ciphers", 1, "TLS: cipher suites up to 1.2."),
    missing("ciphersuites", 1, "TLS: cipher suites of 1.3."),
    missing("crl-file", 1, "TLS: revoked certificates."),
    missing("crt", 1, "TLS: a certificate with its key."),
    missing("crt-ignore-err", 1, "TLS: errors that are forgiven."),
    missing("crt-list", 1, "TLS: a list of certificates."),
    missing("curves", 1, "TLS: curves."),
    missing("ecdhe", 1, "TLS: a curve."),
    missing("force-sslv3", 0, "TLS: only SSLv3."),
    missing("force-tlsv10", 0, "TLS: only 1.0."),
    missing("force-tlsv11", 0, "TLS: only 1.1."),
    missing("force-tlsv12", 0, "TLS: only 1.2."),
    missing("force-tlsv13", 0, "TLS: only 1.3."),
    missing("generate-certificates", 0, "TLS: makes certificates on demand."),
    missing("no-ca-names", 0, "TLS: does not announce authorities."),
    missing("no-sslv3", 0, "TLS: not SSLv3."),
    missing("no-tls-tickets", 0, "TLS: no tickets."),
    missing("no-tlsv10", 0, "TLS: not 1.0."),
    missing("no-tlsv11", 0, "TLS: not 1.1."),
    missing("no-tlsv12", 0, "TLS: not 1.2."),
    missing("no-tlsv13", 0, "TLS: not 1.3."),
    missing("npn", 1, "TLS: protocols offered the old way."),
    missing("prefer-client-ciphers", 0, "TLS: the client's order of suites."),
    missing("ssl-max-ver", 1, "TLS: the highest version."),
    missing("ssl-min-ver", 1, "TLS: the lowest version."),
    missing("strict-sni", 0, "TLS: only names that have a certificate."),
    missing("tls-ticket-keys", 1, "TLS: keys of tickets."),
    missing("verify", 1, "TLS: whether clients need a certificate."),
];

/// Applies the words behind an address. Gives the number when one was set.
pub fn options(
    words: &[Word],
    what: &str,
    options: &mut BindOptions,
    name: &mut Option<String>,
    l: &mut Line<'_>,
) -> Option<u32> {
    let mut target = Target { options, name, id: None };
    let mut rest = words;
    let mut missing_said = false;
    while let Some((w, tail)) = rest.split_first() {
        let Some(p) = ALL.iter().find(|p| p.name == w.text) else {
            let near = nearest(&w.text, ALL.iter().map(|p| p.name));
            let maybe = near.map_or_else(|| ".".to_owned(), |n| format!("; did you mean '{n}' maybe ?"));
            let message = format!("{what}: unknown keyword '{}'{maybe}", w.text);
            l.diag.push(
                Diagnostic::error("unknown-parameter", w.at, message)
                    .label("not a parameter of bind")
                    .notes(later::hint(Class::Bind, &w.text)),
            );
            return target.id;
        };
        let (values, after) = tail.split_at(p.values.min(tail.len()));
        if values.len() < p.values {
            let message =
                format!("{what} : '{}' : missing {}", p.name, if p.name == "name" { "name" } else { "value" });
            l.diag.push(Diagnostic::error("missing-value", w.at, message));
            return target.id;
        }
        rest = after;
        match p.status {
            Status::Missing if missing_said => {}
            Status::Missing => {
                missing_said = true;
                let message = format!("{what} : '{}' is not implemented in this version of Hawser.", p.name);
                l.diag.push(Diagnostic::error("not-implemented", w.at, message).label(p.doc));
            }
            _ => {
                if let Err(e) = (p.apply)(values, &mut target) {
                    l.diag.push(
                        Diagnostic::error("bad-value", values.first().map_or(w.at, |v| v.at), format!("{what} : {e}"))
                            .placed(Place::Parsing),
                    );
                }
            }
        }
    }
    target.id
}

pub fn entries() -> impl Iterator<Item = Entry> {
    ALL.iter().map(|p| Entry {
        class: "bind parameter",
        name: p.name.to_owned(),
        place: "bind".to_owned(),
        syntax: if p.values == 0 { String::new() } else { "<value>".to_owned() },
        doc: p.doc,
        status: p.status,
    })
}
