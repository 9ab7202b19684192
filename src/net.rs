//! Shared shell: links, addresses, raw frames.
//!
//! * [`links`]: what interfaces there are and what changes (rtnetlink)
//! * [`addresses`]: put an address on an interface, take it off
//! * [`nft`]: rules for nftables
//! * [`routing`]: put a route or a rule into the kernel's tables, take it out
//! * [`scrape`]: metrics for whoever asks by HTTP
//! * [`vmac`]: interfaces with virtual MAC addresses
//! * [`vrrp`]: raw sockets for protocol 112
//! * [`bfd`]: UDP sockets for BFD
//! * [`ipvs`]: the kernel's table of virtual services
//! * [`announce`]: gratuitous ARP and unsolicited neighbour advertisements, as frames

pub mod addresses;
pub mod announce;
pub mod bfd;
pub mod ipvs;
pub mod links;
pub mod nft;
pub mod routing;
pub mod scrape;
pub mod vmac;
pub mod vrrp;
