//! Listening sockets of another process, copied without its help (pidfd_getfd(2)).
//!
//! A new process that is told to replace an old one (`-sf PID`) may share the old one's sockets instead of binding
//! beside them: what waits in their queues is then served by whoever comes first, and nothing is lost when the old one
//! closes. It takes the right to trace the old process; without it the caller binds as usual.

use std::io;
use std::os::fd::OwnedFd;

use rustix::process::{Pid, PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open};

/// Copies of all listening stream sockets of process `pid`.
///
/// # Errors
/// There is no such process, or it may not be looked into.
pub fn listening_sockets(pid: i32) -> io::Result<Vec<OwnedFd>> {
    let target = Pid::from_raw(pid).ok_or(io::ErrorKind::InvalidInput)?;
    let process = pidfd_open(target, PidfdFlags::empty())?;
    let mut found = Vec::new();
    for entry in std::fs::read_dir(format!("/proc/{pid}/fd"))? {
        let entry = entry?;
        let is_socket = std::fs::read_link(entry.path()).is_ok_and(|t| t.to_string_lossy().starts_with("socket:"));
        let number = entry.file_name().to_str().and_then(|n| n.parse::<i32>().ok());
        let Some(number) = number.filter(|_| is_socket) else { continue };
        let fd = pidfd_getfd(&process, number, PidfdGetfdFlags::empty())?;
        if rustix::net::sockopt::socket_acceptconn(&fd) == Ok(true) {
            found.push(fd);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_listener_is_found_and_accepts() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("bound");
        let own = i32::try_from(std::process::id()).expect("pids are below 2^22");
        let Ok(found) = listening_sockets(own) else { return };
        let copy = found
            .into_iter()
            .map(std::net::TcpListener::from)
            .find(|l| l.local_addr().is_ok_and(|a| a == address))
            .expect("the copy is among them");
        drop(listener);
        let client = std::net::TcpStream::connect(address).expect("somebody still listens");
        let (_, peer) = copy.accept().expect("the connection waits");
        assert_eq!(peer, client.local_addr().expect("connected"));
    }
}
