//! The binaries on real sockets. keepalived runs in namespaces of its own; haproxy listens on sockets in a directory of its
//! own. Nothing outside is touched.

#![expect(clippy::disallowed_methods, reason = "real processes take real time")]

#[path = "behaviour/answers.rs"]
mod answers;
#[path = "behaviour/balancing.rs"]
mod balancing;
#[path = "behaviour/bodies.rs"]
mod bodies;
#[path = "behaviour/command_line.rs"]
mod command_line;
#[path = "behaviour/configuration.rs"]
mod configuration;
#[path = "behaviour/courses.rs"]
mod courses;
#[path = "behaviour/ears.rs"]
mod ears;
#[path = "behaviour/failover.rs"]
mod failover;
#[path = "behaviour/failover_checkers.rs"]
mod failover_checkers;
#[path = "behaviour/failover_firewall.rs"]
mod failover_firewall;
#[path = "behaviour/failover_later.rs"]
mod failover_later;
#[path = "behaviour/failover_mail.rs"]
mod failover_mail;
#[path = "behaviour/failover_metrics.rs"]
mod failover_metrics;
#[path = "behaviour/failover_pair.rs"]
mod failover_pair;
#[path = "behaviour/failover_routes.rs"]
mod failover_routes;
#[path = "behaviour/failover_settings.rs"]
mod failover_settings;
#[path = "behaviour/failover_vmac.rs"]
mod failover_vmac;
#[path = "behaviour/farm.rs"]
mod farm;
#[path = "behaviour/health.rs"]
mod health;
#[path = "behaviour/invalid_messages.rs"]
mod invalid_messages;
#[path = "behaviour/listings.rs"]
mod listings;
#[path = "behaviour/master.rs"]
mod master;
#[path = "behaviour/metrics.rs"]
mod metrics;
#[path = "behaviour/observing.rs"]
mod observing;
#[path = "behaviour/operators.rs"]
mod operators;
#[path = "behaviour/processes.rs"]
mod processes;
#[path = "behaviour/programs.rs"]
mod programs;
#[path = "behaviour/proxy_direct.rs"]
mod proxy_direct;
#[path = "behaviour/proxy_http.rs"]
mod proxy_http;
#[path = "behaviour/proxy_peculiar.rs"]
mod proxy_peculiar;
#[path = "behaviour/proxy_space.rs"]
mod proxy_space;
#[path = "behaviour/proxy_tables.rs"]
mod proxy_tables;
#[path = "behaviour/proxy_tcp.rs"]
mod proxy_tcp;
#[path = "behaviour/proxying.rs"]
mod proxying;
#[path = "behaviour/retries.rs"]
mod retries;
#[path = "behaviour/roster.rs"]
mod roster;
#[path = "behaviour/server_state.rs"]
mod server_state;
#[path = "behaviour/silence.rs"]
mod silence;
#[path = "behaviour/space.rs"]
mod space;
#[path = "behaviour/states.rs"]
mod states;
#[path = "behaviour/syslog.rs"]
mod syslog;
#[path = "behaviour/traffic.rs"]
mod traffic;
