//! The coverage table: how many items of each class work, and which.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Entry, Status};

/// Counts by class and status, then every entry, as Markdown.
pub fn table(entries: &[Entry]) -> String {
    let mut out = String::from("| class | works | tuning | legacy | missing | all |\n|---|---|---|---|---|---|\n");
    let mut classes: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
    for e in entries {
        classes.entry(e.class).or_default()[e.status as usize] += 1;
    }
    for (class, n) in &classes {
        let _ = writeln!(out, "| {class} | {} | {} | {} | {} | {} |", n[0], n[1], n[2], n[3], n.iter().sum::<usize>());
    }
    out.push_str("\n| class | item | where | status | what it does |\n|---|---|---|---|---|\n");
    for e in entries {
        let syntax = if e.syntax.is_empty() { e.name.clone() } else { format!("{} {}", e.name, e.syntax) };
        let _ = writeln!(
            out,
            "| {} | `{}` | {} | {} | {} |",
            e.class,
            syntax.replace('|', "\\|"),
            e.place,
            e.status.word(),
            e.doc
        );
    }
    out
}

/// How many entries have a status.
pub fn count(entries: &[Entry], status: Status) -> usize {
    entries.iter().filter(|e| e.status == status).count()
}
