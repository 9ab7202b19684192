//! The log: syslog as RFC 3164 has it, and the console.

use std::{cell::RefCell, io::Write as _, os::unix::net::UnixDatagram};

use crate::process::local_time::LocalTime;

/// Severities as syslog numbers them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    Alert = 1,
    Info = 6,
}

/// One process's log. Losing a line is better than waiting for whoever reads `/dev/log`.
#[derive(Debug)]
pub struct Logger {
    ident: &'static str,
    facility: u8,
    /// 0 to 2: how much detail is wanted.
    detail: u8,
    console: bool,
    syslog: bool,
    socket: RefCell<Option<UnixDatagram>>,
}

impl Logger {
    #[must_use]
    pub fn new(ident: &'static str, options: &super::argv::Options) -> Self {
        Self {
            ident,
            facility: options.facility,
            detail: options.detail,
            console: options.console,
            syslog: options.syslog,
            socket: RefCell::new(None),
        }
    }

    pub fn info(&self, text: &str) {
        self.write(Severity::Info, text);
    }

    pub fn alert(&self, text: &str) {
        self.write(Severity::Alert, text);
    }

    /// A line that only `--log-detail` asks for.
    pub fn detail(&self, text: &str) {
        if self.detail > 0 {
            self.info(text);
        }
    }

    fn write(&self, severity: Severity, text: &str) {
        let now = LocalTime::now();
        if self.console {
            // In one piece: other processes of ours write there too.
            let _ = std::io::stderr().write_all(format!("{}: {text}\n", now.ctime()).as_bytes());
        }
        if self.syslog {
            let priority = self.facility * 8 + severity as u8;
            let (time, ident, pid) = (now.syslog(), self.ident, std::process::id());
            self.send(format!("<{priority}>{time} {ident}[{pid}]: {text}").as_bytes());
        }
    }

    fn send(&self, line: &[u8]) {
        let mut socket = self.socket.borrow_mut();
        // The reader may have been restarted since the last line: one try to reach the new one.
        for _ in 0..2 {
            if socket.is_none() {
                *socket = connect();
            }
            match socket.as_ref().map(|socket| socket.send(line)) {
                Some(Ok(_)) | None => return,
                Some(Err(error)) if error.kind() == std::io::ErrorKind::WouldBlock => return,
                Some(Err(_)) => *socket = None,
            }
        }
    }
}

fn connect() -> Option<UnixDatagram> {
    let socket = UnixDatagram::unbound().ok()?;
    socket.set_nonblocking(true).ok()?;
    socket.connect("/dev/log").ok()?;
    Some(socket)
}
