//! Virtual servers, real servers and checkers as metrics.

use crate::{
    ipvs::{
        Director,
        director::{Server, VirtualService},
    },
    text::exposition::{Exposition, Kind},
};

/// A number of every virtual server, or of every real server.
struct Metric<T> {
    name: &'static str,
    help: &'static str,
    value: fn(&T) -> f64,
}

const SERVICES: &[Metric<VirtualService>] = &[
    Metric {
        name: "keepalived_virtual_server_quorum_up",
        help: "Whether it has its quorum.",
        value: |it| f64::from(u8::from(it.has_quorum)),
    },
    Metric {
        name: "keepalived_virtual_server_weight",
        help: "The weight of all living servers.",
        value: |it| it.weights() as f64,
    },
    Metric {
        name: "keepalived_virtual_server_suspended",
        help: "Whether its checks rest.",
        value: |it| f64::from(u8::from(it.is_suspended)),
    },
];

const SERVERS: &[Metric<Server>] = &[
    Metric {
        name: "keepalived_real_server_up",
        help: "Whether none of its checkers is down.",
        value: |it| f64::from(u8::from(it.alive)),
    },
    Metric { name: "keepalived_real_server_weight", help: "Effective weight.", value: |it| f64::from(it.weight()) },
    Metric {
        name: "keepalived_real_server_failed_checkers",
        help: "Checkers that are down.",
        value: |it| it.failed_checkers() as f64,
    },
];

/// Everything about virtual servers.
#[must_use]
pub fn metrics(director: &Director) -> String {
    let mut out = Exposition::default();
    for metric in SERVICES {
        out.family(metric.name, Kind::Gauge, metric.help);
        for service in director.services() {
            let named = service.config.snmp_name.as_deref().map(|name| ("snmp_name", name));
            let labels: Vec<_> = [("virtual_server", service.name.as_str())].into_iter().chain(named).collect();
            out.sample(metric.name, &labels, (metric.value)(service));
        }
    }
    for metric in SERVERS {
        out.family(metric.name, Kind::Gauge, metric.help);
        for service in director.services() {
            for server in &service.servers {
                let named = server.config.snmp_name.as_deref().map(|name| ("snmp_name", name));
                let own = [("virtual_server", service.name.as_str()), ("real_server", &server.name)];
                let labels: Vec<_> = own.into_iter().chain(named).collect();
                out.sample(metric.name, &labels, (metric.value)(server));
            }
        }
    }
    out.finish()
}
