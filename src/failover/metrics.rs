//! The process that tells metrics by HTTP (`--metrics`): it asks the others, which never speak to strangers themselves.
//!
//! ```text
//!  scraper ──HTTP──▶ Keepalived_metrics ──"?" over a socket pair──▶ VRRP process, checkers' process
//!                                       ◀── length, text ──
//! ```
//!
//! The pairs are made before anybody forks and outlive a child that is started again.

use std::{io, net::SocketAddr, os::unix::net::UnixStream as Pair, rc::Rc, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, UnixStream},
    sync::{Mutex, mpsc, oneshot},
    task::LocalSet,
    time::timeout,
};

use super::log::Logger;
use crate::{
    net::scrape,
    text::exposition::{Exposition, Kind},
};

/// How long a process may take for its answer.
const PATIENCE: Duration = Duration::from_secs(1);
/// Neither of the codes with which a process ends the daemon.
const ENDED: i32 = 3;
/// The longest answer, in bytes.
const LONGEST: u32 = 64 << 20;

/// A process that is asked: how it is called in metrics, and our end of the pair.
pub struct Source {
    pub name: &'static str,
    pub pair: Pair,
}

/// Runs the process to its end, which never comes by itself; the result is its exit status.
#[must_use]
pub fn run(asks: io::Result<(std::net::TcpListener, Vec<Source>)>, log: &Logger) -> i32 {
    if let Err(error) = told(asks) {
        log.info(&format!("Metrics cannot be told: {error}"));
        // Whoever starts this again should not do so at once.
        std::thread::park_timeout(PATIENCE);
    }
    ENDED
}

fn told(asks: io::Result<(std::net::TcpListener, Vec<Source>)>) -> io::Result<()> {
    let (listener, sources) = asks?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, async {
        let listener = TcpListener::from_std(listener)?;
        let asked: io::Result<Vec<_>> = sources.into_iter().map(Asked::new).collect();
        let asked = Rc::new(asked?);
        scrape::serve(listener, move || collect(Rc::clone(&asked))).await;
        Ok(())
    })
}

/// Opens the socket before anybody forks, so that a port that is taken is told at once.
///
/// # Errors
/// The port is taken, or not ours to take.
pub fn listen(address: SocketAddr) -> io::Result<std::net::TcpListener> {
    scrape::listen(address)
}

struct Asked {
    name: &'static str,
    /// One question at a time; none once an answer was cut short.
    stream: Mutex<Option<UnixStream>>,
}

impl Asked {
    fn new(source: Source) -> io::Result<Self> {
        source.pair.set_nonblocking(true)?;
        Ok(Self { name: source.name, stream: Mutex::new(Some(UnixStream::from_std(source.pair)?)) })
    }

    async fn ask(&self) -> Option<String> {
        let mut place = self.stream.lock().await;
        // A question that was not answered in time may be answered later, and would then answer another one.
        let mut stream = place.take()?;
        let answer = timeout(PATIENCE, question(&mut stream)).await;
        match answer {
            Ok(Ok(text)) => {
                *place = Some(stream);
                Some(text)
            }
            Ok(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => None,
            // Too late, or cut short by the end of the process, which may have been started again.
            _ => {
                *place = Some(drained(stream).await);
                None
            }
        }
    }
}

async fn question(stream: &mut UnixStream) -> io::Result<String> {
    stream.write_all(b"?").await?;
    let length = stream.read_u32().await?;
    if length > LONGEST {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut text = vec![0; usize::try_from(length).unwrap_or(0)];
    stream.read_exact(&mut text).await?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// Takes what has come too late, so that the next question gets its own answer.
async fn drained(mut stream: UnixStream) -> UnixStream {
    let mut rest = [0; 4096];
    while timeout(Duration::from_millis(50), stream.read(&mut rest)).await.is_ok_and(|read| read.is_ok_and(|n| n > 0)) {
    }
    stream
}

async fn collect(asked: Rc<Vec<Asked>>) -> String {
    let mut texts = String::new();
    let mut up = Exposition::default();
    up.family("keepalived_up", Kind::Gauge, "Whether a process of the daemon answers.");
    for source in asked.iter() {
        let answer = source.ask().await;
        up.sample("keepalived_up", &[("process", source.name)], f64::from(u8::from(answer.is_some())));
        texts.push_str(&answer.unwrap_or_default());
    }
    up.finish() + &texts
}

/// The questions that a process is asked: each is answered by sending the text.
pub struct Questions(Option<mpsc::Receiver<oneshot::Sender<String>>>);

impl Questions {
    /// Listens at the process' end of the pair, if there is one. Must run inside a `LocalSet`.
    ///
    /// # Errors
    /// The pair cannot be registered with the runtime.
    pub fn new(pair: Option<Pair>) -> io::Result<Self> {
        let Some(pair) = pair else { return Ok(Self(None)) };
        pair.set_nonblocking(true)?;
        let mut stream = UnixStream::from_std(pair)?;
        let (asked, questions) = mpsc::channel(1);
        tokio::task::spawn_local(async move {
            while stream.read_u8().await.is_ok() {
                let (reply, answer) = oneshot::channel::<String>();
                if asked.send(reply).await.is_err() {
                    return;
                }
                let text = answer.await.unwrap_or_default();
                let length = u32::try_from(text.len()).unwrap_or(0);
                let sent = async {
                    stream.write_u32(length).await?;
                    stream.write_all(text.as_bytes()).await
                };
                if sent.await.is_err() {
                    return;
                }
            }
        });
        Ok(Self(Some(questions)))
    }

    /// The next question; never, where nobody asks.
    pub async fn next(&mut self) -> oneshot::Sender<String> {
        if let Some(questions) = &mut self.0 {
            if let Some(question) = questions.recv().await {
                return question;
            }
            self.0 = None;
        }
        std::future::pending().await
    }
}
