//! Buffers that a thread lends and takes back, so that an idle connection holds none and no request allocates.

use std::cell::RefCell;

/// Bytes received and not yet used: `bytes[start..]`.
#[derive(Debug, Default)]
pub struct Buffer {
    bytes: Vec<u8>,
    start: usize,
}

/// Most buffers of a size kept by a thread.
const KEPT: usize = 64;
/// What a buffer of the larger size holds.
const LARGE: usize = 64 * 1024;

thread_local! {
    /// The usual size, and the large one.
    static POOLS: [RefCell<Vec<Vec<u8>>>; 2] = const { [RefCell::new(Vec::new()), RefCell::new(Vec::new())] };
}

fn pool(capacity: usize) -> usize {
    usize::from(capacity >= LARGE)
}

fn take(size: usize) -> Vec<u8> {
    let kept = POOLS.with(|p| p[pool(size)].borrow_mut().pop());
    kept.filter(|b| b.capacity() >= size).unwrap_or_else(|| Vec::with_capacity(size))
}

fn give(mut bytes: Vec<u8>) {
    bytes.clear();
    POOLS.with(|p| {
        let mut kept = p[pool(bytes.capacity())].borrow_mut();
        if kept.len() < KEPT {
            kept.push(bytes);
        }
    });
}

impl Buffer {
    /// No memory yet.
    pub const fn empty() -> Self {
        Self { bytes: Vec::new(), start: 0 }
    }

    /// Takes memory of `size` bytes when there is none, and makes room at the end.
    pub fn reserve(&mut self, size: usize) {
        if self.bytes.capacity() == 0 {
            self.bytes = take(size);
        } else if self.start == self.bytes.len() {
            self.bytes.clear();
            self.start = 0;
            if self.bytes.capacity() < size {
                self.release();
                self.bytes = take(size);
            }
        } else if self.bytes.len() == self.bytes.capacity() && self.start > 0 {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
    }

    /// Gives the memory back. What was in it is lost.
    pub fn release(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        self.start = 0;
        if bytes.capacity() > 0 {
            give(bytes);
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
