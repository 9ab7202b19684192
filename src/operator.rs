//! The shell of `hawser check` and `hawser book`: what files mean here before anything runs, and the books of all items.
//!
//! * [`book`]: the coverage table and the manual pages, written from the tables of items

pub mod book;
