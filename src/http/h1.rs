//! The HTTP/1 codec, sans-I/O: bytes in, decisions out. Verdicts equal HAProxy 2.6's, found by running it.
//!
//! * [`head`]: a start line and fields, from bytes into a [`Message`](super::Message)
//! * [`framing`]: what the fields say about body, connection and host
//! * [`body`]: where a body ends, chunked or counted, and its bytes
//! * [`encode`]: what the other side is told about connection and version
//! * [`spelling`]: names of fields for peers that know one spelling only

pub mod body;
mod bytes;
pub mod encode;
pub mod framing;
pub mod head;
pub mod spelling;
