//! The kernel's table of virtual services: carries out a [`Change`], and lists what is there (generic netlink).
//!
//! Requests block, and hardly ever wait: the kernel works on a request within `send()` and has queued the acknowledgement, or
//! the begin of a list, before that returns; each further part of a list is made by the `recv()` that asks for it. An
//! asynchronous socket would gain nothing and could mix up the order of changes. A kernel that does not answer is an error.

use std::{
    io,
    process::{Command, Stdio},
    time::Duration,
};

use netlink_packet_core::{NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload};
use netlink_packet_generic::{
    GenlMessage,
    ctrl::{GenlCtrl, GenlCtrlCmd, nlas::GenlCtrlAttrs},
};
use rtnetlink::sys::{Socket, SocketAddr};
use rustix::net::sockopt::{Timeout, set_socket_timeout};

use crate::{
    ipvs::{
        Change, ServiceKey,
        message::{self, Answer, DestinationEntry, Info, Question, ServiceEntry},
        table::Daemon,
    },
    ir::failover::lvs::Timeouts,
};

const NETLINK_GENERIC: isize = 16;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// A way to the kernel's IPVS.
pub struct Kernel {
    socket: Socket,
    /// The family's number since the last boot.
    family: u16,
    sequence: u32,
}

/// Loads the kernel's module, as the administrator would. That it cannot be loaded shows when the family is asked for.
pub fn load_module() {
    let mut modprobe = Command::new("modprobe");
    modprobe.args(["-s", "--", "ip_vs"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    _ = modprobe.status();
}

impl Kernel {
    /// Opens a socket in the network namespace of this thread; loads the module if it is not there.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] where the kernel has no IPVS, and no right to open a socket.
    pub fn open() -> io::Result<Self> {
        let mut socket = Socket::new(NETLINK_GENERIC)?;
        socket.bind_auto()?;
        socket.connect(&SocketAddr::new(0, 0))?;
        set_socket_timeout(&socket, Timeout::Recv, Some(PATIENCE))?;
        let family = match family(&socket) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                load_module();
                family(&socket)?
            }
            found => found?,
        };
        Ok(Self { socket, family, sequence: 0 })
    }

    /// Carries out a change.
    ///
    /// # Errors
    /// What the kernel answers, by its error number: EEXIST for what is there, ENOENT for a destination and ESRCH for a service
    /// that is not, EPERM, ENOENT for a scheduler that it has no module of.
    pub fn apply(&mut self, change: &Change) -> io::Result<()> {
        let sequence = self.next();
        self.socket.send(&message::change(self.family, sequence, change), 0)?;
        self.collect(sequence, |_| ())
    }

    /// # Errors
    /// What the kernel answers.
    pub fn info(&mut self) -> io::Result<Info> {
        self.one(Question::Info, |answer| if let Answer::Info(info) = answer { Some(info) } else { None })
    }

    /// # Errors
    /// What the kernel answers.
    pub fn timeouts(&mut self) -> io::Result<Timeouts> {
        self.one(Question::Timeouts, |answer| if let Answer::Timeouts(all) = answer { Some(all) } else { None })
    }

    /// All services, also those of others.
    ///
    /// # Errors
    /// What the kernel answers.
    pub fn services(&mut self) -> io::Result<Vec<ServiceEntry>> {
        self.list(Question::Services, |answer| if let Answer::Service(entry) = answer { Some(entry) } else { None })
    }

    /// The destinations of a service.
    ///
    /// # Errors
    /// What the kernel answers.
    pub fn destinations(&mut self, of: ServiceKey) -> io::Result<Vec<DestinationEntry>> {
        let question = Question::Destinations(of);
        self.list(question, |answer| if let Answer::Destination(entry) = answer { Some(entry) } else { None })
    }

    /// The synchronization daemons that run.
    ///
    /// # Errors
    /// What the kernel answers.
    pub fn daemons(&mut self) -> io::Result<Vec<Daemon>> {
        self.list(Question::Daemons, |answer| if let Answer::Daemon(daemon) = answer { Some(daemon) } else { None })
    }

    fn one<T>(&mut self, question: Question, pick: impl Fn(Answer) -> Option<T>) -> io::Result<T> {
        let found = self.list(question, pick)?.pop();
        found.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "IPVS gave no answer"))
    }

    fn list<T>(&mut self, question: Question, pick: impl Fn(Answer) -> Option<T>) -> io::Result<Vec<T>> {
        let sequence = self.next();
        self.socket.send(&message::question(self.family, sequence, &question), 0)?;
        let mut all = Vec::new();
        self.collect(sequence, |answer| all.extend(pick(answer)))?;
        Ok(all)
    }

    fn next(&mut self) -> u32 {
        self.sequence = self.sequence.wrapping_add(1);
        self.sequence
    }

    /// Reads until the kernel has said everything about the request.
    fn collect(&self, of: u32, mut take: impl FnMut(Answer)) -> io::Result<()> {
        loop {
            let (bytes, _) = self.socket.recv_from_full()?;
            let answers = message::answers(&bytes).map_err(malformed)?;
            for (_, answer) in answers.into_iter().filter(|(sequence, _)| *sequence == of) {
                match answer {
                    Answer::Done | Answer::Acknowledged(None) => return Ok(()),
                    Answer::Acknowledged(Some(code)) => return Err(io::Error::from_raw_os_error(code)),
                    answer => take(answer),
                }
            }
        }
    }
}

fn malformed(why: netlink_packet_core::DecodeError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.to_string())
}

/// Asks the controller of generic netlink for the number of our family.
fn family(socket: &Socket) -> io::Result<u16> {
    let attributes = vec![GenlCtrlAttrs::FamilyName(message::FAMILY.to_owned())];
    let payload = GenlMessage::from_payload(GenlCtrl { cmd: GenlCtrlCmd::GetFamily, nlas: attributes });
    let mut header = NetlinkHeader::default();
    // An answer, or an error: no acknowledgement on top of it.
    header.flags = NLM_F_REQUEST;
    let mut request = NetlinkMessage::new(header, NetlinkPayload::from(payload));
    request.finalize();
    let mut bytes = vec![0; request.buffer_len()];
    request.serialize(&mut bytes);
    socket.send(&bytes, 0)?;
    let (answer, _) = socket.recv_from_full()?;
    let answer = NetlinkMessage::<GenlMessage<GenlCtrl>>::deserialize(&answer).map_err(malformed)?;
    let not_there = || io::Error::new(io::ErrorKind::NotFound, "family IPVS not there");
    match answer.payload {
        NetlinkPayload::InnerMessage(message) => {
            let mut attributes = message.payload.nlas.into_iter();
            let id = attributes.find_map(|one| if let GenlCtrlAttrs::FamilyId(id) = one { Some(id) } else { None });
            id.ok_or_else(not_there)
        }
        NetlinkPayload::Error(error) if error.raw_code() == -libc::ENOENT => Err(not_there()),
        NetlinkPayload::Error(error) => Err(io::Error::from_raw_os_error(error.raw_code().saturating_neg())),
        _ => Err(not_there()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernel_without_ipvs_says_so_and_one_with_it_names_its_version() {
        match Kernel::open() {
            Ok(mut kernel) => assert_eq!(kernel.info().map(|info| info.version.0).ok(), Some(1)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                assert_eq!(error.to_string(), "family IPVS not there");
            }
            Err(error) => assert_eq!(error.kind(), io::ErrorKind::PermissionDenied, "{error}"),
        }
    }
}
