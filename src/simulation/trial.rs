//! One trial: faults and pauses from a seed, each time until the network has settled and the judge has had his look.

use std::{fmt, time::Duration};

use super::{Chance, Machine, Network, law::Violation, network::Noise, service::Outage, standing};
use crate::{
    ir::failover::{Failover, Instance},
    vrrp::{Time, Timing},
};

/// What is tried.
#[derive(Debug, Clone)]
pub struct Plan {
    /// A host each.
    pub configs: Vec<Failover>,
    pub timing: Timing,
    pub seed: u64,
    /// Simulated time; the trial ends with the first settled network behind it.
    pub length: Duration,
    /// Whether to keep what happened, for people.
    pub traced: bool,
}

/// What came of it.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    pub simulated: Duration,
    pub faults: usize,
    /// Changes of a router's state.
    pub changes: usize,
    pub outages: Vec<Outage>,
    pub violation: Option<Violation>,
    /// Time, host and text.
    pub trace: Vec<(Time, usize, String)>,
}

/// Something that goes wrong, or right again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Hosts on different sides do not hear each other. The client is on the side of `false`.
    Partition(Vec<bool>),
    OneWay {
        from: usize,
        to: usize,
    },
    Heal,
    Stop(usize),
    Crash(usize),
    Start(usize),
    Link {
        host: usize,
        interface: String,
        up: bool,
    },
    Script {
        host: usize,
        name: String,
        good: bool,
    },
    Process {
        host: usize,
        name: String,
        up: bool,
    },
    Bfd {
        host: usize,
        name: String,
        up: bool,
    },
    File {
        host: usize,
        name: String,
        value: i64,
    },
    Reload(usize),
    Priority {
        host: usize,
        router: String,
        priority: u8,
    },
    Noise(Noise),
}

/// Runs a trial to its end or to the first broken law.
#[must_use]
pub fn run<M: Machine>(plan: &Plan, prototype: M) -> Outcome {
    let mut chance = Chance::new(plan.seed);
    let mut network = Network::new(&plan.configs, plan.timing, chance.number(), prototype);
    network.trace = plan.traced.then(Vec::new);
    network.service.disturb(true);
    let mut faults = 0;
    for host in 0..network.hosts.len() {
        // Cheap clocks lose or win a second in two minutes.
        network.hosts[host].drift = i64::try_from(chance.below(16_001)).unwrap_or(0) - 8_000;
    }
    for host in 0..network.hosts.len() {
        network.start(host);
        network.run(Duration::from_millis(chance.between(0, 1500)));
    }
    let settling = standing::settling_time(&plan.configs);
    loop {
        network.run(settling);
        standing::judge(&mut network);
        if network.violation.is_some() || network.now >= plan.length {
            break;
        }
        for _ in 0..chance.between(1, 5) {
            if network.violation.is_some() {
                break;
            }
            let fault = Fault::any(&mut chance, &network);
            faults += 1;
            fault.happen(&mut network);
            let longest = *chance.pick(&[50, 1500, 6000]).expect("three of them");
            network.run(Duration::from_millis(chance.between(0, longest)));
        }
        if network.violation.is_none() {
            calm(&mut network, &mut chance);
        }
    }
    Outcome {
        simulated: network.now,
        faults,
        changes: network.hosts.iter().map(|host| host.history.len()).sum(),
        outages: network.service.outages,
        violation: network.violation,
        trace: network.trace.unwrap_or_default(),
    }
}

/// What is broken may stay so, but what is random ends: nobody could say what ought to be.
fn calm<M: Machine>(network: &mut Network<M>, chance: &mut Chance) {
    Fault::Noise(Noise::default()).happen(network);
    if !chance.one_in(3) {
        Fault::Heal.happen(network);
    }
    if chance.one_in(2) {
        for host in 0..network.hosts.len() {
            mend(network, host);
        }
    }
}

fn mend<M: Machine>(network: &mut Network<M>, host: usize) {
    let links: Vec<String> = network.hosts[host].links.keys().cloned().collect();
    links.into_iter().for_each(|interface| Fault::Link { host, interface, up: true }.happen(network));
    let world = network.hosts[host].world.clone();
    world.scripts.into_keys().for_each(|name| Fault::Script { host, name, good: true }.happen(network));
    world.processes.into_keys().for_each(|name| Fault::Process { host, name, up: true }.happen(network));
    world.bfds.into_keys().for_each(|name| Fault::Bfd { host, name, up: true }.happen(network));
    world.files.into_keys().for_each(|name| Fault::File { host, name, value: 0 }.happen(network));
    Fault::Start(host).happen(network);
}

impl Fault {
    fn any<M: Machine>(chance: &mut Chance, network: &Network<M>) -> Self {
        let count = network.hosts.len();
        let host = chance.below(count);
        let it = &network.hosts[host];
        let half = |chance: &mut Chance| chance.one_in(2);
        loop {
            return match chance.below(15) {
                0 => Self::Partition((0..count).map(|_| half(chance)).collect()),
                1 => Self::OneWay { from: host, to: chance.below(count) },
                2 => Self::Heal,
                3 => Self::Stop(host),
                4 => Self::Crash(host),
                5 => Self::Start(host),
                6 | 7 => {
                    let links: Vec<&String> = it.links.keys().collect();
                    let Some(interface) = chance.pick(&links) else { continue };
                    Self::Link { host, interface: (*interface).clone(), up: half(chance) }
                }
                8 | 9 => {
                    let scripts: Vec<&String> = it.world.scripts.keys().collect();
                    let Some(name) = chance.pick(&scripts) else { continue };
                    Self::Script { host, name: (*name).clone(), good: half(chance) }
                }
                10 => match chance.pick(&it.config.processes) {
                    Some(process) => Self::Process { host, name: process.name.clone(), up: half(chance) },
                    None => continue,
                },
                11 => match chance.pick(&it.config.files) {
                    Some(file) => {
                        let value = *chance.pick(&[-300, -20, -1, 0, 1, 20, 300]).expect("seven of them");
                        Self::File { host, name: file.name.clone(), value }
                    }
                    None => continue,
                },
                12 => match chance.pick(&it.config.bfds) {
                    Some(bfd) => Self::Bfd { host, name: bfd.name.clone(), up: half(chance) },
                    None => continue,
                },
                13 => Self::reload(chance, host, &it.config),
                _ => Self::Noise(Noise {
                    loss: chance.between(0, 6),
                    twice: chance.between(0, 6),
                    delay: Duration::from_millis(chance.between(0, 200)),
                }),
            };
        }
    }

    fn reload(chance: &mut Chance, host: usize, config: &Failover) -> Self {
        let changeable: Vec<_> = config.instances.iter().filter(|it| !it.is_owner()).collect();
        match chance.pick(&changeable) {
            Some(instance) if chance.one_in(2) => {
                let priority = u8::try_from(chance.between(90, 110)).unwrap_or(100);
                Self::Priority { host, router: instance.name.clone(), priority }
            }
            _ => Self::Reload(host),
        }
    }

    /// The fault in a word or two, for tables.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Partition(_) => "partition",
            Self::OneWay { .. } => "one way cut",
            Self::Heal => "healed network",
            Self::Stop(_) => "daemon stopped",
            Self::Crash(_) => "node lost",
            Self::Start(_) => "node back",
            Self::Link { up: false, .. } => "link down",
            Self::Link { .. } => "link up",
            Self::Script { good: false, .. } => "script fails",
            Self::Script { .. } => "script succeeds",
            Self::Process { up: false, .. } => "process gone",
            Self::Process { .. } => "process back",
            Self::Bfd { up: false, .. } => "BFD down",
            Self::Bfd { .. } => "BFD up",
            Self::File { .. } => "file changed",
            Self::Reload(_) => "reload",
            Self::Priority { .. } => "priority changed",
            Self::Noise(_) => "bad network",
        }
    }

    /// Lets it happen.
    pub fn happen<M: Machine>(&self, network: &mut Network<M>) {
        if !matches!(self, Self::Heal | Self::Noise(_)) {
            network.service.cause = self.kind();
        }
        if let Some(trace) = &mut network.trace {
            trace.push((network.now, self.host().unwrap_or(usize::MAX), format!("-- {self}")));
        }
        match self {
            Self::Partition(sides) => {
                let side = |host: usize| sides.get(host).copied().unwrap_or(false);
                for (from, row) in network.reaches.iter_mut().enumerate() {
                    row.iter_mut().enumerate().for_each(|(to, reaches)| *reaches = side(from) == side(to));
                }
            }
            Self::OneWay { from, to } => network.reaches[*from][*to] = from == to,
            Self::Heal => network.reaches.iter_mut().for_each(|row| row.fill(true)),
            Self::Stop(host) => network.stop(*host),
            Self::Crash(host) => network.crash(*host),
            Self::Start(host) => network.start(*host),
            Self::Link { host, interface, up } => network.set_link(*host, interface, *up),
            Self::Script { host, name, good } => network.set_script(*host, name, *good),
            Self::Process { host, name, up } => network.set_process(*host, name, *up),
            Self::Bfd { host, name, up } => network.set_bfd(*host, name, *up),
            Self::File { host, name, value } => network.set_file(*host, name, *value),
            Self::Reload(host) => {
                let config = network.hosts[*host].config.clone();
                network.reload(*host, config);
            }
            Self::Priority { host, router, priority } => {
                let mut config = network.hosts[*host].config.clone();
                // Members of a group with different ranks would pull each other to and fro: no operator wants that.
                let group = config.group_of(router).map(|group| group.members.clone()).unwrap_or_default();
                let concerned = |it: &&mut Instance| it.name == *router || group.contains(&it.name);
                config.instances.iter_mut().filter(concerned).for_each(|it| it.priority = *priority);
                network.reload(*host, config);
            }
            Self::Noise(noise) => network.noise = *noise,
        }
        let whole = network.reaches.iter().flatten().all(|reaches| *reaches);
        let linked = network.hosts.iter().all(|host| host.links.values().all(|link| link.up));
        let clear = whole && linked && network.noise == Noise::default();
        network.service.disturb(clear);
        network.look();
    }

    fn host(&self) -> Option<usize> {
        match self {
            Self::Stop(host) | Self::Crash(host) | Self::Start(host) | Self::Reload(host) => Some(*host),
            Self::Link { host, .. }
            | Self::Script { host, .. }
            | Self::Process { host, .. }
            | Self::Bfd { host, .. }
            | Self::File { host, .. }
            | Self::Priority { host, .. } => Some(*host),
            Self::Partition(_) | Self::OneWay { .. } | Self::Heal | Self::Noise(_) => None,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())?;
        match self {
            Self::Partition(sides) => {
                let nodes = |side: bool| {
                    let on = sides.iter().enumerate().filter(|(_, it)| **it == side);
                    on.map(|(index, _)| (index + 1).to_string()).collect::<Vec<_>>().join(" ")
                };
                write!(f, ": nodes {} with the clients, nodes {} apart", nodes(false), nodes(true))
            }
            Self::OneWay { from, to } => write!(f, ": node {} does not reach node {}", from + 1, to + 1),
            Self::Link { interface, .. } => write!(f, ": {interface}"),
            Self::Script { name, .. } | Self::Process { name, .. } | Self::Bfd { name, .. } => write!(f, ": {name}"),
            Self::File { name, value, .. } => write!(f, ": {name} says {value}"),
            Self::Priority { router, priority, .. } => write!(f, ": {router} has {priority}"),
            Self::Noise(noise) if *noise == Noise::default() => f.write_str(": no more"),
            Self::Noise(noise) => {
                write!(f, ": one in {} lost, one in {} twice, up to {:?} late", noise.loss, noise.twice, noise.delay)
            }
            Self::Heal | Self::Stop(_) | Self::Crash(_) | Self::Start(_) | Self::Reload(_) => Ok(()),
        }
    }
}
