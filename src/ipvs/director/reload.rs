//! A new configuration as a difference: services and servers that stay keep what is known of them, and the kernel hears only of
//! what changes. New things come before old ones go, so that what only moved is never away.

use std::mem;

use super::{
    Director, VirtualService,
    deeds::Deeds,
    expand,
    server::{Check, Server, name},
    words::{self, Checks},
};
use crate::ir::failover::{
    Checker, Failover, Family, Probe, Protocol, RealServer, Target, VirtualServer, VirtualServerGroup,
    virtual_server::AddressRange,
};

impl Director {
    pub(super) fn reload(&mut self, config: &Failover) {
        let timeouts_before = self.settings.timeouts;
        self.groups_before = mem::take(&mut self.groups);
        self.take_over(config);
        if self.settings.timeouts != timeouts_before {
            self.deeds.kernel([super::Change::Timeouts(self.settings.timeouts)]);
        }
        let mut old: Vec<Option<VirtualService>> = mem::take(&mut self.services).into_iter().map(Some).collect();
        for new in &config.virtual_servers {
            let known = old.iter_mut().find(|one| one.as_ref().is_some_and(|one| same_service(&one.config, new)));
            let service = match known.and_then(Option::take) {
                Some(mut service) => {
                    service.become_new(new, &self.groups_before, &self.groups, &mut self.deeds);
                    service
                }
                None => {
                    let mut service = VirtualService::new(new, &self.groups, &mut self.deeds);
                    self.deeds.detail(words::new_service(&service.name));
                    service.begin(&mut self.deeds, self.settings.init_notifies);
                    service
                }
            };
            self.services.push(service);
        }
        for gone in old.into_iter().flatten() {
            gone.leave(&mut self.deeds);
        }
        self.begin_checks(Checks::Deactivating);
    }
}

/// What makes two virtual servers one and the same.
fn same_service(old: &VirtualServer, new: &VirtualServer) -> bool {
    let identity = |of: &VirtualServer| -> (Target, Option<Protocol>, Option<Family>) {
        let is_mark = matches!(of.target, Target::Mark(_));
        // The family of addresses is theirs; the protocol of marks is none.
        let has_address = matches!(of.target, Target::Address { .. });
        (of.target.clone(), (!is_mark).then_some(of.protocol), (!has_address).then_some(of.family))
    };
    identity(old) == identity(new)
}

impl VirtualService {
    fn become_new(
        &mut self,
        new: &VirtualServer,
        old_groups: &[VirtualServerGroup],
        groups: &[VirtualServerGroup],
        deeds: &mut Deeds,
    ) {
        let old = mem::replace(&mut self.config, new.clone());
        self.name = words::service(new);
        self.reloaded = true;
        if let Target::Group(name) = &new.target {
            members_change(new, name, old_groups, groups, deeds);
        }
        self.keys = expand::keys(new, groups);
        let changes = [
            (old.scheduler != new.scheduler, "scheduler"),
            (old.flags != new.flags, "flags"),
            (old.persistence != new.persistence, "persistence"),
        ];
        tell_settings(&format!("VS {}", self.name), &changes, deeds);
        self.hold_services(deeds);
        self.sorry_leaves(&old, deeds);
        let gone = self.servers_become(new, deeds);
        self.settle(deeds);
        self.weigh(deeds);
        for server in gone {
            deeds.log(words::server_gone(&server.name));
            deeds.place(server.holder, &[]);
        }
        deeds.release(self.holder, &self.keys);
    }

    /// Says so when whoever stands in is another or nobody from now on.
    fn sorry_leaves(&self, old: &VirtualServer, deeds: &mut Deeds) {
        let place = |of: &VirtualServer| of.sorry_server.as_ref().map(|sorry| (sorry.address, sorry.port));
        let (before, now) = (place(old), place(&self.config));
        if before == now || self.has_quorum {
            return;
        }
        if let Some((address, port)) = before {
            deeds.log(words::sorry_out(&words::place(old, address, port), &self.name, false));
        }
        if let Some((address, port)) = now {
            let inhibited = self.config.sorry_server.as_ref().is_some_and(|sorry| sorry.inhibit);
            deeds.log(words::sorry_in(&words::place(&self.config, address, port), &self.name, inhibited));
        }
    }

    /// Takes over the new servers; gives back those that are none any more.
    fn servers_become(&mut self, new: &VirtualServer, deeds: &mut Deeds) -> Vec<Server> {
        let mut old: Vec<Option<Server>> = mem::take(&mut self.servers).into_iter().map(Some).collect();
        let mut turned = Vec::new();
        for (at, config) in new.real_servers.iter().enumerate() {
            let is_it = |one: &RealServer| (one.address, one.port) == (config.address, config.port);
            let known = old.iter_mut().find(|one| one.as_ref().is_some_and(|one| is_it(&one.config)));
            let Some(mut server) = known.and_then(Option::take) else {
                let server = Server::new(new, config, deeds.holder());
                deeds.detail(words::new_server(&server.name, &self.name));
                self.servers.push(server);
                continue;
            };
            let weight = server.weight();
            server.tell_changes(config, &self.name, deeds);
            server.become_new(new, config);
            if server.weight() != weight {
                let line = words::weight(weight, server.weight(), server.alive, &server.name, &self.name);
                deeds.log(line);
            }
            let works = server.checkers.iter().all(|check| check.up);
            if works != server.alive {
                turned.push((at, works));
            }
            self.servers.push(server);
        }
        for (at, works) in turned {
            self.turn(at, works, deeds);
        }
        old.into_iter().flatten().collect()
    }
}

impl Server {
    fn tell_changes(&self, new: &RealServer, service: &str, deeds: &mut Deeds) {
        let old = &self.config;
        let limits = |of: &RealServer| (of.lower_threshold, of.upper_threshold);
        let changes = [
            (old.forwarding != new.forwarding, "forwarding method"),
            (limits(old) != limits(new), "connection limits"),
            (old.inhibit_on_failure != new.inhibit_on_failure, "inhibit_on_failure"),
        ];
        tell_settings(&format!("service {} of VS {service}", self.name), &changes, deeds);
    }

    /// Checkers that ask the same question keep their answer; others begin anew, but take no server away before they have asked.
    fn become_new(&mut self, of: &VirtualServer, config: &RealServer) {
        self.reloaded = Some(self.effective_weight());
        let old = mem::replace(&mut self.config, config.clone());
        self.name = name(of, config);
        let mut known: Vec<_> = old.checkers.iter().zip(mem::take(&mut self.checkers)).map(Some).collect();
        for checker in &config.checkers {
            let same = known.iter_mut().find(|one| one.is_some_and(|(before, _)| same_question(before, checker)));
            let check = same.and_then(Option::take).map(|(_, check)| check);
            let fresh = Check { up: !checker.alpha || self.alive, ..Check::new(checker) };
            self.checkers.push(check.unwrap_or(fresh));
        }
    }
}

/// Says which settings change; the original does it in silence.
fn tell_settings(of: &str, changes: &[(bool, &str)], deeds: &mut Deeds) {
    let names: Vec<_> = changes.iter().filter(|(changes, _)| *changes).map(|(_, name)| *name).collect();
    if !names.is_empty() {
        deeds.detail(words::settings(&names, of));
    }
}

/// Whether two checkers would do the same, wherever they stand in the file.
#[must_use]
pub fn same_question(old: &Checker, new: &Checker) -> bool {
    let placeless = |of: &Checker| {
        let mut of = of.clone();
        mem::take(&mut of.at);
        match &mut of.probe {
            Probe::Http(http) => http.urls.iter_mut().for_each(|url| _ = mem::take(&mut url.at)),
            Probe::Misc(misc) => _ = mem::take(&mut misc.command.at),
            _ => {}
        }
        of
    };
    placeless(old) == placeless(new)
}

/// Says which ranges of a group come and go.
fn members_change(
    of: &VirtualServer,
    name: &str,
    old: &[VirtualServerGroup],
    new: &[VirtualServerGroup],
    deeds: &mut Deeds,
) {
    let ranges = |groups| expand::group(name, groups).map(|group| group.ranges.clone()).unwrap_or_default();
    let (before, now): (Vec<AddressRange>, Vec<AddressRange>) = (ranges(old), ranges(new));
    let written = |range: &AddressRange| words::range(of, range, expand::last_of(range));
    for range in before.iter().filter(|range| !now.contains(range)) {
        deeds.log(words::range_gone(&written(range), name));
    }
    for range in now.iter().filter(|range| !before.contains(range)) {
        deeds.log(words::range_added(&written(range), name));
    }
}
