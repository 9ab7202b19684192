//! One session: the state machine of RFC 5880 section 6.8, and its two timers.
//!
//! ```text
//!        neighbour Down            neighbour Init or Up
//!            ┌────────▶ Init ───────────────┐
//!          Down                             ▼
//!            └──────────────────────────▶  Up
//!                 neighbour Init
//!   any ──▶ Down: nothing heard for the detection time, or the neighbour says Down
//! ```
//!
//! A session that goes down takes a new number for itself, so that packets of its earlier life are not taken for news.

use std::time::Duration;

use super::{
    Time,
    packet::{Control, Diagnostic, State},
};
use crate::ir::failover::Bfd;

/// What happened.
#[derive(Debug, Clone, Copy)]
pub enum Input {
    Start,
    Packet(Control),
    Timer(Timer),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// The next packet is due.
    Transmit,
    /// The neighbour has been silent for the detection time.
    Detect,
}

/// What is to be done, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    Send(Control),
    Arm(Timer, Time),
    Cancel(Timer),
    /// The neighbour is there, or is not.
    Turned {
        up: bool,
    },
    Info(String),
    /// A line that only detailed logs have.
    Detail(String),
}

/// A session at work.
#[derive(Debug, Clone)]
pub struct Session {
    pub config: Bfd,
    pub state: State,
    pub diagnostic: Diagnostic,
    /// Our number for the session, never zero.
    pub mine: u32,
    pub polling: bool,
    /// The last packet of the neighbour in this life of the session.
    pub remote: Option<Control>,
    pub last_heard: Option<Time>,
    detection: Duration,
}

impl Session {
    /// `chance` becomes the session's number.
    #[must_use]
    pub fn new(config: Bfd, chance: u32) -> Self {
        Self {
            config,
            state: State::Down,
            diagnostic: Diagnostic::NONE,
            mine: chance.max(1),
            polling: false,
            remote: None,
            last_heard: None,
            detection: Duration::ZERO,
        }
    }

    /// What follows from one event. `chance` is any number, evenly spread.
    pub fn handle(&mut self, now: Time, input: Input, chance: u32) -> Vec<Output> {
        let mut out = Vec::new();
        match input {
            Input::Start => {
                out.push(Output::Turned { up: false });
                if !self.config.passive {
                    self.transmit_later(now, chance, &mut out);
                }
            }
            Input::Timer(Timer::Transmit) => {
                out.push(Output::Send(self.packet(false)));
                self.transmit_later(now, chance, &mut out);
            }
            Input::Timer(Timer::Detect) => {
                let waited = self.detection.as_millis();
                out.push(Output::Info(format!("({}) Expired after {waited} ms", self.config.name)));
                self.down(Diagnostic::EXPIRED, now, chance, &mut out);
            }
            Input::Packet(packet) => self.hear(now, &packet, chance, &mut out),
        }
        out
    }

    /// A packet for this session arrived.
    fn hear(&mut self, now: Time, packet: &Control, chance: u32, out: &mut Vec<Output>) {
        let interval = self.transmit_interval();
        let silent = self.remote.is_none() && self.config.passive;
        self.remote = Some(*packet);
        self.last_heard = Some(now);
        self.polling &= !packet.last;
        match (self.state, packet.state) {
            (State::Up | State::Init, State::AdminDown) | (State::Up, State::Down) => {
                self.down(Diagnostic::NEIGHBOUR, now, chance, out);
                return;
            }
            (State::Down, State::Down) => self.state = State::Init,
            (State::Down, State::Init) | (State::Init, State::Init | State::Up) => self.up(out),
            _ => {}
        }
        self.detect(now, out);
        if packet.poll {
            out.push(Output::Send(self.packet(true)));
        }
        if silent || self.transmit_interval() != interval {
            self.transmit_later(now, chance, out);
        }
    }

    fn up(&mut self, out: &mut Vec<Output>) {
        (self.state, self.diagnostic) = (State::Up, Diagnostic::NONE);
        // Our intervals change with the state, which the neighbour has to confirm (section 6.8.3).
        self.polling = true;
        let name = &self.config.name;
        out.push(Output::Info(format!("({name}) Entering Up state")));
        out.push(Output::Detail(format!("({name}) Starting poll sequence")));
        out.push(Output::Turned { up: true });
    }

    fn down(&mut self, diagnostic: Diagnostic, now: Time, chance: u32, out: &mut Vec<Output>) {
        let theirs = self.remote.map(|packet| packet.diagnostic).unwrap_or_default();
        let was_up = self.state == State::Up;
        (self.state, self.diagnostic, self.polling) = (State::Down, diagnostic, false);
        (self.remote, self.detection, self.mine) = (None, Duration::ZERO, chance.max(1));
        let name = &self.config.name;
        out.push(Output::Info(format!(
            "({name}) Entering Down state (Local diagnostic - {diagnostic}, Remote diagnostic - {theirs})"
        )));
        out.push(Output::Cancel(Timer::Detect));
        if was_up {
            out.push(Output::Turned { up: false });
        }
        if self.config.passive {
            out.push(Output::Cancel(Timer::Transmit));
        } else {
            self.transmit_later(now, chance, out);
        }
    }

    /// Sets the detection timer anew, and says so when the time that it takes has changed.
    fn detect(&mut self, now: Time, out: &mut Vec<Output>) {
        let time = self.detection_time();
        let before = std::mem::replace(&mut self.detection, time);
        if self.detection != before {
            self.describe(before, out);
        }
        if !self.detection.is_zero() {
            out.push(Output::Arm(Timer::Detect, now + self.detection));
        }
    }

    fn describe(&self, before: Duration, out: &mut Vec<Output>) {
        let Some(remote) = self.remote else { return };
        let row = |who: &str, tx: Duration, rx: Duration, interval: Duration, multiplier: u8, detection: Duration| {
            let [tx, rx, interval, detection] = [tx, rx, interval, detection].map(|time| time.as_micros());
            Output::Detail(format!("{who:>10} {tx:>9} {rx:>8} {interval:>8} {multiplier:>5} {detection:>12}"))
        };
        let their_interval = remote.desired_tx.max(self.config.min_rx);
        let their_detection = self.transmit_interval() * u32::from(self.config.multiplier);
        out.push(Output::Detail(format!("({}) ---------------< Session parameters >--------------", self.config.name)));
        out.push(Output::Detail("              min_tx  min_rx  tx_intv  mult  detect_time".into()));
        let (tx, rx) = (self.desired_tx(), self.config.min_rx);
        out.push(row("local", tx, rx, self.transmit_interval(), self.config.multiplier, self.detection));
        let (tx, rx) = (remote.desired_tx, remote.required_rx);
        out.push(row("remote", tx, rx, their_interval, remote.multiplier, their_detection));
        let (now, before) = (self.detection.as_micros(), before.as_micros());
        out.push(Output::Detail(format!("     Detection time is {now} us (was {before} us)")));
    }

    /// Silence after which the neighbour counts as gone (section 6.8.4); zero while nothing is known of it.
    #[must_use]
    pub fn detection_time(&self) -> Duration {
        self.remote
            .map_or(Duration::ZERO, |remote| self.config.min_rx.max(remote.desired_tx) * u32::from(remote.multiplier))
    }

    fn desired_tx(&self) -> Duration {
        if self.state == State::Up { self.config.min_tx } else { self.config.idle_tx }
    }

    /// Time between two packets of ours before chance shortens it (section 6.8.2).
    #[must_use]
    pub fn transmit_interval(&self) -> Duration {
        self.desired_tx().max(self.remote.map_or(Duration::ZERO, |remote| remote.required_rx))
    }

    /// Up to a quarter earlier than the interval says, so that sessions do not fall into step (section 6.8.7).
    fn transmit_later(&self, now: Time, chance: u32, out: &mut Vec<Output>) {
        // A neighbour that waits for one packet only must get it in time.
        let least = if self.config.multiplier == 1 { 10 } else { 0 };
        let percent = 100 - least.max(chance % 26);
        out.push(Output::Arm(Timer::Transmit, now + self.transmit_interval() * percent / 100));
    }

    fn packet(&self, last: bool) -> Control {
        Control {
            diagnostic: self.diagnostic,
            state: self.state,
            poll: self.polling && !last,
            last,
            multiplier: self.config.multiplier,
            mine: self.mine,
            yours: self.remote.map_or(0, |remote| remote.mine),
            desired_tx: self.desired_tx(),
            required_rx: self.config.min_rx,
        }
    }

    /// Takes over a new configuration of the same session; state and timers stay, and the neighbour is told of new intervals.
    pub fn reconfigure(&mut self, config: Bfd) {
        let changed = (config.min_rx, config.min_tx, config.multiplier)
            != (self.config.min_rx, self.config.min_tx, self.config.multiplier);
        self.polling |= changed && self.state == State::Up;
        self.config = config;
    }

    /// Whether a packet that came with this TTL travelled no further than allowed.
    #[must_use]
    pub fn accepts_ttl(&self, ttl: u8) -> bool {
        self.config.max_hops.is_none_or(|hops| u8::MAX - ttl <= hops)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(name: &str, milliseconds: u64, multiplier: u8) -> Session {
        let neighbour = "192.0.2.2".parse().expect("an address");
        let interval = Duration::from_millis(milliseconds);
        let config = Bfd { min_rx: interval, min_tx: interval, multiplier, ..Bfd::new(name, neighbour) };
        Session::new(config, 7)
    }

    /// Two sessions on a line that can be cut; time runs from event to event.
    struct Line {
        ends: [Session; 2],
        timers: [std::collections::BTreeMap<Timer, Time>; 2],
        cut: bool,
        turns: Vec<(usize, bool, Time)>,
    }

    impl Line {
        fn new(ends: [Session; 2]) -> Self {
            let mut line = Self { ends, timers: Default::default(), cut: false, turns: Vec::new() };
            for end in 0..2 {
                line.feed(end, Time::ZERO, Input::Start);
            }
            line
        }

        fn feed(&mut self, end: usize, now: Time, input: Input) {
            let chance = 1_000 + u32::try_from(now.as_micros()).expect("short") + u32::try_from(end).expect("small");
            for output in self.ends[end].handle(now, input, chance) {
                match output {
                    Output::Send(packet) if !self.cut => {
                        let read = Control::decode(&packet.encode()).expect("our own packet");
                        self.feed(1 - end, now, Input::Packet(read));
                    }
                    Output::Arm(timer, at) => _ = self.timers[end].insert(timer, at),
                    Output::Cancel(timer) => _ = self.timers[end].remove(&timer),
                    Output::Turned { up } => self.turns.push((end, up, now)),
                    Output::Send(_) | Output::Info(_) | Output::Detail(_) => {}
                }
            }
        }

        fn run(&mut self, until: Time) {
            loop {
                let all = (0..2).flat_map(|end| self.timers[end].iter().map(move |(timer, at)| (*at, end, *timer)));
                let Some((at, end, timer)) = all.min().filter(|(at, ..)| *at <= until) else { return };
                self.timers[end].remove(&timer);
                self.feed(end, at, Input::Timer(timer));
            }
        }
    }

    #[test]
    fn sessions_come_up_and_notice_a_cut_line_within_the_detection_time() {
        let mut line = Line::new([session("a", 100, 3), session("b", 200, 4)]);
        line.run(Duration::from_secs(5));
        assert!(line.ends.iter().all(|end| end.state == State::Up && !end.polling));
        assert_eq!(line.ends[0].detection_time(), Duration::from_millis(800));
        assert_eq!(line.ends[1].detection_time(), Duration::from_millis(600));
        line.cut = true;
        line.turns.clear();
        line.run(Duration::from_secs(6));
        let downs: Vec<(usize, bool)> = line.turns.iter().map(|(end, up, _)| (*end, *up)).collect();
        assert_eq!(downs, [(1, false), (0, false)]);
        assert!(line.turns.iter().all(|(.., at)| *at <= Duration::from_millis(5800)), "{:?}", line.turns);
        line.cut = false;
        line.run(Duration::from_secs(12));
        assert!(line.ends.iter().all(|end| end.state == State::Up));
    }

    #[test]
    fn passive_session_says_nothing_first() {
        let mut line = Line::new([session("a", 100, 3), session("b", 100, 3)]);
        line.ends.iter_mut().for_each(|end| end.config.passive = true);
        let passive = line.ends[0].clone();
        let mut quiet = Line::new([passive.clone(), passive.clone()]);
        quiet.run(Duration::from_secs(9));
        assert!(quiet.ends.iter().all(|end| end.state == State::Down));
        let mut half = Line::new([passive, session("b", 100, 3)]);
        half.run(Duration::from_secs(5));
        assert!(half.ends.iter().all(|end| end.state == State::Up));
    }

    #[test]
    fn neighbour_that_restarts_is_down_before_it_is_up_again() {
        let mut line = Line::new([session("a", 100, 3), session("b", 100, 3)]);
        line.run(Duration::from_secs(5));
        line.turns.clear();
        line.ends[1] = session("b", 100, 3);
        line.ends[1].mine = 99;
        line.timers[1].clear();
        line.feed(1, Duration::from_secs(5), Input::Start);
        line.run(Duration::from_secs(15));
        let turns: Vec<bool> = line.turns.iter().filter(|(end, ..)| *end == 0).map(|(_, up, _)| *up).collect();
        assert_eq!(turns, [false, true]);
    }

    #[test]
    fn hops_are_counted_from_255() {
        let mut session = session("a", 100, 3);
        assert!(session.accepts_ttl(255) && !session.accepts_ttl(254));
        session.config.max_hops = Some(3);
        assert!(session.accepts_ttl(252) && !session.accepts_ttl(251));
        session.config.max_hops = None;
        assert!(session.accepts_ttl(1));
    }
}
