//! Takes in what a check found, and writes the line about it.

use super::change::changed;
use super::spec;
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
        log_check(world, p, s, &outcome, after);
    }
    if let Some(change) = change {
        // The line about the check has said why.
        let said = proxy.options.log_health_checks;
        changed(world, p, s, change, &if said { Cause::default() } else { cause(&outcome) });
    }
}

fn cause(o: &Outcome) -> Cause<'_> {
    Cause {
        reason: o.verdict.words(),
        code: o.code.filter(|_| o.verdict.has_code()),
        info: &o.info,
        duration: Some(o.duration),
    }
}

/// `option log-health-checks`
fn log_check(world: &World, p: ProxyId, s: ServerId, o: &Outcome, (level, rise, fall, up): (u32, u32, u32, bool)) {
    let (backend, server) = (&world.config.proxies[p.0].name, &world.config.proxies[p.0].servers[s.0].name);
    let backup = if world.config.proxies[p.0].servers[s.0].options.backup { "backup " } else { "" };
    let mut line = format!(
        "Health check for {backup}server {backend}/{server} {}",
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
