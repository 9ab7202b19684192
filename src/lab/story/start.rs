//! The beginning: the files are checked, the daemons started, and the virtual address appears on the first balancer.

use crate::lab::{
    ask::Hosts,
    clock,
    plan::{INTERFACE, Plan},
    tell::Step,
};
use serde_json::{Value, json};
use std::{io, net::SocketAddr};

/// How long the pair may take until one holds the address.
const SETTLING: f64 = 15.0;

/// Starts both web servers.
pub async fn web_servers(hosts: &mut Hosts) -> io::Result<()> {
    for host in ["web1", "web2"] {
        hosts.ask(host, json!({"do": "web", "up": true})).await?;
    }
    Ok(())
}

/// `keepalived -t`: valid, but scripts run without `enable_script_security`. The default files are such.
const VALID_INSECURE: i64 = 6;

/// Both programs check both nodes' files.
pub async fn config_check(hosts: &mut Hosts) -> io::Result<Step> {
    let checks = [
        ("haproxy -c", json!(["haproxy", "-c", "-f", "/etc/haproxy/haproxy.cfg"])),
        ("keepalived -t", json!(["keepalived", "-t"])),
    ];
    let (mut observed, mut held) = (Vec::new(), true);
    for (name, argv) in &checks {
        let mut ends = Vec::new();
        for host in ["hap1", "hap2"] {
            let ended = hosts.ask(host, json!({"do": "run", "argv": argv})).await?;
            let status = ended["status"].as_i64().unwrap_or(-1);
            let fine = status == 0 || (status == VALID_INSECURE && *name == "keepalived -t");
            held &= fine;
            ends.push(format!("{status} on {host}{}", if fine { String::new() } else { quoted(&ended["output"]) }));
        }
        observed.push(format!("{name} ends with {}", ends.join(", ")));
    }
    Ok(Step { name: "config check", observed: observed.join("; "), service: None, held })
}

/// Starts haproxy on `host` as it is started there: by a systemd unit on hap1, by an init script on hap2.
pub async fn haproxy(hosts: &mut Hosts, host: &str) -> io::Result<Value> {
    let cfg = "/etc/haproxy/haproxy.cfg";
    let (kind, argv) = match host {
        "hap1" => (
            "systemd",
            json!(["haproxy", "-Ws", "-f", cfg, "-p", "/run/haproxy.pid", "-S", "/run/haproxy-master.sock"]),
        ),
        _ => ("init", json!(["haproxy", "-f", cfg, "-D", "-p", "/var/run/haproxy.pid"])),
    };
    hosts.ask(host, json!({"do": "start", "as": kind, "argv": argv})).await
}

async fn keepalived(hosts: &mut Hosts, host: &str) -> io::Result<Value> {
    let (kind, argv) = match host {
        "hap1" => ("systemd", json!(["keepalived", "--dont-fork"])),
        _ => ("init", json!(["keepalived"])),
    };
    hosts.ask(host, json!({"do": "start", "as": kind, "argv": argv})).await
}

/// Starts all four daemons and waits for an address beyond its own on hap1, and on hap1 only.
pub async fn pair(plan: &Plan, hosts: &mut Hosts) -> io::Result<Step> {
    let failed = |what: &str, told: &Value| Step {
        name: "virtual address",
        observed: match told["status"].as_i64() {
            Some(status) => format!("{what} ends with {status} instead of starting:{}", quoted(&told["output"])),
            None => format!("{what} runs, but never says that it is ready:{}", quoted(&told["output"])),
        },
        service: None,
        held: false,
    };
    for host in ["hap1", "hap2"] {
        let told = haproxy(hosts, host).await?;
        if told["ready"] != true {
            return Ok(failed(&format!("haproxy on {host}"), &told));
        }
    }
    let start = clock::now();
    for host in ["hap1", "hap2"] {
        let told = keepalived(hosts, host).await?;
        if told["ready"] != true {
            return Ok(failed(&format!("keepalived on {host}"), &told));
        }
    }
    let held = hosts.wait_until(SETTLING, only_on_the_first).await;
    let list = |host: &str| match hosts.extra_addresses(host).join(", ") {
        none if none.is_empty() => "none".to_owned(),
        list => list,
    };
    let when = hosts
        .gained_at("hap1", start)
        .map(|at| format!(", {:.1} s after keepalived was started", at - start))
        .unwrap_or_default();
    let interface = plan.needs[0].interfaces.first().map_or(INTERFACE, String::as_str);
    let observed = format!("{} on hap1's {interface}{when}; {} on hap2's", list("hap1"), list("hap2"));
    Ok(Step { name: "virtual address", observed, service: None, held })
}

/// Whether the first balancer holds an address beyond its own, and the second none.
#[must_use]
pub fn only_on_the_first(hosts: &Hosts) -> bool {
    !hosts.extra_addresses("hap1").is_empty() && hosts.extra_addresses("hap2").is_empty()
}

/// What visitors ask: the first IPv4 address that the first balancer took, and the port of its haproxy.cfg.
#[must_use]
pub fn virtual_address(plan: &Plan, hosts: &Hosts) -> Option<SocketAddr> {
    let ips = hosts.extra_addresses("hap1").into_iter().filter_map(|address| address.split('/').next()?.parse().ok());
    let ips: Vec<std::net::IpAddr> = ips.collect();
    ips.iter()
        .find(|ip| ip.is_ipv4())
        .or_else(|| ips.first())
        .map(|ip| SocketAddr::new(*ip, plan.needs[0].visited_port()))
}

/// A program's output, shortened to what fits into a story.
#[must_use]
pub fn quoted(output: &Value) -> String {
    let lines: Vec<&str> = output.as_str().unwrap_or_default().lines().filter(|line| !line.trim().is_empty()).collect();
    lines.iter().take(8).map(|line| format!("\n             | {line}")).collect()
}
