//! The benchmark's clients and servers, in one thread: they do as little as they can, and count what must have happened.

use memchr::memmem;
use std::{
    cell::Cell,
    io,
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, UdpSocket},
    task::LocalSet,
};

/// What is asked, and what must be seen for it to count.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    /// Connections that ask at the same time.
    pub(crate) clients: usize,
    /// A new client connection for each request.
    pub(crate) close: bool,
    /// Bytes of an answer's body.
    pub(crate) size: usize,
    /// The servers must see X-Forwarded-For.
    pub(crate) forwarded: bool,
    /// Every request must be logged.
    pub(crate) logged: bool,
    /// Every request must come over a connection of its own.
    pub(crate) server_close: bool,
}

/// What happened while the clients asked.
#[derive(Clone, Copy, Default)]
pub(crate) struct Done {
    /// Whole answers with status 200.
    pub(crate) answers: usize,
    /// Everything else.
    pub(crate) failures: usize,
    /// Connections that the servers accepted.
    pub(crate) connections: usize,
    /// Requests that reached a server without X-Forwarded-For.
    pub(crate) without_forwarded: usize,
    /// Log datagrams.
    pub(crate) log_lines: usize,
}

/// Servers that run, and where.
pub(crate) struct Running {
    /// The two servers.
    pub(crate) origins: [SocketAddr; 2],
    /// Where log lines go.
    pub(crate) log: SocketAddr,
    listeners: [std::net::TcpListener; 2],
    log_socket: std::net::UdpSocket,
}

/// Opens the servers' sockets.
pub(crate) async fn start(_load: &Load) -> io::Result<Running> {
    let listeners = [std::net::TcpListener::bind("127.0.0.1:0")?, std::net::TcpListener::bind("127.0.0.1:0")?];
    for listener in &listeners {
        listener.set_nonblocking(true)?;
    }
    let log_socket = std::net::UdpSocket::bind("127.0.0.1:0")?;
    log_socket.set_nonblocking(true)?;
    Ok(Running {
        origins: [listeners[0].local_addr()?, listeners[1].local_addr()?],
        log: log_socket.local_addr()?,
        listeners,
        log_socket,
    })
}

impl Running {
    /// Asks `front` for `seconds`, and counts.
    pub(crate) async fn ask(&self, front: SocketAddr, load: &Load, seconds: f64) -> Result<Done, String> {
        let count = Rc::new(Cell::new(Done::default()));
        let local = LocalSet::new();
        let answer: Rc<[u8]> = response(load.size).into();
        for listener in &self.listeners {
            let listener = listener.try_clone().and_then(TcpListener::from_std).map_err(|error| error.to_string())?;
            let (count, answer, load) = (count.clone(), answer.clone(), *load);
            local.spawn_local(async move {
                while let Ok((socket, _)) = listener.accept().await {
                    let _ = socket.set_nodelay(true);
                    tokio::task::spawn_local(serve(socket, answer.clone(), load, count.clone()));
                }
            });
        }
        let log = self.log_socket.try_clone().and_then(UdpSocket::from_std).map_err(|error| error.to_string())?;
        let counted = count.clone();
        local.spawn_local(async move {
            let mut buffer = [0; 2048];
            while log.recv(&mut buffer).await.is_ok() {
                change(&counted, |done| done.log_lines += 1);
            }
        });
        let end = Instant::now() + Duration::from_secs_f64(seconds);
        local
            .run_until(async {
                let mut clients = tokio::task::JoinSet::new();
                for _ in 0..load.clients {
                    clients.spawn_local(client(front, *load, end, count.clone()));
                }
                while clients.join_next().await.is_some() {}
                tokio::time::sleep(Duration::from_millis(100)).await; // the last log lines
            })
            .await;
        Ok(count.get())
    }
}

fn change(count: &Cell<Done>, with: impl FnOnce(&mut Done)) {
    let mut done = count.get();
    with(&mut done);
    count.set(done);
}

fn response(size: usize) -> Vec<u8> {
    let mut bytes =
        format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {size}\r\n\r\n").into_bytes();
    bytes.resize(bytes.len() + size, b'x');
    bytes
}

async fn serve(mut socket: TcpStream, answer: Rc<[u8]>, load: Load, count: Rc<Cell<Done>>) {
    let mut buffer = vec![0; 8192];
    let (mut filled, mut first) = (0, true);
    loop {
        match socket.read(&mut buffer[filled..]).await {
            Ok(0) | Err(_) => return,
            Ok(length) => filled += length,
        }
        let Some(end) = memmem::find(&buffer[..filled], b"\r\n\r\n") else { continue };
        let head = buffer[..end].to_ascii_lowercase();
        if head.starts_with(b"get") {
            change(&count, |done| {
                done.connections += usize::from(first);
                done.without_forwarded +=
                    usize::from(load.forwarded && memmem::find(&head, b"\r\nx-forwarded-for:").is_none());
            });
            first = false;
        }
        filled = 0; // nobody pipelines here
        if socket.write_all(&answer).await.is_err() || memmem::find(&head, b"connection: close").is_some() {
            return;
        }
    }
}

async fn client(front: SocketAddr, load: Load, end: Instant, count: Rc<Cell<Done>>) {
    let connection = if load.close { "Connection: close\r\n" } else { "" };
    let request = format!("GET / HTTP/1.1\r\nHost: {front}\r\nUser-Agent: bench\r\nAccept: */*\r\n{connection}\r\n");
    let mut buffer = vec![0; 65536];
    let mut kept = None;
    while Instant::now() < end {
        match one(&mut kept, front, request.as_bytes(), load, &mut buffer).await {
            Ok(()) => change(&count, |done| done.answers += 1),
            Err(_) => {
                kept = None;
                change(&count, |done| done.failures += 1);
            }
        }
    }
}

async fn one(
    kept: &mut Option<TcpStream>,
    front: SocketAddr,
    request: &[u8],
    load: Load,
    buffer: &mut [u8],
) -> io::Result<()> {
    let mut socket = match kept.take() {
        Some(socket) => socket,
        None => TcpStream::connect(front).await?,
    };
    socket.set_nodelay(true)?;
    socket.write_all(request).await?;
    let mut filled = 0;
    let head = loop {
        let length = socket.read(&mut buffer[filled..]).await?;
        filled += length;
        match memmem::find(&buffer[..filled], b"\r\n\r\n") {
            Some(end) => break end + 4,
            None if length == 0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            None => {}
        }
    };
    if !buffer.starts_with(b"HTTP/1.1 200") {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut left = load.size - (filled - head).min(load.size);
    while left > 0 {
        match socket.read(buffer).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            length => left = left.saturating_sub(length),
        }
    }
    if !load.close {
        *kept = Some(socket);
    }
    Ok(())
}
