//! Interfaces that a router makes on top of others: with its virtual MAC address (`use_vmac`, `use_vmac_addr`), or with the MAC
//! address of the one below (`use_ipvlan`).

use std::net::IpAddr;

use super::Family;

/// An interface on top of another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VirtualLink {
    /// At most 15 bytes.
    pub name: String,
    /// The interface below it.
    pub base: String,
    pub kind: Kind,
    /// Which addresses it is for.
    pub family: Family,
}

/// What tells it from the interface below.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A private macvlan with a MAC address of its own.
    Macvlan { mac: [u8; 6] },
    /// An ipvlan of mode L2: its own addresses, and the MAC address of the interface below.
    Ipvlan {
        among: Among,
        /// Where adverts come from, with its prefix length. IPv6: the link-local address that the kernel gives it if `None`.
        source: Option<(IpAddr, u8)>,
        /// Whether the router's addresses are on it (`use_vmac` beside `use_ipvlan`), and not on the interface below.
        holds_addresses: bool,
    },
}

/// What the ipvlans of one interface are to each other. The kernel wants it to be the same for all of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Among {
    /// They reach each other.
    #[default]
    Bridge,
    /// They do not.
    Private,
    /// They do by way of a switch outside that sends packets back.
    Vepa,
}

impl VirtualLink {
    #[must_use]
    pub fn is_macvlan(&self) -> bool {
        matches!(self.kind, Kind::Macvlan { .. })
    }

    /// Whether addresses that name no interface go to this one.
    #[must_use]
    pub fn holds_addresses(&self) -> bool {
        matches!(self.kind, Kind::Macvlan { .. } | Kind::Ipvlan { holds_addresses: true, .. })
    }
}

/// The MAC address of a virtual router (RFC 9568 section 7.3).
#[must_use]
pub fn mac(family: Family, vrid: u8) -> [u8; 6] {
    [0, 0, 0x5e, 0, if family == Family::V4 { 1 } else { 2 }, vrid]
}

#[cfg(test)]
mod tests {
    use super::{super::Instance, *};

    fn router(kind: Kind) -> Instance {
        let link = VirtualLink { name: "own".into(), base: "eth0".into(), kind, family: Family::V4 };
        Instance { interface: "eth0".into(), vmac: Some(link), ..Instance::new("V") }
    }

    fn ipvlan(holds_addresses: bool) -> Kind {
        Kind::Ipvlan { among: Among::Bridge, source: None, holds_addresses }
    }

    #[test]
    fn ipvlan_carries_the_adverts_and_the_interface_below_the_addresses() {
        let router = router(ipvlan(false));
        assert_eq!((router.advert_interface(), router.source_interface(), router.own_device()), ("own", "own", "eth0"));
    }

    #[test]
    fn ipvlan_beside_a_virtual_mac_carries_both() {
        let router = router(ipvlan(true));
        assert_eq!((router.advert_interface(), router.source_interface(), router.own_device()), ("own", "own", "own"));
        let below = Instance { xmit_base: true, ..router };
        assert_eq!((below.advert_interface(), below.own_device()), ("eth0", "own"));
    }

    #[test]
    fn macvlan_borrows_the_source_of_adverts_from_below() {
        let router = router(Kind::Macvlan { mac: mac(Family::V4, 51) });
        assert_eq!((router.advert_interface(), router.source_interface(), router.own_device()), ("own", "eth0", "own"));
    }
}
