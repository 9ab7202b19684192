//! Persistence by stick-table (HAProxy manual 4.2 `stick on`, `stick match`, `stick store-request`,
//! `stick store-response`).

use super::Stream;
use crate::expr::{acl, eval, value};
use crate::ir::table::{KeyType, StickRule};
use crate::ir::{ProxyId, ServerId};
use crate::proxy::session::Client;
use crate::proxy::world::lock;
use crate::table::key::Key;

/// Keys of one exchange that get its server when it answers.
const MOST_STORED: usize = 8;

impl Stream {
    /// Looks for a server that the request sticks to, and notes which keys are to remember the one that it gets.
    pub(super) fn read_tables(&mut self, c: &Client) {
        let (back, p) = self.side(c);
        if p.stick_rules.is_empty() {
            return;
        }
        for rule in p.stick_rules.iter().filter(|r| !r.on_response) {
            let Some((table, key)) = self.key_of(c, back, rule) else { continue };
            if rule.matches && self.cookie.server.is_none() {
                self.cookie.server = self.find_stuck(back, table, &key);
            }
            if rule.stores {
                self.note_key(table, key);
            }
        }
    }

    /// The response is there: every key that was noted, and those of the response, remember its server.
    pub(super) fn write_tables(&mut self, c: &Client) {
        let Some((back, server)) = self.back.zip(self.server) else { return };
        let world = self.local.world;
        let p = &world.config.proxies[back.0];
        if p.stick_rules.is_empty() {
            return;
        }
        for rule in p.stick_rules.iter().filter(|r| r.on_response) {
            if let Some((table, key)) = self.key_of(c, back, rule) {
                self.note_key(table, key);
            }
        }
        if p.servers[server.0].options.non_stick {
            return;
        }
        let now = world.uptime_ms();
        for (table, key) in self.stick_keys.drain(..) {
            if let Some(t) = &world.proxies[table.0].table {
                lock(t).stick(key, (back, server), now);
            }
        }
    }

    fn note_key(&mut self, table: ProxyId, key: Key) {
        if self.stick_keys.len() < MOST_STORED {
            self.stick_keys.push((table, key));
        }
    }

    fn find_stuck(&self, back: ProxyId, table: ProxyId, key: &Key) -> Option<ServerId> {
        let world = self.local.world;
        let (p, live) = world.proxy(back);
        let stuck = lock(world.proxies[table.0].table.as_ref()?).server(key, world.uptime_ms())?;
        let found = self.in_this_backend(back, stuck)?;
        (p.options.persist || lock(&live.servers[found.0].health).is_reachable()).then_some(found)
    }

    /// A table may serve several backends: what they have in common is the servers' names, or else their numbers.
    fn in_this_backend(&self, back: ProxyId, (of, stuck): (ProxyId, ServerId)) -> Option<ServerId> {
        if of == back {
            return Some(stuck);
        }
        let proxies = &self.local.world.config.proxies;
        let (wanted, here) = (&proxies[of.0].servers[stuck.0], &proxies[back.0].servers);
        let by_name = here.iter().position(|s| s.name == wanted.name);
        by_name.or_else(|| here.iter().position(|s| s.id == wanted.id)).map(ServerId)
    }

    /// The table that a rule means and the key that it finds; `None` when its condition fails or there is no key.
    fn key_of(&self, c: &Client, back: ProxyId, rule: &StickRule) -> Option<(ProxyId, Key)> {
        let world = self.local.world;
        let table = rule.table.as_ref().and_then(|t| t.target).unwrap_or(back);
        let kind = world.config.proxies[table.0].table.as_ref()?.key;
        let acls = &world.config.proxies[back.0].acls;
        let key = self.with_scope(c, |scope| {
            if rule.condition.as_ref().is_some_and(|condition| !acl::holds(condition, acls, scope)) {
                return None;
            }
            let found = eval(&rule.key, scope)?;
            match kind {
                KeyType::Ip | KeyType::Ipv6 => Key::address(kind, found.as_ip()?),
                KeyType::Integer => found.as_int().map(Key::integer),
                KeyType::String(_) => Key::bytes(kind, &found.cast(value::Type::Str)?.into_text()),
                KeyType::Binary(_) => Key::bytes(kind, &found.into_binary()),
            }
        })?;
        Some((table, key))
    }
}
