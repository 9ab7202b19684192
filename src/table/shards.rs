//! A table in parts by key, each behind a lock of its own, so that threads seldom wait for each other.
//!
//! Size, expiry and the order of purging are the whole table's: only who finds it full, and an operator who looks at all of
//! it, takes every lock, always in the same order. Of entries in different parts that were used in the same millisecond, any is
//! purged first; a small table, where that could be noticed, is one part.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::key::Key;
use super::store::{Common, Entry, Place, Table};
use crate::ir::table::{KeyType, StickTable, StoredType};
use crate::ir::{ProxyId, ServerId};

/// Entries below which a table is one part.
const SMALL: usize = 1024;

/// A table that threads share. An entry's number says which part it is in.
#[derive(Debug)]
pub struct Shards {
    parts: Vec<Mutex<Table>>,
    common: Arc<Common>,
    size: usize,
}

/// One part, and an entry's number within it.
pub type Found<'a> = (MutexGuard<'a, Table>, usize);

impl Shards {
    /// One part for one thread and for a small table; more than there are threads otherwise, so that two seldom meet.
    pub fn new(spec: &StickTable, threads: usize) -> Self {
        let n = if threads > 1 && spec.size >= SMALL { (4 * threads).next_power_of_two().min(256) } else { 1 };
        let common = Arc::<Common>::default();
        let parts = (0..n).map(|_| Mutex::new(Table::part(spec, Arc::clone(&common)))).collect();
        Self { parts, common, size: spec.size }
    }

    fn lock(&self, part: usize) -> MutexGuard<'_, Table> {
        // A holder that panicked left it whole: every change is complete in itself.
        self.parts[part].lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn part_of(&self, key: &Key) -> usize {
        key.part() as usize % self.parts.len()
    }

    /// The part in which a key's entry would be.
    pub fn of_key(&self, key: &Key) -> MutexGuard<'_, Table> {
        self.lock(self.part_of(key))
    }

    /// An entry by its number.
    pub fn at(&self, id: usize) -> Found<'_> {
        (self.lock(id % self.parts.len()), id / self.parts.len())
    }

    /// The entry of a key, made if there is none, and its number; `None` in a full table that purges nothing.
    pub fn entry(&self, key: Key, now: u64) -> Option<(Found<'_>, usize)> {
        let n = self.part_of(&key);
        let mut part = self.lock(n);
        let known = part.known(&key, now);
        let id = match known {
            Some(id) => id,
            None if self.common.reserve(self.size) => part.make(key, now),
            None => {
                drop(part);
                let id = self.whole().entry(key, now)?;
                return Some((self.at(id), id));
            }
        };
        Some(((part, id), id * self.parts.len() + n))
    }

    /// Remembers a key's server, if there is room.
    pub fn stick(&self, key: Key, server: (ProxyId, ServerId), now: u64) {
        if let Some(((mut part, id), _)) = self.entry(key, now) {
            part.set_server(id, server);
        }
    }

    /// All of it at once.
    pub fn whole(&self) -> Whole<'_> {
        Whole { parts: (0..self.parts.len()).map(|n| self.lock(n)).collect(), shards: self }
    }
}

/// A table whose every part is locked.
pub struct Whole<'a> {
    parts: Vec<MutexGuard<'a, Table>>,
    shards: &'a Shards,
}

impl Whole<'_> {
    pub fn spec(&self) -> &StickTable {
        self.parts[0].spec()
    }

    pub fn items(&self) -> impl Iterator<Item = StoredType> + '_ {
        self.parts[0].items()
    }

    pub fn place(&self, item: u16, index: u32) -> Option<Place> {
        self.parts[0].place(item, index)
    }

    /// Entries that are there at this moment.
    pub fn used(&mut self, now: u64) -> usize {
        self.parts.iter_mut().map(|p| p.used(now)).sum()
    }

    /// As [`Shards::entry`]: the oldest entry of all makes room.
    pub fn entry(&mut self, key: Key, now: u64) -> Option<usize> {
        let n = self.shards.part_of(&key);
        let id = match self.parts[n].known(&key, now) {
            Some(id) => id,
            None => {
                self.parts.iter_mut().for_each(|p| p.expire(now));
                while !self.shards.common.reserve(self.shards.size) {
                    if self.spec().no_purge || !self.forget_oldest() {
                        return None;
                    }
                }
                self.parts[n].make(key, now)
            }
        };
        Some(id * self.parts.len() + n)
    }

    fn forget_oldest(&mut self) -> bool {
        let ages = self.parts.iter().enumerate().filter_map(|(n, p)| p.oldest().map(|(used, _)| (used, n)));
        let oldest = ages.min().map(|(_, n)| n);
        oldest.is_some_and(|n| self.parts[n].forget_oldest())
    }

    /// Every entry in the order of keys, with the milliseconds that it has left (0 without `expire`).
    pub fn all(&mut self, now: u64) -> Vec<(Key, usize, u64)> {
        let n = self.parts.len();
        let of = |(part, t): (usize, &mut MutexGuard<'_, Table>)| {
            t.all(now).into_iter().map(move |(key, id, left)| (key, id * n + part, left))
        };
        let mut all: Vec<_> = self.parts.iter_mut().enumerate().flat_map(of).collect();
        let integers = self.spec().key == KeyType::Integer;
        all.sort_by(|a, b| a.0.order(&b.0, integers));
        all
    }

    pub fn get(&self, id: usize) -> Option<&Entry> {
        self.parts[id % self.parts.len()].get(id / self.parts.len())
    }

    pub fn read(&self, id: usize, place: Place, now: u64) -> i64 {
        self.parts[id % self.parts.len()].read(id / self.parts.len(), place, now)
    }

    pub fn set(&mut self, id: usize, place: Place, n: i64, now: u64) {
        let parts = self.parts.len();
        self.parts[id % parts].set(id / parts, place, n, now);
    }

    pub fn set_server(&mut self, id: usize, server: (ProxyId, ServerId)) {
        let parts = self.parts.len();
        self.parts[id % parts].set_server(id / parts, server);
    }

    /// `false`: it is tracked, and stays.
    pub fn remove(&mut self, key: &Key) -> bool {
        self.parts[self.shards.part_of(key)].remove(key)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::ir::table::ServerKey;
    use crate::text::source::Span;

    fn shards(size: usize, no_purge: bool) -> Shards {
        let expire = Some(Duration::from_secs(1));
        let (key, server_key) = (KeyType::Integer, ServerKey::Name);
        let spec =
            StickTable { key, size, expire, no_purge, store: Vec::new(), peers: None, server_key, at: Span::default() };
        Shards::new(&spec, 2)
    }

    fn fill(s: &Shards, keys: std::ops::Range<i64>) -> usize {
        keys.filter(|&k| s.entry(Key::integer(k), k.unsigned_abs() / 8).is_some()).count()
    }

    #[test]
    fn full_table_forgets_the_oldest_of_all_parts() {
        let s = shards(2048, false);
        assert_eq!(s.parts.len(), 8);
        assert_eq!(fill(&s, 0..3000), 3000);
        let mut whole = s.whole();
        let left: Vec<_> = whole.all(375).into_iter().map(|(k, ..)| k.print(KeyType::Integer)).collect();
        assert_eq!(whole.used(375), 2048);
        assert!((960..3000).all(|k| left.contains(&k.to_string())), "younger than a millisecond's eight");
    }

    #[test]
    fn table_that_purges_nothing_takes_what_fits_and_more_when_time_has_passed() {
        let s = shards(2048, true);
        assert_eq!(fill(&s, 0..3000), 2048);
        assert!(s.entry(Key::integer(5000), 999).is_none());
        assert!(s.entry(Key::integer(5000), 1001).is_some(), "the first have expired, whatever their part");
    }

    #[test]
    fn number_of_an_entry_leads_to_it_and_tracked_ones_stay() {
        let s = shards(2048, false);
        let numbers: Vec<_> = (0..2048).filter_map(|k| s.entry(Key::integer(k), 0).map(|e| e.1)).collect();
        for (k, number) in numbers.iter().enumerate() {
            let (mut part, id) = s.at(*number);
            assert_eq!(part.get(id).map(Entry::key), Some(&Key::integer(k as i64)));
            part.track(id);
        }
        assert!(s.entry(Key::integer(5000), 5000).is_none());
        assert!(!s.whole().remove(&Key::integer(7)));
    }

    #[test]
    fn small_table_is_one_part() {
        assert_eq!(shards(1000, false).parts.len(), 1);
    }
}
