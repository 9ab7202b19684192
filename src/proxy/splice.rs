//! Pipes in the kernel, through which bytes go from socket to socket without ever coming to us.

use std::cell::RefCell;
use std::io;
use std::os::fd::OwnedFd;
use std::task::{Context, Poll};

use rustix::pipe::{PipeFlags, SpliceFlags};

use super::socket::Socket;

/// One pipe and how much is in it.
pub struct Pipe {
    read: OwnedFd,
    write: OwnedFd,
    held: u64,
    size: u64,
}

/// What a pipe of ours holds, if the kernel lets it.
const SIZE: usize = 256 * 1024;
/// Most empty pipes kept by a thread.
const KEPT: usize = 64;

thread_local! {
    static EMPTY: RefCell<Vec<Pipe>> = const { RefCell::new(Vec::new()) };
}

impl Pipe {
    /// An empty one.
    ///
    /// # Errors
    /// The process has no descriptors left.
    pub fn take() -> io::Result<Self> {
        if let Some(p) = EMPTY.with_borrow_mut(Vec::pop) {
            return Ok(p);
        }
        let (read, write) = rustix::pipe::pipe_with(PipeFlags::NONBLOCK | PipeFlags::CLOEXEC)?;
        let size = rustix::pipe::fcntl_setpipe_size(&write, SIZE).unwrap_or(65536);
        Ok(Self { read, write, held: 0, size: size as u64 })
    }

    /// Gives it back; one that still holds something is closed.
    pub fn give(self) {
        if self.is_empty() {
            EMPTY.with_borrow_mut(|e| {
                if e.len() < KEPT {
                    e.push(self);
                }
            });
        }
    }

    pub fn is_empty(&self) -> bool {
        self.held == 0
    }

    /// Takes up to `most` bytes from a socket; 0 is its end. Pending also while the pipe is full.
    pub fn fill(&mut self, cx: &mut Context<'_>, from: &Socket, most: u64) -> Poll<io::Result<u64>> {
        if self.held >= self.size / 2 {
            return Poll::Pending;
        }
        std::task::ready!(from.poll_readable(cx))?;
        let most = usize::try_from(most.min(self.size)).unwrap_or(SIZE);
        match rustix::pipe::splice(from, None, &self.write, None, most, SpliceFlags::MOVE | SpliceFlags::NONBLOCK) {
            Ok(n) => {
                self.held += n as u64;
                Poll::Ready(Ok(n as u64))
            }
            // Either side may be meant; a pipe that holds something may be the full one.
            Err(rustix::io::Errno::AGAIN) => {
                if self.held == 0 {
                    from.clear_readable(cx);
                    return match from.poll_readable(cx) {
                        Poll::Ready(Ok(())) => {
                            cx.waker().wake_by_ref();
                            Poll::Pending
                        }
                        Poll::Ready(Err(e)) => Poll::Ready(Err(e)),
                        Poll::Pending => Poll::Pending,
                    };
                }
                Poll::Pending
            }
            Err(e) => Poll::Ready(Err(e.into())),
        }
    }

    /// Gives what it holds to a socket.
    pub fn drain(&mut self, cx: &mut Context<'_>, to: &Socket, more: bool) -> Poll<io::Result<u64>> {
        loop {
            let mut flags = SpliceFlags::MOVE | SpliceFlags::NONBLOCK;
            if more {
                flags |= SpliceFlags::MORE;
            }
            let held = usize::try_from(self.held).unwrap_or(SIZE);
            match rustix::pipe::splice(&self.read, None, to, None, held, flags) {
                Ok(n) => {
                    self.held -= n as u64;
                    return Poll::Ready(Ok(n as u64));
                }
                Err(rustix::io::Errno::AGAIN) => {
                    std::task::ready!(to.poll_writable(cx))?;
                    to.clear_writable(cx);
                    if to.poll_writable(cx).is_pending() {
                        return Poll::Pending;
                    }
                }
                Err(e) => return Poll::Ready(Err(e.into())),
            }
        }
    }
}
