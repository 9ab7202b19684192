//! Addresses, routes and rules that are there from start to stop, whoever is master.

use std::net::IpAddr;

use super::Process;
use crate::{
    ir::failover::{Address, Failover, Family, Routing},
    vrrp::Output,
};

impl Process<'_> {
    /// Static addresses are added when they are new, and removed when the file no longer has them.
    pub(super) async fn add_static(&mut self, new: &Failover, old: &Failover) {
        for address in old.static_addresses.iter().filter(|address| !new.static_addresses.contains(address)) {
            let interface = address.device.clone().unwrap_or_default();
            self.obey(Output::DeleteAddress { interface, address: address.clone() }).await;
        }
        for address in new.static_addresses.iter().filter(|address| !old.static_addresses.contains(address)) {
            let interface = address.device.clone().unwrap_or_default();
            self.obey(Output::AddAddress { interface, address: address.clone() }).await;
        }
        let lacks =
            |config: &Failover, entry: &Routing| !config.static_routing.iter().any(|other| other.same_as(entry));
        for entry in old.static_routing.iter().rev().filter(|entry| lacks(new, entry)) {
            self.obey(Output::DeleteRouting(entry.clone())).await;
        }
        for entry in new.static_routing.iter().filter(|entry| lacks(old, entry)) {
            self.obey(Output::AddRouting(entry.clone())).await;
        }
    }

    pub(super) async fn restore_static_address(&mut self, interface: &str, ip: IpAddr) {
        let is_it = |address: &&Address| address.ip == ip && address.device.as_deref() == Some(interface);
        let Some(address) = self.router.config().static_addresses.iter().find(is_it).cloned() else { return };
        self.obey(Output::AddAddress { interface: interface.to_owned(), address }).await;
    }

    pub(super) async fn restore_static_route(&mut self, table: u32, to: (IpAddr, u8)) {
        let is_it = |entry: &&Routing| matches!(entry, Routing::Route(route) if route.tracked && route.table == table && route.to == to);
        let Some(entry) = self.router.config().static_routing.iter().find(is_it).cloned() else { return };
        self.obey(Output::AddRouting(entry)).await;
    }

    pub(super) async fn restore_static_rule(&mut self, family: Family, preference: u32) {
        let is_it = |entry: &&Routing| matches!(entry, Routing::Rule(rule) if rule.tracked && rule.preference == preference && rule.family == family);
        let Some(entry) = self.router.config().static_routing.iter().find(is_it).cloned() else { return };
        self.obey(Output::AddRouting(entry)).await;
    }
}
