//! All virtual routers of this host behind one function.

use super::{
    Input, Output, Time, Timing, ah,
    group::Group,
    input::{Link, Outcome},
    instance::{Moment, VirtualRouter},
    ip::Datagram,
    output::{Event, Level, Log, Notification, Subject, TimerId},
    stats::Stats,
    sync_daemon::{self, Daemon},
    track::{Assessment, ScriptState, Watched},
    why::{Fault, State, Why},
};
use crate::ir::failover::{Failover, Family, Instance, Tracking, Transport};

/// Every router, group and watched thing of one configuration.
#[derive(Debug, Clone)]
pub struct Router {
    config: Failover,
    timing: Timing,
    routers: Vec<VirtualRouter>,
    groups: Vec<Group>,
    watched: Watched,
    started: bool,
    epoch: Time,
    /// What the kernel was told last.
    sync_daemon: Option<Daemon>,
}

impl Router {
    #[must_use]
    pub fn new(config: Failover, timing: Timing) -> Self {
        let routers = config.instances.iter().cloned().map(VirtualRouter::new).collect();
        let groups = config.groups.iter().cloned().map(Group::new).collect();
        let scripts = config.scripts.iter().map(|script| (script.name.clone(), ScriptState::new(script))).collect();
        let watched = Watched { scripts, ..Watched::default() };
        let mut router =
            Self { config, timing, routers, groups, watched, started: false, epoch: Time::ZERO, sync_daemon: None };
        router.mark_members();
        router
    }

    fn mark_members(&mut self) {
        for router in &mut self.routers {
            router.grouped = self.config.group_of(&router.config.name).is_some();
        }
    }

    #[must_use]
    pub fn config(&self) -> &Failover {
        &self.config
    }

    /// Whether a router's adverts carry the time.
    #[must_use]
    pub fn signs(&self) -> bool {
        self.routers.iter().any(|router| router.config.hmac.is_some())
    }

    /// What the clock on the wall showed, as time since 1970 in UTC, when the routers' own time began. Signed adverts carry
    /// that time; whoever feeds events tells it anew when the clock was set.
    pub fn set_epoch(&mut self, epoch: Time) {
        self.epoch = epoch;
    }

    /// In the order of the configuration.
    #[must_use]
    pub fn routers(&self) -> &[VirtualRouter] {
        &self.routers
    }

    #[must_use]
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    #[must_use]
    pub fn watched(&self) -> &Watched {
        &self.watched
    }

    /// What follows from one event, in the order in which it is to be done.
    pub fn handle(&mut self, now: Time, input: Input<'_>) -> Vec<Output> {
        let mut out = Vec::new();
        self.take(now, input, &mut out);
        let state =
            |name: &str| self.routers.iter().find(|router| router.config.name == name).map(|router| router.state);
        let daemon = sync_daemon::wanted(&self.config, state);
        sync_daemon::change(self.sync_daemon.as_ref(), daemon.as_ref(), &mut out);
        self.sync_daemon = daemon;
        out
    }

    fn take(&mut self, now: Time, input: Input<'_>, out: &mut Vec<Output>) {
        let before: Vec<State> = self.routers.iter().map(|router| router.state).collect();
        match input {
            Input::Start => self.start(now, out),
            Input::Packet { interface, datagram } => self.packet(now, interface, &datagram, out),
            Input::Timer(timer) => self.timer(now, &timer, out),
            Input::Link(link) => self.link(now, link, out),
            Input::LinkGone(name) => {
                self.watched.links.remove(name);
                self.assess(now, out);
            }
            Input::AddressLost { interface, ip } => {
                self.each(now, out, |router, moment| router.address_lost(moment, interface, ip));
            }
            Input::RouteLost { table, to } => {
                self.each(now, out, |router, moment| router.route_lost(moment, table, to));
            }
            Input::RuleLost { family, preference } => {
                self.each(now, out, |router, moment| router.rule_lost(moment, family, preference));
            }
            Input::Static { group, lost } => {
                if lost {
                    self.watched.lost.insert(group.to_owned());
                } else {
                    self.watched.lost.remove(group);
                }
                self.assess(now, out);
            }
            Input::Script { name, outcome } => self.script(now, name, &outcome, out),
            Input::Process { name, up } => {
                self.watched.processes.insert(name.to_owned(), up);
                self.assess(now, out);
            }
            Input::File { name, value } => {
                self.watched.files.insert(name.to_owned(), value);
                self.assess(now, out);
            }
            Input::Bfd { name, up } => self.bfd(now, name, up, out),
            Input::Reload(config) => {
                self.reload(now, *config, out);
                return;
            }
            Input::Stop => {
                self.stop(now, out);
                return;
            }
            Input::ClearStats => self.routers.iter_mut().for_each(|router| router.stats = Stats::default()),
        }
        self.sync(now, &before, out);
    }

    /// The present state of everything, as notifications without commands: what pipes are told after a reload, if asked for.
    #[must_use]
    pub fn states(&self) -> Vec<Notification> {
        let told = |kind, name: &String, state, priority, why| {
            let event = match state {
                State::Master => Event::Master,
                State::Backup => Event::Backup,
                State::Fault => Event::Fault,
                State::Init => return None,
            };
            Some(Notification {
                kind,
                name: name.clone(),
                event,
                priority,
                why,
                commands: Vec::new(),
                fifo: true,
                mail: false,
            })
        };
        let routers = self.routers.iter().filter_map(|router| {
            told(Subject::Instance, &router.config.name, router.state, router.priority(), router.why.clone())
        });
        let groups = self
            .groups
            .iter()
            .filter_map(|group| told(Subject::Group, &group.config.name, group.state, 0, Why::Reload));
        routers.chain(groups).collect()
    }

    fn start(&mut self, now: Time, out: &mut Vec<Output>) {
        self.started = true;
        let assessments = self.assessments();
        let mut moment = Moment { now, timing: self.timing, epoch: self.epoch, watched: &self.watched, out };
        for (router, assessed) in self.routers.iter_mut().zip(assessments) {
            router.start(&mut moment, assessed);
        }
    }

    fn packet(&mut self, now: Time, interface: &str, datagram: &Datagram<'_>, out: &mut Vec<Output>) {
        let family = Family::of(datagram.source);
        let length = datagram.header.len() + datagram.payload.len();
        let Some(vrid) = datagram.advert().map(|raw| raw.vrid()) else {
            let with = if ah::is_sealed(datagram) { " with AH" } else { "" };
            let text = format!("{} VRRP packet{with} too short - {length} bytes", family.name());
            out.push(Output::Log(Log { level: Level::Info, text }));
            return;
        };
        let addressed = |config: &Instance| {
            config.vrid == vrid && config.family == family && config.advert_interface() == interface
        };
        if self.config.global.log_unknown_vrids && !self.routers.iter().any(|router| addressed(&router.config)) {
            let text = format!("Unknown VRID({vrid}) received on interface({interface}). ignoring...");
            out.push(Output::Log(Log { level: Level::Info, text }));
        }
        let mut moment = Moment { now, timing: self.timing, epoch: self.epoch, watched: &self.watched, out };
        for router in self.routers.iter_mut().filter(|router| addressed(&router.config)) {
            router.hear(&mut moment, datagram);
        }
    }

    fn timer(&mut self, now: Time, timer: &TimerId, out: &mut Vec<Output>) {
        let mut moment = Moment { now, timing: self.timing, epoch: self.epoch, watched: &self.watched, out };
        for router in self.routers.iter_mut().filter(|router| router.config.name == timer.router) {
            router.timer_ran_out(&mut moment, timer.kind);
        }
    }

    fn link(&mut self, now: Time, link: Link, out: &mut Vec<Output>) {
        let before = self.watched.links.get(&link.name).map(|link| link.up);
        if self.started && before.is_some_and(|up| up != link.up) && self.watches(&link.name) {
            let word = if link.up { "up" } else { "down" };
            out.push(Output::Log(Log { level: Level::Info, text: format!("Netlink reports {} {word}", link.name) }));
        }
        self.watched.links.insert(link.name.clone(), link);
        self.assess(now, out);
    }

    /// Whether any router has to do with an interface.
    #[must_use]
    pub fn watches(&self, interface: &str) -> bool {
        let tracked = |tracking: &Tracking| tracking.interfaces.iter().any(|item| item.name == interface);
        self.routers.iter().any(|router| {
            let config = &router.config;
            config.interface == interface
                || config.virtual_links().any(|link| link.name == interface)
                || config.all_addresses().any(|address| config.device(address) == interface)
                || tracked(&config.tracking)
        }) || self.groups.iter().any(|group| tracked(&group.config.tracking))
    }

    fn script(&mut self, now: Time, name: &str, outcome: &Outcome, out: &mut Vec<Output>) {
        let Some(state) = self.watched.scripts.get_mut(name) else { return };
        let turn = state.take(outcome);
        let up = state.up();
        let mut info = |text: String| out.push(Output::Log(Log { level: Level::Info, text }));
        if turn.status_changed {
            match outcome {
                Outcome::Success | Outcome::Status(_) => {
                    info(format!("Script `{name}` now returning {}", outcome.status()));
                }
                Outcome::NotStarted(reason) => info(format!("Script `{name}` could not be started: {reason}")),
                Outcome::Signal(_) | Outcome::TimedOut => {}
            }
        }
        if turn.changed {
            info(match outcome {
                _ if up => format!("VRRP_Script({name}) succeeded"),
                Outcome::TimedOut => format!("VRRP_Script({name}) timed_out"),
                Outcome::Signal(signal) => format!("VRRP_Script({name}) failed (due to signal {signal})"),
                Outcome::NotStarted(_) => format!("VRRP_Script({name}) failed (not started)"),
                _ => format!("VRRP_Script({name}) failed (exited with status {})", outcome.status()),
            });
        }
        self.assess(now, out);
    }

    fn bfd(&mut self, now: Time, name: &str, up: bool, out: &mut Vec<Output>) {
        let before = self.watched.bfds.insert(name.to_owned(), up).unwrap_or(false);
        if before != up {
            let word = if up { "UP" } else { "DOWN" };
            let tracks = |tracking: &Tracking| tracking.bfds.iter().any(|item| item.name == name);
            for router in self.routers.iter().filter(|router| tracks(&router.config.tracking)) {
                let text = format!("VRRP_Instance({}) Tracked BFD instance {name} is {word}", router.config.name);
                out.push(Output::Log(Log { level: Level::Info, text }));
            }
        }
        self.assess(now, out);
    }

    fn assess(&mut self, now: Time, out: &mut Vec<Output>) {
        if !self.started {
            return;
        }
        let assessments = self.assessments();
        let mut moment = Moment { now, timing: self.timing, epoch: self.epoch, watched: &self.watched, out };
        for (router, assessed) in self.routers.iter_mut().zip(assessments) {
            router.assess(&mut moment, assessed);
        }
    }

    /// What is watched, as it looks to each router: its own matters first, then the faults of its group's other members.
    fn assessments(&self) -> Vec<Assessment> {
        let configs = || self.routers.iter().map(|router| &router.config);
        let mut all: Vec<Assessment> = configs()
            .map(|config| match self.config.group_of(&config.name) {
                Some(group) => self.watched.assess(config, Some(&group.tracking), group.tracking_weight),
                None => self.watched.assess(config, None, true),
            })
            .collect();
        let alone: Vec<bool> = all.iter().map(|assessed| !assessed.faults.is_empty()).collect();
        for group in &self.config.groups {
            let member = |name: &str| group.members.iter().any(|member| member == name);
            for (index, config) in configs().enumerate().filter(|(_, config)| member(&config.name)) {
                let other_is_faulty = configs()
                    .zip(&alone)
                    .any(|(other, &faulty)| faulty && other.name != config.name && member(&other.name));
                if other_is_faulty {
                    all[index].faults.push(Fault::Group(group.name.clone()));
                }
            }
        }
        all
    }

    fn each(&mut self, now: Time, out: &mut Vec<Output>, mut act: impl FnMut(&mut VirtualRouter, &mut Moment<'_>)) {
        let mut moment = Moment { now, timing: self.timing, epoch: self.epoch, watched: &self.watched, out };
        self.routers.iter_mut().for_each(|router| act(router, &mut moment));
    }

    fn sync(&mut self, now: Time, before: &[State], out: &mut Vec<Output>) {
        let mut moment = Moment { now, timing: self.timing, epoch: self.epoch, watched: &self.watched, out };
        for group in &mut self.groups {
            group.sync(&mut moment, &mut self.routers, before);
        }
    }

    fn stop(&mut self, now: Time, out: &mut Vec<Output>) {
        self.each(now, out, |router, moment| router.stop(moment, Event::Stop, Why::Stop));
        let mut moment = Moment { now, timing: self.timing, epoch: self.epoch, watched: &self.watched, out };
        for group in &self.groups {
            group.notify(&mut moment, Event::Stop, Why::Stop);
        }
    }

    /// Routers that stay the same keep state, timers and addresses; others end and begin.
    fn reload(&mut self, now: Time, new: Failover, out: &mut Vec<Output>) {
        let (kept, gone): (Vec<_>, Vec<_>) = std::mem::take(&mut self.routers).into_iter().partition(|router| {
            new.instance(&router.config.name).is_some_and(|config| same_router(&router.config, config))
        });
        let mut moment = Moment { now, timing: self.timing, epoch: self.epoch, watched: &self.watched, out };
        for mut router in gone {
            let told = router.config.notify.tell_deleted;
            router.stop(&mut moment, if told { Event::Deleted } else { Event::Fault }, Why::Reload);
        }
        let removed = |group: &&Group| !new.groups.iter().any(|config| config.name == group.config.name);
        for group in self.groups.iter().filter(removed).filter(|group| group.config.notify.tell_deleted) {
            group.notify(&mut moment, Event::Deleted, Why::Reload);
        }
        for router in &kept {
            if let Some(config) = new.instance(&router.config.name) {
                router.drop_addresses(&mut moment, config);
            }
        }
        self.reload_scripts(&new, out);
        self.config = new;
        self.restart_routers(now, kept, out);
        self.groups = (self.config.groups.iter().cloned())
            .map(|config| {
                let state = self.groups.iter().find(|group| group.config.name == config.name).map(|group| group.state);
                Group { state: state.unwrap_or_default(), ..Group::new(config) }
            })
            .collect();
        let states: Vec<State> = self.routers.iter().map(|router| router.state).collect();
        self.sync(now, &states, out);
    }

    fn reload_scripts(&mut self, new: &Failover, out: &mut Vec<Output>) {
        let old = std::mem::take(&mut self.watched.scripts);
        for script in &new.scripts {
            let same = self.config.script(&script.name).is_some_and(|before| before.command == script.command);
            let state = match old.get(&script.name) {
                Some(state) if same => {
                    let mut state = state.clone();
                    state.adopt(script);
                    if state.up() {
                        let text = format!("VRRP_Script({}) considered successful on reload", script.name);
                        out.push(Output::Log(Log { level: Level::Info, text }));
                    }
                    state
                }
                _ => ScriptState::new(script),
            };
            self.watched.scripts.insert(script.name.clone(), state);
        }
        let named = |name: &str| new.processes.iter().any(|process| process.name == name);
        self.watched.processes.retain(|name, _| named(name));
        self.watched.files.retain(|name, _| new.files.iter().any(|file| file.name == *name));
        self.watched.lost.clear();
        self.watched.bfds.retain(|name, _| new.bfds.iter().any(|bfd| bfd.name == *name));
    }

    fn restart_routers(&mut self, now: Time, mut kept: Vec<VirtualRouter>, out: &mut Vec<Output>) {
        let mut fresh = Vec::new();
        for config in &self.config.instances {
            match kept.iter().position(|router| router.config.name == config.name) {
                Some(index) => {
                    fresh.push(false);
                    self.routers.push(kept.swap_remove(index));
                }
                None => {
                    fresh.push(true);
                    self.routers.push(VirtualRouter::new(config.clone()));
                }
            }
        }
        self.mark_members();
        // `assessments` reads the routers' configurations, so the new ones have to be in place for it.
        let old: Vec<Instance> = self.routers.iter().map(|router| router.config.clone()).collect();
        for (router, config) in self.routers.iter_mut().zip(&self.config.instances) {
            router.config = config.clone();
        }
        let assessments = self.assessments();
        let mut moment = Moment { now, timing: self.timing, epoch: self.epoch, watched: &self.watched, out };
        let new = self.config.instances.iter().cloned();
        for ((((router, old), config), assessed), fresh) in
            self.routers.iter_mut().zip(old).zip(new).zip(assessments).zip(fresh)
        {
            if fresh {
                router.start(&mut moment, assessed);
            } else {
                router.config = old;
                router.reconfigure(&mut moment, config, assessed);
            }
        }
    }
}

/// Whether a new configuration describes the router that is already running: the same one to its neighbours.
fn same_router(old: &Instance, new: &Instance) -> bool {
    let group = |transport: &Transport| match transport {
        Transport::Multicast { group } => Some(*group),
        Transport::Unicast { .. } => None,
    };
    old.interface == new.interface
        && (&old.vmac, old.xmit_base) == (&new.vmac, new.xmit_base)
        && old.vrid == new.vrid
        && old.family == new.family
        && old.version == new.version
        && group(&old.transport) == group(&new.transport)
}
