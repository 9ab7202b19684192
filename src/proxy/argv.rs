//! The command line of `haproxy`, as a table: one line an option, the usage text is printed from it.

use std::{ffi::OsString, net::SocketAddr};

/// What was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Args {
    pub files: Vec<String>,
    pub version: bool,
    pub build: bool,
    pub check: bool,
    pub condition: Option<String>,
    pub debug: bool,
    pub foreground: bool,
    pub daemon: bool,
    pub master: bool,
    pub systemd: bool,
    pub quiet: bool,
    pub verbose: bool,
    pub pidfile: Option<String>,
    pub directory: Option<String>,
    pub peer: Option<String>,
    pub maxconn: Option<u32>,
    pub proxy_maxconn: Option<u32>,
    pub memory: Option<u64>,
    /// `-sf`: let them finish; `-st`: end them.
    pub finish: Vec<i32>,
    pub terminate: Vec<i32>,
    /// Takes listening sockets from this stats socket.
    pub take_from: Option<String>,
    pub master_cli: Vec<String>,
    pub keywords: Option<String>,
    pub zero_warning: bool,
    pub diagnostic: bool,
    pub no_splice: bool,
    pub no_reuseport: bool,
    pub ignore_resolution: bool,
    pub objects: bool,
    pub pool_help: bool,
    /// Where metrics are told by HTTP.
    pub metrics: Option<SocketAddr>,
}

/// How an option takes its value.
#[derive(Clone, Copy)]
enum Takes {
    Nothing(fn(&mut Args)),
    Word(fn(&mut Args, String)),
    Number(fn(&mut Args, u64)),
    /// Any number of pids.
    Pids(fn(&mut Args, i32)),
    /// The rest of the same word.
    Tail(fn(&mut Args, &str)),
    /// The rest of the same word, which may be wrong.
    Checked(fn(&mut Args, &str) -> Result<(), Bad>),
}

struct Flag {
    name: &'static str,
    takes: Takes,
    value: &'static str,
    help: &'static str,
}

const fn flag(name: &'static str, set: fn(&mut Args), help: &'static str) -> Flag {
    Flag { name, takes: Takes::Nothing(set), value: "", help }
}

const FLAGS: &[Flag] = &[
    Flag {
        name: "-f",
        takes: Takes::Word(|a, v| a.files.push(v)),
        value: "<file|directory>",
        help: "reads a configuration file, or the *.cfg of a directory",
    },
    flag("-vv", |a| a.build = true, "says how this program was built"),
    flag("-v", |a| a.version = true, "says the version"),
    flag("-V", |a| a.verbose = true, "says more"),
    Flag {
        name: "-cc",
        takes: Takes::Word(|a, v| a.condition = Some(v)),
        value: "<condition>",
        help: "evaluates a condition: exit status 0 true, 1 false, 2 not understood",
    },
    flag("-c", |a| a.check = true, "checks the configuration and exits"),
    flag("-db", |a| a.foreground = true, "stays in the foreground"),
    flag("-de", |_| {}, "without effect here: there is only one poller"),
    flag("-dp", |_| {}, "without effect here: there is only one poller"),
    flag("-dS", |a| a.no_splice = true, "never splices"),
    flag("-dG", |_| {}, "without effect here: names are always resolved by the system"),
    flag("-dR", |a| a.no_reuseport = true, "binds without SO_REUSEPORT"),
    flag("-dL", |a| a.objects = true, "lists the files that the program consists of"),
    flag("-dr", |a| a.ignore_resolution = true, "goes on when a server's name cannot be resolved"),
    flag("-dV", |_| {}, "without effect here: no server speaks TLS"),
    flag("-dW", |a| a.zero_warning = true, "fails on any warning"),
    flag("-dD", |a| a.diagnostic = true, "warns of suspicious statements"),
    Flag {
        name: "-dK",
        takes: Takes::Tail(|a, v| a.keywords = Some(v.to_owned())),
        value: "<class,...>",
        help: "lists the keywords that are known",
    },
    Flag {
        name: "-dM",
        takes: Takes::Checked(pool_features),
        value: "<byte>,...",
        help: "without effect here: memory needs no poison",
    },
    flag("-d", |a| a.debug = true, "stays in the foreground and shows the traffic"),
    flag("-D", |a| a.daemon = true, "goes into the background"),
    flag("-Ws", |a| (a.master, a.systemd) = (true, true), "as -W, and tells systemd"),
    flag("-W", |a| a.master = true, "a master that watches over its workers"),
    flag("-q", |a| a.quiet = true, "says nothing"),
    Flag {
        name: "-C",
        takes: Takes::Word(|a, v| a.directory = Some(v)),
        value: "<directory>",
        help: "goes there before reading files",
    },
    Flag {
        name: "-n",
        takes: Takes::Number(|a, n| a.maxconn = u32::try_from(n).ok().filter(|n| *n > 0)),
        value: "<number>",
        help: "most connections of the process",
    },
    Flag {
        name: "-N",
        takes: Takes::Number(|a, n| a.proxy_maxconn = u32::try_from(n).ok().filter(|n| *n > 0)),
        value: "<number>",
        help: "most connections of a proxy that says nothing itself",
    },
    Flag {
        name: "-m",
        takes: Takes::Number(|a, n| a.memory = Some(n).filter(|n| *n > 0)),
        value: "<MB>",
        help: "limits the memory, and with it the connections",
    },
    Flag { name: "-L", takes: Takes::Word(|a, v| a.peer = Some(v)), value: "<name>", help: "our name among peers" },
    Flag {
        name: "-p",
        takes: Takes::Word(|a, v| a.pidfile = Some(v)),
        value: "<file>",
        help: "writes the process's number to a file",
    },
    Flag {
        name: "-sf",
        takes: Takes::Pids(|a, p| a.finish.push(p)),
        value: "[pid]*",
        help: "tells old processes to finish their work",
    },
    Flag {
        name: "-st",
        takes: Takes::Pids(|a, p| a.terminate.push(p)),
        value: "[pid]*",
        help: "tells old processes to end at once",
    },
    Flag {
        name: "-x",
        takes: Takes::Word(|a, v| a.take_from = Some(v)),
        value: "<unix socket>",
        help: "takes listening sockets from an old process",
    },
    Flag {
        name: "-S",
        takes: Takes::Word(|a, v| a.master_cli.push(v)),
        value: "<bind>[,<option>...]",
        help: "the master's command line",
    },
    Flag {
        name: "--metrics=",
        takes: Takes::Checked(metrics),
        value: "[<address>:]<port>",
        help: "tells metrics by HTTP at /metrics; of this host alone without an address",
    },
];

/// Why the command line is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bad {
    /// No or unknown arguments: the usage is shown.
    Usage,
    /// An option lacks its value.
    Incomplete(String),
    /// A value is none; the line to print.
    Value(String),
}

/// Options that the original reads by their first letters: whatever follows is not looked at.
const FAMILIES: [(&str, &str); 3] = [("-vv", "-vv"), ("-v", "-v"), ("-d", "-d")];

/// What `-dM` switches in the original's memory pools; there are none here.
const POOL_FEATURES: [&str; 18] = [
    "fail",
    "no-fail",
    "no-merge",
    "merge",
    "cold-first",
    "hot-first",
    "integrity",
    "no-integrity",
    "no-global",
    "global",
    "no-cache",
    "cache",
    "caller",
    "no-caller",
    "tag",
    "no-tag",
    "poison",
    "no-poison",
];

fn metrics(args: &mut Args, text: &str) -> Result<(), Bad> {
    let none = || Bad::Value(format!("--metrics: '{text}' is no port and no address with a port"));
    args.metrics = Some(crate::net::scrape::address(text).ok_or_else(none)?);
    Ok(())
}

fn pool_features(args: &mut Args, text: &str) -> Result<(), Bad> {
    for word in text.split(',').filter(|w| !w.is_empty() && !w.starts_with(|c: char| c.is_ascii_digit())) {
        if word == "help" {
            args.pool_help = true;
        } else if !POOL_FEATURES.contains(&word) {
            return Err(Bad::Value(format!("-dM: unknown pool debugging feature <{word}>")));
        }
    }
    Ok(())
}

/// The number that a word begins with, as C's `atol` reads it; 0 without one.
fn leading_number(word: &str) -> u64 {
    let digits = word.trim_start().trim_start_matches('+');
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end].parse().unwrap_or(0)
}

fn find(word: &str) -> Option<&'static Flag> {
    let exact = |name: &str| FLAGS.iter().find(|f| f.name == name);
    let takes_tail = |f: &&Flag| matches!(f.takes, Takes::Tail(_) | Takes::Checked(_)) && word.starts_with(f.name);
    let of_family = || FAMILIES.iter().find(|(start, _)| word.starts_with(start)).and_then(|(_, name)| exact(name));
    exact(word).or_else(|| FLAGS.iter().find(takes_tail)).or_else(of_family)
}

/// Reads the words behind the program's name.
///
/// # Errors
/// A word that no option explains, or a value that is missing.
pub fn parse(words: &[OsString]) -> Result<Args, Bad> {
    let words: Vec<String> = words.iter().map(|w| w.to_string_lossy().into_owned()).collect();
    let mut args = Args::default();
    let mut i = 0;
    while i < words.len() {
        let word = &words[i];
        i += 1;
        if word == "--" {
            args.files.extend(words[i..].iter().cloned());
            break;
        }
        let f = find(word).ok_or(Bad::Usage)?;
        match f.takes {
            Takes::Nothing(set) => set(&mut args),
            Takes::Tail(set) => set(&mut args, &word[f.name.len()..]),
            Takes::Checked(set) => set(&mut args, &word[f.name.len()..])?,
            Takes::Word(set) => {
                let value = words.get(i).ok_or_else(|| Bad::Incomplete(word.clone()))?;
                set(&mut args, value.clone());
                i += 1;
            }
            Takes::Number(set) => {
                let value = words.get(i).ok_or_else(|| Bad::Incomplete(word.clone()))?;
                set(&mut args, leading_number(value));
                i += 1;
            }
            Takes::Pids(set) => {
                while let Some(list) = words.get(i).filter(|w| !w.starts_with('-')) {
                    for pid in list.split_ascii_whitespace() {
                        let unread =
                            || Bad::Value(format!("{word} option: some bytes unconsumed in PID list {{{pid}}}"));
                        set(&mut args, pid.parse().map_err(|_| unread())?);
                    }
                    i += 1;
                }
            }
        }
    }
    Ok(args)
}

/// The table as text.
pub fn usage(program: &str) -> String {
    let mut out = format!("Usage : {program} [-f <cfgfile|cfgdir>]* [option]* [-- <cfgfile>*]\n");
    for f in FLAGS {
        let head = format!("{} {}", f.name, f.value);
        out.push_str(&format!("        {head:<26} {}\n", f.help));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Args, Bad> {
        parse(&line.split_whitespace().map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn distributions_units_and_scripts_are_understood() {
        let a = read("-Ws -f /etc/haproxy/haproxy.cfg -p /run/haproxy.pid -S /run/haproxy-master.sock").expect("fine");
        assert!(a.master && a.systemd);
        assert_eq!(a.master_cli, ["/run/haproxy-master.sock"]);
        let a = read("-f a -f b -D -p x -sf 12 13 -x /s").expect("fine");
        assert_eq!((a.files.len(), a.finish.as_slice(), a.take_from.as_deref()), (2, &[12, 13][..], Some("/s")));
        let a = read("-d -dM -f cfg -L A -n 5 -- x y").expect("fine");
        assert_eq!((a.files.as_slice(), a.maxconn), (&["cfg".to_owned(), "x".into(), "y".into()][..], Some(5)));
    }

    #[test]
    fn words_are_read_as_the_original_reads_them() {
        assert!(read("-vvq").is_ok_and(|a| a.build) && read("-vx").is_ok_and(|a| a.version));
        assert!(read("-dXX -f c").is_ok_and(|a| a.debug));
        assert!(read("-n x -f c").is_ok_and(|a| a.maxconn.is_none()));
        assert!(read("-n 5x -f c").is_ok_and(|a| a.maxconn == Some(5)));
        assert!(read("-dM0x20,no-merge -f c").is_ok() && matches!(read("-dMfoo -f c"), Err(Bad::Value(_))));
    }

    #[test]
    fn metrics_are_of_this_host_alone_unless_an_address_is_written() {
        let at = |word: &str| read(&format!("-f c {word}")).map(|a| a.metrics.map(|at| at.to_string()));
        assert_eq!(at("--metrics=9101"), Ok(Some("127.0.0.1:9101".into())));
        assert_eq!(at("--metrics=[::1]:9101"), Ok(Some("[::1]:9101".into())));
        assert!(matches!(at("--metrics=here"), Err(Bad::Value(_))));
    }

    #[test]
    fn unknown_word_shows_the_usage_and_a_lonely_option_is_incomplete() {
        assert_eq!(read("-zz"), Err(Bad::Usage));
        assert_eq!(read("-f"), Err(Bad::Incomplete("-f".into())));
        assert_eq!(read("-f c -sf x"), Err(Bad::Value("-sf option: some bytes unconsumed in PID list {x}".into())));
        assert!(usage("haproxy").contains("-sf [pid]*"));
    }
}
