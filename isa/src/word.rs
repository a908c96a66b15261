//! Commands as 128-bit words, and what makes a command legal.

use thiserror::Error;

use crate::layout::{self, commit, contract, dma, fetch, header, loops, sync, trfload, Field};
use crate::{
    Command, Commit, Config, Contract, Dma, Fetch, FoldOrder, LoopLevel, OutType, Sync, Tail,
    TrfLoad, Unit, Units, LEVELS,
};

/// Why a word or a command is not one that this build executes.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DecodeError {
    #[error("the word has version {0}, this is version {expected}", expected = layout::VERSION)]
    Version(u64),
    #[error("unit {0} does not exist; units are 0 to 5")]
    Unit(u64),
    #[error("operation {0} does not exist; operations are 0 (loop) and 1 (exec)")]
    Op(u64),
    #[error("bits {bits:#x} of the word belong to no field and must be zero")]
    Reserved { bits: u128 },
    #[error("{unit}: {field} = {value} must be from {min} to {max}")]
    Range {
        unit: &'static str,
        field: &'static str,
        value: i64,
        min: i64,
        max: i64,
    },
}

impl DecodeError {
    /// The number that the hardware reports for this fault.
    pub fn code(&self) -> u8 {
        match self {
            DecodeError::Version(_) => 1,
            DecodeError::Unit(_) => 2,
            DecodeError::Op(_) => 3,
            DecodeError::Reserved { .. } => 4,
            DecodeError::Range { .. } => 5,
        }
    }
}

/// Field groups of each kind of exec word, by unit number.
pub const EXEC_FIELDS: [&[&[Field]]; 6] = [
    &[fetch::ALL],
    &[contract::ALL],
    &[commit::ALL],
    &[fetch::ALL, trfload::ALL],
    &[dma::ALL],
    &[dma::ALL],
];

/// Bits of a word that its fields cover.
pub fn used_bits(unit: Unit, exec: bool) -> u128 {
    let groups: &[&[Field]] = match exec {
        true => EXEC_FIELDS[unit as usize],
        false => &[loops::ALL],
    };
    let sync = if exec { sync::ALL } else { &[] };
    let fields = header::ALL
        .iter()
        .chain(sync)
        .chain(groups.iter().copied().flatten());
    fields.fold(0, |bits, field| bits | field.max() << field.lo)
}

/// The word of a command. Fields are truncated to their bits: see [`Command::check`].
pub fn encode(command: &Command) -> u128 {
    let head = |unit: Unit, op, level: u8| {
        let word = header::VERSION.put(0, layout::VERSION);
        let word = header::OP.put(header::UNIT.put(word, unit as u64), op);
        header::LEVEL.put(word, u64::from(level))
    };
    let exec = |levels| head(command.unit(), layout::OP_EXEC, levels);
    match *command {
        Command::Loop { unit, level, to } => {
            let word = head(unit, layout::OP_LOOP, level);
            let word = loops::COUNT.put(word, u64::from(to.count));
            let word = loops::STRIDE_A.put(word, to.stride_a as u64);
            loops::STRIDE_B.put(word, to.stride_b as u64)
        }
        Command::Fetch(c) => put_sync(put_fetch(exec(c.levels), &c), &c.sync),
        Command::TrfLoad(c) => {
            let word = put_fetch(exec(c.fetch.levels), &c.fetch);
            let word = trfload::TRF.put(word, u64::from(c.trf));
            put_sync(
                trfload::BROADCAST.put(word, u64::from(c.broadcast)),
                &c.fetch.sync,
            )
        }
        Command::Contract(c) => {
            let fields = [
                (contract::TRF, u64::from(c.trf)),
                (contract::SPLAT, u64::from(c.splat)),
                (contract::SKEW, u64::from(c.skew)),
                (contract::DEPTH, u64::from(c.depth)),
                (contract::SLOT, u64::from(c.slot)),
                (contract::HOLD, u64::from(c.hold)),
                (contract::REDUCE, u64::from(c.reduce)),
                (contract::INIT, u64::from(c.init)),
                (contract::EMIT, u64::from(c.emit)),
                (contract::LANES, u64::from(c.lanes)),
                (contract::COLS, u64::from(c.cols)),
                (contract::ORDER, c.order as u64),
                (contract::GROUP, u64::from(c.group)),
                (contract::RADIX, u64::from(c.radix)),
                (contract::NIBBLES, u64::from(c.nibbles)),
            ];
            put_sync(
                fields.iter().fold(exec(c.levels), |w, (f, v)| f.put(w, *v)),
                &c.sync,
            )
        }
        Command::Commit(c) => {
            let word = commit::BASE.put(exec(c.levels), u64::from(c.base));
            let word = commit::MULT.put(commit::OUT.put(word, c.out as u64), u64::from(c.mult));
            put_sync(commit::SHIFT.put(word, u64::from(c.shift)), &c.sync)
        }
        Command::Load(c) | Command::Store(c) => {
            let word = dma::EXT.put(exec(c.levels), u64::from(c.ext));
            let word = dma::BYTES.put(dma::DM.put(word, u64::from(c.dm)), u64::from(c.bytes));
            put_sync(dma::BROADCAST.put(word, u64::from(c.broadcast)), &c.sync)
        }
    }
}

fn put_fetch(word: u128, c: &Fetch) -> u128 {
    let word = fetch::BASE.put(word, u64::from(c.base));
    let word = fetch::PACK.put(
        fetch::PACKET.put(word, u64::from(c.packet)),
        u64::from(c.pack),
    );
    let tail = c.tail.unwrap_or(Tail {
        level: LEVELS as u8,
        bytes: 0,
    });
    let word = fetch::TAIL_LEVEL.put(word, u64::from(tail.level));
    fetch::TAIL_BYTES.put(word, u64::from(tail.bytes))
}

fn put_sync(word: u128, s: &Sync) -> u128 {
    let word = sync::WAIT.put(word, s.wait.mask().into());
    sync::SIGNAL.put(word, s.signal.mask().into())
}

/// The command of a word.
///
/// # Errors
/// The first rule that the word breaks, in the order of [`DecodeError::code`].
pub fn decode(word: u128, config: &Config) -> Result<Command, DecodeError> {
    if header::VERSION.get(word) != layout::VERSION {
        return Err(DecodeError::Version(header::VERSION.get(word)));
    }
    let number = header::UNIT.get(word);
    let unit = *Unit::ALL
        .get(number as usize)
        .ok_or(DecodeError::Unit(number))?;
    let op = header::OP.get(word);
    if op > layout::OP_EXEC {
        return Err(DecodeError::Op(op));
    }
    let bits = word & !used_bits(unit, op == layout::OP_EXEC);
    if bits != 0 {
        return Err(DecodeError::Reserved { bits });
    }
    let units = |field: Field| Units::from_mask(field.get(word) as u8);
    let sync = Sync {
        wait: units(sync::WAIT),
        signal: units(sync::SIGNAL),
    };
    let byte = |field: Field| field.get(word) as u8;
    let flag = |field: Field| field.get(word) == 1;
    let levels = byte(header::LEVEL);
    let command = if op == layout::OP_LOOP {
        let to = LoopLevel {
            count: loops::COUNT.get(word) as u16,
            stride_a: loops::STRIDE_A.get_signed(word) as i32,
            stride_b: loops::STRIDE_B.get_signed(word) as i32,
        };
        Command::Loop {
            unit,
            level: levels,
            to,
        }
    } else {
        match unit {
            Unit::Fetch => Command::Fetch(get_fetch(word, sync, "fetch")?),
            Unit::TrfLoad => Command::TrfLoad(TrfLoad {
                fetch: get_fetch(word, sync, "trfload")?,
                trf: trfload::TRF.get(word) as u32,
                broadcast: flag(trfload::BROADCAST),
            }),
            Unit::Contract => Command::Contract(Contract {
                levels,
                trf: contract::TRF.get(word) as u32,
                splat: flag(contract::SPLAT),
                skew: flag(contract::SKEW),
                depth: byte(contract::DEPTH),
                slot: byte(contract::SLOT),
                hold: byte(contract::HOLD),
                reduce: byte(contract::REDUCE),
                init: flag(contract::INIT),
                emit: flag(contract::EMIT),
                lanes: byte(contract::LANES),
                cols: byte(contract::COLS),
                order: match flag(contract::ORDER) {
                    false => FoldOrder::Sequential,
                    true => FoldOrder::Interleaved,
                },
                group: byte(contract::GROUP),
                radix: byte(contract::RADIX),
                nibbles: flag(contract::NIBBLES),
                sync,
            }),
            Unit::Commit => Command::Commit(Commit {
                levels,
                base: commit::BASE.get(word) as u32,
                out: match commit::OUT.get(word) {
                    0 => OutType::I8,
                    1 => OutType::I16,
                    2 => OutType::I32,
                    _ => OutType::Digits,
                },
                mult: commit::MULT.get(word) as u16,
                shift: byte(commit::SHIFT),
                sync,
            }),
            Unit::Load | Unit::Store => {
                let c = Dma {
                    levels,
                    ext: dma::EXT.get(word) as u32,
                    dm: dma::DM.get(word) as u32,
                    bytes: dma::BYTES.get(word) as u16,
                    broadcast: flag(dma::BROADCAST),
                    sync,
                };
                if unit == Unit::Load {
                    Command::Load(c)
                } else {
                    Command::Store(c)
                }
            }
        }
    };
    command.check(config)?;
    Ok(command)
}

fn get_fetch(word: u128, sync: Sync, unit: &'static str) -> Result<Fetch, DecodeError> {
    let (level, bytes) = (
        fetch::TAIL_LEVEL.get(word) as u8,
        fetch::TAIL_BYTES.get(word) as u8,
    );
    let tail = match (usize::from(level), bytes) {
        (LEVELS, 0) => None,
        (LEVELS, _) => return Err(range(unit, "tail bytes", bytes.into(), 0, 0)),
        _ => Some(Tail { level, bytes }),
    };
    Ok(Fetch {
        levels: header::LEVEL.get(word) as u8,
        base: fetch::BASE.get(word) as u32,
        packet: fetch::PACKET.get(word) as u8,
        pack: fetch::PACK.get(word) as u8,
        tail,
        sync,
    })
}

fn range(unit: &'static str, field: &'static str, value: i64, min: i64, max: i64) -> DecodeError {
    DecodeError::Range {
        unit,
        field,
        value,
        min,
        max,
    }
}

impl Command {
    /// Whether a build executes this command.
    ///
    /// # Errors
    /// The first field that is out of its range.
    pub fn check(&self, config: &Config) -> Result<(), DecodeError> {
        let unit = self.unit().name();
        let within = |field: &'static str, value: i64, min: i64, max: i64| match value {
            v if v < min || v > max => Err(range(unit, field, value, min, max)),
            _ => Ok(()),
        };
        let flit = config.flit as i64;
        let levels = |levels: u8| within("levels", levels.into(), 0, LEVELS as i64);
        let check_sync = |s: &Sync| {
            let own = |units: Units| units.contains(self.unit()).into();
            within("wait for itself", own(s.wait), 0, 0)?;
            within("signal to itself", own(s.signal), 0, 0)
        };
        let check_fetch = |c: &Fetch| {
            levels(c.levels)?;
            within("base", c.base.into(), 0, config.dm_bytes() as i64 - 1)?;
            within("packet", c.packet.into(), 1, flit)?;
            within("pack", c.pack.into(), 1, flit / i64::from(c.packet))?;
            if let Some(tail) = c.tail {
                within("tail level", tail.level.into(), 0, LEVELS as i64 - 1)?;
                within("tail bytes", tail.bytes.into(), 1, flit)?;
            }
            check_sync(&c.sync)
        };
        match self {
            Command::Loop { unit, level, to } => {
                within("level", (*level).into(), 0, LEVELS as i64 - 1)?;
                within("count", to.count.into(), 1, u16::MAX.into())?;
                let b = match unit {
                    Unit::Fetch | Unit::Commit => 0,
                    _ => 1 << 23,
                };
                within("stride b", to.stride_b.into(), -b, (b - 1).max(0))
            }
            Command::Fetch(c) => check_fetch(c),
            Command::TrfLoad(c) => {
                check_fetch(&c.fetch)?;
                within(
                    "trf",
                    c.trf.into(),
                    0,
                    (config.trf_rows * config.lanes) as i64 - 1,
                )
            }
            Command::Contract(c) => {
                levels(c.levels)?;
                within(
                    "trf",
                    c.trf.into(),
                    0,
                    (config.trf_rows * config.flit) as i64 - 1,
                )?;
                let (least, most) = (config.min_depth(), config.max_depth());
                within("depth", c.depth.into(), least.into(), most.into())?;
                within("slot", c.slot.into(), 0, config.acc_slots as i64 - 1)?;
                within("hold", c.hold.into(), 0, c.levels.into())?;
                within("lanes", c.lanes.into(), 1, config.lanes as i64)?;
                within("cols", c.cols.into(), 1, flit >> c.depth)?;
                within("group", c.group.into(), 1, config.values() as i64)?;
                within("radix", c.radix.into(), 0, LEVELS as i64 + 1)?;
                within("nibbles", c.nibbles.into(), 0, config.int4 as i64 - 1)?;
                check_sync(&c.sync)
            }
            Command::Commit(c) => {
                levels(c.levels)?;
                within("base", c.base.into(), 0, config.dm_bytes() as i64 - 1)?;
                within("shift", c.shift.into(), 0, crate::requant::MAX_SHIFT.into())?;
                check_sync(&c.sync)
            }
            Command::Load(c) | Command::Store(c) => {
                levels(c.levels)?;
                let all = (config.slices * config.dm_bytes()) as i64;
                within("dm", c.dm.into(), 0, all - 1)?;
                let room = config.dm_bytes() - c.dm as usize % config.dm_bytes();
                within("bytes", c.bytes.into(), 1, room.min(u16::MAX.into()) as i64)?;
                let broadcast = i64::from(matches!(self, Command::Load(_)));
                within("broadcast", c.broadcast.into(), 0, broadcast)?;
                check_sync(&c.sync)
            }
        }
    }
}
