//! Asking for a page, with TLS and without.

use std::io::{self, ErrorKind};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    time::timeout,
};

use super::{probe::Means, socket};
use crate::{
    checker::{
        Failure, Outcome,
        http::{self, Answer},
        pattern::Matcher,
    },
    ir::failover::checker::{Http, TlsProbe, Url},
};

/// Asks for one page of a server.
pub(super) async fn ask(http: &Http, at: usize, means: &Means) -> Result<Outcome, Outcome> {
    // A reload may have left a position behind; the first page always exists.
    let Some(url) = http.urls.get(at).or_else(|| http.urls.first()) else {
        return Err(Outcome::Failed(Failure::Status));
    };
    let stream = socket::connect(&http.connection).await?;
    let Some(tls) = &http.tls else { return converse(stream, http, url).await };
    let Some(trust) = &means.trust else { return Err(Outcome::Failed(Failure::Handshake)) };
    let name = tls.sni.then(|| tls.sni_name.as_deref().or_else(|| http::host(http, url))).flatten();
    match timeout(http.connection.timeout, trust.connect(name, http.connection.to.ip(), stream)).await {
        Err(_) => Err(Outcome::Failed(Failure::ConnectTimeout)),
        Ok(Err(_)) => Err(Outcome::Failed(Failure::Handshake)),
        Ok(Ok(stream)) => converse(stream, http, url).await,
    }
}

/// Sends the request and reads to the end.
async fn converse(mut stream: impl AsyncRead + AsyncWrite + Unpin, http: &Http, url: &Url) -> Result<Outcome, Outcome> {
    let limit = http.connection.timeout;
    let request = http::request(http, url);
    let sent = timeout(limit, async {
        stream.write_all(&request).await?;
        stream.flush().await
    });
    if !matches!(sent.await, Ok(Ok(()))) {
        return Err(Outcome::Failed(Failure::Broken));
    }
    let mut answer = Answer::new(url);
    let mut buffer = vec![0; 16 * 1024];
    loop {
        match timeout(limit, stream.read(&mut buffer)).await {
            Ok(Ok(0)) => break,
            Ok(Ok(length)) => answer.push(&buffer[..length]),
            Ok(Err(error)) if ends(&error, http.tls.as_ref(), url) => break,
            Ok(Err(_)) => return Err(Outcome::Failed(Failure::Broken)),
            Err(_) if answer.is_begun() => return Err(Outcome::Failed(Failure::Stalled)),
            Err(_) => return Err(Outcome::Failed(Failure::Silent)),
        }
    }
    if http.tls.is_some() {
        // Nobody waits for what the server says to that.
        let _ = timeout(limit, stream.shutdown()).await;
    }
    // It was compiled when the configuration was read, and is so again: patterns are few and small.
    let matcher = url.pattern.as_ref().map(Matcher::new).transpose();
    let Ok(matcher) = matcher else { return Err(Outcome::Failed(Failure::Pattern)) };
    Ok(answer.end(url, matcher.as_ref()))
}

/// Whether an error is only an end without good manners. Many servers end a TLS session without saying so; a reset is an end
/// there, too, as the original has it.
fn ends(error: &io::Error, tls: Option<&TlsProbe>, url: &Url) -> bool {
    let strict = |tls: &TlsProbe| tls.compliant || url.compliant;
    tls.is_some_and(|tls| match error.kind() {
        ErrorKind::UnexpectedEof => !strict(tls),
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => true,
        _ => false,
    })
}
