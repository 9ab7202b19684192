//! The request of an HTTP check (HAProxy manual 4.2 `option httpchk`, `http-check send`), as bytes.

use super::evaluate::Evaluate;
use crate::ir::check::{CheckRules, HttpChk, HttpSend};
use crate::ir::expr::Format;

/// What is asked, each part from `http-check send` where it says so and from `option httpchk` else.
#[derive(Debug, Clone)]
pub struct HttpRequest {
    method: String,
    uri: Uri,
    version: String,
    /// Names as written.
    headers: Vec<(String, Format)>,
    body: Body,
}

#[derive(Debug, Clone)]
enum Uri {
    Text(String),
    Format(Format),
}

#[derive(Debug, Clone)]
enum Body {
    Text(Vec<u8>),
    Format(Format),
}

/// Methods that have no body unless one is given: others announce that it is empty.
const BODILESS: &[&str] = &["GET", "HEAD", "OPTIONS", "DELETE", "CONNECT", "TRACE"];

impl HttpRequest {
    /// `old` keeps the headers and body that `option httpchk` hides behind its version; a `http-check send` drops them.
    pub fn merged(rules: &CheckRules, send: &HttpSend, old: bool) -> Self {
        let d = &rules.httpchk;
        let (version, hidden_headers, hidden_body) = hidden(d);
        let mut headers: Vec<(String, Format)> = Vec::new();
        if old {
            headers.extend(hidden_headers.into_iter().map(|(n, v)| (n, Format::of_text(&v))));
        }
        headers.extend(send.headers.iter().cloned());
        Self {
            method: send.method.clone().unwrap_or_else(|| d.method.clone()),
            uri: send.uri.clone().map_or_else(|| Uri::Text(d.uri.clone()), Uri::Format),
            version: send.version.clone().unwrap_or(version),
            headers,
            body: send
                .body
                .clone()
                .map_or_else(|| Body::Text(if old { hidden_body.into_bytes() } else { Vec::new() }), Body::Format),
        }
    }

    /// The request; `state` is the value of `X-Haproxy-Server-State`, where it is sent.
    pub fn bytes(&self, ask: &dyn Evaluate, state: Option<&str>) -> Vec<u8> {
        let uri = match &self.uri {
            Uri::Text(t) => t.clone().into_bytes(),
            Uri::Format(f) => ask.text(f, None),
        };
        let version = if self.version.starts_with("HTTP/2") { "HTTP/1.1" } else { &self.version };
        let body = match &self.body {
            Body::Text(t) => t.clone(),
            Body::Format(f) => ask.text(f, None),
        };
        let mut out = self.method.clone().into_bytes();
        out.push(b' ');
        out.extend_from_slice(if uri.is_empty() { b"/" } else { &uri });
        out.extend_from_slice(format!(" {version}\r\n").as_bytes());
        let persistence = self.headers(ask, &mut out);
        if let Some(state) = state {
            put(&mut out, "x-haproxy-server-state", state.as_bytes());
        }
        let announces = version.starts_with("HTTP/1.") && !BODILESS.contains(&self.method.as_str());
        if !body.is_empty() || announces {
            put(&mut out, "content-length", body.len().to_string().as_bytes());
        }
        match persistence {
            None | Some(Persistence::Close) if version == "HTTP/1.1" => put(&mut out, "connection", b"close"),
            Some(Persistence::KeepAlive) if version == "HTTP/1.0" => put(&mut out, "connection", b"keep-alive"),
            _ => {}
        }
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(&body);
        out
    }

    /// Writes the headers that are the user's to give, and tells what they said of the connection.
    fn headers(&self, ask: &dyn Evaluate, out: &mut Vec<u8>) -> Option<Persistence> {
        let mut persistence = None;
        for (name, value) in &self.headers {
            let name = name.to_ascii_lowercase();
            let value = ask.text(value, None);
            if value.is_empty() || matches!(name.as_str(), "content-length" | "transfer-encoding") {
                continue;
            }
            if name == "connection" {
                persistence = Some(match value.to_ascii_lowercase().as_slice() {
                    b"close" => Persistence::Close,
                    b"keep-alive" => Persistence::KeepAlive,
                    _ => Persistence::Other,
                });
                if persistence != Some(Persistence::Other) {
                    continue;
                }
            }
            put(out, &name, &value);
        }
        persistence
    }
}

/// What a `Connection` header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Persistence {
    Close,
    KeepAlive,
    /// An upgrade, say: it stays where it is and nothing is added.
    Other,
}

fn put(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}

/// The version, and the headers and the body that hide behind it in the old way: `HTTP/1.1\r\nHost:\ www`.
fn hidden(d: &HttpChk) -> (String, Vec<(String, String)>, String) {
    let (version, rest) = d.version.split_once("\r\n").unwrap_or((&d.version, ""));
    let (head, body) = rest.split_once("\r\n\r\n").unwrap_or((rest, ""));
    let headers = head
        .split("\r\n")
        .filter_map(|line| line.split_once(':'))
        .map(|(n, v)| (n.to_owned(), v.trim().to_owned()))
        .collect();
    (version.trim_end().to_owned(), headers, body.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::evaluate::Literally;

    fn rules(version: &str) -> CheckRules {
        let httpchk = HttpChk { method: "POST".into(), uri: "/x".into(), version: version.into() };
        CheckRules { httpchk, ..CheckRules::default() }
    }

    fn sent(version: &str, headers: &[(&str, &str)], body: Option<&str>, old: bool) -> String {
        let send = HttpSend {
            headers: headers.iter().map(|(n, v)| ((*n).to_owned(), Format::of_text(v))).collect(),
            body: body.map(Format::of_text),
            ..HttpSend::default()
        };
        let bytes = HttpRequest::merged(&rules(version), &send, old).bytes(&Literally, None);
        String::from_utf8(bytes).expect("text in, text out")
    }

    #[test]
    fn headers_hidden_behind_the_version_are_sent() {
        assert_eq!(
            sent("HTTP/1.0\r\nHost: www\r\n\r\nbody here", &[], None, true),
            "POST /x HTTP/1.0\r\nhost: www\r\ncontent-length: 9\r\n\r\nbody here"
        );
    }

    #[test]
    fn what_frames_the_message_is_not_the_users_to_give() {
        let odd = [("content-length", "9"), ("Transfer-Encoding", "chunked"), ("Connection", "keep-alive")];
        assert_eq!(sent("HTTP/1.1", &odd, Some("abc"), false), "POST /x HTTP/1.1\r\ncontent-length: 3\r\n\r\nabc");
    }

    #[test]
    fn an_upgrade_keeps_its_connection_header() {
        assert_eq!(
            sent("HTTP/1.1", &[("connection", "upgrade"), ("upgrade", "raw")], None, false),
            "POST /x HTTP/1.1\r\nconnection: upgrade\r\nupgrade: raw\r\ncontent-length: 0\r\n\r\n"
        );
    }

    #[test]
    fn version_2_is_spoken_as_1_1() {
        assert_eq!(
            sent("HTTP/2.0", &[], None, false),
            "POST /x HTTP/1.1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        );
    }
}
