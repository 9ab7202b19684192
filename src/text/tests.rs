//! What the tests of both languages share.

pub(crate) mod fixtures;
