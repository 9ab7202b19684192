//! Which backend, which server, and what the request must look like for it.

use super::{Stop, Stream};
use crate::balance::{farm::Load, key};
use crate::expr::format;
use crate::http::uri;
use crate::ir::proxy::{BackendName, Balance, Forward, Mode, Proxy, ServerName};
use crate::ir::{ProxyId, ServerId};
use crate::proxy::end::{When, Who};
use crate::proxy::session::Client;
use crate::proxy::world::lock;

impl Stream {
    /// `use_backend`, then `default_backend`; a `listen` section is its own backend.
    pub(super) fn choose_backend(&mut self, c: &mut Client) -> Result<(), Stop> {
        let p = self.front(c);
        let world = self.local.world;
        let mut chosen = None;
        for rule in &p.switching {
            if let Some(condition) = &rule.condition
                && !self.holds(c, condition, &p.acls)
            {
                continue;
            }
            match &rule.target {
                BackendName::Static(named) => chosen = named.target,
                BackendName::Dynamic(f) => {
                    let name = self.with_scope(c, |scope| format::to_vec(f, scope));
                    // A name that is no backend's: the default is taken.
                    chosen = std::str::from_utf8(&name).ok().and_then(|n| world.config.backend(n));
                }
            }
            break;
        }
        let own = p.kind.is_back().then_some(c.front);
        let chosen = chosen.or_else(|| p.default_backend.as_ref().and_then(|n| n.target)).or(own);
        let mode = if self.is_http { Mode::Http } else { Mode::Tcp };
        let Some(back) = chosen.filter(|b| world.config.proxies[b.0].mode == mode) else {
            // The original leaves the time of the request open when nobody can take it.
            self.times.request = -1;
            return Err(if self.is_http { Self::unavailable(Who::Server, When::Connect) } else { self.nobody() });
        };
        self.enter_backend(c, back);
        Ok(())
    }

    pub(super) fn enter_backend(&mut self, c: &Client, back: ProxyId) {
        let world = self.local.world;
        self.back = Some(back);
        c.session.backend.set(Some(back));
        let live = &world.proxies[back.0].back;
        live.streams.inc();
        live.total_streams.inc();
        live.requests.inc();
        let up = world.uptime_ms();
        live.session_rate.hit(up);
        live.request_rate.hit(up);
        live.last_session.set((up / 1000).cast_signed());
    }

    /// What is added for the server: its client's address, a unique id; and which server the request asks for.
    pub(super) fn prepare(&mut self, c: &mut Client) -> Result<(), Stop> {
        let (front, (back_id, back)) = (self.front(c), self.side(c));
        if let Some(f) = &front.unique_id_format {
            self.make_unique_id(c, f);
            if let (Some(name), Some(id)) = (&front.unique_id_header, &self.unique_id) {
                self.request.add(name.as_bytes(), id);
            }
        }
        if let Some(f) = back.options.forwardfor.as_ref().or(front.options.forwardfor.as_ref()) {
            self.forward(f, c.connection.source.map(|a| a.ip()), b"x-forwarded-for");
        }
        if let Some(f) = back.options.originalto.as_ref().or(front.options.originalto.as_ref()) {
            self.forward(f, c.connection.destination.map(|a| a.ip()), b"x-original-to");
        }
        // `force-persist` and `ignore-persist`: the first whose condition holds.
        let rule = back.force_persist.iter().find(|r| self.holds(c, &r.condition, &back.acls));
        self.cookie.forced = rule.is_some_and(|r| !r.ignore);
        self.read_cookie(c, back_id);
        for rule in &back.use_server {
            if self.cookie.server.is_some() {
                break;
            }
            if let Some(condition) = &rule.condition
                && !self.holds(c, condition, &back.acls)
            {
                continue;
            }
            let wanted = match &rule.target {
                ServerName::Static(n) => n.target,
                ServerName::Dynamic(f) => {
                    let name = self.with_scope(c, |scope| format::to_vec(f, scope));
                    back.servers.find(|s| s.name.as_bytes() == name).map(ServerId)
                }
            };
            let live = &self.local.world.proxies[back_id.0];
            if let Some(s) = wanted
                && (lock(&live.servers[s.0].health).is_reachable() || back.options.persist || self.cookie.forced)
            {
                self.cookie.server = Some(s);
            }
            break;
        }
        self.read_tables(c);
        if rule.is_some_and(|r| r.ignore) {
            self.cookie.server = None;
        }
        Ok(())
    }

    pub(super) fn make_unique_id(&mut self, c: &Client, f: &crate::ir::expr::Format) {
        if self.unique_id.is_none() {
            let id = self.with_scope(c, |scope| format::to_vec(f, scope));
            self.transaction.unique_id = Some(id.clone());
            self.unique_id = Some(id);
        }
    }

    fn forward(&mut self, f: &Forward, ip: Option<std::net::IpAddr>, default: &[u8]) {
        let Some(ip) = ip else { return };
        let name = if f.header.is_empty() { default } else { f.header.as_bytes() };
        if f.except.is_some_and(|net| net.contains(&ip)) || (f.if_none && self.request.has(name)) {
            return;
        }
        let mut text = [0u8; 48];
        let mut rest = &mut text[..];
        let _ = std::io::Write::write_fmt(&mut rest, format_args!("{ip}"));
        let left = rest.len();
        self.request.add(name, &text[..48 - left]);
    }

    /// The number that the backend's algorithm makes of the request; `None` when what it looks at is not there.
    pub(super) fn balance_key(&self, c: &Client, p: &'static Proxy) -> Option<u32> {
        let kind = p.hash_type;
        match &p.balance {
            Balance::Source => c.connection.source.map(|a| key::address(kind, a.ip())),
            Balance::Uri { whole, len, depth, path_only } => {
                let uri = if *path_only { self.request.path_and_query() } else { self.request.uri() };
                Some(key::bytes(kind, key::uri_part(uri, *whole, *len, *depth)))
            }
            Balance::UrlParam { name, .. } => {
                let found = uri::parameter(self.request.query(), name.as_bytes(), b"&").or_else(|| {
                    let post = self.request.method() == b"POST";
                    uri::parameter(self.request_data(c).bytes, name.as_bytes(), b"&").filter(|_| post)
                });
                found.filter(|v| !v.is_empty()).map(|v| key::bytes(kind, v))
            }
            Balance::Hdr { name, use_domain_only } => {
                let v = self.request.get(name.as_bytes())?;
                Some(key::bytes(kind, if *use_domain_only { key::domain_part(v) } else { v }))
            }
            Balance::RdpCookie(_) => None,
            Balance::Hash(sample) => self.with_scope(c, |scope| {
                let v = crate::expr::eval::eval_as(sample, scope, crate::expr::value::Type::Bin)?;
                Some(key::bytes(kind, &v.into_binary()))
            }),
            _ => None,
        }
    }

    /// The balancer's choice; `None` when everybody is full or gone.
    pub(super) fn balance(&mut self, c: &Client, back: ProxyId, avoid: Option<ServerId>) -> Option<ServerId> {
        let (p, live) = self.local.world.proxy(back);
        // Nobody overtakes those who wait already, where the algorithm makes them wait only when all are full.
        let in_order = matches!(p.balance, Balance::RoundRobin | Balance::StaticRr | Balance::First);
        if in_order && live.back.queued.get() > 0 {
            return None;
        }
        let key = self.balance_key(c, p);
        let streams = live.back.streams.get();
        let load = |s: usize| -> Load { live.servers[s].load(streams) };
        let mut farm = lock(&live.farm);
        let chosen = farm.pick(key, avoid.map(|s| s.0), &mut || super::stage::random() as u32, &load);
        chosen.map(ServerId)
    }
}
