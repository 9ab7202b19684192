//! HTTP messages and their wire form, without any input or output.
//!
//! * [`message`]: a head as an arena of bytes and ranges, edited by rules
//! * [`values`]: comma-separated header values
//! * [`cookie`]: `Cookie` and `Set-Cookie`
//! * [`uri`]: the parts of a request target
//! * [`status`]: names of the status codes
//! * [`pages`]: the built-in answers
//! * [`h1`]: the HTTP/1 codec, sans-I/O

pub mod cacheable;
pub mod cookie;
pub mod h1;
pub mod message;
pub mod normalize;
pub mod pages;
pub mod status;
pub mod uri;
pub mod values;

pub use message::Message;
