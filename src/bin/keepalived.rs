//! The `keepalived` binary: its whole work is in [`hawser::failover`].

fn main() -> std::process::ExitCode {
    hawser::failover::main()
}
