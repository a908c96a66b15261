//! The engine's instructions and ports: 16 bits each, the operation in the upper five.
//!
//! ```text
//! 15   11 10 9 8            0
//! [ op  ] [x] -  [ address  ]   a word of the data memory; with x, counted from the index register
//! [ op  ] [    number       ]   11 bits: signed, a port, or a place in the program
//! ```

/// Words of the data memory, 32 bits each.
pub const WORDS: usize = 512;
/// Bits of a place in the program.
pub const PLACE_BITS: u32 = 11;
/// Calls that can be open.
pub const DEPTH: usize = 6;

/// What an instruction does. A is the accumulator (32 bits), X the index (9 bits), m the addressed word, n the
/// number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// A = m
    Ld = 0,
    /// m = A
    St = 1,
    /// A = A + m
    Add = 2,
    /// A = A - m
    Sub = 3,
    And = 4,
    Or = 5,
    Xor = 6,
    /// A is rotated right by the low five bits of m.
    Ror = 7,
    /// m = A = A + m
    AddM = 8,
    /// m = A = m - 1
    Dec = 9,
    /// m = A = m + 1
    Inc = 10,
    /// X = m
    Ldx = 11,
    /// A = n, signed
    Li = 12,
    /// A = A + n, signed
    Addi = 13,
    /// A = A and n, unsigned
    Andi = 14,
    /// A is rotated right by n, 0 to 31.
    Rori = 15,
    /// X = A
    Tax = 16,
    /// X = n
    Lix = 17,
    /// X = X + n
    Addx = 18,
    /// A = what the port n shows.
    In = 19,
    /// The port n takes A.
    Out = 20,
    Jmp = 21,
    /// Jumps if A is 0.
    Jz = 22,
    Jnz = 23,
    /// Jumps if A is negative.
    Jn = 24,
    Jnn = 25,
    /// Jumps, and keeps the place behind.
    Call = 26,
    /// Jumps behind the last call.
    Ret = 27,
    /// A = X
    Txa = 28,
}

impl Op {
    /// All operations, by number.
    pub const ALL: [Op; 29] = [
        Op::Ld,
        Op::St,
        Op::Add,
        Op::Sub,
        Op::And,
        Op::Or,
        Op::Xor,
        Op::Ror,
        Op::AddM,
        Op::Dec,
        Op::Inc,
        Op::Ldx,
        Op::Li,
        Op::Addi,
        Op::Andi,
        Op::Rori,
        Op::Tax,
        Op::Lix,
        Op::Addx,
        Op::In,
        Op::Out,
        Op::Jmp,
        Op::Jz,
        Op::Jnz,
        Op::Jn,
        Op::Jnn,
        Op::Call,
        Op::Ret,
        Op::Txa,
    ];
}

/// One instruction.
pub fn encode(op: Op, indexed: bool, number: u16) -> u16 {
    (op as u16) << PLACE_BITS | u16::from(indexed) << 10 | number & ((1 << PLACE_BITS) - 1)
}

/// What the datapath and the line take. A number is cut to the bits that are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Out {
    /// Sends a byte (8 bits) when the line has room; waits until then.
    Line = 0,
    /// The flit's lower and upper four bytes.
    FlitLow = 1,
    FlitHigh = 2,
    /// Bytes of a packet and of what is written: 4 bits, 1 to 8.
    Bytes = 3,
    /// Bytes of the flit that count, the others are zero: 4 bits, 1 to 8.
    Limit = 4,
    /// Where in the flit the next packet goes: 3 bits.
    Offset = 5,
    /// Where the next packet is: 17 bits, see [`crate::memory`].
    At = 6,
    /// From a packet to the next: 15 bits; the region of the address stays.
    Stride = 7,
    /// Packets of a flit: 4 bits, 1 to 8.
    Pack = 8,
    /// Puts so many packets (16 bits, 1 or more) into the flit.
    Gather = 9,
    /// Sets `At`, and `Offset` to 0, and gathers one packet.
    Read = 10,
    /// Sets `At`, and writes `Bytes` bytes of the flit there.
    Write = 11,
    /// TRF byte address: 11 bits.
    Trf = 12,
    /// From a step to the next: 11 bits.
    TrfStride = 13,
    /// Accumulator slot, 2 bits; from a step to the next, 2 bits.
    Slot = 14,
    SlotStride = 15,
    /// See [`mode`].
    Mode = 16,
    /// So many steps (16 bits, 1 or more) with the flit as it is.
    Hold = 17,
    /// So many steps, each with a flit of `Pack` packets.
    Stream = 18,
    /// Writes the flit into the TRF: lane (bit 0), row (8 bits), all lanes (bit 9).
    Fill = 19,
    /// Requantisation: multiplier (16 bits), value (32 bits), shift (6 bits); the last one starts it.
    Factor = 20,
    Value = 21,
    Shift = 22,
    /// Bit 0: something runs; bit 1: there is a fault.
    Lamp = 23,
}

/// What the datapath and the line show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum In {
    FlitLow = 0,
    FlitHigh = 1,
    /// Where the next packet is, the next step's TRF byte address and slot.
    At = 2,
    Trf = 3,
    Slot = 4,
    /// The value behind multiplier and shift, rounded down, saturated to 32 bits; and 1 if it has to go up.
    Value = 5,
    Up = 6,
    /// Cycles since power came, 32 bits.
    Cycles = 7,
    /// Entries that the line has put into its ring, 11 bits.
    Line = 8,
    /// The accumulators of the slot: lane 0 column 0, column 1, lane 1 column 0, column 1.
    Accumulator0 = 12,
    Accumulator1 = 13,
    Accumulator2 = 14,
    Accumulator3 = 15,
}

/// Bits of [`Out::Mode`].
pub mod mode {
    pub const SPLAT: u16 = 1;
    pub const SKEW: u16 = 2;
    /// The packet reducer adds up all eight products of a lane; column 1 stays as it is.
    pub const WHOLE: u16 = 4;
    /// Accumulators restart: with the first step, with all.
    pub const RESTART_FIRST: u16 = 8;
    pub const RESTART_ALL: u16 = 16;
    /// Accumulators that do not restart are multiplied by 256: with the first step, with all.
    pub const SCALE_FIRST: u16 = 32;
    pub const SCALE_ALL: u16 = 64;
}
