//! Be woken when a process dies: a pidfd becomes readable at that moment, whoever the parent is.
#![expect(unsafe_code, reason = "tokio asks for a promise about the descriptor's owner")]

use std::{io, os::fd::OwnedFd};

use rustix::process::{Pid, PidfdFlags};
use tokio::io::{Interest, unix::AsyncFd};

/// A handle on one living process; a reused pid never fools it.
#[derive(Debug)]
pub struct Watch {
    pid: i32,
    fd: AsyncFd<OwnedFd>,
}

impl Watch {
    /// Opens a handle on `pid`. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// The process is gone, or the kernel is older than 5.3.
    pub fn open(pid: i32) -> io::Result<Self> {
        let handle = Pid::from_raw(pid).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        let fd = rustix::process::pidfd_open(handle, PidfdFlags::NONBLOCK)?;
        // SAFETY: the descriptor is owned by the value it is registered with, and neither is handed out.
        let fd = unsafe { AsyncFd::register_with_interest(fd, Interest::READABLE) }.map_err(|e| e.into_parts().1)?;
        Ok(Self { pid, fd })
    }

    /// The process watched.
    #[must_use]
    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// Returns once the process has ended (a zombie has).
    pub async fn ended(&self) {
        // An error means that the runtime is going away; then nobody cares any more.
        let _ = self.fd.readable().await;
    }
}
