//! Hosts on one wire and a client beside them: carries packets, runs timers and scripts, and lets the judge see each event.

use std::{collections::BTreeMap, net::IpAddr, time::Duration};

use super::{
    Chance, Machine,
    host::{self, Host},
    law::{Law, Violation},
    service::Service,
    watch::{Memory, Seen},
};
use crate::{
    ir::failover::{Failover, Family},
    vrrp::{
        Input, Output, State, Time, Timing, ah,
        input::Outcome,
        ip::{Datagram, unwrap_v4, wrap_v4},
        output::{Packet, TimerId},
    },
};

/// How long a packet takes at least.
/// When simulations take place, after 1970.
const EPOCH: Time = Duration::from_secs(1_800_000_000);
const LATENCY: Duration = Duration::from_micros(300);
/// How long a script runs.
const RUN: Duration = Duration::from_millis(10);

/// What a wire does to packets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Noise {
    /// One in so many is lost; 0 for none.
    pub loss: u64,
    /// One in so many comes twice; 0 for none.
    pub twice: u64,
    /// Longest further delay. Packets may overtake each other.
    pub delay: Duration,
}

enum Event {
    Arrive { from: usize, to: usize, interface: String, packet: Packet },
    Timer { host: usize, timer: TimerId, number: u64 },
    Script { host: usize, name: String, life: u64 },
}

/// Everything that is simulated, at one moment.
pub struct Network<M> {
    pub now: Time,
    pub hosts: Vec<Host<M>>,
    /// Whether packets of the first reach the second; the last index is the client.
    pub reaches: Vec<Vec<bool>>,
    pub noise: Noise,
    pub timing: Timing,
    pub service: Service,
    /// The first broken law. The simulation stands still from then on.
    pub violation: Option<Violation>,
    /// Adverts sent, by host and router.
    pub sent: BTreeMap<(usize, String), u64>,
    /// What happened, if anybody wants to read it.
    pub trace: Option<Vec<(Time, usize, String)>>,
    pub memory: Memory,
    prototype: M,
    chance: Chance,
    events: BTreeMap<(Time, u64), Event>,
    next: u64,
}

impl<M: Machine> Network<M> {
    /// Hosts that nobody has started yet. `prototype` makes the machines.
    #[must_use]
    pub fn new(configs: &[Failover], timing: Timing, seed: u64, prototype: M) -> Self {
        let make = |(index, config): (usize, &Failover)| {
            let machine = prototype.fresh(config.clone(), timing);
            let number = u8::try_from(index).unwrap_or(u8::MAX);
            Host::new(machine, config.clone(), &host::addresses(configs, index), number)
        };
        let hosts: Vec<Host<M>> = configs.iter().enumerate().map(make).collect();
        let count = hosts.len() + 1;
        Self {
            now: Time::ZERO,
            hosts,
            reaches: vec![vec![true; count]; count],
            noise: Noise::default(),
            timing,
            service: Service::default(),
            violation: None,
            sent: BTreeMap::new(),
            trace: None,
            memory: Memory::default(),
            prototype,
            chance: Chance::new(seed),
            events: BTreeMap::new(),
            next: 0,
        }
    }

    /// The index of the client in [`Self::reaches`].
    #[must_use]
    pub fn client(&self) -> usize {
        self.hosts.len()
    }

    pub fn start_all(&mut self) {
        (0..self.hosts.len()).for_each(|host| self.start(host));
    }

    /// Starts the daemon on a host, unless it runs.
    pub fn start(&mut self, host: usize) {
        if self.hosts[host].up {
            return;
        }
        let it = &mut self.hosts[host];
        it.machine = self.prototype.fresh(it.config.clone(), self.timing);
        it.timers.clear();
        it.up = true;
        it.life += 1;
        self.memory.forget(host);
        let it = &self.hosts[host];
        let (links, world) = (it.links.clone(), it.world.clone());
        links.into_values().for_each(|link| self.apply(host, Input::Link(link)));
        world.processes.iter().for_each(|(name, &up)| self.apply(host, Input::Process { name, up }));
        world.bfds.iter().for_each(|(name, &up)| self.apply(host, Input::Bfd { name, up }));
        world.files.iter().for_each(|(name, &value)| self.apply(host, Input::File { name, value }));
        self.apply(host, Input::Start);
        self.run_scripts(host);
    }

    /// The daemon ends in order.
    pub fn stop(&mut self, host: usize) {
        self.apply(host, Input::Stop);
        self.end(host);
    }

    /// The host loses its power: addresses and all.
    pub fn crash(&mut self, host: usize) {
        self.end(host);
        self.hosts[host].held.clear();
        self.look();
    }

    fn end(&mut self, host: usize) {
        self.hosts[host].up = false;
        self.hosts[host].timers.clear();
    }

    pub fn set_link(&mut self, host: usize, interface: &str, up: bool) {
        let Some(link) = self.hosts[host].links.get_mut(interface).filter(|link| link.up != up) else { return };
        link.up = up;
        let link = link.clone();
        self.apply(host, Input::Link(link));
        self.look();
    }

    pub fn set_process(&mut self, host: usize, name: &str, up: bool) {
        self.hosts[host].world.processes.insert(name.to_owned(), up);
        self.apply(host, Input::Process { name, up });
    }

    pub fn set_bfd(&mut self, host: usize, name: &str, up: bool) {
        self.hosts[host].world.bfds.insert(name.to_owned(), up);
        self.apply(host, Input::Bfd { name, up });
    }

    pub fn set_file(&mut self, host: usize, name: &str, value: i64) {
        self.hosts[host].world.files.insert(name.to_owned(), value);
        self.apply(host, Input::File { name, value });
    }

    /// What the script's next runs will find.
    pub fn set_script(&mut self, host: usize, name: &str, good: bool) {
        self.hosts[host].world.scripts.insert(name.to_owned(), good);
    }

    /// Runs a script out of turn.
    pub fn run_script(&mut self, host: usize, name: &str) {
        let good = self.hosts[host].world.scripts.get(name).copied().unwrap_or(false);
        let outcome = if good { Outcome::Success } else { Outcome::Status(1) };
        self.apply(host, Input::Script { name, outcome });
    }

    pub fn reload(&mut self, host: usize, config: Failover) {
        let it = &mut self.hosts[host];
        let fresh: Vec<String> = (config.scripts.iter().map(|script| script.name.clone()))
            .filter(|name| !it.world.scripts.contains_key(name))
            .collect();
        it.world.scripts.extend(fresh.iter().map(|name| (name.clone(), true)));
        it.config = config.clone();
        self.apply(host, Input::Reload(Box::new(config)));
        fresh.into_iter().for_each(|name| self.tick(host, name, RUN));
    }

    fn run_scripts(&mut self, host: usize) {
        let names: Vec<String> = self.hosts[host].config.scripts.iter().map(|script| script.name.clone()).collect();
        names.into_iter().for_each(|name| self.tick(host, name, RUN));
    }

    fn tick(&mut self, host: usize, name: String, after: Duration) {
        let life = self.hosts[host].life;
        self.schedule(self.now + after, Event::Script { host, name, life });
    }

    fn schedule(&mut self, at: Time, event: Event) {
        self.next += 1;
        self.events.insert((at, self.next), event);
    }

    /// Lets time pass, unless a law has been broken.
    pub fn run(&mut self, time: Duration) {
        let until = self.now + time;
        while self.violation.is_none() {
            let Some(entry) = self.events.first_entry().filter(|entry| entry.key().0 <= until) else { break };
            let ((at, _), event) = entry.remove_entry();
            self.now = at;
            self.happen(event);
        }
        self.now = until;
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Arrive { from, to, interface, packet } => self.arrive(from, to, &interface, &packet),
            Event::Timer { host, timer, number } => {
                let it = &mut self.hosts[host];
                if it.timers.get(&timer).is_some_and(|(_, armed)| *armed == number) {
                    it.timers.remove(&timer);
                    self.apply(host, Input::Timer(timer));
                }
            }
            Event::Script { host, name, life } => {
                let it = &self.hosts[host];
                let interval = it.config.script(&name).map(|script| script.interval);
                if let Some(interval) = interval.filter(|_| it.up && it.life == life) {
                    self.run_script(host, &name);
                    self.tick(host, name, interval);
                }
            }
        }
    }

    fn arrive(&mut self, from: usize, to: usize, interface: &str, packet: &Packet) {
        if !self.reaches[from][to] || !self.hosts[to].link_up(interface) {
            return;
        }
        if let (IpAddr::V4(source), IpAddr::V4(destination)) = (packet.source, packet.destination) {
            let bytes = wrap_v4(packet.protocol, packet.id, packet.ttl, source, destination, &packet.payload);
            if let Some(datagram) = unwrap_v4(&bytes) {
                self.apply(to, Input::Packet { interface, datagram });
            }
        } else {
            let (source, destination) = (packet.source, packet.destination);
            let datagram = Datagram { source, destination, ttl: packet.ttl, header: &[], payload: &packet.payload };
            self.apply(to, Input::Packet { interface, datagram });
        }
    }

    /// One event for the machine of a host, and everything that it asks for in return.
    pub fn apply(&mut self, host: usize, input: Input<'_>) {
        if !self.hosts[host].up || self.violation.is_some() {
            return;
        }
        let now = self.hosts[host].local(self.now);
        let before: Vec<(String, State)> = states(&self.hosts[host]);
        let seen = Seen::of(now, &self.hosts[host], &input, before);
        let machine = &mut self.hosts[host].machine;
        machine.set_epoch(EPOCH + self.now - now);
        let outputs = machine.handle(now, input);
        self.memory.hear(host, &seen, &self.hosts[host]);
        let mut moved = false;
        for output in &outputs {
            moved |= self.obey(host, now, output);
        }
        for (name, state) in states(&self.hosts[host]) {
            if seen.was(&name) != Some(state) {
                moved = true;
                self.note(host, || format!("{name} enters {}", state.name()));
                self.hosts[host].history.push((self.now, name, state));
            }
        }
        let broken =
            seen.judge(&self.hosts[host], &outputs).or_else(|| self.memory.judge(host, &seen, &self.hosts[host]));
        if let Some((law, text)) = broken {
            self.violation = Some(Violation { law, at: self.now, host: Some(host), seen: text });
        }
        if moved {
            self.look();
        }
        if self.timing == Timing::Prompt && self.violation.is_none() {
            let (law, at) = (Law::NeighboursLearnInASecond, self.now);
            self.violation = self.service.stale(at).map(|seen| Violation { law, at, host: None, seen });
        }
    }

    /// Does what a machine asks for. Whether an address moved or a neighbour was told.
    fn obey(&mut self, host: usize, now: Time, output: &Output) -> bool {
        match output {
            Output::Send(packet) => self.send(host, packet),
            Output::AddAddress { interface, address } => {
                return self.hosts[host].held.insert((interface.clone(), address.ip));
            }
            Output::DeleteAddress { interface, address } => {
                return self.hosts[host].held.remove(&(interface.clone(), address.ip));
            }
            Output::Announce(announce) => {
                if self.reaches[host][self.client()] && self.hosts[host].link_up(&announce.interface) {
                    self.service.told(announce.ip, host);
                    return true;
                }
            }
            Output::Arm { timer, at } => {
                self.next += 1;
                let number = self.next;
                self.hosts[host].timers.insert(timer.clone(), (*at, number));
                let due = self.hosts[host].global((*at).max(now)).max(self.now);
                self.schedule(due, Event::Timer { host, timer: timer.clone(), number });
            }
            Output::Cancel(timer) => {
                self.hosts[host].timers.remove(timer);
            }
            Output::Log(log) => self.note(host, || log.text.clone()),
            Output::Notify(_) | Output::AddRouting(_) | Output::DeleteRouting(_) => {}
        }
        false
    }

    fn send(&mut self, host: usize, packet: &Packet) {
        let skipped = if packet.protocol == ah::PROTOCOL { ah::LENGTH } else { 0 };
        let vrid = packet.payload.get(skipped + 1).copied().unwrap_or(0);
        let family = Family::of(packet.source);
        let router = |config: &Failover| {
            let sender = config.instances.iter().find(|it| it.vrid == vrid && it.family == family);
            sender.map(|it| (it.name.clone(), it.interface.clone()))
        };
        if let Some((name, _)) = router(&self.hosts[host].config) {
            *self.sent.entry((host, name)).or_default() += 1;
        }
        if !self.hosts[host].link_up(&packet.interface) {
            return;
        }
        for to in (0..self.hosts.len()).filter(|to| *to != host) {
            let other = &self.hosts[to];
            // Nodes may name their interfaces differently: the router's number tells which ones are on one wire.
            let Some((_, interface)) = router(&other.config) else { continue };
            let theirs = || other.links[&interface].addresses.contains(&packet.destination);
            if !packet.destination.is_multicast() && !theirs() {
                continue;
            }
            let copies = if self.chance.one_in(self.noise.twice) { 2 } else { 1 };
            for _ in 0..copies {
                if self.chance.one_in(self.noise.loss) {
                    continue;
                }
                let late = u64::try_from(self.noise.delay.as_micros()).unwrap_or(0);
                let at = self.now + LATENCY + Duration::from_micros(self.chance.between(0, late + 50));
                let (interface, packet) = (interface.clone(), packet.clone());
                self.schedule(at, Event::Arrive { from: host, to, interface, packet });
            }
        }
    }

    /// Who holds what has changed, or who hears whom.
    pub fn look(&mut self) {
        let (client, now) = (self.client(), self.now);
        self.service.look(now, &self.hosts, |host| self.reaches[host][client]);
    }

    fn note(&mut self, host: usize, text: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            trace.push((self.now, host, text()));
        }
    }

    /// The hosts on which a router is master.
    #[must_use]
    pub fn masters(&self, router: &str) -> Vec<usize> {
        let leads = |host: &Host<M>| states(host).iter().any(|(name, state)| name == router && *state == State::Master);
        (0..self.hosts.len()).filter(|host| self.hosts[*host].up && leads(&self.hosts[*host])).collect()
    }
}

fn states<M: Machine>(host: &Host<M>) -> Vec<(String, State)> {
    host.machine.routers().iter().map(|router| (router.config.name.clone(), router.state)).collect()
}
