//! What a check does, as steps that a driver walks (HAProxy manual 4.2 `option httpchk`, `http-check`, `tcp-check`).

use super::expect::{Expectation, Kind};
use super::protocols;
use super::request::HttpRequest;
use super::result::{Outcome, Verdict};
use crate::ir::address::Address;
use crate::ir::check::{CheckAction, CheckConnect, CheckKind, CheckRules, CheckStep, HttpSend};
use crate::ir::expr::{Format, Sample, VarName};

/// A check.
#[derive(Debug, Clone, Default)]
pub struct Script {
    pub dialect: Dialect,
    pub steps: Vec<Step>,
}

/// What the check was written in: it decides how bytes are read and what a failure is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// One of the protocols that need no rules, or none.
    #[default]
    BuiltIn,
    /// `tcp-check`: failures name the step.
    Tcp,
    /// `http-check`
    Http,
}

#[derive(Debug, Clone)]
pub struct Step {
    /// Counted from 1 as written; 0 is the connection that nobody wrote.
    pub number: usize,
    pub comment: Option<String>,
    pub act: Act,
}

#[derive(Debug, Clone)]
pub enum Act {
    Connect(Connect),
    Send(Make),
    Expect(Expectation),
    Set(VarName, Stored),
    Unset(VarName),
    /// A comment that stands alone.
    Nothing,
}

#[derive(Debug, Clone, Default)]
pub struct Connect {
    /// As the server's own parameters say (`send-proxy`, `check-send-proxy`, SOCKS).
    pub as_server: bool,
    pub port: Option<u16>,
    pub port_sample: Option<Sample>,
    pub address: Option<Address>,
    pub send_proxy: bool,
    pub via_socks: bool,
    /// The connection is closed in order instead of being reset.
    pub linger: bool,
}

/// What a step sends.
#[derive(Debug, Clone)]
pub enum Make {
    Bytes(Vec<u8>),
    Format { format: Format, binary: bool },
    Http(Box<HttpRequest>),
}

#[derive(Debug, Clone)]
pub enum Stored {
    Sample(Sample),
    Format(Format),
}

/// The steps of a proxy's checks.
pub fn of(rules: &CheckRules) -> Script {
    match &rules.kind {
        CheckKind::Connect => Script { dialect: Dialect::BuiltIn, steps: vec![implicit(false)] },
        CheckKind::Http => http(rules),
        CheckKind::Tcp => tcp(rules),
        CheckKind::Smtp { hello } => protocols::smtp(hello),
        CheckKind::Redis => protocols::redis(),
        CheckKind::Mysql { user, pre_41 } => protocols::mysql(user.as_deref(), *pre_41),
        CheckKind::Pgsql { user } => protocols::pgsql(user),
        CheckKind::Ldap => protocols::ldap(),
        CheckKind::Spop => protocols::spop(),
    }
}

/// The connection with which every check begins.
pub fn implicit(linger: bool) -> Step {
    let connect = Connect { as_server: true, linger, ..Connect::default() };
    Step { number: 0, comment: None, act: Act::Connect(connect) }
}

fn http(rules: &CheckRules) -> Script {
    let steps: Vec<Step> = (0..rules.http.len()).map(|i| step(i, &rules.http, rules)).collect();
    let is = |s: &Step, f: fn(&Act) -> bool| f(&s.act);
    let mut out = Vec::with_capacity(steps.len() + 3);
    if !steps.iter().any(|s| is(s, |a| matches!(a, Act::Connect(_)))) {
        out.push(implicit(false));
    }
    let sends = steps.iter().any(|s| is(s, |a| matches!(a, Act::Send(_))));
    let first_expect = steps.iter().position(|s| is(s, |a| matches!(a, Act::Expect(_)))).unwrap_or(steps.len());
    let asks = || Step { number: 0, comment: None, act: Act::Send(request(rules, &HttpSend::default(), true)) };
    let last = steps.iter().rposition(|s| is(s, |a| matches!(a, Act::Send(_) | Act::Connect(_))));
    let answered = steps.iter().rposition(|s| is(s, |a| matches!(a, Act::Expect(_))));
    for (i, s) in steps.into_iter().enumerate() {
        if !sends && i == first_expect {
            out.push(asks());
        }
        out.push(s);
    }
    if !sends && answered.is_none() {
        out.push(asks());
    }
    if answered.is_none() || last > answered {
        out.push(Step { number: 0, comment: None, act: Act::Expect(expectation(Kind::HttpDefault, rules)) });
    }
    Script { dialect: Dialect::Http, steps: out }
}

fn tcp(rules: &CheckRules) -> Script {
    let mut steps: Vec<Step> = (0..rules.tcp.len()).map(|i| step(i, &rules.tcp, rules)).collect();
    if !steps.iter().any(|s| matches!(s.act, Act::Connect(_))) {
        steps.insert(0, implicit(false));
    }
    Script { dialect: Dialect::Tcp, steps }
}

fn step(index: usize, all: &[CheckStep], rules: &CheckRules) -> Step {
    let act = match &all[index].action {
        CheckAction::Comment => Act::Nothing,
        CheckAction::Connect(c) => Act::Connect(connect(c)),
        CheckAction::HttpSend(s) => Act::Send(request(rules, s, false)),
        CheckAction::TcpSend(bytes) => Act::Send(Make::Bytes(bytes.clone())),
        CheckAction::TcpSendFormat { format, binary } => {
            Act::Send(Make::Format { format: format.clone(), binary: *binary })
        }
        CheckAction::Expect(e) => Act::Expect(expectation(Kind::Rule(Box::new(e.clone())), rules)),
        CheckAction::SetVar { var, sample } => Act::Set(var.clone(), Stored::Sample(sample.clone())),
        CheckAction::SetVarFormat { var, format } => Act::Set(var.clone(), Stored::Format(format.clone())),
        CheckAction::UnsetVar(var) => Act::Unset(var.clone()),
    };
    Step { number: index + 1, comment: comment(&all[..=index]), act }
}

/// The last step's own comment, or that of a `comment` line with nothing but expectations since.
fn comment(steps: &[CheckStep]) -> Option<String> {
    let (last, before) = steps.split_last()?;
    if last.comment.is_some() {
        return last.comment.clone();
    }
    let stops = |a: &CheckAction| {
        matches!(
            a,
            CheckAction::Connect(_)
                | CheckAction::HttpSend(_)
                | CheckAction::TcpSend(_)
                | CheckAction::TcpSendFormat { .. }
        )
    };
    let near = before.iter().rev().take_while(|s| !stops(&s.action));
    near.filter(|s| s.action == CheckAction::Comment).find_map(|s| s.comment.clone())
}

fn connect(c: &CheckConnect) -> Connect {
    Connect {
        as_server: c.default,
        port: c.port,
        port_sample: c.port_sample.clone(),
        address: c.address.clone(),
        send_proxy: c.send_proxy,
        via_socks: c.via_socks4,
        linger: c.linger,
    }
}

fn request(rules: &CheckRules, s: &HttpSend, with_old_headers: bool) -> Make {
    Make::Http(Box::new(HttpRequest::merged(rules, s, with_old_headers)))
}

fn expectation(kind: Kind, rules: &CheckRules) -> Expectation {
    Expectation { kind, disable_on_404: rules.disable_on_404 }
}

impl Script {
    /// Where a step stands, as failures of `tcp-check` end: ` at step 2 of tcp-check (connect port 1) comment: 'x'`.
    pub fn place(&self, step: &Step) -> String {
        if self.dialect != Dialect::Tcp {
            return String::new();
        }
        if step.number == 0 {
            return " at initial connection step of tcp-check".to_owned();
        }
        let what = match &step.act {
            Act::Connect(Connect { port: Some(p), .. }) => format!(" (connect port {p})"),
            Act::Connect(_) => " (connect)".to_owned(),
            Act::Expect(e) => format!(" (expect {})", e.words()),
            Act::Send(_) => " (send)".to_owned(),
            _ => String::new(),
        };
        let comment = step.comment.as_ref().map(|c| format!(" comment: '{c}'")).unwrap_or_default();
        format!(" at step {} of tcp-check{what}{comment}", step.number)
    }

    /// What the check has found when `last` was its last step and passed with `found`.
    pub fn passed(&self, last: &Step, found: Outcome) -> Outcome {
        if self.dialect != Dialect::Tcp || !found.info.is_empty() {
            return found;
        }
        let info = if step_is_silent(last) { "" } else { "(tcp-check)" };
        let verdict = if matches!(last.act, Act::Send(_)) { Verdict::L7Ok } else { found.verdict };
        let code = if verdict == Verdict::L7Ok { found.code.or(Some(0)) } else { found.code };
        Outcome { verdict, code, info: info.to_owned(), ..found }
    }
}

fn step_is_silent(s: &Step) -> bool {
    s.number == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::evaluate::Literally;

    #[test]
    fn default_http_check_is_22_bytes() {
        let script = of(&CheckRules { kind: CheckKind::Http, ..CheckRules::default() });
        let acts: Vec<&Act> = script.steps.iter().map(|s| &s.act).collect();
        let [Act::Connect(_), Act::Send(Make::Http(request)), Act::Expect(_)] = acts[..] else { panic!("three steps") };
        assert_eq!(request.bytes(&Literally, None), b"OPTIONS / HTTP/1.0\r\n\r\n");
    }

    #[test]
    fn a_step_is_named_by_its_number_kind_and_comment() {
        let connect = Act::Connect(Connect { port: Some(1), ..Connect::default() });
        let step = Step { number: 2, comment: Some("one".into()), act: connect };
        let mut script = Script { dialect: Dialect::Tcp, steps: Vec::new() };
        assert_eq!(script.place(&step), " at step 2 of tcp-check (connect port 1) comment: 'one'");
        assert_eq!(script.place(&implicit(false)), " at initial connection step of tcp-check");
        script.dialect = Dialect::Http;
        assert_eq!(script.place(&step), "");
    }

    #[test]
    fn rules_without_an_expectation_end_with_the_default_one() {
        let send = CheckAction::HttpSend(HttpSend::default());
        let at = crate::text::source::Span::default();
        let rules = CheckRules {
            kind: CheckKind::Http,
            http: vec![CheckStep { action: send, comment: None, at }],
            ..CheckRules::default()
        };
        let last = of(&rules).steps.pop().expect("steps");
        assert!(matches!(last.act, Act::Expect(Expectation { kind: Kind::HttpDefault, .. })));
    }
}
