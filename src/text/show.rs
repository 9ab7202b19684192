//! How diagnostics look: carets for a person, JSON for a program. The one-line forms belong to the languages.

pub mod caret;
pub mod json;
