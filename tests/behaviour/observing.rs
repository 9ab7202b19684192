//! What traffic tells of a server (`observe`, `error-limit`, `on-error`), and what a server's fall and rise do to its sessions: as seen
//! from the original, which is run beside ours where it is there.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::Path;
use std::time::Duration;

use crate::proxy_space::{Proxy, binaries, until};

/// Parameters; requests with the server's status, its failed checks, failed analyses and last check after each; and the words about
/// the last of its errors, where it fell.
type Case = (&'static str, &'static [(&'static str, &'static str)], &'static str);

const CASES: &[Case] = &[
    (
        "observe layer7 error-limit 2 on-error fastinter",
        &[("500", "UP 0 0 L4OK"), ("502", "UP 0 1 L4OK"), ("500", "UP 0 1 L4OK"), ("500", "UP 0 2 L4OK")],
        "",
    ),
    (
        "observe layer7 error-limit 2 on-error fail-check fall 3",
        &[
            ("500", "UP 0 0 L4OK"),
            ("200", "UP 0 0 L4OK"),
            ("503", "UP 0 0 L4OK"),
            ("501", "UP 0 0 L4OK"),
            ("500", "UP 0 0 L4OK"),
            ("500", "UP 2/3 1 1 HANA"),
            ("500", "UP 2/3 1 1 HANA"),
            ("junk", "UP 1/3 2 2 HANA"),
            ("500", "UP 1/3 2 2 HANA"),
            ("500", "DOWN 3 3 HANA"),
            ("500", "DOWN 3 3 HANA"),
        ],
        "Detected 2 consecutive errors, last one was: Wrong http response",
    ),
    (
        "observe layer7 error-limit 1 on-error sudden-death fall 4",
        &[("500", "UP 1/4 1 1 HANA"), ("junk", "DOWN 2 2 HANA")],
        "Detected 1 consecutive errors, last one was: Invalid http response (headers)",
    ),
    (
        "observe layer7 error-limit 2 on-error mark-down",
        &[("close", "UP 0 0 L4OK"), ("close", "DOWN 1 1 HANA")],
        "Detected 2 consecutive errors, last one was: Close from server (http)",
    ),
    (
        "observe layer7 error-limit 1 on-error mark-down",
        &[("hang", "DOWN 1 1 HANA")],
        "Detected 1 consecutive errors, last one was: Read timeout (http)",
    ),
    (
        "observe layer7 error-limit 2 on-error mark-down",
        &[("gone", "UP 0 0 L4OK"), ("gone", "DOWN 1 1 HANA")],
        "Detected 2 consecutive errors, last one was: L4 unsuccessful connection",
    ),
    (
        "observe layer4 error-limit 2 on-error mark-down",
        &[
            ("500", "UP 0 0 L4OK"),
            ("junk", "UP 0 0 L4OK"),
            ("close", "UP 0 0 L4OK"),
            ("gone", "UP 0 0 L4OK"),
            ("close", "UP 0 0 L4OK"),
            ("gone", "UP 0 0 L4OK"),
            ("gone", "DOWN 1 1 HANA"),
        ],
        "Detected 2 consecutive errors, last one was: L4 unsuccessful connection",
    ),
    (
        "observe layer4 error-limit 1",
        &[("gone", "UP 2/3 1 1 HANA"), ("gone", "UP 1/3 2 2 HANA"), ("gone", "DOWN 3 3 HANA")],
        "Detected 1 consecutive errors, last one was: L4 unsuccessful connection",
    ),
];

/// A server that does what the path says.
fn origin() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("bound");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let mut head = [0; 1024];
                let n = stream.read(&mut head).unwrap_or(0);
                let path = String::from_utf8_lossy(&head[..n]).split(' ').nth(1).unwrap_or_default().to_owned();
                let _ = match path.trim_start_matches('/') {
                    "junk" => stream.write_all(b"\x01\x02\x03\r\n\r\n"),
                    // Until the other side has enough.
                    "hang" => stream.read(&mut head).map(drop),
                    "close" | "" => Ok(()),
                    status => stream.write_all(
                        format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").as_bytes(),
                    ),
                };
            });
        }
    });
    address
}

/// An address where nobody listens, for as long as it lives.
fn nobody() -> (socket2::Socket, SocketAddr) {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).expect("a port is free");
    let address = socket.local_addr().ok().and_then(|a| a.as_socket()).expect("bound");
    (socket, address)
}

fn column(p: &Proxy, server: &str, names: &[&str]) -> String {
    let table = p.ask("cli.sock", "show stat");
    let split = |l: &str| l.trim_start_matches("# ").split(',').map(str::to_owned).collect::<Vec<_>>();
    let head = split(table.lines().next().unwrap_or_default());
    let line = table.lines().find(|l| l.starts_with(&format!("l,{server},"))).map(split).unwrap_or_default();
    let of = |name: &&str| head.iter().position(|h| h == name).and_then(|i| line.get(i).cloned()).unwrap_or_default();
    names.iter().map(of).collect::<Vec<_>>().join(" ")
}

const HEAD: &str = "global\n stats socket @cli.sock@ level admin\n nbthread 1\n LOG\ndefaults\n mode http\n log global\n \
                    option httplog\n timeout connect 1s\n timeout client 5s\n timeout server 300ms\n retries 0\n \
                    http-reuse never\n";

fn observe(binary: &Path, (parameters, steps, words): &Case) {
    let (server, checks) = (origin(), origin());
    let (_keep, dead) = nobody();
    let syslog = Syslog::new();
    let p = Proxy::start(
        binary,
        &format!(
            "{}listen l\n bind @l.sock@\n server s {server} check port {} inter 60s {parameters}\n server b {server} backup\n",
            HEAD.replace("LOG", &syslog.target()),
            checks.port()
        ),
    );
    let told = format!("{parameters}, {}", binary.display());
    until("the first check", || column(&p, "s", &["status", "check_status"]) == "UP L4OK");
    for (n, (request, expected)) in steps.iter().enumerate() {
        let to = if *request == "gone" { dead } else { server };
        p.ask("cli.sock", &format!("set server l/s addr 127.0.0.1 port {}", to.port()));
        p.get("l.sock", &format!("/{request}"), &[]);
        let mut got = String::new();
        for _ in 0..100 {
            got = column(&p, "s", &["status", "chkfail", "hanafail", "check_status"]);
            if got == *expected {
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(got, *expected, "request {n}, {request}: {told}");
    }
    if !words.is_empty() {
        let line = syslog.line("is DOWN");
        let expected = format!(
            "Server l/s is DOWN, reason: Health analyze, info: \"{words}\". 0 active and 1 backup servers left. "
        );
        assert!(line.contains(&expected), "{line}: {told}");
    }
}

#[test]
fn traffic_tells_of_a_servers_health_as_the_original_hears_it() {
    for binary in binaries("traffic_tells_of_a_servers_health_as_the_original_hears_it") {
        CASES.iter().for_each(|case| observe(&binary, case));
    }
}

struct Syslog(UdpSocket);

impl Syslog {
    fn new() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a port is free");
        socket.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
        Self(socket)
    }

    fn target(&self) -> String {
        format!("log {} local0", self.0.local_addr().expect("bound"))
    }

    /// The next line with these words.
    fn line(&self, words: &str) -> String {
        let mut buf = [0; 2048];
        loop {
            let n = self.0.recv(&mut buf).unwrap_or_else(|_| panic!("no line with {words}"));
            let text = String::from_utf8_lossy(&buf[..n]).into_owned();
            if text.contains(words) {
                return text;
            }
        }
    }
}

/// What ends a session on which a server, and how it is logged.
const ENDS: [(&str, &str, &str); 2] =
    [("s", "set server l/s health down", "l/s 502 DH--"), ("b", "set server l/s health up", "l/b 502 UH--")];

#[test]
fn sessions_end_when_their_server_falls_or_is_no_longer_needed() {
    for binary in binaries("sessions_end_when_their_server_falls_or_is_no_longer_needed") {
        for (on, command, state) in ENDS {
            let syslog = Syslog::new();
            let server = origin();
            let p = Proxy::start(
                &binary,
                &format!(
                    "{}timeout server 9s\nlisten l\n bind @l.sock@\n server s {server} on-marked-down shutdown-sessions \
                     on-marked-up shutdown-backup-sessions\n server b {server} backup\n",
                    HEAD.replace("LOG", &syslog.target())
                ),
            );
            if on == "b" {
                p.ask("cli.sock", "set server l/s health down");
            }
            let mut client = p.connect("l.sock");
            client.write_all(b"GET /hang HTTP/1.1\r\nHost: h\r\n\r\n").expect("it reads");
            until("the server has it", || column(&p, on, &["scur"]) == "1");
            p.ask("cli.sock", command);
            let mut answer = Vec::new();
            let _ = client.read_to_end(&mut answer);
            let line = syslog.line("GET /hang");
            let words: Vec<_> = line.split(' ').collect();
            let at = words.iter().position(|w| w.starts_with("l/")).unwrap_or(0);
            let got = format!("{} {} {}", words[at], words[at + 2], words[at + 6]);
            assert_eq!(got, state, "{command}, {}, {}", String::from_utf8_lossy(&answer), binary.display());
        }
    }
}

/// A SOCKS 4 proxy that says yes; what it was asked for.
fn socks(asked: std::sync::mpsc::Sender<Vec<u8>>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("bound");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = [0; 64];
            let n = stream.read(&mut request).unwrap_or(0);
            let _ = asked.send(request[..n].to_vec());
            let _ = stream.write_all(&[0, 90, 0, 0, 0, 0, 0, 0]);
            let mut head = [0; 1024];
            if stream.read(&mut head).is_ok_and(|n| n > 0) {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
            }
        }
    });
    address
}

#[test]
fn streams_and_checks_are_led_through_a_socks_proxy() {
    for binary in binaries("streams_and_checks_are_led_through_a_socks_proxy") {
        let (sender, asked) = std::sync::mpsc::channel();
        let proxy = socks(sender);
        let next = || asked.recv_timeout(Duration::from_secs(9)).expect("the proxy is asked");
        // Nobody listens at the server's own address: only the proxy leads there.
        let p = Proxy::start(
            &binary,
            &format!(
                "{}listen l\n bind @l.sock@\n option httpchk GET /check\n server s 127.0.0.9:81 check inter 60s socks4 {proxy} \
                 check-via-socks4\n",
                HEAD.replace("LOG", "")
            ),
        );
        let request = next();
        assert_eq!(&request[..8], &[4, 1, 0, 81, 127, 0, 0, 9], "{}", binary.display());
        assert_eq!(request.last(), Some(&0), "an empty user at the end: {request:?}");
        until("the check", || column(&p, "s", &["status", "check_status"]) == "UP L7OK");
        assert!(p.get("l.sock", "/", &[]).ends_with("ok"));
        assert_eq!(next(), request, "{}", binary.display());
    }
}
