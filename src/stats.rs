//! Counters, the fields of `show stat`, and their renderings: CSV, typed text, JSON, the HTML page.
//!
//! A [`field::Field`] is one const: its name, its nature, and how it is taken from a [`subject::Subject`]. A [`row::Row`] is
//! the fields of one subject at one moment; every rendering is a function of rows.

pub mod counters;
pub mod csv;
pub mod field;
pub mod fields;
pub mod info;
pub mod invalid;
pub mod json;
pub mod page;
pub mod prometheus;
pub mod row;
pub mod subject;
