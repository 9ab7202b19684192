//! Keywords of `global_defs`, by theme.

pub(super) mod dumps;
pub(super) mod garp;
pub(super) mod mail;
pub(super) mod process;
pub(super) mod routers;
pub(super) mod scripts;
pub(super) mod vmac;
