//! Keywords of virtual servers: `virtual_server` and its real servers, groups of addresses, and what `SSL_GET` checks share.
//!
//! Checkers have a folder of their own, `keywords/checkers/`.

pub(super) mod block;
pub(super) mod forwarding;
pub(super) mod group;
pub(super) mod pace;
pub(super) mod persistence;
pub(super) mod quorum;
pub(super) mod server;
pub(super) mod service;
pub(super) mod tls;
