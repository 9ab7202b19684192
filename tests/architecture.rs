//! The walls of the house: which room may use which, what a pure room may not name, and how long a file may be.
//!
//! One crate has no walls of its own, so these tests read the `use` lines and the inline `crate::` paths of `src/`. A room is
//! a file of `src/` with the folder of the same name. When a test here fails, move the code to the room where it belongs; a new
//! arrow is added to [`ARROWS`] only when the drawing in ARCHITECTURE.md still tells the truth with it.

use regex::Regex;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Rooms without sockets, clocks, files, processes or chance: time and chance are arguments there.
const PURE: &[&str] = &[
    "text",
    "ir",
    "haproxy",
    "keepalived",
    "expr",
    "rules",
    "http",
    "balance",
    "queue",
    "health",
    "table",
    "wire",
    "log",
    "stats",
    "cli",
    "vrrp",
    "bfd",
    "ipvs",
    "checker",
    "simulation",
    "explain",
];

/// What each room may use, besides itself. Every arrow points down this list's order of layers, and there is no circle.
const ARROWS: &[(&str, &[&str])] = &[
    // The ground.
    ("text", &[]),
    ("ir", &["text"]),
    // Protocols and decisions.
    ("wire", &["ir", "text"]),
    ("http", &["ir", "text", "wire"]),
    ("table", &["ir", "text"]),
    ("balance", &["ir", "text"]),
    ("queue", &["ir", "text", "balance"]),
    ("health", &["ir", "text", "http"]),
    ("expr", &["ir", "text", "http", "wire", "table", "balance"]), // balance: the hashes that converters offer
    ("rules", &["ir", "text", "expr", "http", "table"]),
    ("log", &["ir", "text", "http"]),
    ("stats", &["ir", "text", "health"]),
    ("cli", &["ir", "text", "stats", "table", "health", "expr"]),
    ("vrrp", &["ir", "text"]),
    ("bfd", &["ir"]),
    ("ipvs", &["ir", "text"]),
    ("checker", &["ir", "http"]),
    ("simulation", &["ir", "text", "vrrp"]),
    ("explain", &["ir", "text", "vrrp", "simulation"]),
    // The two languages: they read the tables of the rooms that run the items, and never each other.
    ("haproxy", &["ir", "text", "expr", "rules", "cli", "log", "table"]),
    ("keepalived", &["ir", "text", "checker"]),
    // Shells that others share.
    ("net", &["ir", "text", "vrrp", "bfd", "ipvs"]),
    ("process", &["ir", "text"]),
    // Shells.
    (
        "proxy",
        &[
            "ir", "text", "haproxy", "expr", "rules", "http", "balance", "queue", "health", "table", "wire", "log",
            "stats", "cli", "net", "process",
        ],
    ),
    ("failover", &["ir", "text", "keepalived", "vrrp", "bfd", "ipvs", "checker", "http", "net", "process"]),
    ("lab", &["process"]),
    (
        "operator",
        &[
            "ir",
            "text",
            "haproxy",
            "keepalived",
            "expr",
            "rules",
            "cli",
            "process",
            "failover",
            "vrrp",
            "simulation",
            "explain",
        ],
    ),
];

/// What no pure room may name: (path prefix, why).
const BANNED: &[(&str, &str)] = &[
    ("tokio", "it waits: return what to wait for instead"),
    ("std::fs", "files are read by shells and handed in as text"),
    ("std::process", "processes belong to shells"),
    ("std::thread", "threads belong to shells"),
    ("std::env", "the environment is handed in"),
    ("std::net::TcpStream", "sockets belong to shells"),
    ("std::net::TcpListener", "sockets belong to shells"),
    ("std::net::UdpSocket", "sockets belong to shells"),
    ("std::net::ToSocketAddrs", "names are resolved by shells"),
    ("std::os::unix::net", "sockets belong to shells"),
    ("std::time::SystemTime::now", "time is an argument"),
    ("std::time::Instant::now", "time is an argument"),
    ("std::hash::RandomState", "chance is an argument"),
    ("std::collections::hash_map::RandomState", "chance is an argument"),
    ("socket2", "sockets belong to shells"),
    ("pnet", "raw frames belong to net"),
    ("rtnetlink", "links belong to net"),
    ("nix", "system calls belong to shells"),
    ("rustix", "system calls belong to shells"),
    ("libc", "system calls belong to shells"),
    ("rand", "chance is an argument"),
    ("getrandom", "chance is an argument"),
];

/// A file may be this long; one idea seldom needs it.
const LONGEST: usize = 800;
/// Files that are one table of data, which is not shorter in two files.
const TABLES: &[&str] = &[];

struct File {
    path: PathBuf,
    room: String,
    lines: usize,
    /// The code outside of tests, comments and strings.
    code: String,
}

fn files() -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    collect(&root, &mut found);
    found.sort();
    let file = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("a source file is UTF-8");
        let short = path.strip_prefix(&root).expect("found below it").to_owned();
        let first = short.components().next().expect("a file has a name").as_os_str().to_string_lossy().into_owned();
        let room = first.trim_end_matches(".rs").to_owned();
        let is_test =
            short.file_name().is_some_and(|name| name == "tests.rs") || short.iter().any(|part| part == "tests");
        let code = if is_test { String::new() } else { bare(without_tests(&text)) };
        File { path: short, room, lines: text.lines().count(), code }
    };
    found.into_iter().map(file).collect()
}

fn collect(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("src is readable") {
        let path = entry.expect("src is readable").path();
        if path.is_dir() {
            collect(&path, into);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            into.push(path);
        }
    }
}

/// Unit tests come last in a file.
fn without_tests(text: &str) -> &str {
    let end = text.find("#[cfg(test)]\nmod ").or_else(|| text.find("#[cfg(test)]\npub(crate) mod "));
    &text[..end.unwrap_or(text.len())]
}

/// Code without comments and without what strings say.
fn bare(text: &str) -> String {
    let comments_and_strings = Regex::new(
        r###"(?s)//[^\n]*|/\*.*?\*/|b?r#".*?"#|b?r##".*?"##|b?"(?:[^"\\]|\\.)*"|b?'(?:[^'\\\n]|\\.[^']*)'"###,
    )
    .expect("a valid expression");
    comments_and_strings.replace_all(text, "\"\"").into_owned()
}

/// Every path that the code names: those of `use` trees, spelled out, and those written inline.
fn paths(code: &str) -> BTreeSet<String> {
    let uses = Regex::new(r"(?s)\buse\s+([^;]+);").expect("a valid expression");
    let inline = Regex::new(r"\b[a-z_][a-z0-9_]*(?:::[A-Za-z_][A-Za-z0-9_]*)+").expect("a valid expression");
    let mut found = BTreeSet::new();
    for tree in uses.captures_iter(code) {
        let text: String = tree[1].split_whitespace().collect::<Vec<_>>().join(" ");
        expand("", &text, &mut found);
    }
    found.extend(inline.find_iter(code).map(|path| path.as_str().to_owned()));
    found
}

/// `a::{b, c::{d, e}}` is `a::b`, `a::c::d`, `a::c::e`.
fn expand(prefix: &str, tree: &str, into: &mut BTreeSet<String>) {
    let tree = tree.trim();
    let Some(open) = tree.find('{') else {
        let name = tree.split(" as ").next().unwrap_or(tree).trim().trim_end_matches("::self");
        into.insert(format!("{prefix}{name}"));
        return;
    };
    let inner = &tree[open + 1..tree.rfind('}').unwrap_or(tree.len())];
    let prefix = format!("{prefix}{}", &tree[..open]);
    let (mut depth, mut start) = (0, 0);
    for (at, letter) in inner.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                expand(&prefix, &inner[start..at], into);
                start = at + 1;
            }
            _ => {}
        }
    }
    if !inner[start..].trim().is_empty() {
        expand(&prefix, &inner[start..], into);
    }
}

/// room → the rooms it uses → one file that does.
fn arrows(files: &[File]) -> BTreeMap<String, BTreeMap<String, PathBuf>> {
    let rooms: BTreeSet<&str> = files.iter().map(|file| file.room.as_str()).collect();
    let mut found: BTreeMap<String, BTreeMap<String, PathBuf>> = BTreeMap::new();
    for file in files.iter().filter(|file| !matches!(file.room.as_str(), "lib" | "bin")) {
        for path in paths(&file.code) {
            let Some(to) = path.strip_prefix("crate::").and_then(|rest| rest.split("::").next()) else { continue };
            if to != file.room && rooms.contains(to) {
                found.entry(file.room.clone()).or_default().entry(to.to_owned()).or_insert_with(|| file.path.clone());
            }
        }
    }
    found
}

#[test]
fn every_room_is_known() {
    let known: BTreeSet<&str> = ARROWS.iter().map(|(room, _)| *room).collect();
    let unknown: BTreeSet<String> = files()
        .into_iter()
        .map(|file| file.room)
        .filter(|room| !known.contains(room.as_str()) && room != "lib" && room != "bin")
        .collect();
    assert!(unknown.is_empty(), "rooms that ARROWS does not name: {unknown:?}");
}

#[test]
fn rooms_use_only_the_rooms_that_the_drawing_allows() {
    let mut wrong = Vec::new();
    for (from, uses) in arrows(&files()) {
        let allowed = ARROWS.iter().find(|(room, _)| *room == from).map_or(&[][..], |(_, allowed)| allowed);
        for (to, file) in uses {
            if !allowed.contains(&to.as_str()) {
                wrong.push(format!("{from} uses {to} (src/{})", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "new arrows between rooms:\n  {}", wrong.join("\n  "));
}

#[test]
fn no_rooms_use_each_other_in_a_circle() {
    let arrows = arrows(&files());
    for start in arrows.keys() {
        let (mut reached, mut waiting) = (BTreeSet::new(), vec![(start.clone(), vec![start.clone()])]);
        while let Some((room, way)) = waiting.pop() {
            for to in arrows.get(&room).into_iter().flat_map(BTreeMap::keys) {
                assert!(to != start, "a circle: {} -> {to}", way.join(" -> "));
                if reached.insert(to.clone()) {
                    waiting.push((to.clone(), way.iter().chain([to]).cloned().collect()));
                }
            }
        }
    }
}

#[test]
fn pure_rooms_name_no_socket_clock_file_process_or_chance() {
    let mut wrong = Vec::new();
    for file in files().iter().filter(|file| PURE.contains(&file.room.as_str())) {
        for path in paths(&file.code) {
            for (banned, why) in BANNED {
                if path == *banned || path.strip_prefix(banned).is_some_and(|rest| rest.starts_with("::")) {
                    wrong.push(format!("src/{} names {path}: {why}", file.path.display()));
                }
            }
        }
        for clock in ["Instant::now", "SystemTime::now", "RandomState::new"] {
            if file.code.contains(clock) {
                wrong.push(format!("src/{} names {clock}: it is an argument", file.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "impure:\n  {}", wrong.join("\n  "));
}

#[test]
fn no_file_is_longer_than_one_idea() {
    let long: Vec<String> = files()
        .iter()
        .filter(|file| file.lines > LONGEST && !TABLES.iter().any(|table| Path::new(table) == file.path))
        .map(|file| format!("src/{}: {} lines", file.path.display(), file.lines))
        .collect();
    assert!(long.is_empty(), "longer than {LONGEST} lines:\n  {}", long.join("\n  "));
}

#[test]
fn every_file_begins_with_a_sentence_about_itself() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let silent: Vec<String> = files()
        .iter()
        .filter(|file| !fs::read_to_string(root.join(&file.path)).is_ok_and(|text| text.starts_with("//!")))
        .filter(|file| file.lines > 1 && file.path.file_name().is_none_or(|name| name != "tests.rs"))
        .map(|file| format!("src/{}", file.path.display()))
        .collect();
    assert!(silent.is_empty(), "files without a first `//!` line:\n  {}", silent.join("\n  "));
}

#[test]
fn use_trees_are_read_as_the_compiler_reads_them() {
    let found = paths("use crate::{ir, text::{span::Span, grammar as g}};\nfn f() { std::fs::read(x); }");
    for path in ["crate::ir", "crate::text::span::Span", "crate::text::grammar", "std::fs::read"] {
        assert!(found.contains(path), "{path} in {found:?}");
    }
    assert!(!bare("let x = \"std::fs\"; // tokio::spawn\n").contains("::"));
}
