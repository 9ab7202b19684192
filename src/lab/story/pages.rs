//! What visitors get while nothing is wrong: each web server's page, both in turn, and the statistics page.

use crate::lab::{
    article,
    ask::Hosts,
    plan::{self, Plan},
    tell::Step,
};
use serde_json::{Value, json};
use std::{io, net::SocketAddr};

/// How often the pair is asked to see that it alternates.
const TURNS: usize = 6;

/// One request of the client.
pub async fn get(hosts: &mut Hosts, target: SocketAddr, path: &str, credentials: Option<&str>) -> io::Result<Value> {
    hosts
        .ask("client", json!({"do": "get", "target": target.to_string(), "path": path, "credentials": credentials}))
        .await
}

/// Who answered: the heading of the page, or what came instead.
pub async fn who(hosts: &mut Hosts, target: SocketAddr) -> io::Result<String> {
    let got = get(hosts, target, "/", None).await?;
    Ok(match (got["status"].as_u64(), got["body"].as_str().and_then(article::heading)) {
        (Some(200), Some(name)) => name.to_owned(),
        (Some(status), _) => status.to_string(),
        (None, _) => got["failed"].as_str().unwrap_or("nothing").to_owned(),
    })
}

/// Each web server answers for itself.
pub async fn direct(hosts: &mut Hosts) -> io::Result<Step> {
    let (mut observed, mut held) = (Vec::new(), true);
    for host in plan::HOSTS.iter().filter(|host| host.role == plan::Role::Web) {
        let who = who(hosts, SocketAddr::new(host.address.into(), 80)).await?;
        held &= who == host.name;
        observed.push(format!("http://{}/ answers {who}", host.address));
    }
    Ok(Step { name: "web servers", observed: observed.join(", "), service: None, held })
}

/// Through the pair they answer in turn; with files of the user's own, by whatever rule those say.
pub async fn alternate(plan: &Plan, hosts: &mut Hosts, address: SocketAddr) -> io::Result<Step> {
    let mut answers = Vec::new();
    for _ in 0..TURNS {
        answers.push(who(hosts, address).await?);
    }
    let webs = answers.iter().all(|answer| answer.starts_with("web"));
    let in_turn = answers.windows(3).all(|turn| turn[0] != turn[1] && turn[0] == turn[2]);
    let held = webs && (in_turn || plan.own_files);
    let observed = format!("http://{address}/ answers {}", answers.join(" ")).replace(":80/", "/");
    Ok(Step { name: if plan.own_files { "visitors" } else { "round robin" }, observed, service: None, held })
}

/// The statistics page wants its password, and shows both servers.
pub async fn stats(hosts: &mut Hosts, address: SocketAddr) -> io::Result<Step> {
    let path = "/haproxy?stats";
    let without = get(hosts, address, path, None).await?;
    let wrong = get(hosts, address, path, Some("admin:wrong")).await?;
    let page = get(hosts, address, path, Some("admin:admin")).await?;
    let (web1, web2) = (server_status(hosts, address, "web1").await?, server_status(hosts, address, "web2").await?);
    let body = page["body"].as_str().unwrap_or_default();
    let shown = body.contains("Statistics Report") && body.contains("web1") && body.contains("web2");
    let held = without["status"] == 401
        && without["challenge"].is_string()
        && wrong["status"] == 401
        && page["status"] == 200
        && shown
        && [&web1, &web2].iter().all(|status| *status == "UP");
    let status =
        |got: &Value| got["status"].as_u64().map_or_else(|| got["failed"].to_string(), |status| status.to_string());
    let observed = format!(
        "{path} gives {} without a password, {} with a wrong one, {} with admin:admin; it shows web1 {web1}, web2 {web2}",
        status(&without),
        status(&wrong),
        status(&page)
    );
    Ok(Step { name: "stats page", observed, service: None, held })
}

/// What the statistics of the balancer at `target` say of a server, `-` when they say nothing.
pub async fn server_status(hosts: &mut Hosts, target: SocketAddr, server: &str) -> io::Result<String> {
    let got = get(hosts, target, "/haproxy?stats;csv", Some("admin:admin")).await?;
    Ok(status_in(got["body"].as_str().unwrap_or_default(), server).unwrap_or("-").to_owned())
}

/// The `status` column of the row whose `svname` is `server`.
fn status_in<'a>(csv: &'a str, server: &str) -> Option<&'a str> {
    let column = csv.lines().next()?.trim_start_matches("# ").split(',').position(|name| name == "status")?;
    let row = csv.lines().map(|line| line.split(',').collect::<Vec<_>>()).find(|row| row.get(1) == Some(&server))?;
    row.get(column).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_of_a_server_is_read_by_the_name_of_its_column() {
        let csv = "# pxname,svname,qcur,status,\nfe,FRONTEND,,OPEN,\nbe,web1,0,UP,\nbe,web2,0,DOWN 1/2,\n";
        assert_eq!(status_in(csv, "web1"), Some("UP"));
        assert_eq!(status_in(csv, "web2"), Some("DOWN 1/2"));
        assert_eq!(status_in(csv, "web3"), None);
        assert_eq!(status_in("", "web1"), None);
    }
}
