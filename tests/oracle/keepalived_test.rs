//! `keepalived -t`: exit code and every line, for all fixtures, through both.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

/// Fixtures where ours says something else, with the reason. One that agrees after all must leave this list.
const DIFFERENCES: &[(&str, &str)] = &[
    ("conditions", "the original aborts behind its first reading"),
    ("definitions", "the original aborts behind its first reading"),
    ("self_reference", "the original never ends"),
    ("balancer", "has keywords of later versions"),
    ("everything", "names programs that no machine has"),
    ("later", "words of keepalived after 2.2.7"),
];

/// The original, if it is here.
fn original() -> Option<String> {
    let fetched = std::env::var("HAWSER_ORACLE_KEEPALIVED").ok();
    let path = fetched.unwrap_or_else(|| "/usr/sbin/keepalived".into());
    let version = Command::new(&path).arg("-v").output().ok()?;
    let text = String::from_utf8_lossy(&version.stderr).into_owned();
    let is_original = text.starts_with("Keepalived v2.2.7 ") && !text.contains("Hawser");
    is_original.then_some(path)
}

/// Runs `-t` on every fixture in a namespace with the interfaces that they name.
fn judge(program: &str, folder: &Path) -> Option<BTreeMap<String, String>> {
    let script = r#"
        for i in 0 1 2; do ip link add eth$i type veth peer name peer$i; ip link set eth$i up; done
        ip addr add 192.168.200.5/24 dev eth0
        cd "$2" && for f in *.conf; do echo "@@@ ${f%.conf}"; timeout -s KILL 10 "$1" -t -i main -f "$f" 2>&1; echo "exit $?"; done"#;
    let output =
        Command::new("unshare").args(["-Urn", "bash", "-c", script, "bash", program]).arg(folder).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let pieces = text.split("@@@ ").filter_map(|piece| piece.split_once('\n'));
    let judged: BTreeMap<String, String> = pieces.map(|(name, said)| (name.to_owned(), said.to_owned())).collect();
    (!judged.is_empty()).then_some(judged)
}

#[test]
fn fixtures_are_judged_alike() {
    let Some(original) = original() else {
        eprintln!("skipped: there is no keepalived 2.2.7 here");
        return;
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("grammar-fixtures/keepalived");
    let (mut wrong, mut count) = (Vec::new(), 0);
    for kind in ["valid", "invalid", "whole"] {
        let folder = fs::canonicalize(root.join(kind)).expect("the fixtures are there");
        let (Some(theirs), Some(ours)) = (judge(&original, &folder), judge(env!("CARGO_BIN_EXE_keepalived"), &folder))
        else {
            eprintln!("skipped: user namespaces are not allowed here");
            return;
        };
        for (name, said) in &theirs {
            count += 1;
            let alike = ours.get(name) == Some(said);
            match DIFFERENCES.iter().find(|(known, _)| known == name) {
                None if !alike => wrong.push(format!("{name}\n--- theirs\n{said}--- ours\n{}", ours[name])),
                Some((_, reason)) if alike => wrong.push(format!("{name} agrees, though it should not: {reason}")),
                _ => {}
            }
        }
    }
    assert!(count > 50, "only {count} fixtures");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
