//! The story: what is done to the pair, step by step, and what each step must show.

pub mod outage;
pub mod pages;
pub mod start;

use super::{ask::Hosts, plan::Plan, tell::Teller};
use std::io;

/// Starts everything and waits for the pair to be ready, without telling more than that.
pub async fn set_the_stage(plan: &Plan, hosts: &mut Hosts, teller: &mut Teller) -> io::Result<()> {
    start::web_servers(hosts).await?;
    let step = start::pair(plan, hosts).await?;
    teller.note(&step.observed);
    Ok(())
}

/// Tells the whole story; true when everything held.
pub async fn tell(plan: &Plan, hosts: &mut Hosts, teller: &mut Teller) -> io::Result<bool> {
    start::web_servers(hosts).await?;
    teller.step(start::config_check(hosts).await?);
    let started = start::pair(plan, hosts).await?;
    let address = start::virtual_address(plan, hosts);
    let up = started.held;
    teller.step(started);
    let (true, Some(address)) = (up, address) else {
        return Ok(teller.closing()); // without the address there is nothing to ask
    };
    teller.step(pages::direct(hosts).await?);
    teller.step(pages::alternate(plan, hosts, address).await?);
    if !plan.own_files {
        teller.step(pages::stats(hosts, address).await?);
    }
    for (name, down) in [("web1 down", &["web1"][..]), ("web2 down", &["web2"]), ("web1, web2 down", &["web1", "web2"])]
    {
        teller.step(outage::web(plan, hosts, address, name, down).await?);
    }
    teller.step(outage::first_balancer(plan, hosts, address).await?);
    teller.step(outage::second_balancer(plan, hosts, address).await?);
    teller.step(outage::both_balancers(plan, hosts, address).await?);
    Ok(teller.closing())
}
