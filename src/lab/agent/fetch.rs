//! Asks an HTTP server one question over a new connection, and says what came of it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http_body_util::{BodyExt as _, Empty};
use hyper::{Request, body::Bytes, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::{io, net::SocketAddr, time::Duration};
use tokio::{net::TcpStream, time::timeout};

/// A response, whole.
#[derive(Debug)]
pub struct Fetched {
    /// Its status code.
    pub status: u16,
    /// The `WWW-Authenticate` header, if there was one.
    pub challenge: Option<String>,
    /// Its body, unreadable bytes replaced.
    pub body: String,
}

/// Gets `path` from `target`, with `credentials` (`user:password`) if given.
pub async fn get(target: SocketAddr, path: &str, credentials: Option<&str>) -> io::Result<Fetched> {
    let socket = TcpStream::connect(target).await?;
    let (mut ask, connection) = http1::handshake(TokioIo::new(socket)).await.map_err(unwrapped)?;
    let connection = tokio::spawn(connection);
    let mut request = Request::get(path)
        .header(header::HOST, target.ip().to_string())
        .header(header::USER_AGENT, "hawser-lab")
        .header(header::CONNECTION, "close");
    if let Some(credentials) = credentials {
        request = request.header(header::AUTHORIZATION, format!("Basic {}", STANDARD.encode(credentials)));
    }
    let request = request.body(Empty::<Bytes>::new()).map_err(io::Error::other)?;
    let response = ask.send_request(request).await.map_err(unwrapped)?;
    let status = response.status().as_u16();
    let challenge =
        response.headers().get(header::WWW_AUTHENTICATE).and_then(|value| Some(value.to_str().ok()?.to_owned()));
    let body = response.into_body().collect().await.map_err(unwrapped)?.to_bytes();
    connection.abort();
    Ok(Fetched { status, challenge, body: String::from_utf8_lossy(&body).into_owned() })
}

/// The socket's own error, when that is what went wrong.
fn unwrapped(error: hyper::Error) -> io::Error {
    use std::error::Error as _;
    let kind = error.source().and_then(|source| Some(source.downcast_ref::<io::Error>()?.kind()));
    io::Error::new(kind.unwrap_or(io::ErrorKind::UnexpectedEof), error)
}

/// `{"do": "get", "target": "A:P", "path": P, "credentials": "U:P"}`: `{"status", "challenge", "body"}` or `{"failed": TEXT}`.
pub async fn answer(question: &Value) -> io::Result<Value> {
    let target: SocketAddr = question["target"].as_str().unwrap_or_default().parse().map_err(io::Error::other)?;
    let path = question["path"].as_str().unwrap_or("/");
    Ok(match timeout(Duration::from_secs(5), get(target, path, question["credentials"].as_str())).await {
        Ok(Ok(got)) => json!({"status": got.status, "challenge": got.challenge, "body": got.body}),
        Ok(Err(error)) => json!({"failed": failure(&error)}),
        Err(_) => json!({"failed": "no answer within 5 s"}),
    })
}

/// A client's word for what went wrong.
#[must_use]
pub fn failure(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "refused",
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => "reset",
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => "unreachable",
        io::ErrorKind::TimedOut => "timeout",
        _ => "cut off",
    }
}
