//! What follows an address: the parameters of `bind` and of `server` lines, one const each.

pub mod bind;
pub mod server;
