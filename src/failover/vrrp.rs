//! The VRRP process: one runtime, one loop, which hands events to the routers and does what they say.

pub(super) mod asked;
mod firewall;
mod holds;
mod priorities;
mod shown;
mod statics;
mod sync;
mod tasks;
mod timers;
mod vmacs;

use std::{collections::BTreeMap, io, path::Path, rc::Rc, time::Duration};

use rtnetlink::Handle;
use tokio::{
    sync::{
        mpsc::{self, Receiver, UnboundedReceiver},
        oneshot,
    },
    task::LocalSet,
    time::{Instant, sleep_until},
};

use self::{
    asked::{Asked, Signals},
    firewall::Firewall,
    holds::Holds,
    tasks::{Reports, Tasks},
    timers::Timers,
    vmacs::Made,
};
use super::{
    argv::Options,
    checkers::kernel::Table,
    checkers::news::Line,
    checks, dump,
    log::Logger,
    machine::Machine,
    mail,
    metrics::Questions,
    notify::Notifier,
    sockets::{Arrival, Sockets},
    supervisor::{self, EXIT_CONFIG, EXIT_FATAL, Ends},
    switches::Switches,
    watch,
};
use crate::{
    ir::failover::Failover,
    keepalived::{self, Checked, report::Pass},
    net::{addresses, links, routing},
    process::{clock, pidfile},
    vrrp::{Input, Output, Router, Time, input::Link, output::Level, show::Runs},
};

/// Datagrams that may wait to be judged.
const QUEUE: usize = 256;

/// Runs the VRRP process to its end; the result is its exit status.
#[must_use]
pub fn run(options: &Options, checked: &Checked, pid_file: &Path, ends: Ends) -> i32 {
    let log = Rc::new(Logger::new("Keepalived_vrrp", options));
    for line in checked.report.log_lines(&checked.sources, Pass::Vrrp) {
        log.info(&line);
    }
    if checked.report.refused() {
        return EXIT_CONFIG;
    }
    if let Err(error) = pidfile::write(pid_file, nix::unistd::getpid().as_raw()) {
        log.info(&format!("Unable to write pid file {}: {error}", pid_file.display()));
    }
    priorities::prioritise(&checked.config, &log);
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            log.info(&format!("Unable to start: {error}"));
            return EXIT_FATAL;
        }
    };
    let local = LocalSet::new();
    let result = local.block_on(&runtime, async {
        let mut process = Process::start(options, checked.config.clone(), Rc::clone(&log), ends).await?;
        process.serve().await
    });
    match result {
        Ok(()) => 0,
        Err(error) => {
            log.info(&format!("VRRP process failed: {error}"));
            EXIT_FATAL
        }
    }
}

/// Everything that can happen.
enum Event {
    Asked(Asked),
    Arrival(Arrival),
    Change(links::Change),
    /// A change has been held back for long enough.
    Release,
    Script(checks::Result),
    /// Somebody wants metrics.
    Question(oneshot::Sender<String>),
    Sight(watch::Sight),
    Timer,
}

struct Process<'a> {
    options: &'a Options,
    log: Rc<Logger>,
    router: Router,
    /// What the routers' time counts from.
    began: Instant,
    timers: Timers,
    links: BTreeMap<String, Link>,
    netlink: Handle,
    sockets: Sockets,
    notifier: Notifier,
    switches: Switches,
    made: Made,
    /// The realtime priority that we have.
    realtime: u32,
    holds: Holds,
    firewall: Firewall,
    /// What is static and could not be put back.
    lost: Vec<statics::Static>,
    tasks: Tasks,
    reports: Reports,
    /// What the scripts did, for metrics.
    runs: BTreeMap<String, Runs>,
    /// The kernel's IPVS, once something is to be told to it.
    ipvs: Option<Table>,
    questions: Questions,
    signals: Signals,
    changes: UnboundedReceiver<links::Change>,
    arrivals: Receiver<Arrival>,
}

impl<'a> Process<'a> {
    async fn start(options: &'a Options, config: Failover, log: Rc<Logger>, ends: Ends) -> io::Result<Self> {
        let Ends { questions, sessions: checkers } = ends;
        let questions = Questions::new(questions)?;
        let signals = Signals::new()?;
        log.detail("Registering Kernel netlink reflector");
        log.detail("Registering Kernel netlink command channel");
        let global = &config.global;
        let (first, changes, netlink) = links::watch(global.netlink_requests, global.netlink_changes).await?;
        let (tasks, reports) = Tasks::new(options.timing, checkers.map(Line::new).transpose()?);
        let (arrived, arrivals) = mpsc::channel(QUEUE);
        let mut process = Self {
            options,
            router: Router::new(config.clone(), options.timing),
            began: Instant::now(),
            timers: Timers::default(),
            links: BTreeMap::new(),
            netlink,
            sockets: Sockets::new(arrived),
            notifier: Notifier::default(),
            switches: Switches::default(),
            made: Made::new(),
            realtime: config.global.realtime_priority.unwrap_or(0),
            holds: Holds::new(),
            firewall: Firewall::default(),
            lost: Vec::new(),
            tasks,
            reports,
            runs: BTreeMap::new(),
            ipvs: None,
            questions,
            signals,
            changes,
            arrivals,
            log,
        };
        for link in first {
            process.links.insert(link.name.clone(), link.clone());
            process.handle(Input::Link(link)).await;
        }
        if let Some(script) = &config.global.startup_script {
            process.run_and_wait(script).await;
        }
        process.announce_firewall(&config);
        process.make_vmacs(&config).await;
        process.quieten(&config);
        process.add_static(&config, &Failover::default()).await;
        let after_boot = config.global.delay_after_boot.saturating_sub(clock::since_boot());
        tokio::time::sleep(config.global.startup_delay.max(after_boot)).await;
        process.sockets.configure(&config, &process.links, &process.log);
        process.notifier.configure(&config.global.fifos, &process.log);
        process.promote_secondaries(&config);
        if options.dump_configuration {
            let text = process.with_epoch(|epoch| dump::data(&process.router, epoch));
            text.lines().for_each(|line| process.log.info(line));
        }
        process.handle(Input::Start).await;
        process.tasks.configure(&config, &process.log);
        Ok(process)
    }

    async fn serve(&mut self) -> io::Result<()> {
        loop {
            let timer = self.timers.next();
            let release = self.holds.values().map(|(at, _)| *at).min();
            let event = tokio::select! {
                biased;
                asked = self.signals.next() => Event::Asked(asked),
                () = sleep_until(timer.unwrap_or_else(far)), if timer.is_some() => Event::Timer,
                () = sleep_until(release.unwrap_or_else(far)), if release.is_some() => Event::Release,
                Some(arrival) = self.arrivals.recv() => Event::Arrival(arrival),
                Some(change) = self.changes.recv() => Event::Change(change),
                Some(result) = self.reports.results.recv() => Event::Script(result),
                question = self.questions.next() => Event::Question(question),
                Some(sight) = self.reports.sights.recv() => Event::Sight(sight),
            };
            match event {
                Event::Asked(Asked::Stop) => return self.stop().await,
                Event::Asked(asked) => self.asked(asked).await,
                Event::Timer => {
                    self.hurry(timer);
                    self.timer().await;
                }
                Event::Arrival(arrival) => self.arrival(&arrival).await,
                Event::Change(change) => {
                    if let Some(change) = self.hold(change) {
                        self.change(change).await;
                    }
                }
                Event::Release => self.release().await,
                Event::Question(question) => self.tell_metrics(question),
                Event::Script(result) => {
                    self.runs.entry(result.script.clone()).or_default().add(&result.outcome, result.took.as_secs_f64());
                    self.handle(Input::Script { name: &result.script, outcome: result.outcome }).await;
                }
                Event::Sight(watch::Sight::Process { name, up }) => {
                    self.handle(Input::Process { name: &name, up }).await;
                }
                Event::Sight(watch::Sight::File { name, value }) => {
                    self.handle(Input::File { name: &name, value }).await;
                }
                Event::Sight(watch::Sight::Bfd { name, up }) => self.handle(Input::Bfd { name: &name, up }).await,
            }
        }
    }

    fn now(&self) -> Time {
        Instant::now().duration_since(self.began)
    }

    /// Hands an event to the routers and does what they say.
    async fn handle(&mut self, input: Input<'_>) {
        let now = self.now();
        if self.router.signs() {
            self.router.set_epoch(clock::since_1970().saturating_sub(now));
        }
        let outputs = self.router.handle(now, input);
        self.close();
        for output in outputs {
            self.obey(output).await;
        }
        self.open();
    }

    async fn obey(&mut self, output: Output) {
        match output {
            Output::Log(line) => match line.level {
                Level::Info => self.log.info(&line.text),
                Level::Detail => self.log.detail(&line.text),
            },
            Output::Arm { timer, at } => {
                self.timers.arm(timer, self.began + at);
            }
            Output::Cancel(timer) => {
                self.timers.cancel(&timer);
            }
            Output::Send(packet) => {
                if let Err(error) = self.sockets.send(&packet) {
                    self.log.detail(&format!("Unable to send an advert on {}: {error}", packet.interface));
                }
            }
            Output::AddAddress { interface, address } => {
                let Some(link) = self.links.get(&interface) else { return };
                if let Err(error) = addresses::add(&self.netlink, link.index, &address).await {
                    self.log.info(&format!("Unable to add {} to {interface}: {error}", address.written));
                }
            }
            Output::DeleteAddress { interface, address } => {
                let Some(link) = self.links.get(&interface) else { return };
                if let Err(error) = addresses::delete(&self.netlink, link.index, &address).await {
                    self.log.info(&format!("Unable to remove {} from {interface}: {error}", address.written));
                }
            }
            Output::AddRouting(entry) => {
                if let Err(error) = routing::add(&self.netlink, &self.links, &entry).await {
                    self.log.info(&format!("Unable to add {entry}: {error}"));
                }
            }
            Output::DeleteRouting(entry) => {
                if let Err(error) = routing::delete(&self.netlink, &self.links, &entry).await {
                    self.log.info(&format!("Unable to remove {entry}: {error}"));
                }
            }
            Output::Announce(announce) => {
                if let Some(link) = self.links.get(&announce.interface) {
                    self.sockets.announce(&announce, link, &self.log);
                }
            }
            Output::StartSync(daemon) => self.start_sync(&daemon),
            Output::StopSync(daemon) => self.stop_sync(&daemon),
            Output::Notify(notification) => {
                self.notifier.tell(&notification, &self.log);
                mail::tell(&notification, &self.router.config().global, &self.log);
            }
        }
    }

    async fn timer(&mut self) {
        while let Some(timer) = self.timers.due(Instant::now()) {
            self.handle(Input::Timer(timer)).await;
        }
    }

    async fn arrival(&mut self, arrival: &Arrival) {
        // What we sent ourselves comes back where a peer list names us.
        if self.links.values().any(|link| link.addresses.contains(&arrival.source)) {
            return;
        }
        self.handle(Input::Packet { interface: &arrival.interface, datagram: arrival.datagram() }).await;
    }

    async fn change(&mut self, change: links::Change) {
        match change {
            links::Change::Link(link) => {
                let new = self.links.get(&link.name).is_none_or(|known| known.index != link.index);
                self.monitor(&link);
                self.links.insert(link.name.clone(), link.clone());
                if new {
                    let config = self.router.config().clone();
                    self.make_vmacs(&config).await;
                    self.sockets.configure(&config, &self.links, &self.log);
                }
                self.handle(Input::Link(link)).await;
                self.try_lost().await;
            }
            links::Change::Gone(name) => {
                self.links.remove(&name);
                let config = self.router.config().clone();
                self.sockets.configure(&config, &self.links, &self.log);
                self.handle(Input::LinkGone(&name)).await;
                self.lose_with(&name).await;
            }
            links::Change::RouteRemoved { table, to } => {
                if !routing::is_there(&self.netlink, table, to).await {
                    self.handle(Input::RouteLost { table, to }).await;
                    self.restore_static_route(table, to).await;
                }
            }
            links::Change::RuleRemoved { family, preference } => {
                if !routing::has_rule(&self.netlink, family, preference).await {
                    self.handle(Input::RuleLost { family, preference }).await;
                    self.restore_static_rule(family, preference).await;
                }
            }
            links::Change::Removed { interface, ip } => {
                let Some(index) = self.links.get(&interface).map(|link| link.index) else { return };
                // The message may be of a removal of ours that an addition has followed since.
                if !links::has_address(&self.netlink, index, ip).await {
                    self.handle(Input::AddressLost { interface: &interface, ip }).await;
                    self.restore_static_address(&interface, ip).await;
                }
            }
        }
    }

    /// `--address-monitoring`.
    fn monitor(&self, link: &Link) {
        if !self.options.monitor_addresses {
            return;
        }
        let before = self.links.get(&link.name).map(|known| known.addresses.clone()).unwrap_or_default();
        for ip in link.addresses.iter().filter(|ip| !before.contains(ip)) {
            self.log.info(&format!("Netlink reflector reports IP {ip} added to {}", link.name));
        }
        for ip in before.iter().filter(|ip| !link.addresses.contains(ip)) {
            self.log.info(&format!("Netlink reflector reports IP {ip} removed from {}", link.name));
        }
    }

    async fn reload(&mut self) {
        self.log.info("Reloading");
        let checked = keepalived::load(&Machine, &self.options.file, &self.options.config_id());
        // The parent has made it, and waits for nobody.
        if let Some(path) = supervisor::reload_file(&self.router.config().global) {
            let _ = std::fs::remove_file(path);
        }
        for line in checked.report.log_lines(&checked.sources, Pass::Vrrp) {
            self.log.info(&line);
        }
        if checked.report.refused() || checked.report.unread() {
            self.log.info("The new configuration cannot run; the old one goes on");
            return;
        }
        let config = checked.config;
        let old = self.router.config().clone();
        self.make_vmacs(&config).await;
        self.sockets.configure(&config, &self.links, &self.log);
        self.notifier.configure(&config.global.fifos, &self.log);
        self.lost.clear();
        self.add_static(&config, &old).await;
        self.handle(Input::Reload(Box::new(config.clone()))).await;
        if config.global.fifo_states_on_reload {
            for notification in self.router.states() {
                self.notifier.tell(&notification, &self.log);
            }
        }
        self.promote_secondaries(&config);
        self.quieten(&config);
        self.tasks.configure(&config, &self.log);
    }

    fn quieten(&mut self, config: &Failover) {
        if config.global.disable_local_igmp {
            self.switches.set("ipv4/igmp_link_local_mcast_reports", "0", &self.log);
        }
    }

    /// Sets the kernel's switch on the interfaces that ask for it.
    fn promote_secondaries(&mut self, config: &Failover) {
        for instance in config.instances.iter().filter(|instance| instance.promote_secondaries) {
            self.switches.set(&format!("ipv4/conf/{}/promote_secondaries", instance.interface), "1", &self.log);
        }
    }

    async fn stop(&mut self) -> io::Result<()> {
        if self.options.keep_vips_on_stop {
            self.log.info("Stopped");
            return Ok(());
        }
        self.handle(Input::Stop).await;
        let config = self.router.config().clone();
        self.add_static(&Failover::default(), &config).await;
        self.drop_firewall();
        self.remove_vmacs(self.made.keys().cloned().collect()).await;
        self.switches.restore();
        if let Some(script) = self.router.config().global.shutdown_script.clone() {
            self.run_and_wait(&script).await;
        }
        self.log.info("Stopped");
        Ok(())
    }

    async fn run_and_wait(&self, script: &crate::ir::failover::global::Timed) {
        let path = script.command.path.display();
        match checks::start(&script.command) {
            Ok(mut child) => {
                if tokio::time::timeout(script.timeout, child.wait()).await.is_err() {
                    self.log.info(&format!("Script {path} timed out"));
                    let _ = child.start_kill();
                }
            }
            Err(error) => self.log.info(&format!("Unable to start {path}: {error}")),
        }
    }
}

/// A time that never comes, for a timer that is not armed.
fn far() -> Instant {
    Instant::now() + Duration::from_secs(86_400)
}
