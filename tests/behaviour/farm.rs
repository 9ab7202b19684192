//! A proxy between a client and servers of our own, on loopback ports that the kernel chooses.

use std::cell::RefCell;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server that keeps what it got and answers each head with the same bytes.
pub(crate) struct Origin {
    pub(crate) address: SocketAddr,
    got: Arc<Mutex<Vec<u8>>>,
    connections: Arc<Mutex<usize>>,
}

impl Origin {
    pub(crate) fn new(reply: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("bound");
        let (got, connections) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(0)));
        let (kept, count) = (got.clone(), connections.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                *count.lock().expect("no panic holds it") += 1;
                let kept = kept.clone();
                std::thread::spawn(move || answer(stream, &kept, reply));
            }
        });
        Self { address, got, connections }
    }

    /// Everything that came, as text.
    pub(crate) fn got(&self) -> String {
        String::from_utf8_lossy(&self.got.lock().expect("no panic holds it")).into_owned()
    }

    pub(crate) fn connections(&self) -> usize {
        *self.connections.lock().expect("no panic holds it")
    }
}

fn answer(mut stream: TcpStream, kept: &Mutex<Vec<u8>>, reply: &str) {
    let mut head = Vec::new();
    let mut buf = [0; 4096];
    while let Ok(n) = stream.read(&mut buf) {
        if n == 0 {
            return;
        }
        kept.lock().expect("no panic holds it").extend_from_slice(&buf[..n]);
        head.extend_from_slice(&buf[..n]);
        while let Some(end) = head.windows(4).position(|w| w == b"\r\n\r\n") {
            head.drain(..end + 4);
            if stream.write_all(reply.as_bytes()).is_err() {
                return;
            }
        }
    }
}

/// Syslog lines as they come.
pub(crate) struct Syslog {
    pub(crate) address: SocketAddr,
    lines: mpsc::Receiver<String>,
    /// Lines that came and nobody has asked for yet.
    passed: RefCell<Vec<String>>,
}

impl Syslog {
    pub(crate) fn new() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a port is free");
        let address = socket.local_addr().expect("bound");
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            let mut buf = [0; 4096];
            while let Ok(n) = socket.recv(&mut buf) {
                if sender.send(String::from_utf8_lossy(&buf[..n]).trim_end().to_owned()).is_err() {
                    return;
                }
            }
        });
        Self { address, lines, passed: RefCell::default() }
    }

    /// The first line that contains `part` and was not asked for before: threads log in no order.
    pub(crate) fn line(&self, part: &str) -> String {
        let end = Instant::now() + PATIENCE;
        let mut passed = self.passed.borrow_mut();
        if let Some(i) = passed.iter().position(|line| line.contains(part)) {
            return passed.remove(i);
        }
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let line =
                self.lines.recv_timeout(left).unwrap_or_else(|_| panic!("no line with {part:?} came: {passed:?}"));
            if line.contains(part) {
                return line;
            }
            passed.push(line);
        }
    }
}

/// A running proxy.
pub(crate) struct Proxy {
    child: Child,
    pub(crate) front: SocketAddr,
    file: std::path::PathBuf,
}

impl Proxy {
    /// `rest` is what follows `global` and `defaults`; `{front}` in it is the address to bind.
    pub(crate) fn new(name: &str, log: &Syslog, rest: &str) -> Self {
        let front = TcpListener::bind("127.0.0.1:0").expect("a port is free").local_addr().expect("bound");
        let text = format!(
            "global\n log {} local0\n nbthread 2\ndefaults\n mode http\n log global\n option httplog\n option dontlognull\n \
             timeout connect 1s\n timeout client 2s\n timeout server 1s\n retries 1\n{}\n",
            log.address,
            rest.replace("{front}", &front.to_string())
        );
        let file = std::env::temp_dir().join(format!("hawser-{}-{name}.cfg", std::process::id()));
        std::fs::write(&file, text).expect("the temporary directory is writable");
        let child = Self::start(&file, &[]);
        let proxy = Self { child, front, file };
        let end = Instant::now() + PATIENCE;
        while TcpStream::connect(front).is_err() {
            assert!(Instant::now() < end, "the proxy does not listen");
            std::thread::yield_now();
        }
        proxy
    }

    fn start(file: &std::path::Path, more: &[&str]) -> Child {
        Command::new(env!("CARGO_BIN_EXE_haproxy"))
            .args(["-db", "-f"])
            .arg(file)
            .args(more)
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary runs")
    }

    /// Starts a successor with `-sf` and waits until the old process has gone.
    pub(crate) fn reload(&mut self) {
        let old = self.child.id().to_string();
        let new = Self::start(&self.file, &["-sf", &old]);
        let mut gone = std::mem::replace(&mut self.child, new);
        let end = Instant::now() + PATIENCE;
        while gone.try_wait().expect("it is ours").is_none() {
            assert!(Instant::now() < end, "the old process stays");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Sends bytes on a connection of its own and reads until the answer is whole or the connection ends.
    pub(crate) fn ask(&self, bytes: &str) -> String {
        let mut s = TcpStream::connect(self.front).expect("it listens");
        s.set_read_timeout(Some(PATIENCE)).expect("a timeout can be set");
        s.write_all(bytes.as_bytes()).expect("it reads");
        read_answer(&mut s)
    }
}

/// One response: its head and as much body as the head announces, or everything up to the end.
pub(crate) fn read_answer(s: &mut TcpStream) -> String {
    let mut all = Vec::new();
    let mut buf = [0; 4096];
    loop {
        if let Some(end) = all.windows(4).position(|w| w == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&all[..end]).to_lowercase();
            let length = head.split("content-length: ").nth(1).and_then(|l| l.split("\r\n").next()?.parse().ok());
            if length.is_some_and(|n: usize| all.len() >= end + 4 + n) {
                break;
            }
        }
        match s.read(&mut buf) {
            Ok(n) if n > 0 => all.extend_from_slice(&buf[..n]),
            _ => break,
        }
    }
    String::from_utf8_lossy(&all).into_owned()
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_file(&self.file);
    }
}
