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

fn run(name: &str) {
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
    runner.run(&messages(), property).unwrap_or_else(|failure| panic!("{name}: {failure}"));
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
