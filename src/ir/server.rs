//! A `server` line, as data (HAProxy manual 5.2).

use std::time::Duration;

use super::address::{Address, PortRule};
use super::check::CheckTiming;
use super::expr::Sample;
use super::{Named, ProxyId, ServerId};
use crate::text::source::Span;

#[derive(Debug, Clone, PartialEq)]
pub struct Server {
    pub name: String,
    /// Given or counted from 1 within the proxy.
    pub id: u32,
    pub address: Address,
    /// The host name as written, when the address was one (`show servers state`, `set server fqdn`).
    pub hostname: Option<String>,
    pub port_rule: PortRule,
    pub options: ServerOptions,
    /// A rule, an expression or another server names it: it cannot be taken away while the process runs.
    pub pinned: bool,
    /// What a state file says of it.
    pub saved: Option<Saved>,
    pub at: Span,
}

/// How a server was when a predecessor wrote it down (management guide 9.3 `show servers state`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    pub operational: Operational,
    /// An operator's doing, not the configuration's.
    pub maintenance: bool,
    pub drain: bool,
    /// `None`: the configured weight was another one then.
    pub weight: Option<u32>,
    /// Seconds since its last change.
    pub since: u64,
    /// Of use only where the configuration has a name.
    pub address: Option<std::net::IpAddr>,
    pub port: Option<u16>,
    pub checks_paused: bool,
    pub agent_paused: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operational {
    Starting,
    Running,
    /// It takes no new sessions.
    Stopping,
    Stopped,
}

/// What follows the address; `default-server` gives the same.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerOptions {
    /// 0..=256; `None` is 1.
    pub weight: Option<u16>,
    pub backup: bool,
    pub disabled: bool,
    pub check: bool,
    pub timing: CheckTiming,
    pub check_address: Option<Address>,
    pub check_port: Option<u16>,
    pub check_send_proxy: bool,
    pub check_via_socks4: bool,
    pub agent_check: bool,
    pub agent_address: Option<Address>,
    pub agent_port: Option<u16>,
    pub agent_inter: Option<Duration>,
    pub agent_send: Option<String>,
    pub cookie: Option<String>,
    pub error_limit: u32,
    pub non_stick: bool,
    pub on_error: OnError,
    pub on_marked_down: OnMarkedDown,
    pub on_marked_up: OnMarkedUp,
    pub observe: Observe,
    pub maxconn: Option<u32>,
    pub minconn: Option<u32>,
    pub maxqueue: Option<u32>,
    pub slowstart: Option<Duration>,
    pub source: Option<Source>,
    pub interface: Option<String>,
    pub namespace: Option<String>,
    pub track: Option<Named<(ProxyId, ServerId)>>,
    pub redir: Option<String>,
    pub send_proxy: SendProxy,
    pub proxy_v2_options: ProxyV2Options,
    pub set_proxy_v2_tlv: Vec<(u8, Sample)>,
    pub socks4: Option<Address>,
    pub tcp_user_timeout: Option<Duration>,
    pub tfo: bool,
    pub init_addr: Option<Vec<InitAddr>>,
    pub resolvers: Option<Named<usize>>,
    pub pool_max_conn: Option<i32>,
    pub pool_low_conn: Option<u32>,
    pub pool_purge_delay: Duration,
    pub max_reuse: Option<i32>,
    pub proto: Option<String>,
    pub log_proto: Option<String>,
    pub usesrc: Option<String>,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            weight: None,
            backup: false,
            disabled: false,
            check: false,
            timing: CheckTiming::default(),
            check_address: None,
            check_port: None,
            check_send_proxy: false,
            check_via_socks4: false,
            agent_check: false,
            agent_address: None,
            agent_port: None,
            agent_inter: None,
            agent_send: None,
            cookie: None,
            error_limit: 10,
            non_stick: false,
            on_error: OnError::default(),
            on_marked_down: OnMarkedDown::default(),
            on_marked_up: OnMarkedUp::default(),
            observe: Observe::default(),
            maxconn: None,
            minconn: None,
            maxqueue: None,
            slowstart: None,
            source: None,
            interface: None,
            namespace: None,
            track: None,
            redir: None,
            send_proxy: SendProxy::default(),
            proxy_v2_options: ProxyV2Options::default(),
            set_proxy_v2_tlv: Vec::new(),
            socks4: None,
            tcp_user_timeout: None,
            tfo: false,
            init_addr: None,
            resolvers: None,
            pool_max_conn: None,
            pool_low_conn: None,
            pool_purge_delay: Duration::from_secs(5),
            max_reuse: None,
            proto: None,
            log_proto: None,
            usesrc: None,
        }
    }
}

/// What `error-limit` consecutive errors do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnError {
    Fastinter,
    #[default]
    FailCheck,
    SuddenDeath,
    MarkDown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnMarkedDown {
    #[default]
    Nothing,
    ShutdownSessions,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnMarkedUp {
    #[default]
    Nothing,
    ShutdownBackupSessions,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Observe {
    #[default]
    None,
    Layer4,
    Layer7,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SendProxy {
    #[default]
    No,
    V1,
    V2,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ProxyV2Options {
    pub authority: bool,
    pub crc32c: bool,
    pub unique_id: bool,
}

/// `source addr[:low[-high]] [usesrc ...] [interface name]`
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    pub address: Address,
    /// Inclusive.
    pub ports: Option<(u16, u16)>,
    pub usesrc: Option<UseSrc>,
    pub interface: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum UseSrc {
    Client,
    ClientIp,
    Address(Address),
}

/// One way to find an address at start (manual 5.2 `init-addr`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InitAddr {
    Last,
    Libc,
    None,
    Ip(std::net::IpAddr),
}
