//! Routers and what they watch as metrics: one const a metric, for every router.

use std::collections::BTreeMap;

use super::Epoch;
use crate::{
    text::exposition::{Exposition, Histogram, Kind},
    vrrp::{Router, input::Outcome, instance::VirtualRouter},
};

/// A number of every router.
struct Metric {
    name: &'static str,
    kind: Kind,
    help: &'static str,
    value: fn(&VirtualRouter, &Epoch<'_>) -> f64,
}

const fn gauge(name: &'static str, help: &'static str, value: fn(&VirtualRouter, &Epoch<'_>) -> f64) -> Metric {
    Metric { name, kind: Kind::Gauge, help, value }
}

const fn counter(name: &'static str, help: &'static str, value: fn(&VirtualRouter, &Epoch<'_>) -> f64) -> Metric {
    Metric { name, kind: Kind::Counter, help, value }
}

const METRICS: &[Metric] = &[
    gauge("keepalived_vrrp_state", "0 init, 1 backup, 2 master, 3 fault.", |router, _| router.state.number().into()),
    gauge("keepalived_vrrp_priority", "Effective priority.", |router, _| router.priority().into()),
    gauge("keepalived_vrrp_base_priority", "Configured priority.", |router, _| router.config.priority.into()),
    gauge("keepalived_vrrp_faults", "Reasons for FAULT that there are.", |router, _| {
        router.assessed.faults.len() as f64
    }),
    gauge("keepalived_vrrp_refused_neighbours", "Neighbours whose adverts are not believed.", |router, _| {
        router.refusals.iter().count() as f64
    }),
    gauge("keepalived_vrrp_last_transition_timestamp_seconds", "When it came into its state.", |router, epoch| {
        epoch.seconds(router.since)
    }),
    counter("keepalived_vrrp_become_master_total", "Times that it became master.", |router, _| {
        router.stats.become_master as f64
    }),
    counter("keepalived_vrrp_release_master_total", "Times that it ceased to be master.", |router, _| {
        router.stats.release_master as f64
    }),
    counter("keepalived_vrrp_adverts_sent_total", "Adverts sent.", |router, _| router.stats.advert_sent as f64),
    counter("keepalived_vrrp_priority_zero_received_total", "Adverts that said goodbye.", |router, _| {
        router.stats.pri_zero_rcvd as f64
    }),
    counter("keepalived_vrrp_priority_zero_sent_total", "Goodbyes sent.", |router, _| {
        router.stats.pri_zero_sent as f64
    }),
];

type Counter = fn(&VirtualRouter) -> u64;

/// What became of received adverts: a word, and the counter.
const VERDICTS: &[(&str, Counter)] = &[
    ("accepted", |router| router.stats.advert_rcvd),
    ("length", |router| router.stats.packet_len_err),
    ("interval", |router| router.stats.advert_interval_err),
    ("ttl", |router| router.stats.ip_ttl_err),
    ("type", |router| router.stats.invalid_type_rcvd),
    ("addresses", |router| router.stats.addr_list_err),
    ("auth_type", |router| router.stats.invalid_authtype),
    ("auth_mismatch", |router| router.stats.authtype_mismatch),
    ("auth_failure", |router| router.stats.auth_failure),
    ("version", |router| router.stats.vers_err),
    ("checksum", |router| router.stats.chk_err),
    ("source", |router| router.stats.source_err),
];

/// The runs of one script.
#[derive(Debug, Clone, Default)]
pub struct Runs {
    results: [u64; RESULTS.len()],
    took: Histogram,
}

const RESULTS: [&str; 5] = ["success", "failure", "signal", "timeout", "not_started"];

impl Runs {
    /// One run and how long it took, in seconds.
    pub fn add(&mut self, outcome: &Outcome, seconds: f64) {
        let which = match outcome {
            Outcome::Success => 0,
            Outcome::Status(_) => 1,
            Outcome::Signal(_) => 2,
            Outcome::TimedOut => 3,
            Outcome::NotStarted(_) => 4,
        };
        self.results[which] += 1;
        self.took.add(seconds);
    }
}

/// Everything about the routers. `runs`: what the scripts did, by name.
#[must_use]
pub fn metrics(router: &Router, runs: &BTreeMap<String, Runs>, epoch: &Epoch<'_>) -> String {
    let mut out = Exposition::default();
    for metric in METRICS {
        out.family(metric.name, metric.kind, metric.help);
        for item in router.routers() {
            labelled(item, &[], |labels| out.sample(metric.name, labels, (metric.value)(item, epoch)));
        }
    }
    const ADVERTS: &str = "keepalived_vrrp_adverts_received_total";
    out.family(ADVERTS, Kind::Counter, "Adverts received, by what was made of them.");
    for item in router.routers() {
        for (verdict, count) in VERDICTS {
            labelled(item, &[("verdict", verdict)], |labels| out.sample(ADVERTS, labels, count(item) as f64));
        }
    }
    scripts(router, runs, &mut out);
    watched(router, &mut out);
    out.finish()
}

fn labelled(item: &VirtualRouter, more: &[(&str, &str)], write: impl FnOnce(&[(&str, &str)])) {
    let vrid = item.config.vrid.to_string();
    let own = [("iname", item.config.name.as_str()), ("intf", &item.config.interface), ("vrid", &vrid)];
    write(&[&own[..], more].concat());
}

fn scripts(router: &Router, runs: &BTreeMap<String, Runs>, out: &mut Exposition) {
    up("keepalived_script_up", "Whether a script counts as up, after rise and fall.", out, {
        router.watched().scripts.iter().filter(|(_, state)| state.known()).map(|(name, state)| (name, state.up()))
    });
    out.family("keepalived_script_results_total", Kind::Counter, "Ends of a script, by how it ended.");
    for (name, runs) in runs {
        for (result, count) in RESULTS.iter().zip(runs.results) {
            let labels = [("name", name.as_str()), ("result", result)];
            out.sample("keepalived_script_results_total", &labels, count as f64);
        }
    }
    out.family("keepalived_script_duration_seconds", Kind::Histogram, "How long a script ran.");
    for (name, runs) in runs {
        out.histogram("keepalived_script_duration_seconds", &[("name", name)], &runs.took);
    }
}

fn watched(router: &Router, out: &mut Exposition) {
    let watched = router.watched();
    up("keepalived_track_process_up", "Whether there are as many processes as wanted.", out, {
        watched.processes.iter().map(|(name, up)| (name, *up))
    });
    up("keepalived_bfd_up", "Whether a BFD session is up.", out, {
        router.config().bfds.iter().map(|bfd| (&bfd.name, watched.bfds.get(&bfd.name).copied().unwrap_or(false)))
    });
    out.family("keepalived_track_file_value", Kind::Gauge, "The number in a tracked file.");
    for (name, value) in &watched.files {
        out.sample("keepalived_track_file_value", &[("name", name)], *value as f64);
    }
}

fn up<'a>(name: &str, help: &str, out: &mut Exposition, all: impl Iterator<Item = (&'a String, bool)>) {
    out.family(name, Kind::Gauge, help);
    for (item, up) in all {
        out.sample(name, &[("name", item)], f64::from(u8::from(up)));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        ir::failover::Failover,
        vrrp::{
            Input, Timing,
            testing::{link, router_51, script},
        },
    };

    #[test]
    fn routers_scripts_and_verdicts_are_told() {
        let config = Failover { instances: vec![router_51(101)], scripts: vec![script("chk")], ..Failover::default() };
        let mut router = Router::new(config, Timing::Prompt);
        router.handle(Duration::ZERO, Input::Link(link("eth1", "192.168.56.11")));
        router.handle(Duration::from_secs(1), Input::Start);
        router.handle(Duration::from_secs(2), Input::Script { name: "chk", outcome: Outcome::Success });
        let mut runs = Runs::default();
        runs.add(&Outcome::Success, 0.002);
        let runs = BTreeMap::from([("chk".to_owned(), runs)]);
        let text = metrics(&router, &runs, &Epoch { zero: 100.0, write: &|_| String::new() });
        for line in [
            "keepalived_vrrp_state{iname=\"VI_1\",intf=\"eth1\",vrid=\"51\"} 1\n",
            "keepalived_vrrp_last_transition_timestamp_seconds{iname=\"VI_1\",intf=\"eth1\",vrid=\"51\"} 101\n",
            "keepalived_vrrp_adverts_received_total{iname=\"VI_1\",intf=\"eth1\",vrid=\"51\",verdict=\"checksum\"} 0\n",
            "keepalived_script_up{name=\"chk\"} 1\n",
            "keepalived_script_results_total{name=\"chk\",result=\"success\"} 1\n",
            "keepalived_script_duration_seconds_bucket{name=\"chk\",le=\"0.005\"} 1\n",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
    }
}
