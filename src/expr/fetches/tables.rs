//! Fetches that read and change stick-table entries (manual 7.3.2, `sc_*`, `src_*`, `table_*`).

use crate::expr::fetch::{ArgKind, FETCH, Fetch, req};
use crate::expr::scope::Gauge;
use crate::expr::value::{Type, Value};
use crate::ir::ProxyId;
use crate::ir::expr::Arg;

pub const ALL: &[&Fetch] = &[&TABLE_AVL, &TABLE_CNT];

fn table(a: &[Arg]) -> Option<ProxyId> {
    match a.first()? {
        Arg::Table(n) => n.target,
        _ => None,
    }
}

const TABLE_AVL: Fetch = Fetch {
    name: "table_avl",
    args: &[req(ArgKind::Table)],
    out: Type::Int,
    doc: "Free entries of a table.",
    get: |s, a, _| s.live.gauge(Gauge::TableAvailable(table(a)?)).map(Value::Int),
    ..FETCH
};
const TABLE_CNT: Fetch = Fetch {
    name: "table_cnt",
    args: &[req(ArgKind::Table)],
    out: Type::Int,
    doc: "Used entries of a table.",
    get: |s, a, _| s.live.gauge(Gauge::TableUsed(table(a)?)).map(Value::Int),
    ..FETCH
};
