//! The command set.
//!
//! Six *units* each take commands in order from a queue of their own and run concurrently:
//!
//! | context | unit | what one `exec` does |
//! |---|---|---|
//! | main | [`Unit::Fetch`] | streams packets out of DM and packs them into flits |
//! | main | [`Unit::Contract`] | multiplies the flits with TRF rows, reduces, folds the lanes |
//! | main | [`Unit::Commit`] | requantises and writes the results into DM |
//! | sub | [`Unit::TrfLoad`] | streams flits out of DM into the TRF |
//! | dma | [`Unit::Load`] | moves rows from external memory into DM |
//! | dma | [`Unit::Store`] | moves rows from DM to external memory |
//!
//! A unit's loop nest is set level by level with [`Command::Loop`] and stays until it is set again, so
//! that the next tile needs one `exec` word only. Units are ordered against each other by semaphores, one for
//! each ordered pair of units: only the pair's producer signals it, only its consumer waits for it. An
//! `exec` starts when the semaphores from all units that it waits for are above zero (and takes one from
//! each), and adds one to those to the units that it signals when its last effect is visible.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A queue and the engine behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Unit {
    Fetch = 0,
    Contract = 1,
    Commit = 2,
    TrfLoad = 3,
    Load = 4,
    Store = 5,
}

impl Unit {
    /// All units, by number.
    pub const ALL: [Unit; 6] = [
        Unit::Fetch,
        Unit::Contract,
        Unit::Commit,
        Unit::TrfLoad,
        Unit::Load,
        Unit::Store,
    ];

    /// The name that the text form uses.
    pub fn name(self) -> &'static str {
        ["fetch", "contract", "commit", "trfload", "load", "store"][self as usize]
    }
}

/// A set of units.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "u8", into = "u8")]
pub struct Units(u8);

impl Units {
    /// The units whose numbers are the bits that are set in `mask`; there are six.
    pub const fn from_mask(mask: u8) -> Units {
        Units(mask & 0x3F)
    }

    /// Bit `u` is set if the unit with number `u` is in the set.
    pub const fn mask(self) -> u8 {
        self.0
    }

    /// Whether there is no unit in the set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether `unit` is in the set.
    pub const fn contains(self, unit: Unit) -> bool {
        self.0 >> unit as u32 & 1 == 1
    }

    /// Adds `unit`.
    pub fn insert(&mut self, unit: Unit) {
        self.0 |= 1 << unit as u32;
    }

    /// The units of the set, by number.
    pub fn iter(self) -> impl Iterator<Item = Unit> {
        Unit::ALL.into_iter().filter(move |&u| self.contains(u))
    }
}

impl From<u8> for Units {
    fn from(mask: u8) -> Units {
        Units::from_mask(mask)
    }
}

impl From<Units> for u8 {
    fn from(units: Units) -> u8 {
        units.mask()
    }
}

impl FromIterator<Unit> for Units {
    fn from_iter<I: IntoIterator<Item = Unit>>(units: I) -> Units {
        let mut set = Units::default();
        units.into_iter().for_each(|unit| set.insert(unit));
        set
    }
}

/// The names, with commas between them: the text form.
impl fmt::Display for Units {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.iter().map(Unit::name).collect();
        f.write_str(&names.join(","))
    }
}

impl fmt::Debug for Units {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// What orders one `exec` against other units; its own unit, which is in order anyway, is in neither set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Sync {
    /// The producers: one is taken from the semaphore of each before the command starts; all or none.
    pub wait: Units,
    /// The consumers: one is given to the semaphore of each when the command's last effect is visible.
    pub signal: Units,
}

/// One level of a loop nest; level 0 is the innermost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LoopLevel {
    /// Iterations, 1 to 65535.
    pub count: u16,
    /// Fetch, TrfLoad: DM bytes. Contract: TRF bytes. Commit: DM bytes. Load, Store: external bytes.
    pub stride_a: i32,
    /// TrfLoad: TRF flits. Contract: accumulator slots. Load, Store: DM bytes. 24 bits, signed.
    pub stride_b: i32,
}

/// Where a stream ends inside a flit: in the last iteration of `level`, bytes from `bytes` on are zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Tail {
    pub level: u8,
    pub bytes: u8,
}

/// Streams packets of `packet` bytes from DM byte address `base` on (unaligned is fine); every `pack`
/// packets become one flit, its unfilled bytes zero. The steps of an exec are a multiple of `pack`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Fetch {
    pub levels: u8,
    pub base: u32,
    pub packet: u8,
    pub pack: u8,
    pub tail: Option<Tail>,
    pub sync: Sync,
}

/// Streams like [`Fetch`] (in `fetch`, whose `levels` and `sync` count) and writes each flit to TRF flit
/// address `trf` plus the loop nest's `stride_b` part (taken at the flit's last packet).
/// A TRF flit address is `row * L + lane`; with `broadcast` the row is written in every lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TrfLoad {
    pub fetch: Fetch,
    pub trf: u32,
    pub broadcast: bool,
}

/// How the lane folder turns a row of L x C results into flits of up to `group` values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FoldOrder {
    /// Lane by lane, columns inside.
    Sequential = 0,
    /// Column by column, lanes inside.
    Interleaved = 1,
}

/// Multiplies stream flits with TRF rows and reduces.
///
/// One step of the loop nest is one multiply of every multiplier: lane `l`, byte `f` multiplies stream
/// byte `f` with TRF byte `f` of lane `l` in row `a / F`, or, with `splat`, with TRF byte
/// `(a + skew * l + f / columns) mod F` of lane `l` in that row (the same for all `f`, in a build with F columns);
/// `a` is `trf` plus the `stride_a` part.
/// The packet reducer adds `2^depth` products: column `c` below `F >> depth` gets the bytes
/// `f = c (mod F >> depth)`. Columns are added up in accumulator slot `slot` plus the `stride_b` part
/// (modulo the slots): the accumulator restarts from zero where all `reduce` levels are at their first
/// iteration (if `init`), and the row is emitted where all are at their last (if `emit`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Contract {
    pub levels: u8,
    /// TRF byte address in each lane: `row * F + byte`.
    pub trf: u32,
    pub splat: bool,
    pub skew: bool,
    /// Levels of the packet reducer in use, log2 (F / columns) (so 0 in builds with F columns) to log2 F.
    pub depth: u8,
    pub slot: u8,
    /// Innermost levels that reuse one stream flit (time broadcast).
    pub hold: u8,
    /// Bit per level: this level is a reduction.
    pub reduce: u8,
    pub init: bool,
    pub emit: bool,
    /// Lanes to emit, 1 to L (of each half, with `nibbles`).
    pub lanes: u8,
    /// Columns to emit, 1 to F >> depth.
    pub cols: u8,
    pub order: FoldOrder,
    /// Values per emitted flit, 1 to F / 4.
    pub group: u8,
    /// One more than the innermost levels that make up one digit of an operand in digits (see
    /// [`crate::requant::digits`]), or 0 if there is none: where all reduce levels among them are at their first
    /// iteration, and the accumulator does not restart, it is multiplied by 256 before the next digit's
    /// products are added.
    pub radix: u8,
    /// TRF bytes are pairs of int4 weights, two products each: those of the low halves go to the first L lanes of
    /// accumulators, those of the high halves to the L after them, and a row is emitted half by half. Without
    /// it the second half of the accumulators stays as it is. Builds with [`crate::Config::int4`] 2 only.
    pub nibbles: bool,
    pub sync: Sync,
}

/// Type of a committed value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OutType {
    I8 = 0,
    I16 = 1,
    I32 = 2,
    /// Four signed digits of base 256, the most significant first ([`crate::requant::digits`]): an operand for
    /// a contraction with [`Contract::radix`].
    Digits = 3,
}

impl OutType {
    /// Bytes of one value.
    pub fn bytes(self) -> usize {
        [1, 2, 4, 4][self as usize]
    }

    /// The name that text forms use.
    pub fn name(self) -> &'static str {
        ["i8", "i16", "i32", "digits"][self as usize]
    }
}

/// Requantises ([`crate::requant`]) and writes: the nest gives one DM byte address per emitted flit,
/// whose valid values are written there side by side, little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Commit {
    pub levels: u8,
    pub base: u32,
    pub out: OutType,
    pub mult: u16,
    /// 0 to 47.
    pub shift: u8,
    pub sync: Sync,
}

/// Moves rows of `bytes` bytes between external memory and DM; the nest gives one pair of addresses per
/// row. A DM address is `slice * dm_bytes + offset`; a row stays inside a slice. The addresses need not
/// be aligned, to F or to each other. With `broadcast` (Load only) every slice gets the row at its offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Dma {
    pub levels: u8,
    pub ext: u32,
    pub dm: u32,
    pub bytes: u16,
    pub broadcast: bool,
    pub sync: Sync,
}

/// One command word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Command {
    Loop {
        unit: Unit,
        level: u8,
        to: LoopLevel,
    },
    Fetch(Fetch),
    Contract(Contract),
    Commit(Commit),
    TrfLoad(TrfLoad),
    Load(Dma),
    Store(Dma),
}

impl Command {
    /// The unit that takes this command.
    pub fn unit(&self) -> Unit {
        match self {
            Command::Loop { unit, .. } => *unit,
            Command::Fetch(_) => Unit::Fetch,
            Command::Contract(_) => Unit::Contract,
            Command::Commit(_) => Unit::Commit,
            Command::TrfLoad(_) => Unit::TrfLoad,
            Command::Load(_) => Unit::Load,
            Command::Store(_) => Unit::Store,
        }
    }
}
