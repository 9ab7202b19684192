//! Walks fixtures: files with what is expected of them beside each, as `NAME.expected`. For tests only.

use std::{fs, path::Path};

/// Every file with this extension in these folders of `grammar-fixtures/LANGUAGE` is judged as expected. `judge` is given
/// folder, file name and text. `HAWSER_BLESS=1` writes the expectations anew; look at the difference before keeping it.
pub(crate) fn walk(
    language: &str,
    folders: &[&str],
    extension: &str,
    at_least: usize,
    judge: impl Fn(&str, &str, &str) -> String,
) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("grammar-fixtures").join(language);
    let (mut wrong, mut count) = (Vec::new(), 0);
    for folder in folders {
        for entry in fs::read_dir(root.join(folder)).expect("the fixtures are there") {
            let path = entry.expect("a directory entry").path();
            if path.extension().is_none_or(|found| found != extension) {
                continue;
            }
            count += 1;
            let name = path.file_name().expect("a file").to_string_lossy().into_owned();
            let text = String::from_utf8_lossy(&fs::read(&path).expect("readable")).into_owned();
            let got = judge(folder, &name, &text);
            let expected = path.with_extension("expected");
            if std::env::var_os("HAWSER_BLESS").is_some() {
                fs::write(&expected, &got).expect("writable");
            } else if fs::read_to_string(&expected).ok().as_deref() != Some(&got) {
                wrong.push(format!("{}\n{got}", expected.display()));
            }
        }
    }
    assert!(count > at_least, "only {count} fixtures");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What a configuration means, as a fixture keeps it: without the places where things were written.
pub(crate) fn meaning(config: &impl std::fmt::Debug) -> String {
    let spans = regex::Regex::new(r"Span \{\s*file: FileId\(\s*\d+,\s*\),\s*start: \d+,\s*end: \d+,\s*\}")
        .expect("a valid expression");
    spans.replace_all(&format!("{config:#?}"), "Span").into_owned()
}
