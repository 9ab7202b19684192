//! Rings that logs name are there, and log forwarders have somewhere to listen.

use crate::ir::Config;
use crate::ir::log::{LogDestination, LogTarget};
use crate::text::diag::{Diagnostic, Diagnostics, Place};

pub fn check(config: &Config, diag: &mut Diagnostics) {
    let of_proxies = config.proxies.iter().flat_map(|p| p.log.iter().map(move |t| (t, p.name.as_str())));
    let of_forwards = config.log_forwards.iter().flat_map(|f| f.log.iter().map(move |t| (t, f.name.as_str())));
    let of_global = config.global.log.iter().map(|t| (t, "global"));
    let mut told = Vec::new();
    for (target, owner) in of_global.chain(of_proxies).chain(of_forwards) {
        // Proxies inherit lines from `defaults`: one complaint a line is enough.
        if let Some(ring) = unknown(config, target)
            && !told.contains(&target.at)
        {
            told.push(target.at);
            let message = format!("log in '{owner}' goes nowhere: there is no ring '{ring}'.");
            let d = Diagnostic::warning("unknown-ring", target.at, message).placed(Place::Line);
            diag.push(d.label("there is no such ring section"));
        }
    }
    for f in config.log_forwards.iter().filter(|f| f.streams.is_empty() && f.datagrams.is_empty()) {
        let message = format!("log-forward '{}' has no 'bind' or 'dgram-bind' line and takes nothing.", f.name);
        diag.push(Diagnostic::warning("deaf-log-forward", f.at, message).placed(Place::Nowhere));
    }
}

fn unknown<'a>(config: &Config, target: &'a LogTarget) -> Option<&'a str> {
    match &target.destination {
        LogDestination::Ring(name) if config.rings.iter().all(|r| r.name != *name) => Some(name),
        _ => None,
    }
}
