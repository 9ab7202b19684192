//! One router: defaults from the whole daemon, and settings that contradict each other.

use std::{net::IpAddr, time::Duration};

use crate::{
    ir::failover::{
        Auth, Failover, Family, Garp, Global, Instance, Role, SyncGroup, Tracking, Transport, Version, Weight,
        track::Tracked,
    },
    keepalived::{
        draft::{AuthKind, GarpDraft, InstanceDraft, TrackedDraft, TrackingDraft},
        report::Report,
    },
};

/// Fills what is not written with the defaults above.
pub(super) fn garp(draft: &GarpDraft, default: Garp) -> Garp {
    Garp {
        delay: draft.delay.unwrap_or(default.delay),
        repeat: draft.repeat.unwrap_or(default.repeat),
        refresh: draft.refresh.unwrap_or(default.refresh),
        refresh_repeat: draft.refresh_repeat.unwrap_or(default.refresh_repeat),
        // What follows an advert of lower priority follows the first announcement unless it is written.
        lower_prio_delay: draft.lower_prio_delay.or(draft.delay).unwrap_or(default.lower_prio_delay),
        lower_prio_repeat: draft.lower_prio_repeat.or(draft.repeat).unwrap_or(default.lower_prio_repeat),
        interval: draft.interval.unwrap_or(default.interval),
        na_interval: draft.na_interval.unwrap_or(default.na_interval),
        elsewhere: draft.elsewhere.map_or(default.elsewhere, |(period, _)| period),
        elsewhere_all: draft.elsewhere.map_or(default.elsewhere_all, |(_, all)| all),
    }
}

/// References with the weights that count: written at the reference, else at the thing itself.
pub(super) fn tracking(draft: TrackingDraft, config: &Failover) -> Tracking {
    let zero = |_: &str| Weight::default();
    let script = |name: &str| config.script(name).map(|script| script.weight).unwrap_or_default();
    let process = |name: &str| {
        config.processes.iter().find(|process| process.name == name).map(|process| process.weight).unwrap_or_default()
    };
    let file =
        |name: &str| config.files.iter().find(|file| file.name == name).map(|file| file.weight).unwrap_or_default();
    let bfd = |name: &str| config.bfds.iter().find(|bfd| bfd.name == name).map(|bfd| bfd.weight).unwrap_or_default();
    let scripts = draft.scripts.into_iter().filter(|item| config.script(&item.name).is_some()).collect();
    Tracking {
        interfaces: references(draft.interfaces, zero),
        scripts: references(scripts, script),
        processes: references(draft.processes, process),
        files: references(draft.files, file),
        bfds: references(draft.bfds, bfd),
    }
}

fn references(drafts: Vec<TrackedDraft>, default: impl Fn(&str) -> Weight) -> Vec<Tracked> {
    drafts
        .into_iter()
        .map(|draft| {
            let mut weight = draft.weight.unwrap_or_else(|| default(&draft.name));
            weight.reverse = draft.reverse.unwrap_or(weight.reverse);
            Tracked { name: draft.name, weight, at: draft.at }
        })
        .collect()
}

/// Every router that can run.
pub(super) fn instances(drafts: Vec<InstanceDraft>, config: &Failover, report: &mut Report) -> Vec<Instance> {
    let instances: Vec<Instance> = drafts.into_iter().filter_map(|draft| instance(draft, config, report)).collect();
    report_same_vrid(&instances, report);
    instances
}

fn report_same_vrid(instances: &[Instance], report: &mut Report) {
    for (index, one) in instances.iter().enumerate() {
        for other in &instances[index + 1..] {
            if one.vrid == other.vrid && one.family == other.family && one.interface == other.interface {
                let (family, interface) = (one.family.name(), &one.interface);
                report.refuse(
                    "same-vrid",
                    format!(
                        "{} and {} both use VRID {} with {family} on interface {interface}",
                        one.name, other.name, one.vrid
                    ),
                );
            }
        }
    }
}

fn instance(mut draft: InstanceDraft, config: &Failover, report: &mut Report) -> Option<Instance> {
    let global = &config.global;
    let name = draft.name.clone();
    let group = config.group_of(&name);
    let family = family(&draft);
    let Some(vrid) = draft.vrid else {
        report.refuse("no-vrid", format!("({name}) the virtual router id must be set"));
        return None;
    };
    let Some((interface, _)) = draft.interface.clone() else {
        report.refuse("no-interface", format!("({name}) Unknown interface!"));
        return None;
    };
    if draft.vrf.is_some() {
        report.general("vrf", format!("({name}) vrf can only be specified without interface - clearing"));
    }
    let strict = draft.strict.unwrap_or(global.strict);
    let version = if family == Family::V6 { Version::V3 } else { draft.version.unwrap_or(global.version) };
    let mut role = draft.role.unwrap_or_default();
    // A router that wants to be master and names no priority owns its addresses.
    let unwritten = if draft.role == Some(Role::Master) { 255 } else { 100 };
    let priority = draft.priority.unwrap_or(unwritten);
    if strict && (role == Role::Master) != (priority == 255) {
        report.general("strict", format!("({name}) State MASTER must match being address owner"));
        role = if priority == 255 { Role::Master } else { Role::Backup };
    }
    if let Some(own) = draft.source.filter(|own| draft.peers.iter().any(|peer| peer.ip == *own)) {
        let text = format!("({name}) {own} is this router's own address and its peer");
        report.overlooked("own-peer", draft.at, text, "list only the other routers in unicast_peer");
    }
    let transport = transport(&draft, global, family, &name, report);
    let no_address_is_meant = draft.no_address;
    let hmac = draft.hmac.take();
    let mut out = Instance {
        at: draft.at,
        interface,
        role,
        vrid,
        priority,
        version,
        family,
        advert_interval: interval(draft.advert_interval, version, &name, report),
        auth: auth(&draft, version, strict, &name, report),
        transport,
        source: draft.source,
        track_source: draft.track_source,
        old_checksum: draft.old_checksum.unwrap_or_default(),
        bare_checksum: draft.bare_checksum.unwrap_or(global.bare_checksum),
        accept: draft.accept.unwrap_or(!strict),
        preempt: !draft.nopreempt,
        preempt_delay: draft.preempt_delay,
        garp: garp(&draft.garp, global.garp),
        down_timer_adverts: draft.down_timer_adverts.unwrap_or(global.down_timer_adverts),
        lower_prio_no_advert: draft.lower_prio_no_advert.unwrap_or(global.lower_prio_no_advert),
        higher_prio_send_advert: draft.higher_prio_send_advert.unwrap_or(global.higher_prio_send_advert),
        skip_check_adv_addr: draft.skip_check_adv_addr.unwrap_or(global.skip_check_adv_addr),
        strict,
        owner_ignores_adverts: draft.owner_ignores_adverts.unwrap_or(global.owner_ignores_adverts),
        yields_when_late: draft.yields_when_late,
        dont_track_primary: draft.dont_track_primary,
        promote_secondaries: draft.promote_secondaries,
        tracking: tracking(draft.tracking, config),
        notify: draft.notify,
        notify_priority_changes: draft.notify_priority_changes.unwrap_or(global.notify_priority_changes),
        smtp_alert: draft.smtp_alert.unwrap_or_default(),
        receive_buffer: draft.receive_buffer,
        routing: super::routing(draft.routes, draft.rules),
        addresses: draft.addresses,
        excluded: draft.excluded,
        ..Instance::new(&name)
    };
    out.hmac = super::hmac::hmac(hmac, &out, report);
    let (has_vmac, has_source) = (draft.vmac.is_some(), draft.ipvlan.as_ref().is_none_or(|own| own.source.is_some()));
    out.vmac = super::vmac::own(draft.vmac, draft.ipvlan, &out, report);
    // An ipvlan of IPv4 that has no address sends nothing, whatever `mcast_src_ip` says.
    out.source = out.source.filter(|ip| has_source || ip.is_ipv6());
    out.xmit_base = draft.xmit_base && has_vmac;
    if draft.xmit_base && !out.xmit_base {
        report.general("no-vmac", format!("({name}) vmac_xmit_base is only valid with a vmac"));
    }
    contradictions(&mut out, report);
    drop_own_interface(&mut out, report);
    drop_weights(&mut out, group, report);
    if !no_address_is_meant {
        no_address(&out, report);
    }
    Some(out)
}

/// What was read first decides.
fn family(draft: &InstanceDraft) -> Family {
    let peer = draft.peers.first().map(|peer| peer.ip);
    let address = draft.addresses.first().map(|address| address.ip);
    let default = if draft.native_ipv6 { Family::V6 } else { Family::V4 };
    address.or(peer).or(draft.source).map_or(default, Family::of)
}

fn transport(draft: &InstanceDraft, global: &Global, family: Family, name: &str, report: &mut Report) -> Transport {
    let lonely = draft.needs_peers && draft.peers.is_empty();
    if lonely {
        report.log_only(format!("({name}) Cannot use unicast without any peers - going to fault state"));
    }
    if lonely || !draft.peers.is_empty() {
        return Transport::Unicast {
            peers: draft.peers.clone(),
            ttl: draft.unicast_ttl.unwrap_or(255),
            check_source: draft.check_unicast_src.unwrap_or(global.check_unicast_src),
        };
    }
    if draft.unicast || draft.check_unicast_src.is_some() {
        report.general(
            "no-peers",
            format!(
                "({name}) A unicast keyword has been specified without any unicast peers. Defaulting to multicast. \
                 This usage is deprecated - please update your configuration."
            ),
        );
    }
    let default = match family {
        Family::V4 => IpAddr::V4(global.group4),
        Family::V6 => IpAddr::V6(global.group6),
    };
    Transport::Multicast { group: draft.group.unwrap_or(default) }
}

fn interval(written: Option<Duration>, version: Version, name: &str, report: &mut Report) -> Duration {
    let interval = written.unwrap_or(Duration::from_secs(1));
    match version {
        Version::V2 if interval.subsec_nanos() != 0 => {
            report.general(
                "interval",
                format!(
                    "({name}) VRRPv2 advertisement interval {}.{:06}s must be an integer. rounding",
                    interval.as_secs(),
                    interval.subsec_micros()
                ),
            );
            Duration::from_secs((interval.as_millis() as u64 + 500) / 1000).max(Duration::from_secs(1))
        }
        Version::V3 if interval > Duration::from_millis(40_950) => {
            report.general(
                "interval",
                format!(
                    "({name}) VRRPv3 advertisement interval {}.{:02}s is out of range. Must be less than 40.96s. Setting to 40.95s",
                    interval.as_secs(),
                    interval.subsec_millis() / 10
                ),
            );
            Duration::from_millis(40_950)
        }
        _ => interval,
    }
}

fn auth(draft: &InstanceDraft, version: Version, strict: bool, name: &str, report: &mut Report) -> Auth {
    let Some(kind) = draft.auth.kind else { return Auth::None };
    if version == Version::V3 {
        report.general("auth", format!("({name}) VRRP version 3 does not support authentication. Ignoring."));
        return Auth::None;
    }
    if strict {
        report.general("auth", format!("({name}) Strict mode does not support authentication. Ignoring."));
        return Auth::None;
    }
    match (kind, &draft.auth.password) {
        (kind, Some(password)) => {
            let mut bytes = [0; 8];
            bytes.iter_mut().zip(password).for_each(|(to, from)| *to = *from);
            if kind == AuthKind::Ah { Auth::Ah(bytes) } else { Auth::Pass(bytes) }
        }
        (_, None) => {
            report.general("auth", format!("({name}) Authentication specified but no password given. Ignoring"));
            Auth::None
        }
    }
}

/// A router's own interface is watched anyway.
fn drop_own_interface(instance: &mut Instance, report: &mut Report) {
    let (name, own) = (&instance.name, &instance.interface);
    instance.tracking.interfaces.retain(|item| {
        let keep = item.name != *own || item.weight.value != 0;
        if !keep {
            report.general("own-interface", format!("({name}) Ignoring track_interface {own} since own interface"));
        }
        keep
    });
}

/// Members of groups and owners have no weights.
fn drop_weights(instance: &mut Instance, group: Option<&SyncGroup>, report: &mut Report) {
    let reason = if instance.is_owner() {
        "address_owner"
    } else if group.is_some_and(|group| !group.tracking_weight) {
        "SYNC group"
    } else {
        return;
    };
    let name = instance.name.clone();
    let mut drop = |list: &mut Vec<Tracked>, what: &str| {
        list.retain(|item| {
            let keep = item.weight.value == 0;
            if !keep {
                let (tracked, weight) = (&item.name, item.weight.value);
                report.general(
                    "weight",
                    match what {
                        "interface" => {
                            format!("({name}) ignoring {tracked} tracked interface due to {}", reason.replace('_', " "))
                        }
                        "file" | "bfd" => {
                            format!("({name}) ignoring tracked {what} {tracked} with weight {weight} due to {reason}")
                        }
                        _ => format!("({name}) ignoring tracked {what} {tracked} with weights due to {reason}"),
                    },
                );
            }
            keep
        });
    };
    drop(&mut instance.tracking.interfaces, "interface");
    drop(&mut instance.tracking.scripts, "script");
    drop(&mut instance.tracking.processes, "process");
    drop(&mut instance.tracking.files, "file");
    drop(&mut instance.tracking.bfds, "bfd");
}

fn contradictions(instance: &mut Instance, report: &mut Report) {
    let name = instance.name.clone();
    if matches!(instance.auth, Auth::Ah(_)) && instance.role == Role::Master && !instance.is_owner() {
        let text = format!("({name}) Initial state master is incompatible with AH authentication - clearing");
        report.general("auth", text);
        instance.role = Role::Backup;
    }
    let master = instance.role == Role::Master;
    if !instance.preempt && instance.is_owner() {
        report
            .general("nopreempt", format!("({name}) nopreempt is incompatible with priority 255. resetting nopreempt"));
        instance.preempt = true;
    }
    if !instance.preempt && master {
        report.general(
            "nopreempt",
            format!("({name}) Warning - nopreempt will not work with initial state MASTER - clearing"),
        );
        instance.preempt = true;
    }
    if !instance.preempt_delay.is_zero() && master {
        report.general(
            "preempt-delay",
            format!("({name}) Warning - preempt delay will not work with initial state MASTER - clearing"),
        );
        instance.preempt_delay = Duration::ZERO;
    }
    if !instance.preempt_delay.is_zero() && !instance.preempt {
        report.general(
            "preempt-delay",
            format!("({name}) preempt_delay is incompatible with nopreempt mode - resetting"),
        );
        instance.preempt_delay = Duration::ZERO;
    }
}

fn no_address(instance: &Instance, report: &mut Report) {
    if !instance.addresses.is_empty() {
        return;
    }
    let name = &instance.name;
    if instance.version == Version::V3 {
        report.general("no-address", format!("({name}) No VIP specified; at least one is required"));
    } else {
        // The original says this when the block ends and again when all is read.
        for _ in 0..2 {
            report.general("no-address", format!("({name}) No VIP specified; at least one is sensible"));
        }
    }
}
