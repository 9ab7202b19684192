//! A frontend that listens nowhere.

use crate::ir::proxy::Proxy;
use crate::text::diag::{Diagnostic, Diagnostics, Place};

pub fn check(p: &Proxy, diag: &mut Diagnostics) {
    if p.kind.is_front() && p.listeners.is_empty() {
        let message = format!(
            "{} '{}' has no 'bind' directive. Please declare it as a backend if this was intended.",
            super::modes::kind_word(p),
            p.name
        );
        diag.push(
            Diagnostic::warning("no-bind", p.at, message).placed(Place::Nowhere).help("add a line such as: bind *:80"),
        );
    }
}
