//! A stream without messages: content rules, a server, a tunnel.

use super::body::Reply;
use super::stage::Set;
use super::{Stop, Stream, Tell};
use crate::http::h1::body::Decoder;
use crate::http::h1::framing::Body;
use crate::ir::ServerId;
use crate::ir::proxy::{Balance, Proxy};
use crate::proxy::buffers::Buffer;
use crate::proxy::clock;
use crate::proxy::end::{When, Who};
use crate::proxy::pool::ServerConnection;
use crate::proxy::session::Client;
use crate::proxy::tunnel::{self, Preview, Sent, Ways};
use crate::rules::Verdict;

impl Stream {
    /// Serves a whole connection of `mode tcp`.
    pub async fn run_tcp(&mut self, c: &mut Client) {
        self.begin(c);
        self.is_http = false;
        // Nobody announces how much will come.
        self.body = Decoder::Endless;
        self.times.idle = 0;
        self.times.request = 0;
        self.local.world.process.total_requests.inc();
        self.show_accept(c);
        if let Err(stop) = self.connect_through(c).await {
            self.end = stop.end;
            if stop.end.when != When::Data && !matches!(stop.tell, Tell::Silence) {
                // Whatever the client still sends is answered with a reset, behind this.
                c.sock.finish();
            }
        }
        self.times.close = self.ms();
        self.finish(c);
        self.show_end(c);
    }

    async fn connect_through(&mut self, c: &mut Client) -> Result<(), Stop> {
        self.front_rules(c).await?;
        self.choose_backend(c)?;
        self.back_rules(c).await?;
        self.prepare_tcp(c);
        let (back, p) = self.side(c);
        let mut left = p.retries;
        let mut wanted = self.cookie.server;
        let mut avoid = None;
        let conn = loop {
            if self.slot.is_none() && wanted.is_none() && p.balance == Balance::None {
                break Box::pin(self.connect_directly(c, p, &mut left)).await?;
            }
            if self.slot.is_none() {
                self.assign(c, back, wanted, avoid).await?;
            }
            let server = self.server.unwrap_or(ServerId(0));
            let failure = match self.obtain(c, p, server).await? {
                Ok(conn) => break conn,
                Err(f) => f,
            };
            let again = self.after_failure(c, p, back, server, failure, &mut left).await?;
            if again {
                wanted = None;
                avoid = Some(server);
            }
        };
        let mut conn = conn;
        if self.wants_addresses(c) {
            conn.local = crate::proxy::connect::local_address(&conn.sock);
        }
        crate::proxy::connect::no_delay(&conn.sock);
        self.server_addresses = (conn.local, conn.remote);
        self.shown.connected(&conn.sock);
        self.write_tables(c);
        self.times.data = self.ms();
        if self.front(c).options.logasap && self.local.world.has_log(c.front) {
            self.times.close = self.ms();
            self.log(c, true);
        }
        let mut buf = Buffer::empty();
        let mut sent = Sent::default();
        if !p.rules.tcp_response_content.is_empty() {
            (conn, buf) = Box::pin(self.inspect(c, p, conn, &mut sent)).await?;
        }
        let front = self.front(c);
        let tunnel_patience = p.timeouts.tunnel;
        let ways = Ways {
            client: &c.sock,
            server: &conn.sock,
            timers: (&c.timer, self.local.timers.timer()),
            session: &c.session,
            client_patience: tunnel_patience.or(front.timeouts.client),
            server_patience: tunnel_patience.or(p.timeouts.server),
            client_fin: front.timeouts.client_fin,
            server_fin: p.timeouts.server_fin,
            splice: !self.local.world.config.global.no_splice,
        };
        let done = tunnel::run(ways, &mut c.buf, &mut buf, sent).await;
        self.bytes_in = done.up;
        self.bytes_out = done.down;
        self.end = done.end;
        self.shown.first = done.first;
        if done.end.who == Who::Nobody || p.options.nolinger {
            drop(conn);
        } else {
            conn.sock.reset_on_close();
        }
        Ok(())
    }

    /// `tcp-response content`: nothing of what the server says leaves before the rules have decided.
    async fn inspect(
        &mut self,
        c: &mut Client,
        p: &'static Proxy,
        conn: Box<ServerConnection>,
        sent: &mut Sent,
    ) -> Result<(Box<ServerConnection>, Buffer), Stop> {
        let deadline = self.local.timers.timer();
        deadline.arm_after(clock::now(), p.response_inspect_delay);
        // Nobody announces how much will come, of either side.
        self.answered.body = Body::UntilClose;
        self.upload.begin(Decoder::Done, false);
        self.reply = Some(Reply { conn, buf: Buffer::empty() });
        let (mut start, mut waited, mut broken) = (0, p.response_inspect_delay.is_none(), false);
        let judged = loop {
            let outcome = self.step(c, &p.rules.tcp_response_content, &p.acls, Set::TcpResponse, start, waited);
            self.apply_pattern_changes();
            start = outcome.at;
            match outcome.verdict {
                Verdict::Continue | Verdict::Allow => break Ok(()),
                Verdict::Wait(_) => {
                    let reply = self.reply.as_mut().expect("rules leave the reply");
                    let ends = (&c.sock, &reply.conn.sock);
                    let seen = tunnel::preview(ends, &deadline, &c.session, &mut c.buf, &mut reply.buf, sent).await;
                    match seen {
                        Preview::More => waited = reply.buf.is_full(),
                        Preview::Over => waited = true,
                        Preview::Broken => (waited, broken) = (true, true),
                        Preview::Failed(end) => break Err(Stop { end, tell: Tell::Nothing }),
                    }
                }
                other => break Err(self.refused(c, other, Set::TcpResponse).await),
            }
        };
        let Reply { conn, buf } = self.reply.take().expect("rules leave the reply");
        self.bytes_in = sent.moved;
        match judged {
            // What came before it broke still goes to the client.
            Ok(()) if broken => {
                self.bytes_out = buf.len() as u64;
                let _ = c.send_all(buf.data(), self.client_patience(c)).await;
                Err(Stop::new(Who::Server, When::Data, Tell::Nothing))
            }
            Ok(()) => Ok((conn, buf)),
            Err(stop) => {
                self.bytes_out = buf.len() as u64;
                conn.sock.reset_on_close();
                Err(stop)
            }
        }
    }

    /// What a rule set leaves for a protocol without messages: which server.
    fn prepare_tcp(&mut self, c: &mut Client) {
        let (back, p) = self.side(c);
        for rule in &p.use_server {
            if let Some(condition) = &rule.condition
                && !self.holds(c, condition, &p.acls)
            {
                continue;
            }
            if let crate::ir::proxy::ServerName::Static(n) = &rule.target
                && let Some(s) = n.target
                && self.local.world.server(back, s).is_usable()
            {
                self.cookie.server = Some(s);
            }
            break;
        }
        self.read_tables(c);
    }

    /// A stream of `mode tcp` that found nobody.
    pub(super) fn nobody(&self) -> Stop {
        Stop::new(Who::Server, When::Connect, Tell::Nothing)
    }
}
