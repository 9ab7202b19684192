//! Fetches that read and change stick-table entries (manual 7.3.2, `sc_*`, `src_*`, `table_*`).
//!
//! Each item comes five times: `sc_x(ctr)` for the key that counter `ctr` tracks, `sc0_x` to `sc2_x` with the counter in the
//! name, and `src_x` for the client's address. A table may be named: then the key is looked up there. An entry that is not
//! there reads 0; a counter that tracks nothing, or a table that does not store the item, gives no sample.

use crate::expr::fetch::{ArgKind, ArgSpec, FETCH, Fetch, Needs, int_arg, opt, req};
use crate::expr::scope::{Gauge, Scope, TableAction, TableEntry, TableQuestion};
use crate::expr::value::{Type, Value};
use crate::ir::ProxyId;
use crate::ir::expr::Arg;
use crate::table::data_types as item;
use TableAction::{Clear, Exists, Increment, Read, Trackers};

/// The table that an argument names.
pub fn table(a: &[Arg], i: usize) -> Option<ProxyId> {
    match a.get(i)? {
        Arg::Table(n) => n.target,
        _ => None,
    }
}

fn tracked(s: &Scope<'_>, counter: Option<i64>, a: &[Arg], at: usize, action: TableAction) -> Option<i64> {
    let tracked = (*s.tracked.get(usize::try_from(counter?).ok()?)?)?;
    let table = table(a, at).unwrap_or(tracked.table);
    s.live.table(TableQuestion { table, entry: TableEntry::Tracked(tracked), action })
}

fn of_source(s: &Scope<'_>, a: &[Arg], at: usize, action: TableAction) -> Option<i64> {
    let source = Value::Ip(s.connection.source?.ip());
    s.live.table(TableQuestion { table: table(a, at)?, entry: TableEntry::Key(source), action })
}

fn index(a: &[Arg]) -> Option<u32> {
    u32::try_from(int_arg(a, 0)?).ok()
}

const COUNTER: &[ArgSpec] = &[req(ArgKind::Int), opt(ArgKind::Table)];
const BARE: &[ArgSpec] = &[opt(ArgKind::Table)];
const SOURCE: &[ArgSpec] = &[opt(ArgKind::OwnTable)];
const INDEX_COUNTER: &[ArgSpec] = &[req(ArgKind::Int), req(ArgKind::Int), opt(ArgKind::Table)];
const INDEX_BARE: &[ArgSpec] = &[req(ArgKind::Int), opt(ArgKind::Table)];
const INDEX_SOURCE: &[ArgSpec] = &[req(ArgKind::Int), opt(ArgKind::OwnTable)];

const TABLES: Fetch = Fetch { out: Type::Int, needs: Needs::Client, ..FETCH };

/// `"name" action, right shift, what it is;`
macro_rules! items {
    ($list:ident: $($name:literal $action:expr, $shift:literal, $doc:literal;)*) => {
        pub const $list: &[&Fetch] = &[$(
            &Fetch { name: concat!("sc_", $name), args: COUNTER, doc: $doc,
                get: |s, a, _| tracked(s, int_arg(a, 0), a, 1, $action).map(|n| Value::Int(n >> $shift)), ..TABLES },
            &Fetch { name: concat!("sc0_", $name), args: BARE, doc: $doc,
                get: |s, a, _| tracked(s, Some(0), a, 0, $action).map(|n| Value::Int(n >> $shift)), ..TABLES },
            &Fetch { name: concat!("sc1_", $name), args: BARE, doc: $doc,
                get: |s, a, _| tracked(s, Some(1), a, 0, $action).map(|n| Value::Int(n >> $shift)), ..TABLES },
            &Fetch { name: concat!("sc2_", $name), args: BARE, doc: $doc,
                get: |s, a, _| tracked(s, Some(2), a, 0, $action).map(|n| Value::Int(n >> $shift)), ..TABLES },
            &Fetch { name: concat!("src_", $name), args: SOURCE, doc: $doc,
                get: |s, a, _| of_source(s, a, 0, $action).map(|n| Value::Int(n >> $shift)), ..TABLES },
        )*];
    };
}

items! { ITEMS:
    "bytes_in_rate" Read(item::BYTES_IN_RATE, 0), 0, "Bytes from the client over the table's period.";
    "bytes_out_rate" Read(item::BYTES_OUT_RATE, 0), 0, "Bytes to the client over the table's period.";
    "conn_cnt" Read(item::CONN_CNT, 0), 0, "Connections so far.";
    "conn_cur" Read(item::CONN_CUR, 0), 0, "Connections at this moment.";
    "conn_rate" Read(item::CONN_RATE, 0), 0, "Connections over the table's period.";
    "get_gpc0" Read(item::GPC0, 0), 0, "The first general-purpose counter.";
    "get_gpc1" Read(item::GPC1, 0), 0, "The second general-purpose counter.";
    "get_gpt0" Read(item::GPT0, 0), 0, "The first general-purpose tag.";
    "gpc0_rate" Read(item::GPC0_RATE, 0), 0, "How often the first general-purpose counter was incremented over the period.";
    "gpc1_rate" Read(item::GPC1_RATE, 0), 0, "How often the second general-purpose counter was incremented over the period.";
    "http_err_cnt" Read(item::HTTP_ERR_CNT, 0), 0, "Requests that failed through the client's fault.";
    "http_err_rate" Read(item::HTTP_ERR_RATE, 0), 0, "Requests that failed through the client's fault, over the period.";
    "http_fail_cnt" Read(item::HTTP_FAIL_CNT, 0), 0, "Responses that failed through a server's fault.";
    "http_fail_rate" Read(item::HTTP_FAIL_RATE, 0), 0, "Responses that failed through a server's fault, over the period.";
    "http_req_cnt" Read(item::HTTP_REQ_CNT, 0), 0, "HTTP requests so far.";
    "http_req_rate" Read(item::HTTP_REQ_RATE, 0), 0, "HTTP requests over the table's period.";
    "kbytes_in" Read(item::BYTES_IN_CNT, 0), 10, "KiB from the client so far.";
    "kbytes_out" Read(item::BYTES_OUT_CNT, 0), 10, "KiB to the client so far.";
    "sess_cnt" Read(item::SESS_CNT, 0), 0, "Sessions so far: connections that the rules let in.";
    "sess_rate" Read(item::SESS_RATE, 0), 0, "Sessions over the table's period.";
    "clr_gpc0" Clear(item::GPC0, 0), 0, "Clears the first general-purpose counter and tells what it was.";
    "clr_gpc1" Clear(item::GPC1, 0), 0, "Clears the second general-purpose counter and tells what it was.";
    "inc_gpc0" Increment(item::GPC0, Some(item::GPC0_RATE), 0), 0, "Increments the first general-purpose counter and tells it.";
    "inc_gpc1" Increment(item::GPC1, Some(item::GPC1_RATE), 0), 0, "Increments the second general-purpose counter and tells it.";
}

/// The same for elements of arrays, whose index comes first. Only `clr_gpc` has the counter in its name, once.
macro_rules! elements {
    ($list:ident: $($name:literal $action:expr, $doc:literal;)*) => {
        pub const $list: &[&Fetch] = &[$(
            &Fetch { name: concat!("sc_", $name), args: INDEX_COUNTER, doc: $doc,
                get: |s, a, _| tracked(s, int_arg(a, 1), a, 2, $action(index(a)?)).map(Value::Int), ..TABLES },
            &Fetch { name: concat!("src_", $name), args: INDEX_SOURCE, doc: $doc,
                get: |s, a, _| of_source(s, a, 1, $action(index(a)?)).map(Value::Int), ..TABLES },
        )*];
    };
}

elements! { ELEMENTS:
    "get_gpc" |i| Read(item::GPC, i), "A general-purpose counter, by its index.";
    "get_gpt" |i| Read(item::GPT, i), "A general-purpose tag, by its index.";
    "gpc_rate" |i| Read(item::GPC_RATE, i), "How often a general-purpose counter was incremented over the period.";
    "inc_gpc" |i| Increment(item::GPC, Some(item::GPC_RATE), i), "Increments a general-purpose counter and tells it.";
    "clr_gpc" |i| Clear(item::GPC, i), "Clears a general-purpose counter and tells what it was.";
}

pub const ALL: &[&Fetch] = &[
    &TABLE_AVL,
    &TABLE_CNT,
    &SC1_CLR_GPC,
    &SRC_UPDT_CONN_CNT,
    &SC_TRACKED,
    &SC0_TRACKED,
    &SC1_TRACKED,
    &SC2_TRACKED,
    &SC_TRACKERS,
    &SC0_TRACKERS,
    &SC1_TRACKERS,
    &SC2_TRACKERS,
];

const SC1_CLR_GPC: Fetch = Fetch {
    name: "sc1_clr_gpc",
    args: INDEX_BARE,
    doc: "Clears a general-purpose counter of sc1 and tells what it was.",
    get: |s, a, _| tracked(s, Some(1), a, 1, Clear(item::GPC, index(a)?)).map(Value::Int),
    ..TABLES
};
const SRC_UPDT_CONN_CNT: Fetch = Fetch {
    name: "src_updt_conn_cnt",
    args: SOURCE,
    doc: "Counts a connection for the client's address, and tells how many there were.",
    get: |s, a, _| of_source(s, a, 0, Increment(item::CONN_CNT, None, 0)).map(Value::Int),
    ..TABLES
};

const fn is_tracked(name: &'static str, args: &'static [ArgSpec], get: crate::expr::fetch::Get) -> Fetch {
    Fetch {
        name,
        args,
        get,
        out: Type::Bool,
        doc: "Whether the counter tracks a key, or one that a table has.",
        ..TABLES
    }
}

fn tracks(s: &Scope<'_>, counter: Option<i64>, a: &[Arg], at: usize) -> Option<Value<'static>> {
    Some(Value::Bool(tracked(s, counter, a, at, Exists).unwrap_or(0) != 0))
}

const SC_TRACKED: Fetch = is_tracked("sc_tracked", COUNTER, |s, a, _| tracks(s, int_arg(a, 0), a, 1));
const SC0_TRACKED: Fetch = is_tracked("sc0_tracked", BARE, |s, a, _| tracks(s, Some(0), a, 0));
const SC1_TRACKED: Fetch = is_tracked("sc1_tracked", BARE, |s, a, _| tracks(s, Some(1), a, 0));
const SC2_TRACKED: Fetch = is_tracked("sc2_tracked", BARE, |s, a, _| tracks(s, Some(2), a, 0));

const fn trackers(name: &'static str, args: &'static [ArgSpec], get: crate::expr::fetch::Get) -> Fetch {
    Fetch { name, args, get, doc: "How many connections and requests track the same key.", ..TABLES }
}

const SC_TRACKERS: Fetch =
    trackers("sc_trackers", COUNTER, |s, a, _| tracked(s, int_arg(a, 0), a, 1, Trackers).map(Value::Int));
const SC0_TRACKERS: Fetch =
    trackers("sc0_trackers", BARE, |s, a, _| tracked(s, Some(0), a, 0, Trackers).map(Value::Int));
const SC1_TRACKERS: Fetch =
    trackers("sc1_trackers", BARE, |s, a, _| tracked(s, Some(1), a, 0, Trackers).map(Value::Int));
const SC2_TRACKERS: Fetch =
    trackers("sc2_trackers", BARE, |s, a, _| tracked(s, Some(2), a, 0, Trackers).map(Value::Int));

const TABLE_AVL: Fetch = Fetch {
    name: "table_avl",
    args: &[req(ArgKind::Table)],
    out: Type::Int,
    doc: "Free entries of a table.",
    get: |s, a, _| s.live.gauge(Gauge::TableAvailable(table(a, 0)?)).map(Value::Int),
    ..FETCH
};
const TABLE_CNT: Fetch = Fetch {
    name: "table_cnt",
    args: &[req(ArgKind::Table)],
    out: Type::Int,
    doc: "Used entries of a table.",
    get: |s, a, _| s.live.gauge(Gauge::TableUsed(table(a, 0)?)).map(Value::Int),
    ..FETCH
};
