//! A place for one haproxy: a directory with its files and sockets, and the process, ended at the end.

use std::{
    io::{Read as _, Write as _},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

static NEXT: AtomicUsize = AtomicUsize::new(0);

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) const OURS: &str = env!("CARGO_BIN_EXE_haproxy");

/// The original, where it is; a test that needs it says that it was skipped.
pub(crate) fn original(test: &str) -> Option<PathBuf> {
    let found = std::env::var_os("HAWSER_ORACLE_HAPROXY").map(PathBuf::from).filter(|p| p.is_file());
    if found.is_none() {
        eprintln!("skipped: the original haproxy is not here");
        if let Some(file) = std::env::var_os("HAWSER_SKIPS") {
            let line = format!("{test}\tthe original haproxy is not here\n");
            let file = std::fs::OpenOptions::new().append(true).create(true).open(file);
            file.and_then(|mut f| f.write_all(line.as_bytes())).expect("the list of skipped tests is writable");
        }
    }
    found
}

/// Ours, and the original where it is.
pub(crate) fn binaries(test: &str) -> Vec<PathBuf> {
    std::iter::once(OURS.into()).chain(original(test)).collect()
}

/// What a program calls itself: where its libraries are not installed, the original is run by a script.
pub(crate) fn own_name(binary: &Path) -> String {
    let script = std::fs::read_to_string(binary).ok().filter(|text| text.starts_with("#!"));
    let run = script.as_deref().and_then(|text| text.split_once(" exec ")).map(|(_, rest)| rest);
    run.and_then(|rest| rest.split_whitespace().next()).map_or_else(|| binary.display().to_string(), str::to_owned)
}

/// A frontend that answers by itself: what most tests of processes need. `one` is the body of its answer.
pub(crate) const ANSWERING: &str = "defaults
    mode http
    timeout client 10s
    timeout server 10s
    timeout connect 5s
frontend f
    bind @in@
    http-request return status 200 content-type text/plain string one
";

/// A running haproxy. `@NAME@` in its configuration is a socket NAME in its directory, `@@` is one `@`.
pub(crate) struct Proxy {
    directory: PathBuf,
    child: Child,
}

impl Proxy {
    pub(crate) fn start(binary: impl AsRef<Path>, configuration: &str) -> Self {
        Self::launch(binary, configuration, &["-db"])
    }

    /// The same with these words before `-f`; `@NAME@` means a socket in them too.
    pub(crate) fn launch(binary: impl AsRef<Path>, configuration: &str, words: &[&str]) -> Self {
        // Short: the path of a socket has 107 bytes at most.
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let directory = std::env::temp_dir().join(format!("hw-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&directory).expect("a temporary directory");
        let file = directory.join("haproxy.cfg");
        std::fs::write(&file, named(&directory, configuration)).expect("a writable directory");
        let child = Command::new(binary.as_ref())
            .args(words.iter().map(|w| named(&directory, w)))
            .arg("-f")
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(std::fs::File::create(directory.join("out")).expect("a writable directory"))
            .stderr(std::fs::File::create(directory.join("log")).expect("a writable directory"))
            .spawn()
            .expect("the binary runs");
        let mut proxy = Self { directory, child };
        let began = Instant::now();
        let first = configuration.split('@').nth(1).expect("a socket").to_owned();
        while UnixStream::connect(proxy.directory.join(&first)).is_err() {
            let ended = proxy.child.try_wait().expect("a child");
            assert!(ended.is_none() && began.elapsed() < PATIENCE, "it does not start: {}", proxy.log());
            std::thread::sleep(Duration::from_millis(5));
        }
        proxy
    }

    /// Writes another configuration into its file.
    pub(crate) fn rewrite(&self, configuration: &str) {
        let text = named(&self.directory, configuration);
        std::fs::write(self.directory.join("haproxy.cfg"), text).expect("a writable directory");
    }

    /// A file in its directory.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.directory.join("log")).unwrap_or_default()
    }

    pub(crate) fn connect(&self, socket: &str) -> UnixStream {
        let path = self.directory.join(socket);
        let mut stream = UnixStream::connect(&path);
        // A file's sockets come one after the other.
        until("it listens", || {
            if stream.is_err() {
                stream = UnixStream::connect(&path);
            }
            stream.is_ok()
        });
        let stream = stream.expect("connected above");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream
    }

    /// Sends bytes, then reads until the other side closes.
    pub(crate) fn exchange(&self, socket: &str, bytes: &[u8]) -> String {
        let mut stream = self.connect(socket);
        stream.write_all(bytes).expect("it reads");
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// The answer to one GET with these header lines.
    pub(crate) fn get(&self, socket: &str, path: &str, headers: &[&str]) -> String {
        let lines: String = headers.iter().map(|h| format!("{h}\r\n")).collect();
        self.exchange(socket, format!("GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{lines}\r\n").as_bytes())
    }

    /// The answer to a command on a runtime socket.
    pub(crate) fn ask(&self, socket: &str, command: &str) -> String {
        self.exchange(socket, format!("{command}\n").as_bytes())
    }

    /// A socket of its own, as another's configuration may name it.
    pub(crate) fn address(&self, socket: &str) -> String {
        self.directory.join(socket).display().to_string()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for its end.
    pub(crate) fn ended(&mut self) -> Option<i32> {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return status.code();
            }
            assert!(began.elapsed() < PATIENCE, "it does not end: {}", self.log());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// Asks again and again until it holds.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "in vain: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The text with the sockets' addresses in it.
fn named(directory: &Path, text: &str) -> String {
    let mut out = String::new();
    for (i, part) in text.split('@').enumerate() {
        match (i % 2, part) {
            (0, _) => out.push_str(part),
            // `ring@@NAME`
            (_, "") => out.push('@'),
            _ => out.push_str(&format!("unix@{}/{part}", directory.display())),
        }
    }
    out
}

/// What follows the head.
pub(crate) fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

/// `-c` on a file in its directory: exit code, standard output and error without version, process and path.
pub(crate) fn check(binary: &Path, directory: &Path, file: &str) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = Command::new(binary)
        .args(["-c", "-f", file])
        .current_dir(directory)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .output()
        .expect("the binary runs");
    let numbers = regex::Regex::new(r"\(\d+\)").expect("a valid expression");
    let clean = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let lines =
            text.lines().filter(|l| !l.contains("haproxy version is ") && !l.contains("path to executable is "));
        let text = lines.map(|l| format!("{l}\n")).collect::<String>();
        numbers.replace_all(&text, "(PID)").into_owned()
    };
    (status.code(), clean(&stdout), clean(&stderr))
}
