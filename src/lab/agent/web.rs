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

/// A running web server; dropping it closes the listener and every connection, as the end of its process would.
pub struct Web(AbortHandle);

impl Drop for Web {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Web {
    /// Serves the page of `name` on port 80, on the runtime of the caller.
    pub fn serve(name: &str) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind("0.0.0.0:80")?;
        listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(listener)?;
        let name: &'static str = article_name(name);
        let task = tokio::spawn(async move {
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
        });
        Ok(Self(task.abort_handle()))
    }
}

fn article_name(name: &str) -> &'static str {
    crate::lab::plan::host_called(name).map_or("web", |host| host.name)
}

fn answer(name: &str, peer: SocketAddr, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let (status, body) = match (request.method(), request.uri().path()) {
        (&Method::OPTIONS, _) => (StatusCode::OK, String::new()),
        (&Method::GET | &Method::HEAD, "/" | "/index.html") => (StatusCode::OK, article::page(name)),
        (&Method::GET | &Method::HEAD, _) => {
            (StatusCode::NOT_FOUND, "<html><body><h1>Not Found</h1></body></html>\n".to_owned())
        }
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
