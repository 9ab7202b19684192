//! Converters that look their input up in a stick-table (manual 7.3.1, `table_*`). A key that is not there reads 0; a table
//! that does not store the item, or whose keys the input cannot be, gives no sample.

use crate::expr::converter::{CONVERTER, Converter};
use crate::expr::fetch::{ArgKind, ArgSpec, int_arg, opt, req};
use crate::expr::fetches::tables::table;
use crate::expr::scope::{Scope, TableAction, TableEntry, TableQuestion};
use crate::expr::value::{Type, Value};
use crate::ir::expr::Arg;
use crate::table::data_types as item;
use TableAction::{Exists, Expire, Idle, Read, Server, Trackers};

fn look_up<'a>(s: &Scope<'_>, v: Value<'a>, a: &[Arg], at: usize, action: TableAction) -> Option<i64> {
    s.live.table(TableQuestion { table: table(a, at)?, entry: TableEntry::Key(v), action })
}

const TABLE: &[ArgSpec] = &[opt(ArgKind::OwnTable)];
const INDEX_TABLE: &[ArgSpec] = &[req(ArgKind::Int), opt(ArgKind::OwnTable)];
const TABLE_DEFAULT: &[ArgSpec] = &[opt(ArgKind::OwnTable), opt(ArgKind::Int)];

const LOOK_UP: Converter = Converter { args: TABLE, input: Type::Any, output: Type::Int, ..CONVERTER };

macro_rules! items {
    ($($name:literal $action:expr, $shift:literal, $doc:literal;)*) => {
        pub const ITEMS: &[&Converter] = &[$(
            &Converter { name: $name, doc: $doc,
                run: |s, v, a| look_up(s, v, a, 0, $action).map(|n| Value::Int(n >> $shift)), ..LOOK_UP },
        )*];
    };
}

items! {
    "table_bytes_in_rate" Read(item::BYTES_IN_RATE, 0), 0, "Bytes from clients over the table's period.";
    "table_bytes_out_rate" Read(item::BYTES_OUT_RATE, 0), 0, "Bytes to clients over the table's period.";
    "table_conn_cnt" Read(item::CONN_CNT, 0), 0, "Connections so far.";
    "table_conn_cur" Read(item::CONN_CUR, 0), 0, "Connections at this moment.";
    "table_conn_rate" Read(item::CONN_RATE, 0), 0, "Connections over the table's period.";
    "table_gpc0" Read(item::GPC0, 0), 0, "The first general-purpose counter.";
    "table_gpc0_rate" Read(item::GPC0_RATE, 0), 0, "How often the first counter was incremented over the period.";
    "table_gpc1" Read(item::GPC1, 0), 0, "The second general-purpose counter.";
    "table_gpc1_rate" Read(item::GPC1_RATE, 0), 0, "How often the second counter was incremented over the period.";
    "table_gpt0" Read(item::GPT0, 0), 0, "The first general-purpose tag.";
    "table_http_err_cnt" Read(item::HTTP_ERR_CNT, 0), 0, "Requests that failed through clients' fault.";
    "table_http_err_rate" Read(item::HTTP_ERR_RATE, 0), 0, "Requests that failed through clients' fault, over the period.";
    "table_http_fail_cnt" Read(item::HTTP_FAIL_CNT, 0), 0, "Responses that failed through servers' fault.";
    "table_http_fail_rate" Read(item::HTTP_FAIL_RATE, 0), 0, "Responses that failed through servers' fault, over the period.";
    "table_http_req_cnt" Read(item::HTTP_REQ_CNT, 0), 0, "HTTP requests so far.";
    "table_http_req_rate" Read(item::HTTP_REQ_RATE, 0), 0, "HTTP requests over the table's period.";
    "table_kbytes_in" Read(item::BYTES_IN_CNT, 0), 10, "KiB from clients so far.";
    "table_kbytes_out" Read(item::BYTES_OUT_CNT, 0), 10, "KiB to clients so far.";
    "table_server_id" Server, 0, "The number of the server that the key sticks to.";
    "table_sess_cnt" Read(item::SESS_CNT, 0), 0, "Sessions so far.";
    "table_sess_rate" Read(item::SESS_RATE, 0), 0, "Sessions over the table's period.";
    "table_trackers" Trackers, 0, "How many connections and requests track the key.";
}

pub const ALL: &[&Converter] = &[&IN_TABLE, &TABLE_EXPIRE, &TABLE_IDLE, &TABLE_GPC, &TABLE_GPC_RATE, &TABLE_GPT];

const IN_TABLE: Converter = Converter {
    name: "in_table",
    doc: "Whether the table has the key.",
    output: Type::Bool,
    run: |s, v, a| Some(Value::Bool(look_up(s, v, a, 0, Exists).unwrap_or(0) != 0)),
    ..LOOK_UP
};
const TABLE_EXPIRE: Converter = Converter {
    name: "table_expire",
    args: TABLE_DEFAULT,
    doc: "Milliseconds until the key's entry expires, or a default where there is none.",
    run: |s, v, a| look_up(s, v, a, 0, Expire).or_else(|| int_arg(a, 1)).map(Value::Int),
    ..LOOK_UP
};
const TABLE_IDLE: Converter = Converter {
    name: "table_idle",
    args: TABLE_DEFAULT,
    doc: "Milliseconds since the key's entry was used, or a default where there is none.",
    run: |s, v, a| look_up(s, v, a, 0, Idle).or_else(|| int_arg(a, 1)).map(Value::Int),
    ..LOOK_UP
};

fn element<'a>(s: &Scope<'_>, v: Value<'a>, a: &[Arg], array: u16) -> Option<Value<'static>> {
    look_up(s, v, a, 1, Read(array, u32::try_from(int_arg(a, 0)?).ok()?)).map(Value::Int)
}

const TABLE_GPC: Converter = Converter {
    name: "table_gpc",
    args: INDEX_TABLE,
    doc: "A general-purpose counter, by its index.",
    run: |s, v, a| element(s, v, a, item::GPC),
    ..LOOK_UP
};
const TABLE_GPC_RATE: Converter = Converter {
    name: "table_gpc_rate",
    args: INDEX_TABLE,
    doc: "How often a general-purpose counter was incremented over the period.",
    run: |s, v, a| element(s, v, a, item::GPC_RATE),
    ..LOOK_UP
};
const TABLE_GPT: Converter = Converter {
    name: "table_gpt",
    args: INDEX_TABLE,
    doc: "A general-purpose tag, by its index.",
    run: |s, v, a| element(s, v, a, item::GPT),
    ..LOOK_UP
};
