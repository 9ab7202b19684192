//! The VRRP process: one runtime, one loop, which hands events to the routers and does what they say.

use std::{collections::BTreeMap, io, path::Path, rc::Rc, time::Duration};

use rtnetlink::Handle;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::mpsc::{self, Receiver, UnboundedReceiver, UnboundedSender},
    task::{JoinHandle, LocalSet},
    time::{Instant, sleep_until},
};

use super::{
    argv::Options,
    checks, dump,
    log::Logger,
    machine::Machine,
    notify::Notifier,
    sockets::{Arrival, Sockets},
    supervisor::{EXIT_CONFIG, EXIT_FATAL},
    watch,
};
use crate::{
    ir::failover::Failover,
    keepalived::{self, Checked, report::Pass},
    net::{addresses, links},
    process::{
        local_time::LocalTime,
        pidfile,
        signals::{realtime_max, realtime_min},
    },
    vrrp::{
        Input, Output, Router, Time,
        input::Link,
        output::{Level, TimerId},
    },
};

/// Datagrams that may wait to be judged.
const QUEUE: usize = 256;

/// Runs the VRRP process to its end; the result is its exit status.
#[must_use]
pub fn run(options: &Options, checked: &Checked, pid_file: &Path) -> i32 {
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
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            log.info(&format!("Unable to start: {error}"));
            return EXIT_FATAL;
        }
    };
    let local = LocalSet::new();
    let result = local.block_on(&runtime, async {
        let mut process = Process::start(options, checked.config.clone(), Rc::clone(&log)).await?;
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

/// Signals that this process listens for.
struct Signals {
    stop: Signal,
    interrupt: Signal,
    reload: Signal,
    data: Signal,
    stats: Signal,
    json: Signal,
    clear: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            stop: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            reload: signal(SignalKind::hangup())?,
            data: signal(SignalKind::user_defined1())?,
            stats: signal(SignalKind::user_defined2())?,
            json: signal(SignalKind::from_raw(realtime_min() + 2))?,
            clear: signal(SignalKind::from_raw(realtime_max() - 1))?,
        })
    }

    async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.stop.recv() => Asked::Stop,
            _ = self.interrupt.recv() => Asked::Stop,
            _ = self.reload.recv() => Asked::Reload,
            _ = self.data.recv() => Asked::Data,
            _ = self.stats.recv() => Asked::Stats,
            _ = self.json.recv() => Asked::Json,
            _ = self.clear.recv() => Asked::Clear,
        }
    }
}

/// What a signal asks for.
enum Asked {
    Stop,
    Reload,
    Data,
    Stats,
    Json,
    Clear,
}

/// Everything that can happen.
enum Event {
    Asked(Asked),
    Arrival(Arrival),
    Change(links::Change),
    Script(checks::Result),
    Sight(watch::Sight),
    Timer,
}

/// Timers by id and by time.
#[derive(Default)]
struct Timers {
    at: BTreeMap<TimerId, Instant>,
}

impl Timers {
    fn next(&self) -> Option<Instant> {
        self.at.values().min().copied()
    }

    /// The earliest timer that has run out, taken out.
    fn due(&mut self, now: Instant) -> Option<TimerId> {
        let (id, _) = self.at.iter().filter(|(_, at)| **at <= now).min_by_key(|(_, at)| **at)?;
        let id = id.clone();
        self.at.remove(&id);
        Some(id)
    }
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
    /// Switches of the kernel that were changed, with what they were.
    switches: BTreeMap<String, String>,
    tasks: Vec<(Task, JoinHandle<()>)>,
    signals: Signals,
    changes: UnboundedReceiver<links::Change>,
    arrivals: Receiver<Arrival>,
    results: (UnboundedSender<checks::Result>, UnboundedReceiver<checks::Result>),
    sights: (UnboundedSender<watch::Sight>, UnboundedReceiver<watch::Sight>),
}

/// What a task works on: as long as it stays the same over a reload, the task goes on.
#[derive(Debug, Clone, PartialEq)]
enum Task {
    Script(crate::ir::failover::Script),
    Process(crate::ir::failover::TrackProcess),
    File(crate::ir::failover::TrackFile),
}

impl<'a> Process<'a> {
    async fn start(options: &'a Options, config: Failover, log: Rc<Logger>) -> io::Result<Self> {
        let signals = Signals::new()?;
        log.detail("Registering Kernel netlink reflector");
        log.detail("Registering Kernel netlink command channel");
        let (first, changes, netlink) = links::watch().await?;
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
            switches: BTreeMap::new(),
            tasks: Vec::new(),
            signals,
            changes,
            arrivals,
            results: mpsc::unbounded_channel(),
            sights: mpsc::unbounded_channel(),
            log,
        };
        for link in first {
            process.links.insert(link.name.clone(), link.clone());
            process.handle(Input::Link(link)).await;
        }
        if let Some(script) = &config.global.startup_script {
            process.run_and_wait(script).await;
        }
        process.add_static(&config, &Failover::default()).await;
        tokio::time::sleep(config.global.startup_delay).await;
        process.sockets.configure(&config, &process.links, &process.log);
        process.notifier.configure(&config.global.fifos, &process.log);
        process.promote_secondaries(&config);
        if options.dump_configuration {
            let text = process.with_epoch(|epoch| dump::data(&process.router, epoch));
            text.lines().for_each(|line| process.log.info(line));
        }
        process.handle(Input::Start).await;
        process.watch_everything(&config);
        Ok(process)
    }

    async fn serve(&mut self) -> io::Result<()> {
        loop {
            let timer = self.timers.next();
            let event = tokio::select! {
                biased;
                asked = self.signals.next() => Event::Asked(asked),
                () = sleep_until(timer.unwrap_or_else(far)), if timer.is_some() => Event::Timer,
                Some(arrival) = self.arrivals.recv() => Event::Arrival(arrival),
                Some(change) = self.changes.recv() => Event::Change(change),
                Some(result) = self.results.1.recv() => Event::Script(result),
                Some(sight) = self.sights.1.recv() => Event::Sight(sight),
            };
            match event {
                Event::Asked(Asked::Stop) => return self.stop().await,
                Event::Asked(asked) => self.asked(asked).await,
                Event::Timer => self.timer().await,
                Event::Arrival(arrival) => self.arrival(&arrival).await,
                Event::Change(change) => self.change(change).await,
                Event::Script(result) => {
                    self.handle(Input::Script { name: &result.script, outcome: result.outcome }).await;
                }
                Event::Sight(watch::Sight::Process { name, up }) => {
                    self.handle(Input::Process { name: &name, up }).await;
                }
                Event::Sight(watch::Sight::File { name, value }) => {
                    self.handle(Input::File { name: &name, value }).await;
                }
            }
        }
    }

    fn now(&self) -> Time {
        Instant::now().duration_since(self.began)
    }

    /// Hands an event to the routers and does what they say.
    async fn handle(&mut self, input: Input<'_>) {
        let outputs = self.router.handle(self.now(), input);
        for output in outputs {
            self.obey(output).await;
        }
    }

    async fn obey(&mut self, output: Output) {
        match output {
            Output::Log(line) => match line.level {
                Level::Info => self.log.info(&line.text),
                Level::Detail => self.log.detail(&line.text),
            },
            Output::Arm { timer, at } => {
                self.timers.at.insert(timer, self.began + at);
            }
            Output::Cancel(timer) => {
                self.timers.at.remove(&timer);
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
            Output::Announce(announce) => {
                if let Some(link) = self.links.get(&announce.interface) {
                    self.sockets.announce(&announce, link, &self.log);
                }
            }
            Output::Notify(notification) => self.notifier.tell(&notification, &self.log),
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
                    self.sockets.configure(&config, &self.links, &self.log);
                }
                self.handle(Input::Link(link)).await;
            }
            links::Change::Gone(name) => {
                self.links.remove(&name);
                let config = self.router.config().clone();
                self.sockets.configure(&config, &self.links, &self.log);
                self.handle(Input::LinkGone(&name)).await;
            }
            links::Change::Removed { interface, ip } => {
                let Some(index) = self.links.get(&interface).map(|link| link.index) else { return };
                // The message may be of a removal of ours that an addition has followed since.
                if !links::has_address(&self.netlink, index, ip).await {
                    self.handle(Input::AddressLost { interface: &interface, ip }).await;
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

    async fn asked(&mut self, asked: Asked) {
        let pid = nix::unistd::getpid();
        let global = &self.router.config().global;
        match asked {
            Asked::Reload => self.reload().await,
            Asked::Clear => {
                self.log.info(&format!("Clearing VRRP stats for process({pid}) on signal"));
                self.handle(Input::ClearStats).await;
            }
            Asked::Data => {
                self.log.info(&format!("Printing VRRP data for process({pid}) on signal"));
                let path = global.state_dump_file.clone().unwrap_or_else(|| "/tmp/keepalived.data".into());
                self.dump(&path, &self.with_epoch(|epoch| dump::data(&self.router, epoch)));
            }
            Asked::Stats => {
                self.log.info(&format!("Printing VRRP stats for process({pid}) on signal"));
                let path = global.stats_dump_file.clone().unwrap_or_else(|| "/tmp/keepalived.stats".into());
                self.dump(&path, &dump::stats(&self.router));
            }
            Asked::Json => {
                self.log.info(&format!("Printing VRRP as json for process({pid}) on signal"));
                let path = global.json_dump_file.clone().unwrap_or_else(|| "/tmp/keepalived.json".into());
                self.dump(&path, &self.with_epoch(|epoch| dump::json(&self.router, epoch)));
            }
            Asked::Stop => {}
        }
    }

    fn with_epoch(&self, show: impl FnOnce(&dump::Epoch<'_>) -> String) -> String {
        let now = LocalTime::now();
        let present = now.epoch as f64 + f64::from(now.microsecond) / 1e6;
        let write = |seconds: f64| {
            let since = Duration::try_from_secs_f64(seconds).unwrap_or_default();
            LocalTime::of(std::time::UNIX_EPOCH + since).ctime()
        };
        show(&dump::Epoch { zero: present - self.now().as_secs_f64(), write: &write })
    }

    fn dump(&self, path: &Path, text: &str) {
        if let Err(error) = dump::write(path, text) {
            self.log.info(&format!("Can't open {}: {error}", path.display()));
        }
    }

    async fn reload(&mut self) {
        self.log.info("Reloading");
        let checked = keepalived::load(&Machine, &self.options.file, &self.options.config_id());
        for line in checked.report.log_lines(&checked.sources, Pass::Vrrp) {
            self.log.info(&line);
        }
        if checked.report.refused() || checked.report.unread() {
            self.log.info("The new configuration cannot run; the old one goes on");
            return;
        }
        let config = checked.config;
        let old = self.router.config().clone();
        self.sockets.configure(&config, &self.links, &self.log);
        self.notifier.configure(&config.global.fifos, &self.log);
        self.add_static(&config, &old).await;
        self.handle(Input::Reload(Box::new(config.clone()))).await;
        if config.global.fifo_states_on_reload {
            for notification in self.router.states() {
                self.notifier.tell(&notification, &self.log);
            }
        }
        self.promote_secondaries(&config);
        self.watch_everything(&config);
    }

    /// Static addresses are added when they are new, and removed when the file no longer has them.
    async fn add_static(&mut self, new: &Failover, old: &Failover) {
        for address in old.static_addresses.iter().filter(|address| !new.static_addresses.contains(address)) {
            let interface = address.device.clone().unwrap_or_default();
            self.obey(Output::DeleteAddress { interface, address: address.clone() }).await;
        }
        for address in new.static_addresses.iter().filter(|address| !old.static_addresses.contains(address)) {
            let interface = address.device.clone().unwrap_or_default();
            self.obey(Output::AddAddress { interface, address: address.clone() }).await;
        }
    }

    /// One task for each script, process and file that something refers to; tasks whose work is the same go on.
    fn watch_everything(&mut self, config: &Failover) {
        let trackings = || {
            let instances = config.instances.iter().map(|item| &item.tracking);
            instances.chain(config.groups.iter().map(|item| &item.tracking))
        };
        let mut wanted = Vec::new();
        for script in &config.scripts {
            if trackings().any(|tracking| tracking.scripts.iter().any(|item| item.name == script.name)) {
                wanted.push(Task::Script(script.clone()));
            } else {
                self.log.info(&format!("Warning - script {} is not used", script.name));
            }
        }
        wanted.extend(config.processes.iter().cloned().map(Task::Process));
        wanted.extend(config.files.iter().cloned().map(Task::File));
        self.tasks.retain(|(task, handle)| {
            let keep = wanted.iter().any(|other| same_work(task, other));
            if !keep {
                handle.abort();
            }
            keep
        });
        for task in wanted {
            if !self.tasks.iter().any(|(known, _)| same_work(known, &task)) {
                let handle = self.begin(&task);
                self.tasks.push((task, handle));
            }
        }
    }

    fn begin(&self, task: &Task) -> JoinHandle<()> {
        match task.clone() {
            Task::Script(script) => {
                tokio::task::spawn_local(checks::run(script, self.options.timing, self.results.0.clone()))
            }
            Task::Process(tracker) => tokio::task::spawn_local(watch::processes(tracker, self.sights.0.clone())),
            Task::File(tracker) => {
                if let Err(error) = watch::initialise(&tracker) {
                    self.log.info(&format!("Unable to write {}: {error}", tracker.path.display()));
                }
                tokio::task::spawn_local(watch::file(tracker, self.sights.0.clone()))
            }
        }
    }

    /// Sets the kernel's switch on the interfaces that ask for it, and remembers what it was.
    fn promote_secondaries(&mut self, config: &Failover) {
        for instance in config.instances.iter().filter(|instance| instance.promote_secondaries) {
            let path = format!("/proc/sys/net/ipv4/conf/{}/promote_secondaries", instance.interface);
            if self.switches.contains_key(&path) {
                continue;
            }
            let before = std::fs::read_to_string(&path).unwrap_or_else(|_| "0".into());
            match std::fs::write(&path, "1") {
                Ok(()) => {
                    self.switches.insert(path, before);
                }
                Err(error) => self.log.info(&format!("Unable to write {path}: {error}")),
            }
        }
    }

    async fn stop(&mut self) -> io::Result<()> {
        if self.options.keep_vips_on_stop {
            self.log.info("Stopped");
            return Ok(());
        }
        self.handle(Input::Stop).await;
        for (path, before) in std::mem::take(&mut self.switches) {
            let _ = std::fs::write(path, before);
        }
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

/// Whether two tasks do the same, wherever they are written.
fn same_work(one: &Task, other: &Task) -> bool {
    let bare = |task: &Task| {
        let mut task = task.clone();
        let nowhere = crate::text::source::Span::default();
        match &mut task {
            Task::Script(script) => {
                (script.at, script.command.at) = (nowhere, nowhere);
                // These belong to the routers, not to the running.
                (script.weight, script.rise, script.fall) = Default::default();
            }
            Task::Process(process) => (process.at, process.weight) = (nowhere, Default::default()),
            Task::File(file) => (file.at, file.weight) = (nowhere, Default::default()),
        }
        task
    };
    bare(one) == bare(other)
}

/// A time that never comes, for a timer that is not armed.
fn far() -> Instant {
    Instant::now() + Duration::from_secs(86_400)
}
