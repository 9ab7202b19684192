//! Looks at a haproxy.cfg: keywords, parameters and actions line by line, and what `haproxy -c` says.

use super::Survey;
use crate::{
    haproxy::{
        self,
        keyword::{BACKEND, DEFAULTS, FRONTEND, GLOBAL, HTTP_ERRORS, Keyword, LISTEN, Sections, USERLIST},
        keywords, lex,
        params::{bind, server},
        show,
    },
    operator::outside::Here,
    rules::actions,
    text::{
        book::{Entry, Status},
        diag::Severity,
        grammar::Word,
        show::caret,
        source::Sources,
    },
};
use std::path::Path;

/// Looks at one file.
#[must_use]
pub fn survey(file: &Path, text: &str, color: bool) -> Survey {
    let name = file.to_string_lossy();
    let mut walk = Walk {
        found: Survey { program: "haproxy", ..Survey::default() },
        file: &name,
        section: "",
        sections: Sections(0),
        works: true,
        bind: bind::entries().collect(),
        server: server::entries().collect(),
    };
    let mut sources = Sources::default();
    let id = sources.add(&name, text.to_owned());
    for (number, line) in text.lines().enumerate() {
        // What cannot be split into words is said by the check below.
        if let Ok(words) = lex::words(id, line, 0, &|name| std::env::var(name).ok()) {
            walk.line(&words, number + 1);
        }
    }
    let mut found = walk.found;
    let loaded = haproxy::load(vec![(name.clone().into_owned(), text.to_owned())], &Here);
    for said in loaded.diagnostics.iter().filter(|said| said.severity == Severity::Error) {
        let line = said.primary.as_ref().map(|at| format!("line {}: ", loaded.sources.locate(at.at).1));
        let message = show::message(&loaded.sources, said);
        found.obstacles.push(format!("{}{message}", line.unwrap_or_default()));
    }
    found.details = caret::render(&loaded.sources, &loaded.diagnostics, color);
    found
}

struct Walk<'a> {
    found: Survey,
    file: &'a str,
    section: &'static str,
    sections: Sections,
    /// The section is one that works: keywords of the others go without saying.
    works: bool,
    bind: Vec<Entry>,
    server: Vec<Entry>,
}

impl Walk<'_> {
    fn line(&mut self, words: &[Word], number: usize) {
        let Some(first) = words.first() else { return };
        if let Some(section) = keywords::section(&first.text) {
            self.section = section.name;
            self.sections = sections(section.name);
            self.works = section.works;
            let status = if section.works { Status::Works } else { Status::Missing };
            self.note(section.name, "section", Some(status), section.doc, number);
            return;
        }
        // Conditional blocks decide about lines; they are no keywords of a section.
        if !self.works || first.text.starts_with('.') {
            return;
        }
        let negated = matches!(first.text.as_str(), "no" | "default") && words.len() > 1;
        let words = if negated { &words[1..] } else { words };
        match keyword(self.sections, words) {
            Some(keyword) => {
                self.note(keyword.name, self.section, Some(keyword.status), keyword.doc, number);
                self.arguments(keyword, &words[keyword.words()..], number);
            }
            None => self.note(&words[0].text, self.section, None, "", number),
        }
    }

    /// Parameters and actions are items of their own.
    fn arguments(&mut self, keyword: &Keyword, words: &[Word], number: usize) {
        match keyword.name {
            "bind" => self.parameters(words.get(1..), true, number),
            "server" | "server-template" => self.parameters(words.get(2..), false, number),
            "default-server" => self.parameters(Some(words), false, number),
            "http-request" | "http-response" | "http-after-response" => {
                self.action(keyword.name, words.first(), number)
            }
            "tcp-request content" | "tcp-request connection" | "tcp-request session" | "tcp-response content" => {
                self.action(keyword.name, words.first(), number);
            }
            _ => {}
        }
    }

    fn parameters(&mut self, words: Option<&[Word]>, of_bind: bool, number: usize) {
        let table = std::mem::take(if of_bind { &mut self.bind } else { &mut self.server });
        let mut words = words.unwrap_or_default().iter();
        while let Some(word) = words.next() {
            if let Some(entry) = table.iter().find(|entry| entry.name == word.text) {
                let name = if of_bind { format!("bind {}", entry.name) } else { format!("server {}", entry.name) };
                self.note(&name, self.section, Some(entry.status), entry.doc, number);
                // The words of its value are no parameters.
                for _ in entry.syntax.split_whitespace() {
                    let _ = words.next();
                }
            }
        }
        *(if of_bind { &mut self.bind } else { &mut self.server }) = table;
    }

    fn action(&mut self, set: &str, word: Option<&Word>, number: usize) {
        let Some(word) = word else { return };
        let bare = word.text.split('(').next().unwrap_or_default();
        let item = actions::all().find(|item| item.name == word.text || item.name == bare);
        if let Some(item) = item {
            self.note(&format!("{set} {}", item.name), self.section, Some(item.status), item.doc, number);
        }
    }

    fn note(&mut self, name: &str, place: &str, status: Option<Status>, doc: &'static str, number: usize) {
        self.found.note(name, place, status, doc, (self.file, number));
    }
}

fn sections(name: &str) -> Sections {
    match name {
        "global" => GLOBAL,
        "defaults" => DEFAULTS,
        "frontend" => FRONTEND,
        "backend" => BACKEND,
        "listen" => LISTEN,
        "userlist" => USERLIST,
        "http-errors" => HTTP_ERRORS,
        _ => Sections(0),
    }
}

/// The longest keyword of the section that the line begins with.
fn keyword(sections: Sections, words: &[Word]) -> Option<&'static Keyword> {
    let begins = |keyword: &Keyword| {
        keyword.words() <= words.len() && keyword.name.split(' ').zip(words).all(|(name, word)| name == word.text)
    };
    keywords::all().filter(|known| known.sections.has(sections) && begins(known)).max_by_key(|known| known.words())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operator::check::Use;

    fn look(text: &str) -> Survey {
        survey(Path::new("haproxy.cfg"), text, false)
    }

    fn status(survey: &Survey, name: &str) -> Option<Status> {
        survey.uses.iter().find(|used: &&Use| used.name == name).unwrap_or_else(|| panic!("{name} is listed")).status
    }

    #[test]
    fn keywords_parameters_and_actions_are_listed() {
        let cfg = "defaults\n timeout client 5s\n timeout server 5s\n timeout connect 5s\n mode http\nfrontend f\n bind :80 maxconn 5\n \
                   http-request set-header X y\n no option dontlognull\n default_backend b\nbackend b\n server s 127.0.0.1:80 check inter 2s\n";
        let survey = look(cfg);
        for name in [
            "timeout client",
            "bind maxconn",
            "http-request set-header",
            "option dontlognull",
            "server check",
            "server inter",
        ] {
            assert_eq!(status(&survey, name), Some(Status::Works), "{name}");
        }
        assert_eq!(survey.obstacles, Vec::<String>::new());
    }

    #[test]
    fn what_is_missing_or_unknown_keeps_the_original() {
        let survey = look("peers p\n peer a 127.0.0.1:1\nfrontend f\n bind :80 ssl\n nonsense\n");
        assert_eq!(status(&survey, "peers"), Some(Status::Missing));
        assert_eq!(status(&survey, "bind ssl"), Some(Status::Missing));
        assert_eq!(status(&survey, "nonsense"), None);
        assert!(survey.obstacles.iter().any(|text| text.starts_with("line 4: ")), "{:?}", survey.obstacles);
    }
}
