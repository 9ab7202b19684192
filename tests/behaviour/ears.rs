//! How connections are refused: by a frontend that is paused or shut down, and by rules that reject.

use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    time::Duration,
};

use super::proxy_space::{Proxy, binaries, until};

fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").expect("a port is free").local_addr().expect("bound")
}

const DEFAULTS: &str = "global
    stats socket @cli@ level admin
    nbthread 2
defaults
    mode http
    timeout client 10s
    timeout server 10s
    timeout connect 5s
";

/// `refused`, or the beginning of the answer.
fn probe(address: SocketAddr) -> String {
    let Ok(mut stream) = TcpStream::connect(address) else { return "refused".to_owned() };
    ask(&mut stream)
}

fn ask(stream: &mut TcpStream) -> String {
    stream.set_read_timeout(Some(Duration::from_secs(5))).expect("a timeout");
    let mut answer = [0; 12];
    let sent = stream.write_all(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    match sent.and_then(|()| stream.read(&mut answer)) {
        Ok(n) => String::from_utf8_lossy(&answer[..n]).into_owned(),
        Err(e) => e.kind().to_string(),
    }
}

/// Its status in `show stat`, and how many listeners the process has.
fn status(p: &Proxy, name: &str) -> (String, String) {
    let (stat, info) = (p.ask("cli", "show stat"), p.ask("cli", "show info"));
    let row = stat.lines().find(|l| l.starts_with(&format!("{name},FRONTEND,"))).expect("a row").split(',').nth(17);
    let listeners = info.lines().find(|l| l.starts_with("Listeners: ")).expect("a field");
    (row.expect("a column").to_owned(), listeners.to_owned())
}

const COMMANDS: [&str; 14] = [
    "disable frontend f",
    "disable frontend f",
    "enable frontend f",
    "enable frontend f",
    "disable frontend l",
    "enable frontend l",
    "enable frontend none",
    "disable frontend",
    "disable frontend l",
    "shutdown frontend l",
    "shutdown frontend l",
    "enable frontend l",
    "disable frontend l",
    "shutdown frontend f",
];

#[test]
fn a_paused_frontend_refuses_until_it_is_enabled_and_one_shut_down_for_ever() {
    let mut all = Vec::new();
    for binary in binaries(module_path!()) {
        let (f, l) = (free(), free());
        let answer = "http-request return status 200";
        let p = Proxy::start(
            binary,
            &format!(
                "{DEFAULTS}frontend f\n    bind {f}\n    bind @f@\n    {answer}\nlisten l\n    bind {l}\n    {answer}\n"
            ),
        );
        until("both listen", || TcpStream::connect(f).is_ok() && TcpStream::connect(l).is_ok());
        let mut kept = TcpStream::connect(f).expect("it listens");
        let mut seen = Vec::new();
        for command in COMMANDS {
            let answer = p.ask("cli", command);
            seen.push(format!(
                "{command}: {answer:?} {} {} {:?} {:?} {}",
                probe(f),
                probe(l),
                status(&p, "f"),
                status(&p, "l"),
                ask(&mut kept)
            ));
            if command != "shutdown frontend f" {
                // A unix socket cannot be paused.
                assert!(p.get("f", "/", &[]).starts_with("HTTP/1.1 200"), "{command}");
            }
        }
        until("its unix socket is closed too", || std::os::unix::net::UnixStream::connect(p.file("f")).is_err());
        let said: Vec<_> = p.log().lines().filter_map(|l| Some(l.split_once(") : ")?.1.to_owned())).collect();
        seen.extend(said.into_iter().filter(|l| l.starts_with("Paused") || l.starts_with("Resumed")));
        all.push(seen);
    }
    assert!(all[0][0].starts_with("disable frontend f: \"\\n\" refused HTTP/1.1 200 (\"PAUSED\", "), "{}", all[0][0]);
    assert!(all[0][2].starts_with("enable frontend f: \"\\n\" HTTP/1.1 200 HTTP/1.1 200 (\"OPEN\", "), "{}", all[0][2]);
    assert!(all.windows(2).all(|w| w[0] == w[1]), "{all:#?}");
}

#[test]
fn signals_pause_and_resume_everything() {
    for (binary, mode) in binaries(module_path!()).into_iter().flat_map(|b| [(b.clone(), "-db"), (b, "-W")]) {
        let f = free();
        let text = format!("{DEFAULTS}frontend f\n    bind {f}\n    http-request return status 200\n");
        let p = Proxy::launch(binary, &text, &[mode]);
        until("it listens", || probe(f) == "HTTP/1.1 200");
        let pid = nix::unistd::Pid::from_raw(p.pid().cast_signed());
        let tell = |signal| nix::sys::signal::kill(pid, signal).expect("it runs");
        // The original's master starts itself again once its worker serves, and hears nothing meanwhile.
        until("it refuses", || {
            tell(nix::sys::signal::SIGTTOU);
            probe(f) == "refused"
        });
        assert_eq!(status(&p, "f").0, "PAUSED");
        tell(nix::sys::signal::SIGTTIN);
        until("it listens again", || probe(f) == "HTTP/1.1 200");
        assert_eq!(status(&p, "f").0, "OPEN");
        tell(nix::sys::signal::SIGTERM);
    }
}

/// `end` or `reset`, after the client has sent what it has to say.
fn farewell(address: SocketAddr, bytes: &[u8]) -> &'static str {
    let mut stream = match TcpStream::connect(address) {
        Ok(s) => s,
        Err(e) if e.kind() == ErrorKind::ConnectionReset => return "reset",
        Err(e) => panic!("{e}"),
    };
    stream.set_read_timeout(Some(Duration::from_secs(5))).expect("a timeout");
    if !bytes.is_empty() && stream.write_all(bytes).is_err() {
        return "reset";
    }
    match stream.read(&mut [0; 16]) {
        Ok(0) => "end",
        Err(e) if e.kind() == ErrorKind::ConnectionReset => "reset",
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_rejected_connection_is_reset_and_rejected_content_ended() {
    let rules = [
        ("mode tcp", "tcp-request connection reject", "reset", false),
        ("mode http", "tcp-request connection reject", "reset", false),
        ("mode tcp", "tcp-request session reject", "end", false),
        ("mode tcp", "tcp-request content reject", "end", false),
        ("mode tcp", "tcp-request content reject if { req.len gt 3 }", "end", true),
        ("mode http", "tcp-request content reject", "end", true),
        ("mode http", "http-request reject", "end", true),
        // No backend: nobody to connect to.
        ("mode tcp", "tcp-request content accept", "end", true),
    ];
    for binary in binaries(module_path!()) {
        let addresses: Vec<SocketAddr> = rules.iter().map(|_| free()).collect();
        let frontends = rules.iter().zip(&addresses).enumerate().map(|(i, ((mode, rule, ..), address))| {
            format!("frontend f{i}\n    {mode}\n    bind {address}\n    tcp-request inspect-delay 10s\n    {rule}\n")
        });
        let p = Proxy::start(&binary, &format!("{DEFAULTS}{}", frontends.collect::<String>()));
        until("it listens", || TcpStream::connect(addresses[addresses.len() - 1]).is_ok());
        for ((mode, rule, end, needs_bytes), address) in rules.iter().zip(&addresses) {
            let bytes: &[u8] = if *needs_bytes { b"GET / HTTP/1.1\r\nHost: h\r\n\r\n" } else { b"" };
            assert_eq!(farewell(*address, bytes), *end, "{mode}, {rule}: {}", binary.display());
        }
        drop(p);
    }
}
