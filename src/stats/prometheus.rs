//! The statistics as metrics (Prometheus text format 0.0.4): one const per metric, in the order in which they are told.
//!
//! Names, labels and types are those of the original's exporter, so that dashboards go on working.

use std::fmt::Write as _;

use super::fields::FIELDS;
use super::info::{self, Facts};
use super::row::{Kind, Row};

/// What an exporter is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    pub process: bool,
    pub frontends: bool,
    pub backends: bool,
    pub servers: bool,
    pub tables: bool,
    /// Servers in maintenance are left out.
    pub no_maintenance: bool,
}

/// A stick-table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableFacts {
    pub name: String,
    pub kind: &'static str,
    pub size: u64,
    pub used: u64,
}

impl Wanted {
    /// Everything.
    #[must_use]
    pub fn all() -> Self {
        Self::everything(true)
    }

    fn everything(on: bool) -> Self {
        Self { process: on, frontends: on, backends: on, servers: on, tables: on, no_maintenance: false }
    }

    /// Reads the query of a request: `scope=global&scope=server&no-maint`. `None` for a scope that is none.
    #[must_use]
    pub fn parse(query: &str) -> Option<Self> {
        let mut wanted = Self::all();
        let mut scoped = false;
        for part in query.split('&') {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            if key == "no-maint" {
                wanted.no_maintenance = true;
            }
            if key != "scope" {
                continue;
            }
            if !scoped {
                wanted = Self { no_maintenance: wanted.no_maintenance, ..Self::everything(false) };
                scoped = true;
            }
            match value {
                "global" => wanted.process = true,
                "frontend" => wanted.frontends = true,
                "backend" => wanted.backends = true,
                "server" => wanted.servers = true,
                "sticktable" => wanted.tables = true,
                // The original knows this one too, and has no metrics for it.
                "listener" => {}
                "*" => wanted = Self { no_maintenance: wanted.no_maintenance, ..Self::all() },
                // Everything before it is forgotten.
                "" => wanted = Self { no_maintenance: wanted.no_maintenance, ..Self::everything(false) },
                _ => return None,
            }
        }
        Some(wanted)
    }
}

/// A metric of frontends, backends or servers.
struct Metric {
    name: &'static str,
    /// The field of `show stat`; of several, a label tells them apart.
    from: From,
    of: &'static [Kind],
}

enum From {
    Field(&'static str),
    /// Milliseconds, told in seconds.
    Time(&'static str),
    /// Time that is told for checked servers only.
    CheckTime(&'static str),
    /// A field that is told for checked servers only.
    Check(&'static str),
    Responses,
    State,
    CheckState,
    /// How many servers are in each state.
    Servers,
    /// How many servers' last checks ended so.
    Checks,
}

const F: &[Kind] = &[Kind::Frontend];
const B: &[Kind] = &[Kind::Backend];
const S: &[Kind] = &[Kind::Server];
const FB: &[Kind] = &[Kind::Frontend, Kind::Backend];
const BS: &[Kind] = &[Kind::Backend, Kind::Server];
const FBS: &[Kind] = &[Kind::Frontend, Kind::Backend, Kind::Server];

const fn metric(name: &'static str, field: &'static str, of: &'static [Kind]) -> Metric {
    Metric { name, from: From::Field(field), of }
}

const fn time(name: &'static str, field: &'static str) -> Metric {
    Metric { name, from: From::Time(field), of: BS }
}

const METRICS: &[Metric] = &[
    metric("current_queue", "qcur", BS),
    metric("max_queue", "qmax", BS),
    metric("current_sessions", "scur", FBS),
    metric("max_sessions", "smax", FBS),
    metric("limit_sessions", "slim", FBS),
    metric("sessions_total", "stot", FBS),
    metric("bytes_in_total", "bin", FBS),
    metric("bytes_out_total", "bout", FBS),
    metric("requests_denied_total", "dreq", FB),
    metric("responses_denied_total", "dresp", FBS),
    metric("request_errors_total", "ereq", F),
    metric("connection_errors_total", "econ", BS),
    metric("response_errors_total", "eresp", BS),
    metric("retry_warnings_total", "wretr", BS),
    metric("redispatch_warnings_total", "wredis", BS),
    Metric { name: "status", from: From::State, of: FBS },
    metric("weight", "weight", BS),
    metric("active_servers", "act", B),
    metric("backup_servers", "bck", B),
    metric("check_failures_total", "chkfail", S),
    metric("check_up_down_total", "chkdown", BS),
    metric("check_last_change_seconds", "lastchg", BS),
    metric("downtime_seconds_total", "downtime", BS),
    metric("queue_limit", "qlimit", S),
    metric("current_throttle", "throttle", S),
    metric("loadbalanced_total", "lbtot", BS),
    metric("limit_session_rate", "rate_lim", F),
    metric("max_session_rate", "rate_max", FBS),
    Metric { name: "check_status", from: From::CheckState, of: S },
    Metric { name: "check_code", from: From::Check("check_code"), of: S },
    Metric { name: "check_duration_seconds", from: From::CheckTime("check_duration"), of: S },
    Metric { name: "http_responses_total", from: From::Responses, of: FBS },
    metric("http_requests_rate_max", "req_rate_max", F),
    metric("http_requests_total", "req_tot", FB),
    metric("client_aborts_total", "cli_abrt", BS),
    metric("server_aborts_total", "srv_abrt", BS),
    metric("http_comp_bytes_in_total", "comp_in", FB),
    metric("http_comp_bytes_out_total", "comp_out", FB),
    metric("http_comp_bytes_bypassed_total", "comp_byp", FB),
    metric("http_comp_responses_total", "comp_rsp", FB),
    metric("last_session_seconds", "lastsess", BS),
    time("queue_time_average_seconds", "qtime"),
    time("connect_time_average_seconds", "ctime"),
    time("response_time_average_seconds", "rtime"),
    time("total_time_average_seconds", "ttime"),
    metric("connections_rate_max", "conn_rate_max", F),
    metric("connections_total", "conn_tot", F),
    metric("intercepted_requests_total", "intercepted", F),
    metric("denied_connections_total", "dcon", F),
    metric("denied_sessions_total", "dses", F),
    metric("failed_header_rewriting_total", "wrew", FBS),
    metric("connection_attempts_total", "connect", BS),
    metric("connection_reuses_total", "reuse", BS),
    metric("http_cache_lookups_total", "cache_lookups", FB),
    metric("http_cache_hits_total", "cache_hits", FB),
    metric("idle_connections_current", "srv_icur", S),
    metric("idle_connections_limit", "src_ilim", S),
    time("max_queue_time_seconds", "qtime_max"),
    time("max_connect_time_seconds", "ctime_max"),
    time("max_response_time_seconds", "rtime_max"),
    time("max_total_time_seconds", "ttime_max"),
    metric("internal_errors_total", "eint", FBS),
    metric("unsafe_idle_connections_current", "idle_conn_cur", S),
    metric("safe_idle_connections_current", "safe_conn_cur", S),
    metric("used_connections_current", "used_conn_cur", S),
    metric("need_connections_current", "need_conn_est", S),
    metric("uweight", "uweight", BS),
    Metric { name: "agg_server_status", from: From::Servers, of: B },
    Metric { name: "agg_server_check_status", from: From::Servers, of: B },
    Metric { name: "agg_check_status", from: From::Checks, of: B },
];

/// Metrics of the process, with the names that `show info` has for them.
const PROCESS: &[(&str, &str)] = &[
    ("nbthread", "Nbthread"),
    ("nbproc", "Nbproc"),
    ("relative_process_id", "Process_num"),
    ("uptime_seconds", "Uptime_sec"),
    ("pool_failures_total", "PoolFailed"),
    ("max_fds", "Ulimit-n"),
    ("max_sockets", "Maxsock"),
    ("max_connections", "Maxconn"),
    ("hard_max_connections", "Hard_maxconn"),
    ("current_connections", "CurrConns"),
    ("connections_total", "CumConns"),
    ("requests_total", "CumReq"),
    ("max_ssl_connections", "MaxSslConns"),
    ("current_ssl_connections", "CurrSslConns"),
    ("ssl_connections_total", "CumSslConns"),
    ("max_pipes", "Maxpipes"),
    ("pipes_used_total", "PipesUsed"),
    ("pipes_free_total", "PipesFree"),
    ("current_connection_rate", "ConnRate"),
    ("limit_connection_rate", "ConnRateLimit"),
    ("max_connection_rate", "MaxConnRate"),
    ("current_session_rate", "SessRate"),
    ("limit_session_rate", "SessRateLimit"),
    ("max_session_rate", "MaxSessRate"),
    ("current_ssl_rate", "SslRate"),
    ("limit_ssl_rate", "SslRateLimit"),
    ("max_ssl_rate", "MaxSslRate"),
    ("current_frontend_ssl_key_rate", "SslFrontendKeyRate"),
    ("max_frontend_ssl_key_rate", "SslFrontendMaxKeyRate"),
    ("frontend_ssl_reuse", "SslFrontendSessionReuse_pct"),
    ("current_backend_ssl_key_rate", "SslBackendKeyRate"),
    ("max_backend_ssl_key_rate", "SslBackendMaxKeyRate"),
    ("ssl_cache_lookups_total", "SslCacheLookups"),
    ("ssl_cache_misses_total", "SslCacheMisses"),
    ("http_comp_bytes_in_total", "CompressBpsIn"),
    ("http_comp_bytes_out_total", "CompressBpsOut"),
    ("limit_http_comp", "CompressBpsRateLim"),
    ("current_zlib_memory", "ZlibMemUsage"),
    ("max_zlib_memory", "MaxZlibMemUsage"),
    ("current_tasks", "Tasks"),
    ("current_run_queue", "Run_queue"),
    ("idle_time_percent", "Idle_pct"),
    ("stopping", "Stopping"),
    ("jobs", "Jobs"),
    ("unstoppable_jobs", "Unstoppable Jobs"),
    ("listeners", "Listeners"),
    ("active_peers", "ActivePeers"),
    ("connected_peers", "ConnectedPeers"),
    ("dropped_logs_total", "DroppedLogs"),
    ("busy_polling_enabled", "BusyPolling"),
    ("failed_resolutions", "FailedResolutions"),
    ("bytes_out_total", "TotalBytesOut"),
    ("spliced_bytes_out_total", "TotalSplicdedBytesOut"),
    ("bytes_out_rate", "BytesOutRate"),
    ("recv_logs_total", "CumRecvLogs"),
    ("build_info", "Version"),
    ("max_memory_bytes", "Memmax_bytes"),
    ("pool_allocated_bytes", "PoolAlloc_bytes"),
    ("pool_used_bytes", "PoolUsed_bytes"),
    ("start_time_seconds", "Start_time_sec"),
];

const RESPONSES: &[(&str, &str)] = &[
    ("1xx", "hrsp_1xx"),
    ("2xx", "hrsp_2xx"),
    ("3xx", "hrsp_3xx"),
    ("4xx", "hrsp_4xx"),
    ("5xx", "hrsp_5xx"),
    ("other", "hrsp_other"),
];
const SERVER_STATES: &[&str] = &["DOWN", "UP", "MAINT", "DRAIN", "NOLB"];
const CHECK_STATES: &[&str] = &[
    "HANA", "SOCKERR", "L4OK", "L4TOUT", "L4CON", "L6OK", "L6TOUT", "L6RSP", "L7TOUT", "L7RSP", "L7OK", "L7OKC",
    "L7STS", "PROCERR", "PROCTOUT", "PROCOK",
];

/// The whole answer.
#[must_use]
pub fn render(wanted: Wanted, facts: &Facts, rows: &[Row], tables: &[TableFacts]) -> String {
    let mut out = String::new();
    if wanted.process {
        process(facts, &mut out);
    }
    let kinds = [(wanted.frontends, Kind::Frontend), (wanted.backends, Kind::Backend), (wanted.servers, Kind::Server)];
    for (_, kind) in kinds.into_iter().filter(|(on, _)| *on) {
        for metric in METRICS.iter().filter(|metric| metric.of.contains(&kind)) {
            let of_kind = rows.iter().filter(|row| row.kind == kind);
            let shown: Vec<&Row> = of_kind.filter(|row| !(wanted.no_maintenance && state(row) == "MAINT")).collect();
            metric.tell(kind, &shown, rows, &mut out);
        }
    }
    if wanted.tables {
        sticktables(tables, &mut out);
    }
    out
}

fn head(name: &str, doc: &str, out: &mut String) {
    // The original calls this one a counter.
    let counts = name.ends_with("_total") || name == "haproxy_process_failed_resolutions";
    let _ = write!(out, "# HELP {name} {doc}\n# TYPE {name} {}\n", if counts { "counter" } else { "gauge" });
}

fn process(facts: &Facts, out: &mut String) {
    let entries = info::entries(facts);
    for (name, from) in PROCESS {
        let name = format!("haproxy_process_{name}");
        let entry = entries.iter().find(|entry| entry.field.name == *from);
        head(&name, entry.map_or("Not counted here.", |entry| entry.field.doc), out);
        let value = entry.map_or_else(|| "NaN".to_owned(), |entry| entry.value.to_string());
        let _ = match *from {
            "Version" => writeln!(out, "{name}{{version=\"{value}\"}} 1"),
            _ => writeln!(out, "{name} {value}"),
        };
    }
}

fn sticktables(tables: &[TableFacts], out: &mut String) {
    type Get = fn(&TableFacts) -> u64;
    let metrics: [(&str, &str, Get); 2] = [
        ("haproxy_sticktable_size", "Most entries of the stick-table.", |table| table.size),
        ("haproxy_sticktable_used", "Entries in the stick-table.", |table| table.used),
    ];
    for (name, doc, get) in metrics {
        for (index, table) in tables.iter().enumerate() {
            if index == 0 {
                head(name, doc, out);
            }
            let _ = writeln!(out, "{name}{{name=\"{}\",type=\"{}\"}} {}", table.name, table.kind, get(table));
        }
    }
}

/// A server's state without what follows it (`DOWN 1/2`, `MAINT (via x/y)`).
fn state(row: &Row) -> String {
    row.text("status").split([' ', '(']).next().unwrap_or_default().to_owned()
}

/// The state as metrics call it: a checked server that may still go down or up counts as what it is.
fn server_state(row: &Row) -> &'static str {
    match state(row).as_str() {
        "DOWN" => "DOWN",
        "MAINT" => "MAINT",
        "DRAIN" => "DRAIN",
        "NOLB" => "NOLB",
        _ => "UP",
    }
}

impl Metric {
    fn tell(&self, kind: Kind, rows: &[&Row], all: &[Row], out: &mut String) {
        let word = kind.word().to_lowercase();
        let name = format!("haproxy_{word}_{}", self.name);
        let mut lines = String::new();
        if let From::Responses = self.from {
            // Told code by code, not server by server.
            for (code, field) in RESPONSES {
                rows.iter().filter(|row| row.get(field).is_some()).for_each(|row| {
                    let _ = writeln!(lines, "{name}{{{},code=\"{code}\"}} {}", labels(row), row.text(field));
                });
            }
        } else {
            rows.iter().for_each(|row| self.of_row(&name, kind, row, all, &mut lines));
        }
        if !lines.is_empty() {
            head(&name, self.doc(), out);
            out.push_str(&lines);
        }
    }

    fn doc(&self) -> &'static str {
        match self.from {
            From::Field(field) | From::Time(field) | From::CheckTime(field) | From::Check(field) => {
                FIELDS.iter().find(|it| it.name == field).map_or("", |it| it.doc)
            }
            From::Responses => "Responses by class.",
            From::State => "Whether it is in the state.",
            From::CheckState => "Whether the last check ended so.",
            From::Servers => "Servers in the state.",
            From::Checks => "Servers whose last check ended so.",
        }
    }

    fn of_row(&self, name: &str, kind: Kind, row: &Row, all: &[Row], out: &mut String) {
        let labels = labels(row);
        let mut line = |value: String| {
            let _ = writeln!(out, "{name}{{{labels}}} {value}");
        };
        let seconds = |field: &str| format!("{}.{:03}000", row.number(field) / 1000, row.number(field) % 1000);
        match self.from {
            From::Responses => {}
            From::Field(field) if row.get(field).is_none() => line("NaN".to_owned()),
            From::Field(field) => line(row.text(field)),
            From::Time(field) => line(seconds(field)),
            From::CheckTime(field) if row.get("check_status").is_some() => line(seconds(field)),
            From::Check(field) if row.get("check_status").is_some() => line(row.number(field).to_string()),
            From::CheckTime(_) | From::Check(_) => {}
            From::State => {
                let (states, is): (&[&str], &str) = match kind {
                    Kind::Server => (SERVER_STATES, server_state(row)),
                    Kind::Backend => (&SERVER_STATES[..2], if state(row) == "UP" { "UP" } else { "DOWN" }),
                    _ => (&SERVER_STATES[..2], if state(row) == "STOP" { "DOWN" } else { "UP" }),
                };
                each(name, &labels, states, |it| u64::from(it == is), out);
            }
            From::CheckState => {
                let Some(status) = row.get("check_status") else { return };
                let status = status.to_string();
                each(name, &labels, CHECK_STATES, |it| u64::from(status.trim_start_matches("* ") == it), out);
            }
            From::Servers | From::Checks => {
                let proxy = row.text("pxname");
                let servers = || all.iter().filter(|it| it.kind == Kind::Server && it.text("pxname") == proxy);
                let counted = |of: &dyn Fn(&Row) -> bool| servers().filter(|server| of(server)).count() as u64;
                if servers().next().is_none() {
                    return;
                }
                if matches!(self.from, From::Servers) {
                    each(name, &labels, SERVER_STATES, |it| counted(&|server| server_state(server) == it), out);
                } else {
                    let ended = |server: &Row, so: &str| server.text("check_status").trim_start_matches("* ") == so;
                    each(name, &labels, CHECK_STATES, |it| counted(&|server| ended(server, it)), out);
                }
            }
        }
    }
}

fn labels(row: &Row) -> String {
    match row.kind {
        Kind::Server => format!("proxy=\"{}\",server=\"{}\"", row.text("pxname"), row.text("svname")),
        _ => format!("proxy=\"{}\"", row.text("pxname")),
    }
}

fn each(name: &str, labels: &str, states: &[&str], value: impl Fn(&str) -> u64, out: &mut String) {
    for state in states {
        let _ = writeln!(out, "{name}{{{labels},state=\"{state}\"}} {}", value(state));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_has_a_field() {
        let known = |name: &str| FIELDS.iter().any(|field| field.name == name);
        for metric in METRICS {
            match metric.from {
                From::Field(field) | From::Time(field) | From::CheckTime(field) | From::Check(field) => {
                    assert!(known(field), "{field}");
                }
                _ => {}
            }
        }
        assert!(RESPONSES.iter().all(|(_, field)| known(field)));
    }

    #[test]
    fn scopes_choose_and_the_unknown_one_is_refused() {
        let wanted = Wanted::parse("").expect("everything");
        assert!(wanted.process && wanted.servers && wanted.tables && !wanted.no_maintenance);
        let wanted = Wanted::parse("no-maint&scope=server&scope=global").expect("two scopes");
        assert!(wanted.process && wanted.servers && !wanted.frontends && wanted.no_maintenance);
        assert!(!Wanted::parse("scope=server&scope=").expect("nothing").servers);
        assert_eq!(Wanted::parse("scope=everything"), None);
    }
}
