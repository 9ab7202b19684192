//! Log lines: what can be said about a stream, the usual line formats, and the headers that syslog servers expect.
//!
//! * [`facts`]: everything that a line may tell, as plain data that the shell fills
//! * [`fields`]: the `%ci` and the like of log formats, one item each
//! * [`lines`]: the built-in formats (`option httplog`, `option tcplog`, ...)
//! * [`header`]: what goes in front of a line (`local`, `rfc3164`, `rfc5424`, ...)
//! * [`date`]: dates in the forms that logs use
//! * [`health`]: lines about servers that come and go
//! * [`traffic`]: what `-d` shows of every stream

pub mod date;
pub mod facts;
pub mod fields;
pub mod header;
pub mod health;
pub mod lines;
pub mod ring;
pub mod syslog;
pub mod traffic;

pub use facts::Facts;
