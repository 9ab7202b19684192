//! The HTTP/1 codec, sans-I/O: bytes in, decisions out.

