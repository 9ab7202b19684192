//! A `frontend`, `backend`, `listen` or `defaults` section, as data (HAProxy manual 4).

mod balance;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use super::action::{Reply, Rule, RuleSets};
use super::check::CheckRules;
use super::expr::{Acl, Condition, Format};
use super::growing::Growing;
use super::listener::Listener;
use super::log::LogTarget;
use super::server::{Server, ServerOptions, Source};
use super::table::{StickRule, StickTable};
use super::{Named, ProxyId};
use crate::text::source::Span;

pub use balance::{Balance, HashFunction, HashType};

#[derive(Debug, Clone, PartialEq)]
pub struct Proxy {
    pub name: String,
    /// Given or counted from 1.
    pub id: u32,
    pub kind: ProxyKind,
    pub mode: Mode,
    pub at: Span,
    pub description: Option<String>,
    pub disabled: bool,
    /// `guid`-free: 2.6 has none.
    pub timeouts: Timeouts,
    pub options: Options,

    // The front side.
    pub listeners: Vec<Listener>,
    pub maxconn: Option<u32>,
    pub backlog: Option<u32>,
    pub rate_limit_sessions: Option<u32>,
    pub default_backend: Option<Named<ProxyId>>,
    pub switching: Vec<UseBackend>,
    pub monitor_uri: Option<String>,
    pub monitor_fail: Vec<Condition>,
    pub unique_id_format: Option<Format>,
    pub unique_id_header: Option<String>,
    pub declared_captures: Vec<DeclaredCapture>,
    pub request_headers_captured: Vec<CaptureHeader>,
    pub response_headers_captured: Vec<CaptureHeader>,
    pub cookie_captured: Option<CaptureCookie>,

    // The back side.
    pub servers: Growing<Server>,
    pub default_server: ServerOptions,
    pub balance: Balance,
    /// The `balance` line, also an inherited one: it rules `dispatch` and `option transparent` out.
    pub balance_at: Option<Span>,
    pub hash_type: HashType,
    pub hash_balance_factor: u32,
    pub cookie: Option<Cookie>,
    pub dynamic_cookie_key: Option<String>,
    pub fullconn: Option<u32>,
    pub retries: u32,
    pub retry_on: Vec<RetryOn>,
    pub use_server: Vec<UseServer>,
    pub dispatch: Option<super::address::Address>,
    pub source: Option<Source>,
    pub checks: CheckRules,
    pub external_check_command: Option<String>,
    pub load_server_state: Option<StateFile>,
    /// `server-state-file-name`; its own name unless given.
    pub server_state_file: Option<String>,
    pub http_send_name_header: Option<String>,
    pub force_persist: Vec<PersistRule>,
    pub stick_rules: Vec<StickRule>,
    pub table: Option<StickTable>,

    // Both sides.
    pub acls: Vec<Acl>,
    pub rules: RuleSets,
    /// `http-request wait-for-...` live in the rule sets; this is `tcp-request inspect-delay`.
    pub inspect_delay: Option<Duration>,
    pub response_inspect_delay: Option<Duration>,
    /// Number of rules of each set that came from a `defaults` section.
    pub stats: Stats,
    pub log: Vec<LogTarget>,
    /// `log global`: the global targets come first.
    pub log_global: bool,
    pub log_format: LogFormat,
    /// The `option httplog` line, for the remark that a TCP proxy cannot use it.
    pub httplog_at: Option<Span>,
    pub log_format_sd: Option<Format>,
    pub error_log_format: Option<Format>,
    pub log_tag: Option<String>,
    /// Pages by status (`errorfile`, `errorloc`, `http-error`, `errorfiles`).
    pub errors: BTreeMap<u16, ErrorPage>,
    pub http_reuse: HttpReuse,
    pub redirects: Vec<Rule>,
    /// Only kept so that a message can say which defaults applied.
    pub defaults: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProxyKind {
    Defaults,
    Frontend,
    Backend,
    Listen,
}

impl ProxyKind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Defaults => "defaults",
            Self::Frontend => "frontend",
            Self::Backend => "backend",
            Self::Listen => "listen",
        }
    }

    /// Takes connections from clients.
    pub fn is_front(self) -> bool {
        matches!(self, Self::Frontend | Self::Listen)
    }

    /// Has servers.
    pub fn is_back(self) -> bool {
        matches!(self, Self::Backend | Self::Listen)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    #[default]
    Tcp,
    Http,
}

/// Zero or absent means none (manual 4.2 `timeout ...`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Timeouts {
    pub connect: Option<Duration>,
    pub client: Option<Duration>,
    pub server: Option<Duration>,
    pub client_fin: Option<Duration>,
    pub server_fin: Option<Duration>,
    pub tunnel: Option<Duration>,
    pub http_request: Option<Duration>,
    pub http_keep_alive: Option<Duration>,
    pub queue: Option<Duration>,
    pub tarpit: Option<Duration>,
    pub check: Option<Duration>,
}

/// The `option ...` switches that are plain truth values, and a few that carry data.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Options {
    pub connection: ConnectionMode,
    pub abortonclose: bool,
    pub accept_invalid_http_request: bool,
    pub accept_invalid_http_response: bool,
    pub allbackups: bool,
    pub checkcache: bool,
    pub clitcpka: bool,
    pub srvtcpka: bool,
    pub clitcpka_cnt: Option<u32>,
    pub clitcpka_idle: Option<Duration>,
    pub clitcpka_intvl: Option<Duration>,
    pub srvtcpka_cnt: Option<u32>,
    pub srvtcpka_idle: Option<Duration>,
    pub srvtcpka_intvl: Option<Duration>,
    pub contstats: bool,
    pub disable_h2_upgrade: bool,
    pub dontlog_normal: bool,
    pub dontlognull: bool,
    pub forwardfor: Option<Forward>,
    pub originalto: Option<Forward>,
    pub h1_case_adjust_bogus_client: bool,
    pub h1_case_adjust_bogus_server: bool,
    pub http_buffer_request: bool,
    pub http_ignore_probes: bool,
    pub http_no_delay: bool,
    pub http_pretend_keepalive: bool,
    pub http_restrict_req_hdr_names: Option<RestrictNames>,
    pub http_use_htx: bool,
    pub http_use_proxy_header: bool,
    pub http_proxy: bool,
    pub independent_streams: bool,
    pub log_health_checks: bool,
    pub log_separate_errors: bool,
    pub logasap: bool,
    pub nolinger: bool,
    pub persist: bool,
    pub prefer_last_server: bool,
    pub redispatch: Option<i32>,
    pub socket_stats: bool,
    pub splice_auto: bool,
    pub splice_request: bool,
    pub splice_response: bool,
    pub tcp_smart_accept: bool,
    pub tcp_smart_connect: bool,
    pub transparent: bool,
    pub external_check: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ConnectionMode {
    #[default]
    KeepAlive,
    ServerClose,
    Close,
    Tunnel,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestrictNames {
    Preserve,
    Delete,
    Reject,
}

/// `option forwardfor`, `option originalto`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forward {
    pub except: Option<ipnet::IpNet>,
    pub header: String,
    pub if_none: bool,
}

/// `use_backend NAME|FORMAT [if ...]`
#[derive(Debug, Clone, PartialEq)]
pub struct UseBackend {
    pub target: BackendName,
    pub condition: Option<Condition>,
    pub at: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum BackendName {
    Static(Named<ProxyId>),
    Dynamic(Format),
}

#[derive(Debug, Clone, PartialEq)]
pub struct UseServer {
    pub target: ServerName,
    pub condition: Option<Condition>,
    pub at: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ServerName {
    Static(Named<super::ServerId>),
    Dynamic(Format),
}

/// `force-persist if ...`, `ignore-persist if ...`
#[derive(Debug, Clone, PartialEq)]
pub struct PersistRule {
    pub ignore: bool,
    pub condition: Condition,
    pub at: Span,
}

/// `cookie NAME ...` (manual 4.2 `cookie`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cookie {
    pub name: String,
    pub mode: CookieMode,
    pub indirect: bool,
    pub nocache: bool,
    pub postonly: bool,
    pub preserve: bool,
    pub httponly: bool,
    pub secure: bool,
    pub domains: Vec<String>,
    pub max_idle: Option<Duration>,
    pub max_life: Option<Duration>,
    pub dynamic: bool,
    pub attrs: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CookieMode {
    /// The server sets it; it is only looked at.
    #[default]
    Passive,
    Insert,
    Prefix,
    Rewrite,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryOn {
    None,
    ConnFailure,
    EmptyResponse,
    JunkResponse,
    ResponseTimeout,
    ZeroRttRejected,
    Status(u16),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HttpReuse {
    Never,
    #[default]
    Safe,
    Aggressive,
    Always,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateFile {
    Global,
    Local,
    None,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaptureHeader {
    pub name: String,
    pub len: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaptureCookie {
    pub name: String,
    /// `NAME=` captures the exact name; without the sign, any that begins so.
    pub exact: bool,
    pub len: usize,
}

/// `declare capture request|response len N`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeclaredCapture {
    pub response: bool,
    pub len: usize,
}

/// Which line is logged.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum LogFormat {
    /// `Connect from ...`
    #[default]
    Default,
    Tcp,
    Http,
    /// `option httplog clf`
    Clf,
    Https,
    Custom(Format),
}

/// What is sent for an error status.
#[derive(Debug, Clone, PartialEq)]
pub enum ErrorPage {
    /// A whole response, head included, as read from a file; an empty one closes without a word.
    Raw(Arc<[u8]>),
    /// `errorloc`, `errorloc302`, `errorloc303`.
    Redirect { code: u16, url: String },
    /// `http-error status N ...`
    Reply(Box<Reply>),
}

/// The stats page of a proxy (manual 4.2 `stats ...`).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Stats {
    pub enabled: bool,
    /// Default `/haproxy?stats`.
    pub uri: Option<String>,
    pub realm: Option<String>,
    pub auth: Vec<(String, String)>,
    pub refresh: Option<Duration>,
    pub hide_version: bool,
    pub show_legends: bool,
    pub show_node: Option<Option<String>>,
    pub show_desc: Option<Option<String>>,
    pub show_modules: bool,
    pub scope: Vec<String>,
    pub admin: Vec<Condition>,
    pub http_request: Vec<Rule>,
}

/// The address families of an inline address list, used by messages only.
pub fn is_wildcard(ip: IpAddr) -> bool {
    ip.is_unspecified()
}

impl Proxy {
    /// Whether servers may come while it runs: not where a map of all of them is computed once.
    pub fn takes_servers_later(&self) -> bool {
        match self.balance {
            Balance::RoundRobin | Balance::LeastConn | Balance::First | Balance::Random { .. } => true,
            Balance::StaticRr => false,
            _ => self.hash_type.consistent,
        }
    }

    /// A section with the compiled-in defaults (HAProxy manual 4).
    pub fn new(name: impl Into<String>, kind: ProxyKind, at: Span) -> Self {
        Self {
            name: name.into(),
            id: 0,
            kind,
            mode: Mode::Tcp,
            at,
            description: None,
            disabled: false,
            timeouts: Timeouts::default(),
            options: Options::default(),
            listeners: Vec::new(),
            maxconn: None,
            backlog: None,
            rate_limit_sessions: None,
            default_backend: None,
            switching: Vec::new(),
            monitor_uri: None,
            monitor_fail: Vec::new(),
            unique_id_format: None,
            unique_id_header: None,
            declared_captures: Vec::new(),
            request_headers_captured: Vec::new(),
            response_headers_captured: Vec::new(),
            cookie_captured: None,
            servers: Growing::new(),
            default_server: ServerOptions::default(),
            balance: Balance::default(),
            balance_at: None,
            hash_type: HashType::default(),
            hash_balance_factor: 0,
            cookie: None,
            dynamic_cookie_key: None,
            fullconn: None,
            retries: 3,
            retry_on: vec![RetryOn::ConnFailure],
            use_server: Vec::new(),
            dispatch: None,
            source: None,
            checks: CheckRules::default(),
            external_check_command: None,
            load_server_state: None,
            server_state_file: None,
            http_send_name_header: None,
            force_persist: Vec::new(),
            stick_rules: Vec::new(),
            table: None,
            acls: Vec::new(),
            rules: RuleSets::default(),
            inspect_delay: None,
            response_inspect_delay: None,
            stats: Stats::default(),
            log: Vec::new(),
            log_global: false,
            log_format: LogFormat::default(),
            httplog_at: None,
            log_format_sd: None,
            error_log_format: None,
            log_tag: None,
            errors: BTreeMap::new(),
            http_reuse: HttpReuse::default(),
            redirects: Vec::new(),
            defaults: None,
        }
    }
}
