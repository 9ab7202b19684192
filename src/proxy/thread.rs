//! One worker thread: a runtime of its own, its timers and pools, and a mailbox by which others reach it.

use std::cell::{Cell, RefCell};

use tokio::sync::mpsc;

use super::pool::Pool;
use super::stream::Course;
use super::timers::Timers;
use super::world::World;

/// Work that another thread wants done here.
pub type Letter = Box<dyn FnOnce(&'static Local) + Send>;

/// Reaches a thread.
#[derive(Clone)]
pub struct Handle(mpsc::UnboundedSender<Letter>);

impl Handle {
    /// Runs `f` on the thread, soon.
    pub fn tell(&self, f: impl FnOnce(&'static Local) + Send + 'static) {
        let _ = self.0.send(Box::new(f));
    }
}

/// What the tasks of one thread share.
pub struct Local {
    pub world: &'static World,
    /// From 0.
    pub index: usize,
    pub timers: Timers,
    pub pool: Pool,
    /// Memory for a log line and for its datagram.
    pub scratch: RefCell<(Vec<u8>, Vec<u8>)>,
    courses: RefCell<Vec<Course>>,
    /// Listening stops when this changes.
    pub closing: tokio::sync::watch::Receiver<bool>,
    /// Connections that this thread serves.
    pub sessions: Cell<usize>,
    pub registry: super::registry::Registry,
}

/// Most courses kept for the next requests.
const KEPT: usize = 256;

impl Local {
    /// The course that came back last, whose memory is the warmest.
    pub fn take_course(&'static self) -> Course {
        self.courses.borrow_mut().pop().unwrap_or_else(|| Course::new(self))
    }

    pub fn give_course(&self, course: Course) {
        let mut kept = self.courses.borrow_mut();
        if kept.len() < KEPT {
            kept.push(course);
        }
    }
}

/// Runs a thread's runtime until `until` ends. `start` is called inside it.
pub fn run<F: Future>(
    world: &'static World,
    index: usize,
    closing: tokio::sync::watch::Receiver<bool>,
    start: impl FnOnce(&'static Local) -> F,
) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .event_interval(31)
        .build_local(tokio::runtime::LocalOptions::default())
        .expect("a runtime can be built: it takes one epoll descriptor");
    runtime.block_on(async {
        let (sender, mut mailbox) = mpsc::unbounded_channel::<Letter>();
        // A thread lives as long as its process, so what its tasks share may do so too.
        let local: &'static Local = Box::leak(Box::new(Local {
            world,
            index,
            timers: Timers::new(),
            pool: Pool::new(world, index),
            scratch: RefCell::default(),
            courses: RefCell::default(),
            closing,
            sessions: Cell::new(0),
            registry: super::registry::Registry::default(),
        }));
        super::world::lock(&world.threads).push(Handle(sender));
        tokio::task::spawn_local(local.timers.clone().drive());
        tokio::task::spawn_local(local.pool.sweep(local.timers.timer()));
        tokio::task::spawn_local(async move {
            while let Some(letter) = mailbox.recv().await {
                letter(local);
            }
        });
        start(local).await
    })
}
