//! Shared shell: what a Unix daemon needs from its operating system, one idea per file.
//!
//! * [`daemon`]: leave the terminal (`-D`, and keepalived's default), always before a thread exists
//! * [`pidfile`]: the file that says who runs, and what a stale one means
//! * [`sd_notify`]: tell systemd that we are ready, reloading or stopping
//! * [`signals`]: wait for a signal with a deadline, without a runtime (supervisors)
//! * [`credentials`]: names of users and groups to numbers, and becoming one of them
//! * [`spawn`]: start a program as somebody else
//! * [`local_time`]: the time of day
//! * [`namespace`]: enter a network namespace
//! * [`priority`]: be served before others
//! * [`procs`]: which processes run, as `/proc` tells it
//! * [`alive`]: the commands that only ask whether a process lives, answered without running them
//! * [`pidfd`]: be woken when a process dies
//! * [`borrow_fds`]: listening sockets of a process that is to be replaced
//! * [`poller`]: wait for a descriptor in a runtime
//! * [`fds`]: descriptors that are known by their number alone
//! * [`utc_offset`]: how far local time is from UTC

pub mod alive;
pub mod borrow_fds;
pub mod clock;
pub mod credentials;
pub mod daemon;
pub mod fds;
pub mod local_time;
pub mod namespace;
pub mod pidfd;
pub mod pidfile;
pub mod poller;
pub mod priority;
pub mod procs;
pub mod sd_notify;
pub mod signals;
pub mod spawn;
pub mod utc_offset;
