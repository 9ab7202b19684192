//! What does not fit the mode: HTTP features in TCP proxies, frontends and backends of different modes.

use crate::haproxy::keywords::proxy::options::needs_http;
use crate::ir::Config;
use crate::ir::proxy::{LogFormat, Mode, Proxy, ProxyKind};
use crate::text::diag::{Diagnostic, Diagnostics, Place};
use crate::text::source::Sources;

/// How messages call a proxy.
pub fn kind_word(p: &Proxy) -> &'static str {
    kind_name(p.kind)
}

/// How messages call proxies of a kind.
pub fn kind_name(kind: ProxyKind) -> &'static str {
    if kind == ProxyKind::Listen { "proxy" } else { kind.name() }
}

pub fn check(config: &mut Config, i: usize, sources: &Sources, diag: &mut Diagnostics) {
    incompatible(config, i, sources, diag);
    let p = &mut config.proxies[i];
    if needs_http(&p.log_format, p.mode) {
        let at = p.httplog_at.unwrap_or(p.at);
        let message = format!(
            "'option httplog' not usable with {} '{}' (needs 'mode http'). Falling back to 'option tcplog'.",
            kind_word(p),
            p.name
        );
        diag.push(Diagnostic::warning("needs-http", at, message));
        p.log_format = LogFormat::Tcp;
    }
    logless(p, config.global.log.is_empty(), diag);
    if p.mode == Mode::Tcp {
        tcp(p, diag);
    }
}

fn incompatible(config: &Config, i: usize, sources: &Sources, diag: &mut Diagnostics) {
    let p = &config.proxies[i];
    let mode = |m: Mode| if m == Mode::Http { "http" } else { "tcp" };
    let targets = p.default_backend.iter().map(|b| (b.target, b.at, "as its default backend")).chain(
        p.switching.iter().filter_map(|u| match &u.target {
            crate::ir::proxy::BackendName::Static(b) => Some((b.target, b.at, "in a 'use_backend' rule")),
            crate::ir::proxy::BackendName::Dynamic(_) => None,
        }),
    );
    for (target, at, how) in targets {
        let Some(b) = target.map(|t| config.proxy(t)) else { continue };
        // TCP may turn into HTTP on the way, never the other way round.
        if b.mode == p.mode || (p.mode == Mode::Tcp && b.mode == Mode::Http) {
            continue;
        }
        let ((f1, l1), (f2, l2)) = (sources.locate(p.at), sources.locate(b.at));
        let message = format!(
            "{} frontend '{}' ({f1}:{l1}) tries to use incompatible {} backend '{}' ({f2}:{l2}) {how} (see 'mode').",
            mode(p.mode),
            p.name,
            mode(b.mode),
            b.name
        );
        diag.push(
            Diagnostic::error("incompatible-modes", at, message).placed(Place::Nowhere).also(b.at, "declared here"),
        );
    }
}

/// HTTP features of a TCP proxy are said to be ignored, and are.
fn tcp(p: &mut Proxy, diag: &mut Diagnostics) {
    let who = format!("{} '{}'", kind_word(p), p.name);
    let mut say = |code: &'static str, message: String| {
        diag.push(Diagnostic::warning(code, p.at, message).placed(Place::Nowhere));
    };
    if p.cookie.take().is_some() {
        say("needs-http", format!("cookie will be ignored for {who} (needs 'mode http')."));
    }
    if p.monitor_uri.take().is_some() {
        say("needs-http", format!("monitor-uri will be ignored for {who} (needs 'mode http')."));
    }
    let rules = [
        ("'http-request'", &mut p.rules.http_request),
        ("'http-response'", &mut p.rules.http_response),
        ("'http-after-response'", &mut p.rules.http_after_response),
        ("'redirect'", &mut p.redirects),
    ];
    for (name, rules) in rules {
        if !rules.is_empty() {
            rules.clear();
            say("needs-http", format!("{name} rules ignored for {who} as they require HTTP mode."));
        }
    }
    if p.options.forwardfor.take().is_some() {
        say("needs-http", format!("'option forwardfor' ignored for {who} as it requires HTTP mode."));
    }
    if p.options.originalto.take().is_some() {
        say("needs-http", format!("'option originalto' ignored for {who} as it requires HTTP mode."));
    }
    if std::mem::take(&mut p.stats.enabled) {
        say("needs-http", format!("'stats' statement ignored for {who} as it requires HTTP mode."));
    }
}

/// A format without anywhere to log to.
fn logless(p: &mut Proxy, no_global: bool, diag: &mut Diagnostics) {
    let has_format = !matches!(p.log_format, LogFormat::Default);
    let has_log = !p.log.is_empty() || (p.log_global && !no_global);
    if p.kind.is_front() && has_format && !has_log {
        let message = format!("log format ignored for {} '{}' since it has no log address.", kind_word(p), p.name);
        diag.push(
            Diagnostic::warning("no-log-address", p.at, message)
                .placed(Place::Nowhere)
                .help("add a line such as: log global"),
        );
    }
}
