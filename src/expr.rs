//! Values, sample fetches, converters, ACLs, patterns, maps and formatted strings.
//!
//! A sample expression `fetch(args),converter(args)` is data in [`crate::ir::expr::Sample`]; here are the tables of items it
//! may name, and the functions that evaluate it against a [`scope::Scope`]. An item is one const in the file of its family,
//! and one line in that family's list.

pub mod acl;
pub mod converter;
pub mod converters;
pub mod eval;
pub mod fetch;
pub mod fetches;
pub mod format;
pub mod pattern;
pub mod scope;
pub mod userlist;
pub mod value;
pub mod vars;
pub mod versions;

pub use eval::{eval, eval_as};
pub use scope::Scope;
pub use value::{Type, Value};
