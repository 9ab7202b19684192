//! Keywords of `vrrp_instance` by theme. Addresses, trackers and notifications stand beside those of other blocks.

pub(super) mod adverts;
pub(super) mod auth;
pub(super) mod garp;
pub(super) mod hmac;
pub(super) mod identity;
pub(super) mod ipvlan;
pub(super) mod transport;
pub(super) mod vmac;
