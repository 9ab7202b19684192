//! Options for peculiar clients and servers: spelling of headers, proxies behind us, cookies in caches, redirected
//! servers, early hints. What is expected here was seen from HAProxy 2.6.12.

use crate::farm::{Origin, Proxy, Syslog};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

fn proxy(name: &str, options: &str, origin: &Origin, log: &Syslog) -> Proxy {
    let rest = format!("listen l\n bind {{front}}\n {options}\n server s {}", origin.address);
    Proxy::new(name, log, &rest)
}

#[test]
fn names_are_spelled_for_the_side_that_needs_it() {
    let spelled = "global\n h1-case-adjust host Host\n h1-case-adjust content-length Content-LENGTH\n";
    for (side, answer, asked) in [
        ("client", "HTTP/1.1 200 OK\r\nContent-LENGTH: 2\r\n\r\nok", "GET / HTTP/1.1\r\nhost: x\r\n\r\n"),
        ("server", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    ] {
        let (origin, log) = (Origin::new(OK), Syslog::new());
        let rest = format!(
            "{spelled}listen l\n bind {{front}}\n option h1-case-adjust-bogus-{side}\n server s {}",
            origin.address
        );
        let p = Proxy::new("spelling", &log, &rest);
        assert_eq!(p.ask("GET / HTTP/1.1\r\nHOST: x\r\n\r\n"), answer, "{side}");
        assert_eq!(origin.got(), asked, "{side}");
    }
}

#[test]
fn cookie_that_a_cache_might_keep_is_blocked_with_the_page_of_its_status() {
    let log = Syslog::new();
    for (reply, passes) in [
        ("HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nExpires: x\r\nContent-Length: 0\r\n\r\n", false),
        ("HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n", true),
        ("HTTP/1.1 200 OK\r\nExpires: x\r\nContent-Length: 0\r\n\r\n", true),
        (
            "HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nCache-Control: max-age=9, no-cache=\"set-cookie\"\r\nContent-Length: 0\r\n\r\n",
            true,
        ),
        ("HTTP/1.1 500 No\r\nSet-Cookie: a=b\r\nCache-Control: max-age=9\r\nContent-Length: 0\r\n\r\n", true),
        ("HTTP/1.1 500 No\r\nSet-Cookie: a=b\r\nCache-Control: public, max-age=9\r\nContent-Length: 0\r\n\r\n", false),
    ] {
        let origin = Origin::new(reply);
        let p = proxy("checkcache", "option checkcache", &origin, &log);
        let got = p.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        assert!(got.starts_with(&reply[..12]), "{got}");
        assert_eq!(!got.contains("<html>"), passes, "{reply} {got}");
        let line = log.line("GET / ");
        assert_eq!(line.contains(" ---- "), passes, "{line}");
        if !passes {
            assert!(line.contains(" PH-- "), "{line}");
            let alert = log.line("Blocking ");
            assert!(alert.starts_with("<129>"), "{alert}");
            assert!(alert.ends_with(": Blocking cacheable cookie in response from instance l, server s."), "{alert}");
        }
    }
}

#[test]
fn redirected_server_sends_readers_to_itself_and_serves_the_others() {
    let (origin, log) = (Origin::new(OK), Syslog::new());
    let rest = format!("listen l\n bind {{front}}\n server s {} redir http://images.example.com", origin.address);
    let p = Proxy::new("redir", &log, &rest);
    let got = p.ask("GET /a?b HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(
        got,
        "HTTP/1.1 302 Found\r\ncache-control: no-cache\r\ncontent-length: 0\r\nlocation: http://images.example.com/a?b\r\nconnection: close\r\n\r\n"
    );
    let line = log.line("GET /a?b ");
    assert!(line.contains(" l/s ") && line.contains("/-1/-1/") && line.contains(" LC-- "), "{line}");
    assert!(p.ask("PUT /a HTTP/1.1\r\nHost: x\r\n\r\n").ends_with("ok"));
}

#[test]
fn credentials_are_a_proxys_only_where_the_frontend_says_so() {
    let (origin, log) = (Origin::new(OK), Syslog::new());
    let users = "acl known http_auth(u)\n http-request auth unless known";
    for (option, uri, header, status) in [
        ("", "http://x/", "Proxy-Authorization", "401"),
        ("", "http://x/", "Authorization", "200"),
        ("option http-use-proxy-header", "http://x/", "Authorization", "407"),
        ("option http-use-proxy-header", "http://x/", "Proxy-Authorization", "200"),
        ("option http-use-proxy-header", "/", "Authorization", "200"),
    ] {
        let rest = format!(
            "listen l\n bind {{front}}\n {users}\n {option}\n server s {}\nuserlist u\n user a insecure-password b",
            origin.address
        );
        let p = Proxy::new("proxy-header", &log, &rest);
        let got = p.ask(&format!("GET {uri} HTTP/1.1\r\nHost: x\r\n{header}: Basic YTpi\r\n\r\n"));
        assert_eq!(&got[9..12], status, "{option} {uri} {header}: {got}");
        let line = log.line("GET ");
        assert!(status == "200" || line.contains(" LR-- "), "{line}");
    }
}

#[test]
fn neighbouring_hints_are_one_response_before_the_answer() {
    let (origin, log) = (Origin::new(OK), Syslog::new());
    let rules = "http-request early-hint Link a\n http-request early-hint Link b\n http-request set-header x y\n http-request early-hint Path %[path]";
    let p = proxy("hints", rules, &origin, &log);
    let got = p.ask("GET /p HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(
        got,
        "HTTP/1.1 103 Early Hints\r\nlink: a\r\nlink: b\r\n\r\nHTTP/1.1 103 Early Hints\r\npath: /p\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
    );
    let got = p.ask("GET /p HTTP/1.0\r\n\r\n");
    assert!(got.starts_with("HTTP/1.1 200 OK\r\n"), "{got}");
}

#[test]
fn masks_may_have_holes() {
    let (origin, log) = (Origin::new(OK), Syslog::new());
    let p = proxy(
        "masks",
        "http-request return status 200 content-type text/plain lf-string %[req.hdr_ip(a),ipmask(255.0.255.0,ffff::ff00)]",
        &origin,
        &log,
    );
    for (address, masked) in [("192.0.2.9", "192.0.2.0"), ("10.9.8.7", "10.0.8.0"), ("2001:db8::1234", "2001::1200")] {
        let got = p.ask(&format!("GET / HTTP/1.1\r\nHost: x\r\nA: {address}\r\n\r\n"));
        assert!(got.ends_with(&format!("\r\n\r\n{masked}")), "{address}: {got}");
    }
}
