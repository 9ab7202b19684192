//! Which server takes the next request: the algorithms of `balance`, as functions of weights and counters.
//!
//! * [`farm`]: the servers of a backend and the choice among them
//! * [`key`]: what the hashing algorithms look at
//! * [`rotation`]: turns that follow weights
//! * [`hash`]: the hash functions

pub mod farm;
pub mod hash;
pub mod key;
pub mod rotation;
