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

/// The values were seen from HAProxy 2.6.12.
#[test]
fn dynamic_cookies_are_made_from_address_and_secret_and_lead_back() {
    use crate::proxy_space::{OURS, Proxy as Space};
    let text = "global\n stats socket @cli.sock@ level admin\ndefaults\n mode http\n timeout connect 2s\n timeout client 5s\n \
                timeout server 5s\nbackend b\n cookie S insert dynamic\n dynamic-cookie-key secret\n server s1 127.0.0.1:80\n \
                server s2 [::1]:80\n server s3 127.0.0.1:82 cookie own\n";
    let p = Space::start(OURS, text);
    let cookies = || {
        let rows = p.ask("cli.sock", "show stat");
        let head: Vec<_> = rows.lines().next().unwrap_or_default().split(',').collect();
        let at = head.iter().position(|h| *h == "cookie").expect("the column");
        let of = |s: &str| rows.lines().find(|l| l.starts_with(&format!("b,{s},"))).and_then(|l| l.split(',').nth(at));
        ["s1", "s2", "s3"].map(|s| of(s).unwrap_or_default().to_owned())
    };
    assert_eq!(cookies(), ["83fb1331509c7322", "acb2c8fe37035824", "own"]);
    assert_eq!(p.ask("cli.sock", "set dynamic-cookie-key backend b other"), "\n");
    assert_eq!(cookies(), ["a4bd7b5eaf35eb9a", "fc207756aec6f6f5", "own"]);
    p.ask("cli.sock", "disable dynamic-cookie backend b");
    p.ask("cli.sock", "set dynamic-cookie-key backend b third");
    assert_eq!(cookies(), ["", "", "own"]);
    p.ask("cli.sock", "enable dynamic-cookie backend b");
    assert_eq!(cookies(), ["9c3dfce7bb9cb713", "570a68d40d77bf3d", "own"]);
    assert_eq!(p.ask("cli.sock", "enable dynamic-cookie backend nope"), "No such backend.\n\n");
    assert_eq!(p.ask("cli.sock", "set dynamic-cookie-key backend b"), "String value expected.\n\n");

    let (a, b, log) = (Origin::new(OK), Origin::new(OK), Syslog::new());
    let rest = format!(
        "listen l\n bind {{front}}\n cookie S insert dynamic\n dynamic-cookie-key k\n server a {}\n server b {}",
        a.address, b.address
    );
    let p = Proxy::new("dynamic-cookie", &log, &rest);
    let got = p.ask(GET);
    assert!(log.line("GET / ").contains(" l/a "));
    let (_, rest) = got.split_once("set-cookie: ").expect("a cookie");
    let cookie = rest.split(';').next().expect("a value").to_owned();
    for _ in 0..3 {
        p.ask(&format!("GET /back HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n\r\n"));
        let line = log.line("GET /back ");
        assert!(line.contains(" l/a ") && line.contains(" --V"), "{line}");
    }
}
