//! Hawser: `haproxy` and `keepalived`, memory-safe, in place of the originals.
//!
//! Text becomes words, words become keywords, keywords become plain data ([`ir`]), and the data drives two runtimes:
//! [`proxy`] serves `haproxy.cfg`, [`failover`] runs `keepalived.conf`. Protocols and decisions are functions in pure
//! rooms; only the shells touch sockets, clocks, files and processes. ARCHITECTURE.md draws the flow and the arrows;
//! `tests/architecture.rs` holds them.

// Ground: what both languages stand on.
pub mod ir;
pub mod text;

// The two languages. They never import each other.
pub mod haproxy;
pub mod keepalived;

// Pure rooms of the proxy.
pub mod balance;
pub mod cli;
pub mod expr;
pub mod health;
pub mod http;
pub mod log;
pub mod queue;
pub mod rules;
pub mod stats;
pub mod table;
pub mod wire;

// Pure rooms of the failover daemon.
pub mod bfd;
pub mod checker;
pub mod explain;
pub mod ipvs;
pub mod simulation;
pub mod vrrp;

// Shells: sockets, clocks, files, processes.
pub mod failover;
pub mod lab;
pub mod net;
pub mod operator;
pub mod process;
pub mod proxy;
