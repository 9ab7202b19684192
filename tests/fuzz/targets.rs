//! What must hold for any bytes that a peer or a user hands in: one function a target, for cargo-fuzz and for the bounded
//! runs of `cargo test` alike. A function returns quietly or panics with the property that broke.

use hawser::{
    checker::{
        dns,
        http::Answer,
        ping::Echo,
        smtp::{Dialogue, Step},
    },
    haproxy,
    http::{
        Message,
        h1::{
            body::{Decoder, Event},
            encode::{self, After},
            framing::{self, Body, Framing},
            head::{self, Limits, Parsed},
        },
    },
    ipvs::message,
    ir::failover::{RunAs, checker::Url},
    keepalived::{
        self,
        system::{Program, Unreadable},
    },
    vrrp::{ip, packet::Raw},
    wire::tls_hello,
};

/// A target's name and its property.
pub(crate) type Target = (&'static str, fn(&[u8]));

/// All targets.
pub(crate) const TARGETS: &[Target] = &[
    ("h1_request", h1_request),
    ("h1_response", h1_response),
    ("h1_chunked", h1_chunked),
    ("vrrp_packet", vrrp_packet),
    ("tls_hello", tls_hello),
    ("haproxy_cfg", haproxy_cfg),
    ("keepalived_conf", keepalived_conf),
    ("checked_page", checked_page),
    ("checked_mail_server", checked_mail_server),
    ("checked_datagrams", checked_datagrams),
    ("ipvs_answer", ipvs_answer),
];

/// What leaves may have one field more than what came: `connection`.
const ONE_MORE: Limits = Limits { fields: 101, lenient: false };

/// A request that is forwarded leaves with one meaning: parsed again it is the same message with the same body.
pub(crate) fn h1_request(bytes: &[u8]) {
    let mut message = Message::new();
    let Ok(Parsed::Complete(length)) = head::request(bytes, &mut message, Limits::default()) else { return };
    assert!(length <= bytes.len(), "a head is no longer than its bytes");
    let Ok(framing) = framing::request(&mut message) else { return };
    for after in [After::Close, After::Keep] {
        let mut out = Vec::new();
        encode::request(&mut message.clone(), &framing, after, &mut out);
        unambiguous(&out);
        let mut again = Message::new();
        assert_eq!(head::request(&out, &mut again, ONE_MORE), Ok(Parsed::Complete(out.len())), "{}", show(&out));
        let second =
            framing::request(&mut again).unwrap_or_else(|refused| panic!("{refused:?} of our own {}", show(&out)));
        assert_eq!(framing.body, second.body, "another body in {}", show(&out));
    }
}

/// The same of a response.
pub(crate) fn h1_response(bytes: &[u8]) {
    let mut message = Message::new();
    let Ok(Parsed::Complete(length)) = head::response(bytes, &mut message, Limits::default()) else { return };
    assert!(length <= bytes.len(), "a head is no longer than its bytes");
    let Ok(framing) = framing::response(&mut message, false) else { return };
    let client = Framing { is_11: true, ..Framing::default() };
    let mut out = Vec::new();
    encode::response(&mut message, &framing, &client, encode::client_after(&client, &framing), &mut out);
    unambiguous(&out);
    let mut again = Message::new();
    assert_eq!(head::response(&out, &mut again, ONE_MORE), Ok(Parsed::Complete(out.len())), "{}", show(&out));
    let second =
        framing::response(&mut again, false).unwrap_or_else(|refused| panic!("{refused:?} of our own {}", show(&out)));
    assert_eq!(framing.body, second.body, "another body in {}", show(&out));
}

/// No folded line, no bare CR, no NUL, one length at most (fields of codings are one list).
fn unambiguous(head: &[u8]) {
    assert!(!head.contains(&0), "NUL in {}", show(head));
    let mut lines = head.split(|byte| *byte == b'\n');
    let (mut lengths, mut codings) = (0, 0);
    lines.next();
    for line in lines {
        assert!(!line.starts_with(b" ") && !line.starts_with(b"\t"), "a folded line in {}", show(head));
        if let Some(text) = line.strip_suffix(b"\r") {
            assert!(!text.contains(&b'\r'), "a bare CR in {}", show(head));
            let name = text.split(|byte| *byte == b':').next().unwrap_or_default().to_ascii_lowercase();
            lengths += usize::from(name == b"content-length");
            codings += usize::from(name == b"transfer-encoding");
        } else {
            assert!(line.is_empty(), "a bare LF in {}", show(head));
        }
    }
    assert!(lengths + codings.min(1) <= 1, "two lengths in {}", show(head));
}

/// A chunked body has the same data whether it comes at once or byte by byte.
pub(crate) fn h1_chunked(bytes: &[u8]) {
    let whole = decoded(bytes, bytes.len().max(1));
    let slowly = decoded(bytes, 1);
    assert_eq!(whole, slowly, "pieces matter in {}", show(bytes));
}

/// The data, and whether the body ended (`Some(true)`), waits (`Some(false)`) or is malformed (`None`).
fn decoded(bytes: &[u8], piece: usize) -> (Vec<u8>, Option<bool>) {
    let (mut decoder, mut trailers) = (Decoder::new(Body::Chunked), Message::new());
    let (mut data, mut waiting) = (Vec::new(), Vec::new());
    for piece in bytes.chunks(piece) {
        waiting.extend_from_slice(piece);
        loop {
            match decoder.next(&waiting, &mut trailers, Limits::default()) {
                Err(_) => return (data, None),
                Ok(Event::End { .. }) => return (data, Some(true)),
                Ok(Event::More { skip }) => {
                    waiting.drain(..skip);
                    break;
                }
                Ok(Event::Data { skip, len }) => {
                    data.extend_from_slice(&waiting[skip..skip + len]);
                    waiting.drain(..skip + len);
                }
            }
        }
    }
    (data, Some(false))
}

/// Damaged adverts are looked at without harm, and never yield more addresses than they are long.
pub(crate) fn vrrp_packet(bytes: &[u8]) {
    let payload = ip::unwrap_v4(bytes).map_or(bytes, |datagram| datagram.payload);
    let Some(raw) = Raw::new(payload) else { return };
    for family in [hawser::ir::failover::Family::V4, hawser::ir::failover::Family::V6] {
        assert!(raw.addresses(family).len() <= payload.len() / 4);
        let _ = raw.stated_length(family);
    }
    let _ = (
        raw.version(),
        raw.kind(),
        raw.vrid(),
        raw.priority(),
        raw.count(),
        raw.auth_type(),
        raw.interval(),
        raw.trailer(),
    );
}

/// A client hello is read without taking part in it; what it names lies within it.
pub(crate) fn tls_hello(bytes: &[u8]) {
    if let tls_hello::Parsed::Client(hello) = tls_hello::parse(bytes) {
        assert!(hello.server_name.is_none_or(|name| name.len() <= bytes.len()));
        assert!(hello.alpn.into_iter().flat_map(tls_hello::alpn_names).map(<[u8]>::len).sum::<usize>() <= bytes.len());
    }
}

/// No haproxy.cfg does harm: every complaint stands at a place within the file, and none is lost on the way to its one line.
pub(crate) fn haproxy_cfg(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let length = text.len();
    let loaded = haproxy::load(vec![("haproxy.cfg".to_owned(), text)], &Nowhere);
    for said in loaded.diagnostics.iter() {
        assert!(
            said.primary.as_ref().is_none_or(|label| label.at.end as usize <= length + 1),
            "{said:?} is outside of the file"
        );
    }
    let report = haproxy::show::report(&loaded, 1);
    assert_eq!(report.fatal, loaded.diagnostics.has_errors(), "{}", report.text);
}

/// The same of a keepalived.conf, which includes nothing here.
pub(crate) fn keepalived_conf(bytes: &[u8]) {
    let checked = keepalived::load(&OnlyFile(String::from_utf8_lossy(bytes).into_owned()), "keepalived.conf", "");
    let code = checked.report.exit_code();
    assert!(matches!(code, 0 | 2 | 4 | 5 | 6), "it ends with {code}");
    assert!(checked.report.lines(&checked.sources).all(|line| !line.contains('\n')), "a line is one line");
}

/// A page is worth the same whether it comes at once or byte by byte.
pub(crate) fn checked_page(bytes: &[u8]) {
    let url = Url {
        at: hawser::text::source::Span::default(),
        path: "/".to_owned(),
        digest: bytes.first_chunk::<16>().filter(|first| first[0] % 2 == 1).copied(),
        statuses: vec![(100, 999)],
        virtual_host: None,
        pattern: None,
        compliant: false,
    };
    let judged = |piece: usize| {
        let mut answer = Answer::new(&url);
        bytes.chunks(piece).for_each(|piece| answer.push(piece));
        answer.end(&url, None)
    };
    assert_eq!(judged(bytes.len().max(1)), judged(1), "pieces matter in {}", show(bytes));
}

/// Whatever a mail server says, the dialogue ends with its third line at the latest.
pub(crate) fn checked_mail_server(bytes: &[u8]) {
    let mut dialogue = Dialogue::new("me");
    let mut lines = 0;
    for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
        match dialogue.push(piece) {
            Step::Read => {}
            Step::Send(_) => lines += 1,
            Step::Done | Step::Failed(_) => return,
        }
        assert!(lines <= 2, "it sends HELO and QUIT and no more: {}", show(bytes));
    }
}

/// Datagrams of any length are looked at without harm, and none answers two queries.
pub(crate) fn checked_datagrams(bytes: &[u8]) {
    assert!(dns::judge(1, bytes).is_none() || dns::judge(2, bytes).is_none());
    for family in [hawser::ir::failover::Family::V4, hawser::ir::failover::Family::V6] {
        for whole in [false, true] {
            let echo = |sequence| Echo { family, identifier: 1, sequence };
            assert!(!(echo(1).is_answered_by(bytes, whole) && echo(2).is_answered_by(bytes, whole)));
        }
    }
}

/// A machine with nothing on it.
struct Nowhere;

impl haproxy::Outside for Nowhere {
    fn variable(&self, _: &str) -> Option<String> {
        None
    }

    fn read(&self, _: &str) -> Result<Vec<u8>, String> {
        Err("No such file or directory".to_owned())
    }

    fn resolve(&self, _: &str) -> Vec<std::net::IpAddr> {
        Vec::new()
    }

    fn user(&self, _: &str) -> Option<u32> {
        None
    }

    fn group(&self, _: &str) -> Option<u32> {
        None
    }
}

/// The kernel's answers about IPVS: whatever they are, no more of them than bytes.
pub(crate) fn ipvs_answer(bytes: &[u8]) {
    // The head of a message with its right length, since chance seldom finds one.
    let length = u32::try_from(bytes.len() + 20).expect("inputs are short");
    let head = [&length.to_ne_bytes()[..], &[0x1b, 0, 2, 0], &[0; 8], &[bytes.first().copied().unwrap_or(1), 1, 0, 0]];
    for bytes in [bytes.to_vec(), [&head.concat(), bytes].concat()] {
        if let Ok(all) = message::answers(&bytes) {
            assert!(all.len() * 16 <= bytes.len() + 16, "{} answers in {}", all.len(), show(&bytes));
        }
    }
}

/// A machine with one file on it.
struct OnlyFile(String);

impl keepalived::System for OnlyFile {
    fn read(&self, path: &str) -> Result<String, Unreadable> {
        if path == "keepalived.conf" { Ok(self.0.clone()) } else { Err(Unreadable::Missing) }
    }

    fn glob(&self, pattern: &str) -> Vec<String> {
        if pattern == "keepalived.conf" { vec![pattern.to_owned()] } else { Vec::new() }
    }

    fn interface_exists(&self, name: &str) -> bool {
        name == "eth0"
    }

    fn user(&self, _: &str) -> Option<RunAs> {
        None
    }

    fn group(&self, _: &str) -> Option<u32> {
        None
    }

    fn own(&self) -> RunAs {
        RunAs { uid: 0, gid: 0, user: None }
    }

    fn program(&self, _: &[u8], _: &RunAs) -> Program {
        Program::NotFound
    }

    fn host_name(&self) -> String {
        "here".to_owned()
    }

    fn working_directory(&self) -> String {
        "/".to_owned()
    }

    fn random(&self) -> u16 {
        0
    }
}

fn show(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).escape_debug().to_string()
}
