//! Timeouts that are not set: connections that stay for ever.

use crate::ir::proxy::{Mode, Proxy};
use crate::text::diag::{Diagnostic, Diagnostics, Place};

pub fn check(p: &Proxy, diag: &mut Diagnostics) {
    let t = &p.timeouts;
    let front = p.kind.is_front() && t.client.is_none();
    let server = t.server.is_none() && (p.mode == Mode::Http || t.tunnel.is_none());
    let back = p.kind.is_back() && !p.servers.is_empty() && (t.connect.is_none() || server);
    if !front && !back {
        return;
    }
    let message = format!(
        "missing timeouts for {} '{}'.\n   | While not properly invalid, you will certainly encounter various problems\n   | with such a configuration. To fix this, please ensure that all following\n   | timeouts are set to a non-zero value: 'client', 'connect', 'server'.",
        crate::haproxy::check::modes::kind_word(p),
        p.name
    );
    let missing: Vec<_> = [("client", front), ("connect", back && t.connect.is_none()), ("server", back && server)]
        .into_iter()
        .filter(|(_, m)| *m)
        .map(|(n, _)| format!("timeout {n}"))
        .collect();
    diag.push(
        Diagnostic::warning("missing-timeouts", p.at, message)
            .placed(Place::Nowhere)
            .label(format!("not set: {}", missing.join(", "))),
    );
}
