//! Names for the interfaces with virtual MAC addresses, and the addresses that go to them.

use std::collections::BTreeSet;

use crate::{
    ir::failover::{
        Family, Global, Instance, VirtualLink,
        vmac::{self, Kind},
    },
    keepalived::{
        draft::{IpvlanDraft, VmacDraft},
        report::Report,
    },
};

/// The router's own interface, with an empty name where the file has none: [`name`] gives it one.
pub(super) fn own(
    vmac: Option<VmacDraft>,
    ipvlan: Option<IpvlanDraft>,
    instance: &Instance,
    report: &mut Report,
) -> Option<VirtualLink> {
    let holds_addresses = vmac.is_some();
    let (mut name, mut kind) = (None, None);
    if let Some(draft) = vmac {
        kind = Some(Kind::Macvlan { mac: mac(&draft, instance, report) });
        name = draft.name;
    }
    if let Some(draft) = ipvlan {
        kind = Some(among(&draft, holds_addresses, instance, report));
        name = name.or(draft.name);
    }
    Some(VirtualLink {
        name: name.unwrap_or_default(),
        base: instance.interface.clone(),
        kind: kind?,
        family: instance.family,
    })
}

fn mac(draft: &VmacDraft, instance: &Instance, report: &mut Report) -> [u8; 6] {
    let name = &instance.name;
    if draft.mac.is_some() && instance.strict {
        report.general("strict", format!("({name}): cannot specify MAC address with strict mode - clearing"));
    }
    let written = draft.mac.filter(|_| !instance.strict);
    written.map_or_else(
        || vmac::mac(instance.family, instance.vrid),
        |([a, b, c, d, e], last)| [a, b, c, d, e, last.unwrap_or(instance.vrid)],
    )
}

fn among(draft: &IpvlanDraft, holds_addresses: bool, instance: &Instance, report: &mut Report) -> Kind {
    let longest = if instance.family == Family::V4 { 32 } else { 128 };
    if instance.family == Family::V4 && draft.source.is_none() {
        let text = "IPv4 ipvlan requires a source ip address to be configured. setting instance to fault state";
        report.general("no-source", format!("({}) {text}", instance.name));
    }
    Kind::Ipvlan {
        among: draft.among.unwrap_or_default(),
        source: draft.source.map(|(ip, prefix)| (ip, prefix.unwrap_or(longest))),
        holds_addresses,
    }
}

/// Gives every interface a name of its own, and moves addresses on other interfaces to theirs.
pub(super) fn name(instances: &mut [Instance], all_addresses: impl Fn(&str) -> bool, global: &Global) {
    let written = instances.iter().filter_map(|instance| instance.vmac.as_ref()).map(|link| link.name.clone());
    let mut taken: BTreeSet<String> = written.collect();
    let prefix = global.vmac_prefix.as_deref().unwrap_or("vrrp");
    let address_prefix = global.vmac_addr_prefix.as_deref().unwrap_or(prefix);
    for instance in instances {
        let vrid = instance.vrid;
        if let Some(link) = instance.vmac.as_mut().filter(|link| link.name.is_empty()) {
            // Names of ipvlans do not tell the family.
            let family = if link.is_macvlan() { link.family } else { Family::V4 };
            link.name = free(&mut taken, prefix, family, vrid);
        }
        let everything = all_addresses(&instance.name);
        let mut links: Vec<VirtualLink> = Vec::new();
        for address in instance.addresses.iter_mut().chain(&mut instance.excluded) {
            let Some(base) = address.device.clone() else { continue };
            if base == instance.interface || !(everything || address.use_vmac) {
                continue;
            }
            let family = Family::of(address.ip);
            let known =
                links.iter().find(|link| link.base == base && link.family == family).map(|link| link.name.clone());
            address.device = Some(known.unwrap_or_else(|| {
                let name = free(&mut taken, address_prefix, family, vrid);
                links.push(VirtualLink {
                    name: name.clone(),
                    base,
                    kind: Kind::Macvlan { mac: vmac::mac(family, vrid) },
                    family,
                });
                name
            }));
        }
        instance.address_links = links;
    }
}

/// `vrrp.51`, `vrrp1.51`, ... and `vrrp6.51` for IPv6.
fn free(taken: &mut BTreeSet<String>, prefix: &str, family: Family, vrid: u8) -> String {
    let family = if family == Family::V6 { "6" } else { "" };
    let numbered = (1..).map(|number: u32| format!("{prefix}{family}{number}.{vrid}"));
    let name = std::iter::once(format!("{prefix}{family}.{vrid}")).chain(numbered).find(|name| !taken.contains(name));
    let name = name.expect("numbers do not end");
    taken.insert(name.clone());
    name
}
