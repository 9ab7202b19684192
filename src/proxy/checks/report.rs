//! Takes in what a check found, and writes the line about it.

use super::change::changed;
use super::spec;
use crate::health::state::Change;
use crate::health::{Outcome, Verdict};
use crate::ir::{ProxyId, ServerId};
use crate::log::health::Cause;
use crate::proxy::world::{World, lock};

/// Takes in what a check found and does what follows from a change.
pub fn report(world: &'static World, p: ProxyId, s: ServerId, outcome: Outcome) {
    let live = world.server(p, s);
    let (proxy, _) = spec(world, p, s);
    let ok = outcome.verdict.is_success();
    let mut health = lock(&live.health);
    let before = (health.level, health.last.verdict);
    let change = health.report(outcome.clone());
    let after = (health.level, health.rise, health.fall, health.is_up());
    drop(health);
    if !ok {
        live.counters.failed_checks.inc();
        world.proxies[p.0].back.failed_checks.inc();
    }
    if proxy.options.log_health_checks && (before.1 != outcome.verdict || before.0 != after.0) {
        log_check(world, (p, s), "Health", &outcome, after);
    }
    if let Some(change) = change {
        // The line about the check has said why.
        let said = proxy.options.log_health_checks;
        changed(world, p, s, change, &if said { Cause::default() } else { cause(&outcome) });
    }
}

/// Takes in what an agent said: one word is enough for either way.
pub fn agent(world: &'static World, p: ProxyId, s: ServerId, outcome: Outcome) {
    let (proxy, _) = spec(world, p, s);
    let ok = outcome.verdict.is_success();
    let live = world.server(p, s);
    let (said, change) = {
        let mut h = lock(&live.health);
        let (was_up, said) = (h.is_up(), h.last_agent.verdict);
        h.agent_down = !ok;
        h.last_agent = outcome.clone();
        let change = match (was_up, h.is_up()) {
            (true, false) => Some(Change::Down),
            (false, true) => Some(Change::Up),
            _ => None,
        };
        (said, change)
    };
    let logs = proxy.options.log_health_checks;
    if logs && (said != outcome.verdict || change.is_some()) {
        log_check(world, (p, s), "Agent", &outcome, (u32::from(ok), 1, 1, ok));
    }
    if let Some(change) = change {
        changed(world, p, s, change, &if logs { Cause::default() } else { cause(&outcome) });
    }
}

fn cause(o: &Outcome) -> Cause<'_> {
    Cause {
        reason: o.verdict.words(),
        code: o.code.filter(|_| o.verdict.has_code()),
        info: &o.info,
        duration: Some(o.duration).filter(|_| o.verdict != Verdict::Analysis),
        ..Cause::default()
    }
}

/// `option log-health-checks`
fn log_check(
    world: &World,
    (p, s): (ProxyId, ServerId),
    who: &str,
    o: &Outcome,
    (level, rise, fall, up): (u32, u32, u32, bool),
) {
    let (backend, server) = (&world.config.proxies[p.0].name, &world.config.proxies[p.0].servers[s.0].name);
    let backup = if world.config.proxies[p.0].servers[s.0].options.backup { "backup " } else { "" };
    let mut line = format!(
        "{who} check for {backup}server {backend}/{server} {}",
        if o.verdict.is_success() {
            if o.verdict == Verdict::L7OkConditional { "conditionally succeeded" } else { "succeeded" }
        } else {
            "failed"
        }
    );
    cause(o).write(&mut line);
    let (n, of) = if up { (level + 1 - rise, fall) } else { (level, rise) };
    line.push_str(&format!(", status: {n}/{of} {}.", if up { "UP" } else { "DOWN" }));
    world.notice(p, 5, &line);
}
