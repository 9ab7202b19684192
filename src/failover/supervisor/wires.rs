//! The sockets over which the processes speak to each other, made before anybody forks.
//!
//! The supervisor keeps every end, so that a wire holds while one of its processes is away.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    os::unix::net::{UnixDatagram, UnixStream},
};

use super::child::Kind;
use crate::failover::metrics::{self, Source};

/// The ends that one process has.
#[derive(Debug, Default)]
pub struct Ends {
    /// Where it is asked for metrics.
    pub questions: Option<UnixStream>,
    /// On which checkers and routers speak of BFD sessions.
    pub sessions: Option<UnixDatagram>,
}

/// All wires.
#[derive(Debug)]
pub(super) struct Wires {
    /// Of the checkers, of the routers.
    sessions: Option<(UnixDatagram, UnixDatagram)>,
    metrics: Option<Metrics>,
}

#[derive(Debug)]
struct Metrics {
    listener: TcpListener,
    /// Of each process that is asked, its end and the asker's.
    pairs: [(Kind, UnixStream, UnixStream); 2],
}

impl Wires {
    /// # Errors
    /// The address for metrics is not ours, or taken.
    pub(super) fn new(metrics: Option<SocketAddr>) -> io::Result<Self> {
        let pair = |kind| UnixStream::pair().map(|(own, asker)| (kind, own, asker));
        let metrics = match metrics {
            Some(address) => {
                Some(Metrics { listener: metrics::listen(address)?, pairs: [pair(Kind::Vrrp)?, pair(Kind::Checkers)?] })
            }
            None => None,
        };
        Ok(Self { sessions: UnixDatagram::pair().ok(), metrics })
    }

    /// Whether metrics are wanted.
    pub(super) fn tells_metrics(&self) -> bool {
        self.metrics.is_some()
    }

    /// What a process that is asked gets.
    pub(super) fn ends(&self, kind: Kind) -> Ends {
        let sessions = self.sessions.as_ref().and_then(|(checkers, vrrp)| match kind {
            Kind::Checkers => checkers.try_clone().ok(),
            Kind::Vrrp => vrrp.try_clone().ok(),
            Kind::Metrics => None,
        });
        let own = |metrics: &Metrics| {
            let pair = metrics.pairs.iter().find(|(of, ..)| *of == kind);
            pair.and_then(|(_, own, _)| own.try_clone().ok())
        };
        Ends { questions: self.metrics.as_ref().and_then(own), sessions }
    }

    /// What the process that tells metrics gets: its socket, and those that it asks.
    ///
    /// # Errors
    /// No descriptors are left.
    pub(super) fn asker(&self, asks: impl Fn(Kind) -> bool) -> io::Result<(TcpListener, Vec<Source>)> {
        let metrics = self.metrics.as_ref().ok_or(io::ErrorKind::NotFound)?;
        let asked = metrics.pairs.iter().filter(|(kind, ..)| asks(*kind));
        let source = |(kind, _, asker): &(Kind, UnixStream, UnixStream)| {
            Ok(Source { name: kind.short_name(), pair: asker.try_clone()? })
        };
        Ok((metrics.listener.try_clone()?, asked.map(source).collect::<io::Result<_>>()?))
    }
}
