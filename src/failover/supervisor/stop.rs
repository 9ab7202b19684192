//! The end: every process is asked to stop, and forced after `child_wait_time`.

use std::{io, time::Instant};

use nix::{
    sys::wait::{WaitPidFlag, WaitStatus, waitpid},
    unistd::Pid,
};

use super::Supervisor;
use crate::process::{
    sd_notify,
    signals::{self, Waiter},
};

impl Supervisor<'_> {
    /// Ends all processes.
    #[expect(clippy::disallowed_methods, reason = "the shell reads the clock")]
    pub(super) fn stop(&mut self, waiter: &Waiter) -> io::Result<()> {
        let _ = sd_notify::notify("STOPPING=1");
        self.log.info("Stopping");
        self.send(libc::SIGTERM);
        let deadline = Instant::now() + self.checked.config.global.child_wait;
        loop {
            self.children.retain(|child| {
                let status = waitpid(Pid::from_raw(child.pid), Some(WaitPidFlag::WNOHANG));
                matches!(status, Ok(WaitStatus::StillAlive))
            });
            let left = deadline.saturating_duration_since(Instant::now());
            if self.children.is_empty() {
                return Ok(());
            }
            if left.is_zero() {
                break;
            }
            waiter.wait(Some(left))?;
        }
        for child in self.children.drain(..) {
            self.log.info(&format!("{} process failed to die - forcing termination", child.kind.short_name()));
            let _ = signals::send(child.pid, libc::SIGKILL);
            let _ = waitpid(Pid::from_raw(child.pid), None);
        }
        Ok(())
    }
}
