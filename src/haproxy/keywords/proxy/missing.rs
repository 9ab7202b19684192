//! Keywords of proxies that are known and not implemented: naming one is an error that says so.

use crate::haproxy::keyword::{BACK, FRONT, KEYWORD, Keyword, PROXY, Syntax};
use crate::text::book::Status;

macro_rules! missing {
    ($($sections:ident $name:literal $doc:literal;)*) => {
        pub const ALL: &[&Keyword] = &[$(&Keyword {
            name: $name, sections: $sections, status: Status::Missing, args: Syntax::Custom("..."), doc: $doc, ..KEYWORD
        },)*];
    };
}

missing! {
    PROXY "compression" "Compresses responses.";
    PROXY "filter" "Runs a filter on the stream.";
    PROXY "email-alert" "Sends mail when a server's state changes.";
    BACK "use-fcgi-app" "Speaks FastCGI to servers.";
    BACK "option ssl-hello-chk" "Checks that a TLS server answers.";
    PROXY "option independent-streams" "Sending does not prolong the wait for receiving.";
    BACK "option external-check" "Checks with a program.";
    BACK "external-check command" "The program of external checks.";
    BACK "external-check path" "The PATH of external checks.";
    BACK "persist rdp-cookie" "Stays with the server that an RDP cookie names.";
    FRONT "appsession" "Stickiness by an application's cookie, removed in 1.6.";
}
