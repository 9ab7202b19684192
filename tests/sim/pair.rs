//! Nodes as in the article: one router, one address, a script `chk` of weight 2.

use std::{net::IpAddr, time::Duration};

use hawser::{
    ir::failover::{Address, Command, Failover, Instance, RunAs, Script, Weight, track::Tracked},
    simulation::Network,
    text::source::Span,
    vrrp::{Router, State, Timing},
};

/// What differs between nodes.
#[derive(Debug, Clone)]
pub(crate) struct Spec {
    pub(crate) priority: u8,
    pub(crate) preempt: bool,
    pub(crate) preempt_delay: Duration,
}

impl Spec {
    pub(crate) fn of(priority: u8) -> Self {
        Self { priority, preempt: true, preempt_delay: Duration::ZERO }
    }

    pub(crate) fn config(&self) -> Failover {
        let at = Span::default();
        let mut instance = Instance::new("VI_1");
        instance.interface = "eth1".into();
        instance.vrid = 51;
        instance.priority = self.priority;
        instance.preempt = self.preempt;
        instance.preempt_delay = self.preempt_delay;
        instance.addresses = vec![Address::host(IpAddr::from([192, 168, 56, 10]))];
        let weight = Weight { value: 2, reverse: false };
        instance.tracking.scripts.push(Tracked { name: "chk".into(), weight, at });
        let argv = vec![b"true".to_vec()];
        let script = Script {
            name: "chk".into(),
            at,
            command: Command { argv, path: "/bin/true".into(), run_as: RunAs::default(), at },
            interval: Duration::from_secs(2),
            timeout: None,
            weight,
            rise: 1,
            fall: 1,
            init_fail: false,
        };
        Failover { instances: vec![instance], scripts: vec![script], ..Failover::default() }
    }
}

/// Nodes that have all just been started.
pub(crate) fn network(specs: &[Spec], timing: Timing) -> Network<Router> {
    let configs: Vec<Failover> = specs.iter().map(Spec::config).collect();
    let mut network = Network::new(&configs, timing, 7, Router::new(Failover::default(), timing));
    network.service.disturb(true);
    network.start_all();
    network
}

/// The script's next run is now, with this result; later ones have it too.
pub(crate) fn script(network: &mut Network<Router>, host: usize, good: bool) {
    network.set_script(host, "chk", good);
    network.run_script(host, "chk");
}

pub(crate) fn masters(network: &Network<Router>) -> Vec<usize> {
    assert_eq!(network.violation, None);
    network.masters("VI_1")
}

/// States that a host went through.
pub(crate) fn states(network: &Network<Router>, host: usize) -> Vec<State> {
    network.hosts[host].history.iter().map(|(_, _, state)| *state).collect()
}
