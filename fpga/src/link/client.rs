//! What a device can be asked for.

use std::hash::{BuildHasher, RandomState};
use std::io::{Read, Write};
use std::time::Duration;

use tcpu_isa::counters::{Counters, COUNTERS};
use tcpu_isa::link::{Identity, Op, Status, MAX_COUNT, STATUS_BYTES, WORD_BYTES};

use super::error::LinkError;
use super::exchange::{greet, Ask};
use super::wire::Wire;

/// How patient a client is.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Reads of the port that time out, one after the other, before an answer counts as lost.
    pub silence: u32,
    /// How long a read of the port takes to time out. If it is known, the client waits longer for a slow device: a byte
    /// takes what a byte of its hello took.
    pub read_timeout: Option<Duration>,
    /// Times that a request is sent without any progress before the client gives up, and that a run is begun
    /// again after a restart of the device.
    pub tries: u32,
    /// How long a program may run.
    pub stuck: Duration,
    /// Where session numbers come from; random if there is none.
    pub seed: Option<u64>,
}

/// How long one read of a serial port waits.
pub(super) const READ_TIMEOUT: Duration = Duration::from_millis(100);

impl Default for Settings {
    fn default() -> Self {
        Settings {
            silence: 3,
            read_timeout: Some(READ_TIMEOUT),
            tries: 8,
            stuck: Duration::from_secs(600),
            seed: None,
        }
    }
}

/// Bytes that one request reads at most.
const READ_BYTES: usize = 1024;

impl Settings {
    /// Timeouts to wait for the first answer of a device of unknown speed.
    pub(super) fn hello_silence(&self) -> u32 {
        match self.read_timeout {
            Some(_) => 10 * self.silence,
            None => self.silence,
        }
    }

    /// Timeouts to wait for the answer of a device of this pace while this many bytes are on their way: what is asked
    /// and what is answered. Twice what they need, and more with each try, for they may wait behind a try before.
    pub(super) fn silence(&self, pace: Duration, bytes: usize, tries: u32) -> u32 {
        let Some(timeout) = self.read_timeout else {
            return self.silence;
        };
        let seconds = pace.as_secs_f64() * 2.0 * bytes as f64 * f64::from(tries);
        self.silence
            .max((seconds / timeout.as_secs_f64()).ceil() as u32)
    }
}

/// What the device says of itself at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// Nothing runs.
    pub idle: bool,
    pub fault: bool,
    pub status: Status,
}

/// An open session with a device.
pub struct Client<P> {
    pub(super) wire: Wire<P>,
    /// What the device takes for a byte, asked or answered.
    pub(super) pace: Duration,
    pub(super) settings: Settings,
    random: u64,
    pub(super) session: u16,
    /// The number of the next request.
    pub(super) next: u8,
    pub(super) identity: Identity,
    pub(super) retries: u64,
}

impl<P: Read + Write> Client<P> {
    /// Opens a session with the device behind a port. Reads of the port shall time out with
    /// [`std::io::ErrorKind::TimedOut`] or [`std::io::ErrorKind::WouldBlock`].
    ///
    /// # Errors
    /// No answer, or one from something that is not a tcpu of a known build.
    pub fn new(port: P, settings: Settings) -> Result<Self, LinkError> {
        let mut wire = Wire::new(port);
        let mut random = settings
            .seed
            .unwrap_or_else(|| RandomState::new().hash_one(0));
        let (session, identity, pace) = greet(&mut wire, &settings, &mut random)?;
        Ok(Client {
            wire,
            pace,
            settings,
            random,
            session,
            next: 1,
            identity,
            retries: 0,
        })
    }

    /// Opens a new session with the same device, after it was restarted.
    ///
    /// # Errors
    /// As for [`Client::new`].
    pub fn reopen(&mut self) -> Result<(), LinkError> {
        (self.session, self.identity, self.pace) =
            greet(&mut self.wire, &self.settings, &mut self.random)?;
        self.next = 1;
        Ok(())
    }

    /// What the device says of itself.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Requests that were sent again so far.
    pub fn retries(&self) -> u64 {
        self.retries
    }

    /// What the device does at the moment.
    ///
    /// # Errors
    /// A line that stays broken, or a device that was restarted; so for everything that follows.
    pub fn state(&mut self) -> Result<State, LinkError> {
        self.ask(Ask::bare(Op::Status, STATUS_BYTES))
    }

    /// Puts processor, command buffer and counters back to where they began.
    pub fn reset(&mut self) -> Result<State, LinkError> {
        self.ask(Ask::bare(Op::Reset, STATUS_BYTES))
    }

    /// Lets the processor take the words that are buffered, and those that follow.
    pub fn start(&mut self) -> Result<State, LinkError> {
        self.ask(Ask::bare(Op::Start, STATUS_BYTES))
    }

    /// Buffers command words; `first` is the number of the first one since the reset. Says how many have been
    /// taken since then: the buffer may be full.
    pub fn commands(&mut self, first: u32, words: &[u128]) -> Result<State, LinkError> {
        let room = (usize::from(self.identity.receive) / 2).saturating_sub(64) / WORD_BYTES;
        let words = &words[..words.len().min(room.clamp(1, MAX_COUNT))];
        self.ask(Ask {
            op: Op::Commands,
            address: first,
            count: words.len() as u16,
            data: words.iter().flat_map(|word| word.to_le_bytes()).collect(),
            answer: STATUS_BYTES,
        })
    }

    /// All counters.
    pub fn counters(&mut self) -> Result<Counters, LinkError> {
        let mut counters = Counters::default();
        let ask = Ask::bare(Op::Counters, 4 * COUNTERS.len());
        self.exchange(&[ask], &mut |_, _, data| {
            for (counter, bytes) in counters.0.iter_mut().zip(data.chunks_exact(4)) {
                *counter = bytes.iter().rev().fold(0, |n, &b| n << 8 | u64::from(b));
            }
        })?;
        Ok(counters)
    }

    /// Writes whole beats; `progress` is told how many bytes have arrived.
    ///
    /// # Errors
    /// Bytes outside the device's memory, too.
    pub fn write(
        &mut self,
        address: u32,
        bytes: &[u8],
        progress: &mut dyn FnMut(usize),
    ) -> Result<(), LinkError> {
        self.check(address, bytes.len())?;
        let beat = self.identity.config.flit;
        let room = (usize::from(self.identity.receive) / 2).saturating_sub(64) / beat;
        let chunk = room.clamp(1, MAX_COUNT) * beat;
        let asks: Vec<Ask> = bytes
            .chunks(chunk)
            .enumerate()
            .map(|(i, data)| Ask {
                op: Op::Write,
                address: address + (i * chunk) as u32,
                count: (data.len() / beat) as u16,
                data: data.to_vec(),
                answer: STATUS_BYTES,
            })
            .collect();
        let mut done = 0;
        self.exchange(&asks, &mut |i, _, _| {
            done += asks[i].data.len();
            progress(done);
        })
    }

    /// Reads whole beats; `progress` is told how many bytes have arrived.
    ///
    /// # Errors
    /// Bytes outside the device's memory, too.
    pub fn read(
        &mut self,
        address: u32,
        len: usize,
        progress: &mut dyn FnMut(usize),
    ) -> Result<Vec<u8>, LinkError> {
        self.check(address, len)?;
        let beat = self.identity.config.flit;
        let starts: Vec<usize> = (0..len).step_by(READ_BYTES).collect();
        let asks: Vec<Ask> = starts
            .iter()
            .map(|start| {
                let answer = READ_BYTES.min(len - start);
                Ask {
                    address: address + *start as u32,
                    count: (answer / beat) as u16,
                    ..Ask::bare(Op::Read, answer)
                }
            })
            .collect();
        let (mut bytes, mut done) = (vec![0; len], 0);
        self.exchange(&asks, &mut |i, _, data| {
            bytes[starts[i]..][..data.len()].copy_from_slice(data);
            done += data.len();
            progress(done);
        })?;
        Ok(bytes)
    }

    /// Whole beats inside the memory.
    fn check(&self, address: u32, len: usize) -> Result<(), LinkError> {
        let beat = self.identity.config.flit;
        let (from, to) = (u64::from(address), u64::from(address) + len as u64);
        let memory = self.identity.memory;
        let whole = from % beat as u64 == 0 && len % beat == 0;
        match whole && to <= u64::from(memory) {
            true => Ok(()),
            false => Err(LinkError::Outside {
                from,
                to,
                memory,
                beat,
            }),
        }
    }

    /// Asks for one thing that is answered with the status.
    fn ask(&mut self, ask: Ask) -> Result<State, LinkError> {
        let mut state = None;
        self.exchange(&[ask], &mut |_, response, data| {
            state = Status::from_bytes(data).map(|status| State {
                idle: response.idle,
                fault: response.fault,
                status,
            });
        })?;
        // The length of the answer was checked.
        state.ok_or(LinkError::Restarted)
    }
}
