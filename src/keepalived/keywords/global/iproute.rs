//! Where the names of routing tables, realms and groups of interfaces are looked for.

use super::super::shared::WORD;
use crate::keepalived::keyword::{Block, Call, KEYWORD, Keyword};
use std::path::PathBuf;

pub(in super::super) const KEYWORDS: &[Keyword] = &[IPROUTE_ETC_DIR, IPROUTE_USR_DIR];

const IPROUTE_ETC_DIR: Keyword = Keyword {
    name: "iproute_etc_dir",
    blocks: &[Block::Global],
    grammar: WORD,
    doc: "Where `rt_tables`, `rt_realms` and `group` are looked for first, instead of in /etc/iproute2. It counts for what stands \
          below it. Since 2.3.2.",
    examples: &["iproute_etc_dir /etc/iproute2"],
    rejects: &["iproute_etc_dir"],
    lower: |draft, call| draft.global.settings.iproute_etc = folder(call),
    ..KEYWORD
};

const IPROUTE_USR_DIR: Keyword = Keyword {
    name: "iproute_usr_dir",
    doc: "Where they are looked for then, instead of in /usr/share/iproute2 and /usr/lib/iproute2. Since 2.3.2.",
    examples: &["iproute_usr_dir /usr/share/iproute2"],
    rejects: &["iproute_usr_dir"],
    lower: |draft, call| draft.global.settings.iproute_usr = folder(call),
    ..IPROUTE_ETC_DIR
};

fn folder(call: &Call<'_>) -> Option<PathBuf> {
    call.args.text("value").map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use crate::keepalived::{load, testing::FakeMachine};

    /// The table of a route that names it, below these settings.
    fn lines(settings: &str) -> Vec<String> {
        let text = format!("global_defs {{\n{settings}\n}}\nstatic_routes {{\n192.0.2.0/24 dev eth0 table blue\n}}\n");
        let mut machine = FakeMachine::with("k", &text);
        machine.files.insert("/names/rt_tables".to_owned(), "77 blue # a table\n".to_owned());
        let checked = load(&machine, "k", "main");
        checked.report.lines(&checked.sources).collect()
    }

    #[test]
    fn names_are_found_in_the_folder_of_the_file() {
        for settings in ["iproute_etc_dir /names", "iproute_usr_dir /names"] {
            assert_eq!(lines(settings), Vec::<String>::new(), "{settings}");
        }
        assert_eq!(lines("iproute_usr_dir /elsewhere").len(), 1);
    }
}
