//! What `show sess` tells of a stream: one line, or a few under its number, beginning as the original's do. Of the inside of
//! its engine ours has nothing to tell.

use std::fmt::Write as _;
use std::net::SocketAddr;

use crate::ir::proxy::Mode;
use crate::ir::{Config, ProxyId, ServerId};

/// A stream at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    pub number: u64,
    /// Microseconds since 1970.
    pub began: i64,
    /// `None` over a unix socket.
    pub client: Option<SocketAddr>,
    pub destination: Option<SocketAddr>,
    /// With the index of its `bind`; `None` for an operator.
    pub frontend: Option<(ProxyId, usize)>,
    pub backend: Option<ProxyId>,
    pub server: Option<ServerId>,
    pub server_address: Option<SocketAddr>,
}

impl Seen {
    fn proto(&self) -> &'static str {
        match self.client {
            Some(a) if a.is_ipv4() => "tcpv4",
            Some(_) => "tcpv6",
            None => "unix_stream",
        }
    }

    fn age(&self, now: i64) -> i64 {
        (now - self.began).max(0) / 1_000_000
    }

    /// One line; `now` is in microseconds since 1970.
    pub fn line(&self, config: &Config, now: i64) -> String {
        let name = |p: ProxyId| config.proxy(p).name.as_str();
        let server = self.backend.zip(self.server).map(|(p, s)| config.proxy(p).servers[s.0].name.as_str());
        format!(
            "{:#x}: proto={} src={} fe={} be={} srv={} age={}s\n",
            self.number,
            self.proto(),
            place(self.client),
            self.frontend.map_or("GLOBAL", |(p, _)| name(p)),
            self.backend.map_or("<NONE>", name),
            server.unwrap_or("<none>"),
            self.age(now)
        )
    }

    /// Several lines; `date` is when it began, in words.
    pub fn details(&self, config: &Config, now: i64, date: &str) -> String {
        let mut out = format!(
            "{:#x}: [{date}] id={} proto={} source={}\n",
            self.number,
            self.number,
            self.proto(),
            place(self.client)
        );
        let mode = |p: ProxyId| if config.proxy(p).mode == Mode::Http { "http" } else { "tcp" };
        let to = place(self.destination);
        let _ = match self.frontend {
            Some((p, index)) => {
                let (proxy, bind) = (config.proxy(p), &config.proxy(p).listeners[index]);
                let listener = bind.name.as_deref().unwrap_or("?");
                writeln!(
                    out,
                    "  frontend={} (id={} mode={}), listener={listener} (id={}) addr={to}",
                    proxy.name,
                    proxy.id,
                    mode(p),
                    bind.id
                )
            }
            None => writeln!(out, "  frontend=GLOBAL (id=0 mode=tcp), listener=? (id=1) addr={to}"),
        };
        let _ = match self.backend.map(|p| (p, config.proxy(p))) {
            Some((p, proxy)) => writeln!(out, "  backend={} (id={} mode={})", proxy.name, proxy.id, mode(p)),
            None => writeln!(out, "  backend=<NONE> (id=-1 mode=-)"),
        };
        let _ = match self.backend.zip(self.server).map(|(p, s)| &config.proxy(p).servers[s.0]) {
            Some(server) => {
                let address = self.server_address.map(|a| format!(" addr={a}")).unwrap_or_default();
                writeln!(out, "  server={} (id={}){address}", server.name, server.id)
            }
            None => writeln!(out, "  server=<NONE> (id=-1)"),
        };
        let _ = writeln!(out, "  age={}s", self.age(now));
        out
    }
}

fn place(a: Option<SocketAddr>) -> String {
    a.map_or_else(|| "unix:1".to_owned(), |a| a.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operator_is_a_stream_too() {
        let operator = Seen {
            number: 26,
            began: 1_000_000,
            client: None,
            destination: None,
            frontend: None,
            backend: None,
            server: None,
            server_address: None,
        };
        let config = Config::default();
        assert_eq!(
            operator.line(&config, 3_500_000),
            "0x1a: proto=unix_stream src=unix:1 fe=GLOBAL be=<NONE> srv=<none> age=2s\n"
        );
        assert_eq!(
            operator.details(&config, 3_500_000, "DATE"),
            "0x1a: [DATE] id=26 proto=unix_stream source=unix:1\n  frontend=GLOBAL (id=0 mode=tcp), listener=? (id=1) \
             addr=unix:1\n  backend=<NONE> (id=-1 mode=-)\n  server=<NONE> (id=-1)\n  age=2s\n"
        );
    }
}
