//! Virtual servers: what contradicts itself is said and put right, in the original's order, and what is left becomes plain data.

use std::time::Duration;

use super::{checker, ports, scripts::Programs};
use crate::{
    ir::failover::{
        Family, Forwarding, Protocol, RealServer, Target, VirtualServer, VirtualServerGroup,
        virtual_server::{Persistence, SorryServer},
    },
    keepalived::{
        draft::{
            Draft,
            virtual_server::{MiscDraft, ProbeDraft, RealServerDraft, VirtualServerDraft, is_tunnel},
        },
        report::Report,
        system::System,
    },
};

/// How long clients stay with their server when nothing is written.
pub const PERSISTENCE: Duration = Duration::from_secs(360);

/// What services and checkers take from `global_defs`.
pub(super) struct Defaults {
    pub smtp_alert: Option<bool>,
    pub log_all_failures: bool,
}

/// Settles the services of a draft, once everything that concerns them has been read.
pub fn services(draft: &mut Draft, system: &dyn System, report: &mut Report) {
    let written = std::mem::take(&mut draft.virtual_servers);
    let has_services = !written.is_empty();
    let groups = &draft.virtual_server_groups;
    let linked: Vec<VirtualServerDraft> =
        written.into_iter().filter_map(|service| linked(service, groups, report)).collect();
    let mut settled: Vec<VirtualServerDraft> =
        linked.into_iter().filter_map(|service| settled(service, groups, report)).collect();
    let mut programs = Programs::new(system, draft.global.settings.script_security);
    commands(&mut settled, &mut programs, report);
    let settings = &mut draft.global.settings.lvs;
    settings.fifo = std::mem::take(&mut draft.global.lvs_notify_fifo).pipe();
    settings.shared_fifo = draft.global.notify_fifo.clone().pipe();
    if has_services {
        settings.fifo.iter_mut().chain(&mut settings.shared_fifo).for_each(|fifo| programs.pipe(fifo, report));
    }
    programs.security("check scripts", report);
    let defaults = Defaults {
        smtp_alert: draft.global.smtp_alert_checker.or(draft.global.smtp_alert),
        log_all_failures: draft.global.checker_log_all_failures,
    };
    draft.services = settled.into_iter().map(|service| meaning(service, &defaults)).collect();
}

/// A service and its group fit together, or the service is ignored. The original says so only in its log.
fn linked(
    mut service: VirtualServerDraft,
    groups: &[VirtualServerGroup],
    report: &mut Report,
) -> Option<VirtualServerDraft> {
    let Target::Group(name) = &service.target else {
        service.family = Some(service.family.unwrap_or_else(|| of_servers(&service.servers)));
        return Some(service);
    };
    let shown = service.name();
    let problem = match groups.iter().find(|group| group.name == *name) {
        None => {
            format!("Virtual server group {name} specified but not configured - ignoring virtual server {shown}")
        }
        Some(group) => match (families(group).as_slice(), service.family) {
            ([_, _], Some(_)) => {
                format!("{name}: virtual server group with IPv4 & IPv6 doesn't match virtual server {shown} - ignoring")
            }
            ([family], Some(own)) if *family != own => {
                format!("{name}: address family doesn't match virtual server {shown} - ignoring")
            }
            (families, _) => {
                let of_group = if let [family] = families { Some(*family) } else { None };
                service.family = service.family.or(of_group).or_else(|| Some(of_servers(&service.servers)));
                return Some(service);
            }
        },
    };
    report.aside("bad-group", service.at, problem);
    None
}

/// The families of a group, as far as they are written.
fn families(group: &VirtualServerGroup) -> Vec<Family> {
    let of_ranges = group.ranges.iter().map(|range| Family::of(range.first));
    let written: Vec<Family> = of_ranges.chain(group.marks.iter().filter_map(|mark| mark.family)).collect();
    [Family::V4, Family::V6].into_iter().filter(|family| written.contains(family)).collect()
}

/// The family of a service whose servers are all tunnelled: theirs if it is the same of all, else IPv4.
fn of_servers(servers: &[RealServerDraft]) -> Family {
    let all_new = !servers.is_empty() && servers.iter().all(|server| server.address.is_ipv6());
    if all_new { Family::V6 } else { Family::V4 }
}

/// Puts right what can be. A service without servers is none.
fn settled(
    mut service: VirtualServerDraft,
    groups: &[VirtualServerGroup],
    report: &mut Report,
) -> Option<VirtualServerDraft> {
    let group = match &service.target {
        Target::Group(name) => groups.iter().find(|group| group.name == *name),
        Target::Address { .. } | Target::Mark(_) => None,
    };
    if service.servers.is_empty() {
        let text = format!("Virtual server {} has no real servers - ignoring", service.name());
        report.general("no-servers", text);
        return None;
    }
    let has_marks = matches!(service.target, Target::Mark(_)) || group.is_some_and(|group| !group.marks.is_empty());
    let has_addresses = group.map_or(!has_marks, |group| !group.ranges.is_empty());
    if service.ha_suspend && has_marks {
        say(&service, "cannot use ha_suspend with fwmarks - clearing ha_suspend", report);
        service.ha_suspend = false;
    }
    protocol(&mut service, has_addresses, report);
    let has_zero_port = match &service.target {
        Target::Address { port, .. } => *port == 0,
        Target::Mark(_) => false,
        Target::Group(_) => group.is_some_and(|group| group.ranges.iter().any(|range| range.port == 0)),
    };
    if has_zero_port && service.persistence.is_none() {
        say(&service, "zero port only valid for persistent services - setting", report);
        service.persistence = Some(PERSISTENCE);
    }
    if service.scheduler.is_none() {
        say(&service, "no scheduler set, setting default 'wlc'", report);
        service.scheduler = Some("wlc");
    }
    forwarding(&mut service, report);
    unique(&mut service, report);
    quorum(&mut service, report);
    ports::settle(&mut service, group, report);
    Some(service)
}

fn say(service: &VirtualServerDraft, what: &str, report: &mut Report) {
    report.general("bad-service", format!("Virtual server {}: {what}", service.name()));
}

fn protocol(service: &mut VirtualServerDraft, has_addresses: bool, report: &mut Report) {
    if !has_addresses {
        if service.protocol.is_some() {
            let name = service.name();
            let text =
                format!("Warning: Virtual server {name}: protocol specified for fwmark - protocol will be ignored");
            report.general("bad-service", text);
            service.protocol = None;
        }
        return;
    }
    if service.protocol.is_none() {
        say(service, "no protocol set - defaulting to UDP", report);
        service.protocol = Some(Protocol::Udp);
    }
    if service.flags.one_packet && service.protocol != Some(Protocol::Udp) {
        say(service, "one packet scheduling requires UDP - resetting", report);
        service.flags.one_packet = false;
    }
}

fn forwarding(service: &mut VirtualServerDraft, report: &mut Report) {
    let needs_one = service.servers.iter().any(|server| server.forwarding.is_none())
        || service.sorry.as_ref().is_some_and(|sorry| sorry.forwarding.is_none());
    if service.forwarding.is_none() && needs_one {
        say(service, "no forwarding method set, setting default NAT", report);
    }
    let default = *service.forwarding.get_or_insert(Forwarding::Nat);
    for server in &mut service.servers {
        server.forwarding.get_or_insert(default);
    }
    if let Some(sorry) = &mut service.sorry {
        sorry.forwarding.get_or_insert(default);
    }
}

/// No server stands twice, and one that is also the sorry server stays in the kernel's table in the same way.
fn unique(service: &mut VirtualServerDraft, report: &mut Report) {
    let mut kept: Vec<RealServerDraft> = Vec::new();
    for server in std::mem::take(&mut service.servers) {
        let (name, shown) = (service.name(), service.name_of(server.address, server.port));
        let inhibit = server.inhibit_on_failure.unwrap_or(service.inhibit_on_failure);
        if let Some(sorry) = &mut service.sorry
            && (sorry.address, sorry.port) == (server.address, server.port)
            && sorry.inhibit != inhibit
        {
            sorry.inhibit = inhibit;
            let how = if inhibit { "setting" } else { "clearing" };
            let text = format!(
                "Virtual server {name}: real server {shown} matches sorry server, but inhibit setting differs, {how} on \
                 sorry server"
            );
            report.general("inhibit", text);
        }
        if kept.iter().any(|other| (other.address, other.port) == (server.address, server.port)) {
            let text = format!("VS {name}: real server {shown} is duplicated - removing second rs");
            report.general("duplicate", text);
        } else {
            kept.push(server);
        }
    }
    service.servers = kept;
}

fn weight(service: &VirtualServerDraft, server: &RealServerDraft) -> u32 {
    server.weight.or(service.weight).unwrap_or(1)
}

fn quorum(service: &mut VirtualServerDraft, report: &mut Report) {
    let whole: u64 = service.servers.iter().map(|server| u64::from(weight(service, server))).sum();
    let whole = u32::try_from(whole).unwrap_or(u32::MAX);
    let name = service.name();
    let mut quorum = service.quorum.unwrap_or(1);
    if quorum > whole {
        let text = format!(
            "Warning - quorum {quorum} for {name} exceeds total weight of real servers {whole}, reducing quorum to {whole}"
        );
        report.general("quorum", text);
        quorum = whole;
    }
    if service.hysteresis >= quorum {
        // Of a quorum of 0 the original has the largest number.
        let most = quorum.wrapping_sub(1);
        let hysteresis = service.hysteresis;
        let text =
            format!("Virtual server {name}: hysteresis {hysteresis} >= quorum {quorum}; setting hysteresis to {most}");
        report.general("quorum", text);
        service.hysteresis = quorum.saturating_sub(1);
    }
    // With it the original's service never comes up, as with a quorum of 1 that nobody reaches.
    service.quorum = Some(quorum.max(1));
}

/// Looks for the programs of all commands: those of checkers first, as the original does.
fn commands(services: &mut [VirtualServerDraft], programs: &mut Programs<'_>, report: &mut Report) {
    for server in services.iter_mut().flat_map(|service| &mut service.servers) {
        server.checkers.retain_mut(|checker| match &mut checker.probe {
            ProbeDraft::Misc(misc) => misc_command(misc, programs, report),
            _ => true,
        });
    }
    for service in services {
        service.quorum_up = programs.keep(service.quorum_up.take(), report);
        service.quorum_down = programs.keep(service.quorum_down.take(), report);
        for server in &mut service.servers {
            server.notify_up = programs.keep(server.notify_up.take(), report);
            server.notify_down = programs.keep(server.notify_down.take(), report);
        }
    }
}

/// Whether a checker's command can be run. Otherwise the checker is gone, as in the original.
fn misc_command(misc: &mut MiscDraft, programs: &mut Programs<'_>, report: &mut Report) -> bool {
    let shown = misc.shown();
    let (Some((argv, at)), Some(run_as)) = (misc.command.take(), misc.run_as.clone()) else { return false };
    let command = crate::keepalived::draft::unchecked(argv, run_as, at);
    misc.found = programs.keep_as(Some(command), &format!("misc script {shown}"), report);
    misc.found.is_some()
}

fn meaning(mut service: VirtualServerDraft, defaults: &Defaults) -> VirtualServer {
    let forwarding = service.forwarding.unwrap_or(Forwarding::Nat);
    let servers = std::mem::take(&mut service.servers);
    let real_servers = servers.into_iter().map(|server| real_server(server, &service, defaults)).collect();
    let family = service.family.unwrap_or(Family::V4);
    let full = if family == Family::V4 { 32 } else { 128 };
    VirtualServer {
        target: service.target,
        at: service.at,
        family,
        protocol: service.protocol.unwrap_or(Protocol::Udp),
        scheduler: service.scheduler.unwrap_or("wlc"),
        flags: service.flags,
        persistence: service.persistence.map(|timeout| Persistence {
            timeout,
            prefix: service.prefix.unwrap_or(full),
            engine: service.engine,
        }),
        forwarding,
        ha_suspend: service.ha_suspend,
        smtp_alert: service.smtp_alert.or(defaults.smtp_alert).unwrap_or(false),
        snmp_name: service.snmp_name,
        alpha: service.alpha,
        omega: service.omega,
        quorum: service.quorum.unwrap_or(1),
        hysteresis: service.hysteresis,
        quorum_up: service.quorum_up,
        quorum_down: service.quorum_down,
        sorry_server: service.sorry.map(|sorry| SorryServer {
            address: sorry.address,
            port: sorry.port,
            forwarding: sorry.forwarding.unwrap_or(forwarding),
            inhibit: sorry.inhibit,
        }),
        real_servers,
    }
}

fn real_server(mut server: RealServerDraft, service: &VirtualServerDraft, defaults: &Defaults) -> RealServer {
    let checkers = checker::checkers(&mut server, service, defaults);
    RealServer {
        address: server.address,
        port: ports::of_server(&server, service),
        at: server.at,
        weight: weight(service, &server),
        forwarding: server.forwarding.or(service.forwarding).unwrap_or(Forwarding::Nat),
        upper_threshold: server.upper_threshold,
        lower_threshold: server.lower_threshold,
        inhibit_on_failure: server.inhibit_on_failure.unwrap_or(service.inhibit_on_failure),
        notify_up: server.notify_up,
        notify_down: server.notify_down,
        alpha: server.alpha.unwrap_or(service.alpha),
        smtp_alert: server.smtp_alert.or(defaults.smtp_alert).unwrap_or(true),
        snmp_name: server.snmp_name,
        checkers,
    }
}

/// Whether packets keep their port on the way: by direct routing and in tunnels.
pub(super) fn keeps_port(forwarding: Option<Forwarding>) -> bool {
    matches!(forwarding, Some(Forwarding::Direct)) || is_tunnel(forwarding)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keepalived::{load, testing::FakeMachine};

    fn services(text: &str) -> Vec<VirtualServer> {
        load(&FakeMachine::with("f", text), "f", "main").config.virtual_servers
    }

    fn service(head: &str, inside: &str) -> VirtualServer {
        services(&format!("virtual_server {head} {{\n{inside}\n}}\n")).remove(0)
    }

    #[test]
    fn ports_follow_the_service_unless_they_are_translated() {
        let ports = |method: &str| {
            let servers = "real_server 192.0.2.2 {\n}\nreal_server 192.0.2.3 81 {\n}\nsorry_server 192.0.2.4";
            let service = service("192.0.2.1 80", &format!("lvs_method {method}\n{servers}"));
            let sorry = service.sorry_server.map(|sorry| sorry.port);
            (service.real_servers.iter().map(|server| server.port).collect::<Vec<_>>(), sorry)
        };
        assert_eq!(ports("NAT"), (vec![80, 81], Some(0)));
        assert_eq!(ports("DR"), (vec![80, 80], Some(80)));
    }

    #[test]
    fn a_mark_has_the_family_of_its_servers() {
        let family = |inside: &str| service("fwmark 1", inside).family;
        assert_eq!(family("lvs_method TUN\nreal_server 2001:db8::1 {\n}"), Family::V6);
        assert_eq!(family("lvs_method TUN\nreal_server 2001:db8::1 {\n}\nreal_server 192.0.2.1 {\n}"), Family::V4);
        assert_eq!(family("lvs_method DR\nreal_server 2001:db8::1 {\n}"), Family::V6);
        assert_eq!(family("lvs_method TUN\nip_family inet6\nreal_server 192.0.2.1 {\n}"), Family::V6);
    }

    #[test]
    fn an_unreachable_quorum_is_lowered_and_its_margin_with_it() {
        let quorum = |inside: &str| {
            let service = service("192.0.2.1 80", &format!("{inside}\nreal_server 192.0.2.2 80 {{\nweight 5\n}}"));
            (service.quorum, service.hysteresis)
        };
        assert_eq!(quorum("quorum 9\nhysteresis 7"), (5, 4));
        assert_eq!(quorum("quorum 3\nhysteresis 2"), (3, 2));
    }

    #[test]
    fn a_service_without_servers_or_without_its_group_is_none() {
        assert!(services("virtual_server 192.0.2.1 80 {\n}\n").is_empty());
        assert!(services("virtual_server group g {\nreal_server 192.0.2.2 80 {\n}\n}\n").is_empty());
        let family =
            "virtual_server_group g {\n2001:db8::1 80\n}\nvirtual_server group g {\nreal_server 192.0.2.2 80 {\n}\n}\n";
        assert!(services(family).is_empty());
    }

    #[test]
    fn mails_are_sent_of_servers_and_not_of_quorums_unless_that_is_written() {
        let alerts = |global: &str| {
            let text = format!(
                "global_defs {{\n{global}\n}}\nvirtual_server 192.0.2.1 80 {{\nreal_server 192.0.2.2 80 {{\n}}\n}}\n"
            );
            let service = services(&text).remove(0);
            (service.smtp_alert, service.real_servers[0].smtp_alert)
        };
        assert_eq!(alerts(""), (false, true));
        assert_eq!(alerts("smtp_alert"), (true, true));
        assert_eq!(alerts("smtp_alert\nsmtp_alert_checker off"), (false, false));
    }
}
