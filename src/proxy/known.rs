//! `-dK`: what is known and works here, by class, one a line.

use std::fmt::Write as _;

use crate::cli::command::Mode;
use crate::cli::{commands, master};
use crate::expr::fetch::{ArgKind, ArgSpec, Needs};
use crate::expr::{converters, fetches};
use crate::haproxy::keyword::{GLOBAL, HTTP_ERRORS, PROXY, Sections, USERLIST};
use crate::haproxy::keywords;
use crate::haproxy::lower::acl;
use crate::rules::service::Service;
use crate::text::book::Status;

/// One class: its name, what it is, and its lines.
struct Class {
    name: &'static str,
    what: &'static str,
    title: &'static str,
    lines: fn() -> Vec<String>,
}

const CLASSES: &[Class] = &[
    Class { name: "acl", what: "ACL keywords", title: "ACL keywords", lines: acls },
    Class { name: "cfg", what: "configuration keywords", title: "configuration keywords", lines: configuration },
    Class { name: "cli", what: "CLI keywords", title: "CLI keywords", lines: commands },
    Class {
        name: "cnv",
        what: "sample converter keywords",
        title: "sample converter functions",
        lines: sample_converters,
    },
    Class { name: "flt", what: "filter names", title: "filter names", lines: Vec::new },
    Class { name: "smp", what: "sample fetch functions", title: "sample fetch functions", lines: sample_fetches },
    Class { name: "svc", what: "service names", title: "service names", lines: services },
];

/// The dump of a comma-separated list of classes; a name that is no class is passed over.
pub fn dump(classes: &str) -> String {
    let mut out = String::new();
    for wanted in classes.split(',') {
        if wanted == "help" {
            out.push_str("# List of supported keyword classes:\nall: list all keywords\n");
            for c in CLASSES {
                let _ = writeln!(out, "{}: {}", c.name, c.what);
            }
        }
        for c in CLASSES.iter().filter(|c| wanted.is_empty() || wanted == "all" || wanted == c.name) {
            let _ = writeln!(out, "# List of registered {}:", c.title);
            for line in (c.lines)() {
                let _ = writeln!(out, "{line}");
            }
        }
    }
    out
}

fn works(status: Status) -> bool {
    status != Status::Missing
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort_unstable();
    lines.dedup();
    lines
}

fn acls() -> Vec<String> {
    let full = |fetch| match fetch {
        "cook" => "req.cook",
        "hdr" => "req.hdr",
        "scook" => "res.cook",
        "shdr" => "res.hdr",
        fetch => fetch,
    };
    sorted(acl::derived().map(|(name, fetch, method)| format!("{name} = {} -m {method}", full(fetch))).collect())
}

fn configuration() -> Vec<String> {
    let sections: [(&str, Sections); 4] =
        [("global", GLOBAL), ("listen", PROXY), ("userlist", USERLIST), ("http-errors", HTTP_ERRORS)];
    let mut out = Vec::new();
    for (name, section) in sections {
        let inside = keywords::all().filter(|k| k.sections.has(section) && works(k.status));
        out.push(name.to_owned());
        out.extend(sorted(inside.map(|k| format!("\t{}", k.name)).collect()));
    }
    out
}

/// Which processes know a command, and the mode that it needs: `show info [WORKER] `.
fn commands() -> Vec<String> {
    let of_worker = |name: &str| commands::all().any(|c| c.name == name && works(c.status));
    let of_master = |name: &str| master::names().any(|n| n == name);
    let line = |name: &'static str, mode: Mode| {
        let mut line = format!("{name} ");
        if of_master(name) {
            line.push_str("[MASTER] ");
        }
        if of_worker(name) {
            line.push_str("[WORKER] ");
        }
        line.push_str(match mode {
            Mode::Always => "",
            Mode::Expert => "[EXPERT] ",
            Mode::Experimental => "[EXPERIM] ",
        });
        line
    };
    let workers = commands::all().filter(|c| works(c.status)).map(|c| line(c.name, c.mode));
    sorted(workers.chain(master::names().filter(|n| !of_worker(n)).map(|n| line(n, Mode::Always))).collect())
}

/// `(string[,integer])`; nothing without arguments.
fn arguments(specs: &[ArgSpec]) -> String {
    if specs.is_empty() {
        return String::new();
    }
    let required = specs.iter().take_while(|a| a.required).count();
    let names = |specs: &[ArgSpec]| specs.iter().map(|a| word(a.kind)).collect::<Vec<_>>().join(",");
    let (must, may) = (names(&specs[..required]), names(&specs[required..]));
    match (must.is_empty(), may.is_empty()) {
        (_, true) => format!("({must})"),
        (true, _) => format!("([{may}])"),
        _ => format!("({must}[,{may}])"),
    }
}

/// What the original reads as text and looks at later is a string in its dump.
fn word(kind: ArgKind) -> &'static str {
    match kind {
        ArgKind::StrOrVar | ArgKind::IntOrVar | ArgKind::Var | ArgKind::Map => ArgKind::Str.name(),
        kind => kind.name(),
    }
}

/// The type that comes out stands first.
fn sample_converters() -> Vec<String> {
    let line = |c: &crate::expr::converter::Converter| {
        format!("{}{}: {} => {}", c.name, arguments(c.args), c.output.name(), c.input.name())
    };
    sorted(converters::all().filter(|c| works(c.status)).map(line).collect())
}

fn services() -> Vec<String> {
    Service::ALL.iter().map(|service| service.name().to_owned()).collect()
}

/// Where a fetch can be used, in the order of the columns that are drawn above the list.
const PLACES: [&str; 22] = [
    "frontend tcp-request connection rule",
    "frontend tcp-request session rule",
    "frontend tcp-request content rule",
    "frontend http-request header rule",
    "frontend http-request body rule",
    "frontend use-backend rule",
    "backend tcp-request content rule",
    "backend http-request header rule",
    "backend http-request body rule",
    "backend use-server, balance or stick-match rule",
    "server source selection",
    "backend tcp-response content rule",
    "backend http-response header rule",
    "backend http-response body rule",
    "backend stick-store rule",
    "frontend tcp-response content rule",
    "frontend http-response header rule",
    "frontend http-response body rule",
    "logs",
    "backend tcp-check rule",
    "configuration parser",
    "CLI parser",
];

/// The columns of [`PLACES`] that hold what a fetch needs.
fn places(needs: Needs) -> &'static str {
    match needs {
        Needs::Nothing => "YYYYYYYYYYYYYYYYYYYYYY",
        Needs::Client => "YYYYYYYYYYYYYYYYYYYY..",
        Needs::Request | Needs::RequestData => "..YYYYYYYYY...........",
        Needs::Transaction => "..YYYYYYYYYYYYYYYYY...",
        Needs::Backend => "......YYYYYYYYYYYYYY..",
        Needs::Server => "..........YYYYYYYYYY..",
        Needs::Response | Needs::ResponseData => "...........YYYYYYY.Y..",
        Needs::Data => "..YYYYYYYYYYYYYYYY.Y..",
    }
}

fn sample_fetches() -> Vec<String> {
    let mut out = Vec::new();
    for (i, place) in PLACES.iter().enumerate() {
        let (indent, dashes) = (PLACES.len() - i + 1, "-".repeat(PLACES.len() - i));
        out.push(format!("#{:indent$}{}_.{dashes} {place}", "", "/ ".repeat(i)));
    }
    out.push(format!("# {} ", "/ ".repeat(PLACES.len())));
    out.push(format!("# {}", "| ".repeat(PLACES.len())));
    let mut all: Vec<_> = fetches::all().filter(|f| works(f.status)).collect();
    all.sort_by_key(|f| f.name);
    for f in all {
        let columns = places(f.needs).chars().fold(String::new(), |s, c| s + " " + c.encode_utf8(&mut [0; 4]));
        out.push(format!("[{columns} ] {}{}: {}", f.name, arguments(f.args), f.out.name()));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::dump;

    #[test]
    fn only_what_works_is_listed() {
        assert!(dump("cfg").contains("\n\tbalance\n") && !dump("cfg").contains("\tcompression\n"));
        assert!(dump("all").contains("\nshow stat [WORKER] \n"));
        assert_eq!(dump("nonsense"), "");
    }

    #[test]
    fn fetches_and_converters_are_listed_with_their_signatures() {
        assert!(dump("smp").contains("] path: str\n") && dump("smp").contains("] req.hdr([string,integer]): str\n"));
        assert!(dump("cnv").contains("\nlength: sint => str\n"));
        assert!(dump("acl").contains("\npath_beg = path -m beg\n"));
    }
}
