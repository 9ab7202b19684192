//! The kernel's table of virtual services, or a machine without one.

use std::io;

use crate::{
    failover::log::Logger,
    ipvs::{Change, ServiceKey},
    ir::failover::{Lvs, lvs::Timeouts},
    net::ipvs::Kernel,
    process::namespace,
};

/// Carries out what the director wants of the kernel.
pub(super) struct Table {
    kernel: Option<Kernel>,
}

impl Table {
    /// Opens the way to the kernel. Where there is none, that is said once.
    pub(super) fn open(lvs: &Lvs, log: &Logger) -> Self {
        let kernel = in_namespace(lvs.net_namespace.as_deref());
        if let Err(error) = &kernel {
            log.info(&format!("IPVS: Can't initialize ipvs: {error}"));
            log.info("Checks go on without the kernel: nothing is balanced, scripts and notifications still run");
        }
        Self { kernel: kernel.ok() }
    }

    /// The kernel's timeouts before ours.
    pub(super) fn timeouts(&mut self) -> Option<Timeouts> {
        self.kernel.as_mut()?.timeouts().ok()
    }

    /// Carries out one change. What fails is a line of the log: everything else goes on.
    pub(super) fn apply(&mut self, change: &Change, log: &Logger) {
        let Some(kernel) = &mut self.kernel else { return };
        let result = match (kernel.apply(change), change) {
            // Left behind by a predecessor that had no time to clean up.
            (Err(error), Change::AddService(service)) if exists(&error) => {
                kernel.apply(&Change::EditService(service.clone()))
            }
            (Err(error), Change::AddDestination(key, server)) if exists(&error) => {
                kernel.apply(&Change::EditDestination(*key, *server))
            }
            (result, _) => result,
        };
        if let Err(error) = result {
            log.info(&format!("IPVS cmd {} error: {error}", named(change)));
        }
    }
}

fn exists(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::AlreadyExists
}

/// Sockets stay in the namespace in which they were made; so one thread goes there, and comes back with a socket.
fn in_namespace(name: Option<&str>) -> io::Result<Kernel> {
    let Some(name) = name else { return Kernel::open() };
    let name = name.to_owned();
    let there = std::thread::spawn(move || {
        if name.is_empty() { namespace::enter_first_network()? } else { namespace::enter_network(&name)? }
        Kernel::open()
    });
    there.join().unwrap_or_else(|_| Err(io::Error::other("the thread that went to its namespace did not come back")))
}

/// A change in words for the log.
fn named(change: &Change) -> String {
    let key = |key: &ServiceKey| match key {
        ServiceKey::Address { protocol, address, port } => format!("{address}:{protocol}:{port}"),
        ServiceKey::Mark { mark, .. } => format!("FWM {mark}"),
    };
    match change {
        Change::AddService(service) => format!("IP_VS_SO_SET_ADD ({})", key(&service.key)),
        Change::EditService(service) => format!("IP_VS_SO_SET_EDIT ({})", key(&service.key)),
        Change::DeleteService(service) => format!("IP_VS_SO_SET_DEL ({})", key(service)),
        Change::AddDestination(service, to) => {
            format!("IP_VS_SO_SET_ADDDEST ({} -> {}:{})", key(service), to.address, to.port)
        }
        Change::EditDestination(service, to) => {
            format!("IP_VS_SO_SET_EDITDEST ({} -> {}:{})", key(service), to.address, to.port)
        }
        Change::DeleteDestination(service, to) => {
            format!("IP_VS_SO_SET_DELDEST ({} -> {}:{})", key(service), to.address, to.port)
        }
        Change::Flush => "IP_VS_SO_SET_FLUSH".into(),
        Change::Timeouts { .. } => "IP_VS_SO_SET_TIMEOUT".into(),
        Change::StartDaemon(daemon) => format!("IP_VS_SO_SET_STARTDAEMON ({})", daemon.interface),
        Change::StopDaemon { .. } => "IP_VS_SO_SET_STOPDAEMON".into(),
    }
}
