//! `keepalived.data`: configuration and state, for people.

use std::fmt::Write as _;

use super::{Epoch, address, command, holds};
use crate::{
    ir::failover::{Auth, Failover, Transport, Version, track::Tracked},
    vrrp::{Router, instance::VirtualRouter, track::source},
};

/// The file of the VRRP process.
#[must_use]
pub fn data(router: &Router, epoch: &Epoch<'_>) -> String {
    let mut out = parent(router.config());
    out.push_str("------< VRRP Topology >------\n");
    for item in router.routers() {
        topology(&mut out, router, item, epoch);
    }
    groups(&mut out, router);
    scripts(&mut out, router);
    interfaces(&mut out, router);
    out
}

/// The file of the parent: what concerns the whole daemon.
#[must_use]
pub fn parent(config: &Failover) -> String {
    let global = &config.global;
    let mut out = String::from("------< Global definitions >------\n");
    let mut line = |name: &str, value: String| {
        let _ = writeln!(out, " {name} = {value}");
    };
    line("Router ID", global.router_id.clone().unwrap_or_default());
    if let Some(server) = &global.mail.server {
        line("Smtp server", format!("{}:{}", server.0, server.1));
    }
    if let Some(from) = &global.mail.from {
        line("Email notification from", from.clone());
    }
    for to in &global.mail.to {
        line("Email notification", to.clone());
    }
    line("VRRP notify priority changes", global.notify_priority_changes.to_string());
    line("VRRP IPv4 mcast group", global.group4.to_string());
    line("VRRP IPv6 mcast group", global.group6.to_string());
    line("Gratuitous ARP delay", global.garp.delay.as_secs().to_string());
    line("Gratuitous ARP repeat", global.garp.repeat.to_string());
    line("Gratuitous ARP refresh timer", global.garp.refresh.as_secs().to_string());
    line("Gratuitous ARP refresh repeat", global.garp.refresh_repeat.to_string());
    line("Gratuitous ARP lower priority delay", global.garp.lower_prio_delay.as_secs().to_string());
    line("Gratuitous ARP lower priority repeat", global.garp.lower_prio_repeat.to_string());
    line("Num adverts before down", global.down_timer_adverts.to_string());
    line("Send advert after receive lower priority advert", (!global.lower_prio_no_advert).to_string());
    line("Send advert after receive higher priority advert", global.higher_prio_send_advert.to_string());
    line("VRRP default protocol version", global.version.number().to_string());
    line("VRRP check unicast_src", global.check_unicast_src.to_string());
    line("VRRP skip check advert addresses", global.skip_check_adv_addr.to_string());
    line("VRRP strict mode", global.strict.to_string());
    let _ = writeln!(out, " Script security {}", if global.script_security { "enabled" } else { "disabled" });
    if let Some(user) = &global.script_user {
        let _ = writeln!(out, " Default script uid:gid {}:{}", user.uid, user.gid);
    }
    out
}

fn topology(out: &mut String, router: &Router, item: &VirtualRouter, epoch: &Epoch<'_>) {
    let config = &item.config;
    let _ = writeln!(out, " VRRP Instance = {}", config.name);
    let mut line = |name: &str, value: String| {
        let _ = writeln!(out, "   {name} = {value}");
    };
    line("VRRP Version", config.version.number().to_string());
    if let Some(group) = router.config().group_of(&config.name) {
        line("Sync group", group.name.clone());
    }
    line("State", item.state.name().into());
    line("Reason", item.why.to_string());
    for (from, refusal) in item.refusals.iter() {
        line("Refusing", format!("{from}: {} ({} times)", refusal.why, refusal.count));
    }
    let when = epoch.seconds(item.since);
    line("Last transition", format!("{when:.6} ({})", (epoch.write)(when)));
    line("Master down timer", format!("{} usecs", item.master_down_interval().as_micros()));
    line("Interface", config.interface.clone());
    let link = router.watched().links.get(config.source_interface());
    line("Using src_ip", source(config, link).map_or_else(|| "(none)".into(), |ip| ip.to_string()));
    line("Gratuitous ARP delay", config.garp.delay.as_secs().to_string());
    line("Gratuitous ARP repeat", config.garp.repeat.to_string());
    line("Gratuitous ARP refresh", config.garp.refresh.as_secs().to_string());
    line("Gratuitous ARP refresh repeat", config.garp.refresh_repeat.to_string());
    line("Gratuitous ARP lower priority delay", config.garp.lower_prio_delay.as_secs().to_string());
    line("Gratuitous ARP lower priority repeat", config.garp.lower_prio_repeat.to_string());
    line("Down timer adverts", config.down_timer_adverts.to_string());
    line("Send advert after receive lower priority advert", (!config.lower_prio_no_advert).to_string());
    line("Send advert after receive higher priority advert", config.higher_prio_send_advert.to_string());
    line("Virtual Router ID", config.vrid.to_string());
    line("Priority", config.priority.to_string());
    line("Effective priority", item.priority().to_string());
    line("Total priority", item.priority().to_string());
    line(
        "Advert interval",
        match config.version {
            Version::V2 => format!("{} sec", config.advert_interval.as_secs()),
            Version::V3 => format!("{} milli-sec", config.advert_interval.as_millis()),
        },
    );
    line("Accept", if config.accept { "enabled" } else { "disabled" }.into());
    line("Preempt", if config.preempt { "enabled" } else { "disabled" }.into());
    if !config.preempt_delay.is_zero() {
        line("Preempt delay", format!("{} secs", config.preempt_delay.as_secs_f64()));
    }
    line("Promote_secondaries", if config.promote_secondaries { "enabled" } else { "disabled" }.into());
    if config.version == Version::V2 {
        let kind = match config.auth {
            Auth::None => "none",
            Auth::Pass(_) => "SIMPLE_PASSWORD",
            Auth::Ah(_) => "IPSEC_AH",
        };
        line("Authentication type", kind.into());
    }
    lists(out, item);
    trackers(out, item);
}

fn lists(out: &mut String, item: &VirtualRouter) {
    let config = &item.config;
    let _ = writeln!(out, "   Virtual IP ({}):", config.addresses.len());
    for entry in &config.addresses {
        let _ = writeln!(out, "     {}", address(config, entry, holds(item)));
    }
    if !config.excluded.is_empty() {
        out.push_str("   Virtual IP Excluded :\n");
    }
    for entry in &config.excluded {
        let _ = writeln!(out, "     {}", address(config, entry, holds(item)));
    }
    match &config.transport {
        Transport::Multicast { group } => {
            let _ = writeln!(out, "   Multicast address {group}");
        }
        Transport::Unicast { peers, ttl, check_source } => {
            let check = if *check_source { "yes" } else { "no" };
            let _ = writeln!(out, "   Unicast TTL = {ttl}\n   Check unicast src : {check}\n   Unicast Peer :");
            for peer in peers {
                let (low, high) = (peer.min_ttl.unwrap_or(0), peer.max_ttl.unwrap_or(255));
                let _ = writeln!(out, "     {} min_ttl {low} max_ttl {high}", peer.ip);
            }
        }
    }
}

fn trackers(out: &mut String, item: &VirtualRouter) {
    let tracking = &item.config.tracking;
    let mut list = |title: &str, items: &[Tracked]| {
        if !items.is_empty() {
            let _ = writeln!(out, "   Tracked {title} :");
        }
        for entry in items {
            let reverse = if entry.weight.reverse { " reverse" } else { "" };
            let _ = writeln!(out, "     {} weight {}{reverse}", entry.name, entry.weight.value);
        }
    };
    list("interfaces", &tracking.interfaces);
    list("scripts", &tracking.scripts);
    list("processes", &tracking.processes);
    list("files", &tracking.files);
    list("BFDs", &tracking.bfds);
}

fn groups(out: &mut String, router: &Router) {
    if router.groups().is_empty() {
        return;
    }
    out.push_str("------< VRRP Sync groups >------\n");
    for group in router.groups() {
        let _ = writeln!(out, " VRRP Sync Group = {}, {}", group.config.name, group.state.name());
        out.push_str("   VRRP member instances :\n");
        for member in &group.config.members {
            let _ = writeln!(out, "     {member}");
        }
    }
}

fn scripts(out: &mut String, router: &Router) {
    if router.config().scripts.is_empty() {
        return;
    }
    out.push_str("------< VRRP Scripts >------\n");
    for script in &router.config().scripts {
        let state = router.watched().scripts.get(&script.name);
        let status = match state {
            Some(state) if state.known() => {
                if state.up() {
                    "GOOD"
                } else {
                    "BAD"
                }
            }
            _ => "unknown",
        };
        let _ = writeln!(out, " VRRP Script = {}", script.name);
        let _ = writeln!(out, "   Command = {}", command(&script.command.argv, &script.command.path));
        let _ = writeln!(out, "   Interval = {} sec", script.interval.as_secs_f64());
        let _ = writeln!(out, "   Timeout = {} sec", script.timeout.unwrap_or_default().as_secs_f64());
        let _ = writeln!(out, "   Weight = {}", script.weight.value);
        let _ = writeln!(out, "   Rise = {}\n   Fall = {}", script.rise, script.fall);
        let _ = writeln!(out, "   Result = {}", state.map_or(0, crate::vrrp::track::ScriptState::result));
        let _ = writeln!(out, "   Status = {status}");
        let _ = writeln!(out, "   Script uid:gid = {}:{}", script.command.run_as.uid, script.command.run_as.gid);
    }
}

fn interfaces(out: &mut String, router: &Router) {
    out.push_str("------< Interfaces >------\n");
    for link in router.watched().links.values() {
        let first = |v4: bool| {
            let found = link.addresses.iter().find(|ip| ip.is_ipv4() == v4);
            found.map_or_else(|| "(none)".to_owned(), ToString::to_string)
        };
        let _ = writeln!(out, " Name = {}\n   index = {}", link.name, link.index);
        let _ = writeln!(out, "   IPv4 address = {}\n   IPv6 address = {}", first(true), first(false));
        if let Some(mac) = link.mac {
            let parts: Vec<String> = mac.iter().map(|byte| format!("{byte:02x}")).collect();
            let _ = writeln!(out, "   MAC = {}", parts.join(":"));
        }
        let _ = writeln!(out, "   State = {}", if link.up { "UP, RUNNING" } else { "DOWN" });
        let _ = writeln!(out, "   MTU = {}", link.mtu);
    }
}
