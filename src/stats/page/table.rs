//! The table of one proxy: its frontend, listeners, servers and backend, one line each.

use std::fmt::Write as _;

use super::{Page, escape};
use crate::stats::row::{Kind, Row};

/// A heading, and how a cell under it is written.
type Column = (&'static str, fn(&Row) -> String);

/// Columns under one heading.
struct Group {
    name: &'static str,
    columns: &'static [Column],
}

fn plain(row: &Row, field: &str) -> String {
    row.text(field)
}

/// A number with blanks between thousands.
fn grouped(row: &Row, field: &str) -> String {
    if row.get(field).is_none() {
        return String::new();
    }
    let digits = row.number(field).to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push('\u{2009}');
        }
        out.push(c);
    }
    out
}

/// A limit: none is a dash.
fn limit(row: &Row, field: &str) -> String {
    match row.get(field) {
        Some(_) if row.number(field) > 0 => grouped(row, field),
        _ if row.kind == Kind::Listener => String::new(),
        _ => "-".to_owned(),
    }
}

/// What lies behind a number, shown when the reader rests on it.
fn hint(text: String, details: &[(&str, String)]) -> String {
    if text.is_empty() || details.is_empty() {
        return text;
    }
    let lines: Vec<_> = details.iter().map(|(n, v)| format!("{n}: {v}")).collect();
    format!("<abbr title=\"{}\">{text}</abbr>", escape(&lines.join("\n")))
}

fn sessions(r: &Row) -> String {
    let mut details = vec![("Cum. sessions", r.text("stot"))];
    if r.get("req_tot").is_some() {
        details.push(("Cum. HTTP requests", r.text("req_tot")));
        for (name, field) in [
            ("HTTP 1xx responses", "hrsp_1xx"),
            ("HTTP 2xx responses", "hrsp_2xx"),
            ("HTTP 3xx responses", "hrsp_3xx"),
            ("HTTP 4xx responses", "hrsp_4xx"),
            ("HTTP 5xx responses", "hrsp_5xx"),
            ("other responses", "hrsp_other"),
        ] {
            details.push((name, r.text(field)));
        }
    }
    if r.get("reuse").is_some() {
        details.push(("New connections", r.text("connect")));
        details.push(("Reused connections", r.text("reuse")));
        for (name, field) in
            [("Queue time", "qtime"), ("Connect time", "ctime"), ("Response time", "rtime"), ("Total time", "ttime")]
        {
            details.push((name, format!("{} / {} ms (avg / max)", r.text(field), r.text(&format!("{field}_max")))));
        }
    }
    hint(grouped(r, "stot"), &details)
}

fn check(r: &Row) -> String {
    if r.get("check_status").is_none() {
        return String::new();
    }
    let mut short = r.text("check_status");
    if r.get("check_code").is_some() {
        short = format!("{short}/{}", r.text("check_code"));
    }
    let shown = format!("{} in {}ms", escape(&short), r.text("check_duration"));
    let mut details = vec![("Check", r.text("check_desc"))];
    if !r.text("last_chk").is_empty() {
        details.push(("Info", r.text("last_chk")));
    }
    hint(shown, &details)
}

fn status(r: &Row) -> String {
    let age = match r.kind {
        Kind::Server | Kind::Backend => format!("{} ", age(r.number("lastchg"))),
        _ => String::new(),
    };
    escape(&format!("{age}{}", r.text("status")))
}

/// 5s, 3m12s, 4h05m, 2d3h
fn age(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        3600..86400 => format!("{}h{:02}m", seconds / 3600, seconds / 60 % 60),
        _ => format!("{}d{}h", seconds / 86400, seconds / 3600 % 24),
    }
}

fn since_last(r: &Row) -> String {
    match r.get("lastsess") {
        Some(crate::stats::field::Value::S32(n)) => u64::try_from(*n).map_or_else(|_| "?".to_owned(), age),
        _ => String::new(),
    }
}

fn downtime(r: &Row) -> String {
    if r.get("downtime").is_some() { age(r.number("downtime")) } else { String::new() }
}

fn errors(r: &Row) -> String {
    hint(
        grouped(r, "eresp"),
        &[("Transfers broken off by clients", r.text("cli_abrt")), ("by servers", r.text("srv_abrt"))],
    )
}

fn letter(r: &Row, field: &str) -> String {
    match r.kind {
        Kind::Server if r.number(field) > 0 => "Y".to_owned(),
        Kind::Server => "-".to_owned(),
        _ => plain(r, field),
    }
}

/// The columns of the original, in its order.
const GROUPS: &[Group] = &[
    Group {
        name: "Queue",
        columns: &[
            ("Cur", |r| grouped(r, "qcur")),
            ("Max", |r| grouped(r, "qmax")),
            ("Limit", |r| if r.kind == Kind::Server { limit(r, "qlimit") } else { String::new() }),
        ],
    },
    Group {
        name: "Session rate",
        columns: &[
            ("Cur", |r| grouped(r, "rate")),
            ("Max", |r| grouped(r, "rate_max")),
            ("Limit", |r| if r.kind == Kind::Frontend { limit(r, "rate_lim") } else { String::new() }),
        ],
    },
    Group {
        name: "Sessions",
        columns: &[
            ("Cur", |r| grouped(r, "scur")),
            ("Max", |r| grouped(r, "smax")),
            ("Limit", |r| limit(r, "slim")),
            ("Total", sessions),
            ("LbTot", |r| grouped(r, "lbtot")),
            ("Last", since_last),
        ],
    },
    Group { name: "Bytes", columns: &[("In", |r| grouped(r, "bin")), ("Out", |r| grouped(r, "bout"))] },
    Group { name: "Denied", columns: &[("Req", |r| grouped(r, "dreq")), ("Resp", |r| grouped(r, "dresp"))] },
    Group {
        name: "Errors",
        columns: &[("Req", |r| grouped(r, "ereq")), ("Conn", |r| grouped(r, "econ")), ("Resp", errors)],
    },
    Group { name: "Warnings", columns: &[("Retr", |r| grouped(r, "wretr")), ("Redis", |r| grouped(r, "wredis"))] },
    Group {
        name: "Server",
        columns: &[
            ("Status", status),
            ("LastChk", check),
            ("Wght", |r| {
                if r.get("weight").is_some() {
                    format!("{}/{}", r.text("weight"), r.text("uweight"))
                } else {
                    String::new()
                }
            }),
            ("Act", |r| letter(r, "act")),
            ("Bck", |r| letter(r, "bck")),
            ("Chk", |r| grouped(r, "chkfail")),
            ("Dwn", |r| grouped(r, "chkdown")),
            ("Dwntme", downtime),
            ("Thrtle", |r| {
                if r.get("throttle").is_some() {
                    format!("{}%", r.text("throttle"))
                } else if r.kind == Kind::Server {
                    "-".to_owned()
                } else {
                    String::new()
                }
            }),
        ],
    },
];

/// Everything about one proxy; its rows come together.
pub(super) fn proxy(p: &Page<'_>, rows: &[Row], out: &mut String) {
    let Some(first) = rows.first() else { return };
    let admin = p.is_admin && rows.iter().any(|r| r.kind == Kind::Server);
    let name = escape(&first.text("pxname"));
    let _ = write!(out, "<section class=\"proxy\" id=\"{name}\"><h3><a href=\"#{name}\">{name}</a>");
    if p.stats.show_legends {
        let algo = rows.iter().find_map(|r| r.get("algo").map(ToString::to_string));
        let _ = write!(out, "<small>mode {}", escape(&first.text("mode")));
        if let Some(a) = algo {
            let _ = write!(out, ", balance {}", escape(&a));
        }
        out.push_str("</small>");
    }
    out.push_str("</h3>");
    if admin {
        let _ = write!(out, "<form method=\"post\" action=\"{}{}\">", escape(p.uri), escape(&p.options.suffix(|_| {})));
    }
    heading(admin, out);
    for r in rows {
        line(p, r, admin, out);
    }
    out.push_str("</table>");
    if admin {
        actions(first.proxy_id, out);
    }
    out.push_str("</section>");
}

fn heading(admin: bool, out: &mut String) {
    out.push_str("<table><thead><tr>");
    if admin {
        out.push_str("<th rowspan=\"2\"></th>");
    }
    out.push_str("<th rowspan=\"2\" class=\"name\"></th>");
    for g in GROUPS {
        let _ = write!(out, "<th colspan=\"{}\">{}</th>", g.columns.len(), g.name);
    }
    out.push_str("</tr><tr>");
    for (heading, _) in GROUPS.iter().flat_map(|g| g.columns) {
        let _ = write!(out, "<th>{heading}</th>");
    }
    out.push_str("</tr></thead>");
}

/// The class that colours a line.
fn class(r: &Row) -> &'static str {
    let status = r.text("status");
    match r.kind {
        Kind::Frontend => return "frontend",
        Kind::Backend => return "backend",
        Kind::Listener => return "socket",
        Kind::Server => {}
    }
    let backup = r.number("bck") > 0;
    match status.as_str() {
        s if s.starts_with("MAINT") => "maint",
        s if s.starts_with("DRAIN") || s.starts_with("NOLB") => "drain",
        "no check" => "nocheck",
        "UP" if backup => "backup",
        "UP" => "up",
        s if s.starts_with("UP ") => "going-down",
        s if s.starts_with("DOWN ") && !s.starts_with("DOWN (") => "going-up",
        _ => "down",
    }
}

fn line(p: &Page<'_>, r: &Row, admin: bool, out: &mut String) {
    let name = r.text("svname");
    let shown = match r.kind {
        Kind::Frontend => "Frontend",
        Kind::Backend => "Backend",
        _ => &name,
    };
    let _ = write!(out, "<tr class=\"{}\">", class(r));
    if admin {
        match r.kind {
            Kind::Server => {
                let _ = write!(out, "<td><input type=\"checkbox\" name=\"s\" value=\"{}\"></td>", escape(&name));
            }
            _ => out.push_str("<td></td>"),
        }
    }
    let mut label = escape(shown);
    if p.stats.show_legends && !r.text("addr").is_empty() {
        let mut details = vec![("address", r.text("addr")), ("id", r.id.to_string())];
        if !r.text("cookie").is_empty() {
            details.push(("cookie", r.text("cookie")));
        }
        label = hint(label, &details);
    }
    let _ = write!(out, "<td class=\"name\">{label}</td>");
    for (heading, cell) in GROUPS.iter().flat_map(|g| g.columns) {
        let class = match *heading {
            "Status" => " class=\"status\"",
            "LastChk" => " class=\"check\"",
            _ => "",
        };
        let _ = write!(out, "<td{class}>{}</td>", cell(r));
    }
    out.push_str("</tr>");
}

/// What an operator can do with the chosen servers.
const ACTIONS: &[(&str, &str)] = &[
    ("ready", "Set state to READY"),
    ("drain", "Set state to DRAIN"),
    ("maint", "Set state to MAINT"),
    ("dhlth", "Health: disable checks"),
    ("ehlth", "Health: enable checks"),
    ("hrunn", "Health: force UP"),
    ("hnolb", "Health: force NOLB"),
    ("hdown", "Health: force DOWN"),
    ("dagent", "Agent: disable checks"),
    ("eagent", "Agent: enable checks"),
    ("arunn", "Agent: force UP"),
    ("adown", "Agent: force DOWN"),
    ("shutdown", "Kill Sessions"),
];

fn actions(proxy_id: u32, out: &mut String) {
    out.push_str("<div class=\"actions\">Choose the action to perform on the checked servers: <select name=\"action\"><option value=\"\"></option>");
    for (value, words) in ACTIONS {
        let _ = write!(out, "<option value=\"{value}\">{words}</option>");
    }
    let _ = write!(
        out,
        "</select> <input type=\"hidden\" name=\"b\" value=\"#{proxy_id}\"><button type=\"submit\">Apply</button></div></form>"
    );
}
