//! The sessions of a thread, so that an operator can list and end them.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;

use crate::expr::scope::Connection;
use crate::ir::{ProxyId, ServerId};

/// What can be told about a stream, and how it is ended from outside. It lives as long as the stream's memory, so everything
/// in it changes from one request to the next.
#[derive(Debug)]
pub struct Session {
    pub number: Cell<u64>,
    /// Microseconds since 1970.
    pub began: Cell<i64>,
    pub client: Cell<Option<SocketAddr>>,
    /// Where the client went to.
    pub destination: Cell<Option<SocketAddr>>,
    /// Index of the `bind` in the frontend.
    pub listener: Cell<usize>,
    /// `None` while there is no request.
    pub frontend: Cell<Option<ProxyId>>,
    pub backend: Cell<Option<ProxyId>>,
    pub server: Cell<Option<ServerId>>,
    /// Somebody wants it to end, and says why.
    pub killed: Cell<Option<super::end::Who>>,
}

impl Session {
    const fn new() -> Self {
        Self {
            number: Cell::new(0),
            began: Cell::new(0),
            client: Cell::new(None),
            destination: Cell::new(None),
            listener: Cell::new(0),
            frontend: Cell::new(None),
            backend: Cell::new(None),
            server: Cell::new(None),
            killed: Cell::new(None),
        }
    }

    /// A request begins.
    pub fn begin(&self, number: u64, began: i64, connection: &Connection, (frontend, listener): (ProxyId, usize)) {
        self.number.set(number);
        self.began.set(began);
        self.client.set(connection.source);
        self.destination.set(connection.destination);
        self.listener.set(listener);
        self.frontend.set(Some(frontend));
    }

    /// It is over; nobody lists or ends what comes next by mistake.
    pub fn end(&self) {
        self.frontend.set(None);
        self.backend.set(None);
        self.server.set(None);
        self.killed.set(None);
    }
}

/// Of one thread.
pub struct Registry {
    all: RefCell<slab::Slab<Rc<Session>>>,
    nobody: Rc<Session>,
}

impl Default for Registry {
    fn default() -> Self {
        Self { all: RefCell::default(), nobody: Rc::new(Session::new()) }
    }
}

impl Registry {
    /// Makes room for a stream until the entry is dropped.
    pub fn enter(&'static self) -> Entry {
        let session = Rc::new(Session::new());
        let key = self.all.borrow_mut().insert(session.clone());
        Entry { registry: self, key, session }
    }

    /// What a connection without a request is: never listed, never ended by an operator.
    pub fn nobody(&self) -> Rc<Session> {
        self.nobody.clone()
    }

    /// Every session that has a request, in no order.
    pub fn all(&self) -> Vec<Rc<Session>> {
        self.all.borrow().iter().filter(|(_, s)| s.frontend.get().is_some()).map(|(_, s)| s.clone()).collect()
    }

    /// Marks sessions for their end; the caller wakes them. How many there were.
    pub fn kill(&self, why: super::end::Who, which: impl Fn(&Session) -> bool) -> usize {
        let all = self.all.borrow();
        let there = all.iter().filter(|(_, s)| s.frontend.get().is_some() && which(s));
        there.map(|(_, s)| s.killed.set(Some(why))).count()
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
        self.registry.all.borrow_mut().remove(self.key);
    }
}
