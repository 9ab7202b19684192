//! Variables: named values in the scopes of a process, session, transaction, request, response or check (manual 2.8).

use std::cell::RefCell;
use std::sync::{Arc, RwLock};

use super::value::Value;
use crate::ir::expr::{VarName, VarScope};

/// The variables of one scope. Few are used at a time, so a list is searched; its room is kept from request to request.
#[derive(Debug, Default)]
pub struct VarList(Vec<(Arc<str>, Value<'static>)>);

impl VarList {
    pub fn get(&self, name: &str) -> Option<&Value<'static>> {
        self.0.iter().find(|(n, _)| **n == *name).map(|(_, v)| v)
    }

    pub fn set(&mut self, name: &Arc<str>, value: Value<'static>) {
        match self.0.iter_mut().find(|(n, _)| n == name) {
            Some((_, v)) => *v = value,
            None => self.0.push((name.clone(), value)),
        }
    }

    pub fn unset(&mut self, name: &str) {
        self.0.retain(|(n, _)| **n != *name);
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value<'static>)> {
        self.0.iter().map(|(n, v)| (&**n, v))
    }
}

/// Every scope that one stream can see; `proc` is shared by all threads.
#[derive(Debug)]
pub struct Vars {
    process: Arc<RwLock<VarList>>,
    session: RefCell<VarList>,
    transaction: RefCell<VarList>,
    request: RefCell<VarList>,
    response: RefCell<VarList>,
    check: RefCell<VarList>,
}

impl Vars {
    pub fn new(process: Arc<RwLock<VarList>>) -> Self {
        Self {
            process,
            session: RefCell::default(),
            transaction: RefCell::default(),
            request: RefCell::default(),
            response: RefCell::default(),
            check: RefCell::default(),
        }
    }

    fn list(&self, scope: VarScope) -> Option<&RefCell<VarList>> {
        match scope {
            VarScope::Proc => None,
            VarScope::Sess => Some(&self.session),
            VarScope::Txn => Some(&self.transaction),
            VarScope::Req => Some(&self.request),
            VarScope::Res => Some(&self.response),
            VarScope::Check => Some(&self.check),
        }
    }

    pub fn get(&self, name: &VarName) -> Option<Value<'static>> {
        match self.list(name.scope) {
            Some(l) => l.borrow().get(&name.name).cloned(),
            None => self.process.read().ok()?.get(&name.name).cloned(),
        }
    }

    pub fn set(&self, name: &VarName, value: Value<'static>) {
        match self.list(name.scope) {
            Some(l) => l.borrow_mut().set(&name.name, value),
            None => {
                if let Ok(mut l) = self.process.write() {
                    l.set(&name.name, value);
                }
            }
        }
    }

    pub fn unset(&self, name: &VarName) {
        match self.list(name.scope) {
            Some(l) => l.borrow_mut().unset(&name.name),
            None => {
                if let Ok(mut l) = self.process.write() {
                    l.unset(&name.name);
                }
            }
        }
    }

    /// A new transaction on the same connection: everything below the session is gone.
    pub fn next_transaction(&self) {
        for l in [&self.transaction, &self.request, &self.response] {
            l.borrow_mut().clear();
        }
    }

    /// The request has been forwarded: its variables are gone.
    pub fn end_request(&self) {
        self.request.borrow_mut().clear();
    }
}
