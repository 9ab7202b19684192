//! Sockets of checks: from the address, the interface and with the mark that a checker is to use.

use std::{io, net::SocketAddr};

use nix::errno::Errno;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::{
    net::{TcpSocket, TcpStream, UdpSocket},
    time::timeout,
};

use crate::{
    checker::{Failure, Outcome, Unready},
    ir::failover::Connection,
};

/// Connects, or says how the probe ended.
pub(super) async fn connect(connection: &Connection) -> Result<TcpStream, Outcome> {
    let socket = open(connection, Type::STREAM, Protocol::TCP)?;
    let socket = TcpSocket::from_std_stream(socket.into());
    match timeout(connection.timeout, socket.connect(connection.to)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(refusal(&error)),
        Err(_) => Err(Outcome::Failed(Failure::ConnectTimeout)),
    }
}

/// A socket for datagrams to and from the server alone.
pub(super) fn datagrams(connection: &Connection) -> Result<UdpSocket, Outcome> {
    let socket = open(connection, Type::DGRAM, Protocol::UDP)?;
    socket.connect(&connection.to.into()).map_err(|error| refusal(&error))?;
    UdpSocket::from_std(socket.into()).map_err(|error| no_socket(&error))
}

/// A socket for ICMP, and whether it is a raw one.
pub(super) fn echo(connection: &Connection) -> Result<(UdpSocket, bool), Outcome> {
    let protocol = if connection.to.is_ipv4() { Protocol::ICMPV4 } else { Protocol::ICMPV6 };
    // The kind that users may have is closed to all in some systems (ping_group_range); then it takes rights.
    let (socket, raw) = match open(connection, Type::DGRAM, protocol) {
        Ok(socket) => (socket, false),
        Err(Outcome::Unready(Unready::Socket(_))) => (open(connection, Type::RAW, protocol)?, true),
        Err(other) => return Err(other),
    };
    let to = SocketAddr::new(connection.to.ip(), 0);
    socket.connect(&to.into()).map_err(|_| Outcome::Failed(Failure::Unsent))?;
    let socket = UdpSocket::from_std(socket.into()).map_err(|error| no_socket(&error))?;
    Ok((socket, raw))
}

fn open(connection: &Connection, kind: Type, protocol: Protocol) -> Result<Socket, Outcome> {
    let domain = Domain::for_address(connection.to);
    let socket = Socket::new(domain, kind, Some(protocol)).map_err(|error| no_socket(&error))?;
    socket.set_nonblocking(true).map_err(|error| no_socket(&error))?;
    if connection.mark != 0 {
        socket.set_mark(connection.mark).map_err(|error| no_socket(&error))?;
    }
    if let Some(name) = &connection.interface {
        socket
            .bind_device(Some(name.as_bytes()))
            .map_err(|error| Outcome::Unready(Unready::Device { name: name.clone(), error: described(&error) }))?;
    }
    if let Some(from) = connection.from {
        // The port of the last check may still be on its way out.
        let _ = socket.set_reuse_address(kind == Type::STREAM);
        let bound = socket.bind(&from.into());
        bound.map_err(|error| Outcome::Unready(Unready::Address(described(&error))))?;
    }
    Ok(socket)
}

fn no_socket(error: &io::Error) -> Outcome {
    Outcome::Unready(Unready::Socket(described(error)))
}

/// What a connection that was not made says about the server, or about us.
fn refusal(error: &io::Error) -> Outcome {
    let number = error.raw_os_error().unwrap_or(0);
    match Errno::from_raw(number) {
        Errno::EACCES | Errno::EPERM | Errno::EADDRNOTAVAIL | Errno::EADDRINUSE | Errno::EINVAL => {
            Outcome::Unready(Unready::Connection { number, text: described(error) })
        }
        Errno::ENETUNREACH => Outcome::Failed(Failure::Unreachable),
        _ => Outcome::Failed(Failure::Refused),
    }
}

/// What strerror(3) says.
pub(super) fn described(error: &io::Error) -> String {
    error.raw_os_error().map_or_else(|| error.to_string(), |number| Errno::from_raw(number).desc().to_owned())
}
