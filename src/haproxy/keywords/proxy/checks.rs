//! Health checks: what a check speaks (manual 4.2 `option httpchk` and its like).
//!
//! * [`rules`]: the steps of `http-check` and `tcp-check`
//! * [`expect`]: what the steps want to hear

pub mod expect;
pub mod rules;

use crate::haproxy::keyword::{BACK, KEYWORD, Keyword, Line, Prefix, Syntax};
use crate::ir::check::{CheckKind, HttpChk};

pub const ALL: &[&Keyword] = &[&HTTPCHK, &TCP_CHECK, &SMTPCHK, &REDIS, &MYSQL, &PGSQL, &LDAP, &SPOP];

const fn option(name: &'static str, args: &'static str, doc: &'static str, lower: fn(&mut Line<'_>)) -> Keyword {
    Keyword { name, sections: BACK, args: Syntax::Custom(args), negatable: true, doc, lower, ..KEYWORD }
}

/// A check of this kind, from a line with at most so many words.
fn choose(l: &mut Line<'_>, most: usize, kind: CheckKind) {
    if l.prefix != Prefix::None {
        let name = l.keyword.name.trim_start_matches("option ");
        return l.error(0, format!("negation/default is not supported for option '{name}'."));
    }
    if l.no_more_than(most) {
        l.proxy().checks.kind = kind;
    }
}

const HTTPCHK: Keyword = Keyword {
    examples: &["option httpchk", "option httpchk GET /health", "option httpchk HEAD / HTTP/1.1"],
    rejects: &["option httpchk GET / HTTP/1.1 Host"],
    ..option(
        "option httpchk",
        "[[<method>] <uri> [<version>]]",
        "Checks with an HTTP request: OPTIONS / unless told.",
        |l| {
            choose(l, 3, CheckKind::Http);
            let words: Vec<String> = l.rest().iter().map(|w| w.text.clone()).collect();
            let mut c = HttpChk::default();
            match words.as_slice() {
                [] => {}
                [uri] => c.uri.clone_from(uri),
                [method, uri] => (c.method, c.uri) = (method.clone(), uri.clone()),
                [method, uri, version, ..] => {
                    (c.method, c.uri, c.version) = (method.clone(), uri.clone(), version.clone());
                }
            }
            if c.version.contains("\r\n") {
                l.warning(2, "'option httpchk' : hiding headers or body at the end of the version string is deprecated. Please, consider to use 'http-check send' directive instead.");
            }
            let checks = &mut l.proxy().checks;
            checks.own_http();
            checks.httpchk = c;
        },
    )
};
const TCP_CHECK: Keyword = Keyword {
    examples: &["option tcp-check"],
    rejects: &["option tcp-check connect"],
    ..option("option tcp-check", "", "Checks with the steps of tcp-check lines.", |l| choose(l, 0, CheckKind::Tcp))
};
const SMTPCHK: Keyword = Keyword {
    examples: &["option smtpchk", "option smtpchk EHLO mail.example.org"],
    rejects: &["option smtpchk EHLO mail.example.org now"],
    ..option("option smtpchk", "[<hello> <domain>]", "Checks that an SMTP server answers.", |l| {
        let hello = match (l.arg(0), l.arg(1)) {
            (h @ ("HELO" | "EHLO"), d) if !d.is_empty() => format!("{h} {d}"),
            _ => "HELO localhost".to_owned(),
        };
        choose(l, 2, CheckKind::Smtp { hello });
    })
};
const REDIS: Keyword = Keyword {
    examples: &["option redis-check"],
    rejects: &["option redis-check PING"],
    ..option("option redis-check", "", "Checks that a Redis server answers.", |l| choose(l, 0, CheckKind::Redis))
};
const MYSQL: Keyword = Keyword {
    examples: &["option mysql-check", "option mysql-check user haproxy", "option mysql-check user haproxy pre-41"],
    rejects: &["option mysql-check haproxy", "option mysql-check user haproxy 41", "option mysql-check user"],
    ..option(
        "option mysql-check",
        "[user <username> [{post-41 | pre-41}]]",
        "Checks that a MySQL server answers.",
        |l| {
            let (first, user, version) = (l.arg(0).to_owned(), l.arg(1).to_owned(), l.arg(2).to_owned());
            match (first.as_str(), version.as_str()) {
                ("", _) => choose(l, 0, CheckKind::Mysql { user: None, pre_41: false }),
                ("user", _) if user.is_empty() => {
                    l.error(0, "'option mysql-check user' expects <username> as argument.");
                }
                ("user", "" | "post-41" | "pre-41") => {
                    choose(l, 3, CheckKind::Mysql { user: Some(user), pre_41: version == "pre-41" });
                }
                ("user", other) => {
                    l.error(2, format!("keyword 'user' only supports 'post-41' and 'pre-41' (got '{other}')."));
                }
                (other, _) => {
                    l.error(0, format!("'option mysql-check' only supports optional values: 'user' (got '{other}')."));
                }
            }
        },
    )
};
const PGSQL: Keyword = Keyword {
    examples: &["option pgsql-check user haproxy"],
    rejects: &["option pgsql-check", "option pgsql-check user haproxy now", "option pgsql-check haproxy now"],
    ..option("option pgsql-check", "user <username>", "Checks that a PostgreSQL server answers.", |l| {
        let (first, user) = (l.arg(0).to_owned(), l.arg(1).to_owned());
        match first.as_str() {
            "user" if !user.is_empty() => choose(l, 2, CheckKind::Pgsql { user }),
            "" | "user" => l.error(0, "'option pgsql-check' expects 'user <username>' as argument."),
            _ => l.error(0, "'option pgsql-check' only supports optional values: 'user'."),
        }
    })
};
const LDAP: Keyword = Keyword {
    examples: &["option ldap-check"],
    rejects: &["option ldap-check bind"],
    ..option("option ldap-check", "", "Checks that an LDAP server answers.", |l| choose(l, 0, CheckKind::Ldap))
};
const SPOP: Keyword = Keyword {
    examples: &["option spop-check"],
    rejects: &["option spop-check hello"],
    ..option("option spop-check", "", "Checks that a stream processing agent answers.", |l| {
        choose(l, 0, CheckKind::Spop);
    })
};
