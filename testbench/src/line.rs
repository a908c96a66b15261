//! A line between a host and a simulated board, which may be a bad one.
//!
//! ```text
//! host ──write──> [ lose, change, double, swap ] ──> board
//!      <──read─── [ the same                   ] <──
//! ```
//!
//! Time passes on the board while the host reads.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};

use crate::board::Board;

/// What happens to bytes: to one in this many, by kind.
#[derive(Clone, Copy, Debug)]
pub struct Faults {
    pub lose: u64,
    pub change: u64,
    pub double: u64,
    pub swap: u64,
    /// The whole board is switched off and on.
    pub restart: u64,
    /// Its reset button is pressed.
    pub button: u64,
    /// The cable is pulled, for the next 300 bytes in either direction.
    pub pull: u64,
}

impl Faults {
    /// A good line.
    pub const NONE: Faults = Faults {
        lose: u64::MAX,
        change: u64::MAX,
        double: u64::MAX,
        swap: u64::MAX,
        restart: u64::MAX,
        button: u64::MAX,
        pull: u64::MAX,
    };
}

/// See the module's documentation.
pub struct Line {
    pub board: Board,
    faults: Faults,
    seed: u64,
    held: Option<u8>,
    pulled: u32,
    for_host: VecDeque<u8>,
    /// How often the board was switched off and on.
    pub restarts: u64,
    /// How often its button was pressed.
    pub presses: u64,
}

/// Cycles of silence, behind the last byte that was sent, after which a read times out.
const SILENCE: u64 = 3000;

impl Line {
    /// A line to a board; `seed` decides which bytes are treated.
    pub fn new(board: Board, faults: Faults, seed: u64) -> Line {
        Line {
            board,
            faults,
            seed,
            held: None,
            pulled: 0,
            for_host: VecDeque::new(),
            restarts: 0,
            presses: 0,
        }
    }

    /// True once in `n` times.
    fn once_in(&mut self, n: u64) -> bool {
        self.seed = self
            .seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        n != u64::MAX && (self.seed >> 33) % n == 0
    }

    /// What becomes of a byte.
    fn pass(&mut self, byte: u8) -> Vec<u8> {
        if self.once_in(self.faults.restart) {
            self.restarts += u64::from(self.board.restart().is_ok());
        }
        if self.faults.button != u64::MAX && self.once_in(self.faults.button) {
            self.board.press();
            self.presses += 1;
        }
        if self.once_in(self.faults.pull) {
            self.pulled = 300;
        }
        if self.pulled > 0 {
            self.pulled -= 1;
            return Vec::new();
        }
        if self.once_in(self.faults.lose) {
            return Vec::new();
        }
        if self.once_in(self.faults.change) {
            return vec![byte ^ (1 << (self.seed >> 40 & 7))];
        }
        if self.once_in(self.faults.double) {
            return vec![byte, byte];
        }
        if self.held.is_none() && self.once_in(self.faults.swap) {
            self.held = Some(byte);
            return Vec::new();
        }
        [Some(byte), self.held.take()]
            .into_iter()
            .flatten()
            .collect()
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for byte in bytes {
            for byte in self.pass(*byte) {
                self.board.send(byte);
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Line {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut silence = 0;
        while self.for_host.is_empty() {
            self.board.cycle();
            if let Some(byte) = self.board.receive() {
                let bytes = self.pass(byte);
                self.for_host.extend(bytes);
                silence = 0;
            }
            silence += u64::from(!self.board.sending());
            if silence > SILENCE {
                return Err(ErrorKind::TimedOut.into());
            }
        }
        let n = buffer.len().min(self.for_host.len());
        for (place, byte) in buffer.iter_mut().zip(self.for_host.drain(..n)) {
            *place = byte;
        }
        Ok(n)
    }
}
