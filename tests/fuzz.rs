//! The fuzz targets, run for a bounded time on every `cargo test`; `make fuzz` runs them for as long as asked.

#[path = "fuzz/targets.rs"]
mod targets;

use proptest::{
    prelude::*,
    test_runner::{Config, TestCaseError, TestRunner},
};

/// Pieces of which messages are made: random bytes alone seldom get behind the first line.
const PIECES: &[&[u8]] = &[
    b"GET / HTTP/1.1\r\n",
    b"POST /a?b HTTP/1.0\r\n",
    b"HTTP/1.1 200 OK\r\n",
    b"HTTP/1.0 304 x\r\n",
    b"HTTP/1.1 101 \r\n",
    b"HTTP/0.1\t200\ta\0b\n",
    b"Host: a\r\n",
    b"Host: b:80\r\n",
    b"Content-Length: 5\r\n",
    b"Content-Length: 5, 5\r\n",
    b"content-length: 6\r\n",
    b"Content-Length: -1\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: gzip, chunked\r\n",
    b"transfer-encoding: chunked, chunked\r\n",
    b"Transfer-Encoding:\x0bchunked\r\n",
    b"Connection: close\r\n",
    b"Connection: keep-alive, upgrade\r\n",
    b"Upgrade: websocket\r\n",
    b"Expect: 100-continue\r\n",
    b"X: a\r\n b\r\n",
    b"X: a\rb\r\n",
    b"X: \0\r\n",
    b"X : a\r\n",
    b": a\r\n",
    b"\r\n",
    b"\n",
    b"\r",
    b" ",
    b"\t",
    b"0\r\n",
    b"5\r\nhello\r\n",
    b"5;a=b\r\nhello\r\n",
    b"fffffffffffffffff\r\n",
    b"A\r\n0123456789\n",
    b"0\r\nContent-Length: 3\r\n\r\n",
    b"0\r\nX: y\r\n\r\n",
    b"\x21\x33\x65\x01\x00\x01\xba\x52\xc0\xa8\x38\x0a\0\0\0\0\0\0\0\0",
    b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03",
    b"\x14\0\x01\x80\x06\0\x01\0\x02\0\0\0\x08\0\x05\0\x07\0\0\0",
    b"\x08\0\x02\x80\x06\0\x0b\0",
    b"220 hi\r\n",
    b"250 ok\r\n",
    b"\0\x01\x80\0\0\x01\0\0",
    b"\0\0\xff\xff\0\x01\0\x01",
    b"\x81\0\xff\xff\0\x01\0\x01",
    b"\x45\xc0\x00\x28\0\0\0\0\xff\x70\0\0\xc0\xa8\x38\x0b\xe0\0\0\x12",
];

fn messages() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        6 => proptest::sample::select(PIECES).prop_map(<[u8]>::to_vec),
        1 => proptest::collection::vec(any::<u8>(), 0..12),
    ];
    let start =
        prop_oneof![3 => proptest::sample::select(&PIECES[..6]).prop_map(<[u8]>::to_vec), 1 => Just(Vec::new())];
    (start, proptest::collection::vec(piece, 0..12), any::<bool>()).prop_map(|(start, pieces, ended)| {
        let mut all = start;
        all.extend(pieces.concat());
        all.extend_from_slice(if ended { b"\r\n" } else { b"" });
        all
    })
}

/// Words of both languages, in lines of any order.
const WORDS: &[&str] = &[
    "global",
    "defaults",
    "frontend f",
    "backend b",
    "listen l",
    "userlist u",
    "peers p",
    "bind :80",
    "bind ssl",
    "server s 127.0.0.1:80 check",
    "server s",
    "mode http",
    "mode tcp",
    "acl a path /x",
    "use_backend b if a",
    "use_backend b if { path -i /x }",
    "http-request deny if !a or { src 10.0.0.0/8 }",
    "http-request set-header X %[src,lower]",
    "log-format \"%ci %[var(txn.a)]\"",
    "stick-table type ip size 1m store conn_cur",
    "stick on src",
    "balance hdr(host)",
    "timeout client 5",
    "option httpchk GET / HTTP/1.1",
    "errorfile 503 /x",
    ".if defined(A)",
    ".if version_atleast(2.6)",
    ".elif",
    ".else",
    ".endif",
    "no",
    "default",
    "\"$X\"",
    "\"${X-5s}\"",
    "\\x4",
    "\\",
    "'",
    "\"",
    "#",
    "%[",
    "%{+Q}o",
    "{",
    "}",
    "default_backend",
    "cookie S insert indirect",
    "stats enable",
    "vrrp_instance V {",
    "vrrp_script s {",
    "global_defs {",
    "virtual_server 10.0.0.1 80 {",
    "interface eth0",
    "virtual_router_id 51",
    "priority 100",
    "advert_int 0.5",
    "virtual_ipaddress {",
    "10.0.0.1/24 dev eth0 label x",
    "track_script { s weight 2 }",
    "script \"a 'b\"",
    "include x",
    "$A=1",
    "$A",
    "@h interface",
    "~SEQ(1,2)",
    "!",
    "version 3",
    "authentication { auth_type PASS",
    "state MASTER",
    "notify_master \"x y\"",
    "\0",
    "\u{e9}",
    "",
];

fn files() -> impl Strategy<Value = Vec<u8>> {
    let line = proptest::collection::vec(proptest::sample::select(WORDS), 0..4).prop_map(|words| words.join(" "));
    (proptest::collection::vec(line, 0..12), any::<bool>())
        .prop_map(|(lines, ended)| format!("{}{}", lines.join("\n"), if ended { "\n" } else { "" }).into_bytes())
}

fn run(name: &str) {
    run_on(name, messages());
}

fn run_on(name: &str, inputs: impl Strategy<Value = Vec<u8>>) {
    let (_, target) = targets::TARGETS.iter().find(|(target, _)| *target == name).expect("a target of this name");
    let cases = std::env::var("HAWSER_FUZZ_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(4000);
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let property = |bytes: Vec<u8>| {
        let broke = std::panic::catch_unwind(|| target(&bytes)).err();
        match broke.map(|panic| panic.downcast::<String>().map_or_else(|_| "a panic".to_owned(), |text| *text)) {
            None => Ok(()),
            Some(why) => Err(TestCaseError::fail(why)),
        }
    };
    runner.run(&inputs, property).unwrap_or_else(|failure| panic!("{name}: {failure}"));
}

#[test]
fn any_request_that_is_forwarded_has_one_meaning() {
    run("h1_request");
}

#[test]
fn any_response_that_is_forwarded_has_one_meaning() {
    run("h1_response");
}

#[test]
fn a_chunked_body_is_the_same_in_any_pieces() {
    run("h1_chunked");
}

#[test]
fn no_advert_does_harm() {
    run("vrrp_packet");
}

#[test]
fn no_client_hello_does_harm() {
    run("tls_hello");
}

#[test]
fn no_haproxy_cfg_does_harm() {
    run_on("haproxy_cfg", files());
}

#[test]
fn no_keepalived_conf_does_harm() {
    run_on("keepalived_conf", files());
}

#[test]
fn no_answer_about_ipvs_does_harm() {
    run("ipvs_answer");
}

#[test]
fn a_checked_page_is_the_same_in_any_pieces() {
    run("checked_page");
}

#[test]
fn no_mail_server_keeps_a_checker_talking() {
    run("checked_mail_server");
}

#[test]
fn no_datagram_does_harm_to_checkers() {
    run("checked_datagrams");
}
