//! Stick-tables as streams and rules use them: found by sample values, tracked, counted (manual 4.2 `stick-table`).

use super::world::World;
use crate::expr::scope::{Counters, TableAction, TableEntry, TableQuestion, Tracked};
use crate::expr::value::{Type, Value};
use crate::ir::ProxyId;
use crate::ir::table::KeyType;
use crate::table::data_types;
use crate::table::key::Key;
use crate::table::store::Table;

/// What a value is as a key; `None` when it cannot be one.
pub fn key(kind: KeyType, value: Value<'_>) -> Option<Key> {
    match kind {
        KeyType::Ip | KeyType::Ipv6 => Key::address(kind, value.as_ip()?),
        KeyType::Integer => value.as_int().map(Key::integer),
        KeyType::String(_) => Key::bytes(kind, &value.cast(Type::Str)?.into_text()),
        KeyType::Binary(_) => Key::bytes(kind, &value.into_binary()),
    }
}

/// Answers an expression.
pub fn ask(world: &World, question: TableQuestion<'_>) -> Option<i64> {
    let now = world.uptime_ms();
    let live = world.proxies.get(question.table.0)?.table.as_ref()?;
    let kind = world.config.proxies[question.table.0].table.as_ref()?.key;
    let key = match question.entry {
        TableEntry::Key(value) => key(kind, value)?,
        TableEntry::Tracked(t) if t.table == question.table => {
            let (mut part, id) = live.at(t.entry);
            return act(world, &mut part, Some(id), question.action, now);
        }
        TableEntry::Tracked(t) => {
            let (part, id) = world.proxies.get(t.table.0)?.table.as_ref()?.at(t.entry);
            part.get(id)?.key().clone()
        }
    };
    if matches!(question.action, TableAction::Increment(..))
        && let Some(((mut part, id), _)) = live.entry(key.clone(), now)
    {
        return act(world, &mut part, Some(id), question.action, now);
    }
    let mut part = live.of_key(&key);
    let id = part.find(&key, now);
    act(world, &mut part, id, question.action, now)
}

fn act(world: &World, t: &mut Table, id: Option<usize>, action: TableAction, now: u64) -> Option<i64> {
    let entry = id.and_then(|id| t.get(id));
    Some(match action {
        TableAction::Exists => i64::from(entry.is_some()),
        TableAction::Trackers => entry.map_or(0, |e| e.trackers.into()),
        TableAction::Expire => t.left(entry?, now) as i64,
        TableAction::Idle => t.idle(entry?, now) as i64,
        TableAction::Server => {
            let server = entry.and_then(|e| e.server);
            server.map_or(0, |(p, s)| world.config.proxies[p.0].servers[s.0].id.into())
        }
        TableAction::Read(item, index) => {
            let place = t.place(item, index)?;
            id.map_or(0, |id| t.read(id, place, now))
        }
        TableAction::Increment(item, rate, index) => {
            let (place, rate) = (t.place(item, index), rate.and_then(|r| t.place(r, index)));
            if place.is_none() && rate.is_none() {
                return None;
            }
            let Some(id) = id else { return Some(0) };
            let events = rate.map_or(0, |r| t.add(id, r, 1, now));
            place.map_or(events, |p| t.add(id, p, 1, now))
        }
        TableAction::Clear(item, index) => {
            let place = t.place(item, index)?;
            let Some(id) = id else { return Some(0) };
            let old = t.read(id, place, now);
            t.set(id, place, 0, now);
            old
        }
        TableAction::Set(item, index, n) => {
            let place = t.place(item, index)?;
            t.set(id?, place, n, now);
            n
        }
    })
}

/// Begins to track the entry of a key, made if need be.
pub fn track(world: &World, table: ProxyId, value: Value<'_>, events: &[(u16, i64)]) -> Option<usize> {
    let now = world.uptime_ms();
    let live = world.proxies.get(table.0)?.table.as_ref()?;
    let kind = world.config.proxies[table.0].table.as_ref()?.key;
    let key = key(kind, value)?;
    let ((mut t, id), number) = live.entry(key, now)?;
    t.track(id);
    for event in [Event::Connection, Event::Concurrent(1)] {
        count_in(&mut t, id, event, now);
    }
    change(&mut t, id, events, now);
    Some(number)
}

/// What happens to those who are tracked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    Connection,
    /// One more, or one less.
    Concurrent(i64),
    Session,
    Request,
    /// The client's fault.
    Error,
    /// The server's fault.
    Failure,
    /// From the client, and to it.
    Bytes(u64, u64),
}

/// Counts an event for everybody who is tracked.
pub fn count(world: &World, tracked: &Counters, event: Event) {
    for t in tracked.iter().flatten() {
        if let Some(live) = &world.proxies[t.table.0].table {
            let (mut part, id) = live.at(t.entry);
            count_in(&mut part, id, event, world.uptime_ms());
        }
    }
}

fn count_in(t: &mut Table, id: usize, event: Event, now: u64) {
    let clamp = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let changes: &[(u16, i64)] = match event {
        Event::Connection => &[(data_types::CONN_CNT, 1), (data_types::CONN_RATE, 1)],
        Event::Concurrent(n) => &[(data_types::CONN_CUR, n)],
        Event::Session => &[(data_types::SESS_CNT, 1), (data_types::SESS_RATE, 1)],
        Event::Request => &[(data_types::HTTP_REQ_CNT, 1), (data_types::HTTP_REQ_RATE, 1)],
        Event::Error => &[(data_types::HTTP_ERR_CNT, 1), (data_types::HTTP_ERR_RATE, 1)],
        Event::Failure => &[(data_types::HTTP_FAIL_CNT, 1), (data_types::HTTP_FAIL_RATE, 1)],
        Event::Bytes(up, down) => &[
            (data_types::BYTES_IN_CNT, clamp(up)),
            (data_types::BYTES_IN_RATE, clamp(up)),
            (data_types::BYTES_OUT_CNT, clamp(down)),
            (data_types::BYTES_OUT_RATE, clamp(down)),
        ],
    };
    change(t, id, changes, now);
}

fn change(t: &mut Table, id: usize, changes: &[(u16, i64)], now: u64) {
    for (item, n) in changes {
        if let Some(place) = t.place(*item, 0) {
            t.add(id, place, *n, now);
        }
    }
}

/// Lets go of those whose time is over.
pub fn release(world: &World, tracked: &mut Counters, is_over: impl Fn(&Tracked) -> bool) {
    for slot in tracked {
        let Some(t) = slot.filter(&is_over) else { continue };
        *slot = None;
        if let Some(live) = &world.proxies[t.table.0].table {
            let ((mut part, id), now) = (live.at(t.entry), world.uptime_ms());
            count_in(&mut part, id, Event::Concurrent(-1), now);
            part.release(id, now);
        }
    }
}

/// What a connection tracks; let go when it ends, however it ends.
pub struct Tracks {
    world: &'static World,
    pub counters: Counters,
}

impl Tracks {
    pub fn new(world: &'static World) -> Self {
        Self { world, counters: Counters::default() }
    }
}

impl Drop for Tracks {
    fn drop(&mut self) {
        release(self.world, &mut self.counters, |_| true);
    }
}
