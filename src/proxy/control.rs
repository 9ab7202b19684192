//! The process as the commands of the runtime socket see it.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use super::servers::Target;
use super::thread::Local;
use super::world::{World, lock};
use super::{checks, operate, roster, statistics};
use crate::cli::control::{Control, ServerView};
use crate::expr::versions::Versions;
use crate::haproxy::draft::Draft;
use crate::haproxy::lower::format;
use crate::haproxy::lower::sample::{self, Place};
use crate::health::result::Verdict;
use crate::health::state::{Admin, Change};
use crate::ir::expr::{PatternEntry, PatternSet, PatternSetId, VarScope};
use crate::ir::global::SetVar;
use crate::ir::{Config, ProxyId, ServerId};
use crate::log::date;
use crate::stats::info::Facts;
use crate::stats::invalid::Invalid;
use crate::stats::row::Row;
use crate::table::shards::Whole;
use crate::text::source::Span;

/// The hands of an operator.
pub struct Hands(pub &'static World, pub &'static Local);

impl Control for Hands {
    fn config(&self) -> &Config {
        &self.0.config
    }

    fn facts(&self) -> Facts {
        statistics::facts(self.0)
    }

    fn rows(&self) -> Vec<Row> {
        statistics::rows(self.0)
    }

    fn server(&self, p: ProxyId, s: ServerId) -> ServerView {
        let (live, server) = (self.0.server(p, s), &self.0.config.proxies[p.0].servers[s.0]);
        let address = (**live.address.load()).as_ref().and_then(Target::inet);
        let health = lock(&live.health).clone();
        let is_checked = server.options.check && live.checks_enabled.load(Relaxed);
        let is_paused = health.admin == Admin::Maintenance && (is_checked || server.options.disabled);
        let (options, last) = (&server.options, health.last.verdict);
        let threads = super::start::threads(&self.0.config);
        ServerView {
            address,
            weight: live.weight(),
            initial_weight: u32::from(options.weight.unwrap_or(1)),
            is_up: health.is_up(),
            admin: health.admin,
            level: if health.admin == Admin::Maintenance { 0 } else { health.level },
            stopping: health.stopping,
            starting: !live.ramp().is_full(),
            check_status: if options.check { status_number(last) } else { 1 },
            check_result: match (options.check, last) {
                (false, _) | (true, Verdict::Initializing | Verdict::Unknown) => 0,
                (true, Verdict::L7OkConditional) => 4,
                (true, v) if v.is_success() => 3,
                _ => 2,
            },
            // 2 configured, 4 enabled, 8 paused by maintenance, 16 an agent's.
            check_state: match (options.check, live.checks_enabled.load(Relaxed)) {
                (false, _) => 8 * u32::from(is_paused),
                (true, on) => 2 + 4 * u32::from(on) + 8 * u32::from(is_paused),
            },
            agent_state: match (options.agent_check, live.agent_enabled.load(Relaxed)) {
                (false, _) => 0,
                (true, on) => 16 + 2 + 4 * u32::from(on),
            },
            since_change: live.since_change(self.0.uptime_ms()),
            served: live.served(),
            most_served: live.counters.streams.max(),
            idle: live.counters.idle.get(),
            idle_by_thread: live.idle_by_thread.iter().take(threads).map(|n| n.load(Relaxed)).collect(),
        }
    }

    fn add_server(&self, p: ProxyId, name: &str, words: &[String]) -> Result<(), String> {
        roster::add(self.1, p, name, words)
    }

    fn delete_server(&self, p: ProxyId, s: ServerId) -> Result<(), String> {
        roster::delete(self.0, p, s)
    }

    fn set_state(&self, p: ProxyId, s: ServerId, admin: Admin) -> bool {
        operate::set_state(self.0, p, s, admin)
    }

    fn set_health(&self, p: ProxyId, s: ServerId, health: Change) {
        operate::set_health(self.0, p, s, health);
    }

    fn set_agent(&self, p: ProxyId, s: ServerId, up: bool) {
        let live = self.0.server(p, s);
        let changed = {
            let mut h = lock(&live.health);
            let was_up = h.is_up();
            h.agent_down = !up;
            (was_up != h.is_up()).then_some(if up { Change::Up } else { Change::Down })
        };
        if let Some(change) = changed {
            let cause = crate::log::health::Cause { doing: "changed from CLI", ..Default::default() };
            checks::changed(self.0, p, s, change, &cause);
        }
    }

    fn set_weight(&self, p: ProxyId, s: ServerId, weight: &str) -> Result<(), String> {
        operate::set_weight(self.0, p, s, weight)
    }

    fn set_server_maxconn(&self, p: ProxyId, s: ServerId, maxconn: u32) {
        operate::set_maxconn(self.0, p, s, maxconn);
    }

    fn set_address(&self, p: ProxyId, s: ServerId, address: std::net::SocketAddr) -> Result<(), String> {
        self.0.server(p, s).address.store(Arc::new(Some(Target::Inet(address))));
        let (proxy, live) = self.0.proxy(p);
        live.renew_cookies(proxy);
        Ok(())
    }

    fn set_checks(&self, p: ProxyId, s: ServerId, enabled: bool) {
        self.0.server(p, s).checks_enabled.store(enabled, Relaxed);
    }

    fn set_agent_checks(&self, p: ProxyId, s: ServerId, enabled: bool) {
        self.0.server(p, s).agent_enabled.store(enabled, Relaxed);
    }

    fn set_process_maxconn(&self, maxconn: Option<u32>) -> bool {
        let maxconn = maxconn.unwrap_or(self.0.hard_maxconn);
        if maxconn > self.0.hard_maxconn {
            return false;
        }
        self.0.limits.maxconn.store(maxconn, Relaxed);
        super::listener::slot_freed();
        true
    }

    fn set_connection_rate(&self, limit: u32) {
        self.0.limits.connection_rate.store(limit, Relaxed);
    }

    fn set_session_rate(&self, limit: u32) {
        self.0.limits.session_rate.store(limit, Relaxed);
    }

    fn set_frontend_maxconn(&self, p: ProxyId, maxconn: u32) {
        self.0.proxies[p.0].maxconn.store(maxconn, Relaxed);
        super::listener::slot_freed();
    }

    fn set_dynamic_cookies(&self, p: ProxyId, on: Option<bool>, secret: Option<&str>) {
        let (proxy, live) = self.0.proxy(p);
        {
            let mut dynamic = lock(&live.dynamic_cookies);
            dynamic.0 = on.unwrap_or(dynamic.0);
            dynamic.1 = secret.map(str::to_owned).or_else(|| dynamic.1.take());
        }
        live.renew_cookies(proxy);
    }

    fn pause(&self, p: ProxyId, paused: bool) -> Option<bool> {
        operate::pause(self.0, p, paused)
    }

    fn stop(&self, p: ProxyId) -> bool {
        operate::shut(self.0, p)
    }

    fn clear_counters(&self, all: bool) {
        operate::clear_counters(self.0, all);
    }

    fn kill_sessions(&self, p: ProxyId, s: ServerId) {
        checks::shut_sessions(self.0, p, s, super::end::Who::Killed);
    }

    fn patterns(&self, id: PatternSetId) -> PatternSet {
        self.0.patterns.get(id).set.clone()
    }

    fn set_patterns(&self, id: PatternSetId, entries: Vec<PatternEntry>) -> Result<(), String> {
        self.0.patterns.replace(id, entries)
    }

    fn with_versions(&self, id: PatternSetId, f: &mut dyn FnMut(&mut Versions)) {
        f(lock(&self.0.pattern_versions).entry(id.0).or_default());
    }

    fn variable(&self, name: &str) -> Option<(&'static str, String)> {
        let all = self.0.variables.read().ok()?;
        let value = all.get(name)?.clone();
        let kind = value.kind().name();
        Some((kind, String::from_utf8_lossy(&value.into_text()).into_owned()))
    }

    fn set_variable(&self, name: &str, text: &str, is_format: bool) -> Result<(), String> {
        let mut draft = Draft::default();
        let variable = sample::variable(name)?;
        if variable.scope != VarScope::Proc {
            return Err(format!("'set var': cannot set variable '{name}', only scope 'proc' is permitted here."));
        }
        let value = if is_format {
            SetVar::Format(format::parse(text, Span::default(), Place::Process, &mut draft)?)
        } else {
            let parsed = sample::parse(text, Span::default(), &mut draft).map_err(|e| {
                // Only files are complained about in whole sentences.
                e.strip_suffix('.').map_or_else(|| e.clone(), str::to_owned)
            })?;
            if let Some(what) = sample::unavailable(&parsed, Place::Process) {
                return Err(format!(
                    "fetch method 'set-var({name})' extracts information from '{what}', none of which is available here"
                ));
            }
            SetVar::Sample(parsed)
        };
        if !draft.config.patterns.is_empty() {
            return Err("maps cannot be loaded here".to_owned());
        }
        super::rules::set_process_variable(self.0, &variable, &value);
        Ok(())
    }

    fn startup_logs(&self) -> String {
        super::start::said()
    }

    fn with_table(&self, p: ProxyId, f: &mut dyn FnMut(&mut Whole<'_>, u64)) -> bool {
        let table = self.0.proxies[p.0].table.as_ref();
        table.inspect(|t| f(&mut t.whole(), self.0.uptime_ms())).is_some()
    }

    fn invalid(&self) -> (u64, Vec<(ProxyId, Arc<Invalid>)>) {
        let of = |(i, p): (usize, &super::world::ProxyLive)| {
            let kept = lock(&p.invalid).clone();
            kept.into_iter().flatten().map(move |k| (ProxyId(i), k))
        };
        (self.0.invalid_messages.load(Relaxed), self.0.proxies.iter().enumerate().flat_map(of).collect())
    }

    fn date(&self, micros: Option<i64>) -> String {
        let micros = micros.unwrap_or_else(super::clock::unix_micros);
        let mut out = Vec::new();
        let civil = date::civil(micros.div_euclid(1_000_000), self.0.offset());
        date::clf_ms(&civil, (micros.rem_euclid(1_000_000) / 1000) as u32, &mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    fn objects(&self) -> Vec<(u64, u64, String)> {
        super::about::mapped()
    }

    fn environment(&self) -> Vec<(String, String)> {
        let all = std::env::vars_os();
        let text = all.map(|(n, v)| (n.to_string_lossy().into_owned(), v.to_string_lossy().into_owned()));
        // What a master tells its next self is nobody else's.
        let own = &self.0.config.global.environment;
        text.filter(|(n, _)| !n.starts_with("HAWSER_") && !own.iter().any(|(o, _)| o == n))
            .chain(own.iter().filter_map(|(n, v)| Some((n.clone(), v.clone()?))))
            .collect()
    }
}

/// The numbers that server state files use for check results.
fn status_number(v: Verdict) -> u32 {
    match v {
        Verdict::Unknown => 0,
        Verdict::Initializing => 1,
        Verdict::Checked => 2,
        Verdict::Analysis => 3,
        Verdict::SocketError => 4,
        Verdict::L4Ok => 6,
        Verdict::L4Timeout => 7,
        Verdict::L4Connection => 8,
        Verdict::L6Ok => 9,
        Verdict::L6Timeout => 10,
        Verdict::L6Response => 11,
        Verdict::L7Timeout => 12,
        Verdict::L7Response => 13,
        Verdict::L7Ok => 15,
        Verdict::L7OkConditional => 16,
        Verdict::L7Status => 17,
        Verdict::ProcessError => 18,
        Verdict::ProcessTimeout => 19,
        Verdict::ProcessOk => 20,
    }
}
