//! The part about groups, virtual servers and real servers.

use std::{
    fmt::Write as _,
    net::{IpAddr, Ipv4Addr},
};

use super::{command, forwarding, on, yes};
use crate::{
    ipvs::{
        Director,
        director::{Server, VirtualService, last_of},
    },
    ir::failover::{
        Family, Probe, Protocol, Target, VirtualServerGroup, Weight,
        virtual_server::{AddressRange, Mark},
    },
};

pub(super) fn write(out: &mut String, director: &Director) {
    for group in director.groups() {
        write_group(out, director, group);
    }
    for service in director.services() {
        write_service(out, director, service);
    }
}

fn write_group(out: &mut String, director: &Director, group: &VirtualServerGroup) {
    let has = |family| yes(group.ranges.iter().any(|range| Family::of(range.first) == family));
    let _ = writeln!(
        out,
        " ------< Virtual server group >------\n Virtual Server Group = {}, IPv4 = {}, IPv6 = {}",
        group.name,
        has(Family::V4),
        has(Family::V6),
    );
    let before = director.groups_before().iter().find(|before| before.name == group.name);
    for range in &group.ranges {
        write_range(out, range);
        let count = |protocol| living(director, group, |service| service.config.protocol == protocol);
        let (tcp, udp, sctp) = (count(Protocol::Tcp), count(Protocol::Udp), count(Protocol::Sctp));
        let reloaded = before.is_some_and(|before| before.ranges.contains(range));
        let _ = writeln!(out, "     Alive: {tcp} tcp, {udp} udp, {sctp} sctp\n     reloaded = {}", truth(reloaded));
    }
    for mark in &group.marks {
        let count = |family| living(director, group, |service| family_of(mark, service) == family);
        let _ = writeln!(out, "   FWMARK = {}", mark.mark);
        let reloaded = before.is_some_and(|before| before.marks.contains(mark));
        let (four, six) = (count(Family::V4), count(Family::V6));
        let _ = writeln!(out, "     Alive: {four} IPv4, {six} IPv6\n     reloaded = {}", truth(reloaded));
    }
}

fn write_range(out: &mut String, range: &AddressRange) {
    let (first, last, port) = (range.first, last_of(range), range.port);
    let _ = if range.more == 0 {
        writeln!(out, "   VIP = {first}, VPORT = {port}")
    } else {
        writeln!(out, "   VIP Range = {first}-{last}, VPORT = {port}")
    };
}

fn family_of(mark: &Mark, service: &VirtualService) -> Family {
    mark.family.unwrap_or(service.config.family)
}

fn truth(is_so: bool) -> &'static str {
    if is_so { "True" } else { "False" }
}

/// How many servers the kernel has for the services of a group.
fn living(director: &Director, group: &VirtualServerGroup, wanted: impl Fn(&VirtualService) -> bool) -> usize {
    let of_group =
        |service: &&VirtualService| matches!(&service.config.target, Target::Group(name) if *name == group.name);
    let services = director.services().iter().filter(of_group).filter(|service| wanted(service));
    services.flat_map(|service| &service.servers).filter(|server| director.has(server)).count()
}

fn write_service(out: &mut String, director: &Director, service: &VirtualService) {
    let config = &service.config;
    out.push_str(" ------< Virtual server >------\n");
    let _ = match &config.target {
        Target::Address { address, port } => writeln!(out, " VS VIP = {address}, VPORT = {port}"),
        Target::Mark(mark) => writeln!(out, " VS FWMARK = {mark}"),
        Target::Group(_) => writeln!(out, " VS GROUP = {}", service.name),
    };
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(out, "   {name} = {value}");
    };
    if let Some(name) = &config.snmp_name {
        line("SNMP name", &format!("'{name}'"));
    }
    line("Address family", if config.family == Family::V4 { "inet" } else { "inet6" });
    line("lvs_sched", config.scheduler);
    switches(service, &mut line);
    if let Some(persistence) = &config.persistence {
        line("persistence timeout", &persistence.timeout.as_secs().to_string());
        match (config.family, persistence.prefix) {
            (Family::V4, 32) | (Family::V6, 128) => {}
            (Family::V4, prefix) => line("persistence granularity", &mask(prefix).to_string()),
            (Family::V6, prefix) => line("persistence granularity", &prefix.to_string()),
        }
    }
    line("protocol", protocol(service));
    let _ = writeln!(out, "   alpha is {}\n   omega is {}", on(config.alpha), on(config.omega));
    let _ = writeln!(out, "   quorum = {}, hysteresis = {}", config.quorum, config.hysteresis);
    for (name, script) in [("up", &config.quorum_up), ("down", &config.quorum_down)] {
        if let Some(script) = script {
            let _ = writeln!(out, "   Quorum {name} notify script = {}", command(script));
        }
    }
    if config.ha_suspend {
        out.push_str("   Using HA suspend\n");
    }
    let _ = writeln!(out, "   Using smtp notification = {}", yes(config.smtp_alert));
    let _ = writeln!(out, "   default forwarding method = {}", forwarding(config.forwarding));
    write_sorry(out, service);
    let _ = writeln!(out, "   alive = 1\n   quorum_state_up = {}", u8::from(service.has_quorum));
    let _ = writeln!(out, "   reloaded = {}", u8::from(service.reloaded));
    for server in &service.servers {
        write_server(out, director, server);
    }
}

/// What the scheduler was told.
fn switches(service: &VirtualService, line: &mut dyn FnMut(&str, &str)) {
    let config = &service.config;
    let word = |set| if set { "enabled" } else { "disabled" };
    let [first, second, third] = config.flags.scheduler;
    line("Hashed", word(config.flags.hashed));
    match config.scheduler {
        "sh" | "mh" => {
            line(&format!("{}-port", config.scheduler), word(second));
            line(&format!("{}-fallback", config.scheduler), word(first));
        }
        _ => {
            for (name, set) in [("flag-1", first), ("flag-2", second), ("flag-3", third)] {
                line(name, word(set));
            }
        }
    }
    let is_udp = protocol(service) == "UDP";
    let inactive = config.flags.one_packet && !is_udp;
    let ops = if inactive { "enabled (inactive due to not UDP)" } else { word(config.flags.one_packet) };
    line("One packet scheduling", ops);
}

fn protocol(service: &VirtualService) -> &'static str {
    match (&service.config.target, service.config.protocol) {
        (Target::Mark(_), _) => "none",
        (_, Protocol::Tcp) => "TCP",
        (_, Protocol::Udp) => "UDP",
        (_, Protocol::Sctp) => "SCTP",
    }
}

fn mask(prefix: u8) -> Ipv4Addr {
    Ipv4Addr::from_bits(u32::MAX.checked_shl(32 - u32::from(prefix.min(32))).unwrap_or(0))
}

fn write_sorry(out: &mut String, service: &VirtualService) {
    let Some(sorry) = &service.config.sorry_server else { return };
    let protocol = protocol(service).to_ascii_lowercase();
    let place = |ip: IpAddr, port: u16| format!("[{ip}]:{protocol}:{port}");
    let _ = writeln!(out, "   sorry server = {}", place(sorry.address, sorry.port));
    let _ = writeln!(out, "     forwarding method = {}", forwarding(sorry.forwarding));
    let _ = writeln!(out, "     Inhibit on failure is {}", on(sorry.inhibit));
}

fn write_server(out: &mut String, director: &Director, server: &Server) {
    let config = &server.config;
    let (weight, effective) = (server.weight(), server.effective_weight());
    let _ = writeln!(out, "   ------< Real server >------");
    let _ = write!(out, "   RIP = {}, RPORT = {}, ", config.address, config.port);
    let _ = writeln!(out, "WEIGHT = {weight} EFF WEIGHT = {effective}");
    let _ = writeln!(out, "   forwarding method = {}", forwarding(config.forwarding));
    let _ = writeln!(out, "   Alpha is {}", on(config.alpha));
    let (lower, upper) = (config.lower_threshold, config.upper_threshold);
    let _ = writeln!(out, "   connection limit range = {lower} -> {upper}");
    let _ = writeln!(out, "   Inhibit on failure is {}", on(config.inhibit_on_failure));
    for (name, script) in [("up", &config.notify_up), ("down", &config.notify_down)] {
        if let Some(script) = script {
            let _ = writeln!(out, "     RS {name} notify script = {}", command(script));
        }
    }
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(out, "   {name} = {value}");
    };
    if let Some(name) = &config.snmp_name {
        line("SNMP name", name);
    }
    line("Using smtp notification", yes(config.smtp_alert));
    line("initial weight", &config.weight.to_string());
    line("effective weight", &effective.to_string());
    line("previous effective_weight", &server.reloaded.unwrap_or(0).to_string());
    line("alive", if server.alive { "1" } else { "0" });
    line("num failed checkers", &server.failed_checkers().to_string());
    line("RS set", if director.has(server) { "1" } else { "0" });
    line("reloaded", if server.reloaded.is_some() { "1" } else { "0" });
    write_tracked(out, server);
}

fn write_tracked(out: &mut String, server: &Server) {
    let probes = || server.config.checkers.iter().map(|checker| &checker.probe);
    let files = probes().filter_map(|probe| match probe {
        Probe::File(file) => Some(format!("     {}, {}\n", file.name, weight(file.weight))),
        _ => None,
    });
    let sessions = probes().filter_map(|probe| match probe {
        Probe::Bfd(name) => Some(format!("     {name}\n")),
        _ => None,
    });
    for (title, lines) in [("Files", files.collect::<String>()), ("BFDs", sessions.collect())] {
        if !lines.is_empty() {
            let _ = write!(out, "   Tracked {title}\n{lines}");
        }
    }
}

fn weight(of: Weight) -> String {
    format!("weight {}{}", of.value, if of.reverse { " reverse" } else { "" })
}
