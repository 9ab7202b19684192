//! What the process may take: connections, descriptors and memory, settled before anything is bound.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::argv::Args;
use super::start;
use crate::ir::Config;

/// Bytes that a connection is thought to take where `-m` bounds their number: two buffers, and what stands beside them.
const BYTES_OF_CONNECTION: u64 = 2 * 16384 + 3584;

/// Settles `maxconn` and the limits that follow from it.
///
/// # Errors
/// A limit that is needed cannot be had (`strict-limits`).
pub fn settle(args: &Args, config: &mut Config) -> Result<(), String> {
    if let Some(n) = args.maxconn {
        config.global.maxconn = Some(n);
    }
    if let Some(n) = args.proxy_maxconn {
        config.proxies.iter_mut().for_each(|p| p.maxconn = p.maxconn.or(Some(n)));
    }
    let is_given = config.global.maxconn.is_some();
    if !is_given {
        config.global.maxconn = Some(possible_maxconn(args, config));
    }
    tell(args, config, is_given);
    if let Some(Err(e)) = args.memory.map(limit_memory) {
        start::warning(&format!("Cannot limit the memory: {e}"));
    }
    raise_descriptors(config)
}

/// What `-V` and `-d` say before serving, whatever `-q` says.
fn tell(args: &Args, config: &Config, is_given: bool) {
    if let (Some(n), false, true) = (config.global.maxconn, is_given, args.verbose || args.debug) {
        eprintln!("Note: setting global.maxconn to {n}.");
    }
    if args.verbose || args.debug && !args.daemon {
        eprint!("{}\nAvailable filters :\n\tnone\n", super::about::POLLERS);
        println!("Using epoll() as the polling mechanism.");
    }
}

/// Without `maxconn`: two descriptors a connection, and no more than `-m` has memory for.
fn possible_maxconn(args: &Args, config: &Config) -> u32 {
    let limit = getrlimit(Resource::Nofile);
    let soft = config.global.ulimit_n.or(limit.current).unwrap_or(1 << 20);
    let by_descriptors = (soft.saturating_sub(others(config)) / 2).clamp(100, 1 << 19);
    let Some(megabytes) = args.memory else { return by_descriptors as u32 };
    let by_memory = megabytes.saturating_mul(1 << 20) / BYTES_OF_CONNECTION;
    two_digits(by_memory.clamp(1, by_descriptors)) as u32
}

/// A number that was only estimated pretends to no more than two digits.
fn two_digits(n: u64) -> u64 {
    let unit = 10_u64.pow(n.checked_ilog10().unwrap_or(0).saturating_sub(1));
    n / unit * unit
}

/// Descriptors that serve no client and no server: listeners, checks, operators, threads.
pub fn others(config: &Config) -> u64 {
    let binds: usize = config.proxies.iter().map(|p| p.listeners.len()).sum();
    let checks = config.proxies.iter().flat_map(|p| &p.servers);
    let checks: usize = checks.map(|s| usize::from(s.options.check) + usize::from(s.options.agent_check)).sum();
    let sockets = config.global.stats_sockets.len() as u64;
    let most = if sockets > 0 { config.global.stats_maxconn.unwrap_or(10) } else { 0 };
    let operators = sockets + u64::from(most);
    binds as u64 + checks as u64 + operators + 3 * start::threads(config) as u64 + 10
}

/// The most descriptors that are used at a time.
pub fn maxsock(config: &Config) -> u64 {
    2 * u64::from(config.global.maxconn.unwrap_or(0)) + others(config)
}

/// `-m`: MiB of address space that the process may take.
fn limit_memory(megabytes: u64) -> std::io::Result<()> {
    let bytes = Some(megabytes.saturating_mul(1 << 20));
    Ok(setrlimit(Resource::As, Rlimit { current: bytes, maximum: bytes })?)
}

/// As many descriptors as are needed.
fn raise_descriptors(config: &Config) -> Result<(), String> {
    let needed = maxsock(config);
    let wanted = config.global.ulimit_n.unwrap_or(needed);
    let now = getrlimit(Resource::Nofile);
    if now.current.is_none_or(|c| c >= wanted) && config.global.ulimit_n.is_none() {
        return Ok(());
    }
    let more = Rlimit { current: Some(wanted), maximum: Some(now.maximum.unwrap_or(wanted).max(wanted)) };
    if setrlimit(Resource::Nofile, more).is_ok() {
        return Ok(());
    }
    let most = now.maximum.map_or(wanted, |m| m.min(wanted));
    let line = start::of_main(&format!("Cannot raise FD limit to {wanted}, limit is {most}."));
    if config.global.strict_limits != Some(false) {
        return Err(line);
    }
    let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(most), maximum: now.maximum });
    start::notices();
    start::warning(&line);
    if most < needed {
        let maxconn = config.global.maxconn.unwrap_or(0);
        start::alert(&start::of_main(&format!(
            "FD limit ({most}) too low for maxconn={maxconn}/maxsock={needed}. Please raise 'ulimit-n' to {needed} or more to avoid any trouble."
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::two_digits;

    #[test]
    fn an_estimate_has_two_digits() {
        assert_eq!([7, 99, 128, 2884, 9986, 29537].map(two_digits), [7, 99, 120, 2800, 9900, 29000]);
    }
}
