//! Stickiness by cookie (manual 4.2 `cookie`).

use crate::haproxy::keyword::{BACK, KEYWORD, Keyword, Line, Syntax};
use crate::haproxy::lower::time;
use crate::ir::proxy::{Cookie, CookieMode};
use crate::text::atoms::TimeUnit;
use crate::text::grammar::{Arg, Kind};

pub const ALL: &[&Keyword] = &[&COOKIE, &DYNAMIC_COOKIE_KEY];

const COOKIE: Keyword = Keyword {
    name: "cookie",
    sections: BACK,
    args: Syntax::Custom(
        "<name> [rewrite | insert | prefix] [indirect] [nocache] [postonly] [preserve] [httponly] [secure] [domain <domain>]* [maxidle <idle>] [maxlife <life>] [dynamic] [attr <value>]*",
    ),
    doc: "The cookie that keeps a client at its server.",
    examples: &["cookie SERVERID insert indirect nocache", "cookie JSESSIONID prefix nocache"],
    rejects: &["cookie", "cookie A frob"],
    lower: |l| {
        if l.arg(0).is_empty() {
            return l.error(0, "'cookie' expects <cookie_name> as argument.");
        }
        if let Some(c) = parse(l) {
            l.proxy().cookie = Some(c);
        }
    },
    ..KEYWORD
};

fn parse(l: &mut Line<'_>) -> Option<Cookie> {
    let mut c = Cookie {
        name: l.arg(0).to_owned(),
        mode: CookieMode::Passive,
        indirect: false,
        nocache: false,
        postonly: false,
        preserve: false,
        httponly: false,
        secure: false,
        domains: Vec::new(),
        max_idle: None,
        max_life: None,
        dynamic: false,
        attrs: Vec::new(),
    };
    let mut modes = 0;
    let mut i = 1;
    while i < l.rest().len() {
        let mut mode = |m| {
            modes += 1;
            c.mode = m;
        };
        match l.arg(i) {
            "rewrite" => mode(CookieMode::Rewrite),
            "insert" => mode(CookieMode::Insert),
            "prefix" => mode(CookieMode::Prefix),
            "indirect" => c.indirect = true,
            "nocache" => c.nocache = true,
            "postonly" => c.postonly = true,
            "preserve" => c.preserve = true,
            "httponly" => c.httponly = true,
            "secure" => c.secure = true,
            "dynamic" => c.dynamic = true,
            key @ ("domain" | "maxidle" | "maxlife" | "attr") => {
                let key = key.to_owned();
                let value = l.arg(i + 1).to_owned();
                i += 1;
                if !option(l, &key, &value, i, &mut c) {
                    return None;
                }
            }
            _ => {
                l.error(i, "'cookie' supports 'rewrite', 'insert', 'prefix', 'indirect', 'nocache', 'postonly', 'domain', 'maxidle', 'dynamic', 'maxlife' and 'attr' options.");
                return None;
            }
        }
        i += 1;
    }
    if modes > 1 {
        l.error(1, "cookie 'rewrite', 'insert' and 'prefix' modes are incompatible.");
        return None;
    }
    Some(c)
}

fn option(l: &mut Line<'_>, key: &str, value: &str, i: usize, c: &mut Cookie) -> bool {
    if value.is_empty() {
        l.error(i, format!("'{key}' expects a value as argument."));
        return false;
    }
    match key {
        "domain" => c.domains.push(value.to_owned()),
        "attr" => c.attrs.push(value.to_owned()),
        _ => match time::with_unit(value, key, TimeUnit::Seconds) {
            Ok(d) if key == "maxidle" => c.max_idle = Some(d),
            Ok(d) => c.max_life = Some(d),
            Err(e) => {
                l.error(i, e);
                return false;
            }
        },
    }
    true
}

const DYNAMIC_COOKIE_KEY: Keyword = Keyword {
    name: "dynamic-cookie-key",
    sections: BACK,
    args: Syntax::Args(&[Arg::Value("string", Kind::Word)]),
    doc: "The secret that dynamic cookies are made with.",
    lower: |l| {
        let key = l.args.text("string").map(str::to_owned);
        l.proxy().dynamic_cookie_key = key;
    },
    ..KEYWORD
};
