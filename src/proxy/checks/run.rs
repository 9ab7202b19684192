//! One check: walks the steps of its script over real sockets.

use std::future::poll_fn;
use std::io;
use std::task::Poll;
use std::time::Duration;

use super::scope::Eyes;
use crate::health::evaluate::Evaluate as _;
use crate::health::expect::{Ear, Expectation, Judgement};
use crate::health::heard::Heard;
use crate::health::script::{Act, Connect, Dialect, Make, Script, Step};
use crate::health::{Outcome, Verdict};
use crate::ir::proxy::Proxy;
use crate::ir::server::{SendProxy, Server};
use crate::ir::{ProxyId, ServerId};
use crate::proxy::clock::{self, Moment};
use crate::proxy::connect::{self, Manner};
use crate::proxy::servers::{ServerLive, Target};
use crate::proxy::socket::Socket;
use crate::proxy::socks;
use crate::proxy::thread::Local;
use crate::proxy::timers::Timer;
use crate::proxy::world::lock;

/// Most that a step listens to.
const ROOM: usize = 16384;

/// One check from its connection to its verdict.
pub async fn check(local: &'static Local, timer: &Timer, (p, s): (ProxyId, ServerId), script: &Script) -> Outcome {
    let proxy = &local.world.config.proxies[p.0];
    let server = &proxy.servers[s.0];
    let began = clock::now();
    let mut run = Run {
        local,
        timer,
        began,
        proxy,
        server,
        live: local.world.server(p, s),
        script,
        eyes: Eyes::new(local, p, s),
        link: None,
        received: Vec::new(),
    };
    let outcome = match run.walk().await {
        Ok(o) | Err(o) => o,
    };
    run.leave(false);
    Outcome { duration: began.elapsed().as_millis() as u64, ..outcome }
}

struct Run<'a> {
    local: &'static Local,
    timer: &'a Timer,
    began: Moment,
    proxy: &'static Proxy,
    server: &'static Server,
    live: &'static ServerLive,
    script: &'a Script,
    eyes: Eyes,
    link: Option<Link>,
    /// Since the last thing that was sent.
    received: Vec<u8>,
}

/// The connection of the moment.
struct Link {
    sock: Socket,
    /// It is closed in order.
    orderly: bool,
}

fn found(verdict: Verdict, info: impl Into<String>) -> Outcome {
    Outcome { verdict, info: info.into(), ..Outcome::default() }
}

impl Run<'_> {
    async fn walk(&mut self) -> Result<Outcome, Outcome> {
        let mut last = found(Verdict::L4Ok, "");
        let mut last_step = self.script.steps.first();
        for step in &self.script.steps {
            match &step.act {
                Act::Connect(c) => {
                    self.connect(step, c).await?;
                    last = found(Verdict::L4Ok, "");
                }
                Act::Send(make) => {
                    let bytes = self.bytes(step, make)?;
                    self.send(step, &bytes).await?;
                    last = found(Verdict::L7Ok, "");
                    last.code = Some(0);
                }
                Act::Expect(e) => last = self.expect(step, e).await?,
                Act::Set(name, stored) => {
                    let heard = self.heard();
                    self.eyes.set(name, stored, heard.as_ref());
                    continue;
                }
                Act::Unset(name) => {
                    self.eyes.unset(name);
                    continue;
                }
                Act::Nothing => continue,
            }
            last_step = Some(step);
        }
        Ok(match last_step {
            Some(step) => self.script.passed(step, last),
            None => last,
        })
    }

    /// What the server has said, for expressions.
    fn heard(&self) -> Option<Heard<'_>> {
        match self.script.dialect {
            Dialect::Http => Heard::http(&self.received, true).ok(),
            _ => Some(Heard::raw(&self.received, true)),
        }
    }

    /// `text` with the place of the step where that is told.
    fn failed(&self, step: &Step, verdict: Verdict, text: &str) -> Outcome {
        found(verdict, format!("{text}{}", self.script.place(step)))
    }

    fn bytes(&self, step: &Step, make: &Make) -> Result<Vec<u8>, Outcome> {
        let heard = self.heard();
        match make {
            Make::Bytes(b) => Ok(b.clone()),
            Make::Http(request) => Ok(request.bytes(&self.eyes, self.state_header().as_deref())),
            Make::Format { format, binary } => {
                let text = self.eyes.text(format, heard.as_ref());
                let bytes =
                    if *binary { crate::expr::pattern::unhex(&String::from_utf8_lossy(&text)) } else { Some(text) };
                bytes.ok_or_else(|| {
                    let n = step.number;
                    let info = format!("tcp-check send : failed to build log-format string at step {n}");
                    found(Verdict::L7Response, info)
                })
            }
        }
    }

    /// `http-check send-state`
    fn state_header(&self) -> Option<String> {
        if !self.proxy.checks.send_state {
            return None;
        }
        let live = self.live;
        let h = lock(&live.health);
        let state = if h.is_up() { "UP" } else { "DOWN" };
        let (level, of) = if h.is_up() { (h.level + 1 - h.rise, h.fall) } else { (h.level, h.rise) };
        let moving = if h.is_moving() || level < of { format!("{state} {level}/{of}") } else { state.to_owned() };
        let address = live.address.load().as_ref().as_ref().and_then(Target::inet);
        let place = address.map_or_else(String::new, |a| format!(" address={}; port={};", a.ip(), a.port()));
        Some(format!(
            "{moving};{place} name={}/{}; node={}; weight={}/{}; scur={}/{}; qcur={}",
            self.proxy.name,
            self.server.name,
            self.local.world.identity.machine,
            live.weight(),
            live.weight(),
            live.counters.streams.get(),
            self.local.world.proxies[live.proxy.0].back.streams.get(),
            live.queued()
        ))
    }

    /// Closes the connection: at once, unless it is to be left in order or the next step of an HTTP check follows.
    fn leave(&mut self, goes_on: bool) {
        let Some(link) = self.link.take() else { return };
        let orderly = link.orderly || goes_on && self.script.dialect == Dialect::Http;
        if !orderly {
            link.sock.reset_on_close();
        }
    }

    /// Where a connection goes: the step says so, or the server's parameters for checks, or its address.
    fn target(&self, c: &Connect) -> Option<Target> {
        let o = &self.server.options;
        let own = self.live.address.load().as_ref().as_ref().and_then(Target::inet).map(|a| a.port());
        let base = match c.address.as_ref().or(o.check_address.as_ref()) {
            Some(a) => Target::of(a)?,
            None => self.live.address.load().as_ref().clone()?,
        };
        let computed = || {
            let heard = self.heard();
            let n = self.eyes.number(c.port_sample.as_ref()?, heard.as_ref())?;
            u16::try_from(n).ok().filter(|n| *n > 0)
        };
        Some(match base {
            Target::Inet(mut a) => {
                let written = if c.address.is_some() && a.port() != 0 { None } else { o.check_port };
                let port = c.port.or_else(computed).or(written).or_else(|| own.filter(|_| a.port() == 0));
                a.set_port(port.unwrap_or_else(|| a.port()));
                Target::Inet(a)
            }
            other => other,
        })
    }

    async fn connect(&mut self, step: &Step, c: &Connect) -> Result<(), Outcome> {
        self.leave(true);
        self.received.clear();
        let Some(to) = self.target(c) else {
            return Err(self.failed(step, Verdict::SocketError, "unresolvable address"));
        };
        let o = &self.server.options;
        let socks = self.live.socks.as_ref().filter(|_| c.via_socks || (c.as_server && o.check_via_socks4));
        let first = socks.unwrap_or(&to);
        let manner = Manner {
            source: o.source.as_ref().or(self.proxy.source.as_ref()),
            interface: o.interface.as_deref(),
            delay_ack: !self.listens_next(step),
            ..Manner::default()
        };
        let mut attempt = match connect::begin(first, manner) {
            Ok(a) => a,
            Err(e) => return Err(self.failed(step, begun(&e), &general(&e))),
        };
        let timer = self.timer;
        timer.arm_after(self.began, Some(self.connect_limit()));
        let done = poll_fn(|cx| match attempt.poll(cx) {
            Poll::Ready(r) => Poll::Ready(Some(r)),
            Poll::Pending => timer.poll_elapsed(cx).map(|()| None),
        })
        .await;
        timer.arm_after(clock::now(), Some(self.proxy.timeouts.check.unwrap_or(o.timing.inter)));
        let sock = attempt.sock;
        self.link = Some(Link { sock, orderly: c.linger });
        match done {
            Some(Ok(())) => {}
            Some(Err(e)) if e.kind() == io::ErrorKind::TimedOut => {
                return Err(self.failed(step, Verdict::L4Timeout, ""));
            }
            Some(Err(e)) => return Err(self.failed(step, Verdict::L4Connection, &plain(&e))),
            None => return Err(self.failed(step, Verdict::L4Timeout, "")),
        }
        if let (Some(_), Some(to)) = (socks, to.inet()) {
            self.socks(step, to).await?;
        }
        self.introduce(step, c, &to).await
    }

    /// The server speaks first on this connection, or another follows it.
    fn listens_next(&self, step: &Step) -> bool {
        let behind = self.script.steps.iter().skip_while(|s| !std::ptr::eq(*s, step)).skip(1);
        let next = behind.map(|s| &s.act).find(|a| matches!(a, Act::Connect(_) | Act::Send(_) | Act::Expect(_)));
        matches!(next, Some(Act::Expect(_) | Act::Connect(_)))
    }

    fn connect_limit(&self) -> Duration {
        let (t, inter) = (&self.proxy.timeouts, self.server.options.timing.inter);
        match t.check {
            Some(_) => t.connect.unwrap_or(inter),
            None => t.connect.map_or(inter, |c| c.min(inter)),
        }
    }

    async fn socks(&mut self, step: &Step, to: std::net::SocketAddr) -> Result<(), Outcome> {
        let Some(link) = &self.link else { return Ok(()) };
        let timer = self.timer;
        let done = socks::lead_to(&link.sock, to, timer).await;
        done.map_err(|e| self.failed(step, Verdict::L4Connection, e))
    }

    /// The PROXY header, where checks begin with one: it says that we speak for ourselves.
    async fn introduce(&mut self, step: &Step, c: &Connect, to: &Target) -> Result<(), Outcome> {
        let o = &self.server.options;
        let elsewhere = o.check_port.is_some() || o.check_address.is_some();
        let by_server = c.as_server && (o.check_send_proxy || (o.send_proxy != SendProxy::No && !elsewhere));
        if !by_server && !c.send_proxy {
            return Ok(());
        }
        let head = if o.send_proxy == SendProxy::V2 {
            crate::wire::proxy::v2(None, &crate::wire::proxy::Tlvs::default())
        } else {
            let own = self.link.as_ref().and_then(|l| connect::local_address(&l.sock));
            crate::wire::proxy::v1(own.zip(to.inet()))
        };
        self.send(step, &head).await
    }

    async fn send(&mut self, step: &Step, bytes: &[u8]) -> Result<(), Outcome> {
        self.received.clear();
        let Some(link) = &self.link else { return Err(found(Verdict::SocketError, "not connected")) };
        let (sock, timer) = (&link.sock, self.timer);
        let mut sent = 0;
        let done = poll_fn(|cx| {
            while sent < bytes.len() {
                match sock.poll_send(cx, &bytes[sent..], false) {
                    Poll::Ready(Ok(n)) => sent += n,
                    Poll::Ready(Err(e)) => return Poll::Ready(Some(Err(e))),
                    Poll::Pending => return timer.poll_elapsed(cx).map(|()| None),
                }
            }
            Poll::Ready(Some(Ok(())))
        })
        .await;
        match done {
            Some(Ok(())) => Ok(()),
            Some(Err(e)) => Err(self.failed(step, Verdict::SocketError, &plain(&e))),
            None => Err(self.failed(step, Verdict::L7Timeout, "")),
        }
    }

    async fn expect(&mut self, step: &Step, expect: &Expectation) -> Result<Outcome, Outcome> {
        let mut ended = false;
        loop {
            let ear = Ear { dialect: self.script.dialect, step, ask: &self.eyes };
            match expect.judge(&ear, &self.received, ended || self.received.len() >= ROOM) {
                Judgement::Pass(o) => return Ok(o),
                Judgement::Fail(o) => return Err(o),
                Judgement::More => {}
            }
            let Some(link) = &self.link else { return Err(found(Verdict::SocketError, "not connected")) };
            self.received.reserve(ROOM);
            let (sock, timer, received) = (&link.sock, self.timer, &mut self.received);
            let got = poll_fn(|cx| match sock.poll_recv(cx, received) {
                Poll::Ready(r) => Poll::Ready(Some(r)),
                Poll::Pending => timer.poll_elapsed(cx).map(|()| None),
            })
            .await;
            match got {
                None => return Err(self.failed(step, expect.timed_out(), "")),
                Some(Ok(0)) => ended = true,
                Some(Ok(_)) => {}
                Some(Err(e)) if self.received.is_empty() => {
                    return Err(self.failed(step, Verdict::SocketError, &plain(&e)));
                }
                Some(Err(_)) => ended = true,
            }
        }
    }
}

/// In the system's words.
fn plain(e: &io::Error) -> String {
    let text = e.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

/// What an attempt is called that failed before it began.
fn general(e: &io::Error) -> String {
    match e.kind() {
        io::ErrorKind::ConnectionRefused => plain(e),
        _ => format!("General socket error ({})", plain(e)),
    }
}

fn begun(e: &io::Error) -> Verdict {
    match e.kind() {
        io::ErrorKind::ConnectionRefused | io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => {
            Verdict::L4Connection
        }
        _ => Verdict::SocketError,
    }
}
