//! The workers that a master has, and how it tells its next self of them: one variable of the environment.

use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::net::UnixStream;

use crate::cli::master::Process;
use crate::process::fds;
use crate::proxy::fdpass;

/// Descriptors of listening sockets, for the process that we become.
pub const SOCKETS: &str = "HAWSER_SOCKETS";
/// The master and its workers.
pub const PROCESSES: &str = "HAWSER_PROCESSES";

/// One worker, or a program that is run beside them.
pub struct Worker {
    pub process: Process,
    /// It was told to finish.
    pub is_leaving: bool,
    /// Where it takes operators' connections. The worker sees in its end that the master is gone.
    pub control: Option<OwnedFd>,
}

impl Worker {
    /// Gives it an operator's connection.
    ///
    /// # Errors
    /// It does not take any.
    pub fn give(&self, fd: &OwnedFd, rights: u8) -> io::Result<()> {
        let control = self.control.as_ref().ok_or(io::ErrorKind::NotConnected)?;
        fdpass::give(control, fd, rights)
    }
}

/// The two ends between a master and a worker that is to be forked: (ours, its).
///
/// # Errors
/// socketpair(2) failed.
pub fn control() -> io::Result<(OwnedFd, OwnedFd)> {
    let (ours, its) = UnixStream::pair()?;
    ours.set_nonblocking(true)?;
    its.set_nonblocking(true)?;
    Ok((ours.into(), its.into()))
}

/// The family as text: members divided by `|`, fields by `;`, the master first.
pub fn write(master: &Process, workers: &[Worker]) -> String {
    let fields = |p: &Process, fd: i32, leaving: bool| {
        let program = p.program.as_deref().map_or_else(String::new, |n| format!("={}", escaped(n)));
        format!("{};{fd};{};{};{};{};{program};{}", p.pid, u8::from(leaving), p.reloads, p.failed, p.since, p.version)
    };
    let mut all = vec![fields(master, -1, false)];
    for w in workers {
        let fd = w.control.as_ref().filter(|c| fds::keep_on_exec(c).is_ok()).map_or(-1, |c| c.as_raw_fd());
        all.push(fields(&w.process, fd, w.is_leaving));
    }
    all.join("|")
}

/// Reads [`write`]'s text; the descriptors become ours, closed on exec again.
pub fn read(text: &str) -> Option<(Process, Vec<Worker>)> {
    let mut all = text.split('|').filter_map(member);
    let (master, ..) = all.next()?;
    let workers = all.map(|(process, fd, is_leaving)| Worker { process, is_leaving, control: fds::take(fd).ok() });
    Some((master, workers.collect()))
}

/// Without the characters that divide fields and members.
fn escaped(name: &str) -> String {
    name.replace('%', "%25").replace(';', "%3B").replace('|', "%7C")
}

fn unescaped(text: &str) -> String {
    text.replace("%7C", "|").replace("%3B", ";").replace("%25", "%")
}

fn member(text: &str) -> Option<(Process, i32, bool)> {
    let mut f = text.splitn(8, ';');
    let mut number = || f.next()?.parse::<i64>().ok();
    let (pid, fd, leaving) = (number()?, number()?, number()?);
    let (reloads, failed, since) = (number()?, number()?, number()?);
    let program = f.next()?.strip_prefix('=').map(unescaped);
    let process = Process {
        pid: i32::try_from(pid).ok()?,
        reloads: u32::try_from(reloads).ok()?,
        failed: u32::try_from(failed).ok()?,
        since,
        version: f.next()?.to_owned(),
        program,
    };
    Some((process, i32::try_from(fd).ok()?, leaving != 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_read_as_it_was_written() {
        let p = |pid| Process {
            pid,
            reloads: 2,
            failed: 1,
            since: 77,
            version: "2.6.12 (x; y)".into(),
            program: Some("a;|%3B".into()),
        };
        let workers = [Worker { process: p(5), is_leaving: true, control: None }];
        let (master, read) = read(&write(&p(4), &workers)).expect("a family");
        assert_eq!((master, read.len()), (p(4), 1));
        assert!(read[0].process == p(5) && read[0].is_leaving && read[0].control.is_none());
    }

    #[test]
    fn nonsense_is_no_family() {
        assert!(read("").is_none());
        assert!(read("a;b|1;2").is_none());
    }
}
