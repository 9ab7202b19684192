//! The end of a stream: what is counted, and the line that is logged.

use super::Stream;
use super::stage::Now;
use crate::ir::proxy::LogFormat;
use crate::log::facts::Facts;
use crate::log::lines::{self, Builtin};
use crate::proxy::clock;
use crate::proxy::end::{When, Who};
use crate::proxy::session::Client;

impl Stream {
    pub(super) fn now(&self, c: &Client) -> Now<'static> {
        let world = self.local.world;
        let facts = Facts { now: clock::unix_micros(), ..Facts::default() };
        Now { world, thread: self.local.index, front: c.front, listener: c.listener, facts }
    }

    /// What a line may say now.
    pub(super) fn facts_with<'a>(
        &self,
        c: &Client,
        line: &'a [u8],
        request_captures: &'a [Option<Vec<u8>>],
        response_captures: &'a [Option<Vec<u8>>],
        ids: [Option<&'a [u8]>; 3],
    ) -> Facts<'a> {
        let world = self.local.world;
        let (front, live) = world.proxy(c.front);
        let back = self.back.unwrap_or(c.front);
        let server = self.server.map(|s| world.server(back, s));
        let [who, when] = self.end.letters();
        let cookie = self.cookie.letters(world.config.proxies[back.0].cookie.as_ref());
        let [unique_id, request_cookie, response_cookie] = ids;
        Facts {
            client: c.connection.source,
            frontend_addr: c.connection.destination,
            backend_source: self.server_addresses.0,
            server_addr: self.server_addresses.1,
            accepted: self.begun_at,
            now: clock::unix_micros(),
            utc_offset: world.offset(),
            timers: self.times,
            early: false,
            bytes_out: self.bytes_out,
            bytes_in: self.bytes_in,
            status: self.status,
            frontend: &front.name,
            backend: &world.config.proxies[back.0].name,
            server: if self.local_service {
                self.service
            } else {
                self.server.map(|s| world.config.proxies[back.0].servers[s.0].name.as_str())
            },
            tls: false,
            is_http: self.is_http,
            termination: [who, when, cookie[0], cookie[1]],
            active_connections: world.process.connections.get(),
            frontend_connections: live.front.connections.get(),
            backend_connections: if self.back.is_some() { world.proxies[back.0].back.streams.get() } else { 0 },
            server_connections: server.map_or(0, |s| s.counters.streams.get()),
            retries: self.retries,
            redispatched: self.redispatched,
            server_queue: self.queue_ahead.0,
            backend_queue: self.queue_ahead.1,
            request_line: (!line.is_empty()).then_some(line),
            request_cookie,
            response_cookie,
            request_captures,
            response_captures,
            unique_id,
            hostname: &world.identity.machine,
            pid: world.identity.pid,
            request_counter: self.number,
            log_counter: live.front.log_lines.get(),
        }
    }

    /// What a line may say now, with all that was kept for it.
    pub(super) fn facts<'a>(&'a self, c: &Client) -> Facts<'a> {
        let ids = [self.unique_id.as_deref(), self.request_cookie.as_deref(), self.response_cookie.as_deref()];
        self.facts_with(c, &self.line, &self.captures.request, &self.captures.response, ids)
    }

    /// Counts what happened and logs it.
    pub(super) fn finish(&mut self, c: &mut Client) {
        let world = self.local.world;
        self.leave_server();
        if let Some(b) = self.back {
            world.proxies[b.0].back.streams.dec();
        }
        self.untrack();
        let front = &world.proxies[c.front.0];
        front.front.bytes_in.add(self.bytes_in);
        front.front.bytes_out.add(self.bytes_out);
        front.listeners[c.listener].counters.bytes_in.add(self.bytes_in);
        front.listeners[c.listener].counters.bytes_out.add(self.bytes_out);
        world.process.bytes_out.add(self.bytes_out);
        world.process.bytes_out_rate.add(world.uptime_ms(), u32::try_from(self.bytes_out).unwrap_or(u32::MAX));
        if self.back.is_none() && self.front(c).kind.is_back() {
            // A listen section is its own backend, also for what it answers by itself.
            front.back.bytes_in.add(self.bytes_in);
            front.back.bytes_out.add(self.bytes_out);
        }
        if let Some(b) = self.back {
            let back = &world.proxies[b.0].back;
            back.bytes_in.add(self.bytes_in);
            back.bytes_out.add(self.bytes_out);
            let s = self.server.map(|s| &world.server(b, s).counters);
            if let Some(s) = s {
                s.bytes_in.add(self.bytes_in);
                s.bytes_out.add(self.bytes_out);
            }
            match (self.end.who, self.end.when) {
                (
                    Who::Client | Who::ClientTimeout,
                    When::Queue | When::Connect | When::Headers | When::Data | When::Last,
                ) => {
                    back.client_aborts.inc();
                    if let Some(s) = s {
                        s.client_aborts.inc();
                    }
                }
                (Who::Server | Who::ServerTimeout, When::Data | When::Last) => {
                    back.server_aborts.inc();
                    if let Some(s) = s {
                        s.server_aborts.inc();
                    }
                }
                _ => {}
            }
            if self.times.data >= 0 {
                self.count_times(b);
            }
        }
        // `option dontlognull`: a connection that brought nothing is not worth a line.
        let null = !self.is_http && self.bytes_in == 0 && self.front(c).options.dontlognull;
        if !self.logged && !null && world.has_log(c.front) {
            self.log(c, false);
        }
    }

    fn count_times(&self, b: crate::ir::ProxyId) {
        let t = &self.times;
        let all = [t.wait(), t.connecting(), t.response(), t.active()].map(|ms| ms.max(0).cast_unsigned());
        let back = &self.local.world.proxies[b.0].back;
        let means = [&back.queue_time, &back.connect_time, &back.response_time, &back.total_time];
        means.iter().zip(all).for_each(|(m, ms)| m.add(ms));
        if let Some(s) = self.server {
            let s = &self.local.world.server(b, s).counters;
            let means = [&s.queue_time, &s.connect_time, &s.response_time, &s.total_time];
            means.iter().zip(all).for_each(|(m, ms)| m.add(ms));
        }
    }

    /// `early`: at the response's head (`option logasap`).
    pub(super) fn log(&mut self, c: &mut Client, early: bool) {
        let p = self.front(c);
        let world = self.local.world;
        self.logged = true;
        let failed = self.end.is_error() || (self.retries > 0 && self.end.who != Who::Nobody);
        if p.options.dontlog_normal && !failed && self.status < 500 {
            return;
        }
        let level = match self.effects.log_level {
            Some(None) => return,
            Some(Some(level)) => level,
            None if failed && p.options.log_separate_errors => 3,
            None => 6,
        };
        let custom = match &p.log_format {
            LogFormat::Custom(f) => Some(f),
            _ => None,
        };
        let format = custom.unwrap_or_else(|| {
            lines::builtin(match &p.log_format {
                LogFormat::Tcp => Builtin::Tcp,
                LogFormat::Clf => Builtin::Clf,
                LogFormat::Https => Builtin::Https,
                LogFormat::Default => Builtin::Connect,
                _ => Builtin::Http,
            })
        });
        let format = p.error_log_format.as_ref().filter(|_| failed).unwrap_or(format);
        if let Some(f) = &p.unique_id_format
            && format.nodes.iter().any(|n| matches!(n, crate::ir::expr::FormatNode::Field { .. }))
        {
            self.make_unique_id(c, f);
        }
        world.proxies[c.front.0].front.log_lines.inc();
        let (mut text, mut datagram) = self.local.scratch.take();
        text.clear();
        let facts = Facts { early, ..self.facts(c) };
        let structured = if custom.is_some() || p.error_log_format.is_some() || p.log_format_sd.is_some() {
            let live = Now { facts: facts.clone(), ..self.now(c) };
            let may_change = std::cell::Cell::new(false);
            let scope = self.scope(c, &live, &may_change);
            crate::expr::format::render(format, &scope, &mut text);
            p.log_format_sd.as_ref().map(|f| crate::expr::format::to_vec(f, &scope))
        } else {
            lines::print(format, &facts, &mut text, |_, _, _| {});
            if p.log_format == LogFormat::Default {
                text.extend_from_slice(if self.is_http { b"HTTP)" } else { b"TCP)" });
            }
            None
        };
        world.log_with(c.front, level, &text, structured.as_deref(), &mut datagram);
        self.local.scratch.replace((text, datagram));
    }
}
