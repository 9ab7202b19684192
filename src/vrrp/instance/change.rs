//! Changes of state: what is done on entering each, in the original's order, and who is told.

use super::{Moment, VirtualRouter};
use crate::{
    ir::failover::{Address, Command, Instance, Routing},
    vrrp::{
        output::{Event, Level, Notification, Output, Subject, TimerKind},
        track::Assessment,
        why::{State, Why},
    },
};

impl VirtualRouter {
    /// First an advert, so that others stay away; then the addresses; then the neighbours.
    pub(in crate::vrrp) fn enter_master(&mut self, moment: &mut Moment<'_>, why: Why) {
        self.change(moment, State::Master, why);
        self.stats.become_master += 1;
        let learned = std::mem::replace(&mut self.master_interval, self.config.advert_interval);
        self.send_regular(moment);
        moment.log(Level::Info, format!("({}) Entering MASTER STATE", self.config.name));
        self.give_reason(moment);
        if learned != self.config.advert_interval {
            let (name, own) = (&self.config.name, self.config.advert_interval.as_millis());
            let text = format!(
                "({name}) changing advert interval from {}ms to locally configured {own}ms",
                learned.as_millis()
            );
            moment.log(Level::Info, text);
        }
        moment.log(Level::Detail, format!("({}) setting VIPs.", self.config.name));
        for address in self.config.all_addresses() {
            let interface = self.config.device(address).to_owned();
            moment.out.push(Output::AddAddress { interface, address: address.clone() });
        }
        self.add_routing(moment);
        self.announce_first(moment);
        self.notify(moment, Event::Master);
    }

    pub(in crate::vrrp) fn enter_backup(&mut self, moment: &mut Moment<'_>, why: Why) {
        let before = self.state;
        let init = if self.starting { " (init)" } else { "" };
        moment.log(Level::Info, format!("({}) Entering BACKUP STATE{init}", self.config.name));
        self.change(moment, State::Backup, why);
        self.give_reason(moment);
        self.give_up_addresses(moment, before);
        if before != State::Master {
            self.master = None;
            self.master_interval = self.config.advert_interval;
        }
        self.preempt_after = None;
        self.watch(moment);
        self.notify(moment, Event::Backup);
    }

    pub(in crate::vrrp) fn enter_fault(&mut self, moment: &mut Moment<'_>) {
        let before = self.state;
        if before == State::Master {
            self.send_zero(moment);
        }
        let init = if self.starting { " (init)" } else { "" };
        moment.log(Level::Info, format!("({}) Entering FAULT STATE{init}", self.config.name));
        let why = Why::Faults(self.assessed.faults.clone());
        self.change(moment, State::Fault, why);
        self.give_reason(moment);
        self.give_up_addresses(moment, before);
        self.notify(moment, Event::Fault);
    }

    /// Ends this router: others are told, addresses go. `event` says whether for good or with the daemon.
    pub(in crate::vrrp) fn stop(&mut self, moment: &mut Moment<'_>, event: Event, why: Why) {
        let before = self.state;
        if before == State::Master {
            self.send_zero(moment);
        }
        self.change(moment, State::Init, why);
        self.give_up_addresses(moment, before);
        self.notify(moment, event);
    }

    /// First half of a reload: removes the addresses that `new` no longer has. All routers do this before any adds, so that
    /// an address can move from one router to another.
    pub(in crate::vrrp) fn drop_addresses(&self, moment: &mut Moment<'_>, new: &Instance) {
        if self.state != State::Master {
            return;
        }
        for entry in self.config.routing.iter().rev().filter(|entry| !routes(new, entry)) {
            moment.out.push(Output::DeleteRouting(entry.clone()));
        }
        for address in self.config.all_addresses().filter(|address| !has(new, self.config.device(address), address)) {
            let interface = self.config.device(address).to_owned();
            moment.out.push(Output::DeleteAddress { interface, address: address.clone() });
        }
    }

    /// Second half of a reload: takes over the new configuration of the same router. Addresses that stay are not touched.
    pub(in crate::vrrp) fn reconfigure(&mut self, moment: &mut Moment<'_>, new: Instance, assessed: Assessment) {
        let old = std::mem::replace(&mut self.config, new);
        self.disputed = false;
        if self.state == State::Master {
            let fresh = |address: &&Address| !has(&old, self.config.device(address), address);
            for address in self.config.all_addresses().filter(fresh) {
                let interface = self.config.device(address).to_owned();
                moment.out.push(Output::AddAddress { interface, address: address.clone() });
                self.announce(moment, address, self.config.garp.repeat);
            }
            for entry in self.config.routing.iter().filter(|entry| !routes(&old, entry)) {
                moment.out.push(Output::AddRouting(entry.clone()));
            }
        }
        if old.advert_interval != self.config.advert_interval {
            self.master_interval = self.config.advert_interval;
            if self.state == State::Master {
                self.send_regular(moment);
            }
        }
        self.assess(moment, assessed);
    }

    fn change(&mut self, moment: &mut Moment<'_>, state: State, why: Why) {
        let stale: &[TimerKind] = match self.state {
            State::Backup => &[TimerKind::MasterDown],
            State::Master => &[
                TimerKind::Advert,
                TimerKind::AnnounceAgain,
                TimerKind::AnnounceLower,
                TimerKind::AnnounceRefresh,
                TimerKind::AnnounceElsewhere,
            ],
            State::Init | State::Fault => &[],
        };
        for &kind in stale {
            moment.out.push(Output::Cancel(self.timer(kind)));
        }
        if self.state == State::Master {
            self.stats.release_master += 1;
        }
        (self.state, self.why, self.since, self.down_at) = (state, why, moment.now, None);
        self.refusals.clear();
        self.ready = false;
    }

    fn give_reason(&self, moment: &mut Moment<'_>) {
        moment.log(Level::Info, format!("({}) Reason: {}", self.config.name, self.why));
    }

    fn give_up_addresses(&self, moment: &mut Moment<'_>, before: State) {
        if before == State::Master {
            self.delete_addresses(moment);
        }
    }

    /// Routes may need the addresses as their source, and rules the routes' tables.
    fn add_routing(&self, moment: &mut Moment<'_>) {
        for (what, is_rule) in [("Routes", false), ("Rules", true)] {
            let entries = self.config.routing.iter().filter(|entry| matches!(entry, Routing::Rule(_)) == is_rule);
            for (index, entry) in entries.enumerate() {
                if index == 0 {
                    moment.log(Level::Detail, format!("({}) setting Virtual {what}", self.config.name));
                }
                moment.out.push(Output::AddRouting(entry.clone()));
            }
        }
    }

    fn delete_routing(&self, moment: &mut Moment<'_>) {
        for (what, is_rule) in [("Rules", true), ("Routes", false)] {
            let entries = self.config.routing.iter().filter(|entry| matches!(entry, Routing::Rule(_)) == is_rule);
            for (index, entry) in entries.enumerate() {
                if index == 0 {
                    moment.log(Level::Detail, format!("({}) removing Virtual {what}", self.config.name));
                }
                moment.out.push(Output::DeleteRouting(entry.clone()));
            }
        }
    }

    /// Everything that only the master has.
    pub(super) fn delete_addresses(&self, moment: &mut Moment<'_>) {
        self.delete_routing(moment);
        moment.log(Level::Detail, format!("({}) removing VIPs.", self.config.name));
        for address in self.config.all_addresses() {
            let interface = self.config.device(address).to_owned();
            moment.out.push(Output::DeleteAddress { interface, address: address.clone() });
        }
    }

    fn notify(&self, moment: &mut Moment<'_>, event: Event) {
        let notify = &self.config.notify;
        let own = match event {
            Event::Master => &notify.master,
            Event::Backup => &notify.backup,
            Event::Fault => &notify.fault,
            Event::Stop => &notify.stop,
            Event::Deleted => &notify.deleted,
            _ => &None,
        };
        self.push_notification(moment, event, own.as_ref(), notify.any.as_ref());
    }

    /// An advert of lower priority came in while master.
    pub(super) fn notify_lower(&self, moment: &mut Moment<'_>) {
        let own = self.config.notify.lower_priority.as_ref();
        self.push_notification(moment, Event::MasterRxLowerPri, own, None);
    }

    pub(super) fn notify_priority(&self, moment: &mut Moment<'_>) {
        let event = match self.state {
            State::Master => Event::MasterPriority,
            State::Backup => Event::BackupPriority,
            State::Init | State::Fault => return,
        };
        if self.config.notify_priority_changes {
            self.push_notification(moment, event, None, None);
        }
    }

    fn push_notification(&self, moment: &mut Moment<'_>, event: Event, own: Option<&Command>, any: Option<&Command>) {
        let own = own.map(|command| (command.clone(), false));
        let any = any.map(|command| (command.clone(), true));
        moment.out.push(Output::Notify(Notification {
            kind: Subject::Instance,
            name: self.config.name.clone(),
            event,
            priority: self.priority(),
            why: self.why.clone(),
            commands: own.into_iter().chain(any).collect(),
            fifo: true,
            mail: self.config.smtp_alert,
        }));
    }
}

/// Whether a router has this route or rule.
fn routes(set: &Instance, entry: &Routing) -> bool {
    set.routing.iter().any(|other| other.same_as(entry))
}

/// Whether a router puts this address on this interface.
fn has(set: &Instance, device: &str, address: &Address) -> bool {
    set.all_addresses().any(|other| set.device(other) == device && other.same_as(address))
}
