//! Drafts to meaning: defaults, references, and the checks that need more than one line.
//!
//! The order is the original's, because its complaints come in that order: scripts, then groups, then each router.

mod groups;
mod instance;
mod scripts;

use super::{draft::Draft, report::Report, system::System};
use crate::ir::failover::{
    Failover, Routing, TrackFile, TrackProcess,
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
        static_addresses,
        static_routes,
        static_rules,
        missing,
        garp_groups,
        ..
    } = draft;
    let alert = global.smtp_alert_vrrp.or(global.smtp_alert).unwrap_or_default();
    instances.iter_mut().for_each(|item| _ = item.smtp_alert.get_or_insert(alert));
    groups.iter_mut().for_each(|item| _ = item.smtp_alert.get_or_insert(alert));
    let mut settings = global.settings;
    settings.router_id.get_or_insert_with(|| system.host_name());
    settings.garp = instance::garp(&global.garp, settings.garp);
    let (scripts, mut programs) = scripts::scripts(scripts, &mut settings, system, report);
    let mut config = Failover {
        scripts,
        processes: processes.into_iter().filter_map(process).collect(),
        files: files.into_iter().filter_map(file).collect(),
        missing,
        global: settings,
        ..Failover::default()
    };
    let notify =
        instances.iter_mut().map(|item| &mut item.notify).chain(groups.iter_mut().map(|item| &mut item.notify));
    for notify in notify {
        *notify = programs.notify(std::mem::take(notify), report);
    }
    scripts::security(&programs, report);
    let changes = config.global.notify_priority_changes;
    let resolve = |draft| instance::tracking(draft, &config);
    config.groups = groups::groups(groups, &instances, changes, resolve, report);
    config.instances = instance::instances(instances, &config, report);
    for instance in &mut config.instances {
        if let Some(group) = garp_groups.iter().find(|group| group.interfaces.contains(&instance.interface)) {
            instance.garp.interval = group.interval.unwrap_or(instance.garp.interval);
            instance.garp.na_interval = group.na_interval.unwrap_or(instance.garp.na_interval);
        }
    }
    let fallback = config.global.default_interface.clone().unwrap_or_else(|| "eth0".into());
    config.static_addresses = static_addresses;
    config.static_routing = routing(static_routes, static_rules);
    for address in &mut config.static_addresses {
        address.device.get_or_insert_with(|| fallback.clone());
    }
    config
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
