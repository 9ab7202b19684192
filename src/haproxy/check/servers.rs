//! What servers' parameters need of each other: ports for checks and agents, somebody to track, rules for their checks.

use crate::ir::address::Address;
use crate::ir::check::{CheckAction, CheckConnect, CheckKind, CheckStep};
use crate::ir::proxy::Proxy;
use crate::ir::server::Server;
use crate::ir::{Config, ProxyId, ServerId};
use crate::text::diag::{Diagnostic, Diagnostics, Place};

pub fn check(config: &Config, i: usize, diag: &mut Diagnostics) {
    let p = &config.proxies[i];
    if !p.kind.is_back() {
        return;
    }
    ignored_rules(p, diag);
    for (j, s) in p.servers.iter().enumerate() {
        let mut problem = |what: String| {
            let message = format!("'server {}/{}' : {what}", p.name, s.name);
            diag.push(Diagnostic::error("server-parameters", s.at, message).placed(Place::Line));
        };
        if s.options.agent_check && s.options.agent_port.is_none() {
            problem(format!("server {} does not have agent port. Agent check has been disabled.", s.name));
        }
        if let Some(why) = tracking(config, (ProxyId(i), ServerId(j)), s) {
            problem(why);
        }
        if let Some(why) = portless(p, s) {
            let message = format!(
                "config: backend '{}': server '{}' has neither service port nor check port{why}.",
                p.name, s.name
            );
            diag.push(Diagnostic::error("no-check-port", s.at, message).placed(Place::Nowhere));
        }
    }
}

/// Steps of checks that nobody runs.
fn ignored_rules(p: &Proxy, diag: &mut Diagnostics) {
    let c = &p.checks;
    for (steps, inherited, kind, name, option) in [
        (&c.http, c.inherited_http, CheckKind::Http, "http-check", "option httpchk"),
        (&c.tcp, c.inherited_tcp, CheckKind::Tcp, "tcp-check", "option tcp-check"),
    ] {
        if let Some(first) = steps.first().filter(|_| !inherited && c.kind != kind) {
            let message =
                format!("backend '{}' uses {name} rules without '{option}', so the rules are ignored.", p.name);
            diag.push(Diagnostic::warning("ignored-check-rules", first.at, message).placed(Place::Nowhere));
        }
    }
}

/// Why a server cannot follow the one that it wants to.
fn tracking(config: &Config, own: (ProxyId, ServerId), s: &Server) -> Option<String> {
    let mut target = s.options.track.as_ref()?.target?;
    if s.options.check {
        return Some("unable to enable checks and tracking at the same time!".to_owned());
    }
    let name = |(p, s): (ProxyId, ServerId)| {
        let proxy = config.proxy(p);
        format!("{}/{}", proxy.name, proxy.servers[s.0].name)
    };
    let wanted = name(target);
    let mut passed = vec![own];
    loop {
        if passed.contains(&target) {
            let back = name(target);
            return Some(format!("unable to track {wanted} as it belongs to a tracking chain looping back to {back}."));
        }
        passed.push(target);
        let o = &config.proxy(target.0).servers[target.1.0].options;
        match o.track.as_ref().and_then(|t| t.target) {
            Some(next) => target = next,
            None if o.check || o.agent_check => return None,
            None => {
                return Some(format!(
                    "unable to use {wanted} for tracking as it does not have any check nor agent enabled."
                ));
            }
        }
    }
}

/// A checked server has a port, or its checks bring one: what else is missing.
fn portless(p: &Proxy, s: &Server) -> Option<&'static str> {
    let inet =
        matches!(&s.address, Address::Inet(a) if a.port() == 0) || matches!(&s.address, Address::Name { port: 0, .. });
    if !s.options.check || !inet && s.port_rule == crate::ir::address::PortRule::Fixed || s.options.check_port.is_some()
    {
        return None;
    }
    if !matches!(s.address, Address::Inet(_) | Address::Name { .. }) {
        return None;
    }
    // The address is not known yet either: an operator gives both.
    if s.address.ip().is_some_and(|ip| ip.is_unspecified()) {
        return None;
    }
    let steps: &[CheckStep] = match p.checks.kind {
        CheckKind::Http => &p.checks.http,
        CheckKind::Tcp => &p.checks.tcp,
        _ => &[],
    };
    let mut connects = steps.iter().filter_map(|s| match &s.action {
        CheckAction::Connect(c) => Some(has_port(c)),
        _ => None,
    });
    match connects.next() {
        None => Some(""),
        // A port that `http-check connect` brings is not looked at.
        Some(known) if !known || p.checks.kind == CheckKind::Http => {
            Some(" nor tcp_check rule 'connect' with port information")
        }
        Some(_) if connects.all(|known| known) => None,
        Some(_) => Some(", and a tcp_check rule 'connect' with no port information"),
    }
}

fn has_port(c: &CheckConnect) -> bool {
    c.port.is_some() || c.port_sample.is_some() || matches!(&c.address, Some(Address::Inet(a)) if a.port() != 0)
}
