//! The statistics page (manual 4.2 `stats ...`): one self-contained HTML document, readable without scripts.

mod style;
mod table;

use std::fmt::Write as _;

use super::info::Facts;
use super::row::{Kind, Row};
use crate::ir::proxy::Stats;

/// What the page is about and how it was asked for.
pub struct Page<'a> {
    pub stats: &'a Stats,
    /// Path of the page itself, without options.
    pub uri: &'a str,
    pub facts: &'a Facts,
    pub rows: &'a [Row],
    pub options: Options,
    /// The visitor may change servers.
    pub is_admin: bool,
    /// What became of the last change (`;st=DONE`).
    pub outcome: Option<&'a str>,
}

/// What follows the URI, after semicolons.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    pub format: Format,
    /// `;up`: servers that are down are left out.
    pub hide_down: bool,
    /// `;norefresh`
    pub no_refresh: bool,
    /// `?scope=`: proxies whose names contain it.
    pub scope: String,
    pub outcome: String,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    #[default]
    Html,
    Csv,
    Json,
    JsonSchema,
    Typed,
}

impl Options {
    /// Reads what follows the page's URI in a request.
    pub fn parse(rest: &str) -> Self {
        let mut o = Self::default();
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        for word in path.split(';').chain(query.split(['&', ';'])) {
            match word.split_once('=').unwrap_or((word, "")) {
                ("csv", _) => o.format = Format::Csv,
                ("json", _) => o.format = Format::Json,
                ("json-schema", _) => o.format = Format::JsonSchema,
                ("typed", _) => o.format = Format::Typed,
                ("up", _) => o.hide_down = true,
                ("norefresh", _) => o.no_refresh = true,
                ("scope", s) => {
                    o.scope = s.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.:".contains(*c)).take(20).collect()
                }
                ("st", s) => s.clone_into(&mut o.outcome),
                _ => {}
            }
        }
        o
    }

    /// Whether a row is asked for.
    pub fn wants(&self, row: &Row) -> bool {
        let down = row.kind == Kind::Server && !row.text("status").starts_with(['U', 'n', 'N']);
        row.text("pxname").contains(&self.scope) && !(self.hide_down && down)
    }

    /// The options again, as links write them.
    fn suffix(&self, change: impl FnOnce(&mut Self)) -> String {
        let mut o = self.clone();
        change(&mut o);
        let mut out = String::new();
        for (set, word) in [(o.hide_down, ";up"), (o.no_refresh, ";norefresh")] {
            out.push_str(if set { word } else { "" });
        }
        if !o.scope.is_empty() {
            let _ = write!(out, "?scope={}", o.scope);
        }
        out
    }
}

/// Text as HTML.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// The whole document.
pub fn render(p: &Page<'_>) -> String {
    let mut out = String::with_capacity(16 * 1024);
    head(p, &mut out);
    banner(p, &mut out);
    process(p, &mut out);
    outcome(p, &mut out);
    let mut start = 0;
    while let Some(first) = p.rows.get(start) {
        let len = p.rows[start..].iter().take_while(|r| r.proxy_id == first.proxy_id).count();
        table::proxy(p, &p.rows[start..start + len], &mut out);
        start += len;
    }
    out.push_str("</main></body></html>\n");
    out
}

fn head(p: &Page<'_>, out: &mut String) {
    let title = match &p.stats.show_node {
        Some(Some(name)) => format!(" on {}", escape(name)),
        Some(None) => format!(" on {}", escape(&p.facts.node)),
        None => String::new(),
    };
    out.push_str("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
    let _ = write!(out, "<title>Statistics Report for HAProxy{title}</title>");
    out.push_str("<meta name=\"viewport\" content=\"width=device-width\"><link rel=\"icon\" href=\"data:,\">");
    if let Some(r) = p.stats.refresh.filter(|_| !p.options.no_refresh) {
        let _ = write!(out, "<meta http-equiv=\"refresh\" content=\"{}\">", r.as_secs().max(1));
    }
    let _ = write!(out, "<style>{}</style></head><body>", style::CSS);
}

fn banner(p: &Page<'_>, out: &mut String) {
    out.push_str("<header><h1>HAProxy");
    if !p.stats.hide_version {
        let _ = write!(out, " version {}, released {}", escape(&p.facts.version), escape(&p.facts.release_date));
    }
    let _ = write!(out, "</h1><h2>Statistics Report for pid {}", p.facts.pid);
    if let Some(node) = &p.stats.show_node {
        let _ = write!(out, " on {}", escape(node.as_deref().unwrap_or(&p.facts.node)));
    }
    let description = match &p.stats.show_desc {
        Some(Some(text)) => Some(text.as_str()),
        Some(None) => p.facts.description.as_deref(),
        None => None,
    };
    if let Some(d) = description {
        let _ = write!(out, ": {}", escape(d));
    }
    out.push_str("</h2></header><main>");
}

fn process(p: &Page<'_>, out: &mut String) {
    let f = p.facts;
    let up = super::info::uptime(f.uptime);
    out.push_str("<section class=\"process\"><dl>");
    let facts: [(&str, String); 8] = [
        ("pid", format!("{} (process #1, nbproc = 1, nbthread = {})", f.pid, f.threads)),
        ("uptime", up),
        ("system limits", format!("memmax = unlimited; ulimit-n = {}", f.ulimit_n)),
        ("maxsock", format!("{}; maxconn = {}; maxpipes = {}", f.maxsock, f.maxconn, f.max_pipes)),
        ("current conns", format!("{}; conn rate = {}/sec", f.connections, f.connection_rate)),
        ("bit rate", bits(f.bytes_out_rate * 8)),
        ("running tasks", format!("{}; idle = {} %", f.tasks, f.idle_percent)),
        ("requests", f.total_requests.to_string()),
    ];
    for (name, value) in facts {
        let _ = write!(out, "<dt>{name}</dt><dd>{}</dd>", escape(&value));
    }
    out.push_str("</dl><ul class=\"legend\">");
    for (class, words) in style::LEGEND {
        let _ = write!(out, "<li class=\"{class}\">{words}</li>");
    }
    out.push_str("</ul><nav><b>Display option:</b><ul>");
    let _ = write!(
        out,
        "<li><form method=\"get\" action=\"{}\">Scope: <input name=\"scope\" size=\"8\" maxlength=\"20\" value=\"{}\"></form></li>",
        escape(p.uri),
        escape(&p.options.scope)
    );
    let link = |out: &mut String, suffix: String, words: &str| {
        let _ = write!(out, "<li><a href=\"{}{}\">{words}</a></li>", escape(p.uri), escape(&suffix));
    };
    let toggle = if p.options.hide_down { "Show all servers" } else { "Hide 'DOWN' servers" };
    link(out, p.options.suffix(|o| o.hide_down = !o.hide_down), toggle);
    if p.stats.refresh.is_some() {
        let toggle = if p.options.no_refresh { "Enable refresh" } else { "Disable refresh" };
        link(out, p.options.suffix(|o| o.no_refresh = !o.no_refresh), toggle);
    }
    link(out, p.options.suffix(|_| {}), "Refresh now");
    link(out, ";csv".to_owned(), "CSV export");
    link(out, ";json".to_owned(), "JSON export");
    link(out, ";json-schema".to_owned(), "JSON schema");
    out.push_str("</ul></nav></section>");
}

/// 1.149 Mbps
fn bits(n: u64) -> String {
    match n {
        1_000_000_000.. => format!("{:.3} Gbps", n as f64 / 1e9),
        1_000_000.. => format!("{:.3} Mbps", n as f64 / 1e6),
        _ => format!("{:.3} kbps", n as f64 / 1e3),
    }
}

fn outcome(p: &Page<'_>, out: &mut String) {
    let Some(code) = p.outcome.filter(|c| !c.is_empty()) else { return };
    let (class, words) = match code {
        "DONE" => ("good", "Action processed successfully."),
        "NONE" => ("neutral", "Nothing has changed."),
        "PART" => ("neutral", "Action partially processed: some of the servers could not be changed."),
        "ERRP" => ("bad", "Action not processed: the request could not be understood."),
        "EXCD" => ("bad", "Action not processed: too much data, some servers may not have been changed."),
        "DENY" => ("bad", "Action denied."),
        _ => ("bad", "Unexpected result."),
    };
    let close = p.options.suffix(|_| {});
    let _ =
        write!(out, "<p class=\"outcome {class}\"><a href=\"{}{}\">✕</a> {words}</p>", escape(p.uri), escape(&close));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_follow_the_uri_in_any_order() {
        let o = Options::parse(";up;norefresh?scope=we<b>");
        assert!(o.hide_down && o.no_refresh);
        assert_eq!(o.scope, "web");
        assert_eq!(Options::parse(";csv").format, Format::Csv);
        assert_eq!(o.suffix(|o| o.hide_down = false), ";norefresh?scope=web");
    }

    #[test]
    fn names_cannot_become_markup() {
        assert_eq!(escape("<a href='x'>\"&"), "&lt;a href=&#39;x&#39;&gt;&quot;&amp;");
    }
}
