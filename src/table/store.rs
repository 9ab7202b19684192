//! The entries of one table: found by key, forgotten by age (manual 4.2 `stick-table`).

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::key::Key;
use crate::ir::table::{StickTable, StoredType};
use crate::ir::{ProxyId, ServerId};

/// What is remembered of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Set by stick rules: a server and its backend, which need not be the table's.
    pub server: Option<(ProxyId, ServerId)>,
    /// One number for each stored item, in the order of [`Table::items`].
    pub values: Vec<i64>,
    /// Milliseconds: when it was used last, and the number of that use.
    touched: (u64, u64),
}

/// A table and its entries. Times are milliseconds of one clock that never goes back.
#[derive(Debug)]
pub struct Table {
    spec: StickTable,
    items: Vec<StoredType>,
    entries: HashMap<Arc<Key>, Entry>,
    /// Oldest use first: that is also the order in which entries expire.
    by_age: BTreeMap<(u64, u64), Arc<Key>>,
    uses: u64,
}

impl Table {
    /// Items are kept in the order in which `show table` prints them; one named twice is one.
    pub fn new(spec: &StickTable) -> Self {
        let mut items = spec.store.clone();
        items.sort_by_key(|i| i.item);
        items.dedup_by_key(|i| i.item);
        Self { spec: spec.clone(), items, entries: HashMap::new(), by_age: BTreeMap::new(), uses: 0 }
    }

    pub fn spec(&self) -> &StickTable {
        &self.spec
    }

    pub fn items(&self) -> &[StoredType] {
        &self.items
    }

    /// Entries that are there at this moment.
    pub fn used(&mut self, now: u64) -> usize {
        self.expire(now);
        self.entries.len()
    }

    /// The server that a key sticks to; looking keeps the entry alive.
    pub fn server(&mut self, key: &Key, now: u64) -> Option<(ProxyId, ServerId)> {
        self.expire(now);
        let server = self.entries.get(key)?.server;
        self.touch(key, now);
        server
    }

    /// Remembers a key's server. A full table forgets its oldest entry, unless it must not (`nopurge`): then the new
    /// one is not kept.
    pub fn stick(&mut self, key: Key, server: (ProxyId, ServerId), now: u64) {
        if let Some(e) = self.entry(key, now) {
            e.server = Some(server);
        }
    }

    /// The entry of a key, made if there is none; `None` in a full table that purges nothing.
    pub fn entry(&mut self, key: Key, now: u64) -> Option<&mut Entry> {
        self.expire(now);
        if !self.entries.contains_key(&key) {
            if self.entries.len() >= self.spec.size {
                if self.spec.no_purge {
                    return None;
                }
                self.forget_oldest();
            }
            let key = Arc::new(key.clone());
            self.uses += 1;
            let entry = Entry { server: None, values: vec![0; self.items.len()], touched: (now, self.uses) };
            self.by_age.insert(entry.touched, Arc::clone(&key));
            self.entries.insert(key, entry);
        }
        self.touch(&key, now);
        self.entries.get_mut(&key)
    }

    /// An entry as it is; looking changes nothing.
    pub fn get(&mut self, key: &Key, now: u64) -> Option<&Entry> {
        self.expire(now);
        self.entries.get(key)
    }

    /// `false`: there was none.
    pub fn remove(&mut self, key: &Key) -> bool {
        let removed = self.entries.remove(key);
        removed.is_some_and(|e| self.by_age.remove(&e.touched).is_some())
    }

    /// Every entry, the oldest use first, with the milliseconds that it has left (0 without `expire`).
    pub fn all(&mut self, now: u64) -> Vec<(Key, Entry, u64)> {
        self.expire(now);
        let found = self.by_age.values().filter_map(|key| self.entries.get(key).map(|e| (key, e)));
        found.map(|(key, e)| (Key::clone(key), e.clone(), self.left(e, now))).collect()
    }

    /// Milliseconds until an entry expires; 0 if it never does.
    pub fn left(&self, e: &Entry, now: u64) -> u64 {
        self.life().map_or(0, |life| (e.touched.0 + life).saturating_sub(now).min(life))
    }

    fn life(&self) -> Option<u64> {
        self.spec.expire.map(|d| d.as_millis() as u64)
    }

    fn touch(&mut self, key: &Key, now: u64) {
        let Some(e) = self.entries.get_mut(key) else { return };
        self.uses += 1;
        if let Some(key) = self.by_age.remove(&e.touched) {
            e.touched = (now, self.uses);
            self.by_age.insert(e.touched, key);
        }
    }

    fn expire(&mut self, now: u64) {
        let Some(life) = self.life() else { return };
        while let Some(oldest) = self.by_age.first_key_value()
            && oldest.0.0 + life <= now
        {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some((_, key)) = self.by_age.pop_first() {
            self.entries.remove(&key);
        }
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
    fn looking_with_get_keeps_nothing_alive() {
        let mut t = table(10, Some(100), false);
        t.stick(key("a"), srv(1), 0);
        assert!(t.get(&key("a"), 99).is_some());
        assert!(t.get(&key("a"), 100).is_none());
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
                proptest::prop_assert!(t.entries.len() <= 3);
                proptest::prop_assert!(t.all(now).iter().all(|(_, _, left)| *left > 0));
            }
        }
    }
}
