//! Variables: named values in the scopes of a process, session, transaction, request, response or check (manual 2.8).

use std::cell::RefCell;
use std::sync::{Arc, RwLock};

use super::value::{Type, Value};
use crate::ir::expr::{VarName, VarScope};

/// What `set-var(name,...)` can ask for: each must hold, or the variable stays (manual 4.2 `http-request set-var`).
pub const CONDITIONS: &[&str] =
    &["ifexists", "ifnotexists", "ifempty", "ifnotempty", "ifset", "ifnotset", "ifgt", "iflt"];

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
///
/// Few variables live at a time, so those of all other scopes share a list; its room is kept from request to request.
#[derive(Debug)]
pub struct Vars {
    process: Arc<RwLock<VarList>>,
    own: RefCell<Vec<(VarName, Value<'static>)>>,
}

impl Vars {
    pub fn new(process: Arc<RwLock<VarList>>) -> Self {
        Self { process, own: RefCell::default() }
    }

    pub fn get(&self, name: &VarName) -> Option<Value<'static>> {
        if name.scope == VarScope::Proc {
            return self.process.read().ok()?.get(&name.name).cloned();
        }
        self.own.borrow().iter().find(|(n, _)| n == name).map(|(_, v)| v.clone())
    }

    pub fn set(&self, name: &VarName, value: Value<'static>) {
        if name.scope == VarScope::Proc {
            if let Ok(mut l) = self.process.write() {
                l.set(&name.name, value);
            }
            return;
        }
        let mut own = self.own.borrow_mut();
        match own.iter_mut().find(|(n, _)| n == name) {
            Some((_, v)) => *v = value,
            None => own.push((name.clone(), value)),
        }
    }

    /// Sets the variable if all of the [`CONDITIONS`] that are named hold.
    pub fn set_if<'c>(&self, name: &VarName, value: Value<'static>, conditions: impl Iterator<Item = &'c str>) {
        let mut conditions = conditions.filter(|c| !c.is_empty()).peekable();
        if conditions.peek().is_some() {
            let old = self.get(name);
            // A variable of the process is there from the moment that the configuration names it.
            let exists = old.is_some() || name.scope == VarScope::Proc;
            if !conditions.all(|c| permits(c, old.as_ref(), exists, &value)) {
                return;
            }
        }
        self.set(name, value);
    }

    pub fn unset(&self, name: &VarName) {
        if name.scope == VarScope::Proc {
            if let Ok(mut l) = self.process.write() {
                l.unset(&name.name);
            }
            return;
        }
        self.own.borrow_mut().retain(|(n, _)| n != name);
    }

    /// A new transaction on the same connection: everything below the session is gone.
    pub fn next_transaction(&self) {
        self.own.borrow_mut().retain(|(n, _)| matches!(n.scope, VarScope::Sess | VarScope::Check));
    }

    /// The request has been forwarded: its variables are gone.
    pub fn end_request(&self) {
        self.own.borrow_mut().retain(|(n, _)| n.scope != VarScope::Req);
    }
}

fn permits(condition: &str, old: Option<&Value<'_>>, exists: bool, new: &Value<'_>) -> bool {
    let is_empty = |v: &Value<'_>| matches!(v, Value::Str(t) | Value::Bin(t) if t.is_empty());
    match condition {
        "ifexists" => exists,
        "ifnotexists" => !exists,
        "ifempty" => is_empty(new),
        "ifnotempty" => !is_empty(new),
        "ifset" => old.is_some(),
        "ifnotset" => old.is_none(),
        "ifgt" => old.and_then(|o| numbers(o, new)).is_none_or(|(old, new)| old > new),
        "iflt" => old.and_then(|o| numbers(o, new)).is_none_or(|(old, new)| old < new),
        _ => false,
    }
}

/// Only numbers compare; other values are set whatever they are.
fn numbers(old: &Value<'_>, new: &Value<'_>) -> Option<(i64, i64)> {
    let number = |v: &Value<'_>| matches!(v.kind(), Type::Bool | Type::Int).then(|| v.as_int()).flatten();
    number(old).zip(number(new))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(old: Option<Value<'static>>, new: Value<'static>, conditions: &str) -> Option<Value<'static>> {
        let vars = Vars::new(Arc::default());
        let name = VarName { scope: VarScope::Txn, name: "x".into() };
        if let Some(old) = old {
            vars.set(&name, old);
        }
        vars.set_if(&name, new, conditions.split(','));
        vars.get(&name)
    }

    #[test]
    fn a_variable_that_holds_nothing_is_set_all_the_same() {
        assert_eq!(after(None, Value::Int(4), "ifset"), None);
        assert_eq!(after(None, Value::Int(4), "ifnotset,ifgt"), Some(Value::Int(4)));
        assert_eq!(after(Some(Value::str(b"")), Value::str(b"x"), "ifset,ifnotempty"), Some(Value::str(b"x")));
        assert_eq!(after(Some(Value::str(b"")), Value::str(b"x"), "ifnotset"), Some(Value::str(b"")));
    }

    #[test]
    fn the_old_number_is_compared_with_the_new() {
        assert_eq!(after(Some(Value::Int(5)), Value::Int(55), "ifgt"), Some(Value::Int(5)));
        assert_eq!(after(Some(Value::Int(5)), Value::Int(55), "iflt"), Some(Value::Int(55)));
        assert_eq!(after(Some(Value::Int(5)), Value::str(b"text"), "ifgt"), Some(Value::str(b"text")));
    }
}
