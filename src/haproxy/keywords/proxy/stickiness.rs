//! Stick-tables and stick rules (manual 4.2 `stick-table`, `stick`).

use crate::haproxy::keyword::{BACKEND, FRONTEND, KEYWORD, Keyword, LISTEN, Line, Syntax};
use crate::haproxy::lower::sample::Place;
use crate::haproxy::lower::{condition, sample, time};
use crate::ir::Named;
use crate::ir::table::{KeyType, ServerKey, StickRule, StickTable, StoredType};
use crate::table::data_types;
use crate::text::atoms;
use crate::text::book::Status;
use crate::text::diag::Diagnostic;

pub const ALL: &[&Keyword] = &[&STICK_TABLE, &STICK_ON, &STICK_MATCH, &STICK_STORE_REQUEST, &STICK_STORE_RESPONSE];

const STICK_TABLE: Keyword = Keyword {
    name: "stick-table",
    sections: FRONTEND.or(LISTEN).or(BACKEND),
    args: Syntax::Custom(
        "type {ip | integer | string [len <length>] | binary [len <length>]} size <size> [expire <expire>] [nopurge] [peers <peersect>] [srvkey <srvkey>] [store <data_type>]*",
    ),
    doc: "A table of keys: which server, which counters.",
    examples: &[
        "stick-table type ip size 200k expire 30m",
        "stick-table type string len 64 size 10k store conn_cur,http_req_rate(10s)",
    ],
    rejects: &["stick-table", "stick-table type nonsense size 1"],
    lower: |l| match table(l) {
        Ok(t) => l.proxy().table = Some(t),
        Err((n, e)) => l.error(n, format!("stick-table: {e}")),
    },
    ..KEYWORD
};

fn table(l: &mut Line<'_>) -> Result<StickTable, (usize, String)> {
    let mut key = None;
    let mut t = StickTable {
        key: KeyType::Ip,
        size: 0,
        expire: None,
        no_purge: false,
        store: Vec::new(),
        peers: None,
        server_key: ServerKey::Name,
        at: l.at(),
    };
    let mut i = 0;
    while i < l.rest().len() {
        let (word, value) = (l.arg(i).to_owned(), l.arg(i + 1).to_owned());
        let mut used = 2;
        match word.as_str() {
            "type" => {
                let len = (l.arg(i + 2) == "len")
                    .then(|| atoms::unsigned(l.arg(i + 3)).and_then(|n| usize::try_from(n).ok()));
                if len.is_some() {
                    used = 4;
                }
                let len = len.flatten().unwrap_or(32);
                key = Some(match value.as_str() {
                    "ip" | "ipv4" => KeyType::Ip,
                    "ipv6" => KeyType::Ipv6,
                    "integer" => KeyType::Integer,
                    "string" => KeyType::String(len),
                    "binary" => KeyType::Binary(len),
                    other => return Err((i + 1, format!("unknown type '{other}'."))),
                });
            }
            "size" => {
                t.size = atoms::size(&value)
                    .ok()
                    .and_then(|n| usize::try_from(n).ok())
                    .filter(|n| *n > 0)
                    .ok_or_else(|| (i + 1, format!("unexpected character in argument of '{word}'.")))?;
            }
            "expire" => t.expire = time::nonzero(time::milliseconds(&value, "expire").map_err(|e| (i + 1, e))?),
            "nopurge" => {
                t.no_purge = true;
                used = 1;
            }
            "srvkey" => {
                t.server_key = match value.as_str() {
                    "name" => ServerKey::Name,
                    "addr" => ServerKey::Addr,
                    other => return Err((i + 1, format!("srvkey '{other}' unknown."))),
                };
            }
            "peers" => {
                let d = Diagnostic::error(
                    "not-implemented",
                    l.arg_at(i),
                    "'stick-table ... peers' is not implemented in this version of Hawser.",
                );
                l.diag.push(d);
            }
            "store" => t.store.extend(store(&value).map_err(|e| (i + 1, e))?),
            other => return Err((i, format!("unknown argument '{other}'."))),
        }
        i += used;
    }
    let stores = |name: &str| t.store.iter().any(|s| data_types::get(s.item).name == name);
    let exclusive: [(&str, &[&str], &str); 3] = [
        ("gpt", &["gpt0"], "gpt0"),
        ("gpc", &["gpc0", "gpc1"], "gpc[0/1]"),
        ("gpc_rate", &["gpc0_rate", "gpc1_rate"], "gpc[0/1]_rate"),
    ];
    for (array, single, shown) in exclusive {
        if stores(array) && single.iter().any(|s| stores(s)) {
            let e = format!(
                "simultaneous usage of '{array}' and '{shown}' in a same table is not permitted as '{array}' overrides '{shown}'."
            );
            return Err((0, e));
        }
    }
    t.key = key.ok_or_else(|| (0, "missing argument 'type'.".to_owned()))?;
    if t.size == 0 {
        return Err((0, "missing size.".to_owned()));
    }
    Ok(t)
}

/// `conn_cur,http_req_rate(10s),gpc(4)`
fn store(text: &str) -> Result<Vec<StoredType>, String> {
    let mut out = Vec::new();
    // `gpc_rate(2,10s)` has a comma of its own.
    let mut depth = 0;
    let items = text.split(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        c == ',' && depth == 0
    });
    for item in items {
        let (name, arg) = match item.split_once('(') {
            Some((n, a)) => (n, Some(a.trim_end_matches(')'))),
            None => (item, None),
        };
        let id = data_types::find(name).ok_or_else(|| format!("unknown data type '{name}'."))?;
        let kind = data_types::get(id);
        let mut stored = StoredType { item: id, period: None, count: None };
        match (kind.needs_period, kind.is_array) {
            (true, false) => {
                let arg = arg.ok_or_else(|| format!("missing argument for data type '{name}'."))?;
                stored.period = time::nonzero(time::milliseconds(arg, name)?);
            }
            (period, true) => {
                let mut parts = arg.unwrap_or("").splitn(2, ',');
                let count = parts.next().and_then(atoms::unsigned).and_then(|n| u32::try_from(n).ok());
                stored.count = Some(
                    count
                        .filter(|n| (1..=100).contains(n))
                        .ok_or_else(|| format!("invalid number of elements for '{name}'."))?,
                );
                if period {
                    stored.period = time::nonzero(time::milliseconds(parts.next().unwrap_or(""), name)?);
                }
            }
            (false, false) => {}
        }
        out.push(stored);
    }
    Ok(out)
}

const fn stick(name: &'static str, doc: &'static str, lower: fn(&mut Line<'_>)) -> Keyword {
    Keyword {
        name,
        sections: LISTEN.or(BACKEND),
        args: Syntax::Custom("<pattern> [table <table>] [{if | unless} <cond>]"),
        doc,
        lower,
        status: Status::Works,
        ..KEYWORD
    }
}

fn rule(l: &mut Line<'_>, matches: bool, stores: bool, on_response: bool) {
    let words = l.rest().to_vec();
    let name = l.keyword.name;
    let (body, tail) = condition::split(&words);
    let Some(first) = body.first() else {
        return l.error(0, format!("'{name}' : expects a sample expression."));
    };
    let key = match sample::parse(&first.text, first.at, l.draft) {
        Ok(k) => k,
        Err(e) => return l.error(0, format!("'{name}' : {e}")),
    };
    let place = if on_response { Place::Response } else { Place::Request };
    if let Some(what) = sample::unavailable(&key, place) {
        return l.error(0, format!("'{name}': fetch method '{}' extracts information from '{what}', none of which is available for '{name}'.", first.text));
    }
    let table = match body.get(1..) {
        None | Some([]) => None,
        Some([t, n]) if t.text == "table" => Some(Named::new(n.text.as_str(), n.at)),
        Some([other, ..]) => {
            let message = format!("'{name}' : unknown argument '{}'.", other.text);
            return l.error(1, message);
        }
    };
    match condition::trailing_condition(tail, l.draft, l.diag) {
        Ok(condition) => {
            let at = l.at();
            l.proxy().stick_rules.push(StickRule { key, table, matches, stores, on_response, condition, at });
        }
        Err(e) => l.error(1, format!("'{name}' : error detected while parsing sticking condition : {e}")),
    }
}
const STICK_ON: Keyword =
    stick("stick on", "Looks a key up, and remembers its server.", |l| rule(l, true, true, false));
const STICK_MATCH: Keyword = stick("stick match", "Looks a key up.", |l| rule(l, true, false, false));
const STICK_STORE_REQUEST: Keyword =
    stick("stick store-request", "Remembers the server of a request's key.", |l| rule(l, false, true, false));
const STICK_STORE_RESPONSE: Keyword =
    stick("stick store-response", "Remembers the server of a response's key.", |l| rule(l, false, true, true));
