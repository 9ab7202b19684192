//! The running process as operators see and change it. The shell implements it; commands only know this.

use std::sync::Arc;

use crate::expr::versions::Versions;
use crate::health::state::{Admin, Change};
use crate::ir::expr::{PatternEntry, PatternSet, PatternSetId};
use crate::ir::{Config, ProxyId, ServerId};
use crate::stats::info::Facts;
use crate::stats::invalid::Invalid;
use crate::stats::row::Row;
use crate::table::shards::Whole;

/// What commands can ask and do.
pub trait Control {
    fn config(&self) -> &Config;
    fn facts(&self) -> Facts;
    fn rows(&self) -> Vec<Row>;
    fn server(&self, p: ProxyId, s: ServerId) -> ServerView;
    /// A new server in maintenance; the words are its address and parameters, as on a `server` line.
    ///
    /// # Errors
    /// The words for the operator.
    fn add_server(&self, p: ProxyId, name: &str, words: &[String]) -> Result<(), String>;
    /// # Errors
    /// The words for the operator.
    fn delete_server(&self, p: ProxyId, s: ServerId) -> Result<(), String>;
    /// `false`: it was so already.
    fn set_state(&self, p: ProxyId, s: ServerId, admin: Admin) -> bool;
    fn set_health(&self, p: ProxyId, s: ServerId, health: Change);
    fn set_agent(&self, p: ProxyId, s: ServerId, up: bool);
    /// # Errors
    /// The words for the operator.
    fn set_weight(&self, p: ProxyId, s: ServerId, weight: &str) -> Result<(), String>;
    fn set_server_maxconn(&self, p: ProxyId, s: ServerId, maxconn: u32);
    /// # Errors
    /// The words for the operator.
    fn set_address(&self, p: ProxyId, s: ServerId, address: std::net::SocketAddr) -> Result<(), String>;
    fn set_checks(&self, p: ProxyId, s: ServerId, enabled: bool);
    fn set_agent_checks(&self, p: ProxyId, s: ServerId, enabled: bool);
    /// `None` is what was configured; `false`: it is more than that.
    fn set_process_maxconn(&self, maxconn: Option<u32>) -> bool;
    /// New connections and new sessions a second; 0 is no limit.
    fn set_connection_rate(&self, limit: u32);
    fn set_session_rate(&self, limit: u32);
    fn set_frontend_maxconn(&self, p: ProxyId, maxconn: u32);
    /// Switches cookies made from a secret on or off, or changes the secret.
    fn set_dynamic_cookies(&self, p: ProxyId, on: Option<bool>, secret: Option<&str>);
    /// Closes a frontend's ears, or opens them again. `None`: it is stopped for good; `false`: it was so already.
    fn pause(&self, p: ProxyId, paused: bool) -> Option<bool>;
    /// Stops a frontend for good; `false`: it was stopped already.
    fn stop(&self, p: ProxyId) -> bool;
    fn clear_counters(&self, all: bool);
    fn kill_sessions(&self, p: ProxyId, s: ServerId);
    fn patterns(&self, id: PatternSetId) -> PatternSet;
    /// # Errors
    /// A pattern that does not compile.
    fn set_patterns(&self, id: PatternSetId, entries: Vec<PatternEntry>) -> Result<(), String>;
    /// Does something with the versions that wait beside a set.
    fn with_versions(&self, id: PatternSetId, f: &mut dyn FnMut(&mut Versions));
    /// A variable of the process: its type and its text.
    fn variable(&self, name: &str) -> Option<(&'static str, String)>;
    /// Gives a variable of the process the value of an expression, or of a formatted string.
    ///
    /// # Errors
    /// The words for the operator.
    fn set_variable(&self, name: &str, text: &str, is_format: bool) -> Result<(), String>;
    /// What was said before serving began.
    fn startup_logs(&self) -> String;
    /// Does something with a proxy's stick-table and the milliseconds of its clock; `false`: it has none.
    fn with_table(&self, p: ProxyId, f: &mut dyn FnMut(&mut Whole<'_>, u64)) -> bool;
    /// How many messages could not be read, and the last of each proxy and direction.
    fn invalid(&self) -> (u64, Vec<(ProxyId, Arc<Invalid>)>);
    /// `22/Nov/2026:19:51:52.715` for microseconds since 1970; for now without.
    fn date(&self, micros: Option<i64>) -> String;
    /// The files that the program consists of: where each begins and ends in memory, and its name.
    fn objects(&self) -> Vec<(u64, u64, String)>;
    fn environment(&self) -> Vec<(String, String)>;
}

/// A server at one moment.
#[derive(Debug, Clone)]
pub struct ServerView {
    pub address: Option<std::net::SocketAddr>,
    pub weight: u32,
    pub initial_weight: u32,
    pub is_up: bool,
    pub admin: Admin,
    pub level: u32,
    pub stopping: bool,
    /// Its slow start is not over.
    pub starting: bool,
    /// 0 unknown .. as `show servers state` numbers them.
    pub check_status: u32,
    pub check_result: u32,
    pub check_state: u32,
    pub agent_state: u32,
    /// Seconds.
    pub since_change: u64,
    pub served: u32,
    pub most_served: u32,
    pub idle: u32,
    /// Of each thread.
    pub idle_by_thread: Vec<u32>,
}
