//! Stick-tables: keys, entries, data types, rates, expiry, and the parts that threads share. Decisions only: the caller brings the
//! time and the key.

pub mod data_types;
pub mod key;
pub mod rate;
pub mod shards;
pub mod store;
