//! HTTP messages without I/O: heads, headers, bodies, URIs, cookies.
