//! The shell of the operator's commands: what files mean here before anything runs, what nodes would do, and the books of all items.
//!
//! * [`check`]: each keyword of a file with its status, and whether the original can be replaced for it
//! * [`outside`]: the machine as a configuration sees it
//! * [`explain`]: who is master when what fails
//! * [`simulate`]: nodes on a made-up network, with faults
//! * [`book`]: the coverage table and the manual pages, written from the tables of items

pub mod book;
pub mod check;
pub mod explain;
pub mod outside;
pub mod simulate;
