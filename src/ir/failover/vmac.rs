//! Interfaces that a router makes for its virtual MAC address (`use_vmac`, `use_vmac_addr`).

use super::Family;

/// A private macvlan interface on top of another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VirtualLink {
    /// At most 15 bytes.
    pub name: String,
    /// The interface below it.
    pub base: String,
    pub mac: [u8; 6],
    /// Which addresses it is for.
    pub family: Family,
}

/// The MAC address of a virtual router (RFC 9568 section 7.3).
#[must_use]
pub fn mac(family: Family, vrid: u8) -> [u8; 6] {
    [0, 0, 0x5e, 0, if family == Family::V4 { 1 } else { 2 }, vrid]
}
