//! The language of `keepalived.conf`: text to words, words to keywords, keywords to [`crate::ir::failover`].
//!
//! ```text
//!  files ─▶ read ─▶ lex ─▶ walk ──────────▶ draft ─▶ lower ─▶ ir::failover
//!           includes  words   keywords, blocks  as written  defaults, references, the original's checks
//!           $NAME @id  { }    four passes, as the original's processes read the file
//! ```
//!
//! What the language asks of the machine (files, interfaces, users, programs) it asks through [`system::System`].

pub mod draft;
pub mod keyword;
pub mod keywords;
pub mod lex;
pub mod lower;
pub mod numbers;
pub mod quoted;
pub mod read;
pub mod report;
pub mod system;
pub mod walk;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use crate::{ir::failover::Failover, text::source::Sources};

pub use report::{ExitCode, Report};
pub use system::System;

/// A configuration and everything that was said about it.
#[derive(Debug)]
pub struct Checked {
    pub config: Failover,
    pub sources: Sources,
    pub report: Report,
}

/// Reads, understands and checks one configuration. `config_id` decides about `@id` lines.
#[must_use]
pub fn load(system: &dyn System, file: &str, config_id: &str) -> Checked {
    let mut sources = Sources::default();
    let mut report = Report::default();
    let lines = read::read(system, file, config_id, &mut sources, &mut report);
    let pieces = lex::pieces(&lines);
    let draft = walk::walk(&pieces, system, &mut report);
    let mut config = if report.aborted() || report.broken() {
        Failover::default()
    } else {
        lower::lower(draft, system, &mut report)
    };
    let last = walk::walk_last(&pieces, system, &mut report);
    lower::sessions(&mut config, last);
    Checked { config, sources, report }
}
