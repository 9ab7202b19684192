//! What the routers want of the firewall: addresses closed while they are held by somebody who does not own them, reports of
//! groups kept off interfaces with virtual MAC addresses.

use std::net::IpAddr;

use super::Process;
use crate::{
    ir::failover::{Failover, Global, Instance, VirtualLink},
    net::nft::{self, Ruleset, Style},
    vrrp::{Router, State},
};

/// Rules that are in force, and whether the kernel has refused some.
#[derive(Debug, Default)]
pub(super) struct Firewall {
    now: Ruleset,
    refused: bool,
}

impl Process<'_> {
    /// Says at start that a firewall is used that nobody named.
    pub(super) fn announce_firewall(&self, config: &Failover) {
        let with_vmac = |item: &Instance| item.virtual_links().any(VirtualLink::holds_addresses);
        let needed = config.instances.iter().any(|item| !item.accept || with_vmac(item));
        if needed && config.global.nftables.is_none() {
            self.log.info("use_vmac or no_accept/strict specified, but no firewall configured - using nftables");
        }
    }

    /// Closes what is to be closed, before the addresses come.
    pub(super) fn close(&mut self) {
        let wanted = self.wanted();
        let closed = wanted.closed.union(&self.firewall.now.closed).copied().collect();
        self.set_firewall(Ruleset { closed, ..wanted });
    }

    /// Opens what need not be closed any more, after the addresses have gone.
    pub(super) fn open(&mut self) {
        self.set_firewall(self.wanted());
    }

    /// Takes every rule back.
    pub(super) fn drop_firewall(&mut self) {
        self.set_firewall(Ruleset::default());
    }

    fn set_firewall(&mut self, rules: Ruleset) {
        if rules == self.firewall.now {
            return;
        }
        let result = nft::apply(&style(&self.router.config().global), &rules);
        if let Err(error) = &result
            && !self.firewall.refused
        {
            self.log.info(&format!("Unable to set nftables rules: {error}"));
        }
        self.firewall = Firewall { now: rules, refused: result.is_err() };
    }

    fn wanted(&self) -> Ruleset {
        let index = |name: &str| self.links.get(name).map(|link| link.index);
        let links = self.router.config().instances.iter().flat_map(|instance| instance.virtual_links());
        let links = links.filter(|link| link.is_macvlan());
        let moved = links.filter_map(|link| Some((link.family, index(&link.name)?, index(&link.base)?))).collect();
        Ruleset { closed: closed(&self.router, index), moved }
    }
}

fn closed(router: &Router, index: impl Fn(&str) -> Option<u32>) -> std::collections::BTreeSet<(IpAddr, Option<u32>)> {
    let holders = router.routers().iter().filter(|item| item.state == State::Master);
    let closed = holders.map(|item| &item.config).filter(|config| !config.accept && !config.is_owner());
    closed
        .flat_map(|config| config.all_addresses().map(|address| (address.ip, config.device(address))))
        .map(|(ip, device)| {
            let of_link = matches!(ip, IpAddr::V6(ip) if ip.is_unicast_link_local());
            (ip, if of_link { index(device) } else { None })
        })
        .collect()
}

fn style(global: &Global) -> Style {
    Style {
        table: global.nftables.clone().flatten().unwrap_or_else(|| "keepalived".into()),
        priority: global.nftables_priority,
        counters: global.nftables_counters,
    }
}
