//! What the engine runs: host link, dispatch, and the six units in turns.
//!
//! ```text
//!        ┌────────────────────────── rounds ──────────────────────────────┐
//!  line ─┴─> frames, requests ──> buffer ──> check, queues ──> load, store, trfload: an exec as a whole
//!                                                         └──> contract: runs of steps, as fetch has flits
//!                                                              and commit takes rows
//! ```
//!
//! Load, store and trfload carry an exec out from its beginning to its end. Contract leads the other two: a run of
//! steps of its innermost level (with as many flits of fetch's innermost level) is one instruction, the steps of outer
//! levels are the program's. So programs give the same results as on any other machine of the build; their cycles
//! are this one's own.

pub mod backdoor;
mod check;
mod commit;
mod contract;
mod dispatch;
mod flits;
mod frames;
mod moves;
mod requests;
mod units;
pub mod walk;
mod words;

use tcpu_isa::layout::Field;
use tcpu_isa::link::Identity;
use tcpu_isa::Config;

use crate::assembler::{AssembleError, Assembler, Image, Word};
use crate::engine::{COLUMNS, LANES, SLOTS, TRF_ROWS};
use crate::memory::{DM_BYTES, EXTERNAL_BYTES, FLIT, OWN, RING};
use crate::op::{In, Out};
use words::*;

/// Bytes of frames that can wait: each may take two entries of the ring, and there are flags between them.
pub const RECEIVE: u16 = (RING / 2 - 24) as u16;
/// Command words that can be buffered.
pub const COMMANDS: u16 = 128;
/// Words in the queue of a unit. A loop word waits here until the exec before it has ended, so there is room for a
/// nest more than `Config::queue` says.
const QUEUE: u16 = 16;

/// What is where in the engine's own memory.
const FRAME: u32 = OWN + 2 * RING as u32;
const FRAME_BYTES: i32 = 4096 - 16;
const BUFFER_AT: u32 = FRAME + 4096;
const QUEUES: u32 = BUFFER_AT + 16 * COMMANDS as u32;
const AHEAD_AT: u32 = QUEUES + 6 * 16 * QUEUE as u32;
/// Flits that fetch may be ahead of contract, as in every machine.
const AHEAD_FLITS: u32 = 8;

/// Whether the folded machine is one of this build.
pub fn folds(config: &Config) -> bool {
    config.slices == 1
        && config.int4 == 1
        && (config.lanes, config.columns, config.flit) == (LANES, COLUMNS, FLIT)
        && (config.trf_rows, config.acc_slots) == (TRF_ROWS, SLOTS)
        && config.dm_bytes() == DM_BYTES
        && config.queue + 8 <= usize::from(QUEUE)
}

/// What a machine says of itself whose clock has so many kilohertz.
pub fn identity(config: &Config, kilohertz: u32) -> Identity {
    Identity {
        config: config.clone(),
        memory: EXTERNAL_BYTES as u32,
        kilohertz,
        receive: RECEIVE,
        commands: COMMANDS,
    }
}

/// The program of a machine with this identity.
///
/// # Errors
/// A mistake in the program: it is always the same.
pub fn program(identity: &Identity) -> Result<Image, AssembleError> {
    let mut a = Assembler::new(END);
    begin(&mut a);
    frames::write(&mut a);
    requests::write(&mut a, identity);
    dispatch::write(&mut a);
    check::write(&mut a, &identity.config);
    units::write(&mut a);
    walk::write(&mut a);
    moves::write(&mut a);
    flits::write(&mut a);
    contract::write(&mut a);
    commit::write(&mut a);
    a.finish()
}

/// Power-up, or the reset button; then rounds.
fn begin(a: &mut Assembler) {
    let loops = a.name("clear");
    a.lix(Word(0));
    a.at(&loops);
    a.li(0);
    a.st_x(Word(0));
    a.addx(1);
    a.txa();
    a.add_k(-i32::from(END.0));
    a.jnz(&loops);
    // What arrives now is not from its beginning.
    a.show(In::Line);
    a.st(RING_AT);
    a.li(1);
    a.st(BAD);
    a.at("round");
    a.call("frames");
    a.li(0);
    a.st(PROGRESS);
    a.call("dispatch");
    a.call("load");
    a.call("store");
    a.call("trfload");
    a.call("contract");
    a.call("lamp");
    a.ld(PROGRESS);
    a.jnz("round");
    a.call("ahead");
    a.jmp("round");
    a.at("lamp");
    a.call("busy");
    let quiet = a.name("quiet");
    a.jz(&quiet);
    a.li(1);
    a.at(&quiet);
    a.st(T);
    let good = a.name("good");
    a.ld(FAULT);
    a.jz(&good);
    a.li(2);
    a.at(&good);
    a.or(T);
    a.out(Out::Lamp);
    a.ret();
    // A is 0 if nothing is queued, at work or on its way.
    let end = a.name("end");
    a.at("busy");
    a.ld(INFLIGHT);
    a.or(ROWS);
    a.or(PENDING);
    a.jnz(&end);
    a.ld(RUNNING);
    a.jz(&end);
    a.ld(BUFFERED);
    a.at(&end);
    a.ret();
}

/// A = a field of a command word.
fn field(a: &mut Assembler, word: Word, field: Field) {
    let (at, shift) = ((field.lo / 32) as u16, field.lo % 32);
    let low = 32 - shift;
    if field.width <= low {
        a.ld(word.plus(at));
        a.rori(shift);
        if field.width < 32 {
            a.and_k(field.max() as u32);
        }
        return;
    }
    let below = (1u32 << low) - 1;
    a.ld(word.plus(at));
    a.rori(shift);
    a.and_k(below);
    a.st(T);
    a.ld(word.plus(at + 1));
    a.roli(low);
    a.and_k(field.max() as u32 & !below);
    a.or(T);
}

/// Whole flits are read and written from here on.
fn whole(a: &mut Assembler) {
    a.li(FLIT as i32);
    a.out(Out::Bytes);
    a.out(Out::Limit);
}
