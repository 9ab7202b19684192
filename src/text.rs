//! The ground under both languages: sources and spans, diagnostics, argument grammar, atoms.
//!
//! Nothing here knows a keyword. A language reads its files into [`source::Sources`], reports into [`diag::Diagnostics`],
//! describes the arguments of its keywords with [`grammar`], and offers [`nearest`] names for the ones it does not know.

pub mod atoms;
pub mod book;
pub mod diag;
pub mod exposition;
pub mod grammar;
pub mod nearest;
pub mod show;
pub mod source;

#[cfg(test)]
pub(crate) mod tests;
