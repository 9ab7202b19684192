//! Diagnostics as JSON, one object a line, for editors and pipelines.

use serde_json::{Value, json};

use crate::text::diag::{Diagnostic, Diagnostics, Label, Severity};
use crate::text::source::Sources;

/// One object a line: `code severity message file line column end_column notes help`; line and columns are 1-based.
pub fn render(sources: &Sources, all: &Diagnostics) -> String {
    all.iter().map(|d| format!("{}\n", object(sources, d))).collect()
}

fn object(sources: &Sources, d: &Diagnostic) -> Value {
    let severity = match d.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Notice => "notice",
        Severity::Diag => "diag",
    };
    let mut o = json!({ "code": d.code, "severity": severity, "message": d.message });
    if let Some(p) = &d.primary {
        o["at"] = place(sources, p);
    }
    if !d.secondary.is_empty() {
        o["related"] = d.secondary.iter().map(|s| place(sources, s)).collect();
    }
    if !d.notes.is_empty() {
        o["notes"] = json!(d.notes);
    }
    if let Some(h) = &d.help {
        o["help"] = json!(h);
    }
    o
}

fn place(sources: &Sources, l: &Label) -> Value {
    let (file, line) = sources.locate(l.at);
    let start = sources.get(l.at.file).line_start(line);
    let column = l.at.start as usize - start + 1;
    let end = (l.at.end as usize).saturating_sub(start) + 1;
    json!({ "file": file, "line": line, "column": column, "end_column": end, "label": l.text })
}
