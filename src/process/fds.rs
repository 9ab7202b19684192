//! Descriptors that are known by their number alone: standard streams, and what a parent has left open.
#![expect(unsafe_code, reason = "a number becomes a descriptor; each use says why it is one")]

use std::io;
use std::os::fd::{BorrowedFd, FromRawFd as _, OwnedFd, RawFd};

/// Writes to descriptor `n`, which stays open.
///
/// # Errors
/// The number is no open descriptor, or what write(2) says.
pub fn write(n: RawFd, bytes: &[u8]) -> io::Result<usize> {
    if n < 0 {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    // SAFETY: the number is only lent for one system call, which refuses it when it is not open.
    let fd = unsafe { BorrowedFd::borrow_raw(n) };
    Ok(rustix::io::write(fd, bytes)?)
}

/// A copy of descriptor `n` of our own, closed on exec.
///
/// # Errors
/// The number is no open descriptor.
pub fn duplicate(n: RawFd) -> io::Result<OwnedFd> {
    if n < 0 {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    // SAFETY: the number is only lent for one system call, which refuses it when it is not open.
    let fd = unsafe { BorrowedFd::borrow_raw(n) };
    Ok(rustix::io::fcntl_dupfd_cloexec(fd, 3)?)
}

/// Takes descriptor `n` as our own.
///
/// # Errors
/// The number is no open descriptor.
pub fn take(n: RawFd) -> io::Result<OwnedFd> {
    let copy = duplicate(n)?;
    // SAFETY: it is open, as it could be copied, and the caller says that it was handed to us.
    drop(unsafe { OwnedFd::from_raw_fd(n) });
    Ok(copy)
}

/// Lets descriptor `fd` live through an exec.
///
/// # Errors
/// fcntl(2) failed.
pub fn keep_on_exec(fd: &OwnedFd) -> io::Result<()> {
    Ok(rustix::io::fcntl_setfd(fd, rustix::io::FdFlags::empty())?)
}

/// Wakes the listener only when a connection has brought its first bytes.
///
/// # Errors
/// setsockopt(2) failed.
pub fn defer_accept(fd: &impl std::os::fd::AsFd) -> io::Result<()> {
    use std::os::fd::AsRawFd as _;
    let seconds: libc::c_int = 1;
    // SAFETY: the pointer is to a live integer of the size given.
    let done = unsafe {
        libc::setsockopt(
            fd.as_fd().as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_DEFER_ACCEPT,
            (&raw const seconds).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        )
    };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
