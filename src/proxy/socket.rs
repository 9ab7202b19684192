//! A connected stream socket, TCP or unix: the narrow door through which bytes come and go.
//!
//! It tries first and registers with the thread's poller only when it has to wait, so a connection whose data is there
//! already costs no registration. Dropping it closes the descriptor; [`Socket::reset_on_close`] makes that a reset where
//! the peer has not closed yet, which spares both sides a lingering state.

use std::cell::{Cell, OnceCell};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::task::{Context, Poll};

use rustix::net::{RecvFlags, SendFlags};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::buffers::Buffer;

/// The number alone, for the poller; the descriptor itself is closed by its owner, after this is gone.
struct Number(RawFd);

impl AsRawFd for Number {
    fn as_raw_fd(&self) -> RawFd {
        self.0
    }
}

/// One end of a stream. Fields are in the order in which they must be dropped.
pub struct Socket {
    registered: OnceCell<AsyncFd<Number>>,
    fd: OwnedFd,
    /// The peer has closed its side.
    ended: Cell<bool>,
}

impl Socket {
    /// `fd` is non-blocking.
    pub fn new(fd: OwnedFd) -> Self {
        Self { registered: OnceCell::new(), fd, ended: Cell::new(false) }
    }

    /// The peer's end was seen.
    pub fn has_ended(&self) -> bool {
        self.ended.get()
    }

    fn poller(&self) -> io::Result<&AsyncFd<Number>> {
        if let Some(p) = self.registered.get() {
            return Ok(p);
        }
        #[expect(
            deprecated,
            reason = "its successor is unsafe; here the descriptor outlives the registration by field order"
        )]
        let p = AsyncFd::with_interest(Number(self.fd.as_raw_fd()), Interest::READABLE | Interest::WRITABLE)?;
        Ok(self.registered.get_or_init(|| p))
    }

    /// Appends what has come to `buf`, as far as its capacity goes; 0 is the peer's end.
    pub fn poll_recv(&self, cx: &mut Context<'_>, buf: &mut Vec<u8>) -> Poll<io::Result<usize>> {
        self.poll_take(cx, || {
            let room = buf.capacity() - buf.len();
            self.try_recv(buf).map(|n| (n, n < room))
        })
    }

    /// The same into a pooled buffer of `size` bytes, whose memory is only taken when there is something to put into it.
    pub fn poll_fill(&self, cx: &mut Context<'_>, buf: &mut Buffer, size: usize) -> Poll<io::Result<usize>> {
        self.poll_take(cx, || {
            buf.reserve(size);
            let tail = buf.tail();
            let room = tail.capacity() - tail.len();
            let got = self.try_recv(tail);
            if !matches!(got, Ok(1..)) {
                buf.release_if_empty();
            }
            got.map(|n| (n, n < room))
        })
    }

    /// `take` says how much it took, and whether that was all there is.
    fn poll_take(
        &self,
        cx: &mut Context<'_>,
        mut take: impl FnMut() -> io::Result<(usize, bool)>,
    ) -> Poll<io::Result<usize>> {
        if self.registered.get().is_none() {
            match take() {
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                done => return Poll::Ready(done.map(|(n, _)| n)),
            }
        }
        let poller = self.poller()?;
        loop {
            let mut guard = std::task::ready!(poller.poll_read_ready(cx))?;
            match take() {
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => guard.clear_ready(),
                Ok((n, drained)) => {
                    // Nothing is left, so the next wait needs no call to find that out.
                    if n > 0 && drained {
                        guard.clear_ready();
                    }
                    return Poll::Ready(Ok(n));
                }
                Err(e) => return Poll::Ready(Err(e)),
            }
        }
    }

    /// Without waiting.
    ///
    /// # Errors
    /// `WouldBlock`, or what recv(2) says.
    pub fn try_recv(&self, buf: &mut Vec<u8>) -> io::Result<usize> {
        loop {
            match rustix::net::recv(&self.fd, rustix::buffer::spare_capacity(buf), RecvFlags::empty()) {
                Ok((n, _)) => {
                    super::clock::refresh();
                    if n == 0 {
                        self.ended.set(true);
                    }
                    return Ok(n);
                }
                Err(rustix::io::Errno::INTR) => {}
                Err(e) => return Err(e.into()),
            }
        }
    }

    /// Ready when something can be read (or the peer is gone); nothing is taken.
    pub fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(std::task::ready!(self.poller()?.poll_read_ready(cx)).map(drop))
    }

    /// Whether the poller has told of anything to read that was not read yet; says yes before it watches.
    pub fn may_be_readable(&self) -> bool {
        self.registered.get().is_none_or(|p| p.try_io(Interest::READABLE, |_| Ok(())).is_ok())
    }

    /// Says that reading was tried elsewhere (splice) and would block.
    pub fn clear_readable(&self, cx: &mut Context<'_>) {
        if let Some(p) = self.registered.get()
            && let Poll::Ready(Ok(mut guard)) = p.poll_read_ready(cx)
        {
            guard.clear_ready();
        }
    }

    /// The same for writing.
    pub fn clear_writable(&self, cx: &mut Context<'_>) {
        if let Some(p) = self.registered.get()
            && let Poll::Ready(Ok(mut guard)) = p.poll_write_ready(cx)
        {
            guard.clear_ready();
        }
    }

    pub fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(std::task::ready!(self.poller()?.poll_write_ready(cx)).map(drop))
    }

    /// Sends as much of `bytes` as the kernel takes.
    pub fn poll_send(&self, cx: &mut Context<'_>, bytes: &[u8], more: bool) -> Poll<io::Result<usize>> {
        match self.try_send(bytes, more) {
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
            done => return Poll::Ready(done),
        }
        let poller = self.poller()?;
        loop {
            let mut guard = std::task::ready!(poller.poll_write_ready(cx))?;
            match self.try_send(bytes, more) {
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => guard.clear_ready(),
                done => return Poll::Ready(done),
            }
        }
    }

    /// Without waiting. `more` tells the kernel that the rest follows at once.
    ///
    /// # Errors
    /// `WouldBlock`, or what send(2) says.
    pub fn try_send(&self, bytes: &[u8], more: bool) -> io::Result<usize> {
        let flags = if more { SendFlags::NOSIGNAL | SendFlags::MORE } else { SendFlags::NOSIGNAL };
        loop {
            match rustix::net::send(&self.fd, bytes, flags) {
                Err(rustix::io::Errno::INTR) => {}
                other => return Ok(other?),
            }
        }
    }

    /// The error that waits on the socket, which also says how a connection attempt ended.
    ///
    /// # Errors
    /// That error.
    pub fn take_error(&self) -> io::Result<()> {
        match rustix::net::sockopt::socket_error(&self.fd)? {
            Ok(()) => Ok(()),
            Err(e) => Err(e.into()),
        }
    }

    /// Tells the peer that nothing more comes.
    pub fn finish(&self) {
        let _ = rustix::net::shutdown(&self.fd, rustix::net::Shutdown::Write);
    }

    /// Closing will reset the connection, unless the peer has closed already.
    pub fn reset_on_close(&self) {
        if !self.ended.get() {
            let _ = rustix::net::sockopt::set_socket_linger(&self.fd, Some(std::time::Duration::ZERO));
        }
    }

    /// Whether an idle connection can still be used: nothing came, and it is not closed.
    pub fn is_quiet(&self) -> bool {
        let mut byte = [0u8; 1];
        matches!(
            rustix::net::recv(&self.fd, &mut byte[..], RecvFlags::PEEK | RecvFlags::DONTWAIT),
            Err(rustix::io::Errno::AGAIN)
        )
    }

    /// Takes the descriptor out of the poller, so that another thread's poller can have it.
    pub fn into_fd(self) -> OwnedFd {
        drop(self.registered);
        self.fd
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}
