//! Every converter. A new one is one const in the file of its family and one line in that file's list.

pub mod arithmetic;
pub mod digest;
pub mod encoding;
pub mod json;
pub mod maps;
pub mod missing;
pub mod network;
pub mod protocols;
pub mod strings;
pub mod tables;
pub mod time;
pub mod variables;

use std::collections::HashMap;
use std::sync::OnceLock;

use super::converter::Converter;
use crate::ir::expr::ConverterId;

const LISTS: &[&[&Converter]] = &[
    arithmetic::ALL,
    digest::ALL,
    encoding::ALL,
    json::ALL,
    maps::ALL,
    network::ALL,
    protocols::ALL,
    strings::ALL,
    tables::ALL,
    tables::ITEMS,
    time::ALL,
    variables::ALL,
    missing::ALL,
];

struct Table {
    all: Vec<&'static Converter>,
    by_name: HashMap<&'static str, ConverterId>,
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let all: Vec<_> = all().collect();
        let by_name = all.iter().enumerate().map(|(i, c)| (c.name, ConverterId(i as u16))).collect();
        Table { all, by_name }
    })
}

/// Every converter, in the order of the lists.
pub fn all() -> impl Iterator<Item = &'static Converter> {
    LISTS.iter().flat_map(|l| l.iter().copied())
}

pub fn find(name: &str) -> Option<ConverterId> {
    table().by_name.get(name).copied()
}

/// # Panics
/// Never for an id that [`find`] gave.
pub fn get(id: ConverterId) -> &'static Converter {
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
