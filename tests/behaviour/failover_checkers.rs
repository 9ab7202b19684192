//! Probes against servers on the loopback, and the checkers' process from start to stop.

use std::{
    io::{Read as _, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket},
    path::PathBuf,
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use rustls_pki_types::{CertificateDer, PrivateKeyDer, UnixTime, pem::PemObject as _};
use tokio_rustls::rustls::{
    self, ServerConfig,
    client::danger::HandshakeSignatureValid,
    crypto::aws_lc_rs,
    server::danger::{ClientCertVerified, ClientCertVerifier},
};

use hawser::{
    checker::{Failure, Outcome, Passed, Unready, outcome::Checked},
    failover::checkers::{Means, probe, tls::Trust},
    ir::failover::{
        Checker, Command, Connection, Probe, RunAs,
        checker::{Dns, Http, HttpVersion, Misc, Reply, Smtp, TlsProbe, Udp, Url},
        lvs::Tls,
    },
    text::source::Span,
};

use crate::space::Space;

const PATIENCE: Duration = Duration::from_millis(400);

fn here() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}

fn connection(to: SocketAddr) -> Connection {
    Connection { to, from: None, interface: None, timeout: PATIENCE, mark: 0 }
}

fn asked(question: Probe) -> Outcome {
    asked_with(question, None)
}

fn asked_with(question: Probe, trust: Option<Trust>) -> Outcome {
    let checker = Checker {
        at: Span::default(),
        retry: 0,
        delay_before_retry: PATIENCE,
        delay_loop: PATIENCE,
        warmup: Duration::ZERO,
        alpha: false,
        log_all_failures: false,
        probe: question,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
    runtime.block_on(probe(&checker, 0, &Means { trust, chance: 7 }))
}

/// A server that takes one connection, sends its lines, each behind something that it is told, and ends.
fn server(lines: &'static [&'static [u8]]) -> SocketAddr {
    let listener = TcpListener::bind(here()).expect("a port is free");
    let at = listener.local_addr().expect("it is bound");
    thread::spawn(move || {
        let Ok((mut stream, _)) = listener.accept() else { return };
        for (at, line) in lines.iter().enumerate() {
            // Mail servers speak first.
            let greeting = at == 0 && line.starts_with(b"220");
            if !greeting && !stream.read(&mut [0; 2048]).is_ok_and(|length| length > 0) {
                return;
            }
            let _ = stream.write_all(line);
        }
    });
    at
}

/// A server that never answers, as long as it is held.
fn silent() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind(here()).expect("a port is free");
    let at = listener.local_addr().expect("it is bound");
    (listener, at)
}

fn closed() -> SocketAddr {
    silent().1
}

fn page(to: SocketAddr, digest: Option<[u8; 16]>, version: HttpVersion) -> Probe {
    let url = Url {
        at: Span::default(),
        path: "/".into(),
        digest,
        statuses: Vec::new(),
        virtual_host: None,
        pattern: None,
        compliant: false,
    };
    Probe::Http(Http {
        connection: connection(to),
        tls: None,
        version,
        virtual_host: None,
        fast_recovery: false,
        urls: vec![url],
    })
}

fn checked(outcome: &Outcome) -> Option<Checked> {
    match outcome {
        Outcome::Passed(Passed::Page(page)) => Some(page.checked),
        _ => None,
    }
}

#[test]
fn connections_tell_open_ports_from_closed_ones() {
    let (_held, open) = silent();
    assert_eq!(asked(Probe::Tcp(connection(open))), Outcome::Passed(Passed::Plain));
    assert_eq!(asked(Probe::Tcp(connection(closed()))), Outcome::Failed(Failure::Refused));
}

#[test]
fn a_listener_that_takes_nobody_is_found_out_in_time() {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
    socket.bind(&here().into()).expect("a port is free");
    socket.listen(0).expect("it listens");
    let at = socket.local_addr().ok().and_then(|at| at.as_socket()).expect("it is bound");
    let waiting: Vec<_> = (0..3)
        .map(|_| {
            let one = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
            one.set_nonblocking(true).expect("a flag");
            let _ = one.connect(&at.into());
            one
        })
        .collect();
    assert_eq!(asked(Probe::Tcp(connection(at))), Outcome::Failed(Failure::ConnectTimeout));
    drop(waiting);
}

#[test]
fn who_may_not_bind_judges_nobody() {
    let (_held, open) = silent();
    let mut foreign = connection(open);
    foreign.from = Some((Ipv4Addr::new(192, 0, 2, 1), 0).into());
    let reason = "Cannot assign requested address".to_owned();
    assert_eq!(asked(Probe::Tcp(foreign)), Outcome::Unready(Unready::Address(reason)));
}

#[test]
fn pages_are_judged_by_status_and_digest() {
    let hello = *b"\xb1\x94\x6a\xc9\x24\x92\xd2\x34\x7c\x62\x35\xb4\xd2\x61\x11\x84";
    let ask = |answer, digest, version| asked(page(server(answer), digest, version));
    let good: &[&[u8]] = &[b"HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello\n"];
    assert_eq!(checked(&ask(good, None, HttpVersion::Http10)), Some(Checked::Status));
    assert_eq!(checked(&ask(good, Some(hello), HttpVersion::Http11)), Some(Checked::Digest));
    assert_eq!(ask(good, Some([0; 16]), HttpVersion::Http10), Outcome::Failed(Failure::Digest));
    let chunked: &[&[u8]] = &[b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nhello\n\r\n0\r\n\r\n"];
    assert_eq!(ask(chunked, Some(hello), HttpVersion::Http11), Outcome::Failed(Failure::Digest), "as the original");
    assert_eq!(ask(&[b"HTTP/1.0 503 No\r\n\r\n"], None, HttpVersion::Http10), Outcome::Failed(Failure::Status));
}

#[test]
fn servers_without_an_answer_are_silent_or_empty() {
    let (_held, mute) = silent();
    assert_eq!(asked(page(mute, None, HttpVersion::Http10)), Outcome::Failed(Failure::Silent));
    assert_eq!(asked(page(server(&[b""]), None, HttpVersion::Http10)), Outcome::Failed(Failure::Empty));
}

#[test]
fn mail_servers_are_greeted_and_left() {
    let ask = |lines| asked(Probe::Smtp(Smtp { connection: connection(server(lines)), helo: "me".into() }));
    assert_eq!(ask(&[b"220 hi\r\n", b"250 ok\r\n", b"221 bye\r\n"]), Outcome::Passed(Passed::Plain));
    assert_eq!(ask(&[b"220 hi\r\n", b"502 no\r\n"]), Outcome::Failed(Failure::Helo));
    assert_eq!(ask(&[b"220 hi\r\n"]), Outcome::Failed(Failure::Broken), "it ends in place of a welcome");
}

/// A self-signed certificate and its key.
fn certificate() -> (String, String) {
    let signed = rcgen::generate_simple_self_signed(vec!["www.example.com".into()]).expect("a name is enough");
    (signed.cert.pem(), signed.signing_key.serialize_pem())
}

/// A web server with TLS: what it heard of the client's name, and whether the client had a certificate.
fn tls_server() -> (SocketAddr, mpsc::Receiver<(Option<String>, bool)>) {
    let (certificate, key) = certificate();
    let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).expect("it has just been made")];
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("it has just been made");
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider knows them")
        .with_client_cert_verifier(Arc::new(Anybody))
        .with_single_cert(chain, key)
        .expect("certificate and key fit");
    let (listener, at) = silent();
    let (told, heard) = mpsc::channel();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept()?;
        let mut session = rustls::ServerConnection::new(Arc::new(config)).map_err(std::io::Error::other)?;
        let mut tls = rustls::Stream::new(&mut session, &mut stream);
        let _request = tls.read(&mut [0; 2048])?;
        tls.write_all(b"HTTP/1.0 200 OK\r\n\r\n")?;
        tls.flush()?;
        let _ = told.send((session.server_name().map(str::to_owned), session.peer_certificates().is_some()));
        // It ends without close_notify, as many do.
        Ok::<(), std::io::Error>(())
    });
    (at, heard)
}

/// Takes any client, with a certificate and without.
#[derive(Debug)]
struct Anybody;

impl ClientCertVerifier for Anybody {
    fn root_hint_subjects(&self) -> &[rustls::DistinguishedName] {
        &[]
    }

    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &rustls::DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &rustls::DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        aws_lc_rs::default_provider().signature_verification_algorithms.supported_schemes()
    }
}

fn secure(to: SocketAddr, tls: TlsProbe) -> Probe {
    let Probe::Http(http) = page(to, None, HttpVersion::Http10) else { unreachable!("pages are asked by HTTP") };
    Probe::Http(Http { tls: Some(tls), virtual_host: Some("www.example.com".into()), ..http })
}

#[test]
fn a_certificate_of_the_server_is_not_asked_about() {
    let (at, heard) = tls_server();
    let trust = Trust::new(None).expect("nothing is read");
    assert_eq!(checked(&asked_with(secure(at, TlsProbe::default()), Some(trust))), Some(Checked::Status));
    assert_eq!(heard.recv().ok(), Some((None, false)));
}

#[test]
fn the_name_and_our_certificate_are_shown_where_that_is_asked_for() {
    let (at, heard) = tls_server();
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let name = |kind| folder.join(format!("checkers-{}.{kind}", std::process::id()));
    let (certificate, key) = certificate();
    std::fs::write(name("crt"), certificate).expect("the target directory is writable");
    std::fs::write(name("key"), key).expect("the target directory is writable");
    let files = Tls { certificate: Some(name("crt")), key: Some(name("key")), ..Tls::default() };
    let trust = Trust::new(Some(&files));
    ["crt", "key"].iter().for_each(|kind| _ = std::fs::remove_file(name(kind)));
    let tls = TlsProbe { sni: true, ..TlsProbe::default() };
    let outcome = asked_with(secure(at, tls), Some(trust.expect("both files are there")));
    assert_eq!(checked(&outcome), Some(Checked::Status));
    assert_eq!(heard.recv().ok(), Some((Some("www.example.com".into()), true)));
}

#[test]
fn a_session_must_end_well_where_that_is_asked_for_and_begin_with_tls_in_any_case() {
    let (at, _heard) = tls_server();
    let trust = || Trust::new(None).ok();
    let strict = TlsProbe { compliant: true, ..TlsProbe::default() };
    assert_eq!(asked_with(secure(at, strict), trust()), Outcome::Failed(Failure::Broken));
    let plain = server(&[b"HTTP/1.0 400 No\r\n\r\n"]);
    assert_eq!(asked_with(secure(plain, TlsProbe::default()), trust()), Outcome::Failed(Failure::Handshake));
    let (_held, mute) = silent();
    assert_eq!(asked_with(secure(mute, TlsProbe::default()), trust()), Outcome::Failed(Failure::ConnectTimeout));
}

/// A socket that answers one datagram with what is made of it.
fn answering(make: impl Fn(&[u8]) -> Vec<u8> + Send + 'static) -> SocketAddr {
    let socket = UdpSocket::bind(here()).expect("a port is free");
    let at = socket.local_addr().expect("it is bound");
    thread::spawn(move || {
        let mut buffer = [0; 2048];
        if let Ok((length, from)) = socket.recv_from(&mut buffer) {
            let _ = socket.send_to(&make(&buffer[..length]), from);
        }
    });
    at
}

#[test]
fn name_servers_answer_with_their_header() {
    let ask = |to| asked(Probe::Dns(Dns { connection: connection(to), kind: 1, name: "example.com".into() }));
    let answer = |flags: u8| answering(move |query| [&query[..2], &[0x81, flags], &query[4..]].concat());
    assert_eq!(ask(answer(0x80)), Outcome::Passed(Passed::Plain));
    assert_eq!(ask(answer(0x83)), Outcome::Failed(Failure::Rcode(3)));
    assert_eq!(ask(answering(|_| b"what?".to_vec())), Outcome::Failed(Failure::Silent));
    let refused = Failure::Socket { number: 111, text: "Connection refused".into() };
    let unused = UdpSocket::bind(here()).and_then(|socket| socket.local_addr()).expect("a port is free");
    assert_eq!(ask(unused), Outcome::Failed(refused));
}

#[test]
fn datagrams_need_an_answer_only_where_one_is_wanted() {
    let ask = |to, reply| asked(Probe::Udp(Udp { connection: connection(to), payload: Some(vec![1]), reply }));
    let hello = || answering(|_| b"hello".to_vec());
    let wanted = |byte| Some(Reply { begins: vec![(byte, 0xff)], shortest: 0, longest: 255 });
    assert_eq!(ask(hello(), wanted(b'h')), Outcome::Passed(Passed::Plain));
    assert_eq!(ask(hello(), wanted(b'x')), Outcome::Failed(Failure::Mismatch));
    let mute = UdpSocket::bind(here()).expect("a port is free");
    let to = mute.local_addr().expect("it is bound");
    assert_eq!(ask(to, None), Outcome::Passed(Passed::Plain));
    assert_eq!(ask(to, wanted(b'h')), Outcome::Failed(Failure::Silent));
    drop(mute);
    assert_eq!(ask(to, None), Outcome::Failed(Failure::Refused));
}

#[test]
fn the_loopback_answers_pings() {
    for to in ["127.0.0.1:0", "[::1]:0"] {
        match asked(Probe::Ping(connection(to.parse().expect("an address")))) {
            Outcome::Unready(why) => eprintln!("skipped: {to}: {why:?}"),
            outcome => assert_eq!(outcome, Outcome::Passed(Passed::Plain), "{to}"),
        }
    }
}

#[test]
fn commands_answer_with_their_status() {
    let run = |script: &str, dynamic| {
        let argv = ["sh", "-c", script].map(|word| word.as_bytes().to_vec()).to_vec();
        let (uid, gid) = (nix::unistd::getuid().as_raw(), nix::unistd::getgid().as_raw());
        let run_as = RunAs { uid, gid, user: None };
        let command = Command { argv, path: PathBuf::from("/bin/sh"), run_as, at: Span::default() };
        asked(Probe::Misc(Misc { command, timeout: Some(PATIENCE), dynamic }))
    };
    assert_eq!(run("exit 0", false), Outcome::Passed(Passed::Status(0)));
    assert_eq!(run("exit 3", true), Outcome::Passed(Passed::Status(3)));
    assert_eq!(run("exit 3", false), Outcome::Failed(Failure::Exit(3)));
    assert_eq!(run("kill -9 $$", false), Outcome::Failed(Failure::Signal(9)));
    assert_eq!(run("exec sleep 10", false), Outcome::Failed(Failure::Overran));
}

/// A service with one server that has a port of its own, and what is to be told about it.
const SERVICE: &str = "
global_defs {
    script_user root
    lvs_notify_fifo /run/pipe
}
virtual_server 10.99.0.200 80 {
    delay_loop 1
    protocol TCP
    quorum_up \"/bin/sh /run/tell quorum-up\"
    quorum_down \"/bin/sh /run/tell quorum-down\"
    real_server 127.0.0.1 8001 {
        notify_up \"/bin/sh /run/tell up\"
        notify_down \"/bin/sh /run/tell down\"
        TCP_CHECK {
            warmup 0
            retry 0
        }
    }
}
";

/// Opens and closes the port of the service, and a script that is told.
const PORT: &str = r#"
printf 'echo "$1" >> /run/told\n' > /run/tell
open() { python3 -c 'import socket, time
s = socket.create_server(("127.0.0.1", 8001)); time.sleep(60)' & S=$!; }
close() { kill $S; wait $S 2>/dev/null; }
"#;

#[test]
fn servers_come_and_go_and_everybody_is_told() {
    let Some(space) = Space::new(SERVICE) else { return };
    let out = space.run(&format!(
        "{PORT} open; start; until_ok 5 test -p /run/pipe; cat /run/pipe > /run/piped & C=$!
         until_ok 5 logged 'TCP connection to .*:tcp:8001 success'; cat /run/checkers.pid | wc -l
         close; until_ok 5 grep -q down /run/told; open; until_ok 5 grep -qx up /run/told
         until_ok 5 grep -q quorum-up /run/told; stop; close; wait $C
         sort /run/told | uniq | tr '\\n' ' '; cat /run/piped; ls /run/*.pid 2>/dev/null | wc -l; cat /run/log"
    ));
    assert!(out.contains("down quorum-down quorum-up up "), "{out}");
    assert!(out.contains("RS [127.0.0.1]:tcp:8001 [10.99.0.200]:tcp:80 DOWN\n"), "{out}");
    assert!(out.contains("VS [10.99.0.200]:tcp:80 DOWN\n"), "{out}");
    for line in [
        "Starting Healthcheck child process, pid=",
        "Activating healthchecker for service [127.0.0.1]:tcp:8001 for VS [10.99.0.200]:tcp:80",
        "TCP_CHECK on service [127.0.0.1]:tcp:8001 failed.",
        "Removing service [127.0.0.1]:tcp:8001 from VS [10.99.0.200]:tcp:80",
        "Lost quorum 1-0=1 > 0 for VS [10.99.0.200]:tcp:80",
        "Adding service [127.0.0.1]:tcp:8001 to VS [10.99.0.200]:tcp:80",
        "Shutting down service [127.0.0.1]:tcp:8001 from VS [10.99.0.200]:tcp:80",
    ] {
        assert!(out.contains(line), "{line}: {out}");
    }
}

#[test]
fn routers_go_on_where_the_kernel_balances_nothing_and_a_killed_process_is_replaced() {
    let router = "vrrp_instance V {
        interface eth0
        virtual_router_id 51
        version 3
        advert_int 0.05
        virtual_ipaddress {
            10.99.0.100
        }
    }\n";
    let Some(space) = Space::new(&format!("{SERVICE}{router}")) else { return };
    let out = space.run(
        "touch /run/tell; start; until_ok 5 has 10.99.0.100; until_ok 5 logged 'TCP_CHECK on service'
         one=$(cat /run/checkers.pid); kill -9 $one; until_ok 5 logged 'Healthcheck child process.*died: Respawning'
         until_ok 5 test -s /run/checkers.pid; until_ok 5 sh -c \"! grep -qx $one /run/checkers.pid\" && echo replaced
         has 10.99.0.100 && echo kept; stop; hasnt 10.99.0.100 && echo gone",
    );
    assert_eq!(out, "replaced\nkept\nexit 0\ngone\n");
}

#[test]
fn a_reload_leaves_alone_who_stays_the_same() {
    let Some(space) = Space::new(SERVICE) else { return };
    let out = space.run(&format!(
        "{PORT} start; until_ok 5 logged 'TCP_CHECK on service'; kill -HUP $P; until_ok 5 logged 'Reinitializing ipvs'
         sleep 0.3; grep -c 'TCP_CHECK on service' /run/log
         sed -i 's/8001/8002/' $D/keepalived.conf; kill -HUP $P
         until_ok 5 logged 'TCP_CHECK on service .*:tcp:8002 failed'; kill -USR1 $P
         until_ok 5 grep -q 8002 /tmp/keepalived_check.data && echo dumped; stop"
    ));
    assert_eq!(out, "1\ndumped\nexit 0\n");
}

#[test]
fn checks_rest_while_the_address_is_elsewhere() {
    let resting = SERVICE.replace("protocol TCP", "protocol TCP\n    ha_suspend");
    let Some(space) = Space::new(&resting) else { return };
    let out = space.run(&format!(
        "{PORT} start; until_ok 5 logged 'Deactivating healthchecker'; sleep 1.5
         logged 'TCP_CHECK on service' || echo resting
         ip addr add 10.99.0.200/32 dev eth0; until_ok 5 logged 'TCP_CHECK on service' && echo asked; stop"
    ));
    assert_eq!(out, "resting\nasked\nexit 0\n");
}

#[test]
fn servers_go_with_their_bfd_sessions() {
    let watched = "
bfd_instance one {
    neighbor_ip 127.0.0.9
    source_ip 127.0.0.1
}
bfd_instance other {
    neighbor_ip 127.0.0.1
    source_ip 127.0.0.9
}
virtual_server 10.99.0.200 80 {
    protocol TCP
    real_server 127.0.0.1 8001 {
        BFD_CHECK {
            name one
        }
    }
}
";
    let Some(space) = Space::new(watched) else { return };
    let out = space.run(
        "start; until_ok 5 logged 'BFD check of .one. RS(.127.0.0.1.:tcp:8001) is DOWN' && echo down
         until_ok 9 logged 'BFD check of .one. RS(.127.0.0.1.:tcp:8001) is UP' && echo up
         until_ok 5 logged 'Adding service .127.0.0.1.:tcp:8001 to VS' && echo back
         : > /run/log; kill -9 $(cat /run/checkers.pid)
         until_ok 5 logged 'BFD check of .one. RS(.127.0.0.1.:tcp:8001) is UP' && echo heard; stop",
    );
    assert_eq!(out, "down\nup\nback\nheard\nexit 0\n");
}
