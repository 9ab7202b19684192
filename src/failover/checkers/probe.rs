//! One probe from its begin to its end: [`probe`] asks the question of a checker and says what came of it.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::UdpSocket,
    time::{Instant, timeout, timeout_at},
};

use super::{page, socket, tls::Trust};
use crate::{
    checker::{
        Failure, Outcome, Passed, dns, misc,
        ping::Echo,
        smtp::{Dialogue, Step},
        udp,
    },
    failover::checks,
    ir::failover::{
        Checker, Connection, Family, Probe,
        checker::{Dns, Misc, Smtp, Udp},
    },
    vrrp::input,
};

/// The longest datagram that is looked at.
const LONGEST: usize = 65_535;

/// What probes need that no configuration says.
#[derive(Debug, Clone)]
pub struct Means {
    /// `None`: there is nothing that pages could be asked with over TLS.
    pub trust: Option<Trust>,
    /// Tells answers from those to others.
    pub chance: u16,
}

/// Asks the question of a checker; of pages, the one at this position. Files and BFD sessions are watched, not asked: they
/// pass.
pub async fn probe(checker: &Checker, url: usize, means: &Means) -> Outcome {
    let ended = match &checker.probe {
        Probe::Tcp(connection) => socket::connect(connection).await.map(|_| Outcome::Passed(Passed::Plain)),
        Probe::Http(http) => page::ask(http, url, means).await,
        Probe::Smtp(smtp) => mail_server(smtp).await,
        Probe::Dns(dns) => name_server(dns, means.chance).await,
        Probe::Udp(udp) => datagram(udp).await,
        Probe::Ping(connection) => ping(connection, means.chance).await,
        Probe::Misc(command) => Ok(run(command, checker.delay_loop).await),
        Probe::File(_) | Probe::Bfd(_) => Ok(Outcome::Passed(Passed::Plain)),
    };
    ended.unwrap_or_else(|outcome| outcome)
}

async fn mail_server(smtp: &Smtp) -> Result<Outcome, Outcome> {
    let limit = smtp.connection.timeout;
    let mut stream = socket::connect(&smtp.connection).await?;
    let mut dialogue = Dialogue::new(&smtp.helo);
    let mut buffer = [0; 512];
    loop {
        let broken = Outcome::Failed(Failure::Broken);
        let length = match timeout(limit, stream.read(&mut buffer)).await {
            Err(_) => return Err(Outcome::Failed(Failure::Silent)),
            Ok(Ok(0) | Err(_)) => return Err(broken),
            Ok(Ok(length)) => length,
        };
        match dialogue.push(&buffer[..length]) {
            Step::Read => {}
            Step::Done => return Ok(Outcome::Passed(Passed::Plain)),
            Step::Failed(failure) => return Err(Outcome::Failed(failure)),
            Step::Send(line) => match timeout(limit, stream.write_all(&line)).await {
                Ok(Ok(())) => {}
                _ => return Err(broken),
            },
        }
    }
}

async fn name_server(dns: &Dns, id: u16) -> Result<Outcome, Outcome> {
    let socket = socket::datagrams(&dns.connection)?;
    let broken = |error: &std::io::Error| {
        let (number, text) = (error.raw_os_error().unwrap_or(0), socket::described(error));
        Outcome::Failed(Failure::Socket { number, text })
    };
    socket.send(&dns::query(id, &dns.name, dns.kind)).await.map_err(|error| broken(&error))?;
    let until = Instant::now() + dns.connection.timeout;
    let mut buffer = vec![0; LONGEST];
    loop {
        let answer = match timeout_at(until, socket.recv(&mut buffer)).await {
            Err(_) => return Err(Outcome::Failed(Failure::Silent)),
            Ok(Err(error)) => return Err(broken(&error)),
            Ok(Ok(length)) => dns::judge(id, &buffer[..length]),
        };
        match answer {
            None => {}
            Some(Ok(())) => return Ok(Outcome::Passed(Passed::Plain)),
            Some(Err(failure)) => return Err(Outcome::Failed(failure)),
        }
    }
}

async fn datagram(udp: &Udp) -> Result<Outcome, Outcome> {
    let socket = socket::datagrams(&udp.connection)?;
    let passed = Outcome::Passed(Passed::Plain);
    if socket.send(udp::payload(udp)).await.is_err() {
        return Err(Outcome::Failed(Failure::Refused));
    }
    let longest = udp.reply.as_ref().map_or(1, |reply| usize::from(reply.longest).max(1));
    let mut buffer = vec![0; longest];
    match (timeout(udp.connection.timeout, socket.recv(&mut buffer)).await, &udp.reply) {
        // Nobody said that the port is closed.
        (Err(_), None) => Ok(passed),
        (Err(_), Some(_)) => Err(Outcome::Failed(Failure::Silent)),
        (Ok(Err(_)), _) => Err(Outcome::Failed(Failure::Refused)),
        (Ok(Ok(_)), None) => Ok(passed),
        (Ok(Ok(length)), Some(wanted)) => {
            udp::judge(wanted, &buffer[..length]).map_err(Outcome::Failed).map(|()| passed)
        }
    }
}

async fn ping(connection: &Connection, chance: u16) -> Result<Outcome, Outcome> {
    let (socket, raw) = socket::echo(connection)?;
    let identifier = u16::try_from(std::process::id() & 0xffff).unwrap_or(0);
    let echo = Echo { family: Family::of(connection.to.ip()), identifier, sequence: chance };
    if socket.send(&echo.request()).await.is_err() {
        return Err(Outcome::Failed(Failure::Unsent));
    }
    match timeout(connection.timeout, answered(&socket, echo, raw)).await {
        Err(_) => Err(Outcome::Failed(Failure::Silent)),
        Ok(Err(_)) => Err(Outcome::Failed(Failure::Broken)),
        Ok(Ok(())) => Ok(Outcome::Passed(Passed::Plain)),
    }
}

async fn answered(socket: &UdpSocket, echo: Echo, raw: bool) -> std::io::Result<()> {
    let mut buffer = [0; 2048];
    loop {
        let length = socket.recv(&mut buffer).await?;
        if echo.is_answered_by(&buffer[..length], raw) {
            return Ok(());
        }
    }
}

async fn run(command: &Misc, usual: Duration) -> Outcome {
    match checks::execute(&command.command, command.timeout.unwrap_or(usual)).await {
        input::Outcome::Success => misc::judge(0, command.dynamic),
        input::Outcome::Status(status) => misc::judge(status, command.dynamic),
        input::Outcome::Signal(signal) => Outcome::Failed(Failure::Signal(signal)),
        input::Outcome::TimedOut => Outcome::Failed(Failure::Overran),
        input::Outcome::NotStarted(error) => Outcome::Failed(Failure::NotStarted(error)),
    }
}
