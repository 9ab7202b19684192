//! Actions that change ACL and map files while running (manual 4.2 `http-request add-acl` ...).

use super::text;
use crate::ir::action::ActionArg;
use crate::rules::Verdict;
use crate::rules::action::{ACTION, ActionItem, HTTP_REQUEST, HTTP_RESPONSE, Sets, Spec};
use crate::rules::stage::{PatternChange, PatternChangeKind, Stage};

pub const ALL: &[&ActionItem] = &[&ADD_ACL, &DEL_ACL, &SET_MAP, &DEL_MAP];

const BOTH: Sets = HTTP_REQUEST.or(HTTP_RESPONSE);

const ADD_ACL: ActionItem = ActionItem {
    name: "add-acl",
    sets: BOTH,
    args: &[Spec::PatternsInName, Spec::Format("key")],
    doc: "Adds a key to an ACL file's patterns.",
    run: |s, a| change(s, a, |_| PatternChangeKind::Add),
    ..ACTION
};
const DEL_ACL: ActionItem = ActionItem {
    name: "del-acl",
    sets: BOTH,
    args: &[Spec::PatternsInName, Spec::Format("key")],
    doc: "Takes a key out of an ACL file's patterns.",
    run: |s, a| change(s, a, |_| PatternChangeKind::Delete),
    ..ACTION
};
const SET_MAP: ActionItem = ActionItem {
    name: "set-map",
    sets: BOTH,
    args: &[Spec::PatternsInName, Spec::Format("key"), Spec::Format("value")],
    doc: "Sets the value of a key in a map.",
    run: |s, a| change(s, a, PatternChangeKind::Set),
    ..ACTION
};
const DEL_MAP: ActionItem = ActionItem {
    name: "del-map",
    sets: BOTH,
    args: &[Spec::PatternsInName, Spec::Format("key")],
    doc: "Takes a key out of a map.",
    run: |s, a| change(s, a, |_| PatternChangeKind::Delete),
    ..ACTION
};

fn change<'a>(s: &mut Stage<'a>, a: &'a [ActionArg], kind: fn(String) -> PatternChangeKind) -> Verdict {
    if let Some(ActionArg::Patterns(set)) = a.first() {
        let key = String::from_utf8_lossy(&text(s, a, 1)).into_owned();
        let value = String::from_utf8_lossy(&text(s, a, 2)).into_owned();
        s.effects.pattern_changes.push(PatternChange { set: *set, key, kind: kind(value) });
    }
    Verdict::Continue
}
