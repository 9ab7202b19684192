//! `mode tcp`: one connection in, one out, bytes both ways.

use super::session::Client;

/// Serves a connection until both sides have closed.
pub async fn serve(mut client: Box<Client>) {
    client.count_session();
    super::stream::Stream::new(client.local).run_tcp(&mut client).await;
}
