//! The folded machine's engine, against the golden model of it, instruction by instruction.

use fastrand::Rng;
use proptest::prelude::*;
use tcpu_hdl::folded::Engine;
use tcpu_hdl::types::U;
use tcpu_micro::engine;
use tcpu_micro::memory::{EXTERNAL, OWN};
use tcpu_micro::op::{encode, In, Op, Out, PLACE_BITS, WORDS};
use tcpu_testbench::bench::{check, Bench, Outcome, Stalls, Watch};

use crate::cases::{config, stalls};

/// From here on, the words are for counts of loops, that nothing else writes.
const COUNTS: u16 = 480;

/// A program that is being made: legal instructions with small counts, which ends in a jump to itself.
struct Writer {
    rng: Rng,
    program: Vec<u16>,
    /// Where routines begin.
    routines: Vec<u16>,
    loops: u16,
    /// Addresses of memory that are used.
    places: Vec<u32>,
}

impl Writer {
    fn op(&mut self, op: Op, number: u16) {
        self.program.push(encode(op, false, number));
    }

    fn here(&self) -> u16 {
        self.program.len() as u16
    }

    /// A = value, of at most 17 bits.
    fn value(&mut self, value: u32) {
        if value < 1 << 10 {
            return self.op(Op::Li, value as u16);
        }
        self.op(Op::Li, (value >> 8) as u16);
        self.op(Op::Rori, 24);
        self.op(Op::Addi, value as u16 & 255);
    }

    /// A port takes a value.
    fn out(&mut self, port: Out, value: u32) {
        self.value(value);
        self.op(Op::Out, port as u16);
    }

    /// A port takes any word.
    fn out_word(&mut self, port: Out) {
        let word = self.rng.u16(..COUNTS);
        self.op(Op::Ld, word);
        self.op(Op::Out, port as u16);
    }

    /// An address near one of those that are used.
    fn place(&mut self) -> u32 {
        let (first, by) = (self.rng.usize(..self.places.len()), self.rng.u32(..32));
        let place = self.places[first];
        place & !0x7fff | (place + by) & 0x7fff
    }

    /// Data everywhere, and settings that are legal.
    fn begin(&mut self) {
        for place in self.places.clone() {
            for row in 0..6 {
                self.out_word(Out::FlitLow);
                self.out_word(Out::FlitHigh);
                self.out(Out::Bytes, 8);
                self.out(Out::Write, place & !0x7fff | (place + 8 * row) & 0x7fff);
            }
        }
        for row in 0..12u32 {
            self.out_word(Out::FlitLow);
            self.out_word(Out::FlitHigh);
            let all = self.rng.u32(..2);
            self.out(Out::Fill, all << 9 | ((row + 250) % 256) << 1 | (row % 2));
        }
        for (port, most) in [
            (Out::Bytes, 8),
            (Out::Limit, 8),
            (Out::Pack, 8),
            (Out::Trf, 80),
            (Out::TrfStride, 40),
        ] {
            let value = self.rng.u32(1..=most);
            self.out(port, value);
        }
        let at = self.place();
        self.out(Out::At, at);
    }

    /// Anything of A, X and the words.
    fn arithmetic(&mut self) {
        let op = self.rng.choice(&Op::ALL[..19]).copied().unwrap_or(Op::Ld);
        let op = if self.rng.u8(..20) == 0 { Op::Txa } else { op };
        let (mut indexed, mut number) = (self.rng.bool(), self.rng.u16(..));
        if matches!(op, Op::St | Op::AddM | Op::Dec | Op::Inc) {
            number = self.rng.u16(..200);
            if indexed {
                let x = self.rng.u16(..200);
                self.op(Op::Lix, x);
            }
        } else if matches!(
            op,
            Op::Li | Op::Addi | Op::Andi | Op::Rori | Op::Lix | Op::Addx
        ) {
            indexed = number >> 10 & 1 == 1;
        } else {
            number %= WORDS as u16;
        }
        self.program.push(encode(op, indexed, number));
    }

    fn setting(&mut self) {
        let value = |rng: &mut Rng| match rng.u8(..14) {
            0 => (Out::Bytes, rng.u32(1..=8)),
            1 => (Out::Limit, rng.u32(1..=8)),
            2 => (Out::Offset, rng.u32(..8)),
            3 => (Out::Stride, rng.u32(..12)),
            4 => (Out::Stride, rng.u32(0x7ff8..0x8000)),
            5 => (Out::Pack, rng.u32(1..=8)),
            6 => (Out::Pack, 1),
            7 => (Out::Bytes, 8),
            8 => (Out::Trf, (rng.u32(..96) + 2000) % 2048),
            9 => (Out::TrfStride, rng.u32(..24)),
            10 => (Out::TrfStride, rng.u32(2040..2048)),
            11 => (Out::Slot, rng.u32(..4)),
            12 => (Out::SlotStride, rng.u32(..4)),
            _ => (Out::Mode, rng.u32(..128)),
        };
        let (port, value) = value(&mut self.rng);
        self.out(port, value);
    }

    fn datapath(&mut self) {
        let count = self.rng.u32(1..=20);
        match self.rng.u8(..14) {
            0 => self.out_word(Out::FlitLow),
            1 => self.out_word(Out::FlitHigh),
            2 => {
                let at = self.place();
                self.out(Out::At, at);
            }
            3 => self.out(Out::Gather, count),
            4 => {
                let at = self.place();
                self.out(Out::Read, at);
            }
            5 | 6 => {
                let at = self.place();
                self.out(Out::Write, at);
            }
            7 => self.out(Out::Hold, count),
            8..=10 => self.out(Out::Stream, count),
            11 => {
                let (place, all) = (self.rng.u32(..512), self.rng.u32(..2));
                self.out(Out::Fill, all << 9 | place);
            }
            12 => {
                self.out_word(Out::Factor);
                self.out_word(Out::Value);
                let shift = self.rng.u32(..48);
                self.out(Out::Shift, shift);
            }
            _ => {
                self.out_word(Out::Line);
                self.out_word(Out::Lamp);
            }
        }
    }

    fn shown(&mut self) {
        let ports = [
            In::FlitLow,
            In::FlitHigh,
            In::At,
            In::Trf,
            In::Slot,
            In::Value,
            In::Up,
            In::Cycles,
            In::Line,
            In::Accumulator0,
            In::Accumulator1,
            In::Accumulator2,
            In::Accumulator3,
        ];
        let port = self.rng.choice(ports).unwrap_or(In::At);
        self.op(Op::In, port as u16);
    }

    /// So many pieces. A piece is legal wherever it stands, and where it is left out.
    fn pieces(&mut self, count: usize, depth: usize) {
        for _ in 0..count {
            match self.rng.u8(..16) {
                0..=3 => self.arithmetic(),
                4..=6 => self.setting(),
                7..=10 => self.datapath(),
                11 | 12 => self.shown(),
                13 if depth > 0 => {
                    // A jump over some pieces.
                    let ops = [Op::Jmp, Op::Jz, Op::Jnz, Op::Jn, Op::Jnn];
                    let op = self.rng.choice(ops).unwrap_or(Op::Jmp);
                    let from = self.program.len();
                    self.op(op, 0);
                    let over = self.rng.usize(..4);
                    self.pieces(over, depth - 1);
                    self.program[from] = encode(op, false, self.here());
                }
                14 if depth > 0 => {
                    // A loop.
                    let (times, count) = (self.rng.u32(1..4), COUNTS + self.loops % 16);
                    self.loops += 1;
                    self.value(times);
                    self.op(Op::St, count);
                    let from = self.here();
                    let inside = self.rng.usize(1..4);
                    self.pieces(inside, 0);
                    self.op(Op::Dec, count);
                    self.op(Op::Jnz, from);
                }
                15 if !self.routines.is_empty() => {
                    let routine = self.rng.usize(..self.routines.len());
                    self.op(Op::Call, self.routines[routine]);
                }
                _ => self.shown(),
            }
        }
    }

    /// A program of so many pieces.
    fn program(pieces: usize, seed: u64, everywhere: bool) -> Vec<u16> {
        let mut rng = Rng::with_seed(seed);
        // Begins and ends of regions; where the line's bytes are, only if there are none.
        let mut all = vec![
            0,
            OWN - 24,
            EXTERNAL,
            EXTERNAL + OWN - 24,
            2 * EXTERNAL - 24,
        ];
        if everywhere {
            all.extend([OWN, EXTERNAL - 24]);
        }
        rng.shuffle(&mut all);
        let mut writer = Writer {
            rng,
            program: Vec::new(),
            routines: Vec::new(),
            loops: 0,
            places: all[..2].to_vec(),
        };
        writer.op(Op::Jmp, 0);
        for _ in 0..4 {
            let from = writer.here();
            writer.pieces(3, 0);
            writer.op(Op::Ret, 0);
            writer.routines.push(from);
        }
        writer.program[0] = encode(Op::Jmp, false, writer.here());
        writer.begin();
        writer.pieces(pieces, 2);
        writer.op(Op::Jmp, writer.here());
        writer.program
    }
}

/// Plays a program, bytes of the line coming at random and its sender stalling by their seeds.
fn play(pieces: usize, seed: u64, seeds: &[u64], watch: &mut Watch) -> Outcome {
    let program = Writer::program(pieces, seed, seeds[0] == 0);
    let mut rng = Rng::with_seed(seed);
    let word = |_| match rng.u8(..8) {
        0 => 0,
        1 => 0x8000_0000 >> rng.u32(..32),
        _ => rng.u32(..),
    };
    let words: Vec<u32> = (0..WORDS).map(word).collect();
    let block = Engine::new(&program, &words);
    let mut bench = Bench::new(block, |u, c| u.clock.next.clk = c, watch)?;
    let mut golden = engine::Engine::new(program.clone(), words);
    let mut slow = Stalls::new(seeds[1]);
    let end = program.len() as u16 - 1;
    let (mut next, mut left) = (rng.u64(8..200), 20);
    while left > 0 {
        let line = seeds[0] > 0 && left > 10 && bench.cycle() == next;
        let uut = &mut bench.uut;
        uut.restart.next = false;
        uut.came.next = line;
        uut.value.next = U::new(rng.u64(..));
        uut.broken.next = rng.bool();
        uut.line_ready.next = !slow.refuses();
        bench.settle();
        let uut = &bench.uut;
        if line {
            golden.receive(uut.value.val().value() as u8, uut.broken.val());
            next += rng.u64(8..100);
        }
        let mut showing = false;
        if uut.ends.val() {
            let now = (
                uut.place.val().value(),
                uut.a.val().value(),
                uut.x.val().value(),
            );
            let before = (golden.place.into(), golden.a.into(), golden.x.into());
            ensure_eq!(now, before, "place, A, X in cycle {}", bench.cycle());
            if !uut.window.busy.val() {
                let flit = uut.window.flit.val().value().to_le_bytes();
                ensure_eq!(flit, golden.datapath.flit, "flit before {}", now.0);
            }
            let instruction = program[usize::from(golden.place)];
            let number = instruction & ((1 << PLACE_BITS) - 1);
            showing = instruction >> PLACE_BITS == Op::In as u16
                && (number == In::Cycles as u16 || number == In::Line as u16);
            let sent = golden.step();
            let sends = uut.sends.val().then(|| uut.sent.val().value() as u8);
            ensure_eq!(sends, sent, "what is sent from {}", now.0);
        }
        bench.edge();
        if showing {
            let shown = bench.uut.a.val().value() as u32;
            let behind = golden.received.abs_diff(shown as u16);
            ensure!(
                shown == bench.cycle() as u32 - 1 || behind < 2,
                "cycles or entries: {shown}"
            );
            golden.a = shown;
        }
        let uut = &bench.uut;
        let busy = uut.window.busy.val() || uut.multiply.busy.val() || uut.requant.busy.val();
        left -= u64::from(golden.place == end && !busy);
        ensure!(bench.cycle() < 100_000, "the program does not end");
    }
    same(&bench.uut, &golden)
}

/// All that is not seen from instruction to instruction.
fn same(uut: &Engine, golden: &engine::Engine) -> Outcome {
    let d = &golden.datapath;
    for (i, word) in uut.control.words.words().iter().enumerate() {
        ensure_eq!(word.value(), u64::from(golden.words[i]), "word {i}");
    }
    let bytes = uut.window.memory.bytes();
    if let Some(i) = (0..bytes.len()).find(|&i| bytes[i] != d.memory[i]) {
        return Err(format!("byte {i}: {} instead of {}", bytes[i], d.memory[i]).into());
    }
    for (row, lanes) in d.trf.iter().enumerate() {
        for (lane, bytes) in lanes.iter().enumerate() {
            let found = uut.multiply.trf[lane].words()[row].value().to_le_bytes();
            ensure_eq!(
                found.map(|byte| byte as i8),
                *bytes,
                "TRF row {row}, lane {lane}"
            );
        }
    }
    for (slot, lanes) in d.slots.iter().enumerate() {
        for (number, expected) in lanes.iter().flatten().enumerate() {
            let found = uut.multiply.accumulators[number].words()[slot].value() as i32;
            ensure_eq!(found, *expected, "slot {slot}, accumulator {number}");
        }
    }
    ensure_eq!(uut.window.flit.val().value().to_le_bytes(), d.flit, "flit");
    ensure_eq!(uut.window.at.val().value(), u64::from(d.at), "at");
    ensure_eq!(
        uut.window.received.val().value(),
        u64::from(golden.received),
        "entries"
    );
    ensure_eq!(
        uut.multiply.trf_at.val().value(),
        u64::from(d.trf_at),
        "TRF address"
    );
    ensure_eq!(uut.multiply.slot.val().value(), u64::from(d.slot), "slot");
    ensure_eq!(uut.requant.value.val().value() as i32, d.value, "value");
    ensure_eq!(uut.requant.up.val(), d.up, "up");
    ensure_eq!(uut.lamp.val().value(), u64::from(golden.lamp), "lamp");
    Ok(())
}

proptest! {
    #![proptest_config(config(256))]

    /// Place, A and X after every instruction, what is sent, and in the end all memories and registers are the
    /// golden model's, whenever bytes of the line come and however slow its sender is.
    #[test]
    fn like_the_golden_engine(pieces in 0usize..60, seed in any::<u64>(), seeds in stalls(2)) {
        check("folded", |watch| play(pieces, seed, &seeds, watch))?;
    }
}
