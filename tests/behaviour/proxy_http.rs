//! HTTP through the proxy: what goes out on either side, and what is logged.

use std::io::Write as _;
use std::net::TcpStream;

use crate::farm::{Origin, Proxy, Syslog, read_answer};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

fn one_server(name: &str, options: &str, origin: &Origin, log: &Syslog) -> Proxy {
    let rest = format!("listen l\n bind {{front}}\n {options}\n server s1 {}", origin.address);
    Proxy::new(name, log, &rest)
}

#[test]
fn request_and_response_pass_in_lower_case_and_are_logged() {
    let (origin, log) = (Origin::new(OK), Syslog::new());
    let p = one_server("pass", "option forwardfor", &origin, &log);
    let got = p.ask("GET /a HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n");
    assert_eq!(got, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    assert_eq!(
        origin.got(),
        "GET /a HTTP/1.1\r\nhost: x\r\nx-forwarded-for: 1.2.3.4\r\nx-forwarded-for: 127.0.0.1\r\n\r\n"
    );
    let line = log.line("\"GET /a HTTP/1.1\"");
    assert!(line.starts_with("<134>") && line.contains("] l l/s1 ") && line.contains(" 200 51 - - ---- "), "{line}");
}

#[test]
fn bad_request_gets_the_page_of_an_error_file_and_its_letters() {
    let (origin, log) = (Origin::new(OK), Syslog::new());
    let p = one_server("bad", "", &origin, &log);
    let got = p.ask("GARBAGE\r\n\r\n");
    assert!(got.starts_with("HTTP/1.1 400 Bad request\r\nContent-length: 90\r\nCache-Control: no-cache\r\n"), "{got}");
    let line = log.line("<BADREQ>");
    assert!(line.contains("l/<NOSRV> -1/-1/-1/-1/0 400 0 - - PR-- "), "{line}");
    assert_eq!(origin.connections(), 0);
}

#[test]
fn kept_connections_are_used_again_on_both_sides() {
    let (origin, log) = (Origin::new(OK), Syslog::new());
    let p = one_server("keep", "", &origin, &log);
    let mut s = TcpStream::connect(p.front).expect("it listens");
    for _ in 0..5 {
        s.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").expect("it reads");
        assert!(read_answer(&mut s).ends_with("ok"));
    }
    assert_eq!(origin.connections(), 1);
}

#[test]
fn server_close_opens_a_connection_for_each_request() {
    let (origin, log) = (Origin::new(OK), Syslog::new());
    let p = one_server("close", "option http-server-close", &origin, &log);
    let mut s = TcpStream::connect(p.front).expect("it listens");
    for _ in 0..3 {
        s.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").expect("it reads");
        assert!(read_answer(&mut s).ends_with("ok"));
    }
    assert_eq!(origin.connections(), 3);
    assert_eq!(origin.got().matches("connection: close\r\n").count(), 3);
}

#[test]
fn round_robin_alternates_from_the_first_and_passes_over_the_dead() {
    let log = Syslog::new();
    let (a, b) = (Origin::new(OK), Origin::new(OK));
    let rest = format!(
        "listen l\n bind {{front}}\n balance roundrobin\n option redispatch\n server s1 {}\n server s2 {}\n server s3 127.0.0.1:1",
        a.address, b.address
    );
    let p = Proxy::new("rr", &log, &rest);
    for n in 0..6 {
        assert!(p.ask(&format!("GET /{n} HTTP/1.1\r\nHost: x\r\n\r\n")).ends_with("ok"));
    }
    assert!(log.line("GET /0 ").contains("l/s1 "));
    assert!(log.line("GET /1 ").contains("l/s2 "));
    let line = log.line("GET /2 ");
    assert!(line.contains("l/s1 ") && line.contains("/+1 0/0 "), "{line}");
}

#[test]
fn silent_server_is_answered_for_with_504() {
    let log = Syslog::new();
    let origin = Origin::new("");
    let p = one_server("silent", "", &origin, &log);
    let got = p.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    assert!(got.starts_with("HTTP/1.1 504 Gateway Time-out\r\n"), "{got}");
    let line = log.line("\"GET / HTTP/1.1\"");
    assert!(line.contains(" 504 198 - - sH-- "), "{line}");
}

#[test]
fn requests_beyond_maxconn_wait_for_their_turn() {
    let (origin, log) = (Origin::new(OK), Syslog::new());
    let rest = format!("listen l\n bind {{front}}\n option http-server-close\n server s1 {} maxconn 1", origin.address);
    let p = Proxy::new("queue", &log, &rest);
    std::thread::scope(|scope| {
        let all: Vec<_> =
            (0..8).map(|_| scope.spawn(|| p.ask("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))).collect();
        for t in all {
            assert!(t.join().expect("no panic").ends_with("ok"));
        }
    });
}

#[test]
fn cookie_keeps_a_client_on_its_server() {
    let log = Syslog::new();
    let (a, b) = (Origin::new(OK), Origin::new(OK));
    let rest = format!(
        "listen l\n bind {{front}}\n cookie SRV insert indirect\n server s1 {} cookie one\n server s2 {} cookie two",
        a.address, b.address
    );
    let p = Proxy::new("cookie", &log, &rest);
    let got = p.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    assert!(got.contains("set-cookie: SRV=one; path=/\r\n"), "{got}");
    for _ in 0..3 {
        p.ask("GET /back HTTP/1.1\r\nHost: x\r\nCookie: SRV=two; other=1\r\n\r\n");
        assert!(log.line("GET /back ").contains("l/s2 "));
    }
    assert!(b.got().contains("cookie: other=1\r\n") && !b.got().contains("SRV="), "the server never sees it");
}

#[test]
fn successor_takes_over_without_losing_a_request() {
    let (origin, log) = (Origin::new(OK), Syslog::new());
    let mut p = one_server("reload", "", &origin, &log);
    let front = p.front;
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let mut n = 0;
                    while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                        let mut s = TcpStream::connect(front).expect("somebody listens at any time");
                        s.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").expect("it reads");
                        assert!(read_answer(&mut s).ends_with("ok"), "request {n}");
                        n += 1;
                    }
                    n
                })
            })
            .collect();
        for _ in 0..3 {
            p.reload();
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        assert!(clients.into_iter().map(|c| c.join().expect("no request failed")).sum::<usize>() > 0);
    });
}

#[test]
fn server_that_dies_and_comes_back_is_told_of() {
    let log = Syslog::new();
    let origin = Origin::new("HTTP/1.0 503 Away\r\nContent-Length: 0\r\n\r\n");
    let rest =
        format!("listen l\n bind {{front}}\n option httpchk\n server s1 {} check inter 100ms fall 1", origin.address);
    let _p = Proxy::new("check", &log, &rest);
    let line = log.line("is DOWN");
    assert!(
        line.contains("Server l/s1 is DOWN, reason: Layer7 wrong status, code: 503, info: \"Away\", check duration: "),
        "{line}"
    );
    assert!(origin.got().starts_with("OPTIONS / HTTP/1.0\r\n\r\n"));
    log.line("proxy l has no server available!");
}
