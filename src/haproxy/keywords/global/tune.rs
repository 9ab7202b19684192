//! Performance settings (manual 3.2): a few change behaviour here, the rest of the family is accepted and has nothing to tune.

use crate::haproxy::keyword::{GLOBAL, KEYWORD, Keyword, Line, Syntax};
use crate::text::book::Status;
use crate::text::grammar::{Arg, Kind};

const fn tune(name: &'static str, args: &'static [Arg], doc: &'static str, lower: fn(&mut Line<'_>)) -> Keyword {
    Keyword { name, sections: GLOBAL, manual: "3.2", args: Syntax::Args(args), doc, lower, ..KEYWORD }
}

const SIZE: &[Arg] = &[Arg::Value("number", Kind::Size)];

fn size(l: &Line<'_>) -> usize {
    l.args.int("number").and_then(|n| usize::try_from(n).ok()).unwrap_or(0)
}

const BUFSIZE: Keyword = tune("tune.bufsize", SIZE, "The size of a buffer, and so of the largest head; bytes.", |l| {
    l.global().tune.bufsize = size(l).max(1024);
});
const MAXREWRITE: Keyword = tune("tune.maxrewrite", SIZE, "Room kept free for rewriting heads; bytes.", |l| {
    let half = l.global().tune.bufsize / 2;
    l.global().tune.maxrewrite = size(l).min(half);
});
const MAXHDR: Keyword = tune("tune.http.maxhdr", SIZE, "The most headers of a message.", |l| {
    let n = size(l);
    if !(1..=32767).contains(&n) {
        let text = l.arg(0).to_owned();
        return l.error(0, format!("'tune.http.maxhdr' expects a numeric value between 1 and 32767, got '{text}'."));
    }
    l.global().tune.http_maxhdr = n;
});
const COOKIELEN: Keyword = Keyword {
    status: Status::Tuning,
    ..tune("tune.http.cookielen", SIZE, "The longest captured cookie; bytes.", |l| {
        l.global().tune.http_cookielen = size(l)
    })
};
const LOGURILEN: Keyword = tune("tune.http.logurilen", SIZE, "The longest URI in a log line; bytes.", |l| {
    l.global().tune.http_logurilen = size(l)
});
const RCVBUF_CLIENT: Keyword = Keyword {
    status: Status::Tuning,
    ..tune("tune.rcvbuf.client", SIZE, "The receive buffer of clients' sockets; bytes.", |l| {
        l.global().tune.rcvbuf_client = Some(size(l)).filter(|n| *n > 0);
    })
};
const RCVBUF_SERVER: Keyword = Keyword {
    status: Status::Tuning,
    ..tune("tune.rcvbuf.server", SIZE, "The receive buffer of servers' sockets; bytes.", |l| {
        l.global().tune.rcvbuf_server = Some(size(l)).filter(|n| *n > 0);
    })
};
const SNDBUF_CLIENT: Keyword = Keyword {
    status: Status::Tuning,
    ..tune("tune.sndbuf.client", SIZE, "The send buffer of clients' sockets; bytes.", |l| {
        l.global().tune.sndbuf_client = Some(size(l)).filter(|n| *n > 0);
    })
};
const SNDBUF_SERVER: Keyword = Keyword {
    status: Status::Tuning,
    ..tune("tune.sndbuf.server", SIZE, "The send buffer of servers' sockets; bytes.", |l| {
        l.global().tune.sndbuf_server = Some(size(l)).filter(|n| *n > 0);
    })
};

macro_rules! honest_tuning {
    ($($name:literal)*) => {
        pub const ALL: &[&Keyword] = &[
            &BUFSIZE, &MAXREWRITE, &MAXHDR, &COOKIELEN, &LOGURILEN, &RCVBUF_CLIENT, &RCVBUF_SERVER, &SNDBUF_CLIENT, &SNDBUF_SERVER,
            $(&Keyword {
                name: $name,
                sections: GLOBAL,
                manual: "3.2",
                status: Status::Tuning,
                args: Syntax::Args(&[Arg::Rest("value", Kind::Word)]),
                doc: "Tunes a part of the original that is built otherwise here.",
                ..KEYWORD
            },)*
        ];
    };
}

honest_tuning! {
    "tune.buffers.limit" "tune.buffers.reserve" "tune.chksize" "tune.comp.maxlevel" "tune.fail-alloc" "tune.fd.edge-triggered"
    "tune.h2.header-table-size" "tune.h2.initial-window-size" "tune.h2.max-concurrent-streams" "tune.h2.max-frame-size"
    "tune.idle-pool.shared" "tune.idletimer" "tune.listener.multi-queue" "tune.lua.forced-yield" "tune.lua.maxmem"
    "tune.lua.service-timeout" "tune.lua.session-timeout" "tune.lua.task-timeout" "tune.maxaccept" "tune.maxpollevents"
    "tune.pattern.cache-size" "tune.peers.max-updates-at-once" "tune.pipesize" "tune.pool-high-fd-ratio" "tune.pool-low-fd-ratio"
    "tune.recv_enough" "tune.runqueue-depth" "tune.sched.low-latency" "tune.vars.check-max-size" "tune.vars.global-max-size"
    "tune.vars.proc-max-size" "tune.vars.reqres-max-size" "tune.vars.sess-max-size" "tune.vars.txn-max-size" "cpu-map"
    "numa-cpu-mapping" "thread-group" "thread-groups" "noepoll" "nokqueue" "noevports" "nopoll" "nogetaddrinfo" "no-memory-trimming"
    "profiling.tasks" "maxcomprate" "maxcompcpuusage" "maxzlibmem" "pp2-never-send-local" "httpclient.resolvers.id"
    "httpclient.resolvers.prefer" "httpclient.ssl.ca-file" "httpclient.ssl.verify"
}
