//! The fields of `show info`, in the order of their positions (management guide 9.3 `show info`).

use std::fmt::Write as _;

use super::field::{Nature, Origin, Scope, Value};

/// One field.
pub struct InfoField {
    pub name: &'static str,
    pub origin: Origin,
    pub nature: Nature,
    pub scope: Scope,
    pub doc: &'static str,
    pub get: fn(&Facts) -> Value,
}

/// A field with its value.
pub struct Entry {
    pub field: &'static InfoField,
    pub value: Value,
}

/// What the process knows of itself.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    pub version: String,
    pub release_date: String,
    pub threads: u32,
    pub pid: u32,
    /// Seconds.
    pub uptime: u64,
    pub ulimit_n: u64,
    pub maxsock: u64,
    pub maxconn: u32,
    pub hard_maxconn: u32,
    pub connections: u32,
    pub total_connections: u64,
    pub total_requests: u64,
    pub max_pipes: u32,
    pub connection_rate: u32,
    pub connection_rate_limit: u32,
    pub connection_rate_max: u32,
    pub session_rate: u32,
    pub session_rate_limit: u32,
    pub session_rate_max: u32,
    pub tasks: u32,
    pub idle_percent: u32,
    pub node: String,
    pub description: Option<String>,
    pub stopping: bool,
    pub jobs: u32,
    pub listeners: u32,
    pub dropped_logs: u64,
    pub received_logs: u64,
    pub bytes_out: u64,
    pub bytes_out_rate: u64,
    /// Seconds since the epoch.
    pub start_time: u64,
    /// The same two to the microsecond.
    pub exact_uptime: std::time::Duration,
    pub exact_start: std::time::Duration,
    /// Resident memory, bytes.
    pub memory: u64,
    /// Bytes; 0 is none.
    pub memory_limit: u64,
}

use Nature::{Average, Counter, Duration, Gauge, Limit, Max, Output, Rate};
use Origin::{Config, Key, Metric, Product, Status};
use Scope::{Process, Service};

type Get = fn(&Facts) -> Value;

const fn field(
    name: &'static str,
    origin: Origin,
    nature: Nature,
    scope: Scope,
    doc: &'static str,
    get: Get,
) -> InfoField {
    InfoField { name, origin, nature, scope, doc, get }
}
const fn metric(name: &'static str, nature: Nature, doc: &'static str, get: Get) -> InfoField {
    field(name, Metric, nature, Process, doc, get)
}
const fn limit(name: &'static str, doc: &'static str, get: Get) -> InfoField {
    field(name, Config, Limit, Process, doc, get)
}

/// `1d 2h03m04s`
pub fn uptime(seconds: u64) -> String {
    let (d, h, m, s) = (seconds / 86400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{d}d {h}h{m:02}m{s:02}s")
}

use Value::{Str, U32, U64};

fn low(n: u64) -> Value {
    U32(u32::try_from(n).unwrap_or(u32::MAX))
}

/// Fields of a library that is not used: they have a position and are not shown.
const HIDDEN: [&str; 2] = ["ZlibMemUsage", "MaxZlibMemUsage"];

pub const FIELDS: &[InfoField] = &[
    field("Name", Product, Output, Service, "The product's name.", |_| Str("HAProxy".to_owned())),
    field("Version", Product, Output, Service, "The product's version.", |f| Str(f.version.clone())),
    field("Release_date", Product, Output, Service, "When the sources were last changed.", |f| {
        Str(f.release_date.clone())
    }),
    field("Nbthread", Config, Gauge, Service, "Threads.", |f| U32(f.threads)),
    field("Nbproc", Config, Gauge, Service, "Processes: 1.", |_| U32(1)),
    field("Process_num", Key, Gauge, Process, "The process: 1.", |_| U32(1)),
    field("Pid", Status, Gauge, Process, "The process as the system numbers it.", |f| U32(f.pid)),
    metric("Uptime", Duration, "How long it has run.", |f| Str(uptime(f.uptime))),
    metric("Uptime_sec", Duration, "How long it has run, seconds.", |f| low(f.uptime)),
    limit("Memmax_MB", "The limit of memory, MiB; 0 is none.", |f| low(f.memory_limit >> 20)),
    metric("PoolAlloc_MB", Gauge, "Memory taken, MiB.", |f| low(f.memory >> 20)),
    metric("PoolUsed_MB", Gauge, "Memory used, MiB.", |f| low(f.memory >> 20)),
    metric("PoolFailed", Counter, "Allocations that failed.", |_| U32(0)),
    limit("Ulimit-n", "The limit of descriptors.", |f| low(f.ulimit_n)),
    limit("Maxsock", "The most sockets.", |f| low(f.maxsock)),
    limit("Maxconn", "The most connections.", |f| U32(f.maxconn)),
    limit("Hard_maxconn", "The most connections as configured.", |f| U32(f.hard_maxconn)),
    metric("CurrConns", Gauge, "Connections now.", |f| U32(f.connections)),
    metric("CumConns", Counter, "Connections so far.", |f| low(f.total_connections)),
    metric("CumReq", Counter, "Requests so far.", |f| low(f.total_requests)),
    metric("MaxSslConns", Max, "The most TLS connections.", |_| U32(0)),
    metric("CurrSslConns", Gauge, "TLS connections now.", |_| U32(0)),
    metric("CumSslConns", Counter, "TLS connections so far.", |_| U32(0)),
    limit("Maxpipes", "The most pipes.", |f| U32(f.max_pipes)),
    metric("PipesUsed", Gauge, "Pipes in use.", |_| U32(0)),
    metric("PipesFree", Gauge, "Pipes at hand.", |_| U32(0)),
    metric("ConnRate", Rate, "Connections in the last second.", |f| U32(f.connection_rate)),
    limit("ConnRateLimit", "The limit of connections a second.", |f| U32(f.connection_rate_limit)),
    metric("MaxConnRate", Max, "The most connections in a second.", |f| U32(f.connection_rate_max)),
    metric("SessRate", Rate, "Sessions in the last second.", |f| U32(f.session_rate)),
    limit("SessRateLimit", "The limit of sessions a second.", |f| U32(f.session_rate_limit)),
    metric("MaxSessRate", Rate, "The most sessions in a second.", |f| U32(f.session_rate_max)),
    metric("SslRate", Rate, "TLS handshakes in the last second.", |_| U32(0)),
    limit("SslRateLimit", "The limit of TLS handshakes a second.", |_| U32(0)),
    metric("MaxSslRate", Max, "The most TLS handshakes in a second.", |_| U32(0)),
    metric("SslFrontendKeyRate", Gauge, "TLS keys computed in the last second.", |_| U32(0)),
    metric("SslFrontendMaxKeyRate", Max, "The most TLS keys computed in a second.", |_| U32(0)),
    metric("SslFrontendSessionReuse_pct", Gauge, "Percent of TLS sessions used again.", |_| U32(0)),
    metric("SslBackendKeyRate", Rate, "TLS keys computed towards servers.", |_| U32(0)),
    metric("SslBackendMaxKeyRate", Max, "The most TLS keys computed towards servers.", |_| U32(0)),
    metric("SslCacheLookups", Counter, "Look-ups of TLS sessions.", |_| U32(0)),
    metric("SslCacheMisses", Counter, "TLS sessions that were not found.", |_| U32(0)),
    metric("CompressBpsIn", Rate, "Bytes a second into compression.", |_| U32(0)),
    metric("CompressBpsOut", Rate, "Bytes a second out of compression.", |_| U32(0)),
    limit("CompressBpsRateLim", "The limit of compression.", |_| U32(0)),
    metric("ZlibMemUsage", Gauge, "Memory of zlib.", |_| U32(0)),
    limit("MaxZlibMemUsage", "The limit of zlib's memory.", |_| U32(0)),
    metric("Tasks", Gauge, "Tasks.", |f| U32(f.tasks)),
    metric("Run_queue", Gauge, "Tasks that could run.", |_| U32(0)),
    metric("Idle_pct", Average, "Percent of time without work.", |f| U32(f.idle_percent)),
    field("node", Config, Output, Service, "The node's name.", |f| Str(f.node.clone())),
    field("description", Config, Output, Service, "The description.", |f| {
        Str(f.description.clone().unwrap_or_default())
    }),
    metric("Stopping", Gauge, "1 while stopping softly.", |f| U32(u32::from(f.stopping))),
    metric("Jobs", Gauge, "What a soft stop waits for.", |f| U32(f.jobs)),
    metric("Unstoppable Jobs", Gauge, "What it does not wait for.", |_| U32(0)),
    metric("Listeners", Gauge, "Open listeners.", |f| U32(f.listeners)),
    metric("ActivePeers", Gauge, "Peers.", |_| U32(0)),
    metric("ConnectedPeers", Gauge, "Connected peers.", |_| U32(0)),
    metric("DroppedLogs", Gauge, "Log lines that could not be sent.", |f| low(f.dropped_logs)),
    metric("BusyPolling", Gauge, "1 with busy polling.", |_| U32(0)),
    metric("FailedResolutions", Gauge, "Names that could not be resolved.", |_| U32(0)),
    metric("TotalBytesOut", Gauge, "Bytes sent.", |f| U64(f.bytes_out)),
    metric("TotalSplicdedBytesOut", Gauge, "Bytes spliced.", |_| U64(0)),
    metric("BytesOutRate", Rate, "Bytes sent in the last second.", |f| U64(f.bytes_out_rate)),
    metric("DebugCommandsIssued", Gauge, "Debug commands.", |_| U32(0)),
    metric("CumRecvLogs", Counter, "Log lines received.", |f| low(f.received_logs)),
    field("Build info", Product, Output, Service, "The exact version.", |f| Str(f.version.clone())),
    limit("Memmax_bytes", "The limit of memory; 0 is none.", |f| low(f.memory_limit)),
    metric("PoolAlloc_bytes", Gauge, "Memory taken.", |f| U64(f.memory)),
    metric("PoolUsed_bytes", Gauge, "Memory used.", |f| U64(f.memory)),
    metric("Start_time_sec", Duration, "When it started, seconds since the epoch.", |f| low(f.start_time)),
    field("Tainted", Status, Gauge, Process, "Marks of unsupported use.", |_| Str("0".to_owned())),
];

/// Every field; the description only when there is one.
pub fn entries(facts: &Facts) -> Vec<Entry> {
    FIELDS
        .iter()
        .filter(|f| !HIDDEN.contains(&f.name) && (f.name != "description" || facts.description.is_some()))
        .map(|field| Entry { field, value: (field.get)(facts) })
        .collect()
}

/// The same with times to the microsecond, and rates as such (`show info float`).
pub fn exact_entries(facts: &Facts) -> Vec<Entry> {
    let mut all = entries(facts);
    for e in &mut all {
        e.value = match (e.field.name, &e.value) {
            ("Uptime_sec", _) => Value::Float(facts.exact_uptime.as_secs_f64()),
            ("Start_time_sec", _) => Value::Float(facts.exact_start.as_secs_f64()),
            (name, U32(n)) if RATES.contains(&name) => Value::Float(f64::from(*n)),
            _ => continue,
        };
    }
    all
}

const RATES: [&str; 8] = [
    "ConnRate",
    "SessRate",
    "SslRate",
    "SslFrontendKeyRate",
    "SslFrontendSessionReuse_pct",
    "SslBackendKeyRate",
    "CompressBpsIn",
    "CompressBpsOut",
];

/// Positions count all fields, whether shown or not.
pub fn position(e: &Entry) -> usize {
    FIELDS.iter().position(|f| f.name == e.field.name).unwrap_or(0)
}

/// `Name: value` lines; with descriptions when asked.
pub fn text(entries: &[Entry], describe: bool) -> String {
    let mut out = String::new();
    for e in entries {
        let _ = match describe {
            true => writeln!(out, "{}: {}:\"{}\"", e.field.name, e.value, e.field.doc.trim_end_matches('.')),
            false => writeln!(out, "{}: {}", e.field.name, e.value),
        };
    }
    out
}

/// `4.Nbproc.1:CGS:u32:1` lines.
pub fn typed(entries: &[Entry]) -> String {
    let mut out = String::new();
    for e in entries {
        let pos = position(e);
        let tags: String = [e.field.origin.letter(), e.field.nature.letter(), e.field.scope.letter()].iter().collect();
        let _ = writeln!(out, "{pos}.{}.1:{tags}:{}:{}", e.field.name, e.value.type_name(), e.value);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uptime_is_read_at_a_glance() {
        assert_eq!(uptime(90_061), "1d 1h01m01s");
        assert_eq!(uptime(5), "0d 0h00m05s");
    }
}
