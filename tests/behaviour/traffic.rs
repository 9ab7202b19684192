//! `-d`: what is shown of streams, line for line as by the original; descriptors are each program's own.

use std::{
    io::{Read as _, Write as _},
    net::Shutdown,
    os::unix::net::UnixListener,
    time::Duration,
};

use super::proxy_space::{Proxy, binaries, until};

const CONFIGURATION: &str = "global
    stats socket @cli@ level admin
    maxconn 100
defaults
    mode http
    timeout client 10s
    timeout server 10s
    timeout connect 5s
    retries 0
frontend fe
    bind @in@
    http-request deny if { path /deny }
    use_backend own if { path /own }
    use_backend gone if { path /gone }
    default_backend be
backend be
    server s1 @web@
backend own
    http-request return status 200
backend gone
    server s1 @nobody@
listen bytes
    mode tcp
    bind @bytes@
    server s1 @web@
listen refused
    mode tcp
    bind @refused@
    tcp-request content reject
    server s1 @web@
frontend late
    bind @late@
    tcp-request inspect-delay 100ms
    tcp-request content reject if WAIT_END
";

/// What was shown so far.
fn shown(p: &Proxy) -> String {
    String::from_utf8_lossy(&std::fs::read(p.file("out")).unwrap_or_default()).into_owned()
}

/// With `C` and `S` for descriptors and `L` for the listener's.
fn normalized(text: &str) -> String {
    let accepted = regex::Regex::new(r"accept\([0-9a-f]{4}\)=[0-9a-f]{4}").expect("valid");
    let client = regex::Regex::new(r"\[0[0-9a-f]{3}:").expect("valid");
    let server = regex::Regex::new(r":0[0-9a-f]{3}\]").expect("valid");
    let text = accepted.replace_all(text, "accept(L)=C");
    let text = client.replace_all(&text, "[C:");
    server.replace_all(&text, ":S]").into_owned()
}

/// Waits for the end of a stream, so that the next begins behind it.
fn closed(p: &Proxy, streams: usize) {
    until("the stream ends", || shown(p).matches(".closed[").count() >= streams);
}

fn drive(p: &Proxy) {
    let web = UnixListener::bind(p.file("web")).expect("a socket");
    std::thread::spawn(move || {
        for stream in web.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut buf = [0; 4096];
            // A whole request in one piece: that is how they are sent here.
            while let Ok(1..) = stream.read(&mut buf) {
                if stream.write_all(b"HTTP/1.1 200 OK\r\nX-Some:  Thing \r\nContent-Length: 2\r\n\r\nok").is_err() {
                    break;
                }
            }
        }
    });
    let requests = [
        "GET /a?b HTTP/1.1\r\nHost: h\r\nX-MiXed:  a b \r\nConnection: close\r\n\r\n",
        "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc",
        "HEAD /h HTTP/1.0\r\n\r\n",
        "GET /deny HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        "GET /own HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        "GET /gone HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
    ];
    for (i, request) in requests.iter().enumerate() {
        assert!(p.exchange("in", request.as_bytes()).starts_with("HTTP/1.1 "), "{}", p.log());
        closed(p, i + 2);
    }
    // Two requests on one connection are two streams.
    let mut kept = p.connect("in");
    for i in 8..10 {
        kept.write_all(b"GET /k HTTP/1.1\r\nHost: h\r\n\r\n").expect("it reads");
        closed(p, i);
    }
    drop(kept);
    let mut bytes = p.connect("bytes");
    bytes.write_all(b"x").expect("it reads");
    bytes.shutdown(Shutdown::Write).expect("connected");
    let mut answer = Vec::new();
    bytes.read_to_end(&mut answer).expect("an answer");
    closed(p, 10);
    drop(p.connect("refused"));
    closed(p, 11);
    p.exchange("late", b"GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    closed(p, 12);
    p.ask("cli", "show info");
    closed(p, 13);
    // What is no request shows nothing.
    assert!(p.exchange("in", b"GET / HTTP/1.1\r\n:\r\n\r\n").starts_with("HTTP/1.1 400"));
}

#[test]
fn traffic_is_shown_as_by_the_original() {
    let mut all = Vec::new();
    for binary in binaries(module_path!()) {
        let p = Proxy::launch(binary, CONFIGURATION, &["-d"]);
        // The socket that is looked for at first is the operators', whose connections are streams too.
        closed(&p, 1);
        drive(&p);
        all.push(normalized(&shown(&p)));
    }
    let ours = &all[0];
    assert!(ours.contains(":fe.accept(L)=C from [unix:1] ALPN=<none>\n"), "{ours}");
    assert!(ours.contains(":fe.clihdr[C:ffffffff]: x-mixed: a b\n"), "{ours}");
    assert!(ours.contains(":be.srvrep[C:S]: HTTP/1.1 200 OK\n"), "{ours}");
    assert!(all.windows(2).all(|w| w[0] == w[1]), "ours:\n{ours}\ntheirs:\n{}", all[all.len() - 1]);
}

#[test]
fn nothing_is_shown_in_the_background_or_without_being_asked() {
    for binary in binaries(module_path!()) {
        for words in [&["-db"][..], &["-db", "-q"]] {
            let p = Proxy::launch(&binary, CONFIGURATION, words);
            p.get("in", "/own", &[]);
            std::thread::sleep(Duration::from_millis(50));
            assert_eq!(shown(&p), "");
        }
        let p = Proxy::launch(&binary, CONFIGURATION, &["-q", "-d"]);
        until("it says how it waits", || shown(&p).starts_with("Using epoll() as the polling mechanism.\n"));
        assert!(p.log().contains("Available polling systems :\n      epoll : pref=300,  test result OK\n"));
    }
}
