//! Walking a rule set.

use super::stage::Stage;
use super::{Verdict, Wait, actions};
use crate::expr::acl;
use crate::ir::action::Rule;
use crate::ir::expr::Acl;

/// What a walk ended with, and at which rule; a wait resumes there.
#[derive(Debug)]
pub struct Outcome {
    pub verdict: Verdict,
    pub at: usize,
}

/// Runs rules from `start`. `acls` belong to the proxy that has the rules. The end of the set is [`Verdict::Continue`]; so is a
/// rule that changed lists or maps, which lies before the end.
pub fn run<'a>(rules: &'a [Rule], acls: &'a [Acl], stage: &mut Stage<'a>, start: usize) -> Outcome {
    for (at, rule) in rules.iter().enumerate().skip(start) {
        if let Some(condition) = &rule.condition {
            stage.may_change.set(false);
            let holds = {
                let scope = stage.scope();
                acl::holds(condition, acls, &scope)
            };
            // What matches already stays matched, whatever comes; only a miss may still turn.
            let undecided = stage.may_change.get() && holds == condition.negate;
            if undecided && !stage.settled {
                return Outcome { verdict: Verdict::Wait(Wait::Data), at };
            }
            if !holds {
                continue;
            }
        }
        stage.may_change.set(false);
        let verdict = (actions::get(rule.action.item).run)(stage, &rule.action.args);
        if !matches!(verdict, Verdict::Continue | Verdict::Wait(_)) {
            stage.transaction.last_rule = Some(rule.place.clone());
        }
        // The shell changes lists and maps, and the rules behind see that: they are walked on from there.
        if matches!(verdict, Verdict::Continue) && !stage.effects.pattern_changes.is_empty() {
            return Outcome { verdict, at: at + 1 };
        }
        if !matches!(verdict, Verdict::Continue) {
            return Outcome { verdict, at };
        }
    }
    Outcome { verdict: Verdict::Continue, at: rules.len() }
}
