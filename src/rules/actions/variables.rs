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
        if let Some(v) = value {
            s.vars.set_if(name, v, word(a, 2).unwrap_or("").split(','));
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
        s.vars.set_if(name, v, word(a, 2).unwrap_or("").split(','));
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
