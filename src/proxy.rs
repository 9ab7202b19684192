//! Shell of `haproxy`: command line, processes, threads, sockets. Decisions come from the pure rooms.
//!
//! A process loads the configuration ([`start`]), binds ([`bind`]), and runs one runtime a thread ([`thread`]) over one
//! shared [`world`]. Each thread takes connections ([`listener`]); a connection is a [`session`], a request on it a
//! [`stream`]. Servers are reached through [`servers`] (slots and queues), [`pool`] and [`connect`]; [`forward`] and
//! [`tunnel`] move bytes over [`socket`]s with [`buffers`] and [`splice`]. [`timers`] bounds every wait, [`checks`] and
//! [`agent`] ask servers how they are, [`logger`] tells what happened.

pub mod about;
pub mod agent;
pub mod argv;
pub mod bind;
pub mod buffers;
pub mod checks;
pub mod cli;
pub mod clock;
pub mod connect;
pub mod control;
pub mod end;
pub mod fdpass;
pub mod forward;
pub mod forwarding;
pub mod greeting;
pub mod handover;
pub mod http;
pub mod known;
pub mod limits;
pub mod listener;
pub mod load;
pub mod logger;
pub mod master;
pub mod operate;
pub mod pool;
pub mod registry;
pub mod rings;
pub mod roster;
pub mod rules;
pub mod servers;
pub mod session;
pub mod sessions;
pub mod signal;
pub mod socket;
pub mod socks;
pub mod splice;
pub mod start;
pub mod statistics;
pub mod stop;
pub mod stream;
pub mod tables;
pub mod tcp;
pub mod thread;
pub mod timers;
pub mod tunnel;
pub mod upload;
pub mod world;

pub use start::main;
