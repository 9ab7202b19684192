//! Stick-tables: keys, entries, data types, rates, expiry. Decisions only: the caller brings the time, the lock and the key.

pub mod data_types;
pub mod key;
pub mod rate;
pub mod store;
