//! From words to data: addresses, expressions, ACLs, conditions, formats, actions.

pub mod acl;
pub mod action;
pub mod address;
pub mod condition;
pub mod format;
pub mod reply;
pub mod sample;
pub mod time;

pub use acl::acl_line;
pub use condition::trailing_condition;
