//! Small wire formats that need no room of their own: the PROXY protocol, the first bytes of TLS, FIX and MQTT.

pub mod fix;
pub mod mqtt;
pub mod proxy;
pub mod socks4;
pub mod tls_hello;
