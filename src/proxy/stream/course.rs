//! A stream together with the memory of its way through the proxy, both used again for one request after the other.
//!
//! What an asynchronous function remembers while it waits lies in its future. A course is one future that never ends: it
//! takes a client from the desk, serves its request, puts the client back and waits for the next, so serving a request
//! allocates nothing, and a connection between two requests holds nothing of it.

use std::cell::Cell;
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;

use super::{Ended, Stream};
use crate::proxy::session::Client;
use crate::proxy::thread::Local;

/// Where client and outcome change hands.
#[derive(Default)]
struct Desk {
    waiting: Cell<Option<Box<Client>>>,
    served: Cell<Option<(Box<Client>, Ended)>>,
}

/// Serves one request at a time; a pooled one has none.
pub struct Course {
    desk: Rc<Desk>,
    way: Pin<Box<dyn Future<Output = Infallible>>>,
}

impl Course {
    pub fn new(local: &'static Local) -> Self {
        let desk = Rc::<Desk>::default();
        Self { way: Box::pin(run(local, desk.clone())), desk }
    }

    /// Serves one request; the caller has seen its first byte, or has it in the buffer.
    pub async fn serve(&mut self, client: Box<Client>) -> (Box<Client>, Ended) {
        self.desk.waiting.set(Some(client));
        poll_fn(|cx| {
            let Poll::Pending = self.way.as_mut().poll(cx);
            self.desk.served.take().map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}

async fn run(local: &'static Local, desk: Rc<Desk>) -> Infallible {
    let mut stream = Stream::new(local);
    loop {
        let mut client = poll_fn(|_| desk.waiting.take().map_or(Poll::Pending, Poll::Ready)).await;
        let ended = stream.run(&mut client).await;
        desk.served.set(Some((client, ended)));
    }
}
