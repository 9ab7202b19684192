//! Passes descriptors over a unix socket: listening sockets as HAProxy's `_getsocks` does (a count, then messages that carry
//! them), and an operator's connection from the master to a worker.

use std::io::{self, IoSlice, IoSliceMut, Read as _, Write as _};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
};

/// Most descriptors in one message.
const AT_ONCE: usize = 253;

/// Asks for all listening sockets.
///
/// # Errors
/// The other side does not know the question, or goes away.
pub fn ask(mut stream: &UnixStream) -> io::Result<Vec<OwnedFd>> {
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    stream.write_all(b"_getsocks\n")?;
    let mut count = [0u8; 4];
    let mut all = Vec::new();
    // The count comes alone, so that the first descriptors are not lost with it.
    stream.read_exact(&mut count)?;
    let wanted = usize::try_from(i32::from_ne_bytes(count)).unwrap_or(0);
    while all.len() < wanted {
        let mut room = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(AT_ONCE))];
        let mut control = RecvAncillaryBuffer::new(&mut room);
        let mut names = [0u8; 65536];
        let got =
            rustix::net::recvmsg(stream, &mut [IoSliceMut::new(&mut names)], &mut control, RecvFlags::CMSG_CLOEXEC)?;
        let before = all.len();
        for message in control.drain() {
            if let RecvAncillaryMessage::ScmRights(fds) = message {
                all.extend(fds);
            }
        }
        if got.bytes == 0 || all.len() == before {
            break;
        }
        // Each message is acknowledged before the next comes; after the last the other side may be gone already.
        if stream.write_all(&(all.len() as i32).to_ne_bytes()).is_err() {
            break;
        }
    }
    Ok(all)
}

/// Answers [`ask`], whose question was read already. It waits for the other side: not for a thread that serves.
///
/// # Errors
/// The other side went away, or is silent for two seconds.
pub fn answer(mut stream: UnixStream, all: &[Arc<OwnedFd>]) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    stream.set_write_timeout(Some(Duration::from_secs(2)))?;
    let count = i32::try_from(all.len()).map_err(io::Error::other)?;
    stream.write_all(&count.to_ne_bytes())?;
    for some in all.chunks(AT_ONCE) {
        let fds: Vec<_> = some.iter().map(|fd| fd.as_fd()).collect();
        let mut room = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(AT_ONCE))];
        let mut control = SendAncillaryBuffer::new(&mut room);
        if !control.push(SendAncillaryMessage::ScmRights(&fds)) {
            return Err(io::Error::other("no room for descriptors"));
        }
        // Of each: no namespace, no interface, no options.
        let names = vec![0u8; some.len() * (2 + size_of::<i32>())];
        rustix::net::sendmsg(&stream, &[IoSlice::new(&names)], &mut control, SendFlags::NOSIGNAL)?;
        stream.read_exact(&mut [0u8; 4])?;
    }
    Ok(())
}

/// Gives a descriptor away, with one byte about it.
///
/// # Errors
/// What sendmsg(2) says.
pub fn give(to: &impl AsFd, fd: &OwnedFd, byte: u8) -> io::Result<()> {
    let mut room = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut room);
    let fds = [fd.as_fd()];
    if !control.push(SendAncillaryMessage::ScmRights(&fds)) {
        return Err(io::Error::other("no room for a descriptor"));
    }
    rustix::net::sendmsg(to, &[IoSlice::new(&[byte])], &mut control, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// Takes a descriptor and its byte; `None` is the end.
///
/// # Errors
/// What recvmsg(2) says, `WouldBlock` among it; `InvalidData` when the byte came alone.
pub fn take(from: &impl AsFd) -> io::Result<Option<(OwnedFd, u8)>> {
    let mut room = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut room);
    let mut byte = [0u8; 1];
    let got = rustix::net::recvmsg(from, &mut [IoSliceMut::new(&mut byte)], &mut control, RecvFlags::CMSG_CLOEXEC)?;
    if got.bytes == 0 {
        return Ok(None);
    }
    let fd = control.drain().find_map(|m| match m {
        RecvAncillaryMessage::ScmRights(mut fds) => fds.next(),
        _ => None,
    });
    fd.map(|fd| Some((fd, byte[0]))).ok_or_else(|| io::ErrorKind::InvalidData.into())
}
