//! `userlist`: users, groups, passwords (manual 3.4).

use crate::expr::userlist::is_supported;
use crate::haproxy::draft::Current;
use crate::haproxy::keyword::{KEYWORD, Keyword, Line, Syntax, USERLIST};
use crate::ir::config::{Group, Password, User, Userlist};
use crate::text::diag::{Diagnostic, Place};
use crate::text::grammar::{Arg, Kind};

pub const ALL: &[&Keyword] = &[&GROUP, &USER];

fn list<'l>(l: &'l mut Line<'_>) -> Option<&'l mut Userlist> {
    match l.draft.current {
        Current::Userlist(i) => l.draft.config.userlists.get_mut(i),
        _ => None,
    }
}

fn split(names: Option<&str>) -> Vec<String> {
    names.map_or_else(Vec::new, |n| n.split(',').map(str::to_owned).collect())
}

const GROUP: Keyword = Keyword {
    name: "group",
    sections: USERLIST,
    manual: "3.4",
    args: Syntax::Args(&[Arg::Value("groupname", Kind::Word), Arg::Pair("users", "user,user", Kind::Word)]),
    doc: "A group and its users.",
    lower: |l| {
        let (Some(name), users) = (l.args.text("groupname").map(str::to_owned), split(l.args.text("users"))) else {
            return;
        };
        if let Some(list) = list(l) {
            list.groups.push(Group { name, users });
        }
    },
    ..KEYWORD
};
const USER: Keyword = Keyword {
    name: "user",
    sections: USERLIST,
    manual: "3.4",
    args: Syntax::Args(&[
        Arg::Value("username", Kind::Word),
        Arg::Pair("password", "password", Kind::Word),
        Arg::Pair("insecure-password", "password", Kind::Word),
        Arg::Pair("groups", "group,group", Kind::Word),
    ]),
    doc: "A user, the password hashed for crypt(3) or plain.",
    lower: |l| {
        let Some(name) = l.args.text("username").map(str::to_owned) else { return };
        let groups = split(l.args.text("groups"));
        let plain = l.args.text("insecure-password").map(|p| Password::Plain(p.to_owned()));
        let crypt = l.args.text("password").map(str::to_owned);
        if let Some(hash) = crypt.as_deref().filter(|h| !is_supported(h)) {
            let scheme = hash.split('$').nth(1).unwrap_or("DES");
            let d = Diagnostic::error(
                "not-implemented",
                l.at(),
                format!("password hash '${scheme}$' of user '{name}' is not implemented in this version of Hawser."),
            )
            .help("use SHA-256 ($5$) or SHA-512 ($6$): mkpasswd -m sha-512");
            l.diag.push(d);
            return;
        }
        let Some(password) = plain.or_else(|| crypt.map(Password::Crypt)) else { return };
        let at = l.at();
        let Some(list) = list(l) else { return };
        if list.users.iter().any(|u| u.name == name) {
            let message = format!("ignoring duplicated user '{name}' in userlist '{}'.", list.name);
            l.diag.push(Diagnostic::warning("duplicate-user", at, message).placed(Place::ParsingTight));
            return;
        }
        list.users.push(User { name, password, groups });
    },
    ..KEYWORD
};
