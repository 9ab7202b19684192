//! Every sample fetch. A new one is one const in the file of its family and one line in that file's list.

pub mod connection;
pub mod constants;
pub mod cookies;
pub mod gauges;
pub mod headers;
pub mod http_request;
pub mod http_response;
pub mod missing;
pub mod payload;
pub mod tables;

use std::collections::HashMap;
use std::sync::OnceLock;

use super::fetch::Fetch;
use crate::ir::expr::FetchId;

const LISTS: &[&[&Fetch]] = &[
    constants::ALL,
    connection::ALL,
    gauges::ALL,
    http_request::ALL,
    http_response::ALL,
    headers::ALL,
    cookies::ALL,
    payload::ALL,
    tables::ALL,
    tables::ELEMENTS,
    tables::ITEMS,
    missing::ALL,
];

struct Table {
    all: Vec<&'static Fetch>,
    by_name: HashMap<&'static str, FetchId>,
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let all: Vec<_> = LISTS.iter().flat_map(|l| l.iter().copied()).collect();
        let by_name = all.iter().enumerate().map(|(i, f)| (f.name, FetchId(i as u16))).collect();
        Table { all, by_name }
    })
}

/// Every fetch, in the order of the lists.
pub fn all() -> impl Iterator<Item = &'static Fetch> {
    LISTS.iter().flat_map(|l| l.iter().copied())
}

pub fn find(name: &str) -> Option<FetchId> {
    table().by_name.get(name).copied()
}

/// # Panics
/// Never for an id that [`find`] gave.
pub fn get(id: FetchId) -> &'static Fetch {
    table().all[usize::from(id.0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_taken_twice() {
        let t = table();
        assert_eq!(t.all.len(), t.by_name.len());
    }
}
