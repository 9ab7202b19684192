//! Which server takes the next request: the algorithms of `balance`, as functions of weights and counters.

pub mod hash;
