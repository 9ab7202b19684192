//! Walking every sample expression of a configuration, so that names in their arguments can be resolved in one place.

use super::action::{ActionArg, Reply, ReplyBody, Rule};
use super::check::{CheckAction, Expect, ExpectMatch, HeaderMatch};
use super::expr::{Format, FormatNode, Sample};
use super::proxy::{BackendName, Balance, ErrorPage, LogFormat, Proxy, ServerName};

/// Calls `f` for every sample of a proxy.
pub fn samples(p: &mut Proxy, f: &mut dyn FnMut(&mut Sample)) {
    for acl in &mut p.acls {
        acl.alternatives.iter_mut().for_each(|e| f(&mut e.sample));
    }
    rules(p, &mut |r| rule(r, f));
    for u in &mut p.switching {
        if let BackendName::Dynamic(fmt) = &mut u.target {
            format(fmt, f);
        }
    }
    for u in &mut p.use_server {
        if let ServerName::Dynamic(fmt) = &mut u.target {
            format(fmt, f);
        }
    }
    p.stick_rules.iter_mut().for_each(|r| f(&mut r.key));
    if let Balance::Hash(s) = &mut p.balance {
        f(s);
    }
    for fmt in [&mut p.unique_id_format, &mut p.log_format_sd, &mut p.error_log_format].into_iter().flatten() {
        format(fmt, f);
    }
    if let LogFormat::Custom(fmt) = &mut p.log_format {
        format(fmt, f);
    }
    for page in p.errors.values_mut() {
        if let ErrorPage::Reply(r) = page {
            reply(r, f);
        }
    }
    for s in p.servers.iter_mut() {
        s.options.set_proxy_v2_tlv.iter_mut().for_each(|(_, s)| f(s));
    }
    for step in p.checks.http.iter_mut().chain(&mut p.checks.tcp) {
        check(&mut step.action, f);
    }
}

/// Calls `f` for every rule of a proxy.
pub fn rules(p: &mut Proxy, f: &mut dyn FnMut(&mut Rule)) {
    let sets = &mut p.rules;
    for set in [
        &mut sets.tcp_request_connection,
        &mut sets.tcp_request_session,
        &mut sets.tcp_request_content,
        &mut sets.http_request,
        &mut sets.tcp_response_content,
        &mut sets.http_response,
        &mut sets.http_after_response,
        &mut p.stats.http_request,
        &mut p.redirects,
    ] {
        set.iter_mut().for_each(&mut *f);
    }
}

fn rule(r: &mut Rule, f: &mut dyn FnMut(&mut Sample)) {
    for a in &mut r.action.args {
        match a {
            ActionArg::Sample(s) => f(s),
            ActionArg::Format(fmt) => format(fmt, f),
            ActionArg::Reply(r) => reply(r, f),
            ActionArg::Redirect(r) => format(&mut r.target, f),
            _ => {}
        }
    }
}

fn reply(r: &mut Reply, f: &mut dyn FnMut(&mut Sample)) {
    r.headers.iter_mut().for_each(|(_, v)| format(v, f));
    if let ReplyBody::Format(fmt) = &mut r.body {
        format(fmt, f);
    }
}

fn format(fmt: &mut Format, f: &mut dyn FnMut(&mut Sample)) {
    for n in &mut fmt.nodes {
        if let FormatNode::Sample { sample, .. } = n {
            f(sample);
        }
    }
}

fn check(a: &mut CheckAction, f: &mut dyn FnMut(&mut Sample)) {
    match a {
        CheckAction::Connect(c) => c.port_sample.iter_mut().for_each(f),
        CheckAction::HttpSend(s) => {
            s.uri.iter_mut().chain(&mut s.body).for_each(|x| format(x, f));
            s.headers.iter_mut().for_each(|(_, v)| format(v, f));
        }
        CheckAction::TcpSendFormat { format: x, .. } | CheckAction::SetVarFormat { format: x, .. } => format(x, f),
        CheckAction::SetVar { sample, .. } => f(sample),
        CheckAction::Expect(e) => expect(e, f),
        CheckAction::Comment | CheckAction::TcpSend(_) | CheckAction::UnsetVar(_) => {}
    }
}

fn expect(e: &mut Expect, f: &mut dyn FnMut(&mut Sample)) {
    e.on_success.iter_mut().chain(&mut e.on_error).for_each(|x| format(x, f));
    e.status_code.iter_mut().for_each(&mut *f);
    match &mut e.matcher {
        ExpectMatch::StringFormat(x) | ExpectMatch::BinaryFormat(x) => format(x, f),
        ExpectMatch::Header { name, value, .. } => {
            for m in std::iter::once(name).chain(value) {
                if let HeaderMatch::Str(x) | HeaderMatch::Beg(x) | HeaderMatch::End(x) | HeaderMatch::Sub(x) = m {
                    format(x, f);
                }
            }
        }
        _ => {}
    }
}
