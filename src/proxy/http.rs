//! The requests of one HTTP/1 connection, one after the other.

use super::clock;
use super::session::{Client, Received};
use super::stream::Ended;

/// Serves requests until the connection ends.
pub async fn serve(mut client: Box<Client>) {
    client.count_session();
    loop {
        if client.buf.is_empty() && !wait(&mut client).await {
            return;
        }
        let mut course = client.local.take_course();
        let ended;
        (client, ended) = course.serve(client).await;
        client.local.give_course(course);
        match ended {
            Ended::Keep => {}
            Ended::Close => return,
        }
        client.origin = clock::now();
        client.origin_at = clock::unix_micros();
        client.handshake = 0;
        client.vars.next_transaction();
    }
}

/// Waits for a request to begin; `false` when none will come.
async fn wait(client: &mut Client) -> bool {
    let t = &client.proxy().timeouts;
    let patience = if client.requests > 0 { t.http_keep_alive.or(t.http_request) } else { t.http_request }.or(t.client);
    client.timer.arm_after(client.origin, patience);
    let got = client.idle().await;
    if let Received::Bytes(_) = got {
        return true;
    }
    if client.requests == 0 {
        Box::pin(super::stream::nothing_came(client, got)).await;
    }
    false
}
