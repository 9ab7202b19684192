//! The end: services leave the kernel's table, one by one or at once, and whoever asked for it (`omega`) is told.

use super::{Director, VirtualService, deeds::Deeds, table::Change, words};
use crate::ir::failover::lvs::{FlushOnStop, Timeouts};

/// Why a service goes: the words differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leaving {
    /// The daemon stops.
    Stop,
    /// The new configuration has it no more.
    Reload,
}

impl Director {
    pub(super) fn stop(&mut self) {
        let how = self.settings.flush_on_stop;
        if how == FlushOnStop::All {
            self.deeds.ledger.clear();
            self.deeds.kernel([Change::Flush]);
        }
        let deeds = &mut self.deeds;
        for service in std::mem::take(&mut self.services) {
            if how == FlushOnStop::No {
                service.empty(Leaving::Stop, deeds);
            }
            service.farewell(deeds);
            deeds.release(service.holder, &[]);
        }
        if self.settings.timeouts != Timeouts::default() && self.timeouts != Timeouts::default() {
            self.deeds.kernel([Change::Timeouts(self.timeouts)]);
        }
    }
}

impl VirtualService {
    /// The service goes, and all that belongs to it.
    pub(super) fn leave(&self, deeds: &mut Deeds) {
        deeds.log(words::service_gone(&self.name));
        self.empty(Leaving::Reload, deeds);
        self.farewell(deeds);
        deeds.release(self.holder, &[]);
    }

    /// Its servers go: first who stands in.
    fn empty(&self, why: Leaving, deeds: &mut Deeds) {
        deeds.place(self.sorry, &[]);
        for (at, server) in self.servers.iter().enumerate() {
            let (is_there, inhibited) = (deeds.ledger.has(server.holder), server.config.inhibit_on_failure);
            match why {
                Leaving::Stop => {
                    let dim = inhibited && !server.alive;
                    deeds.log(words::shutting_down(&server.name, &self.name, dim));
                }
                Leaving::Reload if is_there => deeds.log(words::server_down(&server.name, &self.name, false)),
                Leaving::Reload => {}
            }
            deeds.place(server.holder, &[]);
            if self.config.omega && server.alive && is_there {
                self.tell_server(at, false, deeds);
            }
        }
    }

    /// Whoever is told of the end hears of a lost quorum, also when it was lost before.
    fn farewell(&self, deeds: &mut Deeds) {
        if self.config.omega {
            deeds.fifo(words::service_fifo(&self.name, false));
            deeds.run(self.config.quorum_down.as_ref());
        }
    }
}
