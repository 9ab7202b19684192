//! A host of the simulation: its machine, its interfaces, its clock, and what its trackers see.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use crate::{
    ir::failover::{Failover, Family, Instance, Transport},
    vrrp::{State, Time, input::Link, instance::VirtualRouter, output::TimerId},
};

/// What is tracked, as it really is; the machine learns it from scripts that are run, and from events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct World {
    /// Whether a script would succeed if it ran now.
    pub scripts: BTreeMap<String, bool>,
    pub processes: BTreeMap<String, bool>,
    /// Whether a neighbour answers BFD.
    pub bfds: BTreeMap<String, bool>,
    pub files: BTreeMap<String, i64>,
}

/// One node with everything that is not the network's.
#[derive(Debug)]
pub struct Host<M> {
    pub machine: M,
    pub config: Failover,
    pub up: bool,
    /// How often it was started: what belongs to an earlier life is nobody's.
    pub life: u64,
    pub links: BTreeMap<String, Link>,
    /// Addresses that it took, by interface.
    pub held: BTreeSet<(String, IpAddr)>,
    /// Armed timers by the host's own clock, each with a number that tells it from its predecessors.
    pub timers: BTreeMap<TimerId, (Time, u64)>,
    pub world: World,
    /// Parts per million by which its clock is too fast.
    pub drift: i64,
    /// Every change of a router's state, with the simulation's time.
    pub history: Vec<(Time, String, State)>,
}

const MILLION: u128 = 1_000_000;

impl<M> Host<M> {
    /// A host that has not been started.
    pub fn new(machine: M, config: Failover, addresses: &BTreeMap<String, Vec<IpAddr>>, number: u8) -> Self {
        let link = |(index, (name, addresses)): (usize, (&String, &Vec<IpAddr>))| {
            let link = Link {
                name: name.clone(),
                index: u32::try_from(index).unwrap_or(0) + 2,
                up: true,
                addresses: addresses.clone(),
                mac: Some([2, 0, 0, 0, u8::try_from(index).unwrap_or(0), number]),
                mtu: 1500,
            };
            (name.clone(), link)
        };
        let links = addresses.iter().enumerate().map(link).collect();
        let world = World {
            scripts: config.scripts.iter().map(|script| (script.name.clone(), true)).collect(),
            processes: config.processes.iter().map(|process| (process.name.clone(), true)).collect(),
            bfds: config.bfds.iter().map(|bfd| (bfd.name.clone(), true)).collect(),
            files: config.files.iter().map(|file| (file.name.clone(), 0)).collect(),
        };
        Self {
            machine,
            config,
            up: false,
            life: 0,
            links,
            held: BTreeSet::new(),
            timers: BTreeMap::new(),
            world,
            drift: 0,
            history: Vec::new(),
        }
    }

    /// The simulation's time on this host's clock.
    #[must_use]
    pub fn local(&self, time: Time) -> Time {
        scale(time, self.rate(), MILLION, 0)
    }

    /// When this host's clock shows `time`; never earlier.
    #[must_use]
    pub fn global(&self, time: Time) -> Time {
        let rate = self.rate();
        scale(time, MILLION, rate, rate - 1)
    }

    fn rate(&self) -> u128 {
        u128::try_from(1_000_000 + self.drift).expect("a clock runs forward")
    }

    /// What the file says of a router, whatever its machine has made of it.
    #[must_use]
    pub fn wanted<'a>(&'a self, router: &'a VirtualRouter) -> &'a Instance {
        self.config.instance(&router.config.name).unwrap_or(&router.config)
    }

    #[must_use]
    pub fn link_up(&self, interface: &str) -> bool {
        self.links.get(interface).is_some_and(|link| link.up)
    }

    /// Whether it holds an address, on whatever interface.
    #[must_use]
    pub fn holds(&self, ip: IpAddr) -> bool {
        self.held.iter().any(|(_, held)| *held == ip)
    }
}

fn scale(time: Time, by: u128, of: u128, carry: u128) -> Time {
    let nanos = (time.as_nanos() * by + carry) / of;
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

/// Interfaces and addresses for hosts of which only the configurations are known: addresses that the files name stay, others
/// are made up in the network of the first virtual address, counting up with the host's number.
#[must_use]
pub fn addresses(configs: &[Failover], host: usize) -> BTreeMap<String, Vec<IpAddr>> {
    let config = &configs[host];
    let mut links: BTreeMap<String, Vec<IpAddr>> = BTreeMap::new();
    for name in interfaces(config) {
        links.entry(name.to_owned()).or_default();
    }
    for instance in &config.instances {
        let ip = named(configs, host, instance).unwrap_or_else(|| made_up(instance, host));
        let link = links.entry(instance.interface.clone()).or_default();
        if !link.iter().any(|other| other.is_ipv4() == ip.is_ipv4()) || instance.source == Some(ip) {
            link.push(ip);
        }
    }
    links
}

/// Every interface that a configuration has to do with.
pub fn interfaces(config: &Failover) -> BTreeSet<&str> {
    let tracked = config.instances.iter().map(|instance| &instance.tracking);
    let tracked = tracked.chain(config.groups.iter().map(|group| &group.tracking));
    let tracked = tracked.flat_map(|tracking| tracking.interfaces.iter().map(|item| item.name.as_str()));
    let own = config.instances.iter().flat_map(|instance| {
        let devices = instance.all_addresses().map(|address| instance.device(address));
        devices.chain([instance.interface.as_str()])
    });
    own.chain(tracked).collect()
}

/// The address that the files give a router: its own source, or the peer of the others that is not theirs.
fn named(configs: &[Failover], host: usize, instance: &Instance) -> Option<IpAddr> {
    if instance.source.is_some() {
        return instance.source;
    }
    let peers = |instance: &Instance| match &instance.transport {
        Transport::Unicast { peers, .. } => peers.iter().map(|peer| peer.ip).collect(),
        Transport::Multicast { .. } => Vec::new(),
    };
    let own = peers(instance);
    let same = |other: &&Instance| other.vrid == instance.vrid && other.family == instance.family;
    let others = configs.iter().enumerate().filter(|(index, _)| *index != host);
    let mut others = others.flat_map(|(_, config)| config.instances.iter().filter(same));
    others.find_map(|other| peers(other).into_iter().find(|ip| !own.contains(ip) && other.source != Some(*ip)))
}

fn made_up(instance: &Instance, host: usize) -> IpAddr {
    let number = u8::try_from(host % 200).expect("below 200");
    if instance.family == Family::V6 {
        return IpAddr::V6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0x0b + u16::from(number)));
    }
    let first = instance.addresses.iter().find_map(|address| match address.ip {
        IpAddr::V4(ip) => Some(ip.octets()),
        IpAddr::V6(_) => None,
    });
    let [a, b, c, _] = first.unwrap_or([192, 0, 2, 0]);
    let candidates = (11..=254).chain(1..=10).map(|last| IpAddr::V4(Ipv4Addr::new(a, b, c, last)));
    let free = |ip: &IpAddr| instance.all_addresses().all(|address| address.ip != *ip);
    candidates.into_iter().filter(free).nth(number.into()).unwrap_or_else(|| IpAddr::V4(Ipv4Addr::new(a, b, c, 254)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timer_never_runs_out_before_the_hosts_clock_shows_its_time() {
        let mut host = Host::new((), Failover::default(), &BTreeMap::new(), 1);
        for drift in [-10_000, -1, 0, 1, 9_999] {
            host.drift = drift;
            for nanos in [0, 1, 999, 1_000_000_007, 86_400_000_000_003] {
                let time = Duration::from_nanos(nanos);
                assert!(host.local(host.global(time)) >= time, "{drift} {nanos}");
            }
        }
    }
}
