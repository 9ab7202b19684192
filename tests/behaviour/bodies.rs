//! Rules that wait for a body before they decide, of requests and responses; what is asserted was seen from the original.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::time::Duration;

use crate::proxy_space::body;
use crate::proxying::on_both;

const A_WHILE: Duration = Duration::from_millis(50);

/// A server that says its parts with a pause between them, to every connection, and closes.
fn slow(parts: &'static [&'static str], pause: Duration) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it is bound").to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let _ = stream.read(&mut [0; 4096]);
            for (i, part) in parts.iter().enumerate() {
                if i > 0 {
                    std::thread::sleep(pause);
                }
                let _ = stream.write_all(part.as_bytes());
            }
        }
    });
    address
}

/// The answer to a request that comes in two parts.
fn in_parts(p: &crate::proxy_space::Proxy, first: &str, second: &str) -> String {
    let mut s = p.connect("front.sock");
    s.write_all(first.as_bytes()).expect("it reads");
    std::thread::sleep(A_WHILE);
    let _ = s.write_all(second.as_bytes());
    let mut answer = String::new();
    let _ = s.read_to_string(&mut answer);
    answer
}

const POST: &str = "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n";

#[test]
fn request_rules_see_the_body_that_they_waited_for() {
    let own = "frontend f
  bind @front.sock@
  http-request wait-for-body time 1s at-least 3
  http-request return status 200 hdr seen %[req.body] hdr length %[req.body_len]";
    on_both(own, |p| {
        let counted = in_parts(p, &format!("{POST}Content-Length: 3\r\n\r\na"), "bc");
        assert!(counted.contains("\r\nseen: abc\r\nlength: 3\r\n"), "{counted}");
        let chunked =
            in_parts(p, &format!("{POST}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n"), "2\r\nbc\r\n0\r\n\r\n");
        assert!(chunked.contains("\r\nseen: abc\r\nlength: 3\r\n"), "{chunked}");
        let broken = in_parts(p, &format!("{POST}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n"), "zz\r\n");
        assert!(broken.starts_with("HTTP/1.1 400 "), "{broken}");
    });
}

#[test]
fn request_body_that_stays_out_is_408() {
    on_both(
        "frontend f\n bind @front.sock@\n http-request wait-for-body time 100ms\n http-request return status 200",
        |p| {
            let late = in_parts(p, &format!("{POST}Content-Length: 3\r\n\r\na"), "b");
            assert!(late.starts_with("HTTP/1.1 408 "), "{late}");
        },
    );
}

#[test]
fn buffered_requests_are_whole_before_rules_run() {
    let own = "frontend f
  bind @front.sock@
  timeout http-request 200ms
  option http-buffer-request
  http-request deny deny_status 429 if { req.body -m sub bad }
  http-request return status 200";
    on_both(own, |p| {
        let head = format!("{POST}Content-Length: 6\r\n\r\n");
        assert!(in_parts(p, &format!("{head}so b"), "ad").starts_with("HTTP/1.1 429 "));
        assert!(in_parts(p, &format!("{head}so g"), "od").starts_with("HTTP/1.1 200 "));
        assert!(in_parts(p, &format!("{head}so"), "").starts_with("HTTP/1.1 408 "));
    });
}

#[test]
fn response_rules_see_the_body_that_they_waited_for() {
    let server = slow(&["HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na", "bc"], A_WHILE);
    let own = format!(
        "listen l
  bind @front.sock@
  http-response wait-for-body time 1s
  http-response set-header seen %[res.body]
  server s {server}"
    );
    on_both(&own, |p| {
        let answer = p.get("front.sock", "/", &[]);
        assert!(answer.contains("\r\nseen: abc\r\n") && body(&answer) == "abc", "{answer}");
    });
}

#[test]
fn response_body_that_stays_out_is_504_and_a_broken_one_502() {
    let late = slow(&["HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na", "bc"], Duration::from_millis(500));
    let broken = slow(&["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\nzz\r\n"], A_WHILE);
    let own = format!(
        "listen l
  bind @front.sock@
  http-response wait-for-body time 100ms
  use-server late if {{ path /late }}
  use-server broken if {{ path /broken }}
  server late {late}
  server broken {broken}"
    );
    on_both(&own, |p| {
        assert!(p.get("front.sock", "/late", &[]).starts_with("HTTP/1.1 504 "));
        assert!(p.get("front.sock", "/broken", &[]).starts_with("HTTP/1.1 502 "));
    });
}

#[test]
fn response_content_is_judged_within_its_delay() {
    let good = slow(&["good", "ness"], A_WHILE);
    let bad = slow(&["b", "adness"], A_WHILE);
    let late = slow(&["b", "adness"], Duration::from_millis(600));
    let own = format!(
        "listen l
  mode tcp
  bind @front.sock@
  tcp-response inspect-delay 300ms
  tcp-response content reject if {{ res.payload(0,3) -m str bad }}
  use-server good if {{ req.payload(0,4) -m str good }}
  use-server bad if {{ req.payload(0,4) -m str bad_ }}
  tcp-request inspect-delay 1s
  tcp-request content accept if {{ req.len ge 4 }}
  server good {good}
  server bad {bad}
  server late {late}"
    );
    on_both(&own, |p| {
        assert_eq!(p.exchange("front.sock", b"good"), "goodness");
        assert_eq!(p.exchange("front.sock", b"bad_"), "");
        // Time was over before the rule could match.
        let other = (0..3).map(|_| p.exchange("front.sock", b"late")).find(|got| got.starts_with('b'));
        assert_eq!(other.as_deref(), Some("badness"));
    });
}
