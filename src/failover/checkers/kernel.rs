//! The kernel's table of virtual services, or a machine without one.

use std::io;

use crate::{
    failover::log::Logger,
    ipvs::{Change, refusal},
    ir::failover::{Lvs, lvs::Timeouts},
    net::ipvs::Kernel,
    process::namespace,
};

/// Carries out what the director wants of the kernel.
pub(in crate::failover) struct Table {
    kernel: Option<Kernel>,
}

impl Table {
    /// Opens the way to the kernel. Where there is none, that is said once.
    pub(in crate::failover) fn open(lvs: &Lvs, log: &Logger) -> Self {
        let kernel = in_namespace(lvs.net_namespace.as_deref());
        if let Err(error) = &kernel {
            log.info(&format!("IPVS: Can't initialize ipvs: {error}"));
        }
        Self { kernel: kernel.ok() }
    }

    /// Whether there is a kernel behind it.
    pub(in crate::failover) fn is_there(&self) -> bool {
        self.kernel.is_some()
    }

    /// The kernel's timeouts before ours.
    pub(in crate::failover) fn timeouts(&mut self) -> Option<Timeouts> {
        self.kernel.as_mut()?.timeouts().ok()
    }

    /// The version of the kernel's IPVS; zeros where there is none.
    pub(in crate::failover) fn version(&mut self) -> (u8, u8, u8) {
        let info = self.kernel.as_mut().and_then(|kernel| kernel.info().ok());
        info.map_or((0, 0, 0), |info| info.version)
    }

    /// Carries out one change, another way if need be. What fails is a line of the log: everything else goes on.
    pub(in crate::failover) fn apply(&mut self, change: &Change, log: &Logger) {
        let Some(kernel) = &mut self.kernel else { return };
        let Err(error) = kernel.apply(change) else { return };
        let number = error.raw_os_error().unwrap_or(0);
        // Left behind by a predecessor that had no time to clean up, or changed by others.
        let mended = refusal::remedy(change, number).is_some_and(|other| kernel.apply(&other).is_ok());
        if !mended {
            log.info(&refusal::line(change, number));
        }
    }
}

/// Sockets stay in the namespace in which they were made; so one thread goes there, and comes back with a socket.
fn in_namespace(name: Option<&str>) -> io::Result<Kernel> {
    let Some(name) = name else { return Kernel::open() };
    let name = name.to_owned();
    let there = std::thread::spawn(move || {
        if name.is_empty() {
            namespace::enter_first_network()?
        } else {
            namespace::enter_network(&name)?
        }
        Kernel::open()
    });
    there.join().unwrap_or_else(|_| Err(io::Error::other("the thread that went to its namespace did not come back")))
}
