//! Versions of a list or map: the next ones are filled beside the one that is in use, and take its place in one step.

use std::collections::BTreeMap;

use crate::ir::expr::PatternEntry;

/// What there is of a set besides the entries that are in use.
#[derive(Debug, Default)]
pub struct Versions {
    current: u32,
    next: u32,
    pending: BTreeMap<u32, Vec<PatternEntry>>,
}

impl Versions {
    /// The version in use, and the last that was prepared.
    pub fn numbers(&self) -> (u32, u32) {
        (self.current, self.next)
    }

    /// A new version without entries.
    pub fn prepare(&mut self) -> u32 {
        self.next += 1;
        self.next
    }

    pub fn is_current(&self, version: u32) -> bool {
        version == self.current
    }

    /// Whether it was ever prepared.
    pub fn is_known(&self, version: u32) -> bool {
        version <= self.next
    }

    /// What waits in a version; one that is not there, or was replaced, has nothing.
    pub fn entries(&self, version: u32) -> &[PatternEntry] {
        self.pending.get(&version).map_or(&[], Vec::as_slice)
    }

    /// Entries that wait in all versions.
    pub fn waiting(&self) -> usize {
        self.pending.values().map(Vec::len).sum()
    }

    /// Adds to a version that may still come into use.
    pub fn add(&mut self, version: u32, entries: &[PatternEntry]) {
        if version > self.current && self.is_known(version) {
            self.pending.entry(version).or_default().extend_from_slice(entries);
        }
    }

    pub fn clear(&mut self, version: u32) {
        self.pending.remove(&version);
    }

    /// Takes a version into use: its entries. `None`: it is not one of those that may come.
    pub fn commit(&mut self, version: u32) -> Option<Vec<PatternEntry>> {
        if version <= self.current || !self.is_known(version) {
            return None;
        }
        let later = self.pending.split_off(&(version + 1));
        let mut replaced = std::mem::replace(&mut self.pending, later);
        self.current = version;
        Some(replaced.remove(&version).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(key: &str) -> PatternEntry {
        PatternEntry { key: key.to_owned(), value: None, line: 0 }
    }

    #[test]
    fn versions_come_into_use_forwards_only() {
        let mut v = Versions::default();
        assert_eq!((v.prepare(), v.prepare(), v.prepare()), (1, 2, 3));
        v.add(1, &[entry("a")]);
        v.add(2, &[entry("b"), entry("c")]);
        v.add(3, &[entry("d")]);
        v.add(4, &[entry("e")]);
        assert_eq!((v.waiting(), v.entries(2).len(), v.entries(4).len()), (4, 2, 0));
        assert_eq!(v.commit(2), Some(vec![entry("b"), entry("c")]));
        assert_eq!((v.numbers(), v.waiting()), ((2, 3), 1));
        assert_eq!((v.commit(1), v.commit(4)), (None, None));
        v.clear(3);
        assert_eq!(v.commit(3), Some(Vec::new()));
    }
}
