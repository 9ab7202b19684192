//! Passes descriptors over a unix socket, as HAProxy's `_getsocks` does: a count, then messages that carry them.

use std::io::{self, IoSliceMut, Read as _, Write as _};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags};

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
        // Each message is acknowledged before the next comes.
        stream.write_all(&(all.len() as i32).to_ne_bytes())?;
    }
    Ok(all)
}
