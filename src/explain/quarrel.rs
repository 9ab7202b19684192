//! Why two nodes would not be a pair: each one's adverts, judged by the other as it would when they arrive.

use std::net::IpAddr;

use super::{Question, counterpart};
use crate::{
    ir::failover::{Failover, Family, Instance, Transport},
    simulation::{Network, host, standing::settling_time},
    vrrp::{
        Input, Output, Router,
        ip::{Datagram, unwrap_v4, wrap_v4},
        output::{Packet, TimerId, TimerKind},
        verdict::{self, Known},
    },
};

/// Everything that keeps one node from believing the other.
#[must_use]
pub fn all(question: &Question<'_>) -> Vec<String> {
    let [first, second] = question.configs else { return Vec::new() };
    let mut found = Vec::new();
    for (from, to) in [(0, 1), (1, 0)] {
        for instance in &question.configs[from].instances {
            match counterpart(&question.configs[to], instance) {
                Some(other) => found.extend(between(question, from, instance, to, other)),
                None => found.push(format!(
                    "{} of node {} has no counterpart: node {} has no router {} over {}",
                    instance.name,
                    from + 1,
                    to + 1,
                    instance.vrid,
                    instance.family.name()
                )),
            }
        }
    }
    for instance in &first.instances {
        let Some(other) = counterpart(second, instance) else { continue };
        if instance.is_owner() && other.is_owner() {
            found.push(format!("{} is the owner of its addresses (priority 255) on both nodes", instance.name));
        }
    }
    found
}

fn between(question: &Question<'_>, from: usize, instance: &Instance, to: usize, other: &Instance) -> Option<String> {
    let reasons = "so both nodes become master";
    let mine = address(question.configs, to, &other.interface, instance);
    if let (Transport::Unicast { peers, .. }, Some(mine)) = (&instance.transport, mine)
        && !peers.iter().any(|peer| peer.ip == mine)
        && matches!(other.transport, Transport::Unicast { .. })
    {
        let (name, from, to) = (&instance.name, from + 1, to + 1);
        return Some(format!(
            "{name} of node {from} sends no adverts to node {to} ({mine} is none of its peers), {reasons}"
        ));
    }
    let packet = advert(question, from, instance)?;
    let refused = judge(other, &packet)?;
    Some(format!("node {} refuses the adverts of node {}: ({}) {refused}, {reasons}", to + 1, from + 1, other.name))
}

fn address(configs: &[Failover], node: usize, interface: &str, instance: &Instance) -> Option<IpAddr> {
    let addresses = host::addresses(configs, node);
    addresses.get(interface)?.iter().copied().find(|ip| ip.is_ipv4() == (instance.family == Family::V4))
}

/// An advert of a router whose node is alone, so that it is master.
fn advert(question: &Question<'_>, node: usize, instance: &Instance) -> Option<Packet> {
    let prototype = Router::new(Failover::default(), question.timing);
    let mut network = Network::new(question.configs, question.timing, 1, prototype);
    network.start(node);
    network.run(settling_time(question.configs));
    let host = &mut network.hosts[node];
    let timer = TimerId { router: instance.name.clone(), kind: TimerKind::Advert };
    let now = host.local(network.now);
    let outputs = host.machine.handle(now, Input::Timer(timer));
    outputs.into_iter().find_map(|output| match output {
        Output::Send(packet) => Some(packet),
        _ => None,
    })
}

/// What the other router's log would say to it.
fn judge(other: &Instance, packet: &Packet) -> Option<String> {
    let refused = |datagram: &Datagram<'_>| verdict::judge(other, datagram, Known::default()).err();
    let (source, destination) = (packet.source, packet.destination);
    let refusal = match (source, destination) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            let bytes = wrap_v4(packet.protocol, packet.id, packet.ttl, from, to, &packet.payload);
            refused(&unwrap_v4(&bytes)?)
        }
        _ => refused(&Datagram { source, destination, ttl: packet.ttl, header: &[], payload: &packet.payload }),
    };
    refusal.map(|refusal| refusal.to_string())
}
