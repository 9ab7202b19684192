//! Routers on a simulated network: seeded faults, invariants after every event, properties when it is quiet again.
//!
//! The routers are the ones that the daemon runs; only the network, the clock and the machines are made up.

#[path = "sim/network.rs"]
mod network;
#[path = "sim/properties.rs"]
mod properties;
#[path = "sim/timeline.rs"]
mod timeline;
