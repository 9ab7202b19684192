//! One virtual server: its real servers, its quorum, and who stands in while there is none.
//!
//! ```text
//!            weights >= quorum + hysteresis: sorry server out, living servers in
//!           ┌──────────────────────────────────────────────────────────────────▶
//!   no quorum                                                                  quorum
//!           ◀──────────────────────────────────────────────────────────────────┘
//!            weights < quorum - hysteresis: living servers out, sorry server in
//! ```
//!
//! What the kernel should have follows from the state alone ([`VirtualService::settle`]); the order of changes is the original's.

use std::net::IpAddr;

use super::{
    deeds::Deeds,
    expand,
    ledger::Holder,
    server::Server,
    words::{self, Quorum},
};
use crate::{
    ipvs::table::{Destination, ServiceKey},
    ir::failover::{Forwarding, VirtualServer, VirtualServerGroup},
};

/// A virtual server and what is known of it.
#[derive(Debug, Clone)]
pub struct VirtualService {
    pub config: VirtualServer,
    /// As logs write it.
    pub name: String,
    pub servers: Vec<Server>,
    pub has_quorum: bool,
    /// Its checks rest while its address is elsewhere (`ha_suspend`).
    pub is_suspended: bool,
    /// The last reload found it.
    pub reloaded: bool,
    pub(super) keys: Vec<ServiceKey>,
    pub(super) holder: Holder,
    pub(super) sorry: Holder,
}

impl VirtualService {
    pub(super) fn new(config: &VirtualServer, groups: &[VirtualServerGroup], deeds: &mut Deeds) -> Self {
        let servers = config.real_servers.iter().map(|server| Server::new(config, server, deeds.holder())).collect();
        Self {
            config: config.clone(),
            name: words::service(config),
            servers,
            has_quorum: false,
            is_suspended: false,
            reloaded: false,
            keys: expand::keys(config, groups),
            holder: deeds.holder(),
            sorry: deeds.holder(),
        }
    }

    /// The weight of all living servers.
    #[must_use]
    pub fn weights(&self) -> i64 {
        self.servers.iter().filter(|server| server.alive).map(|server| i64::from(server.weight())).sum()
    }

    /// Its services go into the table, then what is alive, then whoever stands in.
    pub(super) fn begin(&mut self, deeds: &mut Deeds, init_notifies: bool) {
        self.hold_services(deeds);
        // The pool is open until the quorum is looked at.
        self.has_quorum = true;
        for at in 0..self.servers.len() {
            self.settle_server(at, deeds);
            if init_notifies && self.servers[at].alive {
                self.tell_server(at, true, deeds);
            }
        }
        let weights = self.weights();
        if weights >= self.enough() {
            deeds.log(words::quorum(Quorum::BeginsUp, &self.config, weights, &self.name));
            deeds.quorum(Quorum::BeginsUp, &self.config, weights, &self.name);
            self.settle_sorry(deeds);
        } else {
            self.begin_down(weights, deeds);
        }
    }

    fn begin_down(&mut self, weights: i64, deeds: &mut Deeds) {
        self.has_quorum = false;
        // As the original: where nobody stands in, a service that begins without quorum is no news.
        if self.config.sorry_server.is_none() {
            return;
        }
        deeds.log(words::quorum(Quorum::BeginsDown, &self.config, weights, &self.name));
        self.pool_changes(deeds);
        deeds.quorum(Quorum::BeginsDown, &self.config, weights, &self.name);
    }

    fn enough(&self) -> i64 {
        i64::from(self.config.quorum) + i64::from(self.config.hysteresis)
    }

    /// Gains or loses the quorum if the weights say so.
    pub(super) fn weigh(&mut self, deeds: &mut Deeds) {
        let weights = self.weights();
        let too_few = i64::from(self.config.quorum) - i64::from(self.config.hysteresis);
        let how = match self.has_quorum {
            false if weights >= self.enough() => Quorum::Gained,
            true if weights < too_few => Quorum::Lost,
            _ => return,
        };
        self.has_quorum = how == Quorum::Gained;
        deeds.log(words::quorum(how, &self.config, weights, &self.name));
        self.pool_changes(deeds);
        deeds.quorum(how, &self.config, weights, &self.name);
    }

    /// The sorry server and the living servers change places.
    fn pool_changes(&mut self, deeds: &mut Deeds) {
        let Some(sorry) = &self.config.sorry_server else { return };
        let name = words::place(&self.config, sorry.address, sorry.port);
        if self.has_quorum {
            deeds.log(words::sorry_out(&name, &self.name, sorry.inhibit));
            self.settle_sorry(deeds);
            deeds.log(words::pool_filled(&self.name));
            self.settle_servers(deeds);
        } else {
            deeds.log(words::sorry_in(&name, &self.name, sorry.inhibit));
            deeds.log(words::pool_emptied(&self.name));
            self.settle_servers(deeds);
            self.settle_sorry(deeds);
        }
    }

    /// A server came or went.
    pub(super) fn turn(&mut self, at: usize, alive: bool, deeds: &mut Deeds) {
        let server = &mut self.servers[at];
        server.alive = alive;
        let line = if alive { words::server_up } else { words::server_down };
        deeds.log(line(&server.name, &self.name, server.config.inhibit_on_failure));
        self.settle_server(at, deeds);
        self.tell_server(at, alive, deeds);
        self.weigh(deeds);
    }

    /// Programs and readers of FIFOs hear of a server.
    pub(super) fn tell_server(&self, at: usize, up: bool, deeds: &mut Deeds) {
        let server = &self.servers[at];
        deeds.fifo(words::server_fifo(&server.name, &self.name, up));
        deeds.run(if up { server.config.notify_up.as_ref() } else { server.config.notify_down.as_ref() });
    }

    pub(super) fn hold_services(&self, deeds: &mut Deeds) {
        let services: Vec<_> = self.keys.iter().map(|key| expand::service(&self.config, *key)).collect();
        deeds.hold(self.holder, &services);
    }

    /// Brings the kernel to what it should have of all servers.
    pub(super) fn settle(&self, deeds: &mut Deeds) {
        self.settle_servers(deeds);
        self.settle_sorry(deeds);
    }

    fn settle_servers(&self, deeds: &mut Deeds) {
        (0..self.servers.len()).for_each(|at| self.settle_server(at, deeds));
    }

    pub(super) fn settle_server(&self, at: usize, deeds: &mut Deeds) {
        let server = &self.servers[at];
        let config = &server.config;
        let wanted = self.server_weight(server).map(|weight| Destination {
            upper_threshold: config.upper_threshold,
            lower_threshold: config.lower_threshold,
            ..destination(config.address, config.port, config.forwarding, weight)
        });
        deeds.place(server.holder, &self.everywhere(wanted));
    }

    /// The weight that a server should have in the kernel; `None` if it should not be there.
    fn server_weight(&self, server: &Server) -> Option<u32> {
        let open = self.has_quorum || self.config.sorry_server.is_none();
        if server.alive && open { Some(server.weight()) } else { server.config.inhibit_on_failure.then_some(0) }
    }

    pub(super) fn settle_sorry(&self, deeds: &mut Deeds) {
        let wanted = self.config.sorry_server.as_ref().and_then(|sorry| {
            let weight = if self.has_quorum { sorry.inhibit.then_some(0) } else { Some(1) };
            weight.map(|weight| destination(sorry.address, sorry.port, sorry.forwarding, weight))
        });
        deeds.place(self.sorry, &self.everywhere(wanted));
    }

    /// The same server in all services of ours.
    fn everywhere(&self, server: Option<Destination>) -> Vec<(ServiceKey, Destination)> {
        let Some(server) = server else { return Vec::new() };
        self.keys.iter().map(|key| (*key, expand::destination(key, &server))).collect()
    }
}

fn destination(address: IpAddr, port: u16, forwarding: Forwarding, weight: u32) -> Destination {
    Destination { address, port, forwarding, weight, upper_threshold: 0, lower_threshold: 0 }
}
