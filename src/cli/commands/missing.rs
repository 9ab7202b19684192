//! Commands that are known and not implemented: they say so.

use crate::cli::command::{COMMAND, Command};
use crate::text::book::Status;

macro_rules! missing {
    ($($doc:literal: $($name:literal)*;)*) => {
        pub const ALL: &[&Command] = &[$($(&Command { name: $name, doc: $doc, status: Status::Missing, ..COMMAND },)*)*];
    };
}

missing! {
    "change certificates while running":
        "abort ssl ca-file" "abort ssl cert" "abort ssl crl-file" "add ssl crt-list" "commit ssl ca-file" "commit ssl cert"
        "commit ssl crl-file" "del ssl ca-file" "del ssl cert" "del ssl crl-file" "del ssl crt-list" "new ssl ca-file" "new ssl cert"
        "new ssl crl-file" "set ssl ca-file" "set ssl cert" "set ssl crl-file" "set ssl ocsp-response" "set ssl tls-key"
        "show ssl ca-file" "show ssl cert" "show ssl crl-file" "show ssl crt-list" "show ssl ocsp-response" "show ssl providers"
        "show tls-keys";
    "the inside of the process":
        "show activity" "show fd" "show pools" "show profiling" "set profiling" "show tasks" "show threads"
        "show trace" "trace" "debug dev";
    "caches, peers and resolvers": "show cache" "show peers" "show resolvers";
    "requests made by the process itself": "httpclient";
}
