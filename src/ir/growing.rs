//! A list that grows while others read it: what is in it never moves and never goes, it is only marked as gone.
//!
//! Readers take no lock. What a configuration put in stands in one piece and costs what a `Vec` costs; what came later
//! stands in blocks that are chained. An index once given means the same element for ever, so a server that was removed
//! keeps its place: whoever still holds its number finds it, and finds it gone.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Elements of a block.
const BLOCK: usize = 16;

pub struct Growing<T> {
    first: Vec<Slot<T>>,
    more: OnceLock<Box<Block<T>>>,
    appended: AtomicUsize,
    growing: Mutex<()>,
}

struct Slot<T> {
    value: T,
    gone: AtomicBool,
}

struct Block<T> {
    slots: [OnceLock<Slot<T>>; BLOCK],
    next: OnceLock<Box<Self>>,
}

impl<T> Slot<T> {
    fn new(value: T) -> Self {
        Self { value, gone: AtomicBool::new(false) }
    }
}

impl<T> Block<T> {
    fn new() -> Box<Self> {
        Box::new(Self { slots: [const { OnceLock::new() }; BLOCK], next: OnceLock::new() })
    }
}

impl<T> Growing<T> {
    pub const fn new() -> Self {
        Self { first: Vec::new(), more: OnceLock::new(), appended: AtomicUsize::new(0), growing: Mutex::new(()) }
    }

    /// All that there ever were, gone or not.
    pub fn len(&self) -> usize {
        self.first.len() + self.appended.load(Ordering::Acquire)
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Before anybody else looks.
    ///
    /// # Panics
    /// Once something was appended.
    pub fn push(&mut self, value: T) {
        assert!(self.more.get().is_none(), "a list that is shared grows by append");
        self.first.push(Slot::new(value));
    }

    /// While others read; the index of what was added.
    pub fn append(&self, value: T) -> usize {
        let _alone = self.growing.lock().unwrap_or_else(PoisonError::into_inner);
        let n = self.appended.load(Ordering::Relaxed);
        let mut block = self.more.get_or_init(Block::new);
        for _ in 0..n / BLOCK {
            block = block.next.get_or_init(Block::new);
        }
        let _ = block.slots[n % BLOCK].set(Slot::new(value));
        self.appended.store(n + 1, Ordering::Release);
        self.first.len() + n
    }

    fn slot(&self, index: usize) -> Option<&Slot<T>> {
        if let Some(slot) = self.first.get(index) {
            return Some(slot);
        }
        let n = index - self.first.len();
        let mut block = self.more.get()?;
        for _ in 0..n / BLOCK {
            block = block.next.get()?;
        }
        block.slots[n % BLOCK].get()
    }

    pub fn get(&self, index: usize) -> Option<&T> {
        self.slot(index).map(|s| &s.value)
    }

    /// Marks an element: it stays where it is, and [`Self::present`] passes it over.
    pub fn remove(&self, index: usize) {
        if let Some(slot) = self.slot(index) {
            slot.gone.store(true, Ordering::Release);
        }
    }

    pub fn is_gone(&self, index: usize) -> bool {
        self.slot(index).is_none_or(|s| s.gone.load(Ordering::Acquire))
    }

    /// All that there ever were, gone or not, so that positions are indices.
    pub fn iter(&self) -> Iter<'_, T> {
        Iter { list: self, at: 0, end: self.len() }
    }

    /// What the configuration put there, to be changed before anybody else looks.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.first.iter_mut().map(|s| &mut s.value)
    }

    /// Those that are not gone, with their indices.
    pub fn present(&self) -> impl Iterator<Item = (usize, &T)> {
        self.iter().enumerate().filter(|(i, _)| !self.is_gone(*i))
    }

    /// The index of the first that is not gone and fits.
    pub fn find(&self, fits: impl Fn(&T) -> bool) -> Option<usize> {
        self.present().find(|(_, v)| fits(v)).map(|(i, _)| i)
    }
}

/// An iterator over a list as long as it was at its beginning.
pub struct Iter<'a, T> {
    list: &'a Growing<T>,
    at: usize,
    end: usize,
}

impl<'a, T> Iterator for Iter<'a, T> {
    type Item = &'a T;

    fn next(&mut self) -> Option<&'a T> {
        let value = if self.at < self.end { self.list.get(self.at) } else { None };
        self.at += 1;
        value
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.end.saturating_sub(self.at);
        (left, Some(left))
    }
}

impl<T> ExactSizeIterator for Iter<'_, T> {}

impl<'a, T> IntoIterator for &'a Growing<T> {
    type Item = &'a T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

impl<T> FromIterator<T> for Growing<T> {
    fn from_iter<I: IntoIterator<Item = T>>(all: I) -> Self {
        Self { first: all.into_iter().map(Slot::new).collect(), ..Self::new() }
    }
}

impl<T> std::ops::Index<usize> for Growing<T> {
    type Output = T;

    fn index(&self, index: usize) -> &T {
        self.get(index).expect("an index that the list gave")
    }
}

impl<T> std::ops::IndexMut<usize> for Growing<T> {
    fn index_mut(&mut self, index: usize) -> &mut T {
        &mut self.first[index].value
    }
}

impl<T> Default for Growing<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Clone> Clone for Growing<T> {
    fn clone(&self) -> Self {
        self.iter().cloned().collect()
    }
}

impl<T: PartialEq> PartialEq for Growing<T> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().zip(other).all(|(a, b)| a == b)
    }
}

impl<T: std::fmt::Debug> std::fmt::Debug for Growing<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_appended_keeps_its_place_over_many_blocks() {
        let mut list: Growing<usize> = (0..3).collect();
        list.push(3);
        for n in 4..100 {
            assert_eq!(list.append(n), n);
        }
        assert!(list.iter().enumerate().all(|(i, n)| i == *n) && list.len() == 100 && list.get(100).is_none());
    }

    #[test]
    fn what_is_gone_is_passed_over_and_still_found_by_its_index() {
        let list: Growing<char> = "abc".chars().collect();
        list.append('d');
        list.remove(1);
        list.remove(3);
        assert_eq!(list.present().map(|(i, c)| (i, *c)).collect::<Vec<_>>(), [(0, 'a'), (2, 'c')]);
        assert!(list[3] == 'd' && list.is_gone(3) && !list.is_gone(2) && list.find(|c| *c == 'd').is_none());
    }

    #[test]
    fn readers_on_other_threads_see_whole_elements() {
        let list: Growing<String> = Growing::new();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for n in 0..200 {
                    list.append(n.to_string());
                }
            });
            scope.spawn(|| {
                while list.len() < 200 {
                    assert!(list.iter().enumerate().all(|(i, s)| *s == i.to_string()));
                }
            });
        });
    }
}
