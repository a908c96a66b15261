//! A simulated board at the end of a bad line, and programs to run on it.

#![allow(dead_code)]

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};

use tcpu_compiler::{compile, Compiled, Options};
use tcpu_fpga::link::Settings;
use tcpu_hdl::link::LinkConfig;
use tcpu_isa::{Config, MemoryTiming, OutType};
use tcpu_testbench::Board;

/// How a byte on its way is treated: one in this many, by kind.
#[derive(Clone, Copy, Debug)]
pub struct Faults {
    pub lose: u64,
    pub change: u64,
    pub double: u64,
    pub swap: u64,
    /// The whole board is switched off and on.
    pub restart: u64,
    /// The cable is pulled, for the next 300 bytes in either direction.
    pub pull: u64,
}

impl Faults {
    pub const NONE: Faults = Faults {
        lose: u64::MAX,
        change: u64::MAX,
        double: u64::MAX,
        swap: u64::MAX,
        restart: u64::MAX,
        pull: u64::MAX,
    };
}

/// The line. Time passes on the board while the host reads.
pub struct Line {
    pub board: Board,
    pub faults: Faults,
    seed: u64,
    held: Option<u8>,
    pulled: u32,
    for_host: VecDeque<u8>,
    pub restarts: u64,
}

/// Cycles of silence, behind the last byte that was sent, after which a read times out.
const SILENCE: u64 = 3000;

impl Line {
    pub fn new(board: Board, faults: Faults, seed: u64) -> Line {
        Line {
            board,
            faults,
            seed,
            held: None,
            pulled: 0,
            for_host: VecDeque::new(),
            restarts: 0,
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
            self.board.restart().unwrap();
            self.restarts += 1;
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

/// A small, fast link.
pub const LINK: LinkConfig = LinkConfig {
    divisor: 4,
    kilohertz: 100_000,
    memory: 1 << 16,
    receive: 512,
    commands: 256,
};

pub const TIMING: MemoryTiming = MemoryTiming {
    width: 4,
    latency: 20,
};

/// A tiny board with this link.
pub fn board(link: LinkConfig) -> Board {
    Board::new(&Config::preset("tiny").unwrap(), link, TIMING).unwrap()
}

/// Patience for a simulated line.
pub fn settings(seed: u64) -> Settings {
    Settings {
        silence: 1,
        tries: 12,
        seed: Some(seed),
        ..Settings::default()
    }
}

/// A compiled product of an m x k and a k x n matrix, with its memory image.
pub fn product(m: usize, k: usize, n: usize) -> (Compiled, Vec<u8>) {
    let options = Options {
        config: Config::preset("tiny").unwrap(),
        memory: TIMING,
        out: OutType::I32,
        mult: 1,
        shift: 0,
        int4: Vec::new(),
    };
    let shapes = [vec![m, k], vec![k, n]];
    let compiled = compile("ij,jk->ik", &shapes, &options).unwrap();
    let a: Vec<u8> = (0..m * k).map(|i| (i * 89 + 3) as u8).collect();
    let b: Vec<u8> = (0..k * n).map(|i| (i * 57 + 11) as u8).collect();
    let image = compiled.program.image(&[&a, &b]).unwrap();
    (compiled, image)
}

/// The output that the golden model computes.
pub fn golden(compiled: &Compiled, image: &[u8]) -> Vec<u8> {
    let program = &compiled.program;
    let order = tcpu_golden::Order::Program;
    let memory = tcpu_golden::run(&program.config, &program.commands, image.to_vec(), order);
    program.output.of(&memory.unwrap()).unwrap().to_vec()
}
