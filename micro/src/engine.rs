//! The golden model of the engine: what each instruction does, not when.
//!
//! ```text
//!   program ──> control ──> A, X ──> data memory (512 x 32)
//!                  │
//!                  v ports
//!   memory ──> packets ──> flit ──┬──> x TRF ──> reducer ──> accumulators ──> A ──> requantisation
//!          <──────────────────────┴──> TRF
//! ```

use crate::memory::{behind, row_behind, BYTES, FLIT, OWN, RING};
use crate::op::{encode, mode, Op, Out, DEPTH, PLACE_BITS, WORDS};

/// Lanes, columns of each, TRF rows and accumulator slots.
pub const LANES: usize = 2;
pub const COLUMNS: usize = 2;
pub const TRF_ROWS: usize = 256;
pub const SLOTS: usize = 4;

/// What the datapath is set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datapath {
    pub memory: Vec<u8>,
    pub trf: Vec<[[i8; FLIT]; LANES]>,
    pub slots: [[[i32; COLUMNS]; LANES]; SLOTS],
    pub flit: [u8; FLIT],
    pub bytes: u32,
    pub limit: u32,
    pub offset: u32,
    pub at: u32,
    pub stride: u32,
    pub pack: u32,
    pub trf_at: u32,
    pub trf_stride: u32,
    pub slot: u32,
    pub slot_stride: u32,
    pub mode: u16,
    pub factor: u16,
    pub value: i32,
    pub up: bool,
}

/// The engine after power-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Engine {
    program: Vec<u16>,
    pub words: Vec<u32>,
    pub a: u32,
    pub x: u16,
    pub place: u16,
    /// Places behind open calls; the newest first.
    pub calls: [u16; DEPTH],
    pub datapath: Datapath,
    /// Cycles since power came. An instruction takes two here; in hardware, it may take more.
    pub cycles: u32,
    /// Entries that the line has put into its ring.
    pub received: u16,
    pub lamp: u8,
}

impl Datapath {
    fn new() -> Datapath {
        Datapath {
            memory: vec![0; BYTES],
            trf: vec![[[0; FLIT]; LANES]; TRF_ROWS],
            slots: [[[0; COLUMNS]; LANES]; SLOTS],
            flit: [0; FLIT],
            bytes: 0,
            limit: 0,
            offset: 0,
            at: 0,
            stride: 0,
            pack: 0,
            trf_at: 0,
            trf_stride: 0,
            slot: 0,
            slot_stride: 0,
            mode: 0,
            factor: 0,
            value: 0,
            up: false,
        }
    }

    /// Where byte `i` behind an address is.
    fn place(at: u32, i: u32) -> usize {
        let (row, byte) = (at as usize / FLIT, (at as usize + i as usize) % FLIT);
        match at as usize % FLIT + i as usize >= FLIT {
            true => row_behind(row) * FLIT + byte,
            false => row * FLIT + byte,
        }
    }

    fn packet(&mut self) {
        for i in 0..FLIT as u32 {
            let byte = &mut self.flit[i as usize];
            let inside = (self.offset..self.offset + self.bytes).contains(&i);
            *byte = match () {
                () if i >= self.limit => 0,
                () if inside => self.memory[Datapath::place(self.at, i - self.offset)],
                () if self.offset == 0 => 0,
                () => *byte,
            };
        }
        self.at = behind(self.at, self.stride);
        self.offset = (self.offset + self.bytes) % FLIT as u32;
    }

    fn write(&mut self, at: u32) {
        self.at = at;
        for i in 0..self.bytes.min(FLIT as u32) {
            self.memory[Datapath::place(at, i)] = self.flit[i as usize];
        }
    }

    /// Step `number` of a run of them.
    fn step(&mut self, number: u32) {
        let is = |bit| self.mode & bit != 0;
        let (row, byte) = (self.trf_at as usize / FLIT, self.trf_at as usize % FLIT);
        let restart = is(mode::RESTART_ALL) || is(mode::RESTART_FIRST) && number == 0;
        let scale = is(mode::SCALE_ALL) || is(mode::SCALE_FIRST) && number == 0;
        for lane in 0..LANES {
            let weights = self.trf[row][lane];
            let first = byte + if is(mode::SKEW) { lane } else { 0 };
            let mut sums = [0i32; COLUMNS];
            for (f, x) in self.flit.iter().enumerate() {
                let weight = match is(mode::SPLAT) {
                    true => weights[(first + f / COLUMNS) % FLIT],
                    false => weights[f],
                };
                let column = if is(mode::WHOLE) { 0 } else { f % COLUMNS };
                sums[column] += i32::from(*x as i8) * i32::from(weight);
            }
            let used = if is(mode::WHOLE) { 1 } else { COLUMNS };
            for (column, sum) in sums.into_iter().enumerate().take(used) {
                let place = &mut self.slots[self.slot as usize][lane][column];
                let before = match (restart, scale) {
                    (true, _) => 0,
                    (false, true) => *place << 8,
                    (false, false) => *place,
                };
                *place = before.wrapping_add(sum);
            }
        }
        self.trf_at = self.trf_at.wrapping_add(self.trf_stride) % (TRF_ROWS * FLIT) as u32;
        self.slot = self.slot.wrapping_add(self.slot_stride) % SLOTS as u32;
    }

    fn half(&self, half: usize) -> u32 {
        let bytes = &self.flit[4 * half..][..4];
        u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
    }
}

impl Engine {
    /// An engine with a program, and what its data memory holds when power comes.
    pub fn new(program: Vec<u16>, words: Vec<u32>) -> Engine {
        let mut words = words;
        words.resize(WORDS, 0);
        Engine {
            program,
            words,
            a: 0,
            x: 0,
            place: 0,
            calls: [0; DEPTH],
            datapath: Datapath::new(),
            cycles: 0,
            received: 0,
            lamp: 0,
        }
    }

    /// The reset button: the program begins again. All else stays.
    pub fn reset(&mut self) {
        self.place = 0;
    }

    /// The line brings a byte; without its stop bit, it is broken.
    pub fn receive(&mut self, byte: u8, broken: bool) {
        let at = OWN as usize + 2 * usize::from(self.received);
        self.datapath.memory[at] = byte;
        self.datapath.memory[at + 1] = u8::from(broken);
        self.received = (self.received + 1) % RING as u16;
    }

    /// The next instruction sends a byte.
    pub fn sends(&self) -> bool {
        let send = encode(Op::Out, false, Out::Line as u16);
        self.program.get(usize::from(self.place)) == Some(&send)
    }

    /// Carries out an instruction; gives the byte that it sends.
    pub fn step(&mut self) -> Option<u8> {
        let word = self
            .program
            .get(usize::from(self.place))
            .copied()
            .unwrap_or(0);
        let number = word & ((1 << PLACE_BITS) - 1);
        let signed = (i32::from(number) << 21 >> 21) as u32;
        let index = if word >> 10 & 1 == 1 { self.x } else { 0 };
        let m = usize::from(number.wrapping_add(index)) % WORDS;
        let places = (1 << PLACE_BITS) - 1;
        self.cycles = self.cycles.wrapping_add(2);
        let mut next = (self.place + 1) & places;
        let mut sent = None;
        let Some(op) = Op::ALL.get(usize::from(word >> PLACE_BITS)) else {
            self.place = next;
            return None;
        };
        match op {
            Op::Ld => self.a = self.words[m],
            Op::St => self.words[m] = self.a,
            Op::Add => self.a = self.a.wrapping_add(self.words[m]),
            Op::Sub => self.a = self.a.wrapping_sub(self.words[m]),
            Op::And => self.a &= self.words[m],
            Op::Or => self.a |= self.words[m],
            Op::Xor => self.a ^= self.words[m],
            Op::Ror => self.a = self.a.rotate_right(self.words[m] % 32),
            Op::AddM | Op::Dec | Op::Inc => {
                let change = match op {
                    Op::AddM => self.a,
                    Op::Inc => 1,
                    _ => u32::MAX,
                };
                self.a = self.words[m].wrapping_add(change);
                self.words[m] = self.a;
            }
            Op::Ldx => self.x = self.words[m] as u16 % WORDS as u16,
            Op::Li => self.a = signed,
            Op::Addi => self.a = self.a.wrapping_add(signed),
            Op::Andi => self.a &= u32::from(number),
            Op::Rori => self.a = self.a.rotate_right(u32::from(number) % 32),
            Op::Tax => self.x = self.a as u16 % WORDS as u16,
            Op::Lix => self.x = number % WORDS as u16,
            Op::Addx => self.x = (self.x + number) % WORDS as u16,
            Op::Txa => self.a = u32::from(self.x),
            Op::In => self.a = self.show(number),
            Op::Out => sent = self.take(number),
            Op::Jmp => next = number,
            Op::Jz if self.a == 0 => next = number,
            Op::Jnz if self.a != 0 => next = number,
            Op::Jn if (self.a as i32) < 0 => next = number,
            Op::Jnn if (self.a as i32) >= 0 => next = number,
            Op::Jz | Op::Jnz | Op::Jn | Op::Jnn => {}
            Op::Call => {
                self.calls.rotate_right(1);
                self.calls[0] = next;
                next = number;
            }
            Op::Ret => {
                next = self.calls[0];
                self.calls.rotate_left(1);
            }
        }
        self.place = next;
        sent
    }

    /// What a port shows; four bits of its number count.
    fn show(&self, port: u16) -> u32 {
        let d = &self.datapath;
        match port % 16 {
            0 => d.half(0),
            1 => d.half(1),
            2 => d.at,
            3 => d.trf_at,
            4 => d.slot,
            5 => d.value as u32,
            6 => u32::from(d.up),
            7 => self.cycles,
            8 => u32::from(self.received),
            port @ 12.. => {
                let place = usize::from(port) - 12;
                d.slots[d.slot as usize][place / COLUMNS][place % COLUMNS] as u32
            }
            _ => 0,
        }
    }

    /// A port takes A.
    fn take(&mut self, port: u16) -> Option<u8> {
        let a = self.a;
        let (d, low) = (&mut self.datapath, |bits: u32| a & ((1 << bits) - 1));
        match port % 32 {
            0 => return Some(a as u8),
            1 => d.flit[..4].copy_from_slice(&a.to_le_bytes()),
            2 => d.flit[4..].copy_from_slice(&a.to_le_bytes()),
            3 => d.bytes = low(4),
            4 => d.limit = low(4),
            5 => d.offset = low(3),
            6 => d.at = low(17),
            7 => d.stride = low(15),
            8 => d.pack = low(4),
            9 => (0..low(16)).for_each(|_| d.packet()),
            10 => {
                (d.at, d.offset) = (low(17), 0);
                d.packet();
            }
            11 => d.write(low(17)),
            12 => d.trf_at = low(11),
            13 => d.trf_stride = low(11),
            14 => d.slot = low(2),
            15 => d.slot_stride = low(2),
            16 => d.mode = low(7) as u16,
            17 => (0..low(16)).for_each(|number| d.step(number)),
            18 => {
                for number in 0..low(16) {
                    d.offset = 0;
                    (0..d.pack).for_each(|_| d.packet());
                    d.step(number);
                }
            }
            19 => {
                let (row, lane) = (low(9) as usize >> 1, low(1) as usize);
                for (l, place) in d.trf[row].iter_mut().enumerate() {
                    if l == lane || a >> 9 & 1 == 1 {
                        *place = d.flit.map(|byte| byte as i8);
                    }
                }
            }
            20 => d.factor = a as u16,
            21 => d.value = a as i32,
            22 => (d.value, d.up) = scaled(d.value, d.factor, low(6) as u8),
            23 => self.lamp = low(2) as u8,
            _ => {}
        }
        None
    }
}

/// `x * factor / 2^shift`, for a shift of at most 47, rounded down, saturated to 32 bits; and whether rounding half to even is one more. What is
/// saturated stays as it is.
fn scaled(x: i32, factor: u16, shift: u8) -> (i32, bool) {
    let product = i64::from(x) * i64::from(factor);
    let floor = product >> shift;
    match i32::try_from(floor) {
        Ok(value) => {
            let rest = product - (floor << shift);
            let half = (1i64 << shift) / 2;
            let up = shift > 0 && (rest > half || rest == half && value & 1 == 1);
            (value, up)
        }
        Err(_) => (floor.clamp(i32::MIN.into(), i32::MAX.into()) as i32, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tcpu_isa::requant::requant;
    use tcpu_isa::OutType;

    proptest! {
        /// A value that goes up where it has to, but not beyond 32 bits, is the requantised one.
        #[test]
        fn scaled_is_requantised(x: i32, factor: u16, shift in 0u8..=47) {
            let (value, up) = scaled(x, factor, shift);
            let value = value.saturating_add(i32::from(up));
            prop_assert_eq!(value, requant(x, factor, shift, OutType::I32));
        }

        /// Packets side by side are the bytes that they are, wherever they lie.
        #[test]
        fn packets_are_bytes(at in 0u32..1 << 15, bytes in 1u32..=8, pack in 1u32..=8, stride: u16, limit in 1u32..=8) {
            let pack = pack.min(8 / bytes);
            let mut datapath = Datapath::new();
            for (i, byte) in datapath.memory.iter_mut().enumerate() {
                *byte = ((i * 167) >> 3) as u8;
            }
            let stride = u32::from(stride) & 0x7FFF;
            (datapath.at, datapath.stride, datapath.bytes) = (at, stride, bytes);
            (datapath.limit, datapath.flit) = (limit, [0xEE; FLIT]);
            (0..pack).for_each(|_| datapath.packet());
            let byte = |i: u32| {
                let address = (at + i / bytes * stride + i % bytes) as usize % crate::memory::DM_BYTES;
                datapath.memory[address]
            };
            let used = limit.min(pack * bytes);
            let expected: Vec<u8> = (0..8).map(|i| if i < used { byte(i) } else { 0 }).collect();
            prop_assert_eq!(datapath.flit.to_vec(), expected);
        }
    }
}
