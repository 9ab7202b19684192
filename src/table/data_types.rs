//! What a stick-table entry can hold (manual 4.2 `stick-table`, `store`). One const each; a table stores those it names.

/// One data type.
#[derive(Debug)]
pub struct DataType {
    pub name: &'static str,
    /// Events over a period: `http_req_rate(10s)`.
    pub needs_period: bool,
    /// Several of one kind: `gpc(4)`.
    pub is_array: bool,
    pub doc: &'static str,
}

const TYPE: DataType = DataType { name: "", needs_period: false, is_array: false, doc: "" };

const fn plain(name: &'static str, doc: &'static str) -> DataType {
    DataType { name, doc, ..TYPE }
}
const fn rate(name: &'static str, doc: &'static str) -> DataType {
    DataType { name, doc, needs_period: true, ..TYPE }
}

/// Every data type; their order is the order of `show table`.
pub const ALL: &[DataType] = &[
    plain("server_id", "The server, set by stick rules."),
    plain("gpt0", "A general-purpose tag."),
    plain("gpc0", "A general-purpose counter."),
    rate("gpc0_rate", "How fast gpc0 is incremented."),
    plain("conn_cnt", "Connections."),
    rate("conn_rate", "Connections over a period."),
    plain("conn_cur", "Concurrent connections."),
    plain("sess_cnt", "Sessions."),
    rate("sess_rate", "Sessions over a period."),
    plain("http_req_cnt", "HTTP requests."),
    rate("http_req_rate", "HTTP requests over a period."),
    plain("http_err_cnt", "HTTP errors that clients caused."),
    rate("http_err_rate", "HTTP errors that clients caused, over a period."),
    plain("bytes_in_cnt", "Bytes from clients."),
    rate("bytes_in_rate", "Bytes from clients over a period."),
    plain("bytes_out_cnt", "Bytes to clients."),
    rate("bytes_out_rate", "Bytes to clients over a period."),
    plain("gpc1", "Another general-purpose counter."),
    rate("gpc1_rate", "How fast gpc1 is incremented."),
    plain("server_key", "The server's name or address, set by stick rules."),
    plain("http_fail_cnt", "HTTP failures that servers caused."),
    rate("http_fail_rate", "HTTP failures that servers caused, over a period."),
    DataType { is_array: true, ..plain("gpt", "General-purpose tags.") },
    DataType { is_array: true, ..plain("gpc", "General-purpose counters.") },
    DataType { is_array: true, ..rate("gpc_rate", "How fast they are incremented.") },
];

/// Index of a name, for constants.
const fn index(name: &str) -> u16 {
    let mut i = 0;
    while i < ALL.len() {
        let (a, b) = (ALL[i].name.as_bytes(), name.as_bytes());
        let mut same = a.len() == b.len();
        let mut n = 0;
        while same && n < a.len() {
            same = a[n] == b[n];
            n += 1;
        }
        if same {
            return i as u16;
        }
        i += 1;
    }
    panic!("no such data type")
}

macro_rules! indexes {
    ($($name:ident = $text:literal,)*) => { $(pub const $name: u16 = index($text);)* };
}

// Those that expressions, rules and traffic name.
indexes! {
    GPT0 = "gpt0",
    GPC0 = "gpc0",
    GPC0_RATE = "gpc0_rate",
    CONN_CNT = "conn_cnt",
    CONN_RATE = "conn_rate",
    CONN_CUR = "conn_cur",
    SESS_CNT = "sess_cnt",
    SESS_RATE = "sess_rate",
    HTTP_REQ_CNT = "http_req_cnt",
    HTTP_REQ_RATE = "http_req_rate",
    HTTP_ERR_CNT = "http_err_cnt",
    HTTP_ERR_RATE = "http_err_rate",
    BYTES_IN_CNT = "bytes_in_cnt",
    BYTES_IN_RATE = "bytes_in_rate",
    BYTES_OUT_CNT = "bytes_out_cnt",
    BYTES_OUT_RATE = "bytes_out_rate",
    GPC1 = "gpc1",
    GPC1_RATE = "gpc1_rate",
    SERVER_KEY = "server_key",
    HTTP_FAIL_CNT = "http_fail_cnt",
    HTTP_FAIL_RATE = "http_fail_rate",
    GPT = "gpt",
    GPC = "gpc",
    GPC_RATE = "gpc_rate",
}

/// Index of a name; names that `store` takes.
pub fn find(name: &str) -> Option<u16> {
    ALL.iter().position(|t| t.name == name).map(|i| i as u16)
}

/// The array and index that stand for an item of a single number: `gpc1` is element 1 of `gpc`.
pub fn in_array(id: u16) -> Option<(u16, u32)> {
    match id {
        GPT0 => Some((GPT, 0)),
        GPC0 => Some((GPC, 0)),
        GPC1 => Some((GPC, 1)),
        GPC0_RATE => Some((GPC_RATE, 0)),
        GPC1_RATE => Some((GPC_RATE, 1)),
        _ => None,
    }
}

/// # Panics
/// Never for an index that [`find`] gave.
pub fn get(id: u16) -> &'static DataType {
    &ALL[usize::from(id)]
}
