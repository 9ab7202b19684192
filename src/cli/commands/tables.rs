//! Commands about stick-tables (management guide 9.3 `show table`, `set table`, `clear table`).

use std::fmt::Write as _;

use crate::cli::command::{COMMAND, Command, Input, Output};
use crate::cli::control::Control;
use crate::expr::value;
use crate::ir::listener::AccessLevel;
use crate::ir::table::{KeyType, ServerKey};
use crate::ir::{Config, ProxyId, ServerId};
use crate::table::data_types;
use crate::table::key::Key;
use crate::table::shards::Whole;
use crate::table::store::Place;

pub const ALL: &[&Command] = &[&CLEAR_TABLE, &SET_TABLE, &SHOW_TABLE];

/// Conditions on data that one command takes.
const MOST_FILTERS: usize = 4;

const SHOW_TABLE: Command = Command {
    name: "show table",
    args: "<table> [<filter>]*",
    doc: "report table usage stats or dump this table's contents (filter: data/key)",
    run: |_, c, i| if i.words.is_empty() { list(c) } else { answer(show(c, i)) },
    ..COMMAND
};
const CLEAR_TABLE: Command = Command {
    name: "clear table",
    args: "<table> [<filter>]*",
    doc: "remove an entry from a table (filter: data/key)",
    level: AccessLevel::Operator,
    run: |_, c, i| answer(clear(c, i)),
    ..COMMAND
};
const SET_TABLE: Command = Command {
    name: "set table",
    args: "<table> key <k> [data.* <v>]*",
    doc: "update or create a table entry's data",
    level: AccessLevel::Operator,
    run: |_, c, i| answer(set(c, i)),
    ..COMMAND
};

type Found<T> = Result<T, String>;

fn answer(result: Found<String>) -> Output {
    match result {
        Ok(text) => Output::Text(text),
        Err(e) => Output::line(e),
    }
}

fn list(c: &dyn Control) -> Output {
    let mut out = String::new();
    // The latest first, as the original keeps them.
    for p in (0..c.config().proxies.len()).rev().map(ProxyId) {
        c.with_table(p, &mut |t, now| head(&mut out, c.config(), p, t, now));
    }
    Output::Text(out)
}

fn head(out: &mut String, config: &Config, p: ProxyId, t: &mut Whole<'_>, now: u64) {
    let (name, kind, size, used) = (&config.proxies[p.0].name, t.spec().key.name(), t.spec().size, t.used(now));
    let _ = writeln!(out, "# table: {name}, type: {kind}, size:{size}, used:{used}");
}

fn find(c: &dyn Control, name: &str) -> Found<ProxyId> {
    let found = c.config().proxies.iter().position(|p| p.table.is_some() && p.name == name);
    found.map(ProxyId).ok_or_else(|| "No such table".to_owned())
}

/// Which entries a command means.
enum Which {
    All,
    Key(String),
    Data(Vec<Filter>),
}

struct Filter {
    item: u16,
    holds: fn(i64, i64) -> bool,
    value: i64,
}

fn which(input: &Input<'_>, t: &Whole<'_>, sticks: bool) -> Found<Which> {
    match input.word(1) {
        "" => Ok(Which::All),
        "key" if input.word(2).is_empty() => Err("Key value expected".to_owned()),
        "key" if matches!(t.spec().key, KeyType::Binary(_)) => {
            Err("Showing keys from tables of type other than ip, ipv6, string and integer is not supported".to_owned())
        }
        "key" => Ok(Which::Key(input.word(2).to_owned())),
        word if word.starts_with("data.") => {
            let filters = input.words[1..].chunks(3).take(MOST_FILTERS).enumerate();
            let filters: Found<Vec<_>> = filters
                .map(|(n, words)| filter(words, t, sticks).map_err(|e| format!("Filter entry #{}: {e}", n + 1)))
                .collect();
            filters.map(Which::Data)
        }
        _ => {
            Err("Optional argument only supports \"data.<store_data_type>\" <operator> <value> and key <key>"
                .to_owned())
        }
    }
}

fn filter(words: &[String], t: &Whole<'_>, sticks: bool) -> Found<Filter> {
    let word = |n: usize| words.get(n).map_or("", String::as_str);
    let item = word(0).strip_prefix("data.").and_then(data_types::find).ok_or("Unknown data type")?;
    let is_server = data_types::get(item).name == "server_id" && sticks;
    if !is_server && !t.items().any(|i| i.item == item) {
        return Err("Data type not stored in this table".to_owned());
    }
    let holds: fn(i64, i64) -> bool = match word(1) {
        "eq" => |a, b| a == b,
        "ne" => |a, b| a != b,
        "le" => |a, b| a <= b,
        "ge" => |a, b| a >= b,
        "lt" => |a, b| a < b,
        "gt" => |a, b| a > b,
        _ => return Err("Require and operator among \"eq\", \"ne\", \"le\", \"ge\", \"lt\", \"gt\"".to_owned()),
    };
    let value = word(2).parse().map_err(|_| "Require a valid integer value to compare against".to_owned())?;
    Ok(Filter { item, holds, value })
}

/// Whether stick rules keep servers in a proxy's table: it then has the columns for them.
fn sticks(config: &Config, table: ProxyId) -> bool {
    config.proxies.iter().enumerate().any(|(i, p)| {
        p.stick_rules.iter().any(|r| r.table.as_ref().map_or(Some(ProxyId(i)), |t| t.target) == Some(table))
    })
}

/// The entries that are meant, the key's own or every fitting one.
fn meant(config: &Config, t: &mut Whole<'_>, which: &Which, now: u64) -> Vec<(Key, usize, u64)> {
    let kind = t.spec().key;
    let all = t.all(now);
    match which {
        Which::All => all,
        Which::Key(text) => {
            let wanted = Key::parse(kind, text);
            all.into_iter().filter(|(k, ..)| Some(k) == wanted.as_ref()).collect()
        }
        Which::Data(filters) => {
            let server = |id: usize| t.get(id).and_then(|e| e.server);
            let fits = |id: usize, f: &Filter| {
                let value = t.place(f.item, 0).map_or_else(
                    || server(id).map_or(0, |(p, s)| i64::from(config.proxies[p.0].servers[s.0].id)),
                    |place| t.read(id, place, now),
                );
                (f.holds)(value, f.value)
            };
            all.into_iter().filter(|(_, id, _)| filters.iter().all(|f| fits(*id, f))).collect()
        }
    }
}

fn show(c: &dyn Control, input: &Input<'_>) -> Found<String> {
    let (config, p) = (c.config(), find(c, input.word(0))?);
    let sticks = sticks(config, p);
    let mut result = Ok(String::new());
    c.with_table(p, &mut |t, now| {
        result = which(input, t, sticks).map(|which| {
            let mut out = String::new();
            let found = meant(config, t, &which, now);
            if found.is_empty() && matches!(which, Which::Key(_)) {
                return out;
            }
            head(&mut out, config, p, t, now);
            for (key, id, left) in &found {
                line(&mut out, config, t, sticks, (key, *id, *left, now));
            }
            out
        });
    });
    result
}

fn line(out: &mut String, config: &Config, t: &Whole<'_>, sticks: bool, (key, id, left, now): (&Key, usize, u64, u64)) {
    let Some(e) = t.get(id) else { return };
    let server = e.server.map(|(p, s)| &config.proxies[p.0].servers[s.0]);
    // Where the original prints an address in its memory, we print the entry's place.
    let _ = write!(out, "{:#x}: key={} use={} exp={left}", id + 1, key.print(t.spec().key), e.trackers);
    if sticks {
        let _ = write!(out, " server_id={}", server.map_or(0, |s| s.id));
    }
    let mut server_key = sticks.then(|| match (server, t.spec().server_key) {
        (None, _) => "-".to_owned(),
        (Some(s), ServerKey::Name) => s.name.clone(),
        (Some(s), ServerKey::Addr) => s.address.to_string(),
    });
    for item in t.items() {
        if item.item > data_types::SERVER_KEY
            && let Some(key) = server_key.take()
        {
            let _ = write!(out, " server_key={key}");
        }
        let kind = data_types::get(item.item);
        let period = item.period.map_or_else(String::new, |p| format!("({})", p.as_millis()));
        let (stem, tail) = kind.name.split_once('_').map_or((kind.name, ""), |(s, _)| (s, "_rate"));
        for i in 0..item.count.unwrap_or(1) {
            let value = t.place(item.item, i).map_or(0, |place| t.read(id, place, now));
            let _ = match item.count {
                None => write!(out, " {}{period}={value}", kind.name),
                Some(_) => write!(out, " {stem}{i}{tail}{period}={value}"),
            };
        }
    }
    if let Some(key) = server_key {
        let _ = write!(out, " server_key={key}");
    }
    out.push('\n');
}

fn clear(c: &dyn Control, input: &Input<'_>) -> Found<String> {
    if input.words.is_empty() {
        return Err(
            "Required arguments: <table> \"data.<store_data_type>\" <operator> <value> or <table> key <key>".to_owned()
        );
    }
    let (config, p) = (c.config(), find(c, input.word(0))?);
    let sticks = sticks(config, p);
    let mut result = Ok(String::new());
    c.with_table(p, &mut |t, now| {
        result = which(input, t, sticks).map(|which| {
            let mut all = true;
            for (key, ..) in meant(config, t, &which, now) {
                all &= t.remove(&key);
            }
            match which {
                Which::Key(_) if !all => "Entry currently in use, cannot remove\n".to_owned(),
                _ => String::new(),
            }
        });
    });
    result
}

fn set(c: &dyn Control, input: &Input<'_>) -> Found<String> {
    let usage = || "Required arguments: <table> key <key> [data.<store_data_type> <value>]*".to_owned();
    if input.words.is_empty() {
        return Err(usage());
    }
    let (config, p) = (c.config(), find(c, input.word(0))?);
    match input.word(1) {
        "" => return Ok(String::new()),
        "key" => {}
        _ => return Err(usage()),
    }
    let mut result = Err("Key value expected".to_owned());
    c.with_table(p, &mut |t, now| {
        let Some(key) = Key::parse(t.spec().key, input.word(2)) else { return };
        result = changes(&input.words[3..], t, config, p).map(|changes| {
            if let Some(id) = t.entry(key, now) {
                for change in changes {
                    match change {
                        Change::Server(s) => t.set_server(id, (p, s)),
                        Change::Value(place, v) => t.set(id, place, v, now),
                    }
                }
            }
            String::new()
        });
    });
    result
}

enum Change {
    Server(ServerId),
    Value(Place, i64),
}

fn changes(words: &[String], t: &Whole<'_>, config: &Config, p: ProxyId) -> Found<Vec<Change>> {
    let change = |words: &[String]| {
        let name = words[0].strip_prefix("data.").ok_or("\"data.<type>\" followed by a value expected")?;
        let item = data_types::find(name).ok_or("Unknown data type")?;
        let kind = data_types::get(item);
        let number = words.get(1).map(|w| value::leading_int(w.as_bytes())).filter(|(_, n)| *n > 0);
        // An array's name means its first element; the single names of its elements are not known here.
        let stored = t.items().find(|i| i.item == item).and_then(|i| t.place(i.item, 0));
        if kind.name == "server_id" && sticks(config, p) {
            let (id, _) = number.ok_or("Require a valid integer value to store")?;
            let s = config.proxies[p.0].servers.find(|s| i64::from(s.id) == id);
            return s.map(|s| Change::Server(ServerId(s))).ok_or_else(|| format!("No server has the number {id}"));
        }
        let place = stored.ok_or("Data type not stored in this table")?;
        let (v, _) = number.ok_or("Require a valid integer value to store")?;
        Ok(Change::Value(place, v))
    };
    words.chunks(2).map(change).collect()
}
