//! Addresses, routes and rules that are there from start to stop, whoever is master.

use std::{fmt, io, net::IpAddr};

use super::Process;
use crate::{
    ir::failover::{Address, Failover, Family, Routing},
    net::{addresses, routing},
    vrrp::{Input, Output},
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
        self.put_back(Static::Address(address)).await;
    }

    pub(super) async fn restore_static_route(&mut self, table: u32, to: (IpAddr, u8)) {
        let is_it = |entry: &&Routing| matches!(entry, Routing::Route(route) if route.tracked && route.table == table && route.to == to);
        let Some(entry) = self.router.config().static_routing.iter().find(is_it).cloned() else { return };
        self.put_back(Static::Routing(entry)).await;
    }

    pub(super) async fn restore_static_rule(&mut self, family: Family, preference: u32) {
        let is_it = |entry: &&Routing| matches!(entry, Routing::Rule(rule) if rule.tracked && rule.preference == preference && rule.family == family);
        let Some(entry) = self.router.config().static_routing.iter().find(is_it).cloned() else { return };
        self.put_back(Static::Routing(entry)).await;
    }

    /// With an interface its addresses go without a word.
    pub(super) async fn lose_with(&mut self, interface: &str) {
        let here = |address: &&Address| address.device.as_deref() == Some(interface) && !address.no_track;
        let lost: Vec<Address> = self.router.config().static_addresses.iter().filter(here).cloned().collect();
        for address in lost {
            self.put_back(Static::Address(address)).await;
        }
    }

    /// Tries once more what could not be put back: an interface has changed.
    pub(super) async fn try_lost(&mut self) {
        for item in std::mem::take(&mut self.lost) {
            self.put_back(item).await;
        }
    }

    async fn put_back(&mut self, item: Static) {
        let result = match &item {
            Static::Address(address) => {
                let link = address.device.as_ref().and_then(|device| self.links.get(device));
                match link.map(|link| link.index) {
                    Some(index) => addresses::add(&self.netlink, index, address).await,
                    None => Err(io::ErrorKind::NotFound.into()),
                }
            }
            Static::Routing(entry) => routing::add(&self.netlink, &self.links, entry).await,
        };
        let group = item.group().cloned();
        if let Err(error) = &result
            && !self.lost.contains(&item)
        {
            self.log.detail(&format!("Unable to put back {item}: {error}"));
            self.lost.push(item);
        }
        let Some(group) = group else { return };
        let lost = self.lost.iter().any(|other| other.group() == Some(&group));
        self.handle(Input::Static { group: &group, lost }).await;
    }
}

/// Something that is there from start to stop.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Static {
    Address(Address),
    Routing(Routing),
}

impl Static {
    fn group(&self) -> Option<&String> {
        match self {
            Self::Address(address) => address.track_group.as_ref(),
            Self::Routing(entry) => entry.track_group(),
        }
    }
}

impl fmt::Display for Static {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => f.write_str(&address.written),
            Self::Routing(entry) => entry.fmt(f),
        }
    }
}
