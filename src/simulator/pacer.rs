//! Writes streams at set times, on a thread of its own.
//!
//! A stream is laid out as a whole before its first token is due, so that nothing is left to do when one is but to
//! write it: no task to wake, no lock, no allocation. What is due at one moment is written in one burst. A
//! client that doesn't read is tried again and holds up nobody.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::oneshot;

use super::clock;
use super::ground_truth::Record;
use crate::model::trace::ChunkKind;
use crate::model::units::Nanos;

/// When a client whose socket is full is tried again.
const RETRY: Nanos = Nanos(1_000_000);

/// What a piece of a script is: kind, tokens, and when its last token was due.
pub(super) type Told = (ChunkKind, u32, Nanos);

/// A stream that was laid out: its bytes, and when which of them are to be written.
#[derive(Debug, Default)]
pub(super) struct Script {
    bytes: Vec<u8>,
    pieces: Vec<Piece>,
}

/// What is written in one call.
#[derive(Debug, Clone, Copy)]
struct Piece {
    /// Where it ends in the bytes; it begins where the piece before ends.
    end: usize,
    at: Nanos,
    /// What it completes; `None` for the first part of an event, and for what is no event.
    told: Option<Told>,
}

impl Script {
    /// Adds what is written at `at`, or after what stands before it where that is later.
    pub(super) fn add(&mut self, bytes: &[u8], at: Nanos, told: Option<Told>) {
        self.bytes.extend_from_slice(bytes);
        let at = at.max(self.pieces.last().map_or(at, |piece| piece.at));
        self.pieces.push(Piece { end: self.bytes.len(), at, told });
    }
}

/// Hands scripts to the thread; cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Pacer {
    commands: Sender<Command>,
    next_id: Arc<AtomicU64>,
}

#[derive(Debug)]
enum Command {
    Play(u64, Box<Play>),
    Cancel(u64),
    Stop,
}

/// A stream that is being written. Dropping it breaks it off.
#[derive(Debug)]
pub(super) struct Playing {
    id: u64,
    commands: Sender<Command>,
    done: oneshot::Receiver<Played>,
    over: bool,
}

/// What became of a script.
#[derive(Debug)]
pub(super) struct Played {
    /// The record, with a chunk for every event written.
    pub(super) record: Record,
    /// Whether all of it was written.
    pub(super) whole: bool,
}

impl Pacer {
    /// Starts the thread. It ends when [`Pacer::stop`] is called or the last handle is gone.
    pub(super) fn start() -> io::Result<(Self, JoinHandle<()>)> {
        let (commands, inbox) = channel();
        let thread = std::thread::Builder::new()
            .name("labctl-simulator-pacer".to_owned())
            .spawn(move || Running { inbox, streams: HashMap::new(), due: BinaryHeap::new() }.run())?;
        Ok((Self { commands, next_id: Arc::default() }, thread))
    }

    /// Writes a script at its times and enters them in the record.
    pub(super) fn play(&self, socket: Arc<TcpStream>, script: Script, mut record: Record) -> Playing {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let (report, done) = oneshot::channel();
        record.reserve(script.pieces.len());
        let play = Play { socket, script, record, report, piece: 0, written: 0, began: None };
        // A stopped thread has dropped its inbox, and with it the play: `ended` then says so.
        let _ = self.commands.send(Command::Play(id, Box::new(play)));
        Playing { id, commands: self.commands.clone(), done, over: false }
    }

    /// Ends the thread after the burst under way.
    pub(super) fn stop(&self) {
        let _ = self.commands.send(Command::Stop);
    }
}

impl Playing {
    /// Waits for the end; `None` when the pacer has stopped.
    pub(super) async fn ended(&mut self) -> Option<Played> {
        let played = (&mut self.done).await.ok();
        self.over = true;
        played
    }

    /// Breaks it off and waits for what was written until then.
    pub(super) async fn cancel(mut self) -> Option<Played> {
        let _ = self.commands.send(Command::Cancel(self.id));
        self.ended().await
    }
}

impl Drop for Playing {
    fn drop(&mut self) {
        if !self.over {
            let _ = self.commands.send(Command::Cancel(self.id));
        }
    }
}

#[derive(Debug)]
struct Play {
    socket: Arc<TcpStream>,
    script: Script,
    record: Record,
    report: oneshot::Sender<Played>,
    /// The piece that comes next, and the bytes that are out.
    piece: usize,
    written: usize,
    /// When the first byte of the event that comes next was handed over.
    began: Option<Nanos>,
}

/// What is to be done with a stream after a burst.
enum Next {
    At(Nanos),
    Whole,
    Broken,
}

impl Play {
    /// Writes all that is due at `now`.
    fn write(&mut self, now: Nanos) -> Next {
        while let Some(piece) = self.script.pieces.get(self.piece) {
            if piece.at > now {
                return Next::At(piece.at);
            }
            let before = clock::now();
            let wrote = self.socket.try_write(&self.script.bytes[self.written..piece.end]);
            let after = clock::now();
            self.began.get_or_insert(before);
            match wrote {
                Ok(bytes) => self.written += bytes,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => return Next::Broken,
            }
            if self.written < piece.end {
                return Next::At(after.plus(RETRY));
            }
            if let Some((kind, tokens, due)) = piece.told {
                let before = self.began.take().unwrap_or(before);
                self.record.chunk(kind, tokens, due, before, after);
            }
            self.piece += 1;
        }
        Next::Whole
    }

    fn end(self, whole: bool) {
        // Where nobody waits for it the record is written all the same, when it is dropped.
        let _ = self.report.send(Played { record: self.record, whole });
    }
}

/// What lives on the thread.
struct Running {
    inbox: Receiver<Command>,
    streams: HashMap<u64, Box<Play>>,
    /// Of every stream when it comes next; of streams that are gone too.
    due: BinaryHeap<Reverse<(Nanos, u64)>>,
}

impl Running {
    fn run(mut self) {
        loop {
            let wait = self.due.peek().map(|Reverse((at, _))| at.since(clock::now()));
            let received = match wait {
                Some(Nanos(0)) => None,
                Some(left) => match self.inbox.recv_timeout(Duration::from_nanos(left.0)) {
                    Ok(command) => Some(command),
                    Err(RecvTimeoutError::Timeout) => None,
                    Err(RecvTimeoutError::Disconnected) => return,
                },
                None => match self.inbox.recv() {
                    Ok(command) => Some(command),
                    Err(_) => return,
                },
            };
            if received.is_some_and(|command| !self.obey(command)) || !self.obey_all() {
                return;
            }
            self.burst();
        }
    }

    /// False when told to stop, or when nobody is left to tell anything.
    fn obey_all(&mut self) -> bool {
        loop {
            match self.inbox.try_recv() {
                Ok(command) => {
                    if !self.obey(command) {
                        return false;
                    }
                }
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => return false,
            }
        }
    }

    fn obey(&mut self, command: Command) -> bool {
        match command {
            Command::Play(id, play) => {
                if let Some(first) = play.script.pieces.first() {
                    self.due.push(Reverse((first.at, id)));
                    self.streams.insert(id, play);
                } else {
                    play.end(true);
                }
                true
            }
            Command::Cancel(id) => {
                if let Some(play) = self.streams.remove(&id) {
                    play.end(false);
                }
                true
            }
            Command::Stop => false,
        }
    }

    /// Writes everything that is due when it begins.
    fn burst(&mut self) {
        let now = clock::now();
        while let Some(Reverse((at, id))) = self.due.peek().copied() {
            if at > now {
                return;
            }
            self.due.pop();
            let Some(play) = self.streams.get_mut(&id) else { continue };
            let ended = match play.write(now) {
                Next::At(at) => {
                    self.due.push(Reverse((at, id)));
                    continue;
                }
                Next::Whole => true,
                Next::Broken => false,
            };
            if let Some(play) = self.streams.remove(&id) {
                play.end(ended);
            }
        }
    }
}
