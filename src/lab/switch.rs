//! Starts a lab: leaves the machine's namespaces, builds bridge and hosts in new ones, and lets the story be told there.

use super::{
    ask::Hosts,
    cable,
    options::Options,
    plan::{HOSTS, Plan},
    shell,
    space::{self, Identity},
    story,
    tell::Teller,
};
use nix::sys::{prctl, signal::Signal};
use serde_json::json;
use std::{
    io,
    process::{Command, ExitCode},
};

/// Exit status: everything that was expected was observed.
pub const HELD: u8 = 0;
/// Exit status: something was not observed.
pub const NOT_HELD: u8 = 1;
/// Exit status: the options or the files cannot be used, or the lab broke down.
pub const UNUSABLE: u8 = 2;
/// Exit status: this machine forbids what a lab needs.
pub const FORBIDDEN: u8 = 77;

/// `hawser lab`: the process outside. `arguments` are its own, to be given on.
#[must_use]
pub fn outside(options: &Options, arguments: &[std::ffi::OsString]) -> ExitCode {
    if let Some(host) = &options.shell {
        if super::plan::host_called(host).is_none() {
            return unusable(&format!("there is no host {host}; there are {}", HOSTS.map(|host| host.name).join(", ")));
        }
        if let Some(pid) = shell::find(host) {
            return shell::open(pid);
        }
    }
    if let Err(error) = Plan::read(options) {
        return unusable(&error);
    }
    let identity = match space::enter_outer(options.user_namespace) {
        Ok(identity) => identity,
        Err(forbidden) => {
            eprintln!("hawser lab: {forbidden}");
            return ExitCode::from(FORBIDDEN);
        }
    };
    let mut inside = Command::new("/proc/self/exe");
    inside.arg("lab-switch").args((identity == Identity::OneUid).then_some("--one-uid")).args(arguments);
    match inside.status().map(|status| status.code()) {
        Ok(Some(code)) => ExitCode::from(u8::try_from(code).unwrap_or(UNUSABLE)),
        Ok(None) => unusable("the lab was ended by a signal"),
        Err(error) => unusable(&format!("the lab's first process: {error}")),
    }
}

/// The first process of the lab's namespaces.
#[must_use]
pub fn inside(options: &Options, one_uid: bool) -> ExitCode {
    let _ = prctl::set_pdeathsig(Signal::SIGKILL); // nothing outlives the command
    if let Err(forbidden) = space::own_proc() {
        eprintln!("hawser lab: {forbidden}");
        return ExitCode::from(FORBIDDEN);
    }
    let plan = match Plan::read(options) {
        Ok(plan) => plan,
        Err(error) => return unusable(&error),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime on this thread");
    runtime.block_on(async {
        let mut teller = Teller::new(options);
        let mut hosts = Hosts::default();
        teller.opening(&plan, one_uid);
        if let Err(error) = build(&mut hosts, &plan, one_uid).await {
            return unusable(&error.to_string());
        }
        match rehearse(options, &plan, &mut hosts, &mut teller).await {
            Ok(true) => ExitCode::from(HELD),
            Ok(false) => ExitCode::from(NOT_HELD),
            Err(error) => unusable(&error.to_string()),
        }
    })
}

fn unusable(why: &str) -> ExitCode {
    eprintln!("hawser lab: {why}");
    ExitCode::from(UNUSABLE)
}

async fn build(hosts: &mut Hosts, plan: &Plan, one_uid: bool) -> io::Result<()> {
    let links = cable::connect()?;
    cable::bridge(&links).await?;
    for host in &HOSTS {
        hosts.start(host, &plan.setup(host, one_uid)).await?;
        let pid = hosts.pid(host.name).ok_or_else(|| io::Error::other(format!("{} ended", host.name)))?;
        for (number, interface) in plan.interfaces(host).iter().enumerate() {
            let mut mac = host.mac;
            mac[3] = mac[3].wrapping_add(number as u8); // a node has few interfaces
            cable::lay(&links, &format!("{}-{number}", host.name), pid, interface, mac).await?;
        }
        hosts.ask(host.name, json!({"do": "network"})).await?;
    }
    Ok(())
}

async fn rehearse(options: &Options, plan: &Plan, hosts: &mut Hosts, teller: &mut Teller) -> io::Result<bool> {
    if let Some(host) = &options.shell {
        story::set_the_stage(plan, hosts, teller).await?;
        shell::open_from_inside(host).await?;
        return Ok(true);
    }
    let held = story::tell(plan, hosts, teller).await?;
    if options.keep {
        teller.keeping();
        std::future::pending::<()>().await; // until Ctrl-C ends the process outside, and this one with it
    }
    Ok(held)
}
