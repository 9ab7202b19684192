//! What every table of items has in common, and the books printed from the tables: coverage, manual.

pub mod coverage;
pub mod man;

/// How far an item is supported. The coverage table prints it; `hawser check` reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    Works,
    /// Accepted, and honestly without effect here; nothing a user relies on.
    Tuning,
    /// Removed from the original since 1.4, or deprecated: accepted with a warning that names the new form.
    Legacy,
    /// Known, not implemented: an error that says so.
    Missing,
}

impl Status {
    pub fn word(self) -> &'static str {
        match self {
            Self::Works => "works",
            Self::Tuning => "tuning",
            Self::Legacy => "legacy",
            Self::Missing => "missing",
        }
    }
}

/// One line of the books.
#[derive(Debug, Clone)]
pub struct Entry {
    /// `keyword`, `bind option`, `fetch` ...
    pub class: &'static str,
    pub name: String,
    /// Sections, contexts or types, for the reader.
    pub place: String,
    pub syntax: String,
    pub doc: &'static str,
    pub status: Status,
}
