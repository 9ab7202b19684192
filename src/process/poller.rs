//! Register a descriptor that one owns with the runtime's poller.
#![expect(unsafe_code, reason = "tokio asks that the descriptor stays open; an owner that is given away sees to that")]

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::Arc;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

mod sealed {
    pub trait Owner {}
}

/// What keeps one descriptor open for as long as it lives.
pub trait Owner: sealed::Owner + AsRawFd {}

impl sealed::Owner for OwnedFd {}
impl Owner for OwnedFd {}
impl sealed::Owner for Arc<OwnedFd> {}
impl Owner for Arc<OwnedFd> {}

/// Lets tasks of this thread wait until the descriptor can be read.
///
/// # Errors
/// epoll_ctl(2) failed.
pub fn readable<T: Owner>(owner: T) -> io::Result<AsyncFd<T>> {
    // SAFETY: an `Owner` never closes or changes its descriptor, and it is dropped with the registration.
    unsafe { AsyncFd::register_with_interest(owner, Interest::READABLE) }.map_err(Into::into)
}
