//! Has a SOCKS 4 proxy lead a fresh connection to a server (`socks4`).

use std::future::poll_fn;
use std::net::SocketAddr;
use std::task::Poll;

use super::socket::Socket;
use super::timers::Timer;
use crate::wire::socks4;

/// Asks over a connection to the proxy; `timer` says for how long.
///
/// # Errors
/// Why the server cannot be reached in this way, in the words of logs.
pub async fn lead_to(sock: &Socket, to: SocketAddr, timer: &Timer) -> Result<(), &'static str> {
    let request = socks4::request(to);
    let mut sent = 0;
    while sent < request.len() {
        let n = poll_fn(|cx| match sock.poll_send(cx, &request[sent..], false) {
            Poll::Ready(r) => Poll::Ready(r.ok()),
            Poll::Pending => timer.poll_elapsed(cx).map(|()| None),
        });
        sent += n.await.ok_or("SOCKS4 Proxy write error during handshake")?;
    }
    // The answer and nothing behind it: what follows is the server's.
    let mut answer = Vec::new();
    answer.reserve_exact(socks4::ANSWER);
    loop {
        match socks4::is_granted(&answer) {
            Some(true) => return Ok(()),
            Some(false) => return Err("SOCKS4 Proxy deny the request"),
            None => {}
        }
        let n = poll_fn(|cx| match sock.poll_recv(cx, &mut answer) {
            Poll::Ready(r) => Poll::Ready(r.ok()),
            Poll::Pending => timer.poll_elapsed(cx).map(|()| None),
        });
        match n.await {
            None => return Err("SOCKS4 Proxy read error during handshake"),
            Some(0) => return Err("SOCKS4 Proxy handshake aborted by server"),
            Some(_) => {}
        }
    }
}
