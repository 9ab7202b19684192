//! Leave the terminal: [`fork`], [`lead_session`] and [`stdio_to_null`] are the three steps of becoming a daemon.
//!
//! They are separate because the two daemons differ between them: haproxy's parent writes the pid file after the fork,
//! keepalived logs before it. `fork` refuses to run once a second thread exists: the child of a threaded process may
//! only call async-signal-safe functions, and no Rust code can promise that.
#![expect(unsafe_code, reason = "fork(2) and prctl(2) have no safe form; each call states why it is sound")]

use std::{fs::File, io, os::fd::AsFd};

use nix::{
    sys::signal::Signal,
    unistd::{ForkResult, Pid},
};

/// Which side of a [`fork`] one is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fork {
    /// The old process; the number is the new one's.
    Parent(i32),
    /// The new process.
    Child,
}

/// Splits the process in two.
///
/// # Errors
/// `fork(2)` failed, or this process already has a second thread.
pub fn fork() -> io::Result<Fork> {
    if threads().is_some_and(|n| n > 1) {
        return Err(io::Error::other("fork after a thread was started"));
    }
    // SAFETY: this process has one thread, so the child is a whole copy: no lock is held by a thread it lacks.
    match unsafe { nix::unistd::fork() }? {
        ForkResult::Parent { child } => Ok(Fork::Parent(child.as_raw())),
        ForkResult::Child => Ok(Fork::Child),
    }
}

/// Becomes leader of a session without a terminal. A process that already leads a group cannot; that is no harm here.
pub fn lead_session() {
    let _ = nix::unistd::setsid();
}

/// Points standard input, output and error at `/dev/null`.
///
/// # Errors
/// `/dev/null` cannot be opened.
pub fn stdio_to_null() -> io::Result<()> {
    let null = File::options().read(true).write(true).open("/dev/null")?;
    nix::unistd::dup2_stdin(null.as_fd())?;
    nix::unistd::dup2_stdout(null.as_fd())?;
    nix::unistd::dup2_stderr(null.as_fd())?;
    Ok(())
}

/// Asks the kernel to send `signal` to this process when its parent dies, and dies by it at once when the parent is
/// already gone (`parent` is the pid seen before the fork): without the second look a parent that ends early leaves
/// the child alone for ever.
///
/// # Errors
/// `prctl(2)` failed.
pub fn die_with_parent(signal: Signal, parent: i32) -> io::Result<()> {
    nix::sys::prctl::set_pdeathsig(signal)?;
    if nix::unistd::getppid() != Pid::from_raw(parent) {
        nix::sys::signal::raise(signal)?;
    }
    Ok(())
}

/// Makes this process the one that orphans of its descendants are handed to.
///
/// # Errors
/// `prctl(2)` failed.
pub fn adopt_orphans() -> io::Result<()> {
    Ok(nix::sys::prctl::set_child_subreaper(true)?)
}

/// How many threads this process has; `None` where `/proc` cannot tell.
fn threads() -> Option<usize> {
    Some(std::fs::read_dir("/proc/self/task").ok()?.count())
}
