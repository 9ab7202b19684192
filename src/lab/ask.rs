//! Asks the hosts of the lab, and remembers what they announce: which holds which address, and what was logged.

use super::{clock, plan};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    process::Stdio,
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    process::{Child, ChildStdin, Command},
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::timeout,
};

/// What a host announced without being asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// The host's name.
    pub host: &'static str,
    /// When it happened, by [`clock`].
    pub at: f64,
    /// What happened.
    pub what: What,
}

/// The kinds of events.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// An address (`A/P`) came.
    Gained(String),
    /// An address went.
    Lost(String),
    /// A daemon logged a line.
    Logged(String),
}

impl Event {
    fn read(host: &'static str, value: &Value) -> Option<Self> {
        let text = |key: &str| value[key].as_str().map(str::to_owned);
        let what = match value["event"].as_str()? {
            "address" if value["held"] == true => What::Gained(text("address")?),
            "address" => What::Lost(text("address")?),
            _ => What::Logged(text("text")?),
        };
        Some(Self { host, at: value["at"].as_f64()?, what })
    }
}

/// One host that can be asked.
struct Host {
    process: Child,
    questions: ChildStdin,
    answers: UnboundedReceiver<Value>,
}

/// All hosts, and what they announced.
pub struct Hosts {
    hosts: BTreeMap<&'static str, Host>,
    /// Addresses (`A/P`) that hosts were given beyond the lab's own.
    given: BTreeSet<(&'static str, String)>,
    events: UnboundedReceiver<Event>,
    tell: UnboundedSender<Event>,
    seen: Vec<Event>,
    held: BTreeMap<&'static str, BTreeSet<String>>,
}

impl Default for Hosts {
    fn default() -> Self {
        let (tell, events) = unbounded_channel();
        Self { hosts: BTreeMap::new(), given: BTreeSet::new(), events, tell, seen: Vec::new(), held: BTreeMap::new() }
    }
}

impl Hosts {
    /// Starts the host's process and lets it build its file system.
    pub async fn start(&mut self, host: &plan::Host, setup: &Value) -> io::Result<()> {
        let mut command = Command::new("/proc/self/exe");
        command
            .args(["lab-host", "outside", host.name])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let mut process = command.spawn()?;
        let questions = process.stdin.take().expect("piped");
        let mut lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        let (answer, answers) = unbounded_channel();
        let (tell, name) = (self.tell.clone(), host.name);
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                let value: Value = serde_json::from_str(&line).unwrap_or_else(|_| json!({"error": line}));
                if value.get("event").is_none() {
                    let _ = answer.send(value); // nobody waits any more: the story has ended
                } else if let Some(event) = Event::read(name, &value) {
                    let _ = tell.send(event);
                }
            }
        });
        let given = setup["given"].as_array().into_iter().flatten().filter_map(Value::as_str);
        self.given.extend(given.map(|address| (name, format!("{address}/32"))));
        self.hosts.insert(name, Host { process, questions, answers });
        self.exchange(name, setup).await.map(drop)
    }

    /// The process that holds the host's network namespace.
    #[must_use]
    pub fn pid(&self, host: &str) -> Option<u32> {
        self.hosts.get(host)?.process.id()
    }

    /// Asks a host; the error is the host's own sentence.
    pub async fn ask(&mut self, host: &str, question: Value) -> io::Result<Value> {
        self.exchange(host, &question).await
    }

    async fn exchange(&mut self, name: &str, question: &Value) -> io::Result<Value> {
        let failed = |text: &str| io::Error::other(format!("{name}: {text}"));
        let host = self.hosts.get_mut(name).ok_or_else(|| failed("there is no such host"))?;
        host.questions.write_all(format!("{question}\n").as_bytes()).await.map_err(|_| failed("it is gone"))?;
        match timeout(Duration::from_secs(40), host.answers.recv()).await {
            Ok(Some(mut answer)) => match answer["error"].as_str() {
                Some(text) => Err(failed(text)),
                None => Ok(answer["reply"].take()),
            },
            Ok(None) => Err(failed("it ended")),
            Err(_) => Err(failed("no answer")),
        }
    }

    /// Waits until `happened` holds of what was seen; at most `limit` seconds. Tells whether it did.
    pub async fn wait_until(&mut self, limit: f64, happened: impl Fn(&Self) -> bool) -> bool {
        let deadline = clock::now() + limit;
        loop {
            self.catch_up();
            if happened(self) {
                return true;
            }
            let left = deadline - clock::now();
            if left <= 0.0 {
                return false;
            }
            if let Ok(Some(event)) = timeout(Duration::from_secs_f64(left), self.events.recv()).await {
                self.note(event);
            }
        }
    }

    /// Lets `seconds` pass, and notes what is announced meanwhile.
    pub async fn pass(&mut self, seconds: f64) {
        self.wait_until(seconds, |_| false).await;
    }

    /// The addresses beyond its own that a host holds on its interface.
    #[must_use]
    pub fn extra_addresses(&self, host: &str) -> Vec<&str> {
        self.held
            .get(host)
            .into_iter()
            .flatten()
            .map(String::as_str)
            .filter(|address| self.is_taken(host, address))
            .collect()
    }

    /// When, at or after `since`, `host` first gained an address beyond its own.
    #[must_use]
    pub fn gained_at(&self, host: &str, since: f64) -> Option<f64> {
        let extra = |event: &&Event| matches!(&event.what, What::Gained(address) if self.is_taken(host, address));
        self.seen.iter().filter(|event| event.host == host && event.at >= since).find(extra).map(|event| event.at)
    }

    fn is_taken(&self, host: &str, address: &str) -> bool {
        is_extra(host, address) && !self.given.iter().any(|(name, given)| *name == host && given == address)
    }

    /// Takes note of everything that has been announced by now.
    pub fn catch_up(&mut self) {
        while let Ok(event) = self.events.try_recv() {
            self.note(event);
        }
    }

    fn note(&mut self, event: Event) {
        let held = self.held.entry(event.host).or_default();
        match &event.what {
            What::Gained(address) => drop(held.insert(address.clone())),
            What::Lost(address) => drop(held.remove(address)),
            // Requests are logged by the hundred, and nobody asks for them.
            What::Logged(line) if line.contains(" HTTP/1") => return,
            What::Logged(_) => {}
        }
        self.seen.push(event);
    }
}

/// Whether this address (`A/P`) is more than what the lab or the kernel itself gave the host.
fn is_extra(host: &str, address: &str) -> bool {
    let own = plan::host_called(host).map(|host| format!("{}/24", host.address));
    own.as_deref() != Some(address) && !["127.", "::1/", "fe80:"].iter().any(|kernel| address.starts_with(kernel))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_that_a_daemon_took_count_as_taken() {
        assert!(is_extra("hap1", "192.168.56.10/32"));
        for given in ["192.168.56.11/24", "127.0.0.1/8", "::1/128", "fe80::a00:27ff:fe79:c5df/64"] {
            assert!(!is_extra("hap1", given), "{given}");
        }
    }
}
