//! The coverage table: how many items of each class work, and which.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Entry, Status};

/// The table of counts, then the table of items, as Markdown.
pub fn table(entries: &[Entry]) -> String {
    format!("{}\n{}", summary("class", entries), items(entries))
}

/// Counts by class and status, with a last line for all, as Markdown. `of` is what a class is.
pub fn summary(of: &str, entries: &[Entry]) -> String {
    let mut out = format!("| {of} | works | tuning | legacy | missing | all |\n|---|---|---|---|---|---|\n");
    let mut classes: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
    let mut all = [0; 4];
    for e in entries {
        classes.entry(e.class).or_default()[e.status as usize] += 1;
        all[e.status as usize] += 1;
    }
    for (class, n) in classes.into_iter().chain([("all", all)]) {
        let _ = writeln!(out, "| {class} | {} | {} | {} | {} | {} |", n[0], n[1], n[2], n[3], n.iter().sum::<usize>());
    }
    out
}

/// Every item with what it does, as Markdown.
pub fn items(entries: &[Entry]) -> String {
    let mut out = String::from("| class | item | where | status | what it does |\n|---|---|---|---|---|\n");
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

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(class: &'static str, status: Status) -> Entry {
        Entry { class, name: String::new(), place: String::new(), syntax: String::new(), doc: "", status }
    }

    #[test]
    fn the_last_line_of_a_summary_counts_all() {
        let entries = [
            entry("global", Status::Works),
            entry("global", Status::Legacy),
            entry("instance", Status::Works),
            entry("instance", Status::Missing),
        ];
        let text = summary("block", &entries);
        let lines: Vec<&str> = text.lines().skip(2).collect();
        let expected =
            ["| global | 1 | 0 | 1 | 0 | 2 |", "| instance | 1 | 0 | 0 | 1 | 2 |", "| all | 2 | 0 | 1 | 1 | 4 |"];
        assert_eq!(lines, expected);
    }
}
