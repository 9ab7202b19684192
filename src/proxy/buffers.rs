//! Buffers that a thread lends and takes back, so that an idle connection holds none and no request allocates.

use std::cell::RefCell;

/// Bytes received and not yet used: `bytes[start..]`.
#[derive(Debug, Default)]
pub struct Buffer {
    bytes: Vec<u8>,
    start: usize,
}

/// Most buffers kept by a thread.
const KEPT: usize = 64;

thread_local! {
    static POOL: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

impl Buffer {
    /// No memory yet.
    pub const fn empty() -> Self {
        Self { bytes: Vec::new(), start: 0 }
    }

    /// Takes memory of `size` bytes when there is none, and makes room at the end.
    pub fn reserve(&mut self, size: usize) {
        if self.bytes.capacity() == 0 {
            self.bytes = POOL
                .with_borrow_mut(Vec::pop)
                .filter(|b| b.capacity() >= size)
                .unwrap_or_else(|| Vec::with_capacity(size));
        } else if self.start == self.bytes.len() {
            self.bytes.clear();
            self.start = 0;
            if self.bytes.capacity() < size {
                self.release();
                self.bytes = Vec::with_capacity(size);
            }
        } else if self.bytes.len() == self.bytes.capacity() && self.start > 0 {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
    }

    /// Gives the memory back. What was in it is lost.
    pub fn release(&mut self) {
        let mut bytes = std::mem::take(&mut self.bytes);
        self.start = 0;
        if bytes.capacity() > 0 {
            bytes.clear();
            POOL.with_borrow_mut(|p| {
                if p.len() < KEPT {
                    p.push(bytes);
                }
            });
        }
    }

    /// Gives the memory back if it holds nothing.
    pub fn release_if_empty(&mut self) {
        if self.is_empty() {
            self.release();
        }
    }

    pub fn data(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    pub fn len(&self) -> usize {
        self.bytes.len() - self.start
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// No room is left behind the data.
    pub fn is_full(&self) -> bool {
        self.bytes.len() == self.bytes.capacity()
    }

    pub fn consume(&mut self, n: usize) {
        self.start += n;
        debug_assert!(self.start <= self.bytes.len());
        if self.start == self.bytes.len() {
            self.bytes.clear();
            self.start = 0;
        }
    }

    /// Where the next bytes go.
    pub fn tail(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Puts bytes in front of what is there (data received while something else was awaited).
    pub fn push(&mut self, more: &[u8]) {
        self.bytes.extend_from_slice(more);
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        self.release();
    }
}
