//! The ground under both languages: sources and spans, diagnostics, argument grammar, atoms.
