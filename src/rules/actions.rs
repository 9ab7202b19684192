//! Every action. A new one is one const in the file of its family and one line in that file's list.

pub mod connection;
pub mod control;
pub mod headers;
pub mod missing;
pub mod patterns;
pub mod request_line;
pub mod settings;
pub mod tables;
pub mod variables;

use std::sync::OnceLock;

use super::action::{ActionItem, Sets};
use crate::ir::action::{ActionArg, ActionId};

const LISTS: &[&[&ActionItem]] = &[
    connection::ALL,
    control::ALL,
    headers::ALL,
    patterns::ALL,
    request_line::ALL,
    settings::ALL,
    tables::ALL,
    tables::TRACK,
    variables::ALL,
    missing::ALL,
];

fn table() -> &'static [&'static ActionItem] {
    static TABLE: OnceLock<Vec<&'static ActionItem>> = OnceLock::new();
    TABLE.get_or_init(|| all().collect())
}

/// Every action, in the order of the lists.
pub fn all() -> impl Iterator<Item = &'static ActionItem> {
    LISTS.iter().flat_map(|l| l.iter().copied())
}

/// The action of that name in a rule set. `name(...)` finds an action that takes an argument in its name.
pub fn find(set: Sets, name: &str) -> Option<ActionId> {
    let bare = name.split_once('(').map_or(name, |(n, _)| n);
    let at = table().iter().position(|a| a.sets.has(set) && (a.name == name || a.name == bare))?;
    Some(ActionId(at as u16))
}

/// # Panics
/// Never for an id that [`find`] gave.
pub fn get(id: ActionId) -> &'static ActionItem {
    table()[usize::from(id.0)]
}

/// The number in a place of the argument list.
pub fn int(args: &[ActionArg], i: usize) -> Option<i64> {
    match args.get(i)? {
        ActionArg::Int(n) => Some(*n),
        _ => None,
    }
}

/// The word in a place of the argument list; an absent one is `None`.
pub fn word(args: &[ActionArg], i: usize) -> Option<&str> {
    match args.get(i)? {
        ActionArg::Str(s) if !s.is_empty() => Some(s),
        _ => None,
    }
}

/// The formatted string in a place of the argument list.
pub fn text(stage: &super::stage::Stage<'_>, args: &[ActionArg], i: usize) -> Vec<u8> {
    match args.get(i) {
        Some(ActionArg::Format(f)) => crate::expr::format::to_vec(f, &stage.scope()),
        Some(ActionArg::Str(s)) => s.as_bytes().to_vec(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_taken_twice_in_one_set() {
        for bit in 0..7 {
            let set = Sets(1 << bit);
            let mut names: Vec<_> = all().filter(|a| a.sets.has(set)).map(|a| a.name).collect();
            names.sort_unstable();
            let before = names.len();
            names.dedup();
            assert_eq!(names.len(), before, "{}", set.name());
        }
    }
}
