//! The machine of virtual servers: feed it what happens ([`Input`]), and do what it says ([`Output`]), in order.
//!
//! * [`service`]: a virtual server and its quorum: start here
//! * [`server`]: a real server, its checkers and its weight
//! * [`verdict`]: what a checker's result changes
//! * [`reload`]: the old configuration becomes the new one, and who need not notice does not
//! * [`stop`]: everything goes
//! * [`suspend`]: checks rest while the address of their service is elsewhere
//! * [`ledger`]: what the kernel was told, so that nothing is told twice
//! * [`deeds`], [`words`], [`expand`]: outputs, their text, and what a group stands for
//!
//! No clock: nothing here waits.

mod deeds;
mod expand;
mod ledger;
mod reload;
pub mod server;
pub mod service;
mod stop;
mod suspend;
#[cfg(test)]
mod tests;
mod verdict;
mod words;

use std::{collections::BTreeSet, net::IpAddr};

use self::{deeds::Deeds, words::Checks};
pub use self::{
    expand::last_of,
    reload::same_question,
    server::{Check, Server},
    service::VirtualService,
};
use super::{
    Input, Output,
    table::{self, Change},
};
use crate::ir::failover::{
    Failover, VirtualServerGroup,
    lvs::{Lvs, Timeouts},
};

/// All virtual servers of a configuration.
pub struct Director {
    settings: Lvs,
    groups: Vec<VirtualServerGroup>,
    /// Those of the configuration before the last reload.
    groups_before: Vec<VirtualServerGroup>,
    services: Vec<VirtualService>,
    /// Addresses of this host.
    addresses: BTreeSet<IpAddr>,
    /// What the kernel had before we came.
    timeouts: Timeouts,
    deeds: Deeds,
}

impl Director {
    /// Nothing is in the kernel before [`Input::Start`].
    #[must_use]
    pub fn new(config: &Failover) -> Self {
        let mut director = Self {
            settings: Lvs::default(),
            groups: Vec::new(),
            groups_before: Vec::new(),
            services: Vec::new(),
            addresses: BTreeSet::new(),
            timeouts: Timeouts::default(),
            deeds: Deeds::default(),
        };
        director.take_over(config);
        let deeds = &mut director.deeds;
        let services = config.virtual_servers.iter();
        director.services =
            services.map(|server| VirtualService::new(server, &config.virtual_server_groups, deeds)).collect();
        director
    }

    /// What one event brings about.
    pub fn handle(&mut self, input: Input<'_>) -> Vec<Output> {
        match input {
            Input::Timeouts(timeouts) => self.timeouts = timeouts,
            Input::Start => self.start(),
            Input::Checker { id, up, says } => self.verdict(id, up, says),
            Input::Weight { id, difference } => self.found(id, server::Found::Difference(difference)),
            Input::DynamicWeight { id, weight } => self.found(id, server::Found::Weight(weight)),
            Input::Addresses(addresses) => self.addresses(addresses),
            Input::Reload(config) => self.reload(&config),
            Input::Stop => self.stop(),
        }
        self.deeds.finish()
    }

    /// Virtual servers in the order of the configuration.
    #[must_use]
    pub fn services(&self) -> &[VirtualService] {
        &self.services
    }

    #[must_use]
    pub fn groups(&self) -> &[VirtualServerGroup] {
        &self.groups
    }

    /// The groups of the configuration before the last reload.
    #[must_use]
    pub fn groups_before(&self) -> &[VirtualServerGroup] {
        &self.groups_before
    }

    /// Whether the kernel has a real server, with whatever weight.
    #[must_use]
    pub fn has(&self, server: &Server) -> bool {
        self.deeds.ledger.has(server.holder)
    }

    /// What concerns all services.
    fn take_over(&mut self, config: &Failover) {
        self.settings = config.global.lvs.clone();
        self.groups.clone_from(&config.virtual_server_groups);
        self.deeds.router_id = config.global.router_id.clone().unwrap_or_default();
    }

    fn start(&mut self) {
        if self.settings.timeouts != Timeouts::default() {
            self.deeds.kernel([Change::Timeouts(self.settings.timeouts)]);
        }
        if self.settings.flush {
            self.deeds.kernel([Change::Flush]);
        }
        for service in &mut self.services {
            service.begin(&mut self.deeds, self.settings.init_notifies);
        }
        self.begin_checks(Checks::Deactivating);
    }
}
