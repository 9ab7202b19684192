//! Tells the story: one line when something was observed, a table at the end; or the same as JSON.

use super::{
    clock,
    options::{Color, Options},
    plan::{self, HOSTS, NETWORK, Plan},
    service::Service,
};
use serde_json::json;
use std::io::{self, IsTerminal as _, Write as _};

/// One step of the story, as it was observed.
#[derive(Debug, Clone)]
pub struct Step {
    /// What was done.
    pub name: &'static str,
    /// What was seen.
    pub observed: String,
    /// What clients noticed, where they were watched.
    pub service: Option<Service>,
    /// Whether it was what the story expects.
    pub held: bool,
}

/// Where the story goes.
pub struct Teller {
    json: bool,
    color: bool,
    start: f64,
    steps: Vec<Step>,
}

const WIDTH: usize = 18;

impl Teller {
    /// A teller as the options want it; its clock starts now.
    #[must_use]
    pub fn new(options: &Options) -> Self {
        let color = match options.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            }
        };
        Self { json: options.json, color, start: clock::now(), steps: Vec::new() }
    }

    /// What is about to be rehearsed, on what ground.
    pub fn opening(&self, plan: &Plan, one_uid: bool) {
        if self.json {
            return;
        }
        self.line(
            &self.bold("A pair of balancers, rehearsed in namespaces of this machine; nothing outside is touched."),
        );
        let hosts = HOSTS.map(|host| format!("{} .{}", host.name, host.address.octets()[3])).join(", ");
        self.line(&format!("  network    {NETWORK}: {hosts}"));
        for (node, balancer) in plan.balancers.iter().enumerate() {
            let (haproxy, keepalived) = (balancer.haproxy.display(), balancer.keepalived.display());
            self.line(&format!("  hap{}       {haproxy}, {keepalived}", node + 1));
        }
        self.line(if plan.own_files { "  files      yours" } else { "  files      the built-in small website's" });
        for (web, host) in HOSTS.iter().filter(|host| host.role == plan::Role::Web).enumerate() {
            let (names, addresses) = (&plan.servers.names[web], &plan.servers.addresses[web]);
            let all: Vec<String> = names.iter().cloned().chain(addresses.iter().map(ToString::to_string)).collect();
            if !all.is_empty() {
                self.line(&format!("             {} stands for {}", host.name, all.join(", ")));
            }
        }
        if !plan.servers.absent.is_empty() {
            let absent: Vec<&str> = plan.servers.absent.iter().map(String::as_str).collect();
            self.line(&format!("             nobody stands for {}", absent.join(", ")));
        }
        if one_uid {
            let names: Vec<String> = plan.accounts().into_iter().collect();
            self.line("  user       you are root inside and nobody else exists: every account is that one uid,");
            self.line(&format!("             also {}", names.join(", ")));
        }
        self.line("");
    }

    /// One step, as soon as it was observed.
    pub fn step(&mut self, step: Step) {
        let time = clock::now() - self.start;
        if self.json {
            self.line(
                &json!({"at": round(time), "step": step.name, "observed": step.observed, "held": step.held,
                "without_service": step.service.as_ref().map(|service| round(service.without)),
                "asked": step.service.as_ref().map(|service| service.asked),
                "failed": step.service.as_ref().map(|service| json!(service.failed))})
                .to_string(),
            );
        } else {
            let service = step.service.as_ref().map(|service| format!("; clients: {service}")).unwrap_or_default();
            let (name, mark) = (format!("{:WIDTH$}", step.name), self.mark(step.held));
            self.line(&format!("{time:6.1} s {mark} {} {}{service}", self.bold(&name), step.observed));
        }
        self.steps.push(step);
    }

    /// The table, and whether everything held.
    #[must_use]
    pub fn closing(&self) -> bool {
        let held = self.steps.iter().all(|step| step.held);
        let time = clock::now() - self.start;
        if self.json {
            let failed: Vec<&str> = self.steps.iter().filter(|step| !step.held).map(|step| step.name).collect();
            self.line(
                &json!({"held": held, "steps": self.steps.len(), "failed": failed, "seconds": round(time)}).to_string(),
            );
            return held;
        }
        self.line("");
        self.line(&self.bold(&format!("{:WIDTH$}  {:15}  {:8}  {:12}", "step", "without service", "requests", "lost")));
        for step in &self.steps {
            let (without, asked, lost) = match &step.service {
                None => ("-".to_owned(), "-".to_owned(), "-".to_owned()),
                Some(service) if service.without == 0.0 => {
                    ("none".to_owned(), service.asked.to_string(), "0".to_owned())
                }
                Some(service) => {
                    (format!("{:.2} s", service.without), service.asked.to_string(), service.failures().to_string())
                }
            };
            self.line(&format!(
                "{:WIDTH$}  {without:>15}  {asked:>8}  {lost:>12}  {}",
                step.name,
                self.mark(step.held)
            ));
        }
        let missed = self.steps.iter().filter(|step| !step.held).count();
        let verdict = if held { "everything held".to_owned() } else { format!("{missed} did not hold") };
        self.line(&format!("\n{} steps in {time:.1} s: {}", self.steps.len(), self.bold(&verdict)));
        held
    }

    /// Said once, when the pair stays up after its story.
    pub fn keeping(&self) {
        if !self.json {
            self.line("The pair is left running: `hawser lab --shell hap1` in another terminal; Ctrl-C here ends it.");
        }
    }

    /// Said when there is no story, only a shell.
    pub fn note(&self, text: &str) {
        if !self.json {
            self.line(text);
        }
    }

    fn mark(&self, held: bool) -> String {
        match (held, self.color) {
            (true, false) => "ok  ".to_owned(),
            (false, false) => "FAIL".to_owned(),
            (true, true) => "\x1b[32mok\x1b[0m  ".to_owned(),
            (false, true) => "\x1b[31;1mFAIL\x1b[0m".to_owned(),
        }
    }

    fn bold(&self, text: &str) -> String {
        if self.color { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn line(&self, text: &str) {
        let mut out = io::stdout().lock();
        // A reader who went away, as `head` does, is no reason to break off.
        let _ = writeln!(out, "{text}").and_then(|()| out.flush());
    }
}

fn round(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0
}
