//! `HTTP_GET` and `SSL_GET`: what is asked for a page, and what its answer is worth.
//!
//! The original reads until the server closes, whatever `Content-Length` says, and takes the body as it came: the digest of a
//! chunked body is that of its chunks with their sizes. So do we, or digests in configurations would be wrong.

pub mod answer;
pub mod request;

pub use answer::Answer;
pub use request::{host, request};
