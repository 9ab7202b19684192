//! Health checks, as data (HAProxy manual 4.2 `option httpchk`, `http-check`, `tcp-check`; 5.2 `check`, `agent-check`).

use std::time::Duration;

use super::expr::{Format, Regex, Sample, VarName};
use crate::text::source::Span;

/// What a check speaks.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum CheckKind {
    /// A connection that opens is enough.
    #[default]
    Connect,
    /// `option tcp-check`
    Tcp,
    /// `option httpchk`
    Http,
    /// `option smtpchk [HELO|EHLO] domain`
    Smtp { hello: String },
    /// `option redis-check`
    Redis,
    /// `option mysql-check [user NAME [post-41|pre-41]]`
    Mysql { user: Option<String>, pre_41: bool },
    /// `option pgsql-check user NAME`
    Pgsql { user: String },
    /// `option ldap-check`
    Ldap,
    /// `option spop-check`
    Spop,
}

/// The rules of one proxy's checks.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CheckRules {
    pub kind: CheckKind,
    /// From the arguments of `option httpchk`.
    pub httpchk: HttpChk,
    pub http: Vec<CheckStep>,
    pub tcp: Vec<CheckStep>,
    /// `http-check disable-on-404`
    pub disable_on_404: bool,
    /// `http-check send-state`
    pub send_state: bool,
    /// The steps come from a `defaults` section: the first own line takes their place.
    pub inherited_http: bool,
    pub inherited_tcp: bool,
}

impl CheckRules {
    /// A line of the section itself begins anew.
    pub fn own_http(&mut self) {
        if std::mem::take(&mut self.inherited_http) {
            self.http.clear();
            self.httpchk = HttpChk::default();
        }
    }

    /// The same for `tcp-check`.
    pub fn own_tcp(&mut self) {
        if std::mem::take(&mut self.inherited_tcp) {
            self.tcp.clear();
        }
    }
}

/// `option httpchk [METHOD] [URI] [VERSION]`; defaults `OPTIONS / HTTP/1.0`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpChk {
    pub method: String,
    pub uri: String,
    /// As written, headers after `\r\n` included (the old way to give a Host).
    pub version: String,
}

impl Default for HttpChk {
    fn default() -> Self {
        Self { method: "OPTIONS".into(), uri: "/".into(), version: "HTTP/1.0".into() }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct CheckStep {
    pub action: CheckAction,
    pub comment: Option<String>,
    pub at: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum CheckAction {
    /// `http-check comment`: it counts as a step and names the next one.
    Comment,
    Connect(CheckConnect),
    /// `http-check send`
    HttpSend(HttpSend),
    /// `tcp-check send`, `send-binary`
    TcpSend(Vec<u8>),
    /// `tcp-check send-lf`, `send-binary-lf`
    TcpSendFormat {
        format: Format,
        binary: bool,
    },
    Expect(Expect),
    SetVar {
        var: VarName,
        sample: Sample,
    },
    SetVarFormat {
        var: VarName,
        format: Format,
    },
    UnsetVar(VarName),
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct CheckConnect {
    pub default: bool,
    pub port: Option<u16>,
    pub port_sample: Option<Sample>,
    pub address: Option<super::address::Address>,
    pub send_proxy: bool,
    pub via_socks4: bool,
    pub linger: bool,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct HttpSend {
    pub method: Option<String>,
    pub uri: Option<Format>,
    pub version: Option<String>,
    pub headers: Vec<(String, Format)>,
    pub body: Option<Format>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Expect {
    pub negate: bool,
    pub matcher: ExpectMatch,
    pub min_recv: Option<usize>,
    pub ok_status: Option<CheckStatusName>,
    pub error_status: Option<CheckStatusName>,
    pub tout_status: Option<CheckStatusName>,
    pub on_success: Option<Format>,
    pub on_error: Option<Format>,
    pub status_code: Option<Sample>,
}

impl Expect {
    /// With nothing else said.
    pub fn of(matcher: ExpectMatch) -> Self {
        Self {
            negate: false,
            matcher,
            min_recv: None,
            ok_status: None,
            error_status: None,
            tout_status: None,
            on_success: None,
            on_error: None,
            status_code: None,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum ExpectMatch {
    Status(Vec<(u16, u16)>),
    StatusRegex(Regex),
    String(Vec<u8>),
    StringFormat(Format),
    Binary(Vec<u8>),
    BinaryFormat(Format),
    Regex(Regex),
    BinaryRegex(Regex),
    Header { name: HeaderMatch, value: Option<HeaderMatch>, full: bool },
}

#[derive(Debug, Clone, PartialEq)]
pub enum HeaderMatch {
    Str(Format),
    Beg(Format),
    End(Format),
    Sub(Format),
    Reg(Regex),
}

/// `ok-status L7OK` and the like (manual 4.2 `http-check expect`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckStatusName {
    L7Ok,
    L7OkC,
    L6Ok,
    L4Ok,
    L7Rsp,
    L7Sts,
    L7Tout,
    L6Rsp,
    L6Tout,
    L4Con,
    L4Tout,
}

/// How often and with what patience a server is checked (manual 5.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckTiming {
    /// Default 2 s.
    pub inter: Duration,
    pub fastinter: Option<Duration>,
    pub downinter: Option<Duration>,
    /// Consecutive successes to be up: 2.
    pub rise: u32,
    /// Consecutive failures to be down: 3.
    pub fall: u32,
}

impl Default for CheckTiming {
    fn default() -> Self {
        Self { inter: Duration::from_secs(2), fastinter: None, downinter: None, rise: 2, fall: 3 }
    }
}
