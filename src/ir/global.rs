//! The `global` section, as data (HAProxy manual 3).

use std::time::Duration;

use super::address::Address;
use super::listener::{Account, Listener};
use super::log::LogTarget;
use crate::text::source::Span;

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Global {
    pub at: Option<Span>,
    pub chroot: Option<String>,
    pub daemon: bool,
    pub master_worker: bool,
    pub mworker_max_reloads: Option<u32>,
    pub description: Option<String>,
    pub node: Option<String>,
    pub localpeer: Option<String>,
    pub gid: Option<Account>,
    pub uid: Option<Account>,
    pub hard_stop_after: Option<Duration>,
    pub grace: Option<Duration>,
    pub close_spread_time: Option<Duration>,
    pub log: Vec<LogTarget>,
    /// `log-send-hostname [name]`: `Some(None)` is the machine's own.
    pub log_send_hostname: Option<Option<String>>,
    pub log_tag: Option<String>,
    pub maxconn: Option<u32>,
    pub maxconnrate: Option<u32>,
    pub maxsessrate: Option<u32>,
    pub maxpipes: Option<u32>,
    pub ulimit_n: Option<u64>,
    pub nbthread: Option<u32>,
    pub nbproc: Option<u32>,
    pub pidfile: Option<String>,
    /// Variables that differ from the machine's; `None` is none.
    pub environment: Vec<(String, Option<String>)>,
    pub quiet: bool,
    pub zero_warning: bool,
    pub spread_checks: u32,
    pub max_spread_checks: Option<Duration>,
    pub server_state_file: Option<String>,
    pub server_state_base: Option<String>,
    pub stats_sockets: Vec<Listener>,
    pub stats_timeout: Option<Duration>,
    pub stats_maxconn: Option<u32>,
    pub unix_bind: UnixBind,
    /// Names in lower case and how some peers want them, in order of the former.
    pub h1_case_adjust: Vec<(String, String)>,
    pub external_check: bool,
    pub insecure_fork_wanted: bool,
    pub insecure_setuid_wanted: bool,
    pub strict_limits: Option<bool>,
    pub set_dumpable: bool,
    pub no_reuseport: bool,
    pub no_splice: bool,
    pub busy_polling: bool,
    /// `set-var proc.x`, `set-var-fmt proc.x`
    pub set_var: Vec<(super::expr::VarName, SetVar)>,
    pub tune: Tune,
}

#[derive(Debug, Clone, PartialEq)]
pub enum SetVar {
    Sample(super::expr::Sample),
    Format(super::expr::Format),
}

/// `unix-bind [prefix p] [mode m] [user u] [uid n] [group g] [gid n]`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UnixBind {
    pub prefix: Option<String>,
    pub mode: Option<u32>,
    pub uid: Option<Account>,
    pub gid: Option<Account>,
}

impl UnixBind {
    /// Gives a listener of a unix socket what its own line does not say.
    pub fn apply(&self, l: &mut Listener) {
        let Address::Unix(path) = &mut l.address else { return };
        if let Some(prefix) = &self.prefix {
            path.insert_str(0, prefix);
        }
        let o = &mut l.options;
        o.mode = o.mode.or(self.mode);
        o.uid = o.uid.take().or_else(|| self.uid.clone());
        o.gid = o.gid.take().or_else(|| self.gid.clone());
    }
}

/// The `tune.*` values that change behaviour here; the rest of the family is honest tuning without effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tune {
    /// Largest head plus what follows it in one buffer, bytes (16384).
    pub bufsize: usize,
    /// Room kept free for rewriting, bytes (1024).
    pub maxrewrite: usize,
    /// Most headers in a head (101).
    pub http_maxhdr: usize,
    /// Longest cookie value captured (63).
    pub http_cookielen: usize,
    /// Longest URI in a log line (1024).
    pub http_logurilen: usize,
    pub maxaccept: Option<i32>,
    pub idletimer: Option<Duration>,
    pub rcvbuf_client: Option<usize>,
    pub rcvbuf_server: Option<usize>,
    pub sndbuf_client: Option<usize>,
    pub sndbuf_server: Option<usize>,
    pub pool_low_fd_ratio: u32,
    pub pool_high_fd_ratio: u32,
    pub comp_maxlevel: u32,
    pub fail_alloc: bool,
}

impl Default for Tune {
    fn default() -> Self {
        Self {
            bufsize: 16384,
            maxrewrite: 1024,
            http_maxhdr: 101,
            http_cookielen: 63,
            http_logurilen: 1024,
            maxaccept: None,
            idletimer: None,
            rcvbuf_client: None,
            rcvbuf_server: None,
            sndbuf_client: None,
            sndbuf_server: None,
            pool_low_fd_ratio: 20,
            pool_high_fd_ratio: 25,
            comp_maxlevel: 1,
            fail_alloc: false,
        }
    }
}
