//! Files as they were read, and places in them.

use std::sync::Arc;

/// Index of a file in [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct FileId(pub u32);

/// A byte range in one file; `start == end` marks a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Span {
    pub file: FileId,
    pub start: u32,
    pub end: u32,
}

impl Span {
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        // A configuration of 4 GiB is refused by `Sources::add`, so offsets fit.
        Self { file, start: start as u32, end: end as u32 }
    }

    /// From the start of `self` to the end of `other`.
    pub fn to(self, other: Self) -> Self {
        Self { file: self.file, start: self.start, end: other.end.max(self.end) }
    }

    /// The point just behind the span.
    pub fn after(self) -> Self {
        Self { file: self.file, start: self.end, end: self.end }
    }
}

/// One file.
#[derive(Debug, Clone)]
pub struct Source {
    /// As it was named on the command line or by an include.
    pub name: Arc<str>,
    pub text: Arc<str>,
    line_starts: Vec<u32>,
}

impl Source {
    fn new(name: &str, text: String) -> Self {
        let line_starts =
            std::iter::once(0).chain(memchr::memchr_iter(b'\n', text.as_bytes()).map(|i| i as u32 + 1)).collect();
        Self { name: name.into(), text: text.into(), line_starts }
    }

    /// 1-based line of a byte offset.
    pub fn line(&self, offset: u32) -> usize {
        self.line_starts.partition_point(|&s| s <= offset)
    }

    /// The text of a 1-based line, without its line feed; empty when there is no such line.
    pub fn line_text(&self, line: usize) -> &str {
        let Some(&start) = line.checked_sub(1).and_then(|i| self.line_starts.get(i)) else { return "" };
        let end = self.line_starts.get(line).map_or(self.text.len(), |&e| e as usize - 1);
        self.text.get(start as usize..end).unwrap_or("")
    }

    /// Byte offset of a 1-based line.
    pub fn line_start(&self, line: usize) -> usize {
        line.checked_sub(1).and_then(|i| self.line_starts.get(i)).map_or(self.text.len(), |&s| s as usize)
    }
}

/// Every file of one configuration, in the order of reading.
#[derive(Debug, Clone, Default)]
pub struct Sources(Vec<Source>);

impl Sources {
    /// Adds a file. Text beyond 4 GiB is cut off, so that a [`Span`] can always say where it is.
    pub fn add(&mut self, name: &str, mut text: String) -> FileId {
        if text.len() >= u32::MAX as usize {
            let mut end = u32::MAX as usize - 1;
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            text.truncate(end);
        }
        self.0.push(Source::new(name, text));
        FileId(self.0.len() as u32 - 1)
    }

    /// # Panics
    /// When `id` is not from this collection.
    pub fn get(&self, id: FileId) -> &Source {
        &self.0[id.0 as usize]
    }

    pub fn iter(&self) -> impl Iterator<Item = (FileId, &Source)> {
        self.0.iter().enumerate().map(|(i, s)| (FileId(i as u32), s))
    }

    /// File name and 1-based line where a span begins.
    pub fn locate(&self, span: Span) -> (&str, usize) {
        let s = self.get(span.file);
        (&s.name, s.line(span.start))
    }

    /// The text that a span covers.
    pub fn slice(&self, span: Span) -> &str {
        self.get(span.file).text.get(span.start as usize..span.end as usize).unwrap_or("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_found_from_any_of_its_bytes() {
        let mut s = Sources::default();
        let f = s.add("f", "one\ntwo\n\nfour".into());
        let src = s.get(f);
        assert_eq!((src.line(0), src.line(3), src.line(4), src.line(8), src.line(9)), (1, 1, 2, 3, 4));
        assert_eq!((src.line_text(1), src.line_text(3), src.line_text(4), src.line_text(9)), ("one", "", "four", ""));
    }
}
