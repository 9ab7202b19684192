//! The binaries on real sockets, each test in namespaces of its own: nothing outside is touched, nothing runs as root outside.

#[path = "behaviour/failover.rs"]
mod failover;
#[path = "behaviour/failover_pair.rs"]
mod failover_pair;
#[path = "behaviour/farm.rs"]
mod farm;
#[path = "behaviour/proxy_http.rs"]
mod proxy_http;
#[path = "behaviour/proxy_tcp.rs"]
mod proxy_tcp;
#[path = "behaviour/space.rs"]
mod space;
