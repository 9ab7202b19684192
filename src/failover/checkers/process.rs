//! The loop of the checkers' process: hands what happens to the director, and does what it says.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    net::IpAddr,
    path::Path,
    rc::Rc,
};

use tokio::{
    process::Child,
    sync::{
        mpsc::{self, UnboundedReceiver},
        oneshot,
    },
    task::LocalSet,
};

use super::{
    kernel::Table,
    news::{self, Line, Message},
    tasks::{News, Report, Tasks},
    tls::Trust,
};
use crate::{
    checker::Failure,
    failover::{
        argv::Options,
        checks, dump,
        log::Logger,
        machine::Machine,
        mail,
        metrics::Questions,
        notify::Notifier,
        supervisor::{self, EXIT_CONFIG, EXIT_FATAL, Ends},
        vrrp::asked::{Asked, Signals},
    },
    ipvs::{Director, Input, Output, show},
    ir::failover::{CheckerId, Command, Failover, Global, Lvs},
    keepalived::{self, Checked, report::Pass},
    net::links,
    process::{pidfile, priority},
};

/// Runs the checkers' process to its end; the result is its exit status.
#[must_use]
pub fn run(options: &Options, checked: &Checked, pid_file: &Path, ends: Ends) -> i32 {
    let log = Rc::new(Logger::new("Keepalived_healthcheckers", options));
    for line in checked.report.log_lines(&checked.sources, Pass::Check) {
        log.info(&line);
    }
    if checked.report.refused() {
        return EXIT_CONFIG;
    }
    if let Err(error) = pidfile::write(pid_file, nix::unistd::getpid().as_raw()) {
        log.info(&format!("Unable to write pid file {}: {error}", pid_file.display()));
    }
    prioritise(&checked.config.global, &log);
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            log.info(&format!("Unable to start: {error}"));
            return EXIT_FATAL;
        }
    };
    let result = LocalSet::new().block_on(&runtime, async {
        let mut process = Process::new(options, checked.config.clone(), Rc::clone(&log), ends)?;
        process.start().await?;
        process.serve().await;
        process.stop().await;
        Ok::<(), io::Error>(())
    });
    match result {
        Ok(()) => 0,
        Err(error) => {
            log.info(&format!("Healthcheck process failed: {error}"));
            EXIT_FATAL
        }
    }
}

struct Process<'a> {
    options: &'a Options,
    log: Rc<Logger>,
    config: Failover,
    director: Director,
    table: Table,
    notifier: Notifier,
    tasks: Tasks,
    reports: UnboundedReceiver<Report>,
    signals: Signals,
    questions: Questions,
    sessions: Option<Line>,
    /// What each session said last.
    states: BTreeMap<String, bool>,
    /// Of interfaces by name; empty while nobody asks (`ha_suspend`).
    addresses: BTreeMap<String, Vec<IpAddr>>,
    changes: Option<UnboundedReceiver<links::Change>>,
}

/// Everything that can happen.
enum Event {
    Asked(Asked),
    Report(Report),
    Change(links::Change),
    Session(Message),
    /// Somebody wants metrics.
    Question(oneshot::Sender<String>),
}

impl<'a> Process<'a> {
    fn new(options: &'a Options, config: Failover, log: Rc<Logger>, ends: Ends) -> io::Result<Self> {
        let signals = Signals::new()?;
        log.info("Initializing ipvs");
        let table = Table::open(&config.global.lvs, &log);
        if !table.is_there() {
            log.info("Checks go on without the kernel: nothing is balanced, scripts and notifications still run");
        }
        let (reported, reports) = mpsc::unbounded_channel();
        Ok(Self {
            options,
            director: Director::new(&config),
            table,
            notifier: Notifier::default(),
            tasks: Tasks::new(reported, Rc::clone(&log)),
            reports,
            signals,
            questions: Questions::new(ends.questions)?,
            sessions: ends.sessions.map(Line::new).transpose()?,
            states: BTreeMap::new(),
            addresses: BTreeMap::new(),
            changes: None,
            config,
            log,
        })
    }

    async fn start(&mut self) -> io::Result<()> {
        self.notifier.configure(&pipes(&self.config, self.options), &self.log);
        self.watch_addresses().await?;
        if let Some(timeouts) = self.table.timeouts() {
            self.handle(Input::Timeouts(timeouts));
        }
        self.begin_tasks();
        self.handle(Input::Start);
        self.log.info("Activating BFD healthchecker");
        if let Some(sessions) = &self.sessions {
            sessions.say(&Message::TellAll);
        }
        Ok(())
    }

    /// Begins to listen for addresses, once somebody wants to know.
    async fn watch_addresses(&mut self) -> io::Result<()> {
        if self.changes.is_some() || !self.config.virtual_servers.iter().any(|server| server.ha_suspend) {
            return Ok(());
        }
        let lvs = &self.config.global.lvs;
        let (first, changes, _) = links::watch(lvs.netlink_requests, lvs.netlink_changes).await?;
        self.changes = Some(changes);
        self.addresses = first.into_iter().map(|link| (link.name, link.addresses)).collect();
        self.tell_addresses();
        Ok(())
    }

    fn tell_addresses(&mut self) {
        let all: BTreeSet<IpAddr> = self.addresses.values().flatten().copied().collect();
        self.handle(Input::Addresses(&all));
    }

    /// Tasks for the servers that the director knows now.
    fn begin_tasks(&mut self) {
        let trust = Trust::new(self.config.global.lvs.tls.as_ref());
        if let Err(error) = &trust {
            self.log.info(&format!("SSL: {error} - SSL_GET checks fail until that is mended"));
        }
        self.tasks.configure(&self.director, trust.ok());
    }

    async fn serve(&mut self) {
        loop {
            let event = tokio::select! {
                biased;
                asked = self.signals.next() => Event::Asked(asked),
                Some(report) = self.reports.recv() => Event::Report(report),
                Some(change) = changed(self.changes.as_mut()) => Event::Change(change),
                question = self.questions.next() => Event::Question(question),
                message = news::hear(self.sessions.as_ref()) => Event::Session(message),
            };
            match event {
                Event::Asked(Asked::Stop) => return,
                Event::Asked(Asked::Reload) => self.reload().await,
                Event::Asked(Asked::Data) => self.dump(),
                // The counters are the routers'.
                Event::Asked(Asked::Stats | Asked::Json | Asked::Clear) | Event::Session(Message::TellAll) => {}
                Event::Report(report) => self.report(report),
                Event::Change(change) => self.change(change),
                // Whoever asked may have gone.
                Event::Question(question) => _ = question.send(show::metrics(&self.director)),
                Event::Session(Message::State { name, up }) => self.session(&name, up),
            }
        }
    }

    /// Hands an event to the director and does what it says.
    fn handle(&mut self, input: Input<'_>) {
        for output in self.director.handle(input) {
            self.obey(output);
        }
    }

    fn obey(&mut self, output: Output) {
        match output {
            Output::Kernel(change) => self.table.apply(&change, &self.log),
            Output::Log(line) if line.detail => self.log.detail(&line.text),
            Output::Log(line) => self.log.info(&line.text),
            // Nobody waits for it; the runtime collects it when it ends.
            Output::Run(command) => drop(self.run(&command)),
            Output::Fifo(line) => self.notifier.write(&line),
            Output::Mail { subject, body } => mail::send(&subject, &body, &self.config.global.mail, &self.log),
            Output::Checks { virtual_server, run } => self.tasks.gate(virtual_server, run),
        }
    }

    fn run(&self, command: &Command) -> Option<Child> {
        checks::start(command)
            .inspect_err(|error| {
                self.log.info(&format!("Could not run notify script {}: {error}", command.path.display()));
            })
            .ok()
    }

    fn report(&mut self, report: Report) {
        let Some(id) = self.tasks.id(report.key) else { return };
        match report.news {
            News::Log(line) => self.log.info(&line),
            News::Verdict { up, says } => self.handle(Input::Checker { id, up, says: &says }),
            News::Weight(None) => self.handle(Input::Weight { id, difference: 0 }),
            News::Weight(Some(weight)) => self.handle(Input::DynamicWeight { id, weight }),
            News::Difference(difference) => self.handle(Input::Weight { id, difference }),
        }
    }

    fn change(&mut self, change: links::Change) {
        match change {
            links::Change::Link(link) => _ = self.addresses.insert(link.name, link.addresses),
            links::Change::Gone(name) => _ = self.addresses.remove(&name),
            _ => return,
        }
        self.tell_addresses();
    }

    /// A session turned, or is heard of for the first time.
    fn session(&mut self, name: &str, up: bool) {
        if self.states.insert(name.to_owned(), up) == Some(up) {
            return;
        }
        let state = if up { "Up" } else { "Down" };
        self.log.detail(&format!("Received BFD event: instance {name} is in state {state}"));
        self.judge_session(name, up);
    }

    /// Tells the checkers of a session, of which some may be new.
    fn judge_session(&mut self, name: &str, up: bool) {
        let mut verdicts: Vec<(CheckerId, String)> = Vec::new();
        for checker in self.tasks.of_session(name) {
            if checker.session.replace(up) == Some(up) {
                continue;
            }
            let failure = Failure::Silent;
            let line = if up { checker.subject.up() } else { checker.subject.down(&failure, true, 0) };
            line.into_iter().for_each(|line| self.log.info(&line));
            verdicts.push((checker.id, checker.subject.mail((!up).then_some(&failure))));
        }
        for (id, says) in verdicts {
            // Who began as down and is so is told nothing by mail.
            let says = if self.is_up(id) == Some(up) { "" } else { &says };
            self.handle(Input::Checker { id, up, says });
        }
    }

    fn is_up(&self, id: CheckerId) -> Option<bool> {
        let server = self.director.services().get(id.virtual_server)?.servers.get(id.real_server)?;
        server.checkers.get(id.checker).map(|check| check.up)
    }

    async fn reload(&mut self) {
        self.log.info("Reloading");
        let checked = keepalived::load(&Machine, &self.options.file, &self.options.config_id());
        // The parent has made it, and waits for nobody.
        if let Some(path) = supervisor::reload_file(&self.config.global) {
            let _ = std::fs::remove_file(path);
        }
        for line in checked.report.log_lines(&checked.sources, Pass::Check) {
            self.log.info(&line);
        }
        if checked.report.refused() || checked.report.unread() {
            self.log.info("The new configuration cannot run; the old one goes on");
            return;
        }
        self.log.info("Reinitializing ipvs");
        self.config = checked.config;
        self.notifier.configure(&pipes(&self.config, self.options), &self.log);
        if let Err(error) = self.watch_addresses().await {
            self.log.info(&format!("Unable to watch addresses: {error}"));
        }
        // The director opens gates of tasks, which must be there: what it says is done when they are.
        let outputs = self.director.handle(Input::Reload(Box::new(self.config.clone())));
        self.begin_tasks();
        outputs.into_iter().for_each(|output| self.obey(output));
        let known: Vec<(String, bool)> = self.states.clone().into_iter().collect();
        known.iter().for_each(|(name, up)| self.judge_session(name, *up));
    }

    fn dump(&mut self) {
        self.log.info(&format!("Printing checker data for process({}) on signal", nix::unistd::getpid()));
        let path = dump::path("keepalived_check", &self.config.global);
        let version = self.table.version();
        let text = dump::checkers(&self.director, version, &|id| self.tasks.progress(id));
        if let Err(error) = dump::write(&path, &text) {
            self.log.info(&format!("Can't open {}: {error}", path.display()));
        }
    }

    async fn stop(&mut self) {
        let mut running = Vec::new();
        let keep = self.options.keep_ipvs_on_stop;
        for output in self.director.handle(Input::Stop) {
            match output {
                Output::Kernel(_) if keep => {}
                Output::Run(command) => running.extend(self.run(&command)),
                output => self.obey(output),
            }
        }
        // They would end with us. Half of the time that we have is for them.
        let limit = self.config.global.child_wait / 2;
        let all = running.iter_mut().map(Child::wait);
        let _ = tokio::time::timeout(limit, futures_util::future::join_all(all)).await;
        self.log.info("Stopped");
    }
}

async fn changed(changes: Option<&mut UnboundedReceiver<links::Change>>) -> Option<links::Change> {
    match changes {
        Some(changes) => changes.recv().await,
        None => std::future::pending().await,
    }
}

/// The pipes for lines about services and servers. The reader of a pipe that the VRRP process has, too, is started there.
fn pipes(config: &Failover, options: &Options) -> Vec<crate::ir::failover::global::Fifo> {
    let lvs = &config.global.lvs;
    let shared = lvs.shared_fifo.clone().map(|mut fifo| {
        if supervisor::needs_vrrp(config, options) {
            fifo.script = None;
        }
        fifo
    });
    shared.into_iter().chain(lvs.fifo.clone()).collect()
}

/// What the file asks of the scheduler. Not to get it is worth a line, not the service.
fn prioritise(global: &Global, log: &Logger) {
    let tell = |what: &str, result: io::Result<()>| {
        if let Err(error) = result {
            log.info(&format!("Unable to set {what}: {error}"));
        }
    };
    let lvs: &Lvs = &global.lvs;
    let named = global.process_names.then_some("keepalived_ipvs");
    if let Some(name) = lvs.process_name.as_deref().or(named) {
        priority::set_name(name);
    }
    if !lvs.processors.is_empty() {
        tell("processors", priority::set_processors(&lvs.processors));
    }
    if let Some(limit) = lvs.realtime_limit.filter(|_| lvs.realtime_priority.is_some()) {
        tell("realtime limit", priority::limit_realtime(limit));
    }
    if let Some(nice) = lvs.process_priority {
        tell("process priority", priority::set_nice(nice));
    }
    if let Some(realtime) = lvs.realtime_priority {
        tell("realtime priority", priority::set_realtime(realtime));
    }
    if lvs.no_swap {
        tell("memory lock", priority::lock_memory());
    }
}
