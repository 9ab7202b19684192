//! The interfaces that routers make for their virtual MAC addresses, from start to stop.

use std::{collections::BTreeMap, net::IpAddr};

use super::Process;
use crate::{
    ir::failover::{Address, Failover, Family, Instance, VirtualLink, vmac::Kind},
    net::{addresses, links, vmac},
    vrrp::Input,
};

/// Interfaces that were made, with the router that each belongs to.
pub(super) type Made = BTreeMap<String, String>;

impl Process<'_> {
    /// Makes what a configuration asks for and what can be made now, removes what it does not ask for.
    pub(super) async fn make_vmacs(&mut self, config: &Failover) {
        let wanted =
            |name: &String| config.instances.iter().flat_map(Instance::virtual_links).any(|link| link.name == *name);
        let stale: Vec<String> = self.made.keys().filter(|name| !wanted(name)).cloned().collect();
        self.remove_vmacs(stale).await;
        let mut changed = false;
        for instance in &config.instances {
            for link in instance.virtual_links() {
                let known = self.made.contains_key(&link.name) && self.links.contains_key(&link.name);
                let Some(base) = self.links.get(&link.base).map(|base| base.index).filter(|_| !known) else { continue };
                self.make_vmac(instance, link, base).await;
                changed = true;
            }
        }
        if changed {
            self.look_again().await;
        }
    }

    async fn make_vmac(&mut self, instance: &Instance, link: &VirtualLink, base: u32) {
        let name = &instance.name;
        let hold_v6 = || instance.all_addresses().any(|address| address.ip.is_ipv6());
        let with_v6 = link.family == Family::V6 || (link.holds_addresses() && hold_v6());
        let kind = if link.is_macvlan() { "VMAC" } else { "ipvlan" };
        match vmac::make(&self.netlink, link, base, with_v6).await {
            Ok(true) => self.log.info(&format!("({name}): Success creating {kind} interface {}", link.name)),
            Ok(false) => self.log.info(&format!("({name}) Found matching interface {}", link.name)),
            Err(error) => {
                self.log.info(&format!("({name}): Unable to create {kind} interface {}: {error}", link.name));
                return;
            }
        }
        self.made.insert(link.name.clone(), name.clone());
        if let Kind::Ipvlan { source, .. } = link.kind {
            if let Some((ip, prefix)) = source {
                self.give(link, &Address { prefix, ..Address::host(ip) }).await;
            }
        } else if link.family == Family::V4 {
            // The interface below must not answer for addresses of the one above, nor leave its answers to chance.
            self.switches.own_filters(&self.log);
            for switch in ["arp_ignore", "arp_filter"] {
                self.switches.set(&format!("ipv4/conf/{}/{switch}", link.base), "1", &self.log);
            }
        } else if instance.advert_interface() == link.name {
            self.lend_source(link).await;
        }
    }

    /// Adverts of IPv6 leave with the link-local address of the interface below, which the one above must have for that.
    async fn lend_source(&self, link: &VirtualLink) {
        let local = |ip: &&IpAddr| matches!(ip, IpAddr::V6(ip) if ip.is_unicast_link_local());
        let Some(base) = self.links.get(&link.base) else { return };
        let Some(source) = base.addresses.iter().find(local) else { return };
        self.give(link, &Address { prefix: 64, preferred_lifetime: Some(0), ..Address::host(*source) }).await;
    }

    /// The interface is new: nothing of it is known yet.
    async fn give(&self, link: &VirtualLink, address: &Address) {
        let Ok(index) = nix::net::if_::if_nametoindex(link.name.as_str()) else { return };
        if let Err(error) = addresses::add(&self.netlink, index, address).await {
            self.log.info(&format!("Unable to add {} to {}: {error}", address.ip, link.name));
        }
    }

    /// The kernel's messages of what we did come later than we need to know of it.
    async fn look_again(&mut self) {
        let Ok(all) = links::look(&self.netlink).await else { return };
        for link in all {
            if self.links.get(&link.name) != Some(&link) {
                self.links.insert(link.name.clone(), link.clone());
                self.handle(Input::Link(link)).await;
            }
        }
    }

    pub(super) async fn remove_vmacs(&mut self, names: Vec<String>) {
        for name in names {
            let Some(owner) = self.made.remove(&name) else { continue };
            let Some(index) = self.links.get(&name).map(|link| link.index) else { continue };
            match vmac::remove(&self.netlink, index).await {
                Ok(()) => self.log.info(&format!("({owner}) Success removing VMAC interface {name}")),
                Err(error) => self.log.info(&format!("({owner}) Unable to remove VMAC interface {name}: {error}")),
            }
        }
    }
}
