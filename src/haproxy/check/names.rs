//! Names that are used twice: servers of one backend.

use std::collections::HashMap;

use crate::ir::proxy::Proxy;
use crate::text::diag::{Diagnostic, Diagnostics};
use crate::text::source::Sources;

pub fn check(p: &Proxy, sources: &Sources, diag: &mut Diagnostics) {
    let mut seen = HashMap::new();
    for s in &p.servers {
        let Some(first) = seen.insert(s.name.as_str(), s.at) else { continue };
        let line = sources.locate(first).1;
        let message = format!(
            "{} '{}', another server named '{}' was already defined at line {line}, please use distinct names.",
            super::modes::kind_word(p),
            p.name,
            s.name
        );
        diag.push(Diagnostic::error("duplicate-server", s.at, message).also(first, "first defined here"));
    }
}
