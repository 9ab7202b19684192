//! Hosts on one wire, and a client that remembers who announced the address last.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

use hawser::{
    ir::failover::{Address, Command, Failover, Instance, RunAs, Script, Weight, track::Tracked},
    text::source::Span,
    vrrp::{
        Input, Output, Router, State, Time, Timing,
        input::{Link, Outcome},
        ip::Datagram,
        output::{TimerId, TimerKind},
    },
};

pub(crate) const VIP: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 168, 56, 10));
const LATENCY: Duration = Duration::from_micros(300);

/// One router on one host, with a script `chk` of weight 2 as in the article.
#[derive(Debug, Clone)]
pub(crate) struct Spec {
    pub(crate) priority: u8,
    pub(crate) preempt: bool,
    pub(crate) preempt_delay: Duration,
    pub(crate) interval: Duration,
}

impl Default for Spec {
    fn default() -> Self {
        Self { priority: 100, preempt: true, preempt_delay: Duration::ZERO, interval: Duration::from_secs(1) }
    }
}

impl Spec {
    pub(crate) fn of(priority: u8) -> Self {
        Self { priority, ..Self::default() }
    }

    pub(crate) fn config(&self) -> Failover {
        let at = Span::default();
        let mut instance = Instance::new("VI_1");
        instance.interface = "eth1".into();
        instance.vrid = 51;
        instance.priority = self.priority;
        instance.preempt = self.preempt;
        instance.preempt_delay = self.preempt_delay;
        instance.advert_interval = self.interval;
        instance.addresses = vec![Address::host(VIP)];
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

pub(crate) struct Host {
    pub(crate) router: Router,
    pub(crate) address: IpAddr,
    spec: Spec,
    timers: BTreeMap<TimerId, Time>,
    held: BTreeSet<IpAddr>,
    pub(crate) up: bool,
    link: bool,
    /// Hosts hear each other when they are on the same side.
    side: u8,
    /// Every change of state with its time.
    pub(crate) history: Vec<(Time, State)>,
}

impl Host {
    pub(crate) fn state(&self) -> State {
        if self.up { self.router.routers()[0].state } else { State::Init }
    }

    pub(crate) fn holds(&self) -> bool {
        self.held.contains(&VIP)
    }

    pub(crate) fn priority(&self) -> u8 {
        self.router.routers()[0].priority()
    }

    fn link_input(&self) -> Link {
        let addresses = vec![self.address];
        Link { name: "eth1".into(), index: 2, up: self.link, addresses, mac: Some([2, 0, 0, 0, 0, 1]), mtu: 1500 }
    }
}

struct Flight {
    at: Time,
    from: usize,
    to: usize,
    payload: Vec<u8>,
    destination: IpAddr,
    ttl: u8,
}

pub(crate) struct Network {
    pub(crate) now: Time,
    pub(crate) hosts: Vec<Host>,
    flights: Vec<Flight>,
    timing: Timing,
    /// One in so many packets is lost; 0 for none.
    pub(crate) loss: u64,
    seed: u64,
    /// Who announced the address last to the client, as heard on side 0.
    pub(crate) neighbour: Option<usize>,
    /// Adverts sent, by host.
    pub(crate) sent: Vec<usize>,
}

impl Network {
    pub(crate) fn new(specs: &[Spec], timing: Timing, seed: u64) -> Self {
        let hosts = specs
            .iter()
            .enumerate()
            .map(|(index, spec)| Host {
                router: Router::new(spec.config(), timing),
                address: IpAddr::from([192, 168, 56, 11 + index as u8]),
                spec: spec.clone(),
                timers: BTreeMap::new(),
                held: BTreeSet::new(),
                up: false,
                link: true,
                side: 0,
                history: Vec::new(),
            })
            .collect();
        let sent = vec![0; specs.len()];
        let mut network = Self {
            now: Time::ZERO,
            hosts,
            flights: Vec::new(),
            timing,
            loss: 0,
            seed: seed | 1,
            neighbour: None,
            sent,
        };
        (0..specs.len()).for_each(|host| network.start(host));
        network
    }

    fn chance(&mut self) -> u64 {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        self.seed
    }

    pub(crate) fn start(&mut self, host: usize) {
        if self.hosts[host].up {
            return;
        }
        let timing = self.timing;
        let it = &mut self.hosts[host];
        it.router = Router::new(it.spec.config(), timing);
        it.timers.clear();
        it.up = true;
        let link = it.link_input();
        self.apply(host, Input::Link(link));
        self.apply(host, Input::Start);
        self.script(host, true);
    }

    pub(crate) fn stop(&mut self, host: usize) {
        if self.hosts[host].up {
            self.apply(host, Input::Stop);
            self.hosts[host].up = false;
            self.hosts[host].timers.clear();
        }
    }

    /// The machine loses its power: addresses and all.
    pub(crate) fn crash(&mut self, host: usize) {
        let it = &mut self.hosts[host];
        it.up = false;
        it.timers.clear();
        it.held.clear();
    }

    pub(crate) fn script(&mut self, host: usize, good: bool) {
        let outcome = if good { Outcome::Success } else { Outcome::Status(1) };
        self.apply(host, Input::Script { name: "chk", outcome });
    }

    pub(crate) fn set_link(&mut self, host: usize, up: bool) {
        self.hosts[host].link = up;
        let link = self.hosts[host].link_input();
        self.apply(host, Input::Link(link));
    }

    pub(crate) fn set_side(&mut self, host: usize, side: u8) {
        self.hosts[host].side = side;
    }

    pub(crate) fn set_priority(&mut self, host: usize, priority: u8) {
        self.hosts[host].spec.priority = priority;
        let config = self.hosts[host].spec.config();
        self.apply(host, Input::Reload(Box::new(config)));
    }

    pub(crate) fn reload(&mut self, host: usize) {
        let config = self.hosts[host].spec.config();
        self.apply(host, Input::Reload(Box::new(config)));
    }

    pub(crate) fn run(&mut self, time: Duration) {
        let until = self.now + time;
        loop {
            let flight = self.flights.iter().enumerate().map(|(index, flight)| (flight.at, index)).min();
            let timer = self
                .hosts
                .iter()
                .enumerate()
                .filter(|(_, host)| host.up)
                .flat_map(|(index, host)| host.timers.iter().map(move |(id, at)| (*at, index, id.clone())));
            let timer = timer.min();
            let next = [flight.map(|(at, _)| at), timer.as_ref().map(|(at, ..)| *at)].into_iter().flatten().min();
            let Some(at) = next.filter(|at| *at <= until) else { break };
            self.now = at;
            match (flight, timer) {
                (Some((arrives, index)), _) if arrives == at => {
                    let flight = self.flights.swap_remove(index);
                    self.arrive(&flight);
                }
                (_, Some((_, host, id))) => {
                    self.hosts[host].timers.remove(&id);
                    self.apply(host, Input::Timer(id));
                }
                _ => break,
            }
        }
        self.now = until;
    }

    fn arrive(&mut self, flight: &Flight) {
        let (from, to) = (&self.hosts[flight.from], &self.hosts[flight.to]);
        if !to.up || !to.link || from.side != to.side {
            return;
        }
        let source = from.address;
        let datagram = Datagram {
            source,
            destination: flight.destination,
            ttl: flight.ttl,
            header: &[0; 20],
            payload: &flight.payload,
        };
        self.apply(flight.to, Input::Packet { interface: "eth1", datagram });
    }

    pub(crate) fn apply(&mut self, host: usize, input: Input<'_>) {
        if !self.hosts[host].up {
            return;
        }
        let now = self.now;
        let before = self.hosts[host].state();
        for output in self.hosts[host].router.handle(now, input) {
            self.obey(host, output);
        }
        let after = self.hosts[host].state();
        if before != after {
            self.hosts[host].history.push((now, after));
        }
        self.check(host);
    }

    fn obey(&mut self, host: usize, output: Output) {
        match output {
            Output::Send(packet) => {
                self.sent[host] += 1;
                for to in (0..self.hosts.len()).filter(|to| *to != host) {
                    let lost = self.loss != 0 && self.chance().is_multiple_of(self.loss);
                    if self.hosts[host].link && !lost {
                        self.flights.push(Flight {
                            at: self.now + LATENCY + Duration::from_micros(self.seed % 50),
                            from: host,
                            to,
                            payload: packet.payload.clone(),
                            destination: packet.destination,
                            ttl: packet.ttl,
                        });
                    }
                }
            }
            Output::AddAddress { address, .. } => {
                self.hosts[host].held.insert(address.ip);
            }
            Output::DeleteAddress { address, .. } => {
                self.hosts[host].held.remove(&address.ip);
            }
            Output::Announce(announce) => {
                assert!(announce.count > 0);
                if self.hosts[host].side == 0 && self.hosts[host].link {
                    self.neighbour = Some(host);
                }
            }
            Output::Arm { timer, at } => {
                assert!(at >= self.now, "a timer is armed in the past");
                self.hosts[host].timers.insert(timer, at);
            }
            Output::Cancel(timer) => {
                self.hosts[host].timers.remove(&timer);
            }
            Output::Notify(_) | Output::Log(_) | Output::AddRouting(_) | Output::DeleteRouting(_) => {}
        }
    }

    /// What must hold after every single event.
    fn check(&self, host: usize) {
        let it = &self.hosts[host];
        let armed = |kind: TimerKind| it.timers.keys().any(|id| id.kind == kind);
        let state = it.state();
        assert_eq!(it.holds(), state == State::Master, "the address is held by the active router only");
        assert_eq!(armed(TimerKind::Advert), state == State::Master, "an active router always advertises");
        assert_eq!(armed(TimerKind::MasterDown), state == State::Backup, "a backup router always watches");
        if state != State::Master {
            assert!(it.timers.keys().all(|id| id.kind == TimerKind::MasterDown), "{state:?} announces nothing");
        }
    }

    pub(crate) fn masters(&self) -> Vec<usize> {
        (0..self.hosts.len()).filter(|host| self.hosts[*host].state() == State::Master).collect()
    }

    /// Everybody hears everybody again.
    pub(crate) fn heal(&mut self) {
        self.hosts.iter_mut().for_each(|host| host.side = 0);
        self.loss = 0;
    }
}
