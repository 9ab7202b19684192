//! Where requests go without a choice among servers: `dispatch`, `option transparent`, and `balance` against them.

use super::modes::kind_word;
use crate::ir::proxy::{Balance, Proxy};
use crate::text::diag::{Diagnostic, Diagnostics, Place};

pub fn check(p: &mut Proxy, diag: &mut Diagnostics) {
    if !p.kind.is_back() || (p.dispatch.is_none() && !p.options.transparent) {
        return;
    }
    let who = format!("{} '{}'", kind_word(p), p.name);
    let Some(at) = p.balance_at else {
        p.balance = Balance::None;
        return;
    };
    if p.options.transparent {
        let message = format!("{who} cannot use both transparent and balance mode.");
        diag.push(
            Diagnostic::error("balance-unused", p.at, message).placed(Place::Nowhere).also(at, "balance is here"),
        );
    }
    if p.dispatch.take().is_some() {
        let message = format!("dispatch address of {who} will be ignored in balance mode.");
        diag.push(
            Diagnostic::warning("balance-unused", p.at, message).placed(Place::Nowhere).also(at, "balance is here"),
        );
    }
}
