//! Memory behind an AXI4 port that checks what a master does.
//!
//! ```text
//! aw ──> [ bursts ] ──┐
//! w ───> [ beats ] ───┴──when it wants──> bytes, [ answers ] ──> b
//! ar ──> [ bursts ] ──when it wants──> bytes ──> [ beats ] ──> r
//! ```
//!
//! Answers come in order, as for one identifier. Reads and writes that are on their way at the same time meet
//! the bytes in whatever order: a master that wants one must wait. Bytes that are not there are answered with an
//! error.

use std::collections::VecDeque;

use fastrand::Rng;
use thiserror::Error;

use crate::bench::Stalls;

/// Bytes of a page; no burst may leave its own.
const PAGE: u64 = 4096;
/// An answer: all is well, and: nothing is there.
pub const OKAY: u8 = 0;
pub const DECERR: u8 = 3;
/// Bursts of each kind that wait at most.
const WAITING: usize = 8;

/// A burst on an address channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Burst {
    pub at: u64,
    /// Beats but one, the logarithm of a beat's bytes, and how addresses go on (1: up).
    pub len: u64,
    pub size: u64,
    pub kind: u64,
}

/// A beat on the write channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteBeat {
    pub data: Vec<u8>,
    pub strb: u64,
    pub last: bool,
}

/// A beat on the read channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadBeat {
    pub data: Vec<u8>,
    pub resp: u8,
    pub last: bool,
}

/// What a master shows in a cycle.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Master {
    pub aw: Option<Burst>,
    pub w: Option<WriteBeat>,
    pub b_ready: bool,
    pub ar: Option<Burst>,
    pub r_ready: bool,
}

/// What the memory shows in a cycle.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slave {
    pub aw_ready: bool,
    pub w_ready: bool,
    pub b: Option<u8>,
    pub ar_ready: bool,
    pub r: Option<ReadBeat>,
}

/// A rule of the bus that a master broke.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Broken {
    #[error("the {0} channel did not keep what it offered")]
    Withdrawn(&'static str),
    #[error("{0:?} is no burst that counts up by whole beats inside a page")]
    Burst(Burst),
    #[error("the last beat of a burst is not where its length says")]
    Last,
}

/// See the module's documentation.
pub struct AxiModel {
    pub bytes: Vec<u8>,
    /// Where the first byte is on the bus.
    pub base: u64,
    beat: usize,
    rng: Rng,
    /// How each channel stalls, and service: aw, w, b, ar, r, writes, reads.
    stalls: [Stalls; 7],
    slow: [bool; 7],
    writes: VecDeque<Burst>,
    beats: VecDeque<WriteBeat>,
    answers: VecDeque<u8>,
    reads: VecDeque<Burst>,
    read: VecDeque<ReadBeat>,
    offered: [bool; 2],
    before: Option<(Master, Slave)>,
    /// Bursts so far.
    pub bursts: u64,
}

impl AxiModel {
    /// A memory with these contents, beats of `beat` bytes; with `stalls`, a seed that is not 0, everything is
    /// slow at random.
    pub fn new(bytes: Vec<u8>, beat: usize, stalls: u64) -> Self {
        let mut rng = Rng::with_seed(stalls);
        let mut seed = |_| if stalls > 0 { rng.u64(1..) } else { 0 };
        let mut model = AxiModel {
            bytes,
            base: 0,
            beat,
            stalls: std::array::from_fn(&mut seed).map(Stalls::new),
            slow: [false; 7],
            writes: VecDeque::new(),
            beats: VecDeque::new(),
            answers: VecDeque::new(),
            reads: VecDeque::new(),
            read: VecDeque::new(),
            offered: [false; 2],
            before: None,
            bursts: 0,
            rng,
        };
        model.roll();
        model
    }

    fn roll(&mut self) {
        for (slow, stalls) in self.slow.iter_mut().zip(&mut self.stalls) {
            *slow = stalls.refuses();
        }
    }

    /// What it shows in this cycle. What was offered stays.
    pub fn show(&self) -> Slave {
        let may = |n: usize, offered: bool| offered || !self.slow[n];
        Slave {
            aw_ready: self.writes.len() < WAITING && !self.slow[0],
            w_ready: self.beats.len() < WAITING && !self.slow[1],
            b: self
                .answers
                .front()
                .copied()
                .filter(|_| may(2, self.offered[0])),
            ar_ready: self.reads.len() < WAITING && !self.slow[3],
            r: self
                .read
                .front()
                .cloned()
                .filter(|_| may(4, self.offered[1])),
        }
    }

    /// Plays the cycle.
    ///
    /// # Errors
    /// The first rule that the master breaks.
    pub fn clock(&mut self, shown: &Master) -> Result<(), Broken> {
        let own = self.show();
        self.check(shown)?;
        self.offered = [own.b.is_some(), own.r.is_some()];
        if own.b.is_some() && shown.b_ready {
            self.answers.pop_front();
            self.offered[0] = false;
        }
        if own.r.is_some() && shown.r_ready {
            self.read.pop_front();
            self.offered[1] = false;
        }
        if !self.slow[5] {
            self.write()?;
        }
        if !self.slow[6] && self.read.len() < WAITING {
            self.fetch();
        }
        for (burst, ready, queue) in [
            (shown.aw, own.aw_ready, &mut self.writes),
            (shown.ar, own.ar_ready, &mut self.reads),
        ] {
            if let (Some(burst), true) = (burst, ready) {
                queue.push_back(burst);
                self.bursts += 1;
            }
        }
        if let (Some(beat), true) = (&shown.w, own.w_ready) {
            self.beats.push_back(beat.clone());
        }
        self.before = Some((shown.clone(), own));
        self.roll();
        Ok(())
    }

    /// Forgets everything but the bytes.
    pub fn reset(&mut self) {
        self.writes.clear();
        self.beats.clear();
        self.answers.clear();
        self.reads.clear();
        self.read.clear();
        self.offered = [false; 2];
        self.before = None;
    }

    /// Nothing is queued or on its way.
    pub fn idle(&self) -> bool {
        let bursts = self.writes.is_empty() && self.reads.is_empty();
        bursts && self.beats.is_empty() && self.answers.is_empty() && self.read.is_empty()
    }

    fn check(&self, shown: &Master) -> Result<(), Broken> {
        if let Some((before, own)) = &self.before {
            let kept = |channel, kept: bool| match kept {
                true => Ok(()),
                false => Err(Broken::Withdrawn(channel)),
            };
            kept(
                "aw",
                before.aw.is_none() || own.aw_ready || before.aw == shown.aw,
            )?;
            kept(
                "w",
                before.w.is_none() || own.w_ready || before.w == shown.w,
            )?;
            kept(
                "ar",
                before.ar.is_none() || own.ar_ready || before.ar == shown.ar,
            )?;
        }
        for burst in [shown.aw, shown.ar].into_iter().flatten() {
            let beat = self.beat as u64;
            let end = burst.at % PAGE + (burst.len + 1) * beat;
            let whole = 1 << burst.size == beat && burst.at % beat == 0;
            if !whole || burst.kind != 1 || end > PAGE {
                return Err(Broken::Burst(burst));
            }
        }
        Ok(())
    }

    /// Writes a beat that has its burst.
    fn write(&mut self) -> Result<(), Broken> {
        let Some(burst) = self.writes.front_mut() else {
            return Ok(());
        };
        let Some(beat) = self.beats.pop_front() else {
            return Ok(());
        };
        if beat.last != (burst.len == 0) {
            return Err(Broken::Last);
        }
        let at = burst.at.wrapping_sub(self.base) as u32 as usize;
        let there = at + self.beat <= self.bytes.len();
        for (i, byte) in beat.data.iter().enumerate() {
            if there && beat.strb >> i & 1 == 1 {
                self.bytes[at + i] = *byte;
            }
        }
        burst.at += self.beat as u64;
        match burst.len {
            0 => {
                self.writes.pop_front();
                self.answers.push_back(if there { OKAY } else { DECERR });
            }
            _ => burst.len -= 1,
        }
        Ok(())
    }

    /// Reads a beat.
    fn fetch(&mut self) {
        let Some(burst) = self.reads.front_mut() else {
            return;
        };
        let at = burst.at.wrapping_sub(self.base) as u32 as usize;
        let last = burst.len == 0;
        let (data, resp) = match self.bytes.get(at..at + self.beat) {
            Some(bytes) => (bytes.to_vec(), OKAY),
            None => ((0..self.beat).map(|_| self.rng.u8(..)).collect(), DECERR),
        };
        self.read.push_back(ReadBeat { data, resp, last });
        burst.at += self.beat as u64;
        match last {
            true => drop(self.reads.pop_front()),
            false => burst.len -= 1,
        }
    }
}
