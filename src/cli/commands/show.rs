//! Commands that only look.

use std::fmt::Write as _;

use crate::cli::command::{COMMAND, Command, Input, Mode, Output};
use crate::cli::control::Control;
use crate::health::state::Admin;
use crate::ir::listener::AccessLevel;
use crate::ir::{ProxyId, ServerId};
use crate::stats::row::{Kind, Row};
use crate::stats::{csv, info, json};

pub const ALL: &[&Command] = &[
    &BACKEND,
    &CLI_LEVEL,
    &CLI_SOCKETS,
    &ENV,
    &GET_VAR,
    &SET_VAR,
    &INFO,
    &LIBS,
    &SCHEMA,
    &SERVERS_CONN,
    &SERVERS_STATE,
    &STARTUP_LOGS,
    &STAT,
    &VERSION,
];

const INFO: Command = Command {
    name: "show info",
    args: "[desc|json|typed|float]*",
    doc: "report information about the running process",
    run: |_, c, input| {
        let has = |w: &str| input.words.iter().any(|x| x == w);
        let entries = if has("float") { info::exact_entries(&c.facts()) } else { info::entries(&c.facts()) };
        Output::Text(match (has("json"), has("typed")) {
            (true, _) => json::info(&entries) + "\n",
            (_, true) => info::typed(&entries),
            _ => info::text(&entries, has("desc")),
        })
    },
    ..COMMAND
};
const VERSION: Command = Command {
    name: "show version",
    doc: "show version of the current process",
    run: |_, c, _| Output::line(c.facts().version),
    ..COMMAND
};
const STAT: Command = Command {
    name: "show stat",
    args: "[desc|json|no-maint|typed|up]*",
    doc: "report counters for each proxy and server",
    run: |_, c, input| {
        let mut rows = c.rows();
        let numbers: Vec<&String> = input.words.iter().collect();
        let mut words = numbers.as_slice();
        // `<proxy> <types> <server>`: a name or number, a mask of kinds, a server's number.
        if let [iid, kinds, sid, rest @ ..] = words
            && kinds.parse::<i64>().is_ok()
        {
            rows.retain(|r| selected(r, iid, kinds, sid));
            words = rest;
        }
        let has = |w: &str| words.iter().any(|x| *x == w);
        if has("up") || has("no-maint") {
            let up = has("up");
            rows.retain(|r| {
                let status = r.text("status");
                !(r.kind == Kind::Server && (status.starts_with("MAINT") || up && status.starts_with("DOWN")))
            });
        }
        Output::Text(match (has("json"), has("typed")) {
            (true, _) => json::render(&rows) + "\n",
            (_, true) => csv::typed(&rows),
            _ => csv::render(&rows),
        })
    },
    ..COMMAND
};

fn selected(r: &Row, iid: &str, kinds: &str, sid: &str) -> bool {
    let proxy = match iid.parse::<i64>() {
        Ok(-1) => true,
        Ok(n) => n == i64::from(r.proxy_id),
        Err(_) => r.text("pxname") == iid,
    };
    let bit = match r.kind {
        Kind::Frontend => 1,
        Kind::Backend => 2,
        Kind::Server => 4,
        Kind::Listener => 8,
    };
    let kind = kinds.parse::<i64>().is_ok_and(|n| n == -1 || n & bit != 0);
    let server = sid
        .parse::<i64>()
        .is_ok_and(|n| n == -1 || n == i64::from(r.id) || matches!(r.kind, Kind::Frontend | Kind::Backend));
    proxy && kind && server
}

const SCHEMA: Command = Command {
    name: "show schema json",
    doc: "report schema used for stats",
    run: |_, _, _| Output::line(json::schema()),
    ..COMMAND
};
const BACKEND: Command = Command {
    name: "show backend",
    doc: "list backends in the current running config",
    run: |_, c, _| {
        let names = c.config().proxies.iter().filter(|p| p.kind.is_back()).map(|p| format!("{}\n", p.name));
        Output::Text(std::iter::once("# name\n".to_owned()).chain(names).collect())
    },
    ..COMMAND
};
const CLI_LEVEL: Command = Command {
    name: "show cli level",
    doc: "display the level of the current CLI session",
    run: |session, _, _| {
        Output::line(match session.level {
            AccessLevel::User => "user",
            AccessLevel::Operator => "operator",
            AccessLevel::Admin => "admin",
        })
    },
    ..COMMAND
};
const CLI_SOCKETS: Command = Command {
    name: "show cli sockets",
    doc: "dump list of cli sockets",
    run: |_, c, _| {
        let mut out = String::from("# socket lvl processes\n");
        for s in &c.config().global.stats_sockets {
            let level = match s.options.level {
                AccessLevel::User => "user",
                AccessLevel::Operator => "operator",
                AccessLevel::Admin => "admin",
            };
            let _ = writeln!(out, "{} {level} all", s.address);
        }
        Output::Text(out)
    },
    ..COMMAND
};
const ENV: Command = Command {
    name: "show env",
    args: "[var]",
    level: AccessLevel::Operator,
    doc: "dump environment variables known to the process",
    run: |_, c, input| {
        let wanted = input.word(0);
        let all = c.environment();
        if !wanted.is_empty() && !all.iter().any(|(n, _)| n == wanted) {
            return Output::line("Variable not found");
        }
        let lines = all.iter().filter(|(n, _)| wanted.is_empty() || n == wanted).map(|(n, v)| format!("{n}={v}\n"));
        Output::Text(lines.collect())
    },
    ..COMMAND
};
const LIBS: Command = Command {
    name: "show libs",
    args: "[<pattern>]*",
    level: AccessLevel::Operator,
    doc: "show loaded object files and libraries",
    run: |_, c, input| {
        let is_wanted = |name: &str| input.words.is_empty() || input.words.iter().any(|w| name.contains(w.as_str()));
        let all = c.objects().into_iter().filter(|(_, _, name)| is_wanted(name));
        let line = |(from, to, name): (u64, u64, String)| {
            format!("0x{from:012x}-0x{:012x} (0x{:07x}) {name}\n", to - 1, to - from)
        };
        Output::Text(all.map(line).collect())
    },
    ..COMMAND
};
const STARTUP_LOGS: Command = Command {
    name: "show startup-logs",
    doc: "report logs emitted during HAProxy startup",
    run: |_, c, _| Output::Text(c.startup_logs() + "\n"),
    ..COMMAND
};
const GET_VAR: Command = Command {
    name: "get var",
    args: "<name>",
    level: AccessLevel::Operator,
    doc: "retrieve contents of a process-wide variable",
    run: |_, c, input| {
        let name = input.word(0);
        if name.is_empty() {
            return Output::line("Missing process-wide variable identifier.");
        }
        match name.strip_prefix("proc.").and_then(|n| c.variable(n)) {
            // The one answer that no empty line follows.
            Some((kind, v)) => Output::Text(format!("{name}: type={kind} value=<{v}>")),
            None => Output::line("Variable not found."),
        }
    },
    ..COMMAND
};

const SET_VAR: Command = Command {
    name: "set var",
    args: "<name> [fmt|expr] {<fmt>|<expr>}",
    level: AccessLevel::Admin,
    doc: "set variable from an expression/format",
    mode: Mode::Experimental,
    run: |_, c, input| {
        if input.word(0).is_empty() {
            return Output::line("Missing process-wide variable identifier.");
        }
        let (is_format, text) = match input.word(1) {
            "" => return Output::line("Missing either 'expr', 'fmt' or expression."),
            "fmt" => (true, input.words[2..].join(" ")),
            "expr" => (false, input.words[2..].join(" ")),
            _ => (false, input.words[1..].join(" ")),
        };
        match c.set_variable(input.word(0), &text, is_format) {
            Ok(()) => Output::none(),
            Err(e) => Output::Text(e),
        }
    },
    ..COMMAND
};

/// The servers of all backends, or of the one that is named.
fn servers(c: &dyn Control, input: &Input<'_>) -> Result<Vec<(ProxyId, ServerId)>, Output> {
    let config = c.config();
    let only = match input.word(0) {
        "" => None,
        name => Some(config.backend(name).ok_or_else(|| Output::line("Can't find backend."))?),
    };
    let proxies = (0..config.proxies.len()).map(ProxyId).filter(|p| only.is_none_or(|o| o == *p));
    Ok(proxies.flat_map(|p| config.proxy(p).servers.present().map(move |(s, _)| (p, ServerId(s)))).collect())
}

/// The columns that `server-state-file` reads (management guide 9.3 `show servers state`).
pub const STATE_COLUMNS: &str = "# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port";

const SERVERS_STATE: Command = Command {
    name: "show servers state",
    args: "[<backend>]",
    doc: "dump volatile server information (all or for a single backend)",
    run: |_, c, input| {
        let list = match servers(c, input) {
            Ok(l) => l,
            Err(e) => return e,
        };
        let mut out = format!("1\n{STATE_COLUMNS}\n");
        for (p, s) in list {
            out.push_str(&state_line(c, p, s));
        }
        Output::Text(out)
    },
    ..COMMAND
};

fn state_line(c: &dyn Control, p: ProxyId, s: ServerId) -> String {
    let (proxy, v) = (c.config().proxy(p), c.server(p, s));
    let server = &proxy.servers[s.0];
    // 0 stopped, 1 starting, 2 running, 3 stopping.
    let operational = match (v.is_up && v.admin != Admin::Maintenance, v.stopping) {
        (false, _) => 0,
        (true, true) => 3,
        (true, false) => 2 - u8::from(v.starting),
    };
    // 1 forced maintenance, 4 maintenance from the configuration, 8 forced drain.
    let admin = match v.admin {
        Admin::Ready => 0,
        Admin::Maintenance if server.options.disabled => 5,
        Admin::Maintenance => 1,
        Admin::Drain => 8,
    };
    let (addr, port) = v.address.map_or_else(|| ("-".to_owned(), 0), |a| (a.ip().to_string(), a.port()));
    format!(
        "{} {} {} {} {addr} {operational} {admin} {} {} {} {} {} {} {} {} 0 0 {} {port} - 0 {} {} {} {}\n",
        proxy.id,
        proxy.name,
        server.id,
        server.name,
        v.weight,
        v.initial_weight,
        v.since_change,
        v.check_status,
        v.check_result,
        v.level,
        v.check_state,
        v.agent_state,
        server.hostname.as_deref().unwrap_or("-"),
        server.options.check_port.unwrap_or(0),
        server
            .options
            .check_address
            .as_ref()
            .map_or_else(|| "-".to_owned(), |a| a.ip().map_or_else(|| a.to_string(), |ip| ip.to_string())),
        server
            .options
            .agent_address
            .as_ref()
            .map_or_else(|| "-".to_owned(), |a| a.ip().map_or_else(|| a.to_string(), |ip| ip.to_string())),
        server.options.agent_port.unwrap_or(0),
    )
}

const SERVERS_CONN: Command = Command {
    name: "show servers conn",
    args: "[<backend>]",
    doc: "dump server connections status (all or for a single backend)",
    run: |_, c, input| {
        let list = match servers(c, input) {
            Ok(l) => l,
            Err(e) => return e,
        };
        let mut out = format!(
            "# bkname/svname bkid/svid addr port - purge_delay used_cur used_max need_est unsafe_nb safe_nb idle_lim idle_cur idle_per_thr[{}]\n",
            c.facts().threads
        );
        for (p, s) in list {
            let (proxy, v) = (c.config().proxy(p), c.server(p, s));
            let server = &proxy.servers[s.0];
            let (addr, port) = v.address.map_or_else(|| ("-".to_owned(), 0), |a| (a.ip().to_string(), a.port()));
            let _ = writeln!(
                out,
                "{}/{} {}/{} {addr} {port} - {} {} {} {} 0 {idle} {} {idle}{}",
                proxy.name,
                server.name,
                proxy.id,
                server.id,
                server.options.pool_purge_delay.as_millis(),
                v.served,
                v.most_served,
                v.most_served.min(v.served + 1),
                server.options.pool_max_conn.unwrap_or(-1),
                v.idle_by_thread.iter().fold(String::new(), |all, n| format!("{all} {n}")),
                idle = v.idle,
            );
        }
        Output::Text(out)
    },
    ..COMMAND
};
