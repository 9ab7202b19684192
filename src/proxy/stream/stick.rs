//! Persistence by stick-table (HAProxy manual 4.2 `stick on`, `stick match`, `stick store-request`,
//! `stick store-response`).

use super::Stream;
use crate::expr::{acl, eval};
use crate::ir::table::StickRule;
use crate::ir::{ProxyId, ServerId};
use crate::proxy::end::{When, Who};
use crate::proxy::session::Client;
use crate::proxy::tables::{self, Event};
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
                t.stick(key, (back, server), now);
            }
        }
    }

    /// Counts an event for the stick counters, if it is one.
    pub(super) fn count_tracked(&self, event: Event, is_one: bool) {
        if is_one && self.tracked.iter().any(Option::is_some) {
            tables::count(self.local.world, &self.tracked, event);
        }
    }

    /// The stream is over: what it brought is counted, and what it tracked is let go.
    pub(super) fn untrack(&mut self) {
        let no_answer =
            self.back.is_some() && self.end.when == When::Headers && self.transaction.server_status.is_none();
        let is_failure = no_answer && matches!(self.end.who, Who::Server | Who::ServerTimeout | Who::Policy);
        self.count_tracked(Event::Failure, is_failure && self.is_http);
        self.count_tracked(Event::Bytes(self.bytes_in, self.bytes_out), true);
        tables::release(self.local.world, &mut self.tracked, |t| t.of_stream);
        self.tracked = Default::default();
    }

    fn note_key(&mut self, table: ProxyId, key: Key) {
        if self.stick_keys.len() < MOST_STORED {
            self.stick_keys.push((table, key));
        }
    }

    fn find_stuck(&self, back: ProxyId, table: ProxyId, key: &Key) -> Option<ServerId> {
        let world = self.local.world;
        let (p, live) = world.proxy(back);
        let stuck = world.proxies[table.0].table.as_ref()?.of_key(key).server(key, world.uptime_ms())?;
        let found = self.in_this_backend(back, stuck)?;
        (p.options.persist || self.cookie.forced || lock(&live.servers[found.0].health).is_reachable()).then_some(found)
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
            tables::key(kind, eval(&rule.key, scope)?)
        })?;
        Some((table, key))
    }
}
