//! Virtual servers as written. What a checker does not say its real server says, else its virtual server, else the program.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use crate::{
    ir::failover::{
        Command, Family, Forwarding, Protocol, RunAs, Target, Weight,
        checker::{HttpVersion, Pattern},
        virtual_server::ServiceFlags,
    },
    text::source::Span,
};

/// One `virtual_server`. `None` means not written.
#[derive(Debug)]
pub struct VirtualServerDraft {
    pub target: Target,
    pub at: Span,
    /// Known from the address, or from what was read so far: `ip_family`, the mask of persistence, the first real server that
    /// is not tunnelled.
    pub family: Option<Family>,
    pub protocol: Option<Protocol>,
    pub scheduler: Option<&'static str>,
    pub flags: ServiceFlags,
    pub persistence: Option<Duration>,
    pub prefix: Option<u8>,
    pub engine: Option<String>,
    pub forwarding: Option<Forwarding>,
    pub ha_suspend: bool,
    pub smtp_alert: Option<bool>,
    pub snmp_name: Option<String>,
    pub virtual_host: Option<String>,
    pub alpha: bool,
    pub omega: bool,
    pub quorum: Option<u32>,
    pub hysteresis: u32,
    pub quorum_up: Option<Command>,
    pub quorum_down: Option<Command>,
    pub sorry: Option<SorryDraft>,
    /// Of real servers that say nothing else.
    pub weight: Option<u32>,
    pub inhibit_on_failure: bool,
    pub pace: PaceDraft,
    pub servers: Vec<RealServerDraft>,
}

impl VirtualServerDraft {
    #[must_use]
    pub fn new(target: Target, at: Span) -> Self {
        let family = match &target {
            Target::Address { address, .. } => Some(Family::of(*address)),
            Target::Mark(_) | Target::Group(_) => None,
        };
        Self {
            target,
            at,
            family,
            protocol: None,
            scheduler: None,
            flags: ServiceFlags::default(),
            persistence: None,
            prefix: None,
            engine: None,
            forwarding: None,
            ha_suspend: false,
            smtp_alert: None,
            snmp_name: None,
            virtual_host: None,
            alpha: false,
            omega: false,
            quorum: None,
            hysteresis: 0,
            quorum_up: None,
            quorum_down: None,
            sorry: None,
            weight: None,
            inhibit_on_failure: false,
            pace: PaceDraft::default(),
            servers: Vec::new(),
        }
    }

    /// As complaints and log lines name it.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.target {
            Target::Address { address, port } => format!("[{address}]:{}:{port}", protocol(self.protocol)),
            Target::Mark(mark) => format!("FWM {mark}"),
            Target::Group(name) => format!("[{name}]:0"),
        }
    }

    /// One of its servers, as complaints and log lines name it.
    #[must_use]
    pub fn name_of(&self, address: IpAddr, port: u16) -> String {
        format!("[{address}]:{}:{port}", protocol(self.protocol))
    }
}

fn protocol(written: Option<Protocol>) -> &'static str {
    written.map_or("none", Protocol::word)
}

/// Whether packets go to it in an envelope, so that its family may differ from its service's.
#[must_use]
pub fn is_tunnel(forwarding: Option<Forwarding>) -> bool {
    matches!(forwarding, Some(Forwarding::Tunnel(_)))
}

/// How often and how patiently is checked. One shape for services, their servers and checkers.
#[derive(Debug, Clone, Copy, Default)]
pub struct PaceDraft {
    pub retry: Option<u32>,
    pub delay_before_retry: Option<Duration>,
    pub warmup: Option<Duration>,
    pub connect_timeout: Option<Duration>,
    pub delay_loop: Option<Duration>,
}

impl PaceDraft {
    /// What is not written here is taken from there.
    #[must_use]
    pub fn or(self, above: Self) -> Self {
        Self {
            retry: self.retry.or(above.retry),
            delay_before_retry: self.delay_before_retry.or(above.delay_before_retry),
            warmup: self.warmup.or(above.warmup),
            connect_timeout: self.connect_timeout.or(above.connect_timeout),
            delay_loop: self.delay_loop.or(above.delay_loop),
        }
    }
}

#[derive(Debug)]
pub struct SorryDraft {
    pub address: IpAddr,
    pub port: u16,
    pub forwarding: Option<Forwarding>,
    pub inhibit: bool,
}

#[derive(Debug)]
pub struct RealServerDraft {
    pub address: IpAddr,
    pub port: u16,
    pub at: Span,
    pub weight: Option<u32>,
    pub forwarding: Option<Forwarding>,
    pub upper_threshold: u32,
    pub lower_threshold: u32,
    pub inhibit_on_failure: Option<bool>,
    pub notify_up: Option<Command>,
    pub notify_down: Option<Command>,
    pub alpha: Option<bool>,
    pub smtp_alert: Option<bool>,
    pub snmp_name: Option<String>,
    pub virtual_host: Option<String>,
    pub pace: PaceDraft,
    pub checkers: Vec<CheckerDraft>,
}

impl RealServerDraft {
    #[must_use]
    pub fn new(address: IpAddr, port: u16, at: Span) -> Self {
        Self {
            address,
            port,
            at,
            weight: None,
            forwarding: None,
            upper_threshold: 0,
            lower_threshold: 0,
            inhibit_on_failure: None,
            notify_up: None,
            notify_down: None,
            alpha: None,
            smtp_alert: None,
            snmp_name: None,
            virtual_host: None,
            pace: PaceDraft::default(),
            checkers: Vec::new(),
        }
    }
}

/// One checker: what all of them have, and its own question.
#[derive(Debug)]
pub struct CheckerDraft {
    pub at: Span,
    pub pace: PaceDraft,
    pub alpha: Option<bool>,
    pub log_all_failures: Option<bool>,
    pub connection: ConnectionDraft,
    pub probe: ProbeDraft,
}

impl CheckerDraft {
    pub fn http(&mut self) -> Option<&mut HttpDraft> {
        match &mut self.probe {
            ProbeDraft::Http(http) => Some(http),
            _ => None,
        }
    }

    pub fn smtp(&mut self) -> Option<&mut SmtpDraft> {
        match &mut self.probe {
            ProbeDraft::Smtp(smtp) => Some(smtp),
            _ => None,
        }
    }

    pub fn dns(&mut self) -> Option<&mut DnsDraft> {
        match &mut self.probe {
            ProbeDraft::Dns(dns) => Some(dns),
            _ => None,
        }
    }

    pub fn udp(&mut self) -> Option<&mut UdpDraft> {
        match &mut self.probe {
            ProbeDraft::Udp(udp) => Some(udp),
            _ => None,
        }
    }

    pub fn misc(&mut self) -> Option<&mut MiscDraft> {
        match &mut self.probe {
            ProbeDraft::Misc(misc) => Some(misc),
            _ => None,
        }
    }

    pub fn file(&mut self) -> Option<&mut FileCheckDraft> {
        match &mut self.probe {
            ProbeDraft::File(file) => Some(file),
            _ => None,
        }
    }
}

/// Whom a check speaks to; the real server if not written.
#[derive(Debug, Clone, Default)]
pub struct ConnectionDraft {
    pub ip: Option<IpAddr>,
    pub port: Option<u16>,
    pub from_ip: Option<IpAddr>,
    pub from_port: Option<u16>,
    pub interface: Option<String>,
    pub mark: u32,
}

impl ConnectionDraft {
    /// Where the check is sent from, if anything of that is written.
    #[must_use]
    pub fn from(&self, to: IpAddr) -> Option<SocketAddr> {
        if self.from_ip.is_none() && self.from_port.is_none() {
            return None;
        }
        let any = match to {
            IpAddr::V4(_) => std::net::Ipv4Addr::UNSPECIFIED.into(),
            IpAddr::V6(_) => std::net::Ipv6Addr::UNSPECIFIED.into(),
        };
        Some(SocketAddr::new(self.from_ip.unwrap_or(any), self.from_port.unwrap_or(0)))
    }
}

#[derive(Debug)]
pub enum ProbeDraft {
    Tcp,
    Ping,
    Http(HttpDraft),
    Smtp(SmtpDraft),
    Dns(DnsDraft),
    Udp(UdpDraft),
    Misc(MiscDraft),
    File(FileCheckDraft),
    Bfd(BfdCheckDraft),
}

/// `HTTP_GET` and `SSL_GET`.
#[derive(Debug, Default)]
pub struct HttpDraft {
    pub tls: bool,
    pub sni: bool,
    pub sni_name: Option<String>,
    pub compliant: bool,
    pub version: HttpVersion,
    pub virtual_host: Option<String>,
    pub fast_recovery: bool,
    pub urls: Vec<UrlDraft>,
    /// The last page's block is open.
    pub in_url: bool,
}

impl HttpDraft {
    /// The page whose block is open.
    pub fn open_url(&mut self) -> Option<&mut UrlDraft> {
        self.urls.last_mut().filter(|_| self.in_url)
    }
}

#[derive(Debug, Default)]
pub struct UrlDraft {
    pub at: Span,
    pub path: Option<String>,
    pub digest: Option<[u8; 16]>,
    pub statuses: Vec<(u16, u16)>,
    pub virtual_host: Option<String>,
    /// That of the checker if not written.
    pub compliant: Option<bool>,
    pub regex: RegexDraft,
    /// What became of it at the end of the block.
    pub pattern: Option<Pattern>,
}

/// `regex` and what belongs to it.
#[derive(Debug, Default)]
pub struct RegexDraft {
    pub text: Option<(String, Span)>,
    pub options: Vec<String>,
    pub no_match: bool,
    pub min_offset: usize,
    pub max_offset: Option<usize>,
    /// Something of it is written.
    pub any: bool,
}

/// `SMTP_CHECK`. Each `host` block is a checker more.
#[derive(Debug, Default)]
pub struct SmtpDraft {
    pub helo: Option<String>,
    pub hosts: Vec<ConnectionDraft>,
    /// The last host's block is open.
    pub in_host: bool,
}

#[derive(Debug, Default)]
pub struct DnsDraft {
    pub kind: Option<u16>,
    pub name: Option<String>,
}

#[derive(Debug)]
pub struct UdpDraft {
    pub payload: Option<Vec<u8>>,
    pub require_reply: bool,
    pub begins: Vec<(u8, u8)>,
    pub shortest: u16,
    pub longest: u16,
}

impl Default for UdpDraft {
    fn default() -> Self {
        Self { payload: None, require_reply: false, begins: Vec::new(), shortest: 0, longest: 255 }
    }
}

#[derive(Debug, Default)]
pub struct MiscDraft {
    pub command: Option<(Vec<Vec<u8>>, Span)>,
    pub run_as: Option<RunAs>,
    /// Its user is unknown, which was said.
    pub bad_user: bool,
    /// The command with its program, once that has been looked for.
    pub found: Option<Command>,
    pub timeout: Option<Duration>,
    pub dynamic: bool,
}

impl MiscDraft {
    /// The command as complaints show it: each word in quotes.
    #[must_use]
    pub fn shown(&self) -> String {
        shown(self.command.as_ref().map_or(&[], |(argv, _)| argv))
    }
}

/// A command as complaints about checkers show it: each word in quotes.
#[must_use]
pub fn shown(argv: &[Vec<u8>]) -> String {
    let words: Vec<String> = argv.iter().map(|word| format!("'{}'", String::from_utf8_lossy(word))).collect();
    words.join(" ")
}

/// `BFD_CHECK`.
#[derive(Debug, Default)]
pub struct BfdCheckDraft {
    pub name: Option<String>,
    /// Its name was wrong, which was said.
    pub refused: bool,
}

#[derive(Debug, Default)]
pub struct FileCheckDraft {
    /// Name, file and own weight of the `track_file`.
    pub file: Option<(String, PathBuf, Weight)>,
    pub weight: Option<Weight>,
}
