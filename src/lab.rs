//! The shell of `hawser lab`: a pair of balancers rehearsed in namespaces, without root, with every observation told.
//!
//! ```text
//!  hawser lab                      the user's process: unshares, waits, passes the exit status on
//!   └ switch (PID 1 of the lab)    bridge and cables; runs the story, prints it
//!      ├ client   (PID 1 of its own namespaces)   asks like a visitor, probes every 20 ms
//!      ├ hap1     its own /etc /run /var: haproxy and keepalived as systemd's units start them
//!      ├ hap2     the same as init scripts start them
//!      ├ web1     an embedded web server
//!      └ web2
//! ```
//!
//! A host is one process of ours that obeys questions in JSON lines on its standard input ([`ask`], [`agent`]); nothing of
//! the machine is changed, and when the first process ends, the kernel takes the whole lab away.
//!
//! * [`options`], [`plan`], [`article`]: what is rehearsed, on which hosts, with which files
//! * [`space`], [`root`], [`accounts`], [`cable`]: namespaces, a host's file system, its users, its network
//! * [`agent`]: what a host does; [`ask`]: how it is asked
//! * [`story`], [`service`], [`tell`]: the steps, how long clients were without service, how it is told
//! * [`shell`]: a shell on a host of a running lab

pub mod accounts;
pub mod agent;
pub mod article;
pub mod ask;
pub mod cable;
pub mod clock;
pub mod options;
pub mod plan;
pub mod root;
pub mod service;
pub mod shell;
pub mod space;
pub mod story;
pub mod switch;
pub mod tell;
