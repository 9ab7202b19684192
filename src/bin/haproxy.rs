//! `haproxy`: everything is in [`hawser::proxy`].

use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<_> = std::env::args_os().skip(1).collect();
    hawser::proxy::main(&words)
}
