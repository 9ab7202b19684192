//! A small HTTP server that shows metrics: `GET /metrics`, and nothing else. Off unless somebody asks for it.

use std::{convert::Infallible, io, net::SocketAddr, rc::Rc, time::Duration};

use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::{ALLOW, CONTENT_TYPE},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::{net::TcpListener, sync::Semaphore, time::timeout};

use crate::text::exposition;

/// Clients at a time; others wait.
const MOST: usize = 16;
/// How long a client may take for a request, and the whole of its connection.
const PATIENCE: Duration = Duration::from_secs(10);
const LONGEST: Duration = Duration::from_secs(60);

/// `PORT`, which is one of 127.0.0.1, or `ADDRESS:PORT`.
#[must_use]
pub fn address(text: &str) -> Option<SocketAddr> {
    match text.parse::<u16>() {
        Ok(port) => Some(SocketAddr::from(([127, 0, 0, 1], port))),
        Err(_) => text.parse().ok(),
    }
}

/// Serves what `collect` tells, for ever. Must run inside a `LocalSet`.
pub async fn serve<C, F>(listener: TcpListener, collect: C)
where
    C: Fn() -> F + 'static,
    F: Future<Output = String> + 'static,
{
    let (collect, places) = (Rc::new(collect), std::sync::Arc::new(Semaphore::new(MOST)));
    loop {
        let Ok(place) = std::sync::Arc::clone(&places).acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            // No descriptors, for instance; it passes.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let collect = Rc::clone(&collect);
        tokio::task::spawn_local(async move {
            let _place = place;
            let service = service_fn(move |request: Request<Incoming>| {
                let collect = Rc::clone(&collect);
                async move { Ok::<_, Infallible>(answer(&request, &*collect).await) }
            });
            let mut server = http1::Builder::new();
            server.timer(TokioTimer::new()).header_read_timeout(PATIENCE);
            let _ = timeout(LONGEST, server.serve_connection(TokioIo::new(stream), service)).await;
        });
    }
}

async fn answer<F: Future<Output = String>>(
    request: &Request<Incoming>,
    collect: &impl Fn() -> F,
) -> Response<Full<Bytes>> {
    let page = |status, text: String| {
        let mut response = Response::new(Full::from(text));
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, exposition::CONTENT_TYPE.parse().expect("it is one"));
        response
    };
    if ![Method::GET, Method::HEAD].contains(request.method()) {
        let mut response = page(StatusCode::METHOD_NOT_ALLOWED, String::new());
        response.headers_mut().insert(ALLOW, "GET, HEAD".parse().expect("it is a value"));
        return response;
    }
    match request.uri().path() {
        "/metrics" => page(StatusCode::OK, collect().await),
        _ => page(StatusCode::NOT_FOUND, "metrics are at /metrics\n".to_owned()),
    }
}

/// A listening socket for [`serve`].
///
/// # Errors
/// The address is not ours, or taken.
pub fn listen(address: SocketAddr) -> io::Result<std::net::TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    // Beside a predecessor that is finishing its work.
    socket.set_reuse_port(true)?;
    socket.bind(&address.into())?;
    socket.listen(16)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_port_is_one_of_this_host_alone() {
        assert_eq!(address("9650"), Some("127.0.0.1:9650".parse().expect("an address")));
        assert_eq!(address("[::]:9650"), Some("[::]:9650".parse().expect("an address")));
        assert_eq!(address("localhost:9650"), None);
        assert_eq!(address("99999"), None);
    }
}
