//! The shell of `haproxy`: master, workers, listeners, sessions, servers, checks.
