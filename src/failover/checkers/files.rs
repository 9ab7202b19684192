//! `FILE_CHECK`: the number in a file, whenever it changes, is a weight or a verdict.

use std::rc::Rc;

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::tasks::{News, Report};
use crate::{
    checker::{
        Failure, Subject,
        misc::{self, FileSays},
    },
    failover::{
        log::Logger,
        watch::{self, Sight},
    },
    ir::failover::{TrackFile, checker::FileProbe},
    text::source::Span,
};

/// Watches a file until the task is aborted.
pub(super) async fn watch(
    key: u64,
    file: FileProbe,
    (subject, up): (Subject, bool),
    reports: UnboundedSender<Report>,
    log: Rc<Logger>,
) {
    let (seen, mut sights) = unbounded_channel();
    let tracker = TrackFile { name: file.name, at: Span::default(), path: file.path, weight: file.weight, init: None };
    let weight = file.weight;
    let tell = async {
        let mut up = up;
        while let Some(Sight::File { value, .. }) = sights.recv().await {
            let is_up = match misc::of_file(value, weight) {
                FileSays::Weight(difference) => {
                    let _ = reports.send(Report { key, news: News::Difference(difference) });
                    true
                }
                FileSays::Up => true,
                FileSays::Down => false,
            };
            if std::mem::replace(&mut up, is_up) != is_up {
                verdict(key, &subject, is_up, &reports);
            }
        }
    };
    // Both end with the task.
    tokio::select! {
        () = watch::file(tracker, seen, log) => {}
        () = tell => {}
    }
}

fn verdict(key: u64, subject: &Subject, up: bool, reports: &UnboundedSender<Report>) {
    let failure = Failure::Exit(0);
    let line = if up { subject.up() } else { subject.down(&failure, true, 0) };
    let says = subject.mail((!up).then_some(&failure));
    let news = line.map(News::Log).into_iter().chain([News::Verdict { up, says }]);
    for news in news {
        // The process listens as long as it lives.
        let _ = reports.send(Report { key, news });
    }
}
