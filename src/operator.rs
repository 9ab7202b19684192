//! The shell of `hawser check` and `hawser book`: what files mean here before anything runs, and the books of all items.
//!
//! * [`check`]: each keyword of a file with its status, and whether the original can be replaced for it
//! * [`outside`]: the machine as a configuration sees it
//! * [`book`]: the coverage table and the manual pages, written from the tables of items

pub mod book;
pub mod check;
pub mod outside;
