//! The master's operators: takes their connections, asks workers for them, and never waits for one of them alone.
//!
//! The master has no runtime. [`Operators::wait`] sleeps in poll(2) until a signal or a descriptor is ready, and
//! [`Operators::step`] then does what can be done without waiting.

use std::io::{self, Read as _, Write as _};
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::net::SocketFlags;

use crate::cli::master::{Family, Session, Step, take_command};
use crate::ir::listener::AccessLevel;

/// Most operators at a time.
const MOST: usize = 10;
/// Bytes held for an operator, each way.
const ROOM: usize = 1 << 20;

/// A bound `-S`.
#[derive(Clone)]
pub struct Door {
    pub fd: Arc<OwnedFd>,
    pub level: AccessLevel,
}

/// What the operators need of the master.
pub trait Workers {
    fn family(&self) -> &Family;
    /// # Errors
    /// The worker is gone.
    fn give(&self, pid: i32, fd: &OwnedFd, rights: u8) -> io::Result<()>;
}

#[derive(Default)]
pub struct Operators {
    doors: Vec<Door>,
    all: Vec<Operator>,
}

struct Operator {
    stream: OwnedFd,
    session: Session,
    input: Vec<u8>,
    output: Vec<u8>,
    /// Nothing more comes from there.
    ended: bool,
    /// Closed once the output is gone.
    leaving: bool,
    asked: Option<Asked>,
}

/// A worker that is answering.
struct Asked {
    stream: UnixStream,
    unsent: Vec<u8>,
}

impl Operators {
    pub fn new(doors: Vec<Door>) -> Self {
        Self { doors, all: Vec::new() }
    }

    /// The bound sockets, to be handed on.
    pub fn doors(&self) -> impl Iterator<Item = &Arc<OwnedFd>> {
        self.doors.iter().map(|d| &d.fd)
    }

    /// Sleeps until something can be done, or `signal` is readable.
    pub fn wait(&self, signal: BorrowedFd<'_>) {
        let mut fds = vec![PollFd::from_borrowed_fd(signal, PollFlags::IN)];
        if self.all.len() < MOST {
            fds.extend(self.doors.iter().map(|d| PollFd::new(&*d.fd, PollFlags::IN)));
        }
        for o in &self.all {
            o.interest(&mut fds);
        }
        // An interruption is as good as an event.
        let _ = poll(&mut fds, None);
    }

    /// Does what can be done now; `true`: a reload is asked for.
    pub fn step(&mut self, workers: &dyn Workers) -> bool {
        self.accept();
        let mut reload = false;
        for o in &mut self.all {
            reload |= o.step(workers);
        }
        self.all.retain(|o| !o.is_over());
        reload
    }

    fn accept(&mut self) {
        for door in &self.doors {
            while self.all.len() < MOST {
                let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
                let Ok(stream) = rustix::net::accept_with(&*door.fd, flags) else { break };
                self.all.push(Operator {
                    stream,
                    session: Session::new(door.level),
                    input: Vec::new(),
                    output: Vec::new(),
                    ended: false,
                    leaving: false,
                    asked: None,
                });
            }
        }
    }
}

impl Operator {
    fn wants_input(&self) -> bool {
        !self.ended && !self.leaving && self.asked.is_none() && self.output.is_empty()
    }

    fn is_over(&self) -> bool {
        self.output.is_empty() && self.asked.is_none() && (self.leaving || self.ended)
    }

    fn interest<'a>(&'a self, fds: &mut Vec<PollFd<'a>>) {
        if !self.output.is_empty() {
            fds.push(PollFd::new(&self.stream, PollFlags::OUT));
        } else if self.wants_input() {
            fds.push(PollFd::new(&self.stream, PollFlags::IN));
        }
        if let Some(a) = &self.asked {
            let mut flags = PollFlags::empty();
            flags.set(PollFlags::OUT, !a.unsent.is_empty());
            flags.set(PollFlags::IN, self.output.len() < ROOM);
            if !flags.is_empty() {
                fds.push(PollFd::new(&a.stream, flags));
            }
        }
    }

    fn step(&mut self, workers: &dyn Workers) -> bool {
        loop {
            self.send();
            self.relay();
            if self.asked.is_some() || self.leaving || !self.output.is_empty() {
                return false;
            }
            if let Some(command) = take_command(&mut self.input) {
                if self.obey(&command, workers) {
                    return true;
                }
                continue;
            }
            if !self.receive() {
                return false;
            }
        }
    }

    /// `false`: nothing came.
    fn receive(&mut self) -> bool {
        if !self.wants_input() {
            return false;
        }
        let mut chunk = [0u8; 16384];
        match rustix::io::read(&self.stream, &mut chunk) {
            Ok(0) => {
                self.ended = true;
                false
            }
            Ok(n) => {
                self.input.extend_from_slice(&chunk[..n]);
                self.leaving |= self.input.len() > ROOM;
                true
            }
            Err(rustix::io::Errno::INTR) => true,
            Err(rustix::io::Errno::AGAIN) => false,
            Err(_) => {
                self.leaving = true;
                false
            }
        }
    }

    fn send(&mut self) {
        while !self.output.is_empty() {
            match rustix::net::send(&self.stream, &self.output, rustix::net::SendFlags::NOSIGNAL) {
                Ok(n) => drop(self.output.drain(..n)),
                Err(rustix::io::Errno::INTR) => {}
                Err(rustix::io::Errno::AGAIN) => return,
                Err(_) => {
                    self.output.clear();
                    self.asked = None;
                    self.leaving = true;
                }
            }
        }
    }

    /// Moves the command to the worker and its answer back.
    fn relay(&mut self) {
        let Some(a) = &mut self.asked else { return };
        let mut over = false;
        while !a.unsent.is_empty() {
            match a.stream.write(&a.unsent) {
                Ok(n) => drop(a.unsent.drain(..n)),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                Err(_) => {
                    a.unsent.clear();
                    break;
                }
            }
            if a.unsent.is_empty() {
                let _ = a.stream.shutdown(std::net::Shutdown::Write);
            }
        }
        let mut chunk = [0u8; 16384];
        while self.output.len() < ROOM {
            match a.stream.read(&mut chunk) {
                Ok(0) => over = true,
                Ok(n) => {
                    self.output.extend_from_slice(&chunk[..n]);
                    continue;
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => over = true,
            }
            break;
        }
        if over {
            self.asked = None;
            self.prompt();
        }
        self.send();
    }

    fn prompt(&mut self) {
        if self.session.interactive {
            self.output.extend_from_slice(self.session.prompt().as_bytes());
        }
    }

    /// `true`: a reload is asked for.
    fn obey(&mut self, command: &str, workers: &dyn Workers) -> bool {
        match self.session.run(command, workers.family()) {
            Step::Nothing => self.prompt(),
            Step::Say(text) => {
                self.output.extend_from_slice(text.as_bytes());
                self.output.push(b'\n');
                self.prompt();
            }
            Step::Ask(pid, command) => match ask(pid, self.session.rights(), workers) {
                Ok(stream) => {
                    let mut unsent = command.into_bytes();
                    unsent.push(b'\n');
                    self.asked = Some(Asked { stream, unsent });
                }
                // It has died in this moment.
                Err(_) => self.leaving = true,
            },
            Step::Reload => return true,
            Step::Quit => {
                self.prompt();
                self.leaving = true;
            }
            Step::Lost(text) => {
                self.output.extend_from_slice(text.as_bytes());
                self.leaving = true;
            }
        }
        false
    }
}

/// A connection to a worker's command line, for one command.
fn ask(pid: i32, rights: u8, workers: &dyn Workers) -> io::Result<UnixStream> {
    let (ours, theirs) = UnixStream::pair()?;
    ours.set_nonblocking(true)?;
    workers.give(pid, &theirs.into(), rights)?;
    Ok(ours)
}
