//! Actions on variables (manual 4.2 `http-request set-var` ...).

use super::{text, word};
use crate::expr::eval;
use crate::expr::value::Value;
use crate::ir::action::ActionArg;
use crate::rules::Verdict;
use crate::rules::action::{ACTION, ActionItem, HTTP, Sets, Spec, TCP, TCP_RESPONSE};

pub const ALL: &[&ActionItem] = &[&SET_VAR, &SET_VAR_FMT, &UNSET_VAR];

const ANY: Sets = TCP.or(TCP_RESPONSE).or(HTTP);

const SET_VAR: ActionItem = ActionItem {
    name: "set-var",
    sets: ANY,
    args: &[Spec::VarInName, Spec::Sample("expr")],
    doc: "Stores an expression in a variable; conditions may follow its name.",
    run: |s, a| {
        let [ActionArg::Var(name), ActionArg::Sample(e), ..] = a else { return Verdict::Continue };
        let value = eval(e, &s.scope()).map(Value::into_owned);
        if let Some(v) = value
            && permitted(s.vars.get(name).as_ref(), &v, word(a, 2).unwrap_or(""))
        {
            s.vars.set(name, v);
        }
        Verdict::Continue
    },
    ..ACTION
};
const SET_VAR_FMT: ActionItem = ActionItem {
    name: "set-var-fmt",
    sets: ANY,
    args: &[Spec::VarInName, Spec::Format("fmt")],
    doc: "Stores a formatted string in a variable; conditions may follow its name.",
    run: |s, a| {
        let Some(ActionArg::Var(name)) = a.first() else { return Verdict::Continue };
        let v = Value::string(text(s, a, 1));
        if permitted(s.vars.get(name).as_ref(), &v, word(a, 2).unwrap_or("")) {
            s.vars.set(name, v);
        }
        Verdict::Continue
    },
    ..ACTION
};
const UNSET_VAR: ActionItem = ActionItem {
    name: "unset-var",
    sets: ANY,
    args: &[Spec::VarInName],
    doc: "Forgets a variable.",
    run: |s, a| {
        if let Some(ActionArg::Var(name)) = a.first() {
            s.vars.unset(name);
        }
        Verdict::Continue
    },
    ..ACTION
};

/// `ifexists,ifnotexists,ifempty,ifnotempty,ifset,ifnotset,ifgt,iflt`, comma separated; all must hold.
fn permitted(old: Option<&Value<'static>>, new: &Value<'static>, conditions: &str) -> bool {
    let empty = |v: &Value<'_>| match v {
        Value::Str(t) | Value::Bin(t) => t.is_empty(),
        _ => false,
    };
    conditions.split(',').filter(|c| !c.is_empty()).all(|c| match c {
        "ifexists" => old.is_some(),
        "ifnotexists" => old.is_none(),
        "ifempty" => empty(new),
        "ifnotempty" => !empty(new),
        "ifset" => old.is_some_and(|v| !empty(v)),
        "ifnotset" => old.is_none_or(empty),
        "ifgt" => compare(old, new).is_some_and(|o| o.is_gt()),
        "iflt" => compare(old, new).is_some_and(|o| o.is_lt()),
        _ => false,
    })
}

/// The new value against the old; only numbers compare, and anything beats nothing.
fn compare(old: Option<&Value<'static>>, new: &Value<'static>) -> Option<std::cmp::Ordering> {
    match old {
        None => Some(std::cmp::Ordering::Greater),
        Some(o) => Some(new.as_int()?.cmp(&o.as_int()?)),
    }
}
