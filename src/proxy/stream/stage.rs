//! Lends a stream to rules and expressions, and does what they ask.

use std::cell::Cell;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use super::{Stop, Stream, Tell};
use crate::expr::scope::{Clock, Data, Direction, Gauge, Level, Live, Scope, TableQuestion};
use crate::expr::value::Value;
use crate::http::h1::body::Decoder;
use crate::http::values;
use crate::ir::ProxyId;
use crate::ir::action::Rule;
use crate::ir::expr::{Acl, Condition, FormatOptions};
use crate::ir::proxy::{Proxy, RestrictNames};
use crate::log::Facts;
use crate::proxy::end::{End, When, Who};
use crate::proxy::session::Client;
use crate::proxy::tables::Event;
use crate::proxy::world::World;
use crate::proxy::{clock, tables, world};
use crate::rules::stage::Stage;
use crate::rules::{Verdict, run};

/// What changes while the process runs, as fetches ask for it.
pub(crate) struct Now<'a> {
    pub world: &'static World,
    pub thread: usize,
    pub front: ProxyId,
    pub listener: usize,
    /// For `%ci` and the like.
    pub facts: Facts<'a>,
}

impl Live for Now<'_> {
    fn gauge(&self, gauge: Gauge) -> Option<i64> {
        gauge_of(self.world, gauge, (self.front, self.listener))
    }

    fn hostname(&self) -> &str {
        &self.world.identity.machine
    }

    fn environment(&self, name: &str) -> Option<String> {
        self.world.variable(name)
    }

    fn random(&self) -> u64 {
        random()
    }

    fn thread(&self) -> u32 {
        self.thread as u32 + 1
    }

    fn is_local(&self, ip: IpAddr) -> bool {
        // An address is ours if a socket can be bound to it.
        rustix::net::socket(
            if ip.is_ipv4() { rustix::net::AddressFamily::INET } else { rustix::net::AddressFamily::INET6 },
            rustix::net::SocketType::DGRAM,
            None,
        )
        .is_ok_and(|s| rustix::net::bind(&s, &SocketAddr::new(ip, 0)).is_ok())
    }

    fn log_field(&self, _: &Scope<'_>, field: u16, _: &str, options: FormatOptions, out: &mut Vec<u8>) {
        crate::log::fields::print(field, &self.facts, options, out);
    }

    fn table(&self, question: TableQuestion<'_>) -> Option<i64> {
        tables::ask(self.world, question)
    }

    fn track(&self, table: ProxyId, key: Value<'_>, events: &[(u16, i64)]) -> Option<usize> {
        tables::track(self.world, table, key, events)
    }
}

/// 64 bits of chance, from the kernel's generator once and a counter's mix then.
pub(crate) fn random() -> u64 {
    thread_local! {
        static STATE: Cell<u64> = {
            use std::hash::{BuildHasher as _, Hasher as _};
            // Keys of the standard hasher come from the kernel.
            Cell::new(std::hash::RandomState::new().build_hasher().finish())
        };
    }
    // SplitMix64: a Weyl sequence through two rounds of mixing.
    STATE.with(|s| {
        let next = s.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        s.set(next);
        let z = (next ^ (next >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    })
}

fn gauge_of(w: &World, gauge: Gauge, here: (ProxyId, usize)) -> Option<i64> {
    let up = w.uptime_ms();
    let proxy = |id: ProxyId| w.proxies.get(id.0);
    let server = |p: ProxyId, s: crate::ir::ServerId| proxy(p)?.servers.get(s.0);
    let free = |max: u32, used: u32| if max == 0 { -1 } else { i64::from(max.saturating_sub(used)) };
    Some(match gauge {
        Gauge::BackendConnections(p) => proxy(p)?.back.streams.get().into(),
        Gauge::BackendConnectionsFree(p) | Gauge::ConnectionSlots(p) => {
            let mut total = 0;
            for s in proxy(p)?.servers.iter().filter(|s| s.is_usable()) {
                match s.maxconn.load(Relaxed) {
                    0 => return Some(-1),
                    max => total += i64::from(max) - i64::from(s.served() + s.queued()),
                }
            }
            total.max(0)
        }
        Gauge::BackendQueue(p) => {
            let live = proxy(p)?;
            i64::from(live.back.queued.get()) + live.servers.iter().map(|s| i64::from(s.queued())).sum::<i64>()
        }
        Gauge::BackendAverageQueue(p) => {
            let live = proxy(p)?;
            let queued: i64 =
                live.servers.iter().map(|s| i64::from(s.queued())).sum::<i64>() + i64::from(live.back.queued.get());
            let (active, backup) = live.usable();
            let n = i64::from(if active > 0 { active } else { backup });
            if n > 0 { (queued + n - 1) / n } else { queued * 8 }
        }
        Gauge::BackendSessionRate(p) => proxy(p)?.back.session_rate.get(up).into(),
        Gauge::BackendUsableServers(p) => {
            let (active, backup) = proxy(p)?.usable();
            i64::from(if active > 0 { active } else { backup })
        }
        Gauge::FrontendConnections(p) => proxy(p)?.front.connections.get().into(),
        Gauge::FrontendRequestRate(p) => proxy(p)?.front.request_rate.get(up).into(),
        Gauge::FrontendSessionRate(p) => proxy(p)?.front.session_rate.get(up).into(),
        Gauge::ListenerConnections => proxy(here.0)?.listeners.get(here.1)?.counters.connections.get().into(),
        Gauge::ServerConnections(p, s) => server(p, s)?.counters.streams.get().into(),
        Gauge::ServerConnectionsFree(p, s) => {
            let s = server(p, s)?;
            free(s.maxconn.load(Relaxed), s.served() + s.queued())
        }
        Gauge::ServerIsUp(p, s) => i64::from(world::lock(&server(p, s)?.health).is_reachable()),
        Gauge::ServerQueue(p, s) => server(p, s)?.queued().into(),
        Gauge::ServerSessionRate(p, s) => server(p, s)?.counters.session_rate.get(up).into(),
        Gauge::ServerWeight(p, s) | Gauge::ServerUserWeight(p, s) => server(p, s)?.weight().into(),
        Gauge::ServerInitialWeight(p, s) => {
            w.config.proxies.get(p.0)?.servers.get(s.0)?.options.weight.unwrap_or(1).into()
        }
        Gauge::Stopping => i64::from(w.is_stopping()),
        Gauge::TableAvailable(p) | Gauge::TableUsed(p) => {
            let mut table = proxy(p)?.table.as_ref()?.whole();
            let used = table.used(up);
            let n = if matches!(gauge, Gauge::TableUsed(_)) { used } else { table.spec().size.saturating_sub(used) };
            n as i64
        }
    })
}

/// The moment, as expressions see it.
pub(crate) fn moment(world: &World) -> Clock {
    Clock { unix: Duration::from_micros(clock::unix_micros().cast_unsigned()), utc_offset: world.offset() }
}

/// Which rule set is walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Set {
    TcpContent,
    HttpRequest,
    HttpResponse,
    TcpResponse,
}

/// Whether a proxy has anything to say to a request; most have not, and their requests need not go through it.
fn looks_at_requests(p: &Proxy) -> bool {
    let rules = &p.rules;
    !(rules.tcp_request_content.is_empty() && rules.http_request.is_empty() && p.redirects.is_empty())
        || p.stats.enabled
        || p.options.http_restrict_req_hdr_names.is_some()
}

impl Stream {
    /// Evaluates something that only looks.
    pub(super) fn with_scope<T>(&self, c: &Client, f: impl FnOnce(&Scope<'_>) -> T) -> T {
        let live = Now { facts: self.facts(c), ..self.now(c) };
        let may_change = Cell::new(false);
        f(&self.scope(c, &live, &may_change))
    }

    pub(super) fn scope<'a>(&'a self, c: &'a Client, live: &'a Now<'a>, may_change: &'a Cell<bool>) -> Scope<'a> {
        let world = self.local.world;
        let side = self.back.map(|b| (b, &world.config.proxies[b.0]));
        Scope {
            config: &world.config,
            patterns: &world.patterns,
            live,
            clock: moment(world),
            connection: &c.connection,
            front: (c.front, self.front(c)),
            back: side,
            server: self.back.zip(self.server).map(|(b, s)| (s, &world.config.proxies[b.0].servers[s.0])),
            request: (!self.request.is_empty()).then_some(&self.request),
            response: (!self.response.is_empty()).then_some(&self.response),
            request_data: self.request_data(c),
            response_data: self.response_data(),
            direction: if self.response.is_empty() { Direction::Request } else { Direction::Response },
            vars: &c.vars,
            captures: &self.captures,
            transaction: &self.transaction,
            tracked: &self.tracked,
            may_change,
        }
    }

    pub(super) fn holds(&self, c: &Client, condition: &Condition, acls: &[Acl]) -> bool {
        self.with_scope(c, |scope| crate::expr::acl::holds(condition, acls, scope))
    }

    /// Everything that the frontend says to requests.
    pub(super) async fn front_rules(&mut self, c: &mut Client) -> Result<(), Stop> {
        let p = self.front(c);
        if looks_at_requests(p) { self.request_rules(c, p).await } else { Ok(()) }
    }

    async fn request_rules(&mut self, c: &mut Client, p: &'static Proxy) -> Result<(), Stop> {
        if !p.rules.tcp_request_content.is_empty() {
            self.walk(c, &p.rules.tcp_request_content, &p.acls, Set::TcpContent).await?;
            if self.back.is_none() {
                self.show_request(c);
            }
        }
        self.walk(c, &p.rules.http_request, &p.acls, Set::HttpRequest).await?;
        self.statistics(c, p).await?;
        self.walk(c, &p.redirects, &p.acls, Set::HttpRequest).await?;
        self.restrict_names(c, p).await
    }

    /// The rules that guard the statistics page.
    pub(super) async fn stats_rules(&mut self, c: &mut Client, p: &'static Proxy) -> Result<(), Stop> {
        self.walk(c, &p.stats.http_request, &p.acls, Set::HttpRequest).await
    }

    pub(super) async fn back_rules(&mut self, c: &mut Client) -> Result<(), Stop> {
        let (id, p) = self.side(c);
        if id != c.front && looks_at_requests(p) { self.request_rules(c, p).await } else { Ok(()) }
    }

    /// `option http-restrict-req-hdr-names`, behind the rules of the proxy that has it.
    async fn restrict_names(&mut self, c: &mut Client, p: &Proxy) -> Result<(), Stop> {
        let Some(policy) = p.options.http_restrict_req_hdr_names.filter(|_| self.is_http) else { return Ok(()) };
        let unusual = |name: &[u8]| !values::is_usual_name(name);
        match policy {
            RestrictNames::Preserve => {}
            RestrictNames::Delete => {
                self.request.remove_if(|name, _| unusual(name));
            }
            RestrictNames::Reject if self.request.headers().any(|(name, _)| unusual(name)) => {
                let verdict = Verdict::Deny(Box::new(crate::rules::reply::page(403)));
                return Err(self.refused(c, verdict, Set::HttpRequest).await);
            }
            RestrictNames::Reject => {}
        }
        Ok(())
    }

    /// Whether anything looks at responses before they are answered with.
    pub(super) fn has_response_rules(&self, c: &Client) -> bool {
        let back = &self.side(c).1.rules;
        !(back.tcp_response_content.is_empty()
            && back.http_response.is_empty()
            && self.front(c).rules.http_response.is_empty())
    }

    pub(super) async fn response_rules(&mut self, c: &mut Client) -> Result<(), Stop> {
        let (id, back) = self.side(c);
        if !back.rules.tcp_response_content.is_empty() {
            self.walk(c, &back.rules.tcp_response_content, &back.acls, Set::TcpResponse).await?;
            self.times.data = self.ms();
        }
        self.walk(c, &back.rules.http_response, &back.acls, Set::HttpResponse).await?;
        if id != c.front {
            let p = self.front(c);
            self.walk(c, &p.rules.http_response, &p.acls, Set::HttpResponse).await?;
        }
        Ok(())
    }

    async fn walk(
        &mut self,
        c: &mut Client,
        rules: &'static [Rule],
        acls: &'static [Acl],
        set: Set,
    ) -> Result<(), Stop> {
        if rules.is_empty() {
            return Ok(());
        }
        Box::pin(self.walk_on(c, rules, acls, set)).await
    }

    async fn walk_on(
        &mut self,
        c: &mut Client,
        rules: &'static [Rule],
        acls: &'static [Acl],
        set: Set,
    ) -> Result<(), Stop> {
        let mut start = 0;
        let mut waited = false;
        let began = clock::now();
        loop {
            let outcome = self.step(c, rules, acls, set, start, waited);
            self.apply_pattern_changes();
            if !self.effects.hints.is_empty() {
                self.send_hints(c).await?;
            }
            start = outcome.at;
            match outcome.verdict {
                // Lists or maps were changed: the rules behind see them as they are now.
                Verdict::Continue if start < rules.len() => {}
                Verdict::Continue | Verdict::Allow => return Ok(()),
                Verdict::Wait(wait) => {
                    let more = match set {
                        Set::HttpResponse | Set::TcpResponse => self.wait_for_response(c, wait, began).await?,
                        Set::HttpRequest | Set::TcpContent => self.wait_for_request(c, wait, began).await?,
                    };
                    waited = !more;
                }
                Verdict::SwitchToHttp => start += 1,
                other => return Err(self.refused(c, other, set).await),
            }
        }
    }

    /// Walks from a rule to the end, or to the first that decides.
    pub(super) fn step(
        &mut self,
        c: &mut Client,
        rules: &'static [Rule],
        acls: &'static [Acl],
        set: Set,
        start: usize,
        waited: bool,
    ) -> run::Outcome {
        let world = self.local.world;
        let response = matches!(set, Set::HttpResponse | Set::TcpResponse);
        let line = std::mem::take(&mut self.line);
        let facts = self.facts_with(c, &line, &[], &[], [None; 3]);
        let live = Now { world, thread: self.local.index, front: c.front, listener: c.listener, facts };
        let front = (c.front, &world.config.proxies[c.front.0]);
        let back = self.back.map(|b| (b, &world.config.proxies[b.0]));
        let server = self.back.zip(self.server).map(|(b, s)| (s, &world.config.proxies[b.0].servers[s.0]));
        let mut stage = Stage {
            config: &world.config,
            patterns: &world.patterns,
            live: &live,
            clock: moment(world),
            vars: &c.vars,
            front,
            back,
            server,
            direction: if response { Direction::Response } else { Direction::Request },
            request_data: self.request_seen.data(self.body, c.buf.data()),
            response_data: match &self.reply {
                Some(r) => self.response_seen.data(Decoder::new(self.answered.body), r.buf.data()),
                None => Data::default(),
            },
            level: Level::Stream,
            waited,
            tracked: &mut self.tracked,
            settled: waited || !matches!(set, Set::TcpContent | Set::TcpResponse),
            connection: &mut c.connection,
            transaction: &mut self.transaction,
            captures: &mut self.captures,
            request: Some(&mut self.request),
            response: (response && self.is_http).then_some(&mut self.response),
            effects: &mut self.effects,
            may_change: Cell::new(false),
        };
        let outcome = run::run(rules, acls, &mut stage, start);
        self.line = line;
        outcome
    }

    /// A rule has decided against the message, or answered it.
    pub(super) async fn refused(&mut self, c: &mut Client, verdict: Verdict, set: Set) -> Stop {
        let response = matches!(set, Set::HttpResponse | Set::TcpResponse);
        let when = if response { When::Headers } else { When::Request };
        let (end, tell) = match verdict {
            Verdict::Deny(answer) => {
                self.count_denied(c, response);
                self.count_tracked(Event::Error, !response);
                let tell = if response { Tell::Page(502) } else { Tell::Answer(answer) };
                (End::new(Who::Policy, when), tell)
            }
            Verdict::Serve(service) => {
                self.local_service = true;
                self.service = Some(service.label());
                let answer = self.serve_by(c, service);
                (End::new(Who::Local, when), Tell::Answer(Box::new(answer)))
            }
            Verdict::Respond(answer) => {
                self.local_service = true;
                (End::new(Who::Local, when), Tell::Answer(answer))
            }
            Verdict::Challenge(answer) => {
                self.count_tracked(Event::Error, true);
                (End::new(Who::Local, when), Tell::Answer(answer))
            }
            Verdict::Tarpit(answer) => {
                self.count_denied(c, response);
                self.count_tracked(Event::Error, !response);
                let t = &self.side(c).1.timeouts;
                let time = t.tarpit.or(t.connect).unwrap_or_default();
                c.timer.arm_after(clock::now(), Some(time));
                c.timer.elapsed().await;
                (End::new(Who::Policy, When::Tarpit), Tell::Answer(answer))
            }
            Verdict::Reject => {
                self.count_denied(c, response);
                // The original has begun to forward a response when it rejects it.
                let when = if set == Set::TcpResponse { When::Data } else { when };
                self.times.data = -1;
                (End::new(Who::Policy, when), Tell::Nothing)
            }
            Verdict::SilentDrop => {
                self.count_denied(c, response);
                super::super::rules::vanish(&c.sock);
                (End::new(Who::Policy, when), Tell::Silence)
            }
            _ => (End::new(Who::Internal, when), Tell::Page(500)),
        };
        Stop { end, tell }
    }

    pub(super) fn count_denied(&self, c: &Client, response: bool) {
        let world = self.local.world;
        let front = &world.proxies[c.front.0].front;
        let listener = &world.proxies[c.front.0].listeners[c.listener].counters;
        if response {
            front.denied_responses.inc();
            listener.denied_responses.inc();
            if let Some(b) = self.back {
                world.proxies[b.0].back.denied_responses.inc();
                if let Some(s) = self.server {
                    world.server(b, s).counters.denied_responses.inc();
                }
            }
        } else {
            front.denied_requests.inc();
            listener.denied_requests.inc();
            if let Some(b) = self.back {
                world.proxies[b.0].back.denied_requests.inc();
            }
        }
    }

    /// `http-after-response`, which nothing escapes; `false` when a rule failed.
    pub(super) fn after_rules(&mut self, c: &mut Client) -> bool {
        let (id, back) = self.side(c);
        let front = self.front(c);
        let sets = [(&back.rules.http_after_response, &back.acls), (&front.rules.http_after_response, &front.acls)];
        let sets = if id == c.front { &sets[1..] } else { &sets[..] };
        for (rules, acls) in sets {
            if rules.is_empty() {
                continue;
            }
            let outcome = self.step(c, rules, acls, Set::HttpResponse, 0, true);
            if matches!(outcome.verdict, Verdict::Failed) {
                return false;
            }
        }
        true
    }

    /// Entries that rules added to or took from maps and lists.
    pub(super) fn apply_pattern_changes(&mut self) {
        for change in self.effects.pattern_changes.drain(..) {
            super::super::rules::change_patterns(self.local.world, &change);
        }
    }
}
