//! Drafts to meaning: defaults, references, and the checks that need more than one line.
//!
//! The order is the original's, because its complaints come in that order: scripts, then groups, then each router.

mod checker;
mod groups;
mod hmac;
mod instance;
mod ports;
mod scripts;
mod virtual_server;
mod vmac;

pub(super) use scripts::start_and_end;
pub use virtual_server::{PERSISTENCE, services};

use super::{draft::Draft, report::Report, system::System};
use crate::ir::failover::{
    Bfd, Failover, Routing, TrackFile, TrackProcess,
    routing::{Route, Rule},
};

/// What a draft means. Complaints go to the report; what is left is consistent.
pub fn lower(draft: Draft, system: &dyn System, report: &mut Report) -> Failover {
    if draft.missing_interface {
        report.refuse("no-interface", "Non-existent interface specified in configuration");
        return Failover { missing: draft.missing, global: draft.global.settings, ..Failover::default() };
    }
    let Draft {
        global,
        mut instances,
        mut groups,
        scripts,
        processes,
        files,
        bfds,
        static_addresses,
        static_routes,
        static_rules,
        missing,
        garp_groups,
        delays,
        track_groups,
        services,
        virtual_server_groups,
        ..
    } = draft;
    let alert = global.smtp_alert_vrrp.or(global.smtp_alert).unwrap_or_default();
    instances.iter_mut().for_each(|item| _ = item.smtp_alert.get_or_insert(alert));
    groups.iter_mut().for_each(|item| _ = item.smtp_alert.get_or_insert(alert));
    let mut settings = global.settings;
    settings.delays = delays;
    settings.router_id.get_or_insert_with(|| system.host_name());
    settings.garp = instance::garp(&global.garp, settings.garp);
    let (scripts, mut programs) = scripts::scripts(scripts, &settings, system, report);
    settings.fifos = global.notify_fifo.pipe().into_iter().chain(global.vrrp_notify_fifo.pipe()).collect();
    // The process that tells of routers only exists where there are some.
    if !instances.is_empty() {
        settings.fifos.iter_mut().for_each(|fifo| programs.pipe(fifo, report));
    }
    let mut config = Failover {
        scripts,
        processes: processes.into_iter().filter_map(process).collect(),
        files: files.into_iter().filter_map(file).collect(),
        bfds: bfds.into_iter().map(session).collect(),
        missing,
        global: settings,
        ..Failover::default()
    };
    let notify =
        instances.iter_mut().map(|item| &mut item.notify).chain(groups.iter_mut().map(|item| &mut item.notify));
    for notify in notify {
        *notify = programs.notify(std::mem::take(notify), report);
    }
    programs.security("scripts", report);
    let changes = config.global.notify_priority_changes;
    let resolve = |draft| instance::tracking(draft, &config);
    config.groups = groups::groups(groups, &instances, changes, resolve, report);
    let everything: Vec<String> =
        instances.iter().filter(|draft| draft.vmac_addresses).map(|draft| draft.name.clone()).collect();
    config.instances = instance::instances(instances, &config, report);
    vmac::name(&mut config.instances, |name| everything.iter().any(|other| other == name), &config.global);
    for instance in &mut config.instances {
        if let Some(group) = garp_groups.iter().find(|group| group.interfaces.contains(&instance.interface)) {
            instance.garp.interval = group.interval.unwrap_or(instance.garp.interval);
            instance.garp.na_interval = group.na_interval.unwrap_or(instance.garp.na_interval);
        }
    }
    for instance in &mut config.instances {
        let groups = track_groups.iter().filter(|group| group.members.contains(&instance.name));
        instance.static_groups = groups.map(|group| group.name.clone()).collect();
    }
    config.track_groups = track_groups;
    config.virtual_servers = services;
    config.virtual_server_groups = virtual_server_groups;
    let fallback = config.global.default_interface.clone().unwrap_or_else(|| "eth0".into());
    config.static_addresses = static_addresses;
    config.static_routing = routing(static_routes, static_rules);
    for address in &mut config.static_addresses {
        address.device.get_or_insert_with(|| fallback.clone());
    }
    config
}

/// Fills in what only the last process reads of each session. One that is wrong there never comes up for those that track it.
pub fn sessions(config: &mut Failover, last: Draft) {
    let good: Vec<_> = last.bfds.into_iter().filter(|draft| !draft.ignored).collect();
    for session in &mut config.bfds {
        let Some(draft) = good.iter().find(|draft| draft.name == session.name) else { continue };
        let Some(neighbour) = draft.neighbour else { continue };
        let Bfd { name, at, weight, vrrp, checker, .. } = session.clone();
        let default = Bfd::new(name, neighbour);
        *session = Bfd {
            at,
            source: draft.source,
            min_rx: draft.min_rx.unwrap_or(default.min_rx),
            min_tx: draft.min_tx.unwrap_or(default.min_tx),
            idle_tx: draft.idle_tx.unwrap_or(default.idle_tx),
            multiplier: draft.multiplier.unwrap_or(default.multiplier),
            passive: draft.passive,
            ttl: draft.ttl.unwrap_or(default.ttl),
            // Routers on the way are what the word means.
            max_hops: draft.max_hops.unwrap_or(if draft.multihop { None } else { default.max_hops }),
            multihop: draft.multihop,
            weight,
            vrrp,
            checker,
            ..default
        };
    }
    config.bfds.retain(|session| good.iter().any(|draft| draft.name == session.name));
}

fn session(draft: super::draft::BfdDraft) -> Bfd {
    let vrrp = draft.tells_routers();
    let checker = draft.tells_checkers();
    let unknown = std::net::Ipv4Addr::UNSPECIFIED.into();
    Bfd { at: draft.at, weight: draft.weight, vrrp, checker, ..Bfd::new(draft.name, unknown) }
}

fn routing(routes: Vec<Route>, rules: Vec<Rule>) -> Vec<Routing> {
    routes.into_iter().map(Routing::Route).chain(rules.into_iter().map(Routing::Rule)).collect()
}

fn process(draft: super::draft::ProcessDraft) -> Option<TrackProcess> {
    let mut words = draft.program?.into_iter();
    let program = words.next()?;
    let arguments: Vec<Vec<u8>> = words.collect();
    let compare = draft.compare.unwrap_or_default();
    let counts = !arguments.is_empty() || draft.compare.is_some();
    Some(TrackProcess {
        name: draft.name,
        at: draft.at,
        program,
        arguments: counts.then_some((arguments, compare)),
        full_command: draft.full_command,
        weight: draft.weight,
        quorum: draft.quorum.unwrap_or(1),
        quorum_max: draft.quorum_max,
        terminate_delay: draft.terminate_delay,
        fork_delay: draft.fork_delay,
    })
}

fn file(draft: super::draft::FileDraft) -> Option<TrackFile> {
    let weight = draft.weight.unwrap_or(crate::ir::failover::Weight { value: 1, reverse: false });
    Some(TrackFile { path: draft.path?.into(), name: draft.name, at: draft.at, weight, init: draft.init })
}
