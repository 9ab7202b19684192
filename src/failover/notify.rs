//! Telling others of changes: commands, and named pipes.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _},
    path::Path,
};

use super::{checks, log::Logger};
use crate::{
    ir::failover::{Command, global::Fifo},
    vrrp::output::Notification,
};

/// Open pipes and the programs that read them.
#[derive(Debug, Default)]
pub struct Notifier {
    pipes: Vec<Pipe>,
}

#[derive(Debug)]
struct Pipe {
    config: Fifo,
    file: Option<File>,
    _reader: Option<tokio::process::Child>,
}

impl Notifier {
    /// Takes over the pipes of a configuration. Those that stay the same stay open, so that their readers see no end.
    pub fn configure(&mut self, fifos: &[Fifo], log: &Logger) {
        let mut old = std::mem::take(&mut self.pipes);
        for config in fifos {
            let pipe = match old.iter().position(|pipe| pipe.config == *config) {
                Some(index) => old.swap_remove(index),
                None => Pipe::open(config, log),
            };
            self.pipes.push(pipe);
        }
    }

    /// Runs the commands and writes the lines of one change.
    pub fn tell(&mut self, notification: &Notification, log: &Logger) {
        for (command, with_arguments) in &notification.commands {
            let command = if *with_arguments { extended(command, notification) } else { command.clone() };
            // Nobody waits for it; the runtime collects it when it ends.
            if let Err(error) = checks::start_because(&command, &notification.why) {
                log.info(&format!("Could not run notify script {}: {error}", command.path.display()));
            }
        }
        if notification.fifo {
            self.write(&notification.line());
        }
    }

    /// Writes a line, which has its end, into all pipes.
    pub fn write(&mut self, line: &str) {
        for pipe in &mut self.pipes {
            pipe.write(line);
        }
    }
}

/// The command with kind, name, event and priority behind its own arguments.
fn extended(command: &Command, notification: &Notification) -> Command {
    let mut command = command.clone();
    let words = [
        notification.kind.word().to_owned(),
        notification.name.clone(),
        notification.event.word().to_owned(),
        notification.priority.to_string(),
    ];
    command.argv.extend(words.map(String::into_bytes));
    command
}

impl Pipe {
    fn open(config: &Fifo, log: &Logger) -> Self {
        let file = open_fifo(&config.path);
        if let Err(error) = &file {
            log.info(&format!("Unable to open notify fifo {}: {error}", config.path.display()));
        }
        let reader = config.script.as_ref().and_then(|script| {
            let mut command = script.clone();
            command.argv.push(config.path.as_os_str().as_encoded_bytes().to_vec());
            match checks::start(&command) {
                Ok(child) => Some(child),
                Err(error) => {
                    log.info(&format!("Unable to start notify fifo script {}: {error}", command.path.display()));
                    None
                }
            }
        });
        Self { config: config.clone(), file: file.ok(), _reader: reader }
    }

    /// A full pipe loses the line, as in the original: a reader that sleeps must not stop the routers.
    fn write(&mut self, line: &str) {
        if let Some(file) = &mut self.file {
            let _ = file.write_all(line.as_bytes());
        }
    }
}

/// Opens a pipe for writing, making it first if nothing is there. Opened for reading too, so that no reader is needed yet.
fn open_fifo(path: &Path) -> io::Result<File> {
    match nix::unistd::mkfifo(path, nix::sys::stat::Mode::from_bits_truncate(0o600)) {
        Ok(()) | Err(nix::errno::Errno::EEXIST) => {}
        Err(error) => return Err(error.into()),
    }
    let file =
        OpenOptions::new().read(true).write(true).custom_flags(libc::O_NONBLOCK | libc::O_NOFOLLOW).open(path)?;
    if !file.metadata()?.file_type().is_fifo() {
        return Err(io::Error::other("not a named pipe"));
    }
    Ok(file)
}
