//! Evaluating ACLs and conditions.

use super::eval::eval_which;
use super::fetch::Which;
use super::fetches;
use super::scope::Scope;
use crate::ir::expr::{Acl, AclExpr, Condition};

/// Whether a condition holds. `acls` are those of the proxy whose rule asks.
pub fn holds<'a>(condition: &'a Condition, acls: &'a [Acl], scope: &'a Scope<'a>) -> bool {
    let any = condition
        .any
        .iter()
        .any(|all| all.iter().all(|t| acls.get(t.acl.0).is_some_and(|a| matches(a, scope)) != t.negate));
    any != condition.negate
}

/// Whether any of an ACL's lines matches.
pub fn matches<'a>(acl: &'a Acl, scope: &'a Scope<'a>) -> bool {
    acl.alternatives.iter().any(|e| matches_one(e, scope))
}

fn matches_one<'a>(expr: &'a AclExpr, scope: &'a Scope<'a>) -> bool {
    let set = scope.patterns.get(expr.patterns);
    if !fetches::get(expr.sample.fetch).many {
        return eval_which(&expr.sample, scope, Which::Default).is_some_and(|v| set.find(&v).is_some());
    }
    let mut n = 0;
    while let Some(v) = eval_which(&expr.sample, scope, Which::Nth(n)) {
        if set.find(&v).is_some() {
            return true;
        }
        n += 1;
    }
    false
}
