//! `haproxy -c`: our answer beside the original's, on the grammar's fixtures.

use std::path::{Path, PathBuf};

use crate::proxy_space::{OURS, check, original};

fn fixtures(kind: &str) -> (PathBuf, Vec<String>) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("grammar-fixtures/haproxy").join(kind);
    let entries = std::fs::read_dir(&directory).expect("the fixtures are there");
    let names = entries.filter_map(|e| e.ok()?.file_name().into_string().ok()).filter(|n| n.ends_with(".cfg"));
    let mut names: Vec<String> = names.collect();
    names.sort();
    assert!(!names.is_empty());
    (directory, names)
}

#[test]
fn same_files_get_the_same_answer() {
    let Some(original) = original("same_files_get_the_same_answer") else { return };
    let (directory, names) = fixtures("same");
    for name in names {
        let (theirs, ours) = (check(&original, &directory, &name), check(Path::new(OURS), &directory, &name));
        assert_eq!(theirs, ours, "{name}");
    }
}

#[test]
fn refused_files_are_refused_by_both() {
    let Some(original) = original("refused_files_are_refused_by_both") else { return };
    let (directory, names) = fixtures("own");
    // This one asks whether TLS is there, which it is not in ours.
    for name in names.iter().filter(|n| *n != "cond.cfg") {
        let (theirs, ours) = (check(&original, &directory, name), check(Path::new(OURS), &directory, name));
        assert_eq!(theirs.0, ours.0, "{name}\n{}\n{}", theirs.2, ours.2);
    }
}
