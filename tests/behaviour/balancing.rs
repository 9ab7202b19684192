//! Who gets which request: hashes and the static rotation choose as the original does, so that clients stay where they are when
//! one program takes the place of the other. The choices were seen from the original.

use std::fmt::Write as _;

use crate::proxy_space::{OURS, Proxy, body, original};

/// `balance`, `hash-type`, and the servers of sixteen requests in their order.
const CHOICES: &[(&str, &str, &str)] = &[
    ("uri", "map-based", "ddbdbddbddbbcddd"),
    ("uri", "map-based djb2", "ddbddddddddcdddd"),
    ("uri", "map-based wt6 avalanche", "babacabbdaddcabd"),
    ("uri", "map-based crc32", "ddddcdddddbdbdbb"),
    ("uri depth 1", "map-based sdbm avalanche", "babdbabdbabbbabb"),
    ("uri whole", "consistent", "ddbaaddacdddbddd"),
    ("uri len 6", "consistent djb2 avalanche", "bcddbcbdbcddbcdd"),
    ("uri", "consistent wt6", "ddbcddccddbdddad"),
    ("uri path-only", "consistent crc32 avalanche", "ddadddddaddadddd"),
    ("url_param k", "map-based", "aabddddbbddbdddd"),
    ("url_param k", "consistent", "dddcddadcddbdadd"),
    ("hdr(x-key)", "map-based djb2 avalanche", "abdbddbcbdddddcd"),
    ("hdr(x-key)", "consistent sdbm", "dddbddddcddcdddd"),
    ("source", "map-based", "adddddbbdddddcdc"),
    ("source", "consistent", "dddbbddddacdabbb"),
    ("source", "map-based wt6 avalanche", "abddddcddcddadac"),
    ("static-rr", "map-based", "adbddbdcddbddcdd"),
];

fn configuration() -> String {
    let mut text = "global\n stats socket @cli.sock@\ndefaults\n mode http\n timeout connect 2s\n timeout client 5s\n \
                    timeout server 5s\n"
        .to_owned();
    for (i, (balance, hash, _)) in CHOICES.iter().enumerate() {
        let _ = writeln!(
            text,
            "listen l{i}\n bind @l{i}.sock@ accept-proxy\n balance {balance}\n hash-type {hash}\n server a @a.sock@\n \
             server b @b.sock@ weight 3\n server c @c.sock@ weight 2\n server d @d.sock@ weight 10\n server e @a.sock@ weight 0"
        );
    }
    for name in ["a", "b", "c", "d"] {
        let _ = writeln!(
            text,
            "frontend {name}\n bind @{name}.sock@\n http-request return status 200 content-type text/plain string {name}"
        );
    }
    text
}

/// Requests that differ in everything that is looked at; every fourth has no key.
fn request(n: u32) -> String {
    let source =
        if n % 5 == 4 { format!("TCP6 2001:db8::{n:x} ::1") } else { format!("TCP4 10.1.{n}.{} 127.0.0.1", 3 * n) };
    let target = match n % 4 {
        0 => format!("/path/{n}/of/some/depth"),
        1 => format!("/?k=value{n}&l=1"),
        2 => format!("/img/{n}.png?z=/a/b;k=0&k={n}"),
        _ => format!("/a{n}?q=1&k=user-{n}"),
    };
    let key = if n.is_multiple_of(4) { String::new() } else { format!("X-Key: www.user{n}.example.org\r\n") };
    format!("PROXY {source} 1000 80\r\nGET {target} HTTP/1.1\r\nHost: h\r\n{key}Connection: close\r\n\r\n")
}

fn choose(binary: impl AsRef<std::path::Path>) {
    let p = Proxy::start(binary, &configuration());
    let mut wrong = String::new();
    for (i, (balance, hash, expected)) in CHOICES.iter().enumerate() {
        let got: String =
            (0..16).map(|n| body(&p.exchange(&format!("l{i}.sock"), request(n).as_bytes())).to_owned()).collect();
        if got != *expected {
            let _ = writeln!(wrong, "balance {balance}, hash-type {hash}: {got:?}, not {expected:?}");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn each_request_goes_where_the_original_sends_it() {
    choose(OURS);
    if let Some(original) = original("each_request_goes_where_the_original_sends_it") {
        choose(original);
    }
}

/// An algorithm, weights, and what happens: the servers of so many requests, or a command first.
type Course = (&'static str, &'static [u32], &'static [(&'static str, &'static str)]);

const COURSES: &[Course] = &[
    ("roundrobin", &[7, 3, 2, 5], &[("", "adabdacadbadaabdcadabdacadbadaabd")]),
    (
        "roundrobin",
        &[1, 1, 1],
        &[
            ("", "abca"),
            ("set server L/s1 state maint", "cacacacaca"),
            ("set server L/s1 state ready", "cabcabcabcabcabcabca"),
        ],
    ),
    (
        "roundrobin",
        &[3, 2, 1],
        &[
            ("", "abacaba"),
            ("set weight L/s2 5", "baccabcaccbaccabcaccbaccabcacc"),
            ("set weight L/s0 0", "bccbccbccc"),
            ("set weight L/s0 3", "bcacabccacbcacabccacbcacabccac"),
        ],
    ),
    (
        "leastconn",
        &[3, 2, 1],
        &[("", "abcabca"), ("set weight L/s2 5", "bacbacbacbac"), ("set weight L/s0 0", "bcbcbcbc")],
    ),
];

fn follow(binary: impl AsRef<std::path::Path>) {
    let mut text = "global\n stats socket @cli.sock@ level admin\n nbthread 1\ndefaults\n mode http\n timeout connect 2s\n timeout client 5s\n \
                    timeout server 5s\n"
        .to_owned();
    for (i, (balance, weights, _)) in COURSES.iter().enumerate() {
        let _ = writeln!(text, "listen l{i}\n bind @l{i}.sock@\n balance {balance}");
        for (s, (name, weight)) in ["a", "b", "c", "d"].iter().zip(*weights).enumerate() {
            let _ = writeln!(text, " server s{s} @{name}.sock@ weight {weight}");
        }
    }
    for name in ["a", "b", "c", "d"] {
        let _ = writeln!(
            text,
            "frontend {name}\n bind @{name}.sock@\n http-request return status 200 content-type text/plain string {name}"
        );
    }
    let p = Proxy::start(binary, &text);
    let mut wrong = String::new();
    for (i, (balance, weights, steps)) in COURSES.iter().enumerate() {
        for (command, expected) in *steps {
            if !command.is_empty() {
                p.ask("cli.sock", &command.replace('L', &format!("l{i}")));
            }
            let got: String =
                (0..expected.len()).map(|_| body(&p.get(&format!("l{i}.sock"), "/", &[])).to_owned()).collect();
            if got != *expected {
                let _ = writeln!(wrong, "{balance} {weights:?} {command}: {got:?}, not {expected:?}");
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn turns_follow_weights_and_their_changes_as_the_originals_do() {
    follow(OURS);
    if let Some(original) = original("turns_follow_weights_and_their_changes_as_the_originals_do") {
        follow(original);
    }
}
