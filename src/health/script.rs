//! What a check sends and what it wants to hear (HAProxy manual 4.2 `option httpchk`, `http-check`, `tcp-check`), as
//! steps that a driver walks.

use super::result::{Outcome, Verdict};
use crate::http::Message;
use crate::http::h1::head::{self, Limits, Parsed};
use crate::ir::check::{
    CheckAction, CheckKind, CheckRules, CheckStatusName, Expect, ExpectMatch, HeaderMatch, HttpSend,
};

/// A check.
#[derive(Debug, Clone, Default)]
pub struct Script {
    pub steps: Vec<Step>,
}

#[derive(Debug, Clone)]
pub enum Step {
    Connect { port: Option<u16>, send_proxy: bool },
    Send(Make),
    Expect(Expectation),
}

/// What a step sends.
#[derive(Debug, Clone)]
pub enum Make {
    Bytes(Vec<u8>),
    Http(HttpSend),
}

/// What a request may tell of its server.
#[derive(Debug, Clone, Copy, Default)]
pub struct Facts<'a> {
    /// `X-Haproxy-Server-State`
    pub state: Option<&'a str>,
    pub server: &'a str,
    pub backend: &'a str,
}

/// What a step wants to hear.
#[derive(Debug, Clone)]
pub struct Expectation {
    pub kind: Kind,
    pub is_http: bool,
    pub disable_on_404: bool,
}

#[derive(Debug, Clone)]
pub enum Kind {
    /// Any status from 200 to 399.
    HttpDefault,
    Rule(Box<Expect>),
    /// An answer that begins with these bytes.
    Begins(&'static [u8], &'static str),
    /// MySQL's greeting, LDAP's bind answer, PostgreSQL's: judged by their own rule.
    Custom(fn(&[u8]) -> Judgement),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    Pass(Outcome),
    Fail(Outcome),
    More,
}

/// The steps of a proxy's checks.
pub fn of(rules: &CheckRules) -> Script {
    let connect = Step::Connect { port: None, send_proxy: false };
    let custom = |send: Vec<u8>, kind: Kind| {
        let expect = Step::Expect(Expectation { kind, is_http: false, disable_on_404: false });
        Script { steps: vec![connect.clone(), Step::Send(Make::Bytes(send)), expect] }
    };
    match &rules.kind {
        CheckKind::Connect => Script { steps: vec![connect] },
        CheckKind::Http => http(rules),
        CheckKind::Tcp => tcp(rules),
        CheckKind::Smtp { hello } => smtp(hello),
        CheckKind::Redis => custom(b"*1\r\n$4\r\nPING\r\n".to_vec(), Kind::Begins(b"+PONG\r\n", "Redis server is ok")),
        CheckKind::Mysql { user, pre_41 } => mysql(user.as_deref(), *pre_41),
        CheckKind::Pgsql { user } => custom(pgsql(user), Kind::Custom(judge_pgsql)),
        CheckKind::Ldap => custom(LDAP_BIND.to_vec(), Kind::Custom(judge_ldap)),
    }
}

fn http(rules: &CheckRules) -> Script {
    let mut steps = Vec::new();
    let mut sends = false;
    let mut expects = false;
    for step in &rules.http {
        match &step.action {
            CheckAction::Connect(c) => steps.push(Step::Connect { port: c.port, send_proxy: c.send_proxy }),
            CheckAction::HttpSend(s) => {
                sends = true;
                steps.push(Step::Send(Make::Http(merged(rules, s))));
            }
            CheckAction::Expect(e) => {
                expects = true;
                steps.push(Step::Expect(Expectation {
                    kind: Kind::Rule(Box::new(e.clone())),
                    is_http: true,
                    disable_on_404: rules.disable_on_404,
                }));
            }
            _ => {}
        }
    }
    if !sends {
        let at = steps.iter().position(|s| matches!(s, Step::Expect(_))).unwrap_or(steps.len());
        steps.insert(at, Step::Send(Make::Http(merged(rules, &HttpSend::default()))));
    }
    if !matches!(steps.first(), Some(Step::Connect { .. })) {
        steps.insert(0, Step::Connect { port: None, send_proxy: false });
    }
    if !expects {
        let disable_on_404 = rules.disable_on_404;
        steps.push(Step::Expect(Expectation { kind: Kind::HttpDefault, is_http: true, disable_on_404 }));
    }
    Script { steps }
}

/// What `http-check send` leaves open comes from `option httpchk`.
fn merged(rules: &CheckRules, s: &HttpSend) -> HttpSend {
    let d = &rules.httpchk;
    let text = |t: &str| crate::ir::expr::Format {
        nodes: vec![crate::ir::expr::FormatNode::Text(t.to_owned())],
        text: t.to_owned(),
    };
    HttpSend {
        method: s.method.clone().or_else(|| Some(d.method.clone())),
        uri: s.uri.clone().or_else(|| Some(text(&d.uri))),
        version: s.version.clone().or_else(|| Some(d.version.clone())),
        ..s.clone()
    }
}

fn tcp(rules: &CheckRules) -> Script {
    let mut steps = Vec::new();
    for step in &rules.tcp {
        match &step.action {
            CheckAction::Connect(c) => steps.push(Step::Connect { port: c.port, send_proxy: c.send_proxy }),
            CheckAction::TcpSend(bytes) => steps.push(Step::Send(Make::Bytes(bytes.clone()))),
            CheckAction::TcpSendFormat { format, .. } => {
                steps.push(Step::Send(Make::Bytes(format.literal().unwrap_or_default().as_bytes().to_vec())));
            }
            CheckAction::Expect(e) => steps.push(Step::Expect(Expectation {
                kind: Kind::Rule(Box::new(e.clone())),
                is_http: false,
                disable_on_404: false,
            })),
            _ => {}
        }
    }
    if !matches!(steps.first(), Some(Step::Connect { .. })) {
        steps.insert(0, Step::Connect { port: None, send_proxy: false });
    }
    Script { steps }
}

fn smtp(hello: &str) -> Script {
    let expect = |kind| Step::Expect(Expectation { kind, is_http: false, disable_on_404: false });
    let hello = if hello.is_empty() { "HELO localhost" } else { hello };
    Script {
        steps: vec![
            Step::Connect { port: None, send_proxy: false },
            expect(Kind::Custom(judge_smtp)),
            Step::Send(Make::Bytes(format!("{hello}\r\n").into_bytes())),
            expect(Kind::Custom(judge_smtp)),
            Step::Send(Make::Bytes(b"QUIT\r\n".to_vec())),
            expect(Kind::Custom(judge_smtp)),
        ],
    }
}

impl Make {
    pub fn bytes(&self, facts: &Facts<'_>) -> Vec<u8> {
        match self {
            Self::Bytes(b) => b.clone(),
            Self::Http(s) => http_request(s, facts),
        }
    }
}

fn text(f: &crate::ir::expr::Format) -> String {
    f.literal().unwrap_or(&f.text).to_owned()
}

/// `METHOD URI VERSION`, where the version may carry headers of the old way behind it.
fn http_request(s: &HttpSend, facts: &Facts<'_>) -> Vec<u8> {
    let version = s.version.as_deref().unwrap_or("HTTP/1.0");
    let uri = s.uri.as_ref().map_or_else(|| "/".to_owned(), text);
    let mut out = format!("{} {uri} {version}\r\n", s.method.as_deref().unwrap_or("OPTIONS")).into_bytes();
    let mut has_connection = false;
    for (name, value) in &s.headers {
        let lower = name.to_ascii_lowercase();
        if matches!(lower.as_str(), "content-length" | "transfer-encoding") {
            continue;
        }
        has_connection |= lower == "connection";
        out.extend_from_slice(format!("{lower}: {}\r\n", text(value)).as_bytes());
    }
    if let Some(state) = facts.state {
        out.extend_from_slice(format!("x-haproxy-server-state: {state}\r\n").as_bytes());
    }
    let body = s.body.as_ref().map(text).unwrap_or_default();
    if !body.is_empty() {
        out.extend_from_slice(format!("content-length: {}\r\n", body.len()).as_bytes());
    }
    if version.starts_with("HTTP/1.1") && !has_connection {
        out.extend_from_slice(b"connection: close\r\n");
    }
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(body.as_bytes());
    out
}

fn found(verdict: Verdict, code: Option<u32>, info: impl Into<String>) -> Outcome {
    Outcome { verdict, code, info: info.into(), duration: 0 }
}

impl Expectation {
    /// Looks at what has come so far.
    pub fn judge(&self, received: &[u8], ended: bool) -> Judgement {
        match &self.kind {
            Kind::Custom(f) => match f(received) {
                Judgement::More if ended => Judgement::Fail(found(Verdict::L7Response, None, "")),
                j => j,
            },
            Kind::Begins(want, info) => {
                if received.len() < want.len() && want.starts_with(received) {
                    return if ended { Judgement::Fail(found(Verdict::L7Response, None, "")) } else { Judgement::More };
                }
                if received.starts_with(want) {
                    Judgement::Pass(found(Verdict::L7Ok, Some(0), *info))
                } else {
                    // An error in the protocol's own words.
                    let verdict = if received.starts_with(b"-") { Verdict::L7Status } else { Verdict::L7Response };
                    Judgement::Fail(found(
                        verdict,
                        Some(0).filter(|_| verdict == Verdict::L7Status),
                        first_line(received),
                    ))
                }
            }
            _ if self.is_http => self.judge_http(received, ended),
            Kind::Rule(e) => judge_bytes(e, received, ended),
            Kind::HttpDefault => self.judge_http(received, ended),
        }
    }

    /// What silence means at this point.
    pub fn timed_out(&self, received: &[u8]) -> Outcome {
        let verdict = match &self.kind {
            Kind::Rule(e) => e.tout_status.map_or(Verdict::L7Timeout, verdict_of),
            _ => Verdict::L7Timeout,
        };
        let _ = received;
        found(verdict, None, "")
    }

    fn judge_http(&self, received: &[u8], ended: bool) -> Judgement {
        let mut m = Message::new();
        let head = match head::response(received, &mut m, Limits { lenient: true, ..Limits::default() }) {
            Ok(Parsed::Complete(n)) => n,
            Ok(Parsed::Partial) if !ended => return Judgement::More,
            _ => return Judgement::Fail(found(Verdict::L7Response, None, "")),
        };
        let status = u32::from(m.status());
        let reason = String::from_utf8_lossy(m.reason()).into_owned();
        if self.disable_on_404 && status == 404 {
            return Judgement::Pass(found(Verdict::L7OkConditional, Some(404), "Not Found"));
        }
        let body = &received[head..];
        let whole = ended
            || m.get(b"content-length")
                .and_then(|v| std::str::from_utf8(v).ok()?.parse::<usize>().ok())
                .is_some_and(|n| body.len() >= n);
        let Kind::Rule(e) = &self.kind else {
            return if (200..400).contains(&status) {
                Judgement::Pass(found(Verdict::L7Ok, Some(status), ""))
            } else {
                Judgement::Fail(found(Verdict::L7Status, Some(status), reason))
            };
        };
        let matched = match &e.matcher {
            ExpectMatch::Status(ranges) => ranges.iter().any(|&(a, b)| (u32::from(a)..=u32::from(b)).contains(&status)),
            ExpectMatch::StatusRegex(r) => r.0.is_match(status.to_string().as_bytes()),
            ExpectMatch::Header { name, value, full } => headers_match(&m, name, value.as_ref(), *full),
            matcher => {
                let hit = body_matches(matcher, body);
                if !hit && !whole || e.min_recv.is_some_and(|n| body.len() < n) && !ended {
                    return Judgement::More;
                }
                hit
            }
        };
        if matched != e.negate {
            return Judgement::Pass(found(e.ok_status.map_or(Verdict::L7Ok, verdict_of), Some(status), ""));
        }
        let is_status = matches!(e.matcher, ExpectMatch::Status(_) | ExpectMatch::StatusRegex(_));
        let verdict =
            e.error_status.map_or(if is_status { Verdict::L7Status } else { Verdict::L7Response }, verdict_of);
        let info = match (&e.on_error, is_status) {
            (Some(f), _) => text(f),
            (None, true) => reason,
            (None, false) => complaint(e, "HTTP content check"),
        };
        Judgement::Fail(found(verdict, Some(status), info))
    }
}

fn complaint(e: &Expect, what: &str) -> String {
    let wanted = match &e.matcher {
        ExpectMatch::String(s) => format!("did not match string '{}'", String::from_utf8_lossy(s)),
        ExpectMatch::Regex(r) => format!("did not match regex '{}'", r.0.as_str()),
        ExpectMatch::Header { .. } => "did not match header".to_owned(),
        _ => "did not match".to_owned(),
    };
    if e.negate { format!("{what} matched unwanted content") } else { format!("{what} {wanted}") }
}

fn judge_bytes(e: &Expect, received: &[u8], ended: bool) -> Judgement {
    if !ended && (received.is_empty() || e.min_recv.is_some_and(|n| received.len() < n)) {
        return Judgement::More;
    }
    let matched = body_matches(&e.matcher, received);
    if !matched && !e.negate && !ended && received.len() < 16384 && is_prefix_possible(&e.matcher, received) {
        return Judgement::More;
    }
    if matched != e.negate {
        let info = e.on_success.as_ref().map(text).unwrap_or_default();
        return Judgement::Pass(found(e.ok_status.map_or(Verdict::L7Ok, verdict_of), Some(0), info));
    }
    let info = e.on_error.as_ref().map_or_else(|| complaint(e, "TCPCHK"), text);
    Judgement::Fail(found(e.error_status.map_or(Verdict::L7Response, verdict_of), None, info))
}

/// More bytes could still make the match.
fn is_prefix_possible(m: &ExpectMatch, received: &[u8]) -> bool {
    match m {
        ExpectMatch::String(s) | ExpectMatch::Binary(s) => received.len() < s.len(),
        _ => received.is_empty(),
    }
}

fn body_matches(m: &ExpectMatch, body: &[u8]) -> bool {
    match m {
        ExpectMatch::String(s) | ExpectMatch::Binary(s) => memchr::memmem::find(body, s).is_some(),
        ExpectMatch::StringFormat(f) => memchr::memmem::find(body, text(f).as_bytes()).is_some(),
        ExpectMatch::Regex(r) => r.0.is_match(body),
        ExpectMatch::BinaryRegex(r) => {
            let hex: String = body.iter().map(|b| format!("{b:02X}")).collect();
            r.0.is_match(hex.as_bytes())
        }
        ExpectMatch::Anything => true,
        _ => false,
    }
}

fn headers_match(m: &Message, name: &HeaderMatch, value: Option<&HeaderMatch>, full: bool) -> bool {
    m.headers().filter(|(n, _)| one_matches(name, n, true)).any(|(_, v)| match value {
        None => true,
        Some(want) if full => one_matches(want, v, false),
        Some(want) => crate::http::values::elements(v).any(|e| one_matches(want, e, false)),
    })
}

fn one_matches(want: &HeaderMatch, got: &[u8], is_name: bool) -> bool {
    let fold = |b: &[u8]| if is_name { b.to_ascii_lowercase() } else { b.to_vec() };
    let got = fold(got);
    let pattern = |f: &crate::ir::expr::Format| fold(text(f).as_bytes());
    match want {
        HeaderMatch::Str(f) => got == pattern(f),
        HeaderMatch::Beg(f) => got.starts_with(&pattern(f)),
        HeaderMatch::End(f) => got.ends_with(&pattern(f)),
        HeaderMatch::Sub(f) => memchr::memmem::find(&got, &pattern(f)).is_some(),
        HeaderMatch::Reg(r) => r.0.is_match(&got),
    }
}

fn verdict_of(name: CheckStatusName) -> Verdict {
    match name {
        CheckStatusName::L7Ok => Verdict::L7Ok,
        CheckStatusName::L7OkC => Verdict::L7OkConditional,
        CheckStatusName::L6Ok => Verdict::L6Ok,
        CheckStatusName::L4Ok => Verdict::L4Ok,
        CheckStatusName::L7Rsp => Verdict::L7Response,
        CheckStatusName::L7Sts => Verdict::L7Status,
        CheckStatusName::L7Tout => Verdict::L7Timeout,
        CheckStatusName::L6Rsp => Verdict::L6Response,
        CheckStatusName::L6Tout => Verdict::L6Timeout,
        CheckStatusName::L4Con => Verdict::L4Connection,
        CheckStatusName::L4Tout => Verdict::L4Timeout,
    }
}

fn first_line(b: &[u8]) -> String {
    let end = b.iter().position(|&c| matches!(c, b'\r' | b'\n')).unwrap_or(b.len());
    String::from_utf8_lossy(&b[..end]).into_owned()
}

/// Lines of `NNN-...` up to one of `NNN ...` (RFC 5321 section 4.2).
fn judge_smtp(received: &[u8]) -> Judgement {
    for line in received.split_inclusive(|&b| b == b'\n') {
        if !line.ends_with(b"\n") {
            return Judgement::More;
        }
        let text = first_line(line);
        let Some(code) = text.get(..3).and_then(|c| c.parse::<u32>().ok()) else {
            return Judgement::Fail(found(Verdict::L7Response, None, text));
        };
        if line.get(3) == Some(&b'-') {
            continue;
        }
        let info = text.get(4..).unwrap_or_default();
        return if code / 100 == 2 {
            Judgement::Pass(found(Verdict::L7Ok, Some(code), info))
        } else {
            Judgement::Fail(found(Verdict::L7Status, Some(code), info))
        };
    }
    Judgement::More
}

/// A StartupMessage of protocol 3.0.
fn pgsql(user: &str) -> Vec<u8> {
    let mut body = vec![0, 3, 0, 0];
    body.extend_from_slice(b"user\0");
    body.extend_from_slice(user.as_bytes());
    body.extend_from_slice(b"\0\0");
    let mut out = ((body.len() + 4) as u32).to_be_bytes().to_vec();
    out.extend(body);
    out
}

fn judge_pgsql(received: &[u8]) -> Judgement {
    match received {
        [] => Judgement::More,
        [b'R', ..] if received.len() >= 9 => Judgement::Pass(found(Verdict::L7Ok, Some(0), "PostgreSQL server is ok")),
        [b'R', ..] => Judgement::More,
        [b'E', ..] => {
            // The first field's letter, then its text.
            let text = received.get(6..).unwrap_or_default();
            let end = text.iter().position(|&b| b == 0).unwrap_or(text.len());
            Judgement::Fail(found(Verdict::L7Response, None, String::from_utf8_lossy(&text[..end])))
        }
        _ => Judgement::Fail(found(Verdict::L7Response, None, "PostgreSQL unknown error")),
    }
}

/// A simple bind request without name and password (RFC 4511 section 4.2).
const LDAP_BIND: &[u8] = &[0x30, 0x0c, 0x02, 0x01, 0x01, 0x60, 0x07, 0x02, 0x01, 0x03, 0x04, 0x00, 0x80, 0x00];

fn judge_ldap(received: &[u8]) -> Judgement {
    if received.len() < 14 {
        return Judgement::More;
    }
    if received[0] != 0x30 {
        return Judgement::Fail(found(Verdict::L7Response, None, "Not LDAPv3 protocol"));
    }
    // A long form of the message's length takes more bytes in front of the identifier.
    let at = if received[1] & 0x80 == 0 { 2 } else { 2 + usize::from(received[1] & 0x0f) };
    match received.get(at..at + 8) {
        Some([0x02, 0x01, 0x01, 0x61, rest @ ..]) => {
            let skip = if rest[0] & 0x80 == 0 { 1 } else { 1 + usize::from(rest[0] & 0x0f) };
            match received.get(at + 4 + skip..at + 4 + skip + 3) {
                Some([0x0a, 0x01, 0]) => Judgement::Pass(found(Verdict::L7Ok, Some(0), "Success")),
                Some([0x0a, 0x01, code]) => Judgement::Fail(found(
                    Verdict::L7Status,
                    Some((*code).into()),
                    "See RFC: http://tools.ietf.org/html/rfc4511#section-4.1.9",
                )),
                _ => Judgement::Fail(found(Verdict::L7Response, None, "Not LDAPv3 protocol")),
            }
        }
        _ => Judgement::Fail(found(Verdict::L7Response, None, "Not LDAPv3 protocol")),
    }
}

/// Without a user only the greeting is looked at; with one, a login is tried and left.
fn mysql(user: Option<&str>, pre_41: bool) -> Script {
    let connect = Step::Connect { port: None, send_proxy: false };
    let expect = |f| Step::Expect(Expectation { kind: Kind::Custom(f), is_http: false, disable_on_404: false });
    let Some(user) = user else { return Script { steps: vec![connect, expect(judge_mysql_greeting)] } };
    let mut login = Vec::new();
    if pre_41 {
        // Capabilities: long password, transactions.
        login.extend_from_slice(&[0x01, 0x20, 0xff, 0xff, 0xff]);
    } else {
        // Capabilities: 4.1 protocol, secure connection; maximum packet, UTF-8.
        login.extend_from_slice(&[0x00, 0x82, 0x00, 0x00, 0x00, 0x80, 0x00, 0x01, 0x21]);
        login.extend_from_slice(&[0; 23]);
    }
    login.extend_from_slice(user.as_bytes());
    login.extend_from_slice(if pre_41 { &[0][..] } else { &[0, 0] });
    let mut packet = vec![login.len() as u8, (login.len() >> 8) as u8, 0, 1];
    packet.extend(login);
    // COM_QUIT
    packet.extend_from_slice(&[1, 0, 0, 0, 1]);
    Script {
        steps: vec![connect, expect(judge_mysql_greeting), Step::Send(Make::Bytes(packet)), expect(judge_mysql_login)],
    }
}

fn mysql_packet(received: &[u8]) -> Option<&[u8]> {
    let len =
        usize::from(*received.first()?) | usize::from(*received.get(1)?) << 8 | usize::from(*received.get(2)?) << 16;
    received.get(4..4 + len)
}

fn judge_mysql_greeting(received: &[u8]) -> Judgement {
    match mysql_packet(received) {
        None => Judgement::More,
        Some([0xff, low, high, rest @ ..]) => {
            let code = u32::from(*low) | u32::from(*high) << 8;
            Judgement::Fail(found(Verdict::L7Status, Some(code), String::from_utf8_lossy(rest)))
        }
        Some([10, version @ ..]) => {
            let end = version.iter().position(|&b| b == 0).unwrap_or(version.len());
            Judgement::Pass(found(Verdict::L7Ok, Some(0), String::from_utf8_lossy(&version[..end])))
        }
        Some(_) => Judgement::Fail(found(Verdict::L7Response, None, "")),
    }
}

fn judge_mysql_login(received: &[u8]) -> Judgement {
    let first = mysql_packet(received).map_or(0, |p| p.len() + 4);
    match mysql_packet(&received[first..]) {
        None => Judgement::More,
        Some([0xff, low, high, rest @ ..]) => {
            let code = u32::from(*low) | u32::from(*high) << 8;
            Judgement::Fail(found(Verdict::L7Status, Some(code), String::from_utf8_lossy(rest)))
        }
        Some(_) => Judgement::Pass(found(Verdict::L7Ok, Some(0), "")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_http_check_is_22_bytes() {
        let script = of(&CheckRules { kind: CheckKind::Http, ..CheckRules::default() });
        let [Step::Connect { .. }, Step::Send(make), Step::Expect(e)] = &script.steps[..] else {
            panic!("three steps")
        };
        assert_eq!(make.bytes(&Facts::default()), b"OPTIONS / HTTP/1.0\r\n\r\n");
        assert_eq!(e.judge(b"HTTP/1.1 20", false), Judgement::More);
        let Judgement::Pass(o) = e.judge(b"HTTP/1.1 200 OK\r\n\r\n", false) else { panic!("a pass") };
        assert_eq!((o.verdict, o.code), (Verdict::L7Ok, Some(200)));
        let Judgement::Fail(o) = e.judge(b"HTTP/1.1 503 Away\r\n\r\n", false) else { panic!("a failure") };
        assert_eq!((o.verdict, o.code, o.info.as_str()), (Verdict::L7Status, Some(503), "Away"));
    }

    #[test]
    fn smtp_waits_for_the_last_line() {
        assert_eq!(judge_smtp(b"220-hello\r\n220 wo"), Judgement::More);
        assert!(matches!(judge_smtp(b"220-hello\r\n220 world\r\n"), Judgement::Pass(o) if o.code == Some(220)));
        assert!(matches!(judge_smtp(b"554 no\r\n"), Judgement::Fail(o) if o.verdict == Verdict::L7Status));
    }

    proptest::proptest! {
        #[test]
        fn no_answer_panics(bytes in proptest::collection::vec(0u8..=255, 0..64)) {
            for f in [judge_smtp, judge_ldap, judge_pgsql, judge_mysql_greeting, judge_mysql_login] {
                let _ = f(&bytes);
            }
        }
    }
}
