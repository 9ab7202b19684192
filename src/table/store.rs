//! The entries of one table: found by key, forgotten by age (manual 4.2 `stick-table`).

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use slab::Slab;

use super::data_types;
use super::key::Key;
use super::rate::Rate;
use crate::ir::table::{KeyType, StickTable, StoredType};
use crate::ir::{ProxyId, ServerId};

/// What is remembered of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    key: Arc<Key>,
    /// Set by stick rules: a server and its backend, which need not be the table's.
    pub server: Option<(ProxyId, ServerId)>,
    /// Who tracks it; it is not forgotten meanwhile.
    pub trackers: u32,
    values: Vec<Datum>,
    /// Milliseconds: when it was used last, and the number of that use.
    touched: (u64, u64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Datum {
    Number(i64),
    Rate(Rate),
}

/// Where in an entry a number stands, and its period if it is a rate; milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    at: usize,
    period: Option<u64>,
}

/// A table and its entries. Times are milliseconds of one clock that never goes back.
#[derive(Debug)]
pub struct Table {
    spec: StickTable,
    /// What each entry stores, and where its numbers begin.
    items: Vec<(StoredType, usize)>,
    entries: Slab<Entry>,
    by_key: HashMap<Arc<Key>, usize>,
    /// Oldest use first: that is also the order in which entries expire.
    by_age: BTreeMap<(u64, u64), usize>,
    uses: u64,
    common: Arc<Common>,
}

/// What the parts of a table share: how many entries there are.
#[derive(Debug, Default)]
pub struct Common {
    used: AtomicUsize,
}

impl Common {
    /// Room for one more entry among `size`.
    pub fn reserve(&self, size: usize) -> bool {
        self.used.fetch_update(Relaxed, Relaxed, |n| (n < size).then_some(n + 1)).is_ok()
    }
}

impl Table {
    /// Items are kept in the order in which `show table` prints them; one named twice is one.
    pub fn new(spec: &StickTable) -> Self {
        Self::part(spec, Arc::default())
    }

    /// A part of a table, which has its size in common with others.
    pub fn part(spec: &StickTable, common: Arc<Common>) -> Self {
        let mut stored = spec.store.clone();
        stored.sort_by_key(|i| i.item);
        stored.dedup_by_key(|i| i.item);
        let mut at = 0;
        let mut items = Vec::with_capacity(stored.len());
        for item in stored {
            items.push((item, at));
            at += item.count.unwrap_or(1) as usize;
        }
        Self {
            spec: spec.clone(),
            items,
            entries: Slab::new(),
            by_key: HashMap::new(),
            by_age: BTreeMap::new(),
            uses: 0,
            common,
        }
    }

    pub fn spec(&self) -> &StickTable {
        &self.spec
    }

    pub fn items(&self) -> impl Iterator<Item = StoredType> + '_ {
        self.items.iter().map(|(i, _)| *i)
    }

    /// Where an item's number stands; of an array, the one of that index. `None`: not stored. `gpc0`, `gpc1`, their rates and
    /// `gpt0` are found in the arrays that replace them.
    pub fn place(&self, item: u16, index: u32) -> Option<Place> {
        if let Some((stored, at)) = self.items.iter().find(|(i, _)| i.item == item) {
            let within = index < stored.count.unwrap_or(1);
            let period = stored.period.map(|p| p.as_millis() as u64);
            return within.then_some(Place { at: at + index as usize, period });
        }
        let (array, index) = data_types::in_array(item)?;
        self.place(array, index)
    }

    /// Entries that are there at this moment.
    pub fn used(&mut self, now: u64) -> usize {
        self.expire(now);
        self.entries.len()
    }

    /// The server that a key sticks to; looking keeps the entry alive.
    pub fn server(&mut self, key: &Key, now: u64) -> Option<(ProxyId, ServerId)> {
        let id = self.find(key, now)?;
        self.touch(id, now);
        self.entries[id].server
    }

    /// Remembers a key's server. A full table forgets its oldest entry, unless it must not (`nopurge`): then the new
    /// one is not kept.
    pub fn stick(&mut self, key: Key, server: (ProxyId, ServerId), now: u64) {
        if let Some(id) = self.entry(key, now) {
            self.entries[id].server = Some(server);
        }
    }

    /// The entry of a key, made if there is none; `None` in a full table that purges nothing.
    pub fn entry(&mut self, key: Key, now: u64) -> Option<usize> {
        if let Some(id) = self.known(&key, now) {
            return Some(id);
        }
        while !self.common.reserve(self.spec.size) {
            if self.spec.no_purge || !self.forget_oldest() {
                return None;
            }
        }
        Some(self.make(key, now))
    }

    /// The entry of a key, if there is one; asking keeps it alive.
    pub fn known(&mut self, key: &Key, now: u64) -> Option<usize> {
        let id = self.find(key, now)?;
        self.touch(id, now);
        Some(id)
    }

    /// A new entry, for which room was reserved.
    pub fn make(&mut self, key: Key, now: u64) -> usize {
        self.uses += 1;
        let touched = (now, self.uses);
        let key = Arc::new(key);
        let entry = Entry { key: Arc::clone(&key), server: None, trackers: 0, values: self.blank(), touched };
        let id = self.entries.insert(entry);
        self.by_age.insert(touched, id);
        self.by_key.insert(key, id);
        id
    }

    fn blank(&self) -> Vec<Datum> {
        let datum = |i: &StoredType| if i.period.is_some() { Datum::Rate(Rate::default()) } else { Datum::Number(0) };
        self.items.iter().flat_map(|(i, _)| std::iter::repeat_n(datum(i), i.count.unwrap_or(1) as usize)).collect()
    }

    /// An entry as it is; looking changes nothing.
    pub fn find(&mut self, key: &Key, now: u64) -> Option<usize> {
        self.expire(now);
        self.by_key.get(key).copied()
    }

    /// The entry of a number that [`Self::entry`] or [`Self::find`] gave, or that is tracked.
    pub fn get(&self, id: usize) -> Option<&Entry> {
        self.entries.get(id)
    }

    /// Sets an entry's server.
    pub fn set_server(&mut self, id: usize, server: (ProxyId, ServerId)) {
        if let Some(e) = self.entries.get_mut(id) {
            e.server = Some(server);
        }
    }

    /// From here on the entry stays until [`Self::release`].
    pub fn track(&mut self, id: usize) {
        if let Some(e) = self.entries.get_mut(id) {
            e.trackers += 1;
        }
    }

    pub fn release(&mut self, id: usize, now: u64) {
        if let Some(e) = self.entries.get_mut(id) {
            e.trackers = e.trackers.saturating_sub(1);
            self.touch(id, now);
        }
    }

    /// A number, or the events of a rate's period.
    pub fn read(&self, id: usize, place: Place, now: u64) -> i64 {
        match self.entries.get(id).and_then(|e| e.values.get(place.at)) {
            Some(Datum::Number(n)) => *n,
            Some(Datum::Rate(r)) => r.read(now, place.period.unwrap_or(1)).into(),
            None => 0,
        }
    }

    /// Adds to a number, or counts events; what it is then.
    pub fn add(&mut self, id: usize, place: Place, n: i64, now: u64) -> i64 {
        match self.entries.get_mut(id).and_then(|e| e.values.get_mut(place.at)) {
            Some(Datum::Number(old)) => *old = old.saturating_add(n).max(0),
            Some(Datum::Rate(r)) => {
                r.add(u32::try_from(n).unwrap_or(u32::MAX), now, place.period.unwrap_or(1));
            }
            None => return 0,
        }
        self.touch(id, now);
        self.read(id, place, now)
    }

    /// Makes a number or a rate read `n`.
    pub fn set(&mut self, id: usize, place: Place, n: i64, now: u64) {
        match self.entries.get_mut(id).and_then(|e| e.values.get_mut(place.at)) {
            Some(Datum::Number(old)) => *old = n,
            Some(Datum::Rate(r)) => *r = Rate::of(u32::try_from(n).unwrap_or(u32::MAX), now),
            None => return,
        }
        self.touch(id, now);
    }

    /// `false`: it is tracked, and stays.
    pub fn remove(&mut self, key: &Key) -> bool {
        match self.by_key.get(key).copied() {
            Some(id) if self.entries[id].trackers > 0 => false,
            Some(id) => {
                self.forget(id);
                true
            }
            None => true,
        }
    }

    /// Every entry in the order of keys, with the milliseconds that it has left (0 without `expire`).
    pub fn all(&mut self, now: u64) -> Vec<(Key, usize, u64)> {
        self.expire(now);
        let found = self.entries.iter().map(|(id, e)| (Key::clone(&e.key), id, self.left(e, now)));
        let mut all: Vec<_> = found.collect();
        let integers = self.spec.key == KeyType::Integer;
        all.sort_by(|a, b| a.0.order(&b.0, integers));
        all
    }

    /// Milliseconds until an entry expires; 0 if it never does.
    pub fn left(&self, e: &Entry, now: u64) -> u64 {
        self.life().map_or(0, |life| (e.touched.0 + life).saturating_sub(now).min(life))
    }

    /// Milliseconds since an entry was used.
    pub fn idle(&self, e: &Entry, now: u64) -> u64 {
        now.saturating_sub(e.touched.0)
    }

    fn life(&self) -> Option<u64> {
        self.spec.expire.map(|d| d.as_millis() as u64)
    }

    fn touch(&mut self, id: usize, now: u64) {
        let Some(e) = self.entries.get_mut(id) else { return };
        if e.touched == (now, self.uses) {
            return;
        }
        self.uses += 1;
        self.by_age.remove(&e.touched);
        e.touched = (now, self.uses);
        self.by_age.insert(e.touched, id);
    }

    /// What is tracked counts as used when its time has come.
    pub fn expire(&mut self, now: u64) {
        let Some(life) = self.life() else { return };
        while let Some((touched, id)) = self.by_age.first_key_value().map(|(t, id)| (t.0, *id))
            && touched + life <= now
        {
            match self.entries.get(id) {
                Some(e) if e.trackers > 0 => self.touch(id, now),
                _ => self.forget(id),
            }
        }
    }

    /// `false`: every entry is tracked.
    pub fn forget_oldest(&mut self) -> bool {
        let oldest = self.oldest().map(|(_, id)| id);
        oldest.inspect(|id| self.forget(*id)).is_some()
    }

    /// When the entry was used that a full table would forget, the number of that use, and the entry.
    pub fn oldest(&self) -> Option<((u64, u64), usize)> {
        self.by_age.iter().map(|(used, id)| (*used, *id)).find(|(_, id)| self.entries[*id].trackers == 0)
    }

    fn forget(&mut self, id: usize) {
        if let Some(e) = self.entries.try_remove(id) {
            self.common.used.fetch_sub(1, Relaxed);
            self.by_age.remove(&e.touched);
            self.by_key.remove(&e.key);
        }
    }
}

impl Entry {
    pub fn key(&self) -> &Key {
        &self.key
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::ir::table::{KeyType, ServerKey};
    use crate::text::source::Span;

    const KIND: KeyType = KeyType::String(32);

    fn table(size: usize, expire: Option<u64>, no_purge: bool) -> Table {
        Table::new(&StickTable {
            key: KIND,
            size,
            expire: expire.map(Duration::from_millis),
            no_purge,
            store: Vec::new(),
            peers: None,
            server_key: ServerKey::Name,
            at: Span::default(),
        })
    }

    fn srv(n: usize) -> (ProxyId, ServerId) {
        (ProxyId(0), ServerId(n))
    }

    fn key(text: &str) -> Key {
        Key::bytes(KIND, text.as_bytes()).unwrap()
    }

    #[test]
    fn entries_live_from_their_last_use() {
        let mut t = table(10, Some(100), false);
        t.stick(key("a"), srv(1), 0);
        assert_eq!(t.server(&key("a"), 90), Some(srv(1)));
        assert_eq!(t.server(&key("a"), 189), Some(srv(1)), "looking kept it");
        assert_eq!(t.server(&key("a"), 289), None);
        assert_eq!(t.used(289), 0);
    }

    #[test]
    fn looking_with_find_keeps_nothing_alive() {
        let mut t = table(10, Some(100), false);
        t.stick(key("a"), srv(1), 0);
        assert!(t.find(&key("a"), 99).is_some());
        assert!(t.find(&key("a"), 100).is_none());
    }

    #[test]
    fn a_full_table_forgets_the_oldest_use() {
        let mut t = table(2, None, false);
        for (k, s) in [("a", 0), ("b", 1)] {
            t.stick(key(k), srv(s), 0);
        }
        assert_eq!(t.server(&key("a"), 1), Some(srv(0)));
        t.stick(key("c"), srv(2), 2);
        assert_eq!(t.used(2), 2);
        assert_eq!(t.server(&key("b"), 3), None);
        assert_eq!(t.server(&key("a"), 3), Some(srv(0)));
    }

    #[test]
    fn a_full_table_without_purge_takes_nobody() {
        let mut t = table(1, None, true);
        t.stick(key("a"), srv(0), 0);
        t.stick(key("b"), srv(1), 0);
        assert_eq!(t.server(&key("b"), 0), None);
        t.stick(key("a"), srv(3), 0);
        assert_eq!(t.server(&key("a"), 0), Some(srv(3)), "who is there is served");
    }

    fn counting(names: &[(&str, Option<u64>, Option<u32>)]) -> Table {
        let stored = |(name, period, count): &(&str, Option<u64>, Option<u32>)| StoredType {
            item: data_types::find(name).expect("a data type"),
            period: period.map(Duration::from_millis),
            count: *count,
        };
        let spec = StickTable { store: names.iter().map(stored).collect(), ..table(2, Some(100), false).spec };
        Table::new(&spec)
    }

    fn place(t: &Table, name: &str, index: u32) -> Option<Place> {
        t.place(data_types::find(name).expect("a data type"), index)
    }

    #[test]
    fn numbers_of_arrays_and_single_ones_stand_apart() {
        let mut t = counting(&[("gpc_rate", Some(1000), Some(2)), ("conn_cnt", None, None), ("gpt", None, Some(2))]);
        let id = t.entry(key("a"), 0).expect("room");
        for (name, index, n) in [("conn_cnt", 0, 3), ("gpt", 1, 4), ("gpc_rate", 1, 5)] {
            let p = place(&t, name, index).expect("stored");
            assert_eq!(t.add(id, p, n, 10), n);
        }
        let read = |name, index| t.read(id, place(&t, name, index).expect("stored"), 10);
        assert_eq!((read("gpt", 0), read("gpt", 1), read("gpc_rate", 0), read("conn_cnt", 0)), (0, 4, 0, 3));
        assert_eq!(read("gpc1_rate", 0), 5, "the old name means the array's element");
        assert_eq!((place(&t, "gpt", 2), place(&t, "conn_cur", 0)), (None, None));
    }

    #[test]
    fn tracked_entries_are_neither_expired_nor_purged_nor_removed() {
        let mut t = counting(&[]);
        let id = t.entry(key("a"), 0).expect("room");
        t.track(id);
        t.stick(key("b"), srv(1), 10);
        t.stick(key("c"), srv(2), 20);
        assert_eq!((t.find(&key("a"), 50), t.find(&key("b"), 50)), (Some(id), None));
        assert_eq!((t.find(&key("a"), 500), t.used(500)), (Some(id), 1));
        assert!(!t.remove(&key("a")));
        t.release(id, 500);
        assert_eq!((t.used(599), t.used(600)), (1, 0));
    }

    proptest::proptest! {
        /// The two indexes never disagree, and the table is never larger than it may be.
        #[test]
        fn indexes_agree(steps in proptest::collection::vec((0u8..6, 0u64..40, 0u8..3), 0..200)) {
            let mut t = table(3, Some(50), false);
            let mut now = 0;
            for (k, wait, what) in steps {
                now += wait;
                let k = key(&k.to_string());
                match what {
                    0 => t.stick(k, srv(usize::from(what)), now),
                    1 => { t.server(&k, now); }
                    _ => { t.remove(&k); }
                }
                proptest::prop_assert_eq!(t.entries.len(), t.by_age.len());
                proptest::prop_assert_eq!(t.entries.len(), t.by_key.len());
                proptest::prop_assert!(t.entries.len() <= 3);
                proptest::prop_assert!(t.all(now).iter().all(|(_, _, left)| *left > 0));
            }
        }
    }
}
