//! TLS defaults of `global`: kept as tuning until a line says `ssl` (manual 3.1, 3.2).

use crate::haproxy::keyword::{GLOBAL, KEYWORD, Keyword, Syntax};
use crate::text::book::Status;
use crate::text::grammar::{Arg, Kind};

macro_rules! tls_defaults {
    ($($name:literal $doc:literal;)*) => {
        pub const ALL: &[&Keyword] = &[$(&Keyword {
            name: $name,
            sections: GLOBAL,
            manual: "3.1",
            status: Status::Tuning,
            args: Syntax::Args(&[Arg::Rest("value", Kind::Word)]),
            doc: $doc,
            ..KEYWORD
        },)*];
    };
}

tls_defaults! {
    "ca-base" "Where relative CA files are.";
    "crt-base" "Where relative certificate files are.";
    "issuers-chain-path" "Where issuers of incomplete chains are looked for.";
    "ssl-default-bind-ciphers" "Cipher suites up to TLS 1.2 of listeners that name none.";
    "ssl-default-bind-ciphersuites" "Cipher suites of TLS 1.3 of listeners that name none.";
    "ssl-default-bind-curves" "Curves of listeners that name none.";
    "ssl-default-bind-options" "TLS versions and tickets of listeners that name none.";
    "ssl-default-server-ciphers" "Cipher suites up to TLS 1.2 towards servers that name none.";
    "ssl-default-server-ciphersuites" "Cipher suites of TLS 1.3 towards servers that name none.";
    "ssl-default-server-options" "TLS versions and tickets towards servers that name none.";
    "ssl-dh-param-file" "Diffie-Hellman parameters of listeners that have none.";
    "ssl-load-extra-del-ext" "How names of accompanying files are made.";
    "ssl-load-extra-files" "Which accompanying files are loaded.";
    "ssl-mode-async" "Asynchronous engines of OpenSSL.";
    "ssl-propquery" "A property query of OpenSSL 3.";
    "ssl-provider" "A provider of OpenSSL 3.";
    "ssl-provider-path" "Where providers of OpenSSL 3 are.";
    "ssl-server-verify" "Whether servers' certificates are verified where nothing is said.";
    "ssl-skip-self-issued-ca" "Leaves self-issued certificates out of chains.";
    "maxsslconn" "The most TLS connections.";
    "maxsslrate" "The most TLS handshakes a second.";
    "tune.ssl.cachesize" "Entries of the TLS session cache.";
    "tune.ssl.capture-buffer-size" "How much of a client hello is kept.";
    "tune.ssl.capture-cipherlist-size" "The old spelling of tune.ssl.capture-buffer-size.";
    "tune.ssl.default-dh-param" "Size of generated Diffie-Hellman parameters.";
    "tune.ssl.force-private-cache" "A session cache for each process.";
    "tune.ssl.hard-maxrecord" "The largest TLS record, always.";
    "tune.ssl.keylog" "Keeps secrets for decryption tools.";
    "tune.ssl.lifetime" "How long TLS sessions are kept.";
    "tune.ssl.maxrecord" "The largest TLS record.";
    "tune.ssl.ssl-ctx-cache-size" "Generated certificates that are kept.";
}
