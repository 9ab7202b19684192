//! What a configuration means: plain data with spans, no parsing, no I/O.
//!
//! The languages write these types and the runtimes read them; nobody else speaks to both. Names are resolved to indices
//! ([`ProxyId`], [`ServerId`]) once every file is read. An item of an open table (a sample fetch, a converter, an action) is
//! held as an index into the table of the room that runs it, never as code.

pub mod action;
pub mod address;
pub mod check;
pub mod config;
pub mod expr;
pub mod failover;
pub mod global;
pub mod growing;
pub mod listener;
pub mod log;
pub mod proxy;
pub mod server;
pub mod table;
pub mod visit;

pub use config::Config;

/// Index into [`Config::proxies`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProxyId(pub usize);

/// Index into [`proxy::Proxy::servers`] of one proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServerId(pub usize);

/// A name as written, where it was written, and what it turned out to mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named<T> {
    pub name: String,
    pub at: crate::text::source::Span,
    /// Filled by the resolving pass; `None` before it, or when the name means nothing.
    pub target: Option<T>,
}

impl<T> Named<T> {
    pub fn new(name: impl Into<String>, at: crate::text::source::Span) -> Self {
        Self { name: name.into(), at, target: None }
    }
}
