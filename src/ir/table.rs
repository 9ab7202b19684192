//! Stick-tables and stick rules, as data (HAProxy manual 4.2 `stick-table`, `stick`).

use std::time::Duration;

use super::expr::{Condition, Sample};
use super::{Named, ProxyId};
use crate::text::source::Span;

#[derive(Debug, Clone, PartialEq)]
pub struct StickTable {
    pub key: KeyType,
    /// Entries.
    pub size: usize,
    pub expire: Option<Duration>,
    pub no_purge: bool,
    pub store: Vec<StoredType>,
    pub peers: Option<Named<usize>>,
    pub server_key: ServerKey,
    pub at: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyType {
    Ip,
    Ipv6,
    Integer,
    /// Longest key, bytes.
    String(usize),
    Binary(usize),
}

impl KeyType {
    /// The word behind `type`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ip => "ip",
            Self::Ipv6 => "ipv6",
            Self::Integer => "integer",
            Self::String(_) => "string",
            Self::Binary(_) => "binary",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ServerKey {
    #[default]
    Name,
    Addr,
}

/// One `store` item: index into `table::data_types`, with its period for rates, or its size for arrays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredType {
    pub item: u16,
    pub period: Option<Duration>,
    pub count: Option<u32>,
}

/// `stick match`, `stick store-request`, `stick on` (both), `stick store-response`.
#[derive(Debug, Clone, PartialEq)]
pub struct StickRule {
    pub key: Sample,
    pub table: Option<Named<ProxyId>>,
    pub matches: bool,
    pub stores: bool,
    pub on_response: bool,
    pub condition: Option<Condition>,
    pub at: Span,
}
