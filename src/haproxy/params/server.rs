//! The parameters of `server` and `default-server` lines (manual 5.2).

mod source;
mod values;

pub use source::source;
use values::{count, lenient, one_of, plain_address, port, time, word};

use crate::haproxy::keyword::Line;
use crate::haproxy::later::{self, Class};
use crate::haproxy::lower::address;
use crate::ir::Named;
use crate::ir::server::{InitAddr, Observe, OnError, OnMarkedDown, OnMarkedUp, SendProxy, ServerOptions};
use crate::text::atoms::{self, TimeUnit};
use crate::text::book::{Entry, Status};
use crate::text::diag::{Diagnostic, Place};
use crate::text::grammar::Word;
use crate::text::nearest::nearest;

/// One parameter.
pub struct ServerParam {
    pub name: &'static str,
    /// How many words follow it.
    pub values: usize,
    pub status: Status,
    pub doc: &'static str,
    /// A server that comes while the process runs (`add server`) may have it.
    pub comes_later: bool,
    pub apply: fn(&[Word], &mut Target<'_>) -> Result<(), String>,
}

/// What parameters write to.
pub struct Target<'a> {
    pub options: &'a mut ServerOptions,
    pub id: Option<u32>,
    /// The server's name, for messages.
    pub server: &'a str,
    /// Words taken beyond the declared ones.
    pub extra: usize,
}

type Apply = fn(&[Word], &mut Target<'_>) -> Result<(), String>;

const PARAM: ServerParam =
    ServerParam { name: "", values: 0, status: Status::Works, doc: "", comes_later: true, apply: |_, _| Ok(()) };

const fn flag(name: &'static str, doc: &'static str, apply: Apply) -> ServerParam {
    ServerParam { name, doc, apply, ..PARAM }
}
const fn pair(name: &'static str, doc: &'static str, apply: Apply) -> ServerParam {
    ServerParam { name, values: 1, doc, apply, ..PARAM }
}
const fn missing(name: &'static str, values: usize, doc: &'static str) -> ServerParam {
    ServerParam { name, values, status: Status::Missing, doc, ..PARAM }
}
const fn tuning(name: &'static str, values: usize, doc: &'static str) -> ServerParam {
    ServerParam { name, values, status: Status::Tuning, doc, ..PARAM }
}
/// Only servers of the configuration may have it.
const fn from_the_start(p: ServerParam) -> ServerParam {
    ServerParam { comes_later: false, ..p }
}

/// Every parameter, in the manual's order; `no-` forms right behind.
pub const ALL: &[ServerParam] = &[
    pair("addr", "The address that checks go to.", |w, t| {
        let (a, port) = plain_address(w).map_err(|e| format!("'addr' : {e}"))?;
        t.options.check_address = Some(a);
        t.options.check_port = port.or(t.options.check_port);
        Ok(())
    }),
    flag("agent-check", "Asks an agent about the server.", |_, t| {
        t.options.agent_check = true;
        Ok(())
    }),
    flag("no-agent-check", "Asks no agent.", |_, t| {
        t.options.agent_check = false;
        Ok(())
    }),
    pair("agent-send", "What is sent to the agent.", |w, t| {
        t.options.agent_send = Some(word(w).to_owned());
        Ok(())
    }),
    pair("agent-inter", "How often the agent is asked.", |w, t| {
        t.options.agent_inter = Some(time(w, "agent-inter", t)?);
        Ok(())
    }),
    pair("agent-addr", "The agent's address.", |w, t| {
        let wrong = |_| format!("parsing agent-addr failed. Check if '{}' is correct address.", word(w));
        t.options.agent_address = Some(plain_address(w).map_err(wrong)?.0);
        Ok(())
    }),
    pair("agent-port", "The agent's port.", |w, t| {
        t.options.agent_port = port(w);
        Ok(())
    }),
    flag("backup", "Used only when the others are down.", |_, t| {
        t.options.backup = true;
        Ok(())
    }),
    flag("no-backup", "Used like the others.", |_, t| {
        t.options.backup = false;
        Ok(())
    }),
    flag("check", "Checks the server's health.", |_, t| {
        t.options.check = true;
        Ok(())
    }),
    from_the_start(flag("no-check", "Does not check the server's health.", |_, t| {
        t.options.check = false;
        Ok(())
    })),
    flag("check-send-proxy", "Checks begin with a PROXY header.", |_, t| {
        t.options.check_send_proxy = true;
        Ok(())
    }),
    flag("no-check-send-proxy", "Checks begin without a PROXY header.", |_, t| {
        t.options.check_send_proxy = false;
        Ok(())
    }),
    flag("check-via-socks4", "Checks go through the SOCKS proxy.", |_, t| {
        t.options.check_via_socks4 = true;
        Ok(())
    }),
    from_the_start(pair("cookie", "The server's value in cookies.", |w, t| {
        if word(w).is_empty() {
            return Err("'cookie' expects <value> as argument.".to_owned());
        }
        t.options.cookie = Some(word(w).to_owned());
        Ok(())
    })),
    flag("disabled", "Starts in maintenance.", |_, t| {
        t.options.disabled = true;
        Ok(())
    }),
    flag("enabled", "Does not start in maintenance.", |_, t| {
        t.options.disabled = false;
        Ok(())
    }),
    pair("error-limit", "How many errors in a row on-error waits for.", |w, t| {
        t.options.error_limit = count(w).ok_or("error-limit has to be > 0.")?;
        Ok(())
    }),
    pair("fall", "How many failed checks make the server down.", |w, t| {
        t.options.timing.fall = count(w).ok_or("'fall' has to be > 0.")?;
        Ok(())
    }),
    pair("rise", "How many passed checks make the server up.", |w, t| {
        t.options.timing.rise = count(w).ok_or("'rise' has to be > 0.")?;
        Ok(())
    }),
    pair("inter", "How often the server is checked.", |w, t| {
        t.options.timing.inter = time(w, "inter", t)?;
        Ok(())
    }),
    pair("fastinter", "How often while the state is changing.", |w, t| {
        t.options.timing.fastinter = Some(time(w, "fastinter", t)?);
        Ok(())
    }),
    pair("downinter", "How often while the server is down.", |w, t| {
        t.options.timing.downinter = Some(time(w, "downinter", t)?);
        Ok(())
    }),
    pair("id", "The server's number.", |w, t| {
        t.id = Some(count(w).ok_or("'id' : custom id has to be > 0")?);
        Ok(())
    }),
    from_the_start(pair("init-addr", "How the address is found at start.", |w, t| {
        let mut ways = Vec::new();
        for part in word(w).split(',').filter(|p| !p.is_empty()) {
            ways.push(match part {
                "last" => InitAddr::Last,
                "libc" => InitAddr::Libc,
                "none" => InitAddr::None,
                ip => InitAddr::Ip(ip.parse().map_err(|_| {
                    format!(
                        "'init-addr' : unknown init-addr method '{ip}', supported methods are 'libc', 'last', 'none'."
                    )
                })?),
            });
        }
        t.options.init_addr = Some(ways);
        Ok(())
    })),
    ServerParam {
        status: Status::Tuning,
        comes_later: false,
        ..pair("log-proto", "How log lines are framed on TCP, for servers of rings.", |w, _| {
            one_of(w, &["legacy", "octet-count"], |other| {
                format!("'log-proto' expects one of 'legacy' or 'octet-count' but got '{other}'")
            })
        })
    },
    pair("maxconn", "The most concurrent requests.", |w, t| {
        t.options.maxconn = count(w);
        Ok(())
    }),
    pair("minconn", "The most concurrent requests while the backend is idle.", |w, t| {
        t.options.minconn = count(w);
        Ok(())
    }),
    pair("maxqueue", "The most requests that wait for this server.", |w, t| {
        t.options.maxqueue = count(w);
        Ok(())
    }),
    from_the_start(pair("max-reuse", "How often a connection is used again.", |w, t| {
        t.options.max_reuse = Some(lenient(w) as i32);
        Ok(())
    })),
    from_the_start(flag("non-stick", "Its choice is not remembered in stick-tables.", |_, t| {
        t.options.non_stick = true;
        Ok(())
    })),
    from_the_start(flag("stick", "Its choice is remembered in stick-tables.", |_, t| {
        t.options.non_stick = false;
        Ok(())
    })),
    pair("observe", "Which traffic counts like checks: none, layer4, layer7.", |w, t| {
        t.options.observe = match word(w) {
            "none" => Observe::None,
            "layer4" => Observe::Layer4,
            "layer7" => Observe::Layer7,
            other => return Err(format!("'observe' expects one of 'none', 'layer4', 'layer7' but got '{other}'")),
        };
        Ok(())
    }),
    pair("on-error", "What observed errors do.", |w, t| {
        t.options.on_error = match word(w) {
            "fastinter" => OnError::Fastinter,
            "fail-check" => OnError::FailCheck,
            "sudden-death" => OnError::SuddenDeath,
            "mark-down" => OnError::MarkDown,
            other => {
                return Err(format!(
                    "'on-error' expects one of 'fastinter', 'fail-check', 'sudden-death' or 'mark-down' but got '{other}'"
                ));
            }
        };
        Ok(())
    }),
    pair("on-marked-down", "What going down does: shutdown-sessions.", |w, t| {
        if word(w) != "shutdown-sessions" {
            return Err(format!("'on-marked-down' expects 'shutdown-sessions' but got '{}'", word(w)));
        }
        t.options.on_marked_down = OnMarkedDown::ShutdownSessions;
        Ok(())
    }),
    pair("on-marked-up", "What coming up does: shutdown-backup-sessions.", |w, t| {
        if word(w) != "shutdown-backup-sessions" {
            return Err(format!("'on-marked-up' expects 'shutdown-backup-sessions' but got '{}'", word(w)));
        }
        t.options.on_marked_up = OnMarkedUp::ShutdownBackupSessions;
        Ok(())
    }),
    tuning("pool-low-conn", 1, "Idle connections below which other threads' are used."),
    pair("pool-max-conn", "The most idle connections kept.", |w, t| {
        if lenient(w) < -1 {
            return Err("'pool-max-conn' must be >= -1".to_owned());
        }
        t.options.pool_max_conn = Some(lenient(w) as i32).filter(|n| *n >= 0);
        Ok(())
    }),
    pair("pool-purge-delay", "How often idle connections are thinned out.", |w, t| {
        t.options.pool_purge_delay = atoms::duration(word(w), TimeUnit::Milliseconds)
            .map_err(|_| "'pool-purge-delay' expects a value".to_owned())?;
        Ok(())
    }),
    pair("port", "The port that checks go to.", |w, t| {
        t.options.check_port = port(w);
        Ok(())
    }),
    from_the_start(pair("redir", "Sends GET and HEAD requests to the server itself.", |w, t| {
        t.options.redir = Some(word(w).to_owned());
        Ok(())
    })),
    flag("send-proxy", "Begins connections with a PROXY header.", |_, t| {
        t.options.send_proxy = SendProxy::V1;
        Ok(())
    }),
    flag("no-send-proxy", "Begins connections without a PROXY header.", |_, t| {
        t.options.send_proxy = SendProxy::No;
        Ok(())
    }),
    flag("send-proxy-v2", "Begins connections with a binary PROXY header.", |_, t| {
        t.options.send_proxy = SendProxy::V2;
        Ok(())
    }),
    flag("no-send-proxy-v2", "Begins connections without a binary PROXY header.", |_, t| {
        t.options.send_proxy = SendProxy::No;
        Ok(())
    }),
    pair("proxy-v2-options", "What else the binary PROXY header says.", |w, t| {
        for o in word(w).split(',') {
            match o {
                "authority" => t.options.proxy_v2_options.authority = true,
                "crc32c" => t.options.proxy_v2_options.crc32c = true,
                "unique-id" => t.options.proxy_v2_options.unique_id = true,
                "ssl" | "cert-cn" | "ssl-cipher" | "cert-sig" | "cert-key" => {
                    return Err(format!("'proxy-v2-options {o}' is not implemented in this version of Hawser"));
                }
                other => return Err(format!("'{other}' : proxy v2 option not implemented")),
            }
        }
        Ok(())
    }),
    pair("slowstart", "How long the server takes to its full weight.", |w, t| {
        t.options.slowstart = Some(time(w, "slowstart", t)?);
        Ok(())
    }),
    from_the_start(pair("socks4", "A SOCKS4 proxy on the way.", |w, t| {
        if word(w).is_empty() {
            return Err("'socks4' expects <addr>:<port> as argument.".to_owned());
        }
        let of = |e: String| format!("'socks4 {}' : {e}", word(w));
        let p = address::parse(word(w), address::Allowed { port_required: true, ..address::PLAIN }).map_err(of)?;
        t.options.socks4 = Some(p.address);
        Ok(())
    })),
    ServerParam {
        name: "source",
        values: 1,
        status: Status::Works,
        doc: "The address that the server sees.",
        comes_later: true,
        apply: |w, t| {
            let (s, used) = source(w)?;
            t.options.source = Some(s);
            t.extra = used - 1;
            Ok(())
        },
    },
    from_the_start(pair("tcp-ut", "How long sent data may stay unacknowledged.", |w, t| {
        let d = atoms::duration(word(w), TimeUnit::Milliseconds);
        let d = d.map_err(|_| "'tcp-ut' : expects a positive delay in milliseconds".to_owned())?;
        t.options.tcp_user_timeout = Some(d).filter(|d| !d.is_zero());
        Ok(())
    })),
    tuning("tfo", 0, "TCP fast open."),
    flag("no-tfo", "No TCP fast open.", |_, t| {
        t.options.tfo = false;
        Ok(())
    }),
    pair("track", "Takes its state from another server.", |w, t| {
        t.options.track = Some(Named::new(word(w), w[0].at));
        Ok(())
    }),
    pair("weight", "The server's share: 0 to 256.", |w, t| {
        let n = lenient(w);
        let server = t.server.rsplit('/').next().unwrap_or(t.server);
        let n = u16::try_from(n)
            .ok()
            .filter(|n| *n <= 256)
            .ok_or_else(|| format!("weight of server {server} is not within 0 and 256 ({n})."))?;
        t.options.weight = Some(n);
        Ok(())
    }),
    ServerParam {
        status: Status::Tuning,
        ..pair("ws", "Which protocol WebSockets use: HTTP/1.1.", |w, _| {
            one_of(w, &["auto", "h1", "h2"], |_| "'ws' has to be 'auto', 'h1' or 'h2'".to_owned())
        })
    },
    ServerParam {
        status: Status::Tuning,
        comes_later: false,
        ..pair("resolve-net", "Which addresses of resolvers are preferred.", |w, _| {
            let bad = word(w).split(',').find(|n| atoms::network(n).is_none());
            bad.map_or(Ok(()), |n| Err(format!("'resolve-net' invalid network '{n}'.")))
        })
    },
    ServerParam {
        status: Status::Tuning,
        comes_later: false,
        ..pair("resolve-opts", "How addresses of resolvers are chosen.", |w, _| {
            let known = ["allow-dup-ip", "ignore-weight", "prevent-dup-ip"];
            let bad = word(w).split(',').find(|o| !known.contains(o));
            bad.map_or(Ok(()), |o| Err(format!("'resolve-opts' : unknown resolve-opts option '{o}', supported methods are 'allow-dup-ip', 'ignore-weight', and 'prevent-dup-ip'.")))
        })
    },
    ServerParam {
        status: Status::Tuning,
        comes_later: false,
        ..pair("resolve-prefer", "Which family of resolvers' addresses is preferred.", |w, _| {
            one_of(w, &["ipv4", "ipv6"], |_| "'resolve-prefer' expects either ipv4 or ipv6 as argument.".to_owned())
        })
    },
    from_the_start(missing("resolvers", 1, "Resolves the name while running.")),
    from_the_start(missing("namespace", 1, "The network namespace of the connections.")),
    missing("proto", 1, "The protocol, whatever is negotiated."),
    missing("check-proto", 1, "The protocol of checks."),
    missing("send-proxy-v2-ssl", 0, "A binary PROXY header with facts about TLS."),
    missing("send-proxy-v2-ssl-cn", 0, "A binary PROXY header with the certificate's name."),
    missing("ssl", 0, "TLS."),
    missing("allow-0rtt", 0, "TLS: early data."),
    missing("alpn", 1, "TLS: protocols offered."),
    missing("ca-file", 1, "TLS: authorities of the server's certificate."),
    missing("check-alpn", 1, "TLS: protocols that checks offer."),
    missing("check-sni", 1, "TLS: the name that checks ask for."),
    missing("check-ssl", 0, "TLS: for checks."),
    missing("ciphers", 1, "TLS: cipher suites up to 1.2."),
    missing("ciphersuites", 1, "TLS: cipher suites of 1.3."),
    missing("crl-file", 1, "TLS: revoked certificates."),
    missing("crt", 1, "TLS: a client certificate."),
    missing("force-sslv3", 0, "TLS: only SSLv3."),
    missing("force-tlsv10", 0, "TLS: only 1.0."),
    missing("force-tlsv11", 0, "TLS: only 1.1."),
    missing("force-tlsv12", 0, "TLS: only 1.2."),
    missing("force-tlsv13", 0, "TLS: only 1.3."),
    tuning("no-check-ssl", 0, "TLS: not for checks."),
    tuning("no-send-proxy-v2-ssl", 0, "No facts about TLS in PROXY headers."),
    tuning("no-send-proxy-v2-ssl-cn", 0, "No certificate's name in PROXY headers."),
    tuning("no-ssl", 0, "TLS: none."),
    tuning("no-ssl-reuse", 0, "TLS: sessions are not used again."),
    tuning("no-sslv3", 0, "TLS: not SSLv3."),
    tuning("no-tls-tickets", 0, "TLS: no tickets."),
    tuning("no-tlsv10", 0, "TLS: not 1.0."),
    tuning("no-tlsv11", 0, "TLS: not 1.1."),
    tuning("no-tlsv12", 0, "TLS: not 1.2."),
    tuning("no-tlsv13", 0, "TLS: not 1.3."),
    missing("npn", 1, "TLS: protocols offered the old way."),
    missing("sni", 1, "TLS: the name that is asked for."),
    missing("ssl-max-ver", 1, "TLS: the highest version."),
    missing("ssl-min-ver", 1, "TLS: the lowest version."),
    tuning("ssl-reuse", 0, "TLS: sessions are used again."),
    tuning("tls-tickets", 0, "TLS: tickets."),
    tuning("verify", 1, "TLS: whether the server's certificate is verified."),
    missing("verifyhost", 1, "TLS: the name that the certificate must have."),
];

/// The first of a later server's parameters that only servers of the configuration may have.
pub fn from_the_start_in(words: &[String]) -> Option<&'static str> {
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        match ALL.iter().find(|p| p.name == word) {
            Some(p) if !p.comes_later => return Some(p.name),
            Some(p) => rest = rest.as_slice()[p.values.min(rest.len())..].iter(),
            None => {}
        }
    }
    None
}

/// Applies the words behind a server's address. Gives the number when one was set.
pub fn options(words: &[Word], who: &str, options: &mut ServerOptions, l: &mut Line<'_>) -> Option<u32> {
    let label = if who == "default-server" { "'default-server'".to_owned() } else { format!("'server {who}'") };
    let mut target = Target { options, id: None, server: who, extra: 0 };
    let mut rest = words;
    let mut missing_said = false;
    while let Some((w, tail)) = rest.split_first() {
        let Some(p) = ALL.iter().find(|p| p.name == w.text) else {
            let near = nearest(&w.text, ALL.iter().map(|p| p.name));
            let maybe = near.map_or_else(String::new, |n| format!("; did you mean '{n}' maybe ?"));
            let message = format!("{label} : unknown keyword '{}'{maybe}", w.text);
            l.diag.push(
                Diagnostic::error("unknown-parameter", w.at, message)
                    .placed(Place::Line)
                    .label("not a parameter of server")
                    .notes(later::hint(Class::Server, &w.text)),
            );
            return target.id;
        };
        let (values, after) = tail.split_at(p.values.min(tail.len()));
        match p.status {
            Status::Missing if missing_said => {}
            Status::Missing => {
                missing_said = true;
                let message = format!("{label} : '{}' is not implemented in this version of Hawser.", p.name);
                l.diag.push(Diagnostic::error("not-implemented", w.at, message).placed(Place::Line).label(p.doc));
            }
            _ => {
                target.extra = 0;
                // `source` looks further than one word.
                let given = if p.name == "source" { tail } else { values };
                if let Err(e) = (p.apply)(given, &mut target) {
                    let at = values.first().map_or(w.at, |v| v.at);
                    l.diag.push(Diagnostic::error("bad-value", at, format!("{label} : {e}.")).placed(Place::Line));
                    return target.id;
                }
            }
        }
        rest = &after[target.extra.min(after.len())..];
        target.extra = 0;
    }
    target.id
}

pub fn entries() -> impl Iterator<Item = Entry> {
    ALL.iter().map(|p| Entry {
        class: "server parameter",
        name: p.name.to_owned(),
        place: "server default-server".to_owned(),
        syntax: if p.values == 0 { String::new() } else { "<value>".to_owned() },
        doc: p.doc,
        status: p.status,
    })
}
