//! `ha_suspend`: the director that does not hold the service's address asks nobody. The kernel's table stays as it is.

use std::{collections::BTreeSet, net::IpAddr};

use super::{
    Director, VirtualService,
    words::{self, Checks},
};
use crate::{
    ipvs::ServiceKey,
    ir::failover::{Checker, Probe, Target},
};

impl Director {
    /// Tells of every service whether it is checked. `resting`: the word for those that are not.
    pub(super) fn begin_checks(&mut self, resting: Checks) {
        for at in 0..self.services.len() {
            let rests = self.rests(&self.services[at]);
            self.services[at].is_suspended = rests;
            self.tell_checks(at, if rests { resting } else { Checks::Activating });
        }
    }

    /// Addresses came and went.
    pub(super) fn addresses(&mut self, now: &BTreeSet<IpAddr>) {
        let before = std::mem::replace(&mut self.addresses, now.clone());
        let changed = before.symmetric_difference(now).filter(|ip| self.matters(**ip));
        let lines: Vec<_> = changed.map(|ip| words::address(*ip, now.contains(ip))).collect();
        lines.into_iter().for_each(|line| self.deeds.log(line));
        for at in 0..self.services.len() {
            let rests = self.rests(&self.services[at]);
            if std::mem::replace(&mut self.services[at].is_suspended, rests) != rests {
                self.tell_checks(at, if rests { Checks::Suspending } else { Checks::Activating });
            }
        }
    }

    fn tell_checks(&mut self, at: usize, what: Checks) {
        let service = &self.services[at];
        for server in &service.servers {
            let asking = server.config.checkers.iter().filter(|checker| asks(checker));
            for _ in asking {
                self.deeds.log(words::checks(what, &server.name, &service.name));
            }
        }
        self.deeds.checks(at, what == Checks::Activating);
    }

    fn matters(&self, ip: IpAddr) -> bool {
        let mut all = self.services.iter().filter(|service| service.config.ha_suspend);
        all.any(|service| addresses(service).any(|own| own == ip))
    }

    /// Marks have no address: what has one is checked only where the host has it.
    fn rests(&self, service: &VirtualService) -> bool {
        service.config.ha_suspend
            && !matches!(service.config.target, Target::Mark(_))
            && !addresses(service).any(|ip| self.addresses.contains(&ip))
    }
}

/// Checkers that only listen are never said to begin.
fn asks(checker: &Checker) -> bool {
    !matches!(checker.probe, Probe::File(_) | Probe::Bfd(_))
}

fn addresses(service: &VirtualService) -> impl Iterator<Item = IpAddr> {
    service.keys.iter().filter_map(|key| match key {
        ServiceKey::Address { address, .. } => Some(*address),
        ServiceKey::Mark { .. } => None,
    })
}
