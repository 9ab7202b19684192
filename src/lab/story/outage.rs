//! What is taken away, one thing after the other, while a visitor asks every 20 ms; and that it comes back.

use super::{
    pages::{self, server_status, who},
    start::{self, only_on_the_first},
};
use crate::lab::{
    ask::Hosts,
    clock, plan,
    plan::Plan,
    service::{Sample, Service},
    tell::Step,
};
use serde_json::json;
use std::{io, net::SocketAddr};

/// How long a change may take to be noticed: longer than the originals ever took.
const PATIENCE: f64 = 15.0;
/// After how long balancers with statistics that we do not know may have noticed: three checks at the usual interval.
const CHECKED: f64 = 6.0;
/// How often the pair is asked to see who answers.
const TURNS: usize = 16;

async fn watch(hosts: &mut Hosts, address: SocketAddr) -> io::Result<()> {
    hosts.ask("client", json!({"do": "probe", "target": address.to_string()})).await?;
    hosts.pass(0.3).await; // some good answers first
    Ok(())
}

async fn noticed(hosts: &mut Hosts) -> io::Result<Service> {
    let samples = hosts.ask("client", json!({"do": "probe"})).await?;
    let samples: Vec<Sample> = samples.as_array().into_iter().flatten().filter_map(Sample::read).collect();
    Ok(Service::of(&samples))
}

/// Web servers are stopped; the balancers notice, the others answer alone, or the error page does; they come back.
pub async fn web(
    plan: &Plan,
    hosts: &mut Hosts,
    address: SocketAddr,
    name: &'static str,
    down: &[&str],
) -> io::Result<Step> {
    let before = answers(hosts, address, TURNS).await?;
    watch(hosts, address).await?;
    let start = clock::now();
    for web in down {
        hosts.ask(web, json!({"do": "web", "up": false})).await?;
    }
    let noticed_down = settled(plan, hosts, address, down, "DOWN").await?.then(|| clock::now() - start);
    let meanwhile = answers(hosts, address, TURNS).await?;
    let all_down = down.len() == 2;
    let page = !all_down || error_page(hosts, address).await?;
    let back = clock::now();
    for web in down {
        hosts.ask(web, json!({"do": "web", "up": true})).await?;
    }
    let noticed_up = settled(plan, hosts, address, down, "UP").await?.then(|| clock::now() - back);
    let after = answers(hosts, address, TURNS).await?;
    let service = noticed(hosts).await?;
    let page_text = if all_down && page { " \"No server is available to handle this request.\"" } else { "" };
    let (meanwhile_text, after_text) = (meanwhile.join(", "), after.join(", "));
    let observed = if plan.own_files {
        format!(
            "stopped, {}: {meanwhile_text} answers{page_text}; started again, {}: {after_text}",
            seconds(noticed_down),
            seconds(noticed_up)
        )
    } else {
        format!(
            "marked DOWN {}, then {meanwhile_text} answers{page_text}; UP {} once back, then {after_text}",
            seconds(noticed_down),
            seconds(noticed_up)
        )
    };
    let expected = if all_down { vec!["503".to_owned()] } else { others(&before, down) };
    // Nobody knows the error page, or the way of choosing, of somebody's own files.
    let own = plan.own_files && (all_down || !meanwhile.iter().any(|answer| down.contains(&answer.as_str())));
    let held = noticed_down.is_some()
        && noticed_up.is_some()
        && (own || (meanwhile == expected && page))
        && (after == before || plan.own_files && after.iter().all(|answer| answer.starts_with("web")));
    Ok(Step { name, observed, service: Some(service), held })
}

fn seconds(time: Option<f64>) -> String {
    time.map_or_else(|| "never".to_owned(), |time| format!("after {time:.1} s"))
}

fn others(before: &[String], down: &[&str]) -> Vec<String> {
    before.iter().filter(|web| !down.contains(&web.as_str())).cloned().collect()
}

/// Who answers: every name once, sorted. Under the probe's requests, several of ours in a row may meet the same server.
async fn answers(hosts: &mut Hosts, address: SocketAddr, turns: usize) -> io::Result<Vec<String>> {
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..turns {
        seen.insert(who(hosts, address).await?);
    }
    Ok(seen.into_iter().collect())
}

async fn error_page(hosts: &mut Hosts, address: SocketAddr) -> io::Result<bool> {
    let got = pages::get(hosts, address, "/", None).await?;
    let body = got["body"].as_str().unwrap_or_default();
    Ok(body.contains("503 Service Unavailable") && body.contains("No server is available to handle this request."))
}

/// Waits until the balancers have noticed that these servers are DOWN or UP. Their statistics tell, where we know them; of
/// files of the user's own, that nothing but good answers comes, or nothing good any more.
async fn settled(
    plan: &Plan,
    hosts: &mut Hosts,
    address: SocketAddr,
    servers: &[&str],
    status: &str,
) -> io::Result<bool> {
    let deadline = clock::now() + PATIENCE;
    if plan.own_files {
        hosts.pass(CHECKED).await;
    }
    loop {
        let done = if plan.own_files {
            let answers = answers(hosts, address, TURNS).await?;
            let served = answers.iter().any(|answer| answer.starts_with("web"));
            let fully = answers.iter().all(|answer| answer.starts_with("web"));
            if status == "DOWN" && servers.len() == 2 { !served } else { fully }
        } else {
            marked(hosts, address.port(), servers, status).await?
        };
        if done || clock::now() > deadline {
            return Ok(done);
        }
        hosts.pass(0.05).await;
    }
}

/// Whether both balancers' statistics say `status` of all these servers.
async fn marked(hosts: &mut Hosts, port: u16, servers: &[&str], status: &str) -> io::Result<bool> {
    for balancer in plan::HOSTS.iter().filter(|host| matches!(host.role, plan::Role::Balancer(_))) {
        for server in servers {
            if server_status(hosts, SocketAddr::new(balancer.address.into(), port), server).await? != status {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

async fn end_haproxy(hosts: &mut Hosts, host: &str) -> io::Result<u64> {
    let ended = hosts.ask(host, json!({"do": "kill", "comm": "haproxy", "signal": 9})).await?;
    Ok(ended["ended"].as_u64().unwrap_or(0))
}

async fn start_haproxy(hosts: &mut Hosts, host: &str) -> io::Result<bool> {
    Ok(start::haproxy(hosts, host).await?["ready"] == true)
}

/// haproxy of the first balancer is killed: the address moves to the second, and comes back with haproxy.
pub async fn first_balancer(_plan: &Plan, hosts: &mut Hosts, address: SocketAddr) -> io::Result<Step> {
    watch(hosts, address).await?;
    let start = clock::now();
    let ended = end_haproxy(hosts, "hap1").await?;
    let moved = hosts.wait_until(PATIENCE, |hosts| !hosts.extra_addresses("hap2").is_empty()).await;
    let moved = hosts.gained_at("hap2", start).filter(|_| moved).map(|at| at - start);
    hosts.pass(1.0).await;
    let served = who(hosts, address).await?;
    let lost = noticed(hosts).await?;
    watch(hosts, address).await?;
    let back = clock::now();
    let started = start_haproxy(hosts, "hap1").await?;
    let returned = hosts.wait_until(PATIENCE, only_on_the_first).await;
    let returned = hosts.gained_at("hap1", back).filter(|_| returned).map(|at| at - back);
    hosts.pass(0.5).await;
    let after = who(hosts, address).await?;
    let lost_again = noticed(hosts).await?;
    let seconds = |time: Option<f64>| time.map_or_else(|| "never".to_owned(), |time| format!("{time:.2} s later"));
    let observed = format!(
        "haproxy killed on hap1, {} on hap2 {}, {served} answers; started again, back on hap1 {}, {after} answers, {lost_again}",
        address.ip(),
        seconds(moved),
        seconds(returned)
    );
    let held = ended > 0
        && started
        && moved.is_some()
        && returned.is_some()
        && [served, after].iter().all(|answer| answer.starts_with("web"));
    Ok(Step { name: "haproxy 1 down", observed, service: Some(lost), held })
}

/// haproxy of the second balancer is killed: nothing may change for visitors.
pub async fn second_balancer(_plan: &Plan, hosts: &mut Hosts, address: SocketAddr) -> io::Result<Step> {
    watch(hosts, address).await?;
    let start = clock::now();
    let ended = end_haproxy(hosts, "hap2").await?;
    hosts.pass(3.0).await;
    let served = who(hosts, address).await?;
    let started = start_haproxy(hosts, "hap2").await?;
    hosts.pass(1.0).await;
    hosts.catch_up();
    let moved = hosts.gained_at("hap2", start).is_some();
    let stays = only_on_the_first(hosts) && !moved;
    let service = noticed(hosts).await?;
    let place = if stays { "stays on hap1" } else { "did not stay on hap1" };
    let observed = format!("haproxy killed on hap2 and started again, {} {place}, {served} answers", address.ip());
    let held = ended > 0 && started && stays && served.starts_with("web") && service.failures() == 0;
    Ok(Step { name: "haproxy 2 down", observed, service: Some(service), held })
}

/// Both are killed: there is no service, and it comes back with them.
pub async fn both_balancers(_plan: &Plan, hosts: &mut Hosts, address: SocketAddr) -> io::Result<Step> {
    watch(hosts, address).await?;
    let start = clock::now();
    let ended = end_haproxy(hosts, "hap1").await?.min(end_haproxy(hosts, "hap2").await?);
    hosts.pass(2.0).await;
    let nobody = who(hosts, address).await?;
    let back = clock::now();
    let started = start_haproxy(hosts, "hap1").await? && start_haproxy(hosts, "hap2").await?;
    let settled = hosts.wait_until(PATIENCE, only_on_the_first).await;
    hosts.pass(1.0).await;
    let after = who(hosts, address).await?;
    let service = noticed(hosts).await?;
    let place = if settled { "on hap1" } else { "not on hap1 alone" };
    let observed = format!(
        "both killed, a visitor is {nobody}; started again after {:.1} s: {} {place}, {after} answers",
        back - start,
        address.ip()
    );
    let held = ended > 0 && started && settled && !nobody.starts_with("web") && after.starts_with("web");
    Ok(Step { name: "haproxy 1, 2 down", observed, service: Some(service), held })
}
