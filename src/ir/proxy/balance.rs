//! How a backend chooses among its servers: `balance` and `hash-type` (HAProxy manual 4.2).

use crate::ir::expr::Sample;

/// Which server takes a request (manual 4.2 `balance`).
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Balance {
    #[default]
    RoundRobin,
    StaticRr,
    LeastConn,
    First,
    Source,
    Uri {
        whole: bool,
        len: Option<usize>,
        depth: Option<usize>,
        path_only: bool,
    },
    UrlParam {
        name: String,
        check_post: bool,
    },
    Hdr {
        name: String,
        use_domain_only: bool,
    },
    Random {
        draws: u32,
    },
    RdpCookie(String),
    Hash(Box<Sample>),
    /// Nobody chooses: `dispatch` or `option transparent` says where requests go that no cookie or rule sends elsewhere.
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HashType {
    pub consistent: bool,
    pub function: HashFunction,
    pub avalanche: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HashFunction {
    #[default]
    Sdbm,
    Djb2,
    Wt6,
    Crc32,
}
