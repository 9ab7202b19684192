//! Keywords of `global` that are known and not implemented: naming one is an error that says so.

use crate::haproxy::keyword::{GLOBAL, KEYWORD, Keyword, Syntax};
use crate::text::book::Status;

macro_rules! missing {
    ($($name:literal $doc:literal;)*) => {
        pub const ALL: &[&Keyword] = &[$(&Keyword {
            name: $name, sections: GLOBAL, manual: "3.1", status: Status::Missing, args: Syntax::Custom("..."), doc: $doc, ..KEYWORD
        },)*];
    };
}

missing! {
    "default-path" "Where relative files of the configuration are.";
    "h1-accept-payload-with-any-method" "Accepts bodies with GET, HEAD and DELETE over HTTP/1.0.";
    "lua-load" "Loads a Lua program.";
    "lua-load-per-thread" "Loads a Lua program for each thread.";
    "lua-prepend-path" "Where Lua modules are.";
    "cluster-secret" "The secret that nodes of a cluster share.";
    "51degrees-data-file" "A device database.";
    "deviceatlas-json-file" "A device database.";
    "wurfl-data-file" "A device database.";
}
