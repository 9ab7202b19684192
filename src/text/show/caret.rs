//! The caret form: file, line, the words themselves underlined, a hint.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::text::diag::{Diagnostic, Diagnostics, Severity};
use crate::text::source::{Sources, Span};

/// All diagnostics, an empty line between them.
pub fn render(sources: &Sources, all: &Diagnostics, color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() }.decor_style(DecorStyle::Ascii);
    let mut out = String::new();
    for d in all.iter() {
        out.push_str(&one(sources, d, &renderer));
        out.push_str("\n\n");
    }
    out
}

fn one(sources: &Sources, d: &Diagnostic, renderer: &Renderer) -> String {
    let level = match d.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Notice => Level::NOTE,
        Severity::Diag => Level::INFO,
    };
    let mut group = Group::with_title(level.primary_title(d.message.as_str()).id(d.code));
    if let Some(p) = &d.primary {
        let file = sources.get(p.at.file);
        let mut snippet = Snippet::source(&*file.text).path(&*file.name).annotation(annotate(
            AnnotationKind::Primary,
            clamp(p.at, &file.text),
            &p.text,
        ));
        for s in d.secondary.iter().filter(|s| s.at.file == p.at.file) {
            snippet = snippet.annotation(annotate(AnnotationKind::Context, clamp(s.at, &file.text), &s.text));
        }
        group = group.element(snippet);
    }
    for s in d.secondary.iter().filter(|s| d.primary.as_ref().is_none_or(|p| p.at.file != s.at.file)) {
        let file = sources.get(s.at.file);
        let range = clamp(s.at, &file.text);
        group = group.element(Snippet::source(&*file.text).path(&*file.name).annotation(annotate(
            AnnotationKind::Context,
            range,
            &s.text,
        )));
    }
    for n in &d.notes {
        group = group.element(Level::NOTE.message(n.as_str()));
    }
    if let Some(h) = &d.help {
        group = group.element(Level::HELP.message(h.as_str()));
    }
    renderer.render(&[group])
}

fn annotate<'a>(
    kind: AnnotationKind,
    range: std::ops::Range<usize>,
    text: &'a str,
) -> annotate_snippets::Annotation<'a> {
    let a = kind.span(range);
    if text.is_empty() { a } else { a.label(text) }
}

/// A point becomes a caret of one column; nothing reaches beyond the text, or into the middle of a character.
fn clamp(at: Span, text: &str) -> std::ops::Range<usize> {
    let start = text.floor_char_boundary(at.start as usize);
    let end = (at.end as usize).max(start);
    let end = if start == end && end < text.len() { end + 1 } else { end };
    start..text.ceil_char_boundary(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::source::FileId;

    #[test]
    fn carets_cover_whole_characters() {
        let text = "a\u{a0}b";
        let of = |start, end| clamp(Span { file: FileId(0), start, end }, text);
        assert_eq!((of(1, 1), of(2, 2), of(0, 2), of(4, 9)), (1..3, 1..3, 0..3, 4..4));
    }
}
