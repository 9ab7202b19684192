//! `keepalived_bfd.data`: the sessions, for people.

use std::fmt::Write as _;

use super::{Time, session::Session};

/// All sessions at `now`.
#[must_use]
pub fn data<'a>(sessions: impl Iterator<Item = &'a Session>, now: Time) -> String {
    let mut out = String::from("------< BFD Topology >------\n");
    for session in sessions {
        one(&mut out, session, now);
    }
    out
}

fn one(out: &mut String, session: &Session, now: Time) {
    let config = &session.config;
    let _ = writeln!(out, " BFD Instance = {}", config.name);
    let mut line = |name: &str, value: String| {
        let _ = writeln!(out, "   {name} = {value}");
    };
    line("Neighbor IP", config.neighbour.to_string());
    if let Some(source) = config.source {
        line("Source IP", source.to_string());
    }
    let micros = |time: Time| format!("{} us", time.as_micros());
    line("Required min RX interval", micros(config.min_rx));
    line("Desired min TX interval", micros(config.min_tx));
    line("Desired idle TX interval", micros(config.idle_tx));
    line("Detection multiplier", config.multiplier.to_string());
    line("TTL", config.ttl.to_string());
    line("max_hops", config.max_hops.map_or_else(|| "-1".into(), |hops| hops.to_string()));
    line("passive", config.passive.to_string());
    let yes = |value: bool| if value { "Yes" } else { "No" }.to_owned();
    line("send event to VRRP process", yes(config.vrrp));
    line("send event to checker process", yes(config.checker));
    let remote = session.remote.unwrap_or_default();
    line("local state", session.state.name().into());
    line("remote state", remote.state.name().into());
    line("local discriminator", format!("{:#x}", session.mine));
    line("remote discriminator", format!("{:#x}", remote.mine));
    line("local diag", session.diagnostic.to_string());
    line("remote diag", remote.diagnostic.to_string());
    line("remote min tx intv", micros(remote.desired_tx));
    line("remote min rx intv", micros(remote.required_rx));
    line("remote detect multiplier", remote.multiplier.to_string());
    line("local tx intv", micros(session.transmit_interval()));
    line("local detection time", micros(session.detection_time()));
    let heard = session.last_heard.map(|at| now.saturating_sub(at));
    line("last_seen", heard.map_or_else(|| "[never]".into(), |ago| format!("{:.6} s ago", ago.as_secs_f64())));
}
