//! Raw sockets for protocol 112: one that hears an interface, and one that speaks on it.
#![expect(unsafe_code, reason = "tokio asks for a promise about the descriptor's owner")]

use std::{
    io::{self, IoSliceMut},
    net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6},
    os::fd::AsRawFd as _,
};

use nix::sys::socket::{ControlMessageOwned, MsgFlags, SockaddrIn6, recvmsg, setsockopt, sockopt};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::{Interest, unix::AsyncFd};

use crate::{
    ir::failover::Family,
    vrrp::{
        ip::{Datagram, TRAFFIC_CLASS, TTL, unwrap_v4, wrap_v4},
        output::Packet,
        packet::PROTOCOL,
    },
};

/// Hears every datagram of the protocol that arrives on one interface.
#[derive(Debug)]
pub struct Receiver {
    socket: AsyncFd<Socket>,
    family: Family,
    index: u32,
}

impl Receiver {
    /// # Errors
    /// No right to open raw sockets, or the interface is gone.
    pub fn open(protocol: u8, family: Family, interface: &str, index: u32, buffer: Option<usize>) -> io::Result<Self> {
        let domain = domain(family);
        let socket = Socket::new(domain, Type::RAW, Some(Protocol::from(i32::from(protocol))))?;
        socket.bind_device(Some(interface.as_bytes()))?;
        match family {
            Family::V4 => socket.set_multicast_all_v4(false)?,
            Family::V6 => {
                setsockopt(&socket, sockopt::Ipv6RecvPacketInfo, &true)?;
                setsockopt(&socket, sockopt::Ipv6RecvHopLimit, &true)?;
            }
        }
        if let Some(bytes) = buffer {
            socket.set_recv_buffer_size(bytes)?;
        }
        socket.set_nonblocking(true)?;
        // SAFETY: the descriptor is owned by the value it is registered with, and neither is handed out.
        let socket = unsafe { AsyncFd::register_with_interest(socket, Interest::READABLE) }
            .map_err(|error| error.into_parts().1)?;
        Ok(Self { socket, family, index })
    }

    /// Joins a multicast group; joining twice is fine.
    ///
    /// # Errors
    /// What the kernel answers.
    pub fn join(&self, group: IpAddr) -> io::Result<()> {
        let socket = self.socket.get_ref();
        let result = match group {
            IpAddr::V4(group) => {
                socket.join_multicast_v4_n(&group, &socket2::InterfaceIndexOrAddress::Index(self.index))
            }
            IpAddr::V6(group) => socket.join_multicast_v6(&group, self.index),
        };
        match result {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => Ok(()),
            other => other,
        }
    }

    /// Waits for a datagram and hands it to `hear`. What is no whole datagram is dropped.
    ///
    /// # Errors
    /// The interface is gone.
    pub async fn receive(&self, buffer: &mut [u8], hear: impl FnOnce(Datagram<'_>)) -> io::Result<()> {
        let received = loop {
            let mut ready = self.socket.readable().await?;
            match ready.try_io(|socket| self.take(socket.get_ref(), buffer)) {
                Ok(received) => break received?,
                Err(_would_block) => {}
            }
        };
        match received {
            Received::V4(length) => {
                if let Some(datagram) = unwrap_v4(&buffer[..length]) {
                    hear(datagram);
                }
            }
            Received::V6 { length, source, destination, hop_limit } => hear(Datagram {
                source: source.into(),
                destination: destination.into(),
                ttl: hop_limit,
                // The kernel keeps the header of IPv6 to itself, and the original counts without it.
                header: &[],
                payload: &buffer[..length],
            }),
            Received::Nothing => {}
        }
        Ok(())
    }

    fn take(&self, socket: &Socket, buffer: &mut [u8]) -> io::Result<Received> {
        let mut space = nix::cmsg_space!(libc::in6_pktinfo, libc::c_int);
        let mut slices = [IoSliceMut::new(buffer)];
        let message =
            recvmsg::<SockaddrIn6>(socket.as_raw_fd(), &mut slices, Some(&mut space), MsgFlags::MSG_DONTWAIT)?;
        let length = message.bytes;
        if self.family == Family::V4 {
            return Ok(Received::V4(length));
        }
        let (mut destination, mut hop_limit) = (None, None);
        for control in message.cmsgs()? {
            match control {
                ControlMessageOwned::Ipv6PacketInfo(info) => {
                    destination = Some(Ipv6Addr::from(info.ipi6_addr.s6_addr));
                }
                ControlMessageOwned::Ipv6HopLimit(limit) => hop_limit = u8::try_from(limit).ok(),
                _ => {}
            }
        }
        let source = message.address.map(|address| address.ip());
        Ok(match (source, destination, hop_limit) {
            (Some(source), Some(destination), Some(hop_limit)) => {
                Received::V6 { length, source, destination, hop_limit }
            }
            _ => Received::Nothing,
        })
    }
}

enum Received {
    V4(usize),
    V6 { length: usize, source: Ipv6Addr, destination: Ipv6Addr, hop_limit: u8 },
    Nothing,
}

/// Sends adverts from one interface.
#[derive(Debug)]
pub struct Sender {
    socket: Socket,
    family: Family,
    index: u32,
    /// The address that an IPv6 socket is bound to.
    bound: Option<Ipv6Addr>,
}

impl Sender {
    /// # Errors
    /// No right to open raw sockets, or the interface is gone.
    pub fn open(family: Family, interface: &str, index: u32) -> io::Result<Self> {
        let socket = Socket::new(domain(family), Type::RAW, Some(Protocol::from(i32::from(PROTOCOL))))?;
        socket.bind_device(Some(interface.as_bytes()))?;
        match family {
            Family::V4 => {
                socket.set_header_included_v4(true)?;
                socket.set_multicast_loop_v4(false)?;
            }
            Family::V6 => {
                socket.set_multicast_if_v6(index)?;
                socket.set_multicast_loop_v6(false)?;
                socket.set_multicast_hops_v6(TTL.into())?;
                socket.set_tclass_v6(TRAFFIC_CLASS.into())?;
            }
        }
        // Everything that arrives is the receiver's; this socket must not collect it too.
        socket
            .shutdown(std::net::Shutdown::Read)
            .or_else(|error| if error.kind() == io::ErrorKind::NotConnected { Ok(()) } else { Err(error) })?;
        socket.set_recv_buffer_size(0)?;
        socket.set_nonblocking(true)?;
        Ok(Self { socket, family, index, bound: None })
    }

    /// Sends one advert.
    ///
    /// # Errors
    /// The interface is down, or has lost the source address.
    pub fn send(&mut self, packet: &Packet) -> io::Result<()> {
        match (self.family, packet.source, packet.destination) {
            (Family::V4, IpAddr::V4(source), IpAddr::V4(destination)) => {
                let bytes = wrap_v4(packet.protocol, packet.id, packet.ttl, source, destination, &packet.payload);
                let to = SocketAddr::V4(SocketAddrV4::new(destination, 0));
                self.socket.send_to(&bytes, &to.into()).map(|_| ())
            }
            (Family::V6, IpAddr::V6(source), IpAddr::V6(destination)) => {
                if self.bound != Some(source) {
                    self.rebind(source)?;
                }
                if !destination.is_multicast() {
                    self.socket.set_unicast_hops_v6(packet.ttl.into())?;
                }
                let to = SocketAddr::V6(SocketAddrV6::new(destination, 0, 0, self.index));
                self.socket.send_to(&packet.payload, &to.into()).map(|_| ())
            }
            _ => Err(io::Error::from(io::ErrorKind::InvalidInput)),
        }
    }

    fn rebind(&mut self, source: Ipv6Addr) -> io::Result<()> {
        let address = SocketAddr::V6(SocketAddrV6::new(source, 0, 0, self.index));
        self.socket.bind(&address.into())?;
        self.bound = Some(source);
        Ok(())
    }
}

fn domain(family: Family) -> Domain {
    match family {
        Family::V4 => Domain::IPV4,
        Family::V6 => Domain::IPV6,
    }
}
