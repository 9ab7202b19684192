//! Small wire formats that need no room of their own: the PROXY protocol, syslog framing.

pub mod proxy;
pub mod tls_hello;
