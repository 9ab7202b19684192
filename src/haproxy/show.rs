//! The one-line form: what `haproxy -c` prints, byte for byte where scripts look.

use std::fmt::Write as _;

use super::Loaded;
use crate::text::diag::{Diagnostic, Place, Severity};
use crate::text::source::Sources;

/// The text for stderr, without the two lines that name version and executable, and whether it ends a start.
#[derive(Debug, PartialEq, Eq)]
pub struct Report {
    pub text: String,
    /// Something more than notices was said: the original then names itself first.
    pub introduces: bool,
    pub warned: bool,
    pub fatal: bool,
}

/// Everything the original would have said, as far as it would have come.
pub fn report(loaded: &Loaded, pid: u32) -> Report {
    let mut out = Printer { sources: &loaded.sources, pid, text: String::new(), introduces: false, warned: false };
    let all: Vec<_> = loaded.diagnostics.iter().collect();
    let mut fatal = false;
    let mut from = 0;
    for (file, end) in &loaded.progress.files {
        let part = &all[from..*end];
        let stop = out.print(part);
        if part.iter().any(|d| d.severity == Severity::Error) {
            fatal = true;
            let name = &loaded.sources.get(*file).name;
            out.alert(&format!("config : Error(s) found in configuration file : {name}"));
        }
        if stop {
            return out.done(true);
        }
        from = *end;
    }
    if !fatal {
        let stop = out.print(&all[from..]);
        if stop {
            return out.done(true);
        }
        fatal = all[from..].iter().any(|d| d.severity == Severity::Error);
    }
    if fatal {
        out.alert("config : Fatal errors found in configuration.");
    }
    out.done(fatal)
}

/// In a message: the file and line of the first secondary label.
pub const AT_SECONDARY: &str = "{at}";

/// The message with [`AT_SECONDARY`] filled in.
pub fn message(sources: &Sources, d: &Diagnostic) -> String {
    match d.secondary.first().filter(|_| d.message.contains(AT_SECONDARY)) {
        Some(s) => {
            let (file, line) = sources.locate(s.at);
            d.message.replace(AT_SECONDARY, &format!("{file}:{line}"))
        }
        None => d.message.clone(),
    }
}

/// One diagnostic as a line, `[ALERT]    (pid) : config : parsing [file:line] : message`.
pub fn line(sources: &Sources, d: &Diagnostic, pid: u32) -> String {
    let label = match d.severity {
        Severity::Error => "[ALERT]   ",
        Severity::Warning => "[WARNING] ",
        Severity::Notice => "[NOTICE]  ",
        Severity::Diag => "[DIAG]    ",
    };
    format!("{label} ({pid}) : config : {}{}\n", place(sources, d), message(sources, d))
}

fn place(sources: &Sources, d: &Diagnostic) -> String {
    let Some(p) = &d.primary else { return String::new() };
    let (file, line) = sources.locate(p.at);
    match d.place {
        Place::Parsing => format!("parsing [{file}:{line}] : "),
        Place::ParsingTight => format!("parsing [{file}:{line}]: "),
        Place::ParsingCapital => format!("Parsing [{file}:{line}]: "),
        Place::Line => format!("[{file}:{line}] : "),
        Place::LineTight => format!("[{file}:{line}]: "),
        Place::Nowhere => String::new(),
    }
}

struct Printer<'a> {
    sources: &'a Sources,
    pid: u32,
    text: String,
    introduces: bool,
    warned: bool,
}

impl Printer<'_> {
    /// Prints up to and including the first that makes the original stop.
    fn print(&mut self, part: &[&Diagnostic]) -> bool {
        for d in part {
            self.text.push_str(&line(self.sources, d, self.pid));
            self.introduces |= d.severity >= Severity::Warning;
            self.warned |= d.severity == Severity::Warning;
            if d.abort {
                return true;
            }
        }
        false
    }

    fn alert(&mut self, message: &str) {
        let _ = writeln!(self.text, "[ALERT]    ({}) : {message}", self.pid);
        self.introduces = true;
    }

    fn done(self, fatal: bool) -> Report {
        Report { text: self.text, introduces: self.introduces, warned: self.warned, fatal }
    }
}
