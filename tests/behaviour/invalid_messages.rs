//! `show errors`: what could not be read is kept and shown as the original shows it.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
};

use super::proxy_space::{Proxy, binaries};

const CONFIGURATION: &str = "global
    stats socket @cli@ level admin
defaults
    mode http
    timeout client 10s
    timeout server 10s
    timeout connect 5s
frontend f
    bind @in@
    default_backend b
backend b
    server s1 SERVER
listen l
    bind @other@
    server s1 127.0.0.1:9
";

/// A server that answers every connection with the same bytes, until it is asked to stop.
struct Answers(SocketAddr);

impl Answers {
    fn start(bytes: &'static [u8]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let mut request = [0; 4096];
                let n = stream.read(&mut request).unwrap_or(0);
                if request[..n].starts_with(b"STOP") {
                    return;
                }
                let _ = stream.write_all(bytes);
            }
        });
        Self(address)
    }
}

impl Drop for Answers {
    fn drop(&mut self) {
        if let Ok(mut s) = TcpStream::connect(self.0) {
            let _ = s.write_all(b"STOP");
        }
    }
}

/// Without moments, and without what tells of the original's own parser: its flags and the room of its buffer.
fn shown(p: &Proxy, command: &str) -> Vec<String> {
    let moment = regex::Regex::new(r"\[\d\d/\w+/\d{4}:[\d:.]+\]").expect("a valid expression");
    let text = p.ask("cli", command);
    let own = |l: &&str| l.contains("H1 connection flags") || l.contains(" free,") || l.contains("H1 chunk len");
    let lines = text.lines().filter(|l| !own(l)).map(|l| l.split(", H1 msg flags").next().unwrap_or(l));
    let clean = |l: &str| match l.split_once(", wraps at ") {
        Some((length, rest)) => format!("{length}, {}", rest.split_once(", ").map_or("", |(_, at)| at)),
        None => moment.replace_all(l, "[NOW]").into_owned(),
    };
    lines.map(clean).collect()
}

#[test]
fn what_could_not_be_read_is_shown_with_its_bytes() {
    let server = Answers::start(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Bad\x01Name: v\r\n\r\nhello");
    let text = CONFIGURATION.replace("SERVER", &server.0.to_string());
    let long = format!("GET / HTTP/1.1\r\nB b: 1\r\nX: {}\x1b\\\r\n\r\n\x07", "\x7f".repeat(60));
    let requests: [(&str, &[u8]); 10] = [
        ("400", b"GET / HTTP/1.1\r\nHost: h\r\nBad\x00Header: x\r\nTab:\tx\\y\"z\r\n\r\nbody\r\n"),
        ("400", b"G\x01T / HTTP/1.1\r\n\r\n"),
        ("400", b" GET / HTTP/1.1\r\n\r\n"),
        ("400", b"GET /\x01 HTTP/1.1\r\n\r\n"),
        ("400", b"GET / HTTP/1.1 \r\n\r\n"),
        ("400", b"GET / HTTP/1.1\rX\r\n\r\n"),
        ("400", b"GET / HTTP/1.1\r\nX: a\rb\r\n\r\n"),
        ("400", b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n"),
        ("400", long.as_bytes()),
        ("502", b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
    ];
    let mut all = Vec::new();
    for binary in binaries(module_path!()) {
        let p = Proxy::start(binary, &text);
        assert_eq!(shown(&p, "show errors"), ["Total events captured on [NOW] : 0", ""]);
        let mut answers = Vec::new();
        for (status, request) in requests {
            let answer = p.exchange("in", request);
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
            answers.push(shown(&p, "show errors"));
        }
        p.exchange("other", b"GET\r\n\r\n");
        for command in [
            "show errors",
            "show errors f",
            "show errors l request",
            "show errors 3",
            "show errors -1 response",
            "show errors zz",
        ] {
            answers.push(shown(&p, command));
        }
        all.push(answers);
    }
    assert_eq!(all[0][0][2], "[NOW] frontend f (#2): invalid request");
    assert_eq!(all[0][0].last().map(String::as_str), Some(""));
    for pair in all.windows(2) {
        pair[0].iter().zip(&pair[1]).for_each(|(ours, theirs)| assert_eq!(ours, theirs));
    }
}
