//! Writes the books: one coverage table and one manual page a language, from the tables that the programs themselves use.

use super::check;
use crate::{
    expr::{converters, fetch::ArgSpec, fetches},
    haproxy,
    keepalived::{
        self,
        keyword::{Block, Keyword, Opens},
    },
    rules::{action, actions},
    text::book::{
        Entry, coverage,
        man::{self, Page},
    },
};
use std::{fs, io, path::Path};

const HAPROXY: Page<'_> = Page {
    name: "hawser-haproxy.cfg",
    section: 5,
    summary: "what haproxy.cfg may say to Hawser's haproxy",
    description: &[
        "Hawser's haproxy reads the configuration of HAProxy 2.6. This page lists every item that it knows, with its syntax, \
         where it may stand and what it does. An item without a remark works.",
        "What is not implemented is refused by name and line, when the file is checked and when it is started: nothing is \
         ignored in silence. `hawser check FILE` says which items of a file are concerned.",
    ],
};

const KEEPALIVED: Page<'_> = Page {
    name: "hawser-keepalived.conf",
    section: 5,
    summary: "what keepalived.conf may say to Hawser's keepalived",
    description: &[
        "Hawser's keepalived reads the configuration of keepalived 2.2. This page lists every keyword that it knows, with its \
         syntax, the block that it stands in and what it does. A keyword without a remark works.",
        "What is not implemented is warned about when the file is checked, and refused when it is started, unless no service \
         depends on it.",
    ],
};

/// Every item of haproxy.cfg.
#[must_use]
pub fn haproxy() -> Vec<Entry> {
    let mut entries: Vec<Entry> = haproxy::keywords::all().map(haproxy::keyword::Keyword::entry).collect();
    entries.extend(haproxy::params::bind::entries());
    entries.extend(haproxy::params::server::entries());
    entries.extend(actions::all().map(|item| Entry {
        class: "rule action",
        name: item.name.to_owned(),
        place: sets(item.sets),
        syntax: String::new(),
        doc: item.doc,
        status: item.status,
    }));
    entries.extend(fetches::all().map(|item| Entry {
        class: "sample fetch",
        name: item.name.to_owned(),
        place: item.out.name().to_owned(),
        syntax: arguments(item.args),
        doc: item.doc,
        status: item.status,
    }));
    entries.extend(converters::all().map(|item| Entry {
        class: "converter",
        name: item.name.to_owned(),
        place: format!("{} to {}", item.input.name(), item.output.name()),
        syntax: arguments(item.args),
        doc: item.doc,
        status: item.status,
    }));
    entries.extend(haproxy::later::entries());
    entries
}

/// Every keyword of keepalived.conf.
#[must_use]
pub fn keepalived() -> Vec<Entry> {
    let entry = |keyword: &'static Keyword| Entry {
        class: if keyword.blocks.contains(&Block::Top) { "block" } else { "keyword" },
        name: keyword.name.to_owned(),
        place: keyword.blocks.iter().map(|block| block.name()).collect::<Vec<_>>().join(", "),
        syntax: keyword.syntax()[keyword.name.len()..].trim_start().to_owned(),
        doc: keyword.doc,
        status: check::keepalived::status(keyword),
    };
    keepalived::keywords::all().map(entry).collect()
}

/// The same, once for each block that a keyword stands in: `class` is the block. Users meet keywords in blocks, and `weight` of
/// a script is another thing to know than `weight` of a server.
#[must_use]
pub fn keepalived_by_block() -> Vec<Entry> {
    let pair = |keyword: &'static Keyword, class: &'static str| Entry {
        class,
        name: keyword.name.to_owned(),
        place: String::new(),
        syntax: String::new(),
        doc: keyword.doc,
        status: check::keepalived::status(keyword),
    };
    let of = |keyword: &'static Keyword| {
        keyword.blocks.iter().flat_map(|block| block_names(*block)).map(move |class| pair(keyword, class))
    };
    keepalived::keywords::all().flat_map(of).collect()
}

/// What opens a block: its name, and older names of it that still stand at the top level.
fn block_names(block: Block) -> Vec<&'static str> {
    let opens = |keyword: &&'static Keyword| {
        keyword.blocks.contains(&Block::Top)
            && matches!(keyword.opens, Opens::Block(opened) if opened == block)
            && keyword.name != block.name()
    };
    std::iter::once(block.name()).chain(keepalived::keywords::all().filter(opens).map(|keyword| keyword.name)).collect()
}

fn sets(of: action::Sets) -> String {
    let all = [
        action::TCP_CONNECTION,
        action::TCP_SESSION,
        action::TCP_CONTENT,
        action::TCP_RESPONSE,
        action::HTTP_REQUEST,
        action::HTTP_RESPONSE,
        action::HTTP_AFTER,
    ];
    let names: Vec<&str> = all.into_iter().filter(|set| of.has(*set)).map(action::Sets::name).collect();
    names.join(", ")
}

/// `(string[,integer])`
fn arguments(specs: &[ArgSpec]) -> String {
    let mut text = String::new();
    let mut open = 0;
    for (at, spec) in specs.iter().enumerate() {
        if !spec.required {
            text.push('[');
            open += 1;
        }
        text.push_str(if at > 0 { "," } else { "" });
        text.push_str(spec.kind.name());
    }
    text.push_str(&"]".repeat(open));
    if text.is_empty() { text } else { format!("({text})") }
}

/// Writes `coverage.md` and the manual pages into a folder, which is made if need be.
pub fn write(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let (of_haproxy, of_keepalived) = (haproxy(), keepalived());
    let both = format!(
        "# What works\n\n## haproxy.cfg\n\n{}\n## keepalived.conf\n\n\
         A keyword counts once for each block that it stands in.\n\n{}\n{}",
        coverage::table(&of_haproxy),
        coverage::summary("block", &keepalived_by_block()),
        coverage::items(&of_keepalived)
    );
    fs::write(folder.join("coverage.md"), both)?;
    for (about, entries) in [(HAPROXY, of_haproxy), (KEEPALIVED, of_keepalived)] {
        fs::write(folder.join(format!("{}.{}", about.name, about.section)), man::page(&about, &entries))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{expr::fetch::ArgKind, text::book::Status};

    #[test]
    fn optional_arguments_stand_in_brackets() {
        let spec = |kind, required| ArgSpec { kind, required };
        assert_eq!(arguments(&[]), "");
        assert_eq!(arguments(&[spec(ArgKind::Str, true), spec(ArgKind::Int, false)]), "(string[,integer])");
    }

    #[test]
    fn every_item_says_what_it_does() {
        for entry in haproxy().iter().chain(&keepalived()) {
            assert!(!entry.doc.is_empty(), "{} {}", entry.class, entry.name);
        }
    }

    #[test]
    fn nearly_all_keywords_of_keepalived_work_in_each_of_their_blocks() {
        let pairs = keepalived_by_block();
        assert!(pairs.len() >= 531, "{}", pairs.len());
        let works = coverage::count(&pairs, Status::Works) + coverage::count(&pairs, Status::Legacy);
        assert!(works >= 500, "{works}");
    }

    #[test]
    fn both_names_of_a_block_have_its_keywords() {
        let pairs = keepalived_by_block();
        let of = |class| pairs.iter().filter(|pair| pair.class == class).map(|pair| &pair.name).collect::<Vec<_>>();
        assert!(of("track_file").len() > 2);
        assert_eq!(of("track_file"), of("vrrp_track_file"));
    }
}
