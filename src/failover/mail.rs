//! Telling people of changes: one short SMTP dialogue (RFC 5321) a mail, which nobody waits for.

use std::{io, rc::Rc, time::Duration};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    time::timeout,
};

use super::{log::Logger, machine::Machine};
use crate::{
    ir::failover::{Global, global::Mail},
    keepalived::System as _,
    process::local_time::LocalTime,
    vrrp::{
        mail::compose,
        output::{Event, Notification},
    },
};

/// How long a server may take for each answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// The longest line, and the most lines, that are read of one answer.
const LONGEST: u64 = 1024;
const MOST_LINES: usize = 100;

/// Sends a mail about a change, if one is wanted. Must run inside a `LocalSet`.
pub fn tell(notification: &Notification, global: &Global, log: &Rc<Logger>) {
    let mail = &global.mail;
    if mail.no_faults && notification.event == Event::Fault {
        return;
    }
    let router_id = global.router_id.clone().unwrap_or_default();
    let Some((subject, text)) = compose(notification, &router_id) else { return };
    send(&subject, text, mail, log);
}

/// Sends a mail to all who are to hear of changes, if there are any. Must run inside a `LocalSet`.
pub fn send(subject: &str, text: &str, mail: &Mail, log: &Rc<Logger>) {
    if mail.to.is_empty() {
        return;
    }
    let host = Machine.host_name();
    let from = mail.from.clone().unwrap_or_else(|| format!("keepalived@{host}"));
    let (date, to) = (LocalTime::now().mail(), mail.to.join(", "));
    let lines = [
        format!("Date: {date}"),
        format!("From: {from}"),
        format!("Subject: {subject}"),
        "X-Mailer: Keepalived".into(),
        format!("To: {to}"),
        String::new(),
        text.into(),
        String::new(),
        ".".into(),
        String::new(),
    ];
    let letter = Letter { helo: mail.helo.clone().unwrap_or(host), text: lines.join("\r\n"), from, mail: mail.clone() };
    let log = Rc::clone(log);
    tokio::task::spawn_local(async move {
        match letter.send(&log).await {
            Ok(()) => log.detail("SMTP alert successfully sent."),
            Err(error) => {
                let (server, port) = letter.server();
                log.info(&format!("SMTP connection ERROR to [{server}]:{port}: {error}"));
            }
        }
    });
}

struct Letter {
    helo: String,
    from: String,
    text: String,
    mail: Mail,
}

impl Letter {
    fn server(&self) -> (String, u16) {
        self.mail.server.clone().unwrap_or_else(|| ("127.0.0.1".into(), 25))
    }

    async fn send(&self, log: &Logger) -> io::Result<()> {
        let connecting = TcpStream::connect(self.server());
        let stream = timeout(self.mail.timeout.unwrap_or(PATIENCE), connecting).await??;
        let (server, port) = self.server();
        log.detail(&format!("Remote SMTP server [{server}]:{port} connected."));
        let mut stream = BufReader::new(stream);
        expect(&mut stream, b'2').await?;
        let mut dialogue = vec![format!("HELO {}", self.helo), format!("MAIL FROM:<{}>", self.from)];
        dialogue.extend(self.mail.to.iter().map(|to| format!("RCPT TO:<{to}>")));
        for line in dialogue {
            stream.write_all(format!("{line}\r\n").as_bytes()).await?;
            expect(&mut stream, b'2').await?;
        }
        stream.write_all(b"DATA\r\n").await?;
        expect(&mut stream, b'3').await?;
        stream.write_all(self.text.as_bytes()).await?;
        expect(&mut stream, b'2').await?;
        stream.write_all(b"QUIT\r\n").await?;
        expect(&mut stream, b'2').await
    }
}

/// Reads one answer, whose last line has no hyphen behind its number.
async fn expect(stream: &mut BufReader<TcpStream>, class: u8) -> io::Result<()> {
    for _ in 0..MOST_LINES {
        let mut line = Vec::new();
        timeout(PATIENCE, (&mut *stream).take(LONGEST).read_until(b'\n', &mut line)).await??;
        match line.get(3) {
            Some(b'-') => {}
            Some(_) if line[0] == class => return Ok(()),
            Some(_) => return Err(io::Error::other(String::from_utf8_lossy(&line).trim_end().to_owned())),
            None => return Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
    Err(io::ErrorKind::InvalidData.into())
}
