//! Routers on a simulated network: made-up nodes under made-up faults, the article's pair by the clock, and broken machines
//! that the judge must find out.
//!
//! The routers are the ones that the daemon runs; only the network, the clock and the machines are made up.

#[path = "sim/pair.rs"]
mod pair;
#[path = "sim/planted.rs"]
mod planted;
#[path = "sim/properties.rs"]
mod properties;
#[path = "sim/timeline.rs"]
mod timeline;
