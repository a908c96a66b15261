//! What a command stream costs on the folded machine: instructions of its engine, about.
//!
//! There all units are one engine, so nothing runs beside anything else: what counts is how much there is to do, and most
//! of that is not steps, but words, runs of steps, flits and rows.

use tcpu_isa::{Command, LoopLevel, LEVELS};

/// Instructions for a word: judged, queued, looked at.
const WORD: u64 = 205;
/// For an exec of each unit, by number, behind that.
const EXEC: [u64; 6] = [120, 320, 60, 110, 60, 60];
/// A run of steps with a flit that is held, and with flits of its own.
const HELD_RUN: u64 = 120;
const STREAM_RUN: u64 = 165;
/// A flit whose packets are gathered for a held run or for the TRF, and each further part of level 0 in it.
const FLIT: u64 = 105;
const PART: u64 = 60;
/// A flit of results: what it takes, and for each of its values.
const RESULT: u64 = 85;
const VALUE: u64 = 40;
/// A row of load and store, and each flit of it.
const ROW: u64 = 60;
const ROW_FLIT: u64 = 14;

/// See the module's documentation.
pub(super) fn instructions(commands: &[Command]) -> u64 {
    let idle = LoopLevel {
        count: 1,
        stride_a: 0,
        stride_b: 0,
    };
    let mut shadow = [[idle; LEVELS]; 6];
    let mut total = commands.len() as u64 * WORD;
    // Of the last fetch: iterations of level 0, and packets of a flit.
    let (mut inner, mut pack, mut gathered) = (1, 1, FLIT);
    let mut group = 1;
    for command in commands {
        let unit = command.unit() as usize;
        let nest = |levels: u8| &shadow[unit][..usize::from(levels)];
        let steps =
            |levels: u8| -> u64 { nest(levels).iter().map(|l| u64::from(l.count)).product() };
        let first = |levels: u8| {
            nest(levels)
                .first()
                .map_or(1, |level| u64::from(level.count))
        };
        let flit = |first: u64, pack: u64| match first.min(pack) {
            0 => FLIT,
            part => FLIT + PART * (pack.div_ceil(part) - 1),
        };
        total += match command {
            Command::Loop { level, to, .. } => {
                shadow[unit][usize::from(*level)] = *to;
                continue;
            }
            Command::Fetch(c) => {
                (inner, pack) = (first(c.levels), u64::from(c.pack));
                gathered = flit(inner, pack);
                0
            }
            Command::TrfLoad(c) => {
                let pack = u64::from(c.fetch.pack);
                steps(c.fetch.levels) / pack * flit(first(c.fetch.levels), pack)
            }
            Command::Contract(c) => {
                group = u64::from(c.group);
                let (steps, first) = (steps(c.levels), first(c.levels));
                let held: u64 = nest(c.hold).iter().map(|l| u64::from(l.count)).product();
                let reduced = |l: usize| c.reduce >> l & 1 == 1;
                let rows: u64 = match c.emit {
                    true => {
                        let levels = nest(c.levels).iter().enumerate();
                        levels
                            .filter(|(l, _)| !reduced(*l))
                            .map(|(_, l)| u64::from(l.count))
                            .product()
                    }
                    false => 0,
                };
                // Where each step of level 0 emits a row, it is a run.
                let single = if reduced(0) { 0 } else { rows };
                let long = steps.saturating_sub(single);
                match c.hold {
                    0 if pack.is_power_of_two() && inner >= pack => {
                        (long.div_ceil(first.min(inner / pack)) + single) * STREAM_RUN
                    }
                    0 => steps * (HELD_RUN + gathered),
                    _ => {
                        (long.div_ceil(first) + single) * HELD_RUN + steps / held.max(1) * gathered
                    }
                }
            }
            Command::Commit(c) => steps(c.levels) * (RESULT + group * VALUE),
            Command::Load(c) | Command::Store(c) => {
                steps(c.levels) * (ROW + ROW_FLIT * u64::from(c.bytes).div_ceil(8))
            }
        };
        total += EXEC[unit];
    }
    total
}
