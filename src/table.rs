//! Stick-tables: entries, data types, expiry.
