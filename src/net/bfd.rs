//! UDP sockets for BFD (RFC 5881): one that hears all sessions of a family with each packet's TTL, and one that speaks in each.
#![expect(unsafe_code, reason = "tokio asks for a promise about the descriptor's owner")]

use std::{
    io::{self, IoSliceMut},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    os::fd::AsRawFd as _,
};

use nix::sys::socket::{ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, setsockopt, sockopt};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::{Interest, unix::AsyncFd};

use crate::ir::failover::Family;

/// Source ports that the RFC allows (section 4).
const FIRST_PORT: u16 = 49_152;
/// How many ports are tried.
const TRIES: u16 = 64;

/// Hears every control packet of one family.
#[derive(Debug)]
pub struct Receiver(AsyncFd<Socket>);

impl Receiver {
    /// # Errors
    /// The port is taken.
    pub fn open(family: Family, port: u16) -> io::Result<Self> {
        let (domain, any): (_, IpAddr) = match family {
            Family::V4 => (Domain::IPV4, Ipv4Addr::UNSPECIFIED.into()),
            Family::V6 => (Domain::IPV6, Ipv6Addr::UNSPECIFIED.into()),
        };
        let socket = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
        match family {
            Family::V4 => setsockopt(&socket, sockopt::Ipv4RecvTtl, &true)?,
            Family::V6 => {
                socket.set_only_v6(true)?;
                setsockopt(&socket, sockopt::Ipv6RecvHopLimit, &true)?;
            }
        }
        socket.bind(&SocketAddr::new(any, port).into())?;
        socket.set_nonblocking(true)?;
        // SAFETY: the descriptor is owned by the value it is registered with, and neither is handed out.
        let socket = unsafe { AsyncFd::register_with_interest(socket, Interest::READABLE) }
            .map_err(|error| error.into_parts().1)?;
        Ok(Self(socket))
    }

    /// Waits for a packet: its length in `buffer`, where it came from, and its TTL on arrival.
    ///
    /// # Errors
    /// What the kernel answers.
    pub async fn receive(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr, u8)> {
        loop {
            let mut ready = self.0.readable().await?;
            if let Ok(received) = ready.try_io(|socket| take(socket.get_ref(), buffer)) {
                return received;
            }
        }
    }
}

fn take(socket: &Socket, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr, u8)> {
    let mut space = nix::cmsg_space!(libc::c_int);
    let mut slices = [IoSliceMut::new(buffer)];
    let message =
        recvmsg::<SockaddrStorage>(socket.as_raw_fd(), &mut slices, Some(&mut space), MsgFlags::MSG_DONTWAIT)?;
    let ttl = message.cmsgs()?.find_map(|control| match control {
        ControlMessageOwned::Ipv4Ttl(ttl) | ControlMessageOwned::Ipv6HopLimit(ttl) => u8::try_from(ttl).ok(),
        _ => None,
    });
    let from = message.address.as_ref().and_then(|address| {
        let v4 = address.as_sockaddr_in().map(|from| SocketAddr::new(from.ip().into(), from.port()));
        v4.or_else(|| address.as_sockaddr_in6().map(|from| SocketAddr::new(from.ip().into(), from.port())))
    });
    let missing = || io::Error::from(io::ErrorKind::InvalidData);
    Ok((message.bytes, from.ok_or_else(missing)?, ttl.ok_or_else(missing)?))
}

/// Speaks in one session.
#[derive(Debug)]
pub struct Sender {
    socket: Socket,
    to: SocketAddr,
}

impl Sender {
    /// `chance` chooses the source port.
    ///
    /// # Errors
    /// The source address is not ours, or no port is free.
    pub fn open(to: SocketAddr, source: Option<IpAddr>, ttl: u8, chance: u32) -> io::Result<Self> {
        let (domain, any): (_, IpAddr) = match to {
            SocketAddr::V4(_) => (Domain::IPV4, Ipv4Addr::UNSPECIFIED.into()),
            SocketAddr::V6(_) => (Domain::IPV6, Ipv6Addr::UNSPECIFIED.into()),
        };
        let socket = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
        match to {
            SocketAddr::V4(_) => socket.set_ttl_v4(ttl.into())?,
            SocketAddr::V6(_) => socket.set_unicast_hops_v6(ttl.into())?,
        }
        let start = u16::try_from(chance % u32::from(u16::MAX - FIRST_PORT)).unwrap_or(0);
        let mut result = Ok(());
        for port in (0..TRIES).map(|step| FIRST_PORT + (start + step) % (u16::MAX - FIRST_PORT)) {
            result = socket.bind(&SocketAddr::new(source.unwrap_or(any), port).into());
            match &result {
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
                _ => break,
            }
        }
        result?;
        socket.set_nonblocking(true)?;
        Ok(Self { socket, to })
    }

    /// # Errors
    /// The neighbour cannot be reached at all.
    pub fn send(&self, packet: &[u8]) -> io::Result<()> {
        self.socket.send_to(packet, &self.to.into()).map(|_| ())
    }
}
