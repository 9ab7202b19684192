//! `mode tcp` and the PROXY protocol.

use crate::farm::{Origin, Proxy, Syslog};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

#[test]
fn bytes_pass_as_they_are_and_the_line_has_the_totals() {
    let (origin, log) = (Origin::new(OK), Syslog::new());
    let rest = format!("listen l\n bind {{front}}\n mode tcp\n option tcplog\n server s1 {}", origin.address);
    let p = Proxy::new("tcp", &log, &rest);
    let asked = "GET / HTTP/1.1\r\nHost: X\r\n\r\n";
    assert_eq!(p.ask(asked), OK);
    assert_eq!(origin.got(), asked);
    let line = log.line("l/s1 ");
    assert!(line.contains(&format!(" {} -- ", OK.len())), "{line}");
}

#[test]
fn proxy_header_goes_out_and_is_believed_when_it_comes_in() {
    let (origin, log) = (Origin::new(OK), Syslog::new());
    let rest =
        format!("listen l\n bind {{front}} accept-proxy\n option forwardfor\n server s1 {} send-proxy", origin.address);
    let p = Proxy::new("proxy", &log, &rest);
    p.ask("PROXY TCP4 192.0.2.7 192.0.2.8 1234 80\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n");
    let got = origin.got();
    assert!(got.starts_with("PROXY TCP4 192.0.2.7 192.0.2.8 1234 80\r\nGET / HTTP/1.1\r\n"), "{got}");
    assert!(got.contains("x-forwarded-for: 192.0.2.7\r\n"), "{got}");
    assert!(log.line("l/s1 ").contains(" 192.0.2.7:1234 "));
}
