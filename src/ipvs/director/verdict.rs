//! What a checker's result changes: its server, perhaps the quorum, and who is told.

use super::{Director, VirtualService, deeds::Deeds, server::Found, words};
use crate::ir::failover::CheckerId;

impl Director {
    /// A checker says whether its server works. Ids that lead nowhere come from checks that a reload has ended.
    pub(super) fn verdict(&mut self, id: CheckerId, up: bool, says: &str) {
        let Some(service) = self.services.get_mut(id.virtual_server) else { return };
        let Some(check) = service.servers.get_mut(id.real_server).and_then(|one| one.checkers.get_mut(id.checker))
        else {
            return;
        };
        let first = !std::mem::replace(&mut check.has_run, true);
        let turned = std::mem::replace(&mut check.up, up) != up;
        let server = &service.servers[id.real_server];
        let works = server.checkers.iter().all(|check| check.up);
        let changes = works != server.alive;
        // It began as down and is: whoever waited for it hears so.
        let stillborn = first && !up && !turned;
        if changes {
            service.turn(id.real_server, works, &mut self.deeds);
        } else if stillborn && !server.alive {
            service.tell_server(id.real_server, false, &mut self.deeds);
        }
        let worth_a_mail = changes || stillborn || (first || turned) && !self.settings.no_checker_mails;
        if worth_a_mail {
            mail(service, id.real_server, up, says, &mut self.deeds);
        }
    }

    /// A checker found out what its server can bear.
    pub(super) fn found(&mut self, id: CheckerId, weight: Found) {
        let Some(service) = self.services.get_mut(id.virtual_server) else { return };
        let Some(server) = service.servers.get_mut(id.real_server) else { return };
        let before = server.weight();
        let Some(check) = server.checkers.get_mut(id.checker) else { return };
        check.weight = weight;
        service.weight_changed(id.real_server, before, &mut self.deeds);
        service.weigh(&mut self.deeds);
    }
}

impl VirtualService {
    /// The kernel hears of another weight, if it is another.
    pub(super) fn weight_changed(&self, at: usize, before: u32, deeds: &mut Deeds) {
        let server = &self.servers[at];
        let now = server.weight();
        if now != before {
            deeds.log(words::weight(before, now, server.alive, &server.name, &self.name));
            self.settle_server(at, deeds);
        }
    }
}

fn mail(service: &VirtualService, at: usize, up: bool, says: &str, deeds: &mut Deeds) {
    let server = &service.servers[at];
    if server.config.smtp_alert && !says.is_empty() {
        deeds.mail(words::checker_mail(up, says, &server.name, &service.name));
    }
}
