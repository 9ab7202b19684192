//! A manual page (man(7)) of the items of one language: every item with its syntax, its places and how far it works.

use super::{Entry, Status};
use std::fmt::Write as _;

/// A page without its items.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    /// `hawser-haproxy.cfg`
    pub name: &'a str,
    /// Chapter of the manual: 1, 5, 8.
    pub section: u8,
    /// One line behind the name.
    pub summary: &'a str,
    /// Paragraphs of the description.
    pub description: &'a [&'a str],
}

/// The page in roff, its items grouped by class in the order in which the classes first come.
#[must_use]
pub fn page(page: &Page<'_>, entries: &[Entry]) -> String {
    let Page { name, section, summary, description } = page;
    let mut out = format!(".TH {} {section}\n.SH NAME\n{} \\- {}\n", name.to_uppercase(), plain(name), plain(summary));
    out.push_str(".SH DESCRIPTION\n");
    for paragraph in *description {
        let _ = writeln!(out, ".PP\n{}", plain(paragraph));
    }
    let mut classes: Vec<&str> = Vec::new();
    for entry in entries {
        if !classes.contains(&entry.class) {
            classes.push(entry.class);
        }
    }
    for class in classes {
        let _ = writeln!(out, ".SH {}", plain(&class.to_uppercase()));
        for entry in entries.iter().filter(|entry| entry.class == class) {
            item(entry, &mut out);
        }
    }
    out
}

fn item(entry: &Entry, out: &mut String) {
    let _ = writeln!(out, ".TP\n\\fB{}\\fR {}", plain(&entry.name), plain(&entry.syntax));
    let place = if entry.place.is_empty() { String::new() } else { format!(" ({})", entry.place) };
    let _ = writeln!(out, "{}{}{}", plain(entry.doc), plain(&place), plain(remark(entry.status)));
}

fn remark(status: Status) -> &'static str {
    match status {
        Status::Works => "",
        Status::Tuning => " Accepted; there is nothing here for it to tune.",
        Status::Legacy => " Deprecated: accepted with a warning.",
        Status::Missing => " Not implemented: refused.",
    }
}

/// Text that roff prints as it is: no escapes, no requests, hyphens that can be copied.
fn plain(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, status: Status) -> Entry {
        Entry {
            class: "proxy keyword",
            name: name.to_owned(),
            place: "frontend backend".to_owned(),
            syntax: "<time>".to_owned(),
            doc: "Waits this long.",
            status,
        }
    }

    #[test]
    fn every_item_is_on_the_page_with_how_far_it_works() {
        let about = Page { name: "x.cfg", section: 5, summary: "a file", description: &["It is read."] };
        let text = page(&about, &[entry("timeout http-request", Status::Works), entry("peers", Status::Missing)]);
        assert!(text.starts_with(".TH X.CFG 5\n.SH NAME\nx.cfg \\- a file\n"));
        assert!(text.contains(
            ".SH PROXY KEYWORD\n.TP\n\\fBtimeout http\\-request\\fR <time>\nWaits this long. (frontend backend)\n"
        ));
        assert!(text.contains("(frontend backend) Not implemented: refused.\n"));
    }

    #[test]
    fn text_is_never_taken_for_a_request() {
        assert_eq!(plain(".if a\\b"), "\\&.if a\\eb");
    }
}
