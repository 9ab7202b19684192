//! Requests that wait for a server's slot: first by priority, then in the order of their coming.
//!
//! `set-priority-class` parts the queue into classes; `set-priority-offset` moves a request in time within its class
//! (milliseconds, negative is earlier). The queue counts who was served, so that a request can say how many were ahead.

use std::collections::BTreeMap;

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket {
    class: i32,
    /// When it came, milliseconds, moved by its offset.
    time: i64,
    number: u64,
}

#[derive(Debug)]
pub struct Queue<T> {
    waiting: BTreeMap<Ticket, (T, u64)>,
    issued: u64,
    served: u64,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self { waiting: BTreeMap::new(), issued: 0, served: 0 }
    }
}

impl<T> Queue<T> {
    /// `now` and `offset` are milliseconds.
    pub fn push(&mut self, item: T, class: i32, offset: i32, now: i64) -> Ticket {
        self.issued += 1;
        let ticket = Ticket { class, time: now + i64::from(offset), number: self.issued };
        self.waiting.insert(ticket, (item, self.served));
        ticket
    }

    /// The next one, and how many were served before it while it waited.
    pub fn pop(&mut self) -> Option<(T, u64)> {
        let (_, (item, since)) = self.waiting.pop_first()?;
        let ahead = self.served - since;
        self.served += 1;
        Some((item, ahead))
    }

    /// The next one's ticket.
    pub fn front(&self) -> Option<Ticket> {
        self.waiting.first_key_value().map(|(t, _)| *t)
    }

    /// One that gives up.
    pub fn remove(&mut self, ticket: Ticket) -> Option<T> {
        self.waiting.remove(&ticket).map(|(item, _)| item)
    }

    /// Everybody, in order (their server is gone).
    pub fn drain(&mut self) -> Vec<T> {
        std::mem::take(&mut self.waiting).into_values().map(|(item, _)| item).collect()
    }

    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn class_then_time_then_order_of_coming() {
        let mut q = Queue::default();
        q.push("late", 0, 50, 100);
        q.push("first", 0, 0, 100);
        let gone = q.push("gone", 0, 0, 100);
        q.push("second", 0, 0, 100);
        q.push("urgent", -1, 0, 200);
        assert_eq!(q.remove(gone), Some("gone"));
        let order: Vec<_> = std::iter::from_fn(|| q.pop()).collect();
        assert_eq!(order, [("urgent", 0), ("first", 1), ("second", 2), ("late", 3)]);
    }
}
