//! Stick-tables: entries, data types, expiry.

pub mod data_types;
