//! The built-in line formats, and the printing of any format.

use std::sync::OnceLock;

use super::facts::Facts;
use super::fields;
use crate::ir::expr::{Format, FormatNode, FormatOptions, Sample};

/// A built-in format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Builtin {
    /// No format at all: one line when a connection comes.
    Connect,
    Tcp,
    Http,
    Clf,
    Https,
    /// A connection that ended before it was a stream.
    Handshake,
}

/// The texts are interface: analysers of logs know them.
const TEXTS: [&str; 6] = [
    "Connect from %ci:%cp to %fi:%fp (%f/",
    "%ci:%cp [%t] %ft %b/%s %Tw/%Tc/%Tt %B %ts %ac/%fc/%bc/%sc/%rc %sq/%bq",
    "%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %hr %hs %{+Q}r",
    "%ci - - [%trg] %{+Q}r %ST %B \"\" \"\" %cp %ms %{+Q}ft %{+Q}b %{+Q}s %TR %Tw %Tc %Tr %Ta %tsc %ac %fc %bc %sc \
     %rc %sq %bq %{+Q}CC %{+Q}CS %{+Q}hrl %{+Q}hsl",
    "%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %hr %hs %{+Q}r \
     0/-/-/-/0 -/-/-",
    "%ci:%cp [%t] %ft: ",
];

/// The format, compiled once.
pub fn builtin(which: Builtin) -> &'static Format {
    static COMPILED: OnceLock<Vec<Format>> = OnceLock::new();
    &COMPILED.get_or_init(|| TEXTS.iter().map(|t| compile(t)).collect())[which as usize]
}

/// Compiles a text of our own: fields, `%{+Q}`, blanks and plain text.
fn compile(text: &str) -> Format {
    let mut nodes = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let end = match c {
            '%' => {
                let quote = rest.starts_with("%{+Q}");
                let start = if quote { 5 } else { 1 };
                let len = rest[start..].find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len() - start);
                let field = fields::find(&rest[start..start + len]).expect("our own texts name fields that exist");
                let options = FormatOptions { quote, ..FormatOptions::default() };
                nodes.push(FormatNode::Field { field, args: String::new(), options });
                start + len
            }
            ' ' => {
                nodes.push(FormatNode::Separator);
                1
            }
            _ => {
                let end = rest.find(['%', ' ']).unwrap_or(rest.len());
                nodes.push(FormatNode::Text(rest[..end].to_owned()));
                end
            }
        };
        rest = &rest[end..];
    }
    Format { nodes, text: text.to_owned() }
}

/// Appends a line. Runs of blanks become one, also round a field that printed nothing. `sample` prints the expressions.
pub fn print(
    format: &Format,
    facts: &Facts<'_>,
    out: &mut Vec<u8>,
    mut sample: impl FnMut(&Sample, FormatOptions, &mut Vec<u8>),
) {
    let mut blank = true;
    for node in &format.nodes {
        let before = out.len();
        match node {
            FormatNode::Text(t) => out.extend_from_slice(t.as_bytes()),
            FormatNode::Field { field, options, .. } => fields::print(*field, facts, *options, out),
            FormatNode::Sample { sample: s, options } => sample(s, *options, out),
            FormatNode::Separator => {
                if !blank {
                    out.push(b' ');
                    blank = true;
                }
                continue;
            }
        }
        if out.len() > before {
            blank = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::facts::Timers;

    fn line(which: Builtin, facts: &Facts<'_>) -> String {
        let mut out = Vec::new();
        print(builtin(which), facts, &mut out, |_, _, _| {});
        String::from_utf8(out).expect("ASCII")
    }

    fn facts() -> Facts<'static> {
        Facts {
            client: "192.168.56.1:31480".parse().ok(),
            accepted: 1_795_328_695_444_000,
            timers: Timers { handshake: 0, idle: 0, request: 0, queue: 0, connect: 1, data: 3, close: 4 },
            frontend: "http-in",
            backend: "webservers",
            server: Some("web1"),
            status: 200,
            bytes_out: 359,
            active_connections: 1,
            frontend_connections: 1,
            request_line: Some(b"GET / HTTP/1.1"),
            is_http: true,
            ..Facts::default()
        }
    }

    #[test]
    fn http_line_has_one_blank_where_captures_are_missing() {
        assert_eq!(
            line(Builtin::Http, &facts()),
            "192.168.56.1:31480 [22/Nov/2026:06:24:55.444] http-in webservers/web1 0/0/1/2/4 200 359 - - ---- \
             1/1/0/0/0 0/0 \"GET / HTTP/1.1\""
        );
    }

    #[test]
    fn http_line_shows_captures_and_a_redispatch() {
        let caught = [Some(b"a{|}\"#\xe9".to_vec()), None];
        let f = Facts {
            request_captures: &caught,
            redispatched: true,
            retries: 1,
            request_cookie: Some(b"A=123"),
            ..facts()
        };
        let all = line(Builtin::Http, &f);
        assert!(all.ends_with(" A=123 - ---- 1/1/0/0/+1 0/0 {a#7B#7C#7D#22#23#E9|} \"GET / HTTP/1.1\""), "{all}");
    }

    #[test]
    fn bad_request_has_no_server_and_no_times() {
        let f = Facts {
            server: None,
            backend: "http-in",
            timers: Timers::default(),
            status: 400,
            bytes_out: 0,
            termination: *b"PR--",
            request_line: None,
            ..facts()
        };
        let all = line(Builtin::Http, &f);
        assert!(all.contains("http-in http-in/<NOSRV> -1/-1/-1/-1/0 400 0 - - PR-- "), "{all}");
        assert!(all.ends_with("\"<BADREQ>\""));
    }

    #[test]
    fn tcp_line_ends_with_the_queues() {
        let all = line(Builtin::Tcp, &facts());
        assert_eq!(
            all,
            "192.168.56.1:31480 [22/Nov/2026:06:24:55.444] http-in webservers/web1 0/1/4 359 -- 1/1/0/0/0 0/0"
        );
    }
}
