//! Processes, privileges and limits (manual 3.1, 3.2).

use crate::haproxy::keyword::{GLOBAL, KEYWORD, Keyword, Line, Syntax};
use crate::haproxy::lower::time;
use crate::ir::listener::Account;
use crate::text::atoms;
use crate::text::book::Status;
use crate::text::diag::{Diagnostic, Place};
use crate::text::grammar::{Arg, Kind};

pub const ALL: &[&Keyword] = &[
    &CHROOT,
    &DAEMON,
    &MASTER_WORKER,
    &MWORKER_MAX_RELOADS,
    &GID,
    &GROUP,
    &UID,
    &USER,
    &HARD_STOP_AFTER,
    &GRACE,
    &CLOSE_SPREAD_TIME,
    &MAXCONN,
    &MAXCONNRATE,
    &MAXSESSRATE,
    &MAXPIPES,
    &ULIMIT_N,
    &NBTHREAD,
    &NBPROC,
    &PIDFILE,
    &QUIET,
    &ZERO_WARNING,
    &STRICT_LIMITS,
    &SET_DUMPABLE,
    &NOREUSEPORT,
    &NOSPLICE,
    &DEBUG,
    &INSECURE_FORK,
    &INSECURE_SETUID,
    &EXTERNAL_CHECK,
];

const fn global(name: &'static str, doc: &'static str, manual: &'static str) -> Keyword {
    Keyword { name, sections: GLOBAL, doc, manual, ..KEYWORD }
}

/// A switch without arguments, in the original's words when there is one.
const fn switch(name: &'static str, doc: &'static str, manual: &'static str, lower: fn(&mut Line<'_>)) -> Keyword {
    Keyword { args: Syntax::Custom(""), lower, ..global(name, doc, manual) }
}

const CHROOT: Keyword = Keyword {
    args: Syntax::Custom("<jail dir>"),
    examples: &["chroot /var/lib/haproxy"],
    lower: |l| {
        if l.arg(0).is_empty() {
            return l.error(0, "'chroot' expects a directory as an argument.");
        }
        if l.global().chroot.is_some() {
            return l.error(0, "'chroot' already specified. Continuing.");
        }
        let dir = l.arg(0).to_owned();
        l.global().chroot = Some(dir);
    },
    ..global("chroot", "The directory that becomes the root before serving.", "3.1")
};
const DAEMON: Keyword = switch("daemon", "Goes to the background, as -D does.", "3.1", |l| {
    if l.no_more_than(0) {
        l.global().daemon = true;
    }
});
const MASTER_WORKER: Keyword = Keyword {
    args: Syntax::Args(&[Arg::Flag("no-exit-on-failure")]),
    lower: |l| l.global().master_worker = true,
    ..global("master-worker", "A master process supervises the worker, as -W does.", "3.1")
};
const MWORKER_MAX_RELOADS: Keyword = Keyword {
    examples: &["mworker-max-reloads 3"],
    args: Syntax::Args(&[Arg::Value("number", Kind::Int(0, i32::MAX as i64))]),
    lower: |l| {
        let n = l.args.int("number").and_then(|n| u32::try_from(n).ok());
        l.global().mworker_max_reloads = n;
    },
    ..global("mworker-max-reloads", "How many reloads an old worker survives.", "3.1")
};

fn already(l: &mut Line<'_>, set: bool, what: &str) -> bool {
    if set {
        l.warning(0, format!("{what} already specified. Continuing."));
    }
    set
}

const GID: Keyword = Keyword {
    args: Syntax::Args(&[Arg::Value("number", Kind::Int(0, u32::MAX as i64))]),
    lower: |l| {
        let set = l.global().gid.is_some();
        if !already(l, set, "group/gid") {
            let n = l.args.int("number").and_then(|n| u32::try_from(n).ok()).map(Account::Id);
            l.global().gid = n;
        }
    },
    ..global("gid", "The group, by number, that the process runs as.", "3.1")
};
const UID: Keyword = Keyword {
    args: Syntax::Args(&[Arg::Value("number", Kind::Int(0, u32::MAX as i64))]),
    lower: |l| {
        let set = l.global().uid.is_some();
        if !already(l, set, "user/uid") {
            let n = l.args.int("number").and_then(|n| u32::try_from(n).ok()).map(Account::Id);
            l.global().uid = n;
        }
    },
    ..global("uid", "The user, by number, that the process runs as.", "3.1")
};
const GROUP: Keyword = Keyword {
    args: Syntax::Custom("<group name>"),
    lower: |l| {
        let set = l.global().gid.is_some();
        if already(l, set, "gid/group") {
            return;
        }
        match l.outside.group(l.arg(0)) {
            Some(id) => l.global().gid = Some(Account::Id(id)),
            None => {
                let message = format!("cannot find group id for '{}' (0:Success)", l.arg(0));
                l.error(0, message);
            }
        }
    },
    ..global("group", "The group that the process runs as.", "3.1")
};
const USER: Keyword = Keyword {
    args: Syntax::Custom("<user name>"),
    lower: |l| {
        let set = l.global().uid.is_some();
        if already(l, set, "user/uid") {
            return;
        }
        match l.outside.user(l.arg(0)) {
            Some(id) => l.global().uid = Some(Account::Id(id)),
            None => {
                let message = format!("cannot find user id for '{}' (0:Success)", l.arg(0));
                l.error(0, message);
            }
        }
    },
    ..global("user", "The user that the process runs as.", "3.1")
};

/// A time argument, with the original's complaints.
fn duration(l: &mut Line<'_>) -> Option<std::time::Duration> {
    match time::milliseconds(l.arg(0), l.keyword.name) {
        Ok(d) => Some(d),
        Err(e) => {
            l.error(0, e);
            None
        }
    }
}
const HARD_STOP_AFTER: Keyword = Keyword {
    args: Syntax::Custom("<time>"),
    lower: |l| {
        if let Some(d) = duration(l) {
            l.global().hard_stop_after = time::nonzero(d);
        }
    },
    ..global("hard-stop-after", "How long a soft stop may take before connections are cut.", "3.1")
};
const GRACE: Keyword = Keyword {
    args: Syntax::Custom("<time>"),
    examples: &["grace 2s"],
    rejects: &["grace", "grace x"],
    lower: |l| {
        if l.arg(0).is_empty() {
            return l.error(0, "'grace' expects <time> as argument.");
        }
        if let Some(d) = duration(l) {
            l.global().grace = time::nonzero(d);
        }
    },
    ..global("grace", "How long listeners stay open after a soft stop was asked for.", "3.1")
};
const CLOSE_SPREAD_TIME: Keyword = Keyword {
    status: Status::Tuning,
    args: Syntax::Custom("<time>"),
    lower: |l| {
        if let Some(d) = duration(l) {
            l.global().close_spread_time = time::nonzero(d);
        }
    },
    ..global("close-spread-time", "Over which time idle connections are closed during a soft stop.", "3.1")
};

/// An integer in the original's words: text that is none counts as 0.
fn number(l: &mut Line<'_>) -> Option<u32> {
    if l.arg(0).is_empty() {
        let message = format!("'{}' expects an integer argument.", l.keyword.name);
        l.error(0, message);
        return None;
    }
    if !l.no_more_than(1) {
        return None;
    }
    let (n, used) = crate::expr::value::leading_int(l.arg(0).as_bytes());
    if used != l.arg(0).len() {
        let text = l.arg(0).to_owned();
        l.warning(0, format!("'{}' takes '{text}' as {n}.", l.keyword.name));
    }
    u32::try_from(n).ok()
}
const MAXCONN: Keyword = Keyword {
    args: Syntax::Custom("<number>"),
    examples: &["maxconn 2000"],
    lower: |l| {
        if let Some(n) = number(l) {
            l.global().maxconn = (n > 0).then_some(n);
        }
    },
    ..global("maxconn", "The most concurrent connections of the process.", "3.2")
};
const MAXCONNRATE: Keyword = Keyword {
    args: Syntax::Custom("<number>"),
    lower: |l| {
        if let Some(n) = number(l) {
            l.global().maxconnrate = (n > 0).then_some(n);
        }
    },
    ..global("maxconnrate", "The most new connections a second.", "3.2")
};
const MAXSESSRATE: Keyword = Keyword {
    args: Syntax::Custom("<number>"),
    lower: |l| {
        if let Some(n) = number(l) {
            l.global().maxsessrate = (n > 0).then_some(n);
        }
    },
    ..global("maxsessrate", "The most new sessions a second.", "3.2")
};
const MAXPIPES: Keyword = Keyword {
    args: Syntax::Custom("<number>"),
    lower: |l| {
        if let Some(n) = number(l) {
            l.global().maxpipes = Some(n);
        }
    },
    ..global("maxpipes", "The most pipes kept for splicing.", "3.2")
};
const ULIMIT_N: Keyword = Keyword {
    args: Syntax::Custom("<number>"),
    lower: |l| {
        if let Some(n) = number(l) {
            l.global().ulimit_n = Some(u64::from(n));
        }
    },
    ..global("ulimit-n", "The most file descriptors; computed when not given.", "3.1")
};
const NBTHREAD: Keyword = Keyword {
    args: Syntax::Custom("<number>"),
    lower: |l| {
        let n = atoms::integer(l.arg(0)).unwrap_or(0);
        if !(1..=64).contains(&n) {
            let message = format!("'nbthread' value must be between 1 and 64 (was {n})");
            return l.error(0, message);
        }
        l.global().nbthread = u32::try_from(n).ok();
    },
    ..global("nbthread", "How many threads serve; one a processor when not given.", "3.1")
};
const NBPROC: Keyword = Keyword {
    args: Syntax::Args(&[Arg::Value("number", Kind::Int(1, 64))]),
    status: Status::Legacy,
    lower: |l| {
        let d = Diagnostic::warning(
            "legacy-keyword",
            l.at(),
            "'nbproc' was removed from HAProxy in 2.5; threads do its work.",
        )
        .help("remove the line, or use 'nbthread'");
        l.diag.push(d);
        let n = l.args.int("number").and_then(|n| u32::try_from(n).ok());
        l.global().nbproc = n;
    },
    ..global("nbproc", "How many processes serve: one, whatever is asked for.", "3.1")
};
const PIDFILE: Keyword = Keyword {
    args: Syntax::Custom("<pidfile>"),
    lower: |l| {
        if l.arg(0).is_empty() {
            return l.error(0, "'pidfile' expects a file name as an argument.");
        }
        let file = l.arg(0).to_owned();
        l.global().pidfile = Some(file);
    },
    ..global("pidfile", "The file that takes the process number, as -p does.", "3.1")
};
const QUIET: Keyword = switch("quiet", "Says nothing on start, as -q does.", "3.3", |l| l.global().quiet = true);
const ZERO_WARNING: Keyword =
    switch("zero-warning", "A warning is enough not to start, as -dW does.", "3.3", |l| l.global().zero_warning = true);
const STRICT_LIMITS: Keyword = Keyword {
    status: Status::Tuning,
    negatable: true,
    ..switch("strict-limits", "Does not start when a limit cannot be set.", "3.1", |l| {
        let on = l.on();
        l.global().strict_limits = Some(on);
    })
};
const SET_DUMPABLE: Keyword =
    switch("set-dumpable", "Lets the process dump core after it changed its user.", "3.1", |l| {
        if l.no_more_than(0) {
            l.global().set_dumpable = true;
        }
    });
const NOREUSEPORT: Keyword =
    switch("noreuseport", "A port that another process listens on is not shared, as -dR.", "3.2", |l| {
        l.global().no_reuseport = true
    });
const NOSPLICE: Keyword = switch("nosplice", "Never splices, as -dS.", "3.2", |l| l.global().no_splice = true);
const DEBUG: Keyword = Keyword {
    status: Status::Legacy,
    ..switch("debug", "Prints traffic; removed since 2.1, -d does it.", "3.3", |l| {
        let d = Diagnostic::warning("legacy-keyword", l.at(), "'debug' was removed from HAProxy in 2.1.")
            .help("start with -d instead")
            .placed(Place::Parsing);
        l.diag.push(d);
    })
};
const INSECURE_FORK: Keyword = Keyword {
    status: Status::Tuning,
    ..switch("insecure-fork-wanted", "Allows the worker to start other programs.", "3.1", |l| {
        l.global().insecure_fork_wanted = true
    })
};
const INSECURE_SETUID: Keyword = Keyword {
    status: Status::Tuning,
    ..switch("insecure-setuid-wanted", "Allows started programs to change their user.", "3.1", |l| {
        l.global().insecure_setuid_wanted = true;
    })
};
const EXTERNAL_CHECK: Keyword = Keyword {
    status: Status::Tuning,
    ..switch("external-check", "Allows health checks by programs.", "3.1", |l| l.global().external_check = true)
};
