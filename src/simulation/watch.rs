//! The laws of every single event: what went in, what came out, and what the host looks like then.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    time::Duration,
};

use super::{Machine, host::Host, law::Law};
use crate::{
    ir::failover::{Auth, Failover, Instance, Transport, Version},
    vrrp::{
        Input, Output, State, Time, ah, hmac,
        instance::VirtualRouter,
        ip::TTL,
        output::{Event, Packet, Subject, TimerKind},
        packet::{self, Raw},
        verdict::{self, Known},
    },
};

type Broken = (Law, String);

/// What kind of event it was, as far as the laws care.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Cause {
    SameFile,
    NewFile,
    Other,
}

/// An advert that arrived and has to be believed.
#[derive(Debug, Clone)]
struct Advert {
    router: String,
    rank: Rank,
    interval: Duration,
}

/// What the sender of an advert is to a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rank {
    /// To be followed.
    Leads,
    /// To be followed until the delay of preemption is over.
    Lower,
    /// It says that it stops.
    Gone,
}

/// One event, as noted before the machine saw it.
pub struct Seen {
    now: Time,
    before: Vec<(String, State)>,
    priorities: BTreeMap<String, u8>,
    cause: Cause,
    advert: Vec<Advert>,
}

impl Seen {
    pub(super) fn of<M: Machine>(now: Time, host: &Host<M>, input: &Input<'_>, before: Vec<(String, State)>) -> Self {
        let routers = host.machine.routers();
        let cause = match input {
            Input::Reload(config) if is_same(config, routers) => Cause::SameFile,
            Input::Reload(_) => Cause::NewFile,
            _ => Cause::Other,
        };
        let mut advert = Vec::new();
        if let Input::Packet { interface, datagram } = input {
            for router in routers.iter().filter(|router| router.config.interface == **interface) {
                let (instance, vrid) = (host.wanted(router), datagram.advert().map(|raw| raw.vrid()));
                let judged = || verdict::judge(instance, datagram, Known::default());
                // Whether a sequence number or a signature is too old only the machines know.
                let sealed = matches!(instance.auth, Auth::Ah(_)) || instance.hmac.is_some();
                if vrid == Some(instance.vrid)
                    && !sealed
                    && let Ok(heard) = judged()
                {
                    let rank = match heard.priority {
                        0 => Rank::Gone,
                        theirs if !instance.preempt || theirs >= router.priority() => Rank::Leads,
                        _ => Rank::Lower,
                    };
                    advert.push(Advert { router: instance.name.clone(), rank, interval: heard.interval });
                }
            }
        }
        let priorities = routers.iter().map(|router| (router.config.name.clone(), router.priority())).collect();
        Self { now, before, priorities, cause, advert }
    }

    /// The state of a router before the event.
    #[must_use]
    pub fn was(&self, router: &str) -> Option<State> {
        self.before.iter().find(|(name, _)| name == router).map(|(_, state)| *state)
    }

    /// The first law that one event alone shows to be broken.
    pub(super) fn judge<M: Machine>(&self, host: &Host<M>, outputs: &[Output]) -> Option<Broken> {
        if self.cause == Cause::SameFile && self.was_started() {
            let done = outputs.iter().find(|output| !matches!(output, Output::Log(_)));
            if let Some(done) = done {
                return Some((Law::SameFileChangesNothing, format!("{done:?}")));
            }
        }
        if let Some(broken) = addresses(host) {
            return Some(broken);
        }
        let routers = host.machine.routers();
        routers
            .iter()
            .find_map(|router| self.judge_router(host, router, outputs))
            .or_else(|| self.adverts(host, outputs))
    }

    fn was_started(&self) -> bool {
        self.before.iter().any(|(_, state)| *state != State::Init)
    }

    fn judge_router<M>(&self, host: &Host<M>, router: &VirtualRouter, outputs: &[Output]) -> Option<Broken> {
        let was = self.was(&router.config.name).unwrap_or(State::Init);
        timers(host, router)
            .or_else(|| self.intervals(host, router, outputs))
            .or_else(|| self.step(router, was))
            .or_else(|| if was == router.state { None } else { self.change(host, router, was, outputs) })
    }

    /// Times of timers that this event armed.
    fn intervals<M>(&self, host: &Host<M>, router: &VirtualRouter, outputs: &[Output]) -> Option<Broken> {
        let config = host.wanted(router);
        let armed = |kind: TimerKind| {
            outputs.iter().rev().find_map(|output| match output {
                Output::Arm { timer, at } if timer.router == config.name && timer.kind == kind => Some(*at),
                _ => None,
            })
        };
        if let Some(at) = armed(TimerKind::Advert)
            && at != self.now + config.advert_interval
        {
            let after = at.saturating_sub(self.now);
            return Some((Law::AdvertsKeepTheInterval, format!("{} waits {after:?}", config.name)));
        }
        let unit = router.master_interval.max(Duration::from_secs(1));
        let longest = router.master_interval * config.down_timer_adverts + unit;
        let at = armed(TimerKind::MasterDown)?;
        if at < self.now || at > self.now + longest {
            let after = at.saturating_sub(self.now);
            return Some((Law::WatchKeepsTheInterval, format!("{} waits {after:?}", config.name)));
        }
        None
    }

    fn step(&self, router: &VirtualRouter, was: State) -> Option<Broken> {
        let legal =
            router.state != State::Master || matches!(was, State::Backup | State::Master) || router.config.is_owner();
        let seen = || format!("{} went from {} to {}", router.config.name, was.name(), router.state.name());
        (!legal).then(|| (Law::StepsAreLegal, seen()))
    }

    fn change<M>(&self, host: &Host<M>, router: &VirtualRouter, was: State, outputs: &[Output]) -> Option<Broken> {
        let name = &router.config.name;
        let leaves = was == State::Master && matches!(router.state, State::Fault | State::Init);
        if leaves
            && host.link_up(&router.config.interface)
            && !sent(router, outputs).any(|advert| advert.priority() == 0)
        {
            return Some((Law::LeavingSaysZero, format!("{name} goes to {} without a word", router.state.name())));
        }
        if router.state == State::Master
            && let Some(seen) = disorder(host.wanted(router), outputs)
        {
            return Some((Law::TakeoverInOrder, format!("{name}: {seen}")));
        }
        let told: Vec<Event> = outputs
            .iter()
            .filter_map(|output| match output {
                Output::Notify(it) if it.kind == Subject::Instance && it.name == *name => Some(it.event),
                _ => None,
            })
            .filter(|event| !matches!(event, Event::MasterRxLowerPri | Event::MasterPriority | Event::BackupPriority))
            .collect();
        let expected: &[Event] = match router.state {
            State::Master => &[Event::Master],
            State::Backup => &[Event::Backup],
            State::Fault => &[Event::Fault],
            State::Init => &[Event::Stop],
        };
        // A new file may end a router and begin it again in one go.
        let told = if self.cause == Cause::NewFile { &told[told.len().saturating_sub(1)..] } else { &told };
        (told != expected).then(|| (Law::ChangesAreTold, format!("{name} is {}, told {told:?}", router.state.name())))
    }

    fn adverts<M: Machine>(&self, host: &Host<M>, outputs: &[Output]) -> Option<Broken> {
        for router in host.machine.routers() {
            let config = host.wanted(router);
            let speaks = [self.was(&config.name), Some(router.state)].contains(&Some(State::Master));
            for output in outputs {
                let Output::Send(packet) = output else { continue };
                let Some(raw) = advert_of(config, packet) else { continue };
                if !speaks && self.cause != Cause::NewFile {
                    return Some((Law::OnlyMasterSpeaks, format!("{} in {}", config.name, router.state.name())));
                }
                let known = [0, router.priority(), self.priorities.get(&config.name).copied().unwrap_or(0)];
                let wrong = if known.contains(&raw.priority()) {
                    wrong_content(config, packet, &raw)
                } else {
                    Some(format!("priority {} instead of {}", raw.priority(), router.priority()))
                };
                if let Some(seen) = wrong.filter(|_| self.cause != Cause::NewFile) {
                    return Some((Law::AdvertSaysWhatIs, format!("{}: {seen}", config.name)));
                }
            }
        }
        None
    }
}

/// Whether the routers that run are those of a configuration, unchanged.
fn is_same(config: &Failover, routers: &[VirtualRouter]) -> bool {
    config.instances.iter().eq(routers.iter().map(|router| &router.config))
}

fn addresses<M: Machine>(host: &Host<M>) -> Option<Broken> {
    let led = host.machine.routers().iter().filter(|router| router.state == State::Master);
    let expected: BTreeSet<(String, IpAddr)> = led
        .flat_map(|router| {
            let config = host.wanted(router);
            config.all_addresses().map(|address| (config.device(address).to_owned(), address.ip))
        })
        .collect();
    let wrong = expected.symmetric_difference(&host.held).next()?;
    let seen = if host.held.contains(wrong) { "is held" } else { "is missing" };
    Some((Law::AddressesFollowMaster, format!("{} {seen}", wrong.1)))
}

fn timers<M>(host: &Host<M>, router: &VirtualRouter) -> Option<Broken> {
    let name = &router.config.name;
    let armed = |kind: TimerKind| host.timers.keys().any(|timer| timer.router == *name && timer.kind == kind);
    let seen = |kind: &str| format!("{name} is {} and {kind}", router.state.name());
    if armed(TimerKind::Advert) != (router.state == State::Master) {
        return Some((Law::MasterAdvertises, seen(if armed(TimerKind::Advert) { "advertises" } else { "does not" })));
    }
    if armed(TimerKind::MasterDown) != (router.state == State::Backup) {
        return Some((Law::BackupWatches, seen(if armed(TimerKind::MasterDown) { "watches" } else { "does not" })));
    }
    let announces =
        [TimerKind::AnnounceAgain, TimerKind::AnnounceLower, TimerKind::AnnounceRefresh].into_iter().any(armed);
    (announces && router.state != State::Master).then(|| (Law::OnlyMasterAnnounces, seen("announces")))
}

fn advert_of<'a>(config: &Instance, packet: &'a Packet) -> Option<Raw<'a>> {
    let skipped = if packet.protocol == ah::PROTOCOL { ah::LENGTH } else { 0 };
    let raw = Raw::new(message(config, packet.payload.get(skipped..)?)?)?;
    let ours = raw.vrid() == config.vrid
        && packet.interface == config.interface
        && crate::ir::failover::Family::of(packet.source) == config.family;
    ours.then_some(raw)
}

/// The message without what signs it. A router that signs and did not has sent no advert.
fn message<'a>(config: &Instance, payload: &'a [u8]) -> Option<&'a [u8]> {
    let Some(hmac) = &config.hmac else { return Some(payload) };
    let (message, signature) = hmac::split(payload, packet::length(config));
    (signature.map(|signature| signature[1]) == hmac.signing_key().map(|key| key.id)).then_some(message)
}

fn sent<'a>(router: &'a VirtualRouter, outputs: &'a [Output]) -> impl Iterator<Item = Raw<'a>> {
    outputs.iter().filter_map(|output| match output {
        Output::Send(packet) => advert_of(&router.config, packet),
        _ => None,
    })
}

/// What is wrong with an advert, its priority aside.
fn wrong_content(config: &Instance, packet: &Packet, raw: &Raw<'_>) -> Option<String> {
    let addresses: Vec<IpAddr> = config.addresses.iter().map(|address| address.ip).collect();
    let ttl = match &config.transport {
        Transport::Multicast { .. } => TTL,
        Transport::Unicast { ttl, .. } => *ttl,
    };
    let known = match &config.transport {
        Transport::Multicast { group } => packet.destination == *group,
        Transport::Unicast { peers, .. } => peers.iter().any(|peer| peer.ip == packet.destination),
    };
    let (wanted, trailer) = match config.auth {
        Auth::Pass(password) => (1, password),
        Auth::None => (0, [0; 8]),
        Auth::Ah(_) => (2, [0; 8]),
    };
    let authentic = config.version == Version::V3 || (raw.auth_type() == wanted && raw.trailer() == Some(trailer));
    if raw.version() != config.version.number() {
        Some(format!("version {}", raw.version()))
    } else if raw.addresses(config.family) != addresses {
        Some(format!("addresses {:?}", raw.addresses(config.family)))
    } else if packet.ttl != ttl {
        Some(format!("time to live {}", packet.ttl))
    } else if raw.interval() != config.advert_interval {
        Some(format!("interval {:?}", raw.interval()))
    } else if !known {
        Some(format!("sent to {}", packet.destination))
    } else if !raw.checksum_holds(config.sums_ends().then_some((packet.source, packet.destination))) {
        Some("a wrong checksum".to_owned())
    } else if !authentic {
        Some("wrong authentication".to_owned())
    } else {
        None
    }
}

/// What is wrong with the way in which a router became master.
fn disorder(config: &Instance, outputs: &[Output]) -> Option<String> {
    let position = |is: &dyn Fn(&Output) -> bool| outputs.iter().position(is);
    let advert = position(&|output| match output {
        Output::Send(packet) => advert_of(config, packet).is_some_and(|raw| raw.priority() != 0),
        _ => false,
    });
    let Some(advert) = advert else { return Some("no advert".to_owned()) };
    for address in config.all_addresses() {
        let taken = position(&|output| matches!(output, Output::AddAddress { address: it, .. } if it.ip == address.ip));
        let told = position(&|output| matches!(output, Output::Announce(it) if it.ip == address.ip && it.count > 0));
        match (taken, told) {
            (None, _) => return Some(format!("{} is not taken", address.ip)),
            (_, None) if config.garp.repeat > 0 => return Some(format!("{} is not announced", address.ip)),
            (Some(taken), _) if taken < advert => return Some(format!("{} is taken before the advert", address.ip)),
            (Some(taken), Some(told)) if told < taken => {
                return Some(format!("{} is announced before it is taken", address.ip));
            }
            _ => {}
        }
    }
    None
}

/// What a backup heard, for the laws about its patience.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    /// Until when a backup has to leave its master alone; by host and router.
    leashes: BTreeMap<(usize, String), Time>,
    /// When a backup first heard a master of lower priority.
    lower: BTreeMap<(usize, String), Time>,
}

impl Memory {
    pub(super) fn forget(&mut self, host: usize) {
        self.leashes.retain(|(of, _), _| *of != host);
        self.lower.retain(|(of, _), _| *of != host);
    }

    /// Notes an advert. To be called when the machine has seen it.
    pub(super) fn hear<M>(&mut self, index: usize, seen: &Seen, host: &Host<M>) {
        for advert in &seen.advert {
            let key = (index, advert.router.clone());
            if seen.was(&advert.router) != Some(State::Backup) || advert.rank != Rank::Lower {
                self.lower.remove(&key);
            }
            // Three of the sender's intervals at least; the skew comes on top.
            let silence = seen.now + advert.interval * 3;
            let until = match advert.rank {
                Rank::Leads => silence,
                Rank::Lower => {
                    let first = *self.lower.entry(key.clone()).or_insert(seen.now);
                    let delay = host.config.instance(&advert.router).map(|it| it.preempt_delay).unwrap_or_default();
                    silence.min(first + delay)
                }
                Rank::Gone => seen.now,
            };
            if seen.was(&advert.router) == Some(State::Backup) && until > seen.now {
                self.leashes.insert(key, until);
            } else {
                self.leashes.remove(&key);
            }
        }
    }

    pub(super) fn judge<M: Machine>(&mut self, index: usize, seen: &Seen, host: &Host<M>) -> Option<Broken> {
        for router in host.machine.routers() {
            let name = &router.config.name;
            let key = (index, name.clone());
            let grouped = host.config.group_of(name).is_some();
            let rose = seen.priorities.get(name).is_some_and(|before| *before != router.priority());
            if rose || seen.cause == Cause::NewFile || grouped || router.config.down_timer_adverts != 3 {
                self.leashes.remove(&key);
            }
            if router.state != State::Backup {
                self.lower.remove(&key);
            }
            let took = router.state == State::Master && seen.was(name) == Some(State::Backup);
            if let Some(&until) = self.leashes.get(&key).filter(|until| took && **until > seen.now) {
                let early = until.saturating_sub(seen.now);
                return Some((Law::TakeoverAfterSilence, format!("{name} takes over {early:?} too early")));
            }
            let left = seen.advert.iter().any(|advert| advert.router == *name && advert.rank == Rank::Gone);
            if left && router.state == State::Backup && seen.was(name) == Some(State::Backup) {
                let unit = router.master_interval.max(Duration::from_secs(1));
                let due = host.timers.iter().find(|(id, _)| id.router == *name && id.kind == TimerKind::MasterDown);
                if let Some((_, (at, _))) = due.filter(|(_, (at, _))| *at > seen.now + unit) {
                    let wait = at.saturating_sub(seen.now);
                    return Some((Law::GoodbyeIsAnswered, format!("{name} still waits {wait:?}")));
                }
            }
        }
        None
    }
}
