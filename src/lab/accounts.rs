//! The lab's own passwd and group: where there is one uid only, every account that somebody may ask for is that one.

use std::collections::BTreeSet;

/// Words after which a configuration names an account: `user haproxy`, `group adm`, `script_user checker wheel`, and the
/// `user NAME` and `group NAME` of a socket.
const NAMING: &[&str] = &["user", "group", "script_user", "uid_name"];

/// The accounts that a configuration file names, without the numeric ones and root.
#[must_use]
pub fn named(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default();
        let words: Vec<&str> = line.split_whitespace().collect();
        for (at, word) in words.iter().enumerate() {
            if !NAMING.contains(word) {
                continue;
            }
            let names = if *word == "script_user" { 2 } else { 1 };
            found.extend(
                words.iter().skip(at + 1).take(names).filter(|name| is_account(name)).map(|name| (*name).into()),
            );
        }
    }
    found
}

fn is_account(name: &str) -> bool {
    name != "root"
        && name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}

/// The two files for a namespace with one uid: root first, so that number 0 is called root, then the others with its number.
#[must_use]
pub fn one_uid_files<'a>(
    machine_passwd: &'a str,
    machine_group: &'a str,
    named: &'a BTreeSet<String>,
) -> (String, String) {
    let mut passwd = String::from("root:x:0:0:root:/root:/bin/sh\n");
    let mut group = String::from("root:x:0:\n");
    for name in names(machine_passwd, named) {
        passwd.push_str(&format!("{name}:x:0:0::/nonexistent:/usr/sbin/nologin\n"));
    }
    for name in names(machine_group, named) {
        group.push_str(&format!("{name}:x:0:\n"));
    }
    (passwd, group)
}

fn names<'a>(file: &'a str, named: &'a BTreeSet<String>) -> BTreeSet<&'a str> {
    let mut all: BTreeSet<&str> = file.lines().filter_map(|line| line.split(':').next()).collect();
    all.extend(named.iter().map(String::as_str));
    all.retain(|name| !name.is_empty() && *name != "root");
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_found_behind_the_words_that_name_them() {
        let cfg = "global\n  user haproxy\n  group adm # user nobody\n  stats socket /s user admin group 99\n";
        assert_eq!(named(cfg).into_iter().collect::<Vec<_>>(), ["adm", "admin", "haproxy"]);
        assert_eq!(named("script_user checker wheel\n").len(), 2);
    }

    #[test]
    fn every_account_gets_the_one_uid_and_root_comes_first() {
        let wanted = BTreeSet::from(["haproxy".to_owned()]);
        let (passwd, group) =
            one_uid_files("root:x:0:0::/root:/bin/bash\nwww-data:x:33:33::/:\n", "adm:x:4:\n", &wanted);
        assert_eq!(passwd.lines().next(), Some("root:x:0:0:root:/root:/bin/sh"));
        assert!(passwd.contains("\nwww-data:x:0:0:") && passwd.contains("\nhaproxy:x:0:0:"));
        assert_eq!(group, "root:x:0:\nadm:x:0:\nhaproxy:x:0:\n");
    }
}
