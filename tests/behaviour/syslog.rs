//! Rings and log forwarders: what comes in, in which form it goes on, and what operators see. The original does the same.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream, UdpSocket},
    time::Duration,
};

use super::proxy_space::{OURS, Proxy, binaries, until};

/// The moment of now, in any form.
fn without_now(text: &str) -> String {
    let year = r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}[+-]\d\d:\d\d";
    let stamp = regex::Regex::new(&format!("{year}|{}", r"\w{3} [ \d]\d \d\d:\d\d:\d\d")).expect("a valid expression");
    // What came in names a moment of its own.
    stamp
        .replace_all(
            text,
            |c: &regex::Captures<'_>| if c[0].contains("10:11:12") { c[0].to_owned() } else { "NOW".into() },
        )
        .into_owned()
}

fn receiver() -> (UdpSocket, SocketAddr) {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    socket.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
    let address = socket.local_addr().expect("it is bound");
    (socket, address)
}

/// A port that nobody has just now.
fn free() -> SocketAddr {
    receiver().1
}

fn received(socket: &UdpSocket) -> String {
    let mut buffer = [0; 4096];
    let n = socket.recv(&mut buffer).expect("a message");
    without_now(&String::from_utf8_lossy(&buffer[..n]))
}

const MESSAGES: [&str; 8] = [
    "<134>Nov 22 10:11:12 myhost app[77]: hello",
    "<134>Nov 22 10:11:12 app[77]: no host",
    "<134>1 2026-11-22T10:11:12.123456+01:00 h5 app5 99 ID47 [a@1 b=\"c\"] text",
    "no priority at all",
    "<13>just text",
    "<999>x y z",
    "<13>1 - - - - - - nil\n",
    "<5>",
];

#[test]
fn messages_are_sent_on_in_their_own_form_or_another() {
    let forms = [
        "",
        "format rfc5424",
        "format rfc3164",
        "format local",
        "format iso",
        "format raw",
        "format short",
        "format timed",
        "format priority",
    ];
    let receivers: Vec<_> = forms.iter().map(|_| receiver()).collect();
    let lines: String =
        forms.iter().zip(&receivers).map(|(form, (_, a))| format!("    log {a} {form} local0\n")).collect();
    let mut all = Vec::new();
    for binary in binaries(module_path!()) {
        let (datagrams, streams) = (free(), free());
        let text = format!(
            "global\n    stats socket @cli@ level admin\nring kept\n    format rfc5424\n    maxlen 200\n    description \"What came\"\nring plain\n\
             log-forward l\n    dgram-bind {datagrams}\n    bind {streams}\n{lines}    log ring@@kept local1\n    log ring@@plain local1\n"
        );
        let p = Proxy::start(binary, &text);
        let sender = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        let mut seen = Vec::new();
        for message in MESSAGES {
            sender.send_to(message.as_bytes(), datagrams).expect("it goes out");
            seen.extend(receivers.iter().map(|(r, _)| received(r)));
        }
        let mut stream = TcpStream::connect(streams).expect("it listens");
        stream
            .write_all(
                b"<134>Nov 22 10:11:12 myhost app[77]: a line\n47 <134>Nov 22 10:11:12 myhost app[77]: counted 12",
            )
            .expect("it reads");
        for _ in 0..2 {
            seen.extend(receivers.iter().map(|(r, _)| received(r)));
        }
        // What is no message ends the connection.
        stream.write_all(b"nonsense\n").expect("it reads");
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
        assert_eq!(stream.read(&mut [0; 8]).expect("its end"), 0);
        for command in [
            "show events",
            "show events kept",
            "show events plain",
            "show events zz",
            "show events stdout",
            "show events kept -n",
        ] {
            seen.push(without_now(&p.ask("cli", command)));
        }
        all.push(seen);
    }
    assert_eq!(all[0][0], "<134>Nov 22 10:11:12 myhost app[77]: hello\n");
    assert_eq!(all[0][1], "<134>1 2026-11-22T10:11:12-00:00 myhost app 77 - - hello\n");
    for pair in all.windows(2) {
        assert_eq!(pair[0].len(), pair[1].len());
        pair[0].iter().zip(&pair[1]).for_each(|(ours, theirs)| assert_eq!(ours, theirs));
    }
}

#[test]
fn a_ring_is_sent_on_over_tcp_once_its_server_is_there() {
    for (proto, want) in [("", "\n"), (" log-proto octet-count", " ")] {
        for binary in binaries(module_path!()) {
            let server = TcpListener::bind("127.0.0.1:0").expect("a free port");
            let address = server.local_addr().expect("it is bound");
            let text = format!(
                "global\n    stats socket @cli@ level admin\nring r\n    format rfc3164\n    timeout connect 5s\n    timeout server 10s\n    server s {address}{proto}\n\
                 defaults\n    mode http\n    timeout client 10s\nfrontend f\n    bind @in@\n    log ring@@r local3\n    log-format \"asked for %HU\"\n    http-request return status 200\n"
            );
            let p = Proxy::start(binary, &text);
            p.get("in", "/one", &[]);
            p.get("in", "/two", &[]);
            let (mut stream, _) = server.accept().expect("it connects");
            stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
            let mut text = String::new();
            let mut buffer = [0; 4096];
            while !text.contains("asked for /two") {
                let n = stream.read(&mut buffer).expect("bytes");
                assert!(n > 0, "it went away");
                text.push_str(&String::from_utf8_lossy(&buffer[..n]));
            }
            let shape = match want {
                "\n" => r"^<158>\w{3} [ \d]\d \S+ \S+ haproxy\[\d+\]: asked for /one\n<158>.* asked for /two\n$",
                _ => r"^(\d\d) <158>\w{3} [ \d]\d \S+ \S+ haproxy\[\d+\]: asked for /one\d\d <158>.* asked for /two$",
            };
            let shape = regex::Regex::new(shape).expect("a valid expression");
            until("the end of the last has come", || {
                if shape.is_match(&text) {
                    return true;
                }
                let n = stream.read(&mut buffer).unwrap_or(0);
                text.push_str(&String::from_utf8_lossy(&buffer[..n]));
                shape.is_match(&text)
            });
        }
    }
}

#[test]
fn an_operator_can_wait_for_events() {
    for binary in binaries(module_path!()) {
        let text = "global\n    stats socket @cli@ level admin\nring r\ndefaults\n    mode http\n    timeout client 10s\nfrontend f\n    bind @in@\n    log ring@@r local3\n    log-format %HU\n    http-request return status 200\n";
        let is_ours = binary == std::path::Path::new(OURS);
        let p = Proxy::start(binary, text);
        p.get("in", "/before", &[]);
        until("it is kept", || p.ask("cli", "show events r") == "/before\n\n");
        let mut stream = p.connect("cli");
        stream.write_all(b"show events r -w -n\n").expect("it reads");
        // It has begun to wait once what comes is seen.
        let mut seen = String::new();
        let mut buffer = [0; 4096];
        stream.set_read_timeout(Some(Duration::from_millis(50))).expect("a timeout");
        until("it tells what comes", || {
            p.get("in", "/after", &[]);
            let n = stream.read(&mut buffer).unwrap_or(0);
            seen.push_str(&String::from_utf8_lossy(&buffer[..n]));
            seen.contains("/after\n")
        });
        assert!(!seen.contains("/before"), "{seen}");
        // The original does not notice a key here.
        if !is_ours {
            continue;
        }
        stream.write_all(b"\n").expect("it reads");
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
        let mut rest = String::new();
        stream.read_to_string(&mut rest).expect("its end");
        assert!(rest.ends_with('\n'), "{rest}");
    }
}
