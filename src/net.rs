//! Shared shell: links, addresses, raw frames.
