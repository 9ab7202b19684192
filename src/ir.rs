//! What a configuration means: plain data with spans, no parsing, no I/O.
