//! What tracking costs: two threads count requests of many clients in one table, as `track-sc0` with `http_req_rate` does, behind
//! one lock and in parts. `cargo run --release --example tables`

#![expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]

use std::time::{Duration, Instant};

use hawser::ir::table::{KeyType, ServerKey, StickTable, StoredType};
use hawser::table::data_types;
use hawser::table::key::Key;
use hawser::table::shards::Shards;
use hawser::text::source::Span;

const CLIENTS: u32 = 10_000;
const REQUESTS: u32 = 200_000;
/// The best of so many rounds counts.
const ROUNDS: u32 = 15;
const THREADS: u32 = 2;

fn main() {
    let rate = StoredType { item: data_types::HTTP_REQ_RATE, period: Some(Duration::from_secs(10)), count: None };
    let spec = StickTable {
        key: KeyType::Ip,
        size: 100_000,
        expire: Some(Duration::from_secs(30)),
        no_purge: false,
        store: vec![rate],
        peers: None,
        server_key: ServerKey::Name,
        at: Span::default(),
    };
    for (name, parts_for) in [("one lock", 1), ("parts", THREADS as usize)] {
        let best = (0..ROUNDS).map(|_| round(&Shards::new(&spec, parts_for))).min().unwrap_or_default();
        let each = best.as_nanos() / u128::from(REQUESTS);
        println!("{name}: {each} ns a request and thread, {THREADS} threads");
    }
}

fn round(table: &Shards) -> Duration {
    let began = Instant::now();
    std::thread::scope(|s| {
        for thread in 0..THREADS {
            s.spawn(move || track(table, thread, began));
        }
    });
    began.elapsed()
}

/// Tracks, counts, reads and lets go, as one request does.
fn track(table: &Shards, thread: u32, began: Instant) {
    let mut client = thread;
    for _ in 0..REQUESTS {
        client = client.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let ip = std::net::Ipv4Addr::from((client >> 8) % CLIENTS);
        let key = Key::address(KeyType::Ip, ip.into()).expect("an address of the table's kind");
        let now = began.elapsed().as_millis() as u64;
        let ((mut part, id), number) = table.entry(key, now).expect("room");
        part.track(id);
        drop(part);
        let (mut part, id) = table.at(number);
        let place = part.place(data_types::HTTP_REQ_RATE, 0).expect("stored");
        part.add(id, place, 1, now);
        drop(part);
        let (part, id) = table.at(number);
        std::hint::black_box(part.read(id, place, now));
        drop(part);
        let (mut part, id) = table.at(number);
        part.release(id, now);
    }
}
