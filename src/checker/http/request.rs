//! The request of a page, byte for byte the original's.

use crate::ir::failover::checker::{Http, HttpVersion, Url};

/// What is sent for a page.
#[must_use]
pub fn request(http: &Http, url: &Url) -> Vec<u8> {
    let version = if http.version == HttpVersion::Http11 { "1.1" } else { "1.0" };
    let close = if http.version == HttpVersion::Http10 { "" } else { "Connection: close\r\n" };
    let to = http.connection.to;
    // An address needs its port, a name is written as it is.
    let host = host(http, url).map_or_else(|| to.to_string(), str::to_owned);
    let path = &url.path;
    format!("GET {path} HTTP/{version}\r\nUser-Agent: KeepAliveClient\r\n{close}Host: {host}\r\n\r\n").into_bytes()
}

/// The name of the host that a page is asked from, if one is configured.
#[must_use]
pub fn host<'a>(http: &'a Http, url: &'a Url) -> Option<&'a str> {
    url.virtual_host.as_deref().or(http.virtual_host.as_deref())
}

#[cfg(test)]
mod tests {
    use std::{net::SocketAddr, time::Duration};

    use super::*;
    use crate::{ir::failover::Connection, text::source::Span};

    fn sent(version: HttpVersion, virtual_host: Option<&str>, to: &str) -> String {
        let to: SocketAddr = to.parse().expect("an address of the test");
        let connection = Connection { to, from: None, interface: None, timeout: Duration::ZERO, mark: 0 };
        let url = Url {
            at: Span::default(),
            path: "/p?x=1".into(),
            digest: None,
            statuses: Vec::new(),
            virtual_host: virtual_host.map(str::to_owned),
            pattern: None,
            compliant: false,
        };
        let http =
            Http { connection, tls: None, version, virtual_host: None, fast_recovery: false, urls: vec![url.clone()] };
        String::from_utf8(request(&http, &url)).expect("the test's words are ASCII")
    }

    #[test]
    fn requests_are_the_originals() {
        let plain = sent(HttpVersion::Http10, None, "127.0.0.1:8001");
        assert_eq!(plain, "GET /p?x=1 HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nHost: 127.0.0.1:8001\r\n\r\n");
        let close = "User-Agent: KeepAliveClient\r\nConnection: close\r\nHost: v.example.com\r\n\r\n";
        let named = |version| sent(version, Some("v.example.com"), "127.0.0.1:8001");
        assert_eq!(named(HttpVersion::Http10Close), format!("GET /p?x=1 HTTP/1.0\r\n{close}"));
        assert_eq!(named(HttpVersion::Http11), format!("GET /p?x=1 HTTP/1.1\r\n{close}"));
    }
}
