//! BFD sessions at work: one task that owns their sockets and timers, and tells the routers of every turn.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read as _},
    net::SocketAddr,
    path::PathBuf,
    rc::Rc,
    time::Duration,
};

use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::{Instant, sleep_until},
};

use super::{
    checkers::news::{self, Line, Message},
    dump,
    log::Logger,
    watch::Sight,
};
use crate::{
    bfd::{
        Control, Input, MULTIHOP_PORT, Output, PORT, Session, Time, Timer,
        packet::{LENGTH, State},
        show,
    },
    ir::failover::{Bfd, Family},
    net::bfd::{Receiver, Sender},
};

/// What the task is asked.
#[derive(Debug)]
pub enum Order {
    /// These sessions from now on. Those that stay the same to their neighbour keep their state.
    Sessions(Vec<Bfd>),
    Dump(PathBuf),
}

/// Begins the task; it has no sockets while it has no sessions. `checkers`: who else hears of turns.
#[must_use]
pub fn begin(log: Rc<Logger>, sights: UnboundedSender<Sight>, checkers: Option<Line>) -> UnboundedSender<Order> {
    let (orders, taken) = unbounded_channel();
    tokio::task::spawn_local(async move {
        let sessions = Sessions {
            began: Instant::now(),
            live: BTreeMap::new(),
            receivers: [const { None }; 4],
            chance: File::open("/dev/urandom").ok(),
            log,
            sights,
            checkers,
        };
        sessions.serve(taken).await;
    });
    orders
}

/// What is listened for: a family, and whether at the port for several hops.
const EARS: [(Family, bool); 4] = [(Family::V4, false), (Family::V6, false), (Family::V4, true), (Family::V6, true)];

struct Sessions {
    began: Instant,
    live: BTreeMap<String, Live>,
    /// By [`EARS`].
    receivers: [Option<Receiver>; 4],
    chance: Option<File>,
    log: Rc<Logger>,
    sights: UnboundedSender<Sight>,
    checkers: Option<Line>,
}

struct Live {
    session: Session,
    /// Opened again when the address that it is bound to comes back.
    sender: Option<Sender>,
    timers: BTreeMap<Timer, Time>,
    /// The last thing that went wrong with sending; each is said once.
    trouble: Option<String>,
}

impl Sessions {
    async fn serve(mut self, mut orders: UnboundedReceiver<Order>) {
        let mut buffers = [[0; 512]; 4];
        loop {
            let next = self.live.values().flat_map(|live| live.timers.values()).min().map(|at| self.began + *at);
            let [a, b, c, d] = &self.receivers;
            let [one, two, three, four] = &mut buffers;
            tokio::select! {
                order = orders.recv() => match order {
                    Some(Order::Sessions(configs)) => self.configure(configs),
                    Some(Order::Dump(path)) => self.dump(&path),
                    None => return,
                },
                Ok((length, from, ttl)) = receive(a.as_ref(), one) => self.hear(&one[..length], from, ttl, EARS[0].1),
                Ok((length, from, ttl)) = receive(b.as_ref(), two) => self.hear(&two[..length], from, ttl, EARS[1].1),
                Ok((length, from, ttl)) = receive(c.as_ref(), three) => self.hear(&three[..length], from, ttl, EARS[2].1),
                Ok((length, from, ttl)) = receive(d.as_ref(), four) => self.hear(&four[..length], from, ttl, EARS[3].1),
                () = sleep_until(next.unwrap_or(self.began)), if next.is_some() => self.time(),
                Message::TellAll = news::hear(self.checkers.as_ref()) => self.tell_all(),
            }
        }
    }

    /// The checkers' process has come, or come back.
    fn tell_all(&self) {
        for live in self.live.values().filter(|live| live.session.config.checker) {
            self.tell(&live.session.config.name, live.session.state == State::Up);
        }
    }

    fn tell(&self, name: &str, up: bool) {
        if let Some(checkers) = &self.checkers {
            checkers.say(&Message::State { name: name.to_owned(), up });
        }
    }

    fn now(&self) -> Time {
        Instant::now().duration_since(self.began)
    }

    fn chance(&mut self) -> u32 {
        let mut bytes = [0; 4];
        if let Some(file) = &mut self.chance {
            let _ = file.read_exact(&mut bytes);
        }
        u32::from_ne_bytes(bytes)
    }

    fn configure(&mut self, configs: Vec<Bfd>) {
        let same = |old: &Bfd, new: &Bfd| {
            let key =
                |session: &Bfd| (session.neighbour, session.source, session.passive, session.ttl, session.multihop);
            key(old) == key(new)
        };
        self.live.retain(|name, live| {
            configs.iter().any(|config| config.name == *name && same(&live.session.config, config))
        });
        for ((family, multihop), receiver) in EARS.into_iter().zip(&mut self.receivers) {
            let is_heard = |config: &Bfd| (Family::of(config.neighbour), config.multihop) == (family, multihop);
            let wanted = configs.iter().any(is_heard);
            *receiver = match receiver.take() {
                Some(receiver) if wanted => Some(receiver),
                None if wanted => Receiver::open(family, port(multihop))
                    .inspect_err(|error| self.log.info(&format!("BFD cannot listen: {error}")))
                    .ok(),
                _ => None,
            };
        }
        for config in configs {
            let name = config.name.clone();
            if let Some(live) = self.live.get_mut(&name) {
                live.session.reconfigure(config);
                continue;
            }
            let session = Session::new(config, self.chance());
            self.live.insert(name.clone(), Live { session, sender: None, timers: BTreeMap::new(), trouble: None });
            self.feed(&name, Input::Start);
        }
        self.tell_all();
    }

    fn dump(&self, path: &std::path::Path) {
        let text = show::data(self.live.values().map(|live| &live.session), self.now());
        if let Err(error) = dump::write(path, &text) {
            self.log.info(&format!("Can't open {}: {error}", path.display()));
        }
    }

    fn time(&mut self) {
        let now = self.now();
        let due: Vec<(String, Timer)> = (self.live.iter_mut())
            .flat_map(|(name, live)| {
                let ran_out: Vec<Timer> =
                    live.timers.iter().filter(|(_, at)| **at <= now).map(|(timer, _)| *timer).collect();
                ran_out.iter().for_each(|timer| _ = live.timers.remove(timer));
                ran_out.into_iter().map(|timer| (name.clone(), timer)).collect::<Vec<_>>()
            })
            .collect();
        for (name, timer) in due {
            self.feed(&name, Input::Timer(timer));
        }
    }

    /// Finds the session that a packet is for (RFC 5880 section 6.8.6).
    fn hear(&mut self, bytes: &[u8], from: SocketAddr, ttl: u8, multihop: bool) {
        let (ip, port) = (from.ip(), from.port());
        let packet = match Control::decode(bytes) {
            Ok(packet) => packet,
            Err(why) => {
                self.log.detail(&format!("Discarding packet from [{ip}]:{port} ({why})"));
                return;
            }
        };
        let is_for = |live: &&Live| {
            let named = packet.yours != 0 && packet.yours == live.session.mine;
            let config = &live.session.config;
            config.multihop == multihop && (named || (packet.yours == 0 && config.neighbour == ip))
        };
        let Some(live) = self.live.values().find(is_for) else {
            let yours = packet.yours;
            self.log.detail(&format!(
                "Discarding packet from [{ip}]:{port} (session is not found - your discriminator field is {yours:#010x})"
            ));
            return;
        };
        let name = live.session.config.name.clone();
        if !live.session.accepts_ttl(ttl) {
            self.log.detail(&format!("({name}) Discarding packet from [{ip}]:{port} (TTL {ttl})"));
            return;
        }
        self.feed(&name, Input::Packet(packet));
    }

    fn feed(&mut self, name: &str, input: Input) {
        let (now, chance) = (self.now(), self.chance());
        let Some(live) = self.live.get_mut(name) else { return };
        for output in live.session.handle(now, input, chance) {
            match output {
                Output::Send(packet) => live.send(&packet.encode(), chance, &self.log),
                Output::Arm(timer, at) => _ = live.timers.insert(timer, at),
                Output::Cancel(timer) => _ = live.timers.remove(&timer),
                Output::Turned { up } => {
                    let state = if up { State::Up } else { State::Down };
                    self.log.detail(&format!("Received BFD event: instance {name} is in state {}", state.name()));
                    if live.session.config.vrrp {
                        let _ = self.sights.send(Sight::Bfd { name: name.to_owned(), up });
                    }
                    let checkers = self.checkers.as_ref().filter(|_| live.session.config.checker);
                    if let Some(checkers) = checkers {
                        checkers.say(&Message::State { name: name.to_owned(), up });
                    }
                }
                Output::Info(line) => self.log.info(&line),
                Output::Detail(line) => self.log.detail(&line),
            }
        }
    }
}

impl Live {
    fn send(&mut self, packet: &[u8; LENGTH], chance: u32, log: &Logger) {
        let config = &self.session.config;
        let result = match &self.sender {
            Some(sender) => sender.send(packet),
            None => Sender::open(
                SocketAddr::new(config.neighbour, port(config.multihop)),
                config.source,
                config.ttl,
                chance,
            )
            .and_then(|sender| {
                let result = sender.send(packet);
                self.sender = Some(sender);
                result
            }),
        };
        let trouble = result.err().map(|error| error.to_string());
        if let Some(error) = trouble.as_ref().filter(|_| trouble != self.trouble) {
            log.info(&format!("({}) Unable to send a packet to {}: {error}", config.name, config.neighbour));
        }
        self.trouble = trouble;
    }
}

fn port(multihop: bool) -> u16 {
    if multihop { MULTIHOP_PORT } else { PORT }
}

async fn receive(receiver: Option<&Receiver>, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr, u8)> {
    let Some(receiver) = receiver else { return std::future::pending().await };
    loop {
        match receiver.receive(buffer).await {
            // An answer from the network to a packet of ours; the sessions notice silence by themselves.
            Err(_) => tokio::time::sleep(Duration::from_millis(1)).await,
            received => return received,
        }
    }
}
