//! Requests that go where no server is: `dispatch`, `option transparent`; and what a failed server's cookie is worth.

use std::io::Write as _;
use std::net::TcpStream;

use crate::farm::{Origin, Proxy, Syslog, read_answer};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const GET: &str = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

#[test]
fn dispatch_serves_whom_no_cookie_sends_to_a_server() {
    let (origin, server, log) = (Origin::new(OK), Origin::new(OK), Syslog::new());
    let rest = format!(
        "listen l\n bind {{front}}\n dispatch {}\n cookie S insert\n server s {} cookie x",
        origin.address, server.address
    );
    let p = Proxy::new("dispatch", &log, &rest);
    let got = p.ask(GET);
    assert!(got.ends_with("ok") && !got.contains("set-cookie"), "{got}");
    assert!(log.line("GET / ").contains(" l/<NOSRV> "));
    p.ask("GET /x HTTP/1.1\r\nHost: x\r\nCookie: S=x\r\n\r\n");
    assert!(log.line("GET /x ").contains(" l/s "));
    assert_eq!(server.connections(), 1);
}

#[test]
fn connection_of_dispatch_stays_with_its_client() {
    let (origin, log) = (Origin::new(OK), Syslog::new());
    let rest = format!("listen l\n bind {{front}}\n http-reuse always\n dispatch {}", origin.address);
    let p = Proxy::new("dispatch-keep", &log, &rest);
    for clients in 1..3 {
        let mut s = TcpStream::connect(p.front).expect("it listens");
        for _ in 0..3 {
            s.write_all(GET.as_bytes()).expect("it reads");
            assert!(read_answer(&mut s).ends_with("ok"));
        }
        assert_eq!(origin.connections(), clients);
    }
}

#[test]
fn balance_beside_dispatch_wins_over_it() {
    let (origin, log) = (Origin::new(OK), Syslog::new());
    let rest = format!("listen l\n bind {{front}}\n balance roundrobin\n dispatch {}", origin.address);
    let p = Proxy::new("dispatch-not", &log, &rest);
    assert!(p.ask(GET).starts_with("HTTP/1.1 503 "));
    assert_eq!(origin.connections(), 0);
}

#[test]
fn transparent_proxy_connects_to_where_the_client_wanted_to() {
    let (origin, log) = (Origin::new(OK), Syslog::new());
    let to = origin.address;
    let rest = format!(
        "listen l\n bind {{front}}\n option transparent\n http-request set-dst ipv4({})\n http-request set-dst-port int({})",
        to.ip(),
        to.port()
    );
    let p = Proxy::new("transparent", &log, &rest);
    assert!(p.ask(GET).ends_with("ok"));
    assert!(log.line("GET / ").contains(" l/<NOSRV> "));
}

#[test]
fn bytes_go_to_the_dispatch_address_too() {
    let (origin, log) = (Origin::new(OK), Syslog::new());
    let rest = format!("listen l\n bind {{front}}\n mode tcp\n option tcplog\n dispatch {}", origin.address);
    let p = Proxy::new("dispatch-tcp", &log, &rest);
    assert_eq!(p.ask(GET), OK);
    assert!(log.line(" l ").contains(" l/<NOSRV> "));
}

#[test]
fn cookie_of_a_server_that_could_not_be_reached_counts_as_down() {
    let (origin, log) = (Origin::new(OK), Syslog::new());
    let rest = format!(
        "listen l\n bind {{front}}\n option redispatch\n cookie C insert\n server x 127.0.0.1:1 cookie x\n server y {} cookie y",
        origin.address
    );
    let p = Proxy::new("redispatch-cookie", &log, &rest);
    p.ask("GET / HTTP/1.1\r\nHost: x\r\nCookie: C=x\r\n\r\n");
    let line = log.line("GET / ");
    assert!(line.contains(" l/y ") && line.contains(" --DI ") && line.contains("/+1 0/0 "), "{line}");
}

#[test]
fn cookie_that_is_only_looked_at_has_no_letters_and_inserting_one_takes_the_servers_away() {
    const SETS: &str = "HTTP/1.1 200 OK\r\nSet-Cookie: C=zz\r\nContent-Length: 0\r\n\r\n";
    let (origin, log) = (Origin::new(SETS), Syslog::new());
    let with = |how: &str| format!("listen l\n bind {{front}}\n cookie C {how}\n server x {} cookie x", origin.address);
    for (how, letters, cookies) in [
        ("", " ---- ", 1),
        ("indirect", " --VD ", 0),
        ("indirect preserve", " --VP ", 1),
        ("insert", " --VD ", 0),
        ("rewrite", " --VR ", 1),
        ("prefix", " --VR ", 1),
    ] {
        let p = Proxy::new("cookie-letters", &log, &with(how));
        let got = p.ask("GET / HTTP/1.1\r\nHost: x\r\nCookie: C=x\r\n\r\n");
        assert_eq!(got.matches("set-cookie: ").count(), cookies, "{how}: {got}");
        let line = log.line("GET / ");
        assert!(line.contains(letters), "{how}: {line}");
    }
}
