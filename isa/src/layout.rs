//! Where each field sits in a 128-bit command word: the only place that knows.
//!
//! Bits 0 to 15 are the header, 16 to 107 the operands, 108 to 119 the units that an `exec`
//! waits for and signals. The
//! encoder, the hardware's decoder and the book's table are made from these constants. Bits that no
//! field covers must be zero.

use std::fmt;

/// A field of a command word.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Field {
    pub name: &'static str,
    /// Lowest bit.
    pub lo: u32,
    /// Bits.
    pub width: u32,
}

impl Field {
    const fn at(name: &'static str, lo: u32, width: u32) -> Field {
        Field { name, lo, width }
    }

    /// Largest unsigned value.
    pub const fn max(self) -> u128 {
        (1u128 << self.width) - 1
    }

    /// The field's bits of `word`, unsigned.
    pub const fn get(self, word: u128) -> u64 {
        ((word >> self.lo) & self.max()) as u64
    }

    /// The field's bits of `word`, two's complement.
    pub const fn get_signed(self, word: u128) -> i64 {
        let up = 64 - self.width;
        ((self.get(word) << up) as i64) >> up
    }

    /// `word` with the field's bits set to `value` (truncated to the field).
    pub const fn put(self, word: u128, value: u64) -> u128 {
        (word & !(self.max() << self.lo)) | (((value as u128) & self.max()) << self.lo)
    }
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}:{}]", self.name, self.lo + self.width - 1, self.lo)
    }
}

macro_rules! layout {
    ($($(#[$doc:meta])* $module:ident from $start:literal { $($name:ident: $width:literal,)* })*) => {$(
        $(#[$doc])*
        pub mod $module {
            use super::Field;
            layout!(@fields $start; $($name: $width,)*);
            /// All fields, lowest bit first.
            pub const ALL: &[Field] = &[$($name),*];
        }
    )*};
    (@fields $at:expr; $name:ident: $width:literal, $($rest:tt)*) => {
        pub const $name: Field = Field::at(stringify!($name), $at, $width);
        layout!(@fields $at + $width; $($rest)*);
    };
    (@fields $at:expr;) => {};
}

layout! {
    /// Every word. `LEVEL` is the level that a loop word sets, or the levels that an exec word uses.
    header from 0 { VERSION: 4, UNIT: 4, OP: 4, LEVEL: 4, }
    /// Loop words of every unit.
    loops from 16 { COUNT: 16, STRIDE_A: 32, STRIDE_B: 24, }
    /// Exec words of fetch, and the head of those of trfload. `TAIL_LEVEL` 8 means no tail.
    fetch from 16 { BASE: 24, PACKET: 6, PACK: 6, TAIL_LEVEL: 4, TAIL_BYTES: 6, }
    /// The rest of an exec word of trfload.
    trfload from 62 { TRF: 20, BROADCAST: 1, }
    /// Exec words of contract.
    contract from 16 {
        TRF: 24, SPLAT: 1, SKEW: 1, DEPTH: 3, SLOT: 6, HOLD: 4, REDUCE: 8, INIT: 1, EMIT: 1,
        LANES: 5, COLS: 6, ORDER: 1, GROUP: 4, RADIX: 4, NIBBLES: 1,
    }
    /// Exec words of commit.
    commit from 16 { BASE: 24, OUT: 2, MULT: 16, SHIFT: 6, }
    /// Exec words of load and store.
    dma from 16 { EXT: 32, DM: 28, BYTES: 16, BROADCAST: 1, }
    /// Units that every exec word waits for and signals: a bit each, by unit number; its own is never set.
    sync from 108 { WAIT: 6, SIGNAL: 6, }
}

/// Version of the command set, in every word and program file.
pub const VERSION: u64 = 2;
/// `OP` of a loop word.
pub const OP_LOOP: u64 = 0;
/// `OP` of an exec word.
pub const OP_EXEC: u64 = 1;
