//! `keepalived.json`: state and counters of every router, for exporters.
//!
//! Passwords are in it only on demand: the file is read by programs of other people. Two keys more than the original's: `why`, the reason of the present state, and `refusing`, whose adverts are not believed.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{Epoch, address, command, holds};
use crate::{
    ir::failover::{Auth, Version},
    vrrp::{Router, instance::VirtualRouter},
};

/// In place of a password.
const HIDDEN: &str = "********";

/// Whether passwords are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Secrets {
    #[default]
    Hidden,
    Shown,
}

/// The whole file. Version 1 is an array, version 2 (`json_version`) an object that holds it.
#[must_use]
pub fn json(router: &Router, epoch: &Epoch<'_>, secrets: Secrets) -> String {
    let routers: Vec<Value> = router.routers().iter().map(|item| one(router, item, epoch, secrets)).collect();
    if router.config().global.json_version < 2 {
        return format!("{}\n", Value::Array(routers));
    }
    let processes: Vec<Value> = router
        .config()
        .processes
        .iter()
        .map(|item| json!({ "name": item.name, "have_quorum": router.watched().processes.get(&item.name) }))
        .collect();
    format!("{}\n", json!({ "vrrp": routers, "track_process": processes }))
}

fn one(router: &Router, item: &VirtualRouter, epoch: &Epoch<'_>, secrets: Secrets) -> Value {
    json!({ "data": data(router, item, epoch, secrets), "stats": stats(item) })
}

fn seconds(time: Duration) -> Value {
    if time.subsec_nanos() == 0 { json!(time.as_secs()) } else { json!(time.as_secs_f64()) }
}

fn data(router: &Router, item: &VirtualRouter, epoch: &Epoch<'_>, secrets: Secrets) -> Value {
    let config = &item.config;
    let garp = &config.garp;
    let mut out = json!({
        "iname": config.name,
        "dont_track_primary": u8::from(config.dont_track_primary),
        "skip_check_adv_addr": u8::from(config.skip_check_adv_addr),
        "strict_mode": u8::from(config.strict),
        "vmac_ifname": "",
        "ifp_ifname": config.interface,
        "master_priority": item.master.map_or(0, |master| master.priority),
        "last_transition": epoch.seconds(item.since),
        "garp_delay": garp.delay.as_secs(),
        "garp_refresh": garp.refresh.as_secs(),
        "garp_rep": garp.repeat,
        "garp_refresh_rep": garp.refresh_repeat,
        "garp_lower_prio_delay": garp.lower_prio_delay.as_secs(),
        "garp_lower_prio_rep": garp.lower_prio_repeat,
        "lower_prio_no_advert": u8::from(config.lower_prio_no_advert),
        "higher_prio_send_advert": u8::from(config.higher_prio_send_advert),
        "vrid": config.vrid,
        "base_priority": config.priority,
        "effective_priority": item.priority(),
        "vipset": holds(item),
        "promote_secondaries": config.promote_secondaries,
        "adver_int": seconds(config.advert_interval),
        "master_adver_int": seconds(item.master_interval),
        "accept": 1,
        "nopreempt": !config.preempt,
        "preempt_delay": config.preempt_delay.as_secs(),
        "state": item.state.number(),
        "wantstate": if config.role == crate::ir::failover::Role::Master || holds(item) { 2 } else { 1 },
        "version": config.version.number(),
        "smtp_alert": config.smtp_alert,
        "notify_deleted": config.notify.tell_deleted,
        "why": item.why.to_string(),
        "refusing": item.refusals.iter().map(|(from, refusal)| {
            json!({ "from": from.to_string(), "why": refusal.why.to_string(), "count": refusal.count })
        }).collect::<Vec<_>>(),
    });
    if let Value::Object(map) = &mut out {
        lists(router, item, secrets, map);
    }
    out
}

fn lists(router: &Router, item: &VirtualRouter, secrets: Secrets, map: &mut Map<String, Value>) {
    let config = &item.config;
    let written = |addresses: &[crate::ir::failover::Address]| -> Value {
        addresses.iter().map(|entry| address(config, entry, holds(item))).collect()
    };
    if !config.addresses.is_empty() {
        map.insert("vips".into(), written(&config.addresses));
    }
    if !config.excluded.is_empty() {
        map.insert("evips".into(), written(&config.excluded));
    }
    let tracking = &config.tracking;
    if !tracking.interfaces.is_empty() {
        let names: Value = tracking.interfaces.iter().map(|entry| entry.name.clone()).collect();
        map.insert("track_ifp".into(), names);
    }
    let scripts: Vec<Value> = tracking
        .scripts
        .iter()
        .filter_map(|entry| router.config().script(&entry.name))
        .map(|script| command(&script.command.argv, &script.command.path).into())
        .collect();
    if !scripts.is_empty() {
        map.insert("track_script".into(), scripts.into());
    }
    if config.version == Version::V2 || config.auth == Auth::None {
        match config.auth {
            Auth::None => map.insert("auth_type".into(), 0.into()),
            Auth::Ah(_) => map.insert("auth_type".into(), 2.into()),
            Auth::Pass(password) => {
                map.insert("auth_type".into(), 1.into());
                let end = password.iter().position(|byte| *byte == 0).unwrap_or(password.len());
                let shown = match secrets {
                    Secrets::Shown => String::from_utf8_lossy(&password[..end]).into_owned(),
                    Secrets::Hidden => HIDDEN.to_owned(),
                };
                map.insert("auth_data".into(), shown.into())
            }
        };
    }
}

fn stats(item: &VirtualRouter) -> Value {
    let stats = &item.stats;
    json!({
        "advert_rcvd": stats.advert_rcvd,
        "advert_sent": stats.advert_sent,
        "become_master": stats.become_master,
        "release_master": stats.release_master,
        "packet_len_err": stats.packet_len_err,
        "advert_interval_err": stats.advert_interval_err,
        "ip_ttl_err": stats.ip_ttl_err,
        "invalid_type_rcvd": stats.invalid_type_rcvd,
        "addr_list_err": stats.addr_list_err,
        "invalid_authtype": stats.invalid_authtype,
        "authtype_mismatch": stats.authtype_mismatch,
        "auth_failure": stats.auth_failure,
        "pri_zero_rcvd": stats.pri_zero_rcvd,
        "pri_zero_sent": stats.pri_zero_sent,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ir::failover::Failover,
        vrrp::{Timing, testing::router_51},
    };

    #[test]
    fn passwords_are_shown_only_on_demand() {
        let mut instance = router_51(101);
        instance.auth = Auth::Pass(*b"s3cret\0\0");
        let router = Router::new(Failover { instances: vec![instance], ..Failover::default() }, Timing::Prompt);
        let epoch = Epoch { zero: 0.0, write: &|_| String::new() };
        assert!(json(&router, &epoch, Secrets::Shown).contains("\"auth_data\":\"s3cret\""));
        let hidden = json(&router, &epoch, Secrets::Hidden);
        assert!(hidden.contains("\"auth_data\":\"********\"") && !hidden.contains("s3cret"), "{hidden}");
    }
}
