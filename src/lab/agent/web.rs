//! The embedded web server of a web host: one page, health checks answered, and an access log.

use crate::lab::article;
use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::{ALLOW, CONTENT_TYPE, SERVER},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use std::{convert::Infallible, fs::OpenOptions, io, io::Write as _, net::SocketAddr};
use tokio::{
    net::TcpListener,
    task::{AbortHandle, JoinSet},
};

/// Where the access log is, in the combined format with the client's own address.
pub const ACCESS_LOG: &str = "/var/log/apache2/access.log";

/// A running web server; dropping it closes the listeners and every connection, as the end of its process would.
pub struct Web(Vec<AbortHandle>);

impl Drop for Web {
    fn drop(&mut self) {
        self.0.iter().for_each(AbortHandle::abort);
    }
}

impl Web {
    /// Serves the page of `name` on these ports, on the runtime of the caller.
    pub fn serve(name: &str, ports: &[u16]) -> io::Result<Self> {
        let name = article_name(name);
        let mut tasks = Vec::new();
        for port in ports {
            let listener = std::net::TcpListener::bind(("0.0.0.0", *port))?;
            listener.set_nonblocking(true)?;
            tasks.push(tokio::spawn(accept(name, TcpListener::from_std(listener)?)).abort_handle());
        }
        Ok(Self(tasks))
    }
}

async fn accept(name: &'static str, listener: TcpListener) {
    let mut connections = JoinSet::new(); // dropped with this task, and all of them with it
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((socket, peer)) = accepted else { continue };
                let service = service_fn(move |request| async move { Ok::<_, Infallible>(answer(name, peer, &request)) });
                connections.spawn(http1::Builder::new().serve_connection(TokioIo::new(socket), service));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

fn article_name(name: &str) -> &'static str {
    crate::lab::plan::host_called(name).map_or("web", |host| host.name)
}

fn answer(name: &str, peer: SocketAddr, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let (status, body) = match request.method() {
        &Method::OPTIONS => (StatusCode::OK, String::new()),
        // Whatever path a file's health checks ask for: this server is well.
        &Method::GET | &Method::HEAD => (StatusCode::OK, article::page(name)),
        _ => (StatusCode::METHOD_NOT_ALLOWED, String::new()),
    };
    // A balancer asks with OPTIONS every two seconds: nobody wants to read that.
    if request.method() != Method::OPTIONS {
        log(peer, request, status, body.len());
    }
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(SERVER, "hawser-lab".parse().expect("a header value"));
    headers.insert(CONTENT_TYPE, "text/html".parse().expect("a header value"));
    headers.insert(ALLOW, "GET, HEAD, OPTIONS".parse().expect("a header value"));
    response
}

fn log(peer: SocketAddr, request: &Request<Incoming>, status: StatusCode, length: usize) {
    let header =
        |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or("-").to_owned();
    let client = match header("x-forwarded-for") {
        none if none == "-" => peer.ip().to_string(),
        forwarded => forwarded,
    };
    if let Ok(mut file) = OpenOptions::new().append(true).create(true).open(ACCESS_LOG) {
        let line = format!("{} {} {:?}", request.method(), request.uri(), request.version());
        let (referer, agent) = (header("referer"), header("user-agent"));
        let _ = writeln!(file, "{client} - - \"{line}\" {} {length} \"{referer}\" \"{agent}\"", status.as_u16());
    }
}
