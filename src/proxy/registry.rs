//! The sessions of a thread, so that an operator can list and end them.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;

use crate::ir::{ProxyId, ServerId};

/// What can be told about a session, and how it is ended from outside.
#[derive(Debug)]
pub struct Session {
    pub number: u64,
    /// Microseconds since 1970.
    pub began: i64,
    pub client: Option<SocketAddr>,
    pub local: Option<SocketAddr>,
    pub frontend: ProxyId,
    pub backend: Cell<Option<ProxyId>>,
    pub server: Cell<Option<ServerId>>,
    /// Somebody wants it to end, and says why.
    pub killed: Cell<Option<super::end::Who>>,
}

/// Of one thread.
#[derive(Default)]
pub struct Registry(RefCell<slab::Slab<Rc<Session>>>);

impl Registry {
    /// Lists a session until the entry is dropped.
    pub fn enter(&'static self, session: Rc<Session>) -> Entry {
        let key = self.0.borrow_mut().insert(session.clone());
        Entry { registry: self, key, session }
    }

    /// Every session, in no order.
    pub fn all(&self) -> Vec<Rc<Session>> {
        self.0.borrow().iter().map(|(_, s)| s.clone()).collect()
    }

    /// Marks sessions for their end; the caller wakes them. How many there were.
    pub fn kill(&self, why: super::end::Who, which: impl Fn(&Session) -> bool) -> usize {
        let all = self.0.borrow();
        all.iter().filter(|(_, s)| which(s)).map(|(_, s)| s.killed.set(Some(why))).count()
    }
}

/// A place in the list.
pub struct Entry {
    registry: &'static Registry,
    key: usize,
    pub session: Rc<Session>,
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.registry.0.borrow_mut().remove(self.key);
    }
}
