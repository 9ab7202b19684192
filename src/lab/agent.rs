//! A host of the lab: the first process of its namespaces, which obeys the story's questions until it is taken away.
//!
//! The first line of standard input is the host's [setup](super::plan::Plan::setup), every further one a question
//! `{"do": NAME, ...}`; each gets one line `{"reply": ...}` or `{"error": TEXT}`. Between them come events: `{"event":
//! "address", "held": BOOL, "address": "A/P", "at": SECONDS}` when an address comes or goes, and `{"event": "log", "text":
//! LINE, "at": SECONDS}` for what the daemons log.

pub mod addresses;
pub mod children;
pub mod fetch;
pub mod probe;
pub mod services;
pub mod syslog;
pub mod web;

use super::{cable, root, space};
use children::Children;
use nix::sys::{prctl, signal::Signal};
use serde_json::{Value, json};
use std::{
    io::{self, BufRead as _, Write as _},
    net::{Ipv4Addr, SocketAddr},
    process::{Command, ExitCode},
    time::Duration,
};
use tokio::sync::mpsc;

/// The process that makes a host's namespaces: it starts [`inside`] in them and waits for it.
#[must_use]
pub fn outside(name: &str) -> ExitCode {
    // A host must not outlive the story that asks it.
    let _ = prctl::set_pdeathsig(Signal::SIGKILL);
    let started =
        space::enter_inner().and_then(|()| Command::new("/proc/self/exe").args(["lab-host", "inside", name]).status());
    match started {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            say(&json!({"error": format!("namespaces of a host: {error}")}));
            ExitCode::FAILURE
        }
    }
}

/// The first process of a host.
#[must_use]
pub fn inside() -> ExitCode {
    let _ = prctl::set_pdeathsig(Signal::SIGKILL);
    let mut first = String::new();
    let setup: Value = match io::stdin().lock().read_line(&mut first).map(|_| serde_json::from_str(&first)) {
        Ok(Ok(setup)) => setup,
        _ => return ExitCode::FAILURE,
    };
    if let Err(error) = root::build(&setup) {
        say(&json!({"error": format!("file system of {}: {error}", setup["name"])}));
        return ExitCode::FAILURE;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime on this thread");
    say(&json!({"reply": "built"}));
    runtime.block_on(obey(setup));
    ExitCode::SUCCESS
}

/// One line to the story. When nobody listens any more, the kernel ends us anyway.
fn say(what: &Value) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{what}").and_then(|()| out.flush());
}

struct Host {
    setup: Value,
    children: Children,
    web: Option<web::Web>,
    probe: Option<probe::Probe>,
}

async fn obey(setup: Value) {
    let mut questions = questions();
    let mut host = Host { setup, children: Children::collect(), web: None, probe: None };
    while let Some(line) = questions.recv().await {
        let answer = match serde_json::from_str(&line) {
            Ok(question) => host.answer(&question).await,
            Err(error) => Err(io::Error::other(error)),
        };
        say(&answer.map_or_else(|error| json!({"error": error.to_string()}), |reply| json!({"reply": reply})));
    }
}

fn questions() -> mpsc::UnboundedReceiver<String> {
    let (to, from) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            if to.send(line).is_err() {
                break;
            }
        }
    });
    from
}

impl Host {
    async fn answer(&mut self, question: &Value) -> io::Result<Value> {
        let name = self.setup["name"].as_str().unwrap_or_default().to_owned();
        match question["do"].as_str().unwrap_or_default() {
            "network" => {
                self.network().await?;
                Ok(Value::Null)
            }
            "run" => services::run(&self.children, question).await,
            "start" => services::start(&self.children, question).await,
            "kill" => services::kill(&self.children, question).await,
            "web" => {
                self.web = None; // the listener and every connection are closed
                if question["up"] == true {
                    let ports = self.setup["ports"].as_array().into_iter().flatten();
                    let ports: Vec<u16> = ports.filter_map(|port| port.as_u64()?.try_into().ok()).collect();
                    self.web = Some(web::Web::serve(&name, &ports)?);
                }
                Ok(Value::Null)
            }
            "get" => fetch::answer(question).await,
            "probe" => {
                if let Some(target) = question["target"].as_str() {
                    let target: SocketAddr = target.parse().map_err(io::Error::other)?;
                    self.probe = Some(probe::Probe::start(target));
                    return Ok(Value::Null);
                }
                let samples = match self.probe.take() {
                    Some(probe) => probe.finish().await,
                    None => Vec::new(),
                };
                Ok(Value::Array(samples))
            }
            other => Err(io::Error::other(format!("a host cannot {other}"))),
        }
    }

    /// Brings the interfaces up, once the cable is laid, and watches addresses and logs from then on.
    async fn network(&self) -> io::Result<()> {
        addresses::watch()?;
        let links = cable::connect()?;
        cable::up(&links, "lo").await?;
        let list = |key: &str| self.setup[key].as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let parsed = |value: &Value| text(value).parse::<Ipv4Addr>().map_err(io::Error::other);
        let interfaces: Vec<String> = list("interfaces").iter().map(text).collect();
        for interface in &interfaces {
            connected(&links, interface).await?;
        }
        let first = interfaces.first().map_or("", String::as_str);
        cable::address(&links, first, parsed(&self.setup["address"])?, 24).await?;
        for address in list("given") {
            cable::address(&links, first, parsed(&address)?, 32).await?;
        }
        cable::reach_everybody(&links, first).await?;
        // A balancer may bind an address that it does not hold yet. Where /proc/sys is not ours it stays as it is.
        let _ = std::fs::write("/proc/sys/net/ipv4/ip_nonlocal_bind", "1\n");
        syslog::listen()
    }
}

/// Waits for the end of a cable, and brings it up.
async fn connected(links: &rtnetlink::Handle, interface: &str) -> io::Result<()> {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(5);
    while cable::up(links, interface).await.is_err() {
        if tokio::time::Instant::now() > deadline {
            return Err(io::Error::other(format!("the cable of {interface} did not come")));
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}
