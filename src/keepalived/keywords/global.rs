//! Keywords of `global_defs`, by theme.

pub(super) mod buffers;
pub(super) mod dumps;
pub(super) mod firewall;
pub(super) mod garp;
pub(super) mod iproute;
pub(super) mod limits;
pub(super) mod lvs;
pub(super) mod mail;
pub(super) mod names;
pub(super) mod process;
pub(super) mod reload;
pub(super) mod routers;
pub(super) mod scripts;
pub(super) mod sync_daemon;
pub(super) mod vmac;
