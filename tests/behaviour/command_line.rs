//! The command line of `haproxy`: what is answered before anything runs, beside the original's answer.

use std::{
    path::Path,
    process::{Command, Output, Stdio},
};

use super::proxy_space::{Proxy, binaries, own_name};

const FILE: &str = "defaults
    mode http
    timeout client 1s
    timeout server 1s
    timeout connect 1s
frontend f
    bind 127.0.0.1:1
";

/// Exit code and both outputs; on standard error, only the lines that say what is wrong.
fn run(binary: &Path, words: &[&str]) -> (Option<i32>, String, String) {
    let command = Command::new(binary).args(words).env("HAWSER_TEST_VARIABLE", "1").stdin(Stdio::null()).output();
    let Output { status, stdout, stderr } = command.expect("the binary runs");
    let errors = String::from_utf8_lossy(&stderr);
    let errors = errors.lines().filter_map(|l| l.strip_prefix("[ALERT]")).filter_map(|l| Some(l.split_once(" : ")?.1));
    (status.code(), String::from_utf8_lossy(&stdout).into_owned(), errors.map(|l| format!("{l}\n")).collect())
}

#[test]
fn conditions_are_evaluated_as_the_original_does() {
    let conditions = [
        ("version_atleast(2.4)", 0),
        ("version_atleast(1024)", 1),
        ("version_before(2.6.13)", 0),
        ("streq(\"foo bar\",'foo bar')", 0),
        ("defined(HAWSER_TEST_VARIABLE) && streq(\"$HAWSER_TEST_VARIABLE\",\"1\")", 0),
        ("streq(\"${HAWSER_TEST_VARIABLE}\",1)", 0),
        ("streq($HAWSER_TEST_VARIABLE,1)", 1),
        ("streq(\"\\x41\",A)", 0),
        ("1   &&!   0&&    !((streq(a,b)||!streq(a,a)&&1)||strneq(a,a))", 0),
        ("1 && !0 && !((streq(a,a) || !streq(a,a) && 1) || strneq(a,a))", 1),
        ("", 1),
        (" 1", 0),
        (" ", 2),
        ("-1000 && 200", 0),
        ("0x1", 0),
        ("+1", 0),
        ("00", 1),
        ("200rrr", 2),
        ("!(0))", 2),
        ("streq(a,\"a)", 2),
        ("streq(\"\\xZ\",A)", 2),
        ("streq(a,a", 2),
        ("streq(a)", 2),
        ("streq(a,b,c)", 2),
        ("1 &", 2),
        ("1 &&", 2),
        ("1 && foo(a)", 2),
        ("( 1 && 0", 2),
        ("!", 2),
        ("()", 2),
        ("#", 2),
        ("1 # x", 2),
        ("strstr(abc,b)", 2),
    ];
    for (condition, code) in conditions {
        for binary in binaries(module_path!()) {
            assert_eq!(run(&binary, &["-cc", condition]).0, Some(code), "{condition}");
        }
        let said: Vec<_> = binaries(module_path!()).iter().map(|b| run(b, &["-cc", condition]).2).collect();
        assert!(said.windows(2).all(|w| w[0] == w[1]), "{condition}: {said:#?}");
    }
}

/// A file of its own for each test.
fn file(name: &str, text: &str) -> String {
    let path = std::env::temp_dir().join(format!("hw-{name}-{}.cfg", std::process::id()));
    std::fs::write(&path, text).expect("a writable directory");
    path.display().to_string()
}

#[test]
fn options_and_their_values_are_taken_or_refused_as_in_the_original() {
    let path = file("options", FILE);
    let lines = [
        ("-m 100", 0),
        ("-m", 1),
        ("-m 0", 0),
        ("-n x", 0),
        ("-n -3", 0),
        ("-N", 1),
        ("-L foo", 0),
        ("-L", 1),
        ("-p", 1),
        ("-C", 1),
        ("-C /nonexistent", 1),
        ("-S", 1),
        ("-x", 1),
        ("-x none", 0),
        ("-sf x", 1),
        ("-sf", 0),
        ("-st 999999", 0),
        ("-de -dp -dS -dG -dR -dV", 0),
        ("-dM0x20,no-merge", 0),
        ("-dMfoo", 1),
        ("-dXX", 0),
        ("-cc", 1),
        ("-W foo", 1),
        ("-Z", 1),
    ];
    for (line, code) in lines {
        let words: Vec<&str> = ["-c", "-f", &path].into_iter().chain(line.split(' ')).collect();
        let all: Vec<_> = binaries(module_path!()).iter().map(|b| run(b, &words)).collect();
        assert_eq!(all[0].0, Some(code), "{line}");
        // What is printed with the usage is each program's own.
        let told = |(code, out, err): &(Option<i32>, String, String)| {
            (*code, out.clone().split_off(out.find("Configuration file").unwrap_or(out.len())), err.clone())
        };
        assert!(all.windows(2).all(|w| told(&w[0]) == told(&w[1])), "{line}: {all:#?}");
    }
    for binary in binaries(module_path!()) {
        let listed = run(&binary, &["-dL", "-c", "-f", &path]).1;
        let head = format!("List of loaded object files:\n{}\n", own_name(&binary));
        assert!(listed.starts_with(&head) && listed.ends_with("Configuration file is valid\n"), "{listed}");
    }
    std::fs::remove_file(path).expect("it is there");
}

#[test]
fn the_version_is_told_in_four_lines() {
    let shape = regex::Regex::new(
        r"^HAProxy version 2\.6\.12\S*( \(Hawser \S+\))? \d{4}/\d\d/\d\d - .+\nStatus: .+ - .+\nKnown bugs: .+\nRunning on: Linux .+\n$",
    );
    let shape = shape.expect("a valid expression");
    for binary in binaries(module_path!()) {
        let (code, out, _) = run(&binary, &["-v"]);
        assert_eq!(code, Some(0));
        assert!(shape.is_match(&out), "{out}");
        let (code, out, _) = run(&binary, &["-vv"]);
        assert_eq!(code, Some(0));
        assert!(out.contains("\nFeature list : -51DEGREES +ACCEPT4 ") && out.contains(" will use epoll.\n"), "{out}");
    }
}

/// Our dump has no more than the original's where both are read as sets, except for `ours_only`.
fn is_part(class: &str, path: &str, ours_only: &[&str]) {
    let option = format!("-dK{class}");
    let all: Vec<_> = binaries(module_path!()).iter().map(|b| run(b, &[&option, "-q", "-c", "-f", path]).1).collect();
    assert!(all[0].lines().count() > 10, "{class}");
    if let [ours, theirs] = &all[..] {
        let known: Vec<&str> = theirs.lines().collect();
        let more: Vec<&str> = ours.lines().filter(|l| !known.contains(l)).collect();
        assert_eq!(more, ours_only, "{class}");
    }
}

#[test]
fn keywords_are_dumped_by_class() {
    let path = file("dump", FILE);
    is_part("cli", &path, &[]);
    is_part("acl", &path, &[]);
    for binary in binaries(module_path!()) {
        let dump = |class: &str| run(&binary, &[class, "-q", "-c", "-f", &path]).1;
        assert!(dump("-dKhelp").starts_with("# List of supported keyword classes:\nall: list all keywords\nacl: "));
        assert!(dump("-dKsmp").contains("\n[ . . Y Y Y Y Y Y Y Y Y . . . . . . . . . . . ] path: str\n"));
        assert!(dump("-dKsmp").contains("\n# / / / / / / / / / / / / / / / / / / / / / /  \n# | | | | | |"));
        assert!(
            dump("-dKcnv").contains("\nlength: sint => str\n")
                && dump("-dKcnv").contains("\nadd(string): sint => sint\n")
        );
        assert!(
            dump("-dKcfg").contains("\nlisten\n")
                && dump("-dKsvc").starts_with("# List of registered service names:\n")
        );
        assert_eq!(dump("-dKxx"), "");
    }
    std::fs::remove_file(path).expect("it is there");
}

#[test]
fn memory_and_connections_are_limited_from_the_command_line() {
    let text =
        format!("global\n    stats socket @cli@ level admin\n    nbthread 2\n{FILE}").replace("127.0.0.1:1", "@in@");
    for words in [&["-n", "50"][..], &["-m", "200"], &["-m", "100", "-n", "70"], &["-N", "7", "-n", "60"], &[]] {
        let mut all = Vec::new();
        for binary in binaries(module_path!()) {
            let p = Proxy::launch(binary, &text, &[&["-db"], words].concat());
            let info = p.ask("cli", "show info");
            let of = |name: &str| info.lines().find_map(|l| l.strip_prefix(name)).expect("a field").trim().to_owned();
            let limit = p.ask("cli", "show stat f").lines().nth(1).and_then(|l| l.split(',').nth(6).map(str::to_owned));
            all.push((["Maxconn:", "Hard_maxconn:", "Maxsock:", "Memmax_MB:", "Memmax_bytes:"].map(of), limit));
        }
        assert!(all.windows(2).all(|w| w[0] == w[1]), "{words:?}: {all:#?}");
    }
}

#[test]
fn descriptors_that_cannot_be_had_are_fatal_unless_limits_are_lax() {
    for (strict, code) in [("strict-limits", Some(1)), ("no strict-limits", None)] {
        let text = format!("global\n    maxconn 40000\n    {strict}\n{FILE}")
            .replace("    bind 127.0.0.1:1\n", "    bind abns@hw-limits-NAME\n");
        let mut all = Vec::new();
        for (i, binary) in binaries(module_path!()).into_iter().enumerate() {
            let path = file("limits", &text.replace("NAME", &format!("{}-{i}", std::process::id())));
            // Users other than root cannot raise what is lowered here; root of a container usually cannot either.
            let limited = "ulimit -n 2000; exec setpriv --bounding-set=-sys_resource --inh-caps=-sys_resource -- timeout 1 \"$0\" \"$@\"";
            let (status, _, errors) =
                run(Path::new("sh"), &["-c", limited, binary.to_str().expect("text"), "-db", "-f", &path]);
            std::fs::remove_file(path).expect("it is there");
            all.push((status, errors.replace(&own_name(&binary), "haproxy")));
        }
        assert_eq!(all[0].0, code.or(Some(124)), "{all:#?}");
        assert!(all[0].1.lines().count() == 1, "{all:#?}");
        assert!(all.windows(2).all(|w| w[0] == w[1]), "{all:#?}");
    }
}
