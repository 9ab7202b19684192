//! Services that answer requests in place of a server (`http-request use-service`).

use super::Stream;
use crate::http::uri;
use crate::proxy::session::Client;
use crate::proxy::statistics;
use crate::proxy::world::World;
use crate::rules::{Answer, AnswerHead, reply, service::Service};
use crate::stats::prometheus::Wanted;

impl Stream {
    /// What answers here is as good as a server: the request waited for nothing and is connected.
    pub(super) fn reached_a_service(&mut self) {
        self.times.queue = self.ms();
        self.times.connect = self.times.queue;
    }

    /// The answer of a service.
    pub(super) fn serve_by(&mut self, c: &Client, service: Service) -> Answer {
        let world = self.local.world;
        world.proxies[c.front.0].front.intercepted.inc();
        self.reached_a_service();
        self.times.data = self.ms();
        match service {
            Service::Prometheus => {
                let target = String::from_utf8_lossy(uri::path_and_query(self.request.uri())).into_owned();
                let query = target.split_once('?').map_or("", |(_, query)| query);
                Wanted::parse(query).map_or_else(|| reply::page(400), |wanted| metrics(world, wanted))
            }
        }
    }
}

fn metrics(world: &'static World, wanted: Wanted) -> Answer {
    let body = statistics::metrics(world, wanted);
    let mut answer =
        reply::bare(200, &[(b"cache-control", b"no-cache"), (b"content-type", b"text/plain; version=0.0.4")]);
    if let AnswerHead::Message(message) = &mut answer.head {
        message.add(b"content-length", body.len().to_string().as_bytes());
    }
    answer.body = body.into_bytes().into();
    answer
}
