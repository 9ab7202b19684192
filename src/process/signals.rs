//! Wait for signals in a process that has no runtime: block them once, then take them one at a time with a deadline.
//!
//! Supervisors use this: they fork at any time, so they must not own threads, and between signals they have nothing
//! to do. Blocked signals stay queued, so none is lost between two waits. A child resets its mask with [`unblock_all`].
#![expect(unsafe_code, reason = "sigtimedwait(2) and real-time signals have no safe form")]

use std::{
    io,
    mem::MaybeUninit,
    os::fd::{FromRawFd as _, OwnedFd},
    time::Duration,
};

/// `SIGRTMIN` as glibc numbers it: keepalived's JSON signal is this plus two.
#[must_use]
pub fn realtime_min() -> i32 {
    libc::SIGRTMIN()
}

/// `SIGRTMAX` as glibc numbers it.
#[must_use]
pub fn realtime_max() -> i32 {
    libc::SIGRTMAX()
}

/// A fixed set of signals, blocked from delivery and taken with [`Waiter::wait`].
pub struct Waiter {
    set: libc::sigset_t,
}

impl Waiter {
    /// Blocks `signals` (numbers, so that real-time ones can be named) for this process and its future children.
    ///
    /// # Errors
    /// A number is no signal, or the mask could not be set.
    pub fn block(signals: &[i32]) -> io::Result<Self> {
        let mut set = MaybeUninit::uninit();
        // SAFETY: sigemptyset initialises the set before any other use; sigaddset only writes to it.
        let set = unsafe {
            check(libc::sigemptyset(set.as_mut_ptr()))?;
            let mut set = set.assume_init();
            for &signal in signals {
                check(libc::sigaddset(&raw mut set, signal))?;
            }
            check(libc::sigprocmask(libc::SIG_BLOCK, &raw const set, std::ptr::null_mut()))?;
            set
        };
        Ok(Self { set })
    }

    /// The next signal, or `None` once `limit` has passed. Without a limit it waits for ever.
    ///
    /// # Errors
    /// Only what `sigtimedwait(2)` reports beyond a timeout and an interruption.
    pub fn wait(&self, limit: Option<Duration>) -> io::Result<Option<i32>> {
        let limit = limit.map(|limit| libc::timespec {
            tv_sec: libc::time_t::try_from(limit.as_secs()).unwrap_or(libc::time_t::MAX),
            tv_nsec: libc::c_long::from(limit.subsec_nanos().cast_signed()),
        });
        let limit = limit.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
        // SAFETY: both pointers are null or point to live values for the whole call.
        let signal = unsafe { libc::sigtimedwait(&raw const self.set, std::ptr::null_mut(), limit) };
        if signal > 0 {
            return Ok(Some(signal));
        }
        let error = io::Error::last_os_error();
        match error.raw_os_error() {
            Some(libc::EAGAIN | libc::EINTR) => Ok(None),
            _ => Err(error),
        }
    }

    /// A descriptor that is readable while one of the signals waits, for poll(2); [`Waiter::wait`] then takes it.
    ///
    /// # Errors
    /// signalfd(2) failed.
    pub fn descriptor(&self) -> io::Result<OwnedFd> {
        // SAFETY: the set is initialised and lives for the whole call.
        let n = unsafe { libc::signalfd(-1, &raw const self.set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK) };
        check(n.min(0))?;
        // SAFETY: the kernel has just made it, and nobody else knows it.
        Ok(unsafe { OwnedFd::from_raw_fd(n) })
    }
}

/// Lets every signal through again: the first act of a forked child.
pub fn unblock_all() {
    let _ = nix::sys::signal::SigSet::all().thread_unblock();
    let mut all = MaybeUninit::uninit();
    // SAFETY: sigfillset initialises the set; it also holds the real-time signals that nix's set cannot name.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::sigprocmask(libc::SIG_UNBLOCK, all.as_ptr(), std::ptr::null_mut());
    }
}

/// Sends signal number `signal` to process `pid`; 0 only asks whether one may.
///
/// # Errors
/// What `kill(2)` reports: no such process, or no permission.
pub fn send(pid: i32, signal: i32) -> io::Result<()> {
    // SAFETY: kill(2) takes two numbers and touches no memory of ours.
    check(unsafe { libc::kill(pid, signal) })
}

fn check(result: libc::c_int) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
