//! Contract: runs of steps.

use tcpu_isa::layout::{contract, header};
use tcpu_isa::Unit;

use super::flits::{LEVELS_AT, PACK, PACKET, TAIL_BYTES, TAIL_LEVEL};
use super::moves::{be, steps};
use super::words::*;
use super::{field, walk};
use crate::assembler::{Assembler, Word};
use crate::engine::COLUMNS;
use crate::memory::{DM_BYTES, FLIT};
use crate::op::{mode, In, Out, WORDS};

/// The first level's words.
const BASE: u16 = 8 * Unit::Contract as u16;
/// Column 1 is left alone with this depth.
const WHOLE_DEPTH: i32 = FLIT.trailing_zeros() as i32;

/// By level: its bit; its bit and all below.
struct Masks {
    bit: Word,
    up_to: Word,
}

/// `contract` starts what it can, and goes on until it needs what is not there, or the line has something.
pub fn write(a: &mut Assembler) {
    let bits: Vec<u32> = (0..8).map(|level| 1 << level).collect();
    let up_to: Vec<u32> = (0..8).map(|level| (2 << level) - 1).collect();
    let masks = Masks {
        bit: a.table(&bits),
        up_to: a.table(&up_to),
    };
    start(a, &masks);
    a.at("contract");
    a.ld(ROWS);
    a.jz("no row");
    a.call("rows");
    a.ld(ROWS);
    a.jnz("contract waits");
    a.at("no row");
    a.ld(CONTRACTING);
    a.jnz("contracting");
    be(a, Unit::Contract);
    a.call("take");
    a.jz("contract waits");
    a.call("start contract");
    a.at("contracting");
    a.show(In::Line);
    a.sub(RING_AT);
    a.jnz("contract waits");
    a.li(1);
    a.st(PROGRESS);
    before(a);
    emits(a);
    a.ld(HOLD);
    a.jnz("held steps");
    a.ld(HELD);
    a.or(AHEAD);
    a.jnz("single step");
    a.ld(FETCHING);
    a.jnz("stream");
    a.call("fetch");
    a.jz("contract waits");
    a.at("stream");
    stream(a);
    a.at("single step");
    a.li(1);
    a.st(STEPS);
    a.at("held steps");
    a.ld(HELD);
    a.jnz("hold");
    a.call("next flit");
    a.jz("contract waits");
    a.at("hold");
    a.ld(HELD_LOW);
    a.out(Out::FlitLow);
    a.ld(HELD_HIGH);
    a.out(Out::FlitHigh);
    operands(a);
    a.out(Out::Hold);
    after(a, &masks);
    a.at("contract waits");
    a.ret();
}

fn start(a: &mut Assembler, masks: &Masks) {
    a.at("start contract");
    let plain = [
        (header::LEVEL, CONTRACT_LEVELS),
        (contract::HOLD, HOLD),
        (contract::REDUCE, REDUCE),
        (contract::INIT, INIT),
        (contract::EMIT, EMIT),
        (contract::RADIX, SCALES),
        (contract::GROUP, GROUP),
    ];
    for (part, to) in plain {
        field(a, EXEC, part);
        a.st(to);
    }
    a.ld(SIGNAL);
    a.st(CONTRACT_SIGNAL);
    field(a, EXEC, contract::SPLAT);
    a.st(MODE);
    field(a, EXEC, contract::SKEW);
    a.roli(mode::SKEW.trailing_zeros());
    a.add_m(MODE);
    let columns = a.name("columns");
    field(a, EXEC, contract::DEPTH);
    a.add_k(-WHOLE_DEPTH);
    a.jnz(&columns);
    a.li(mode::WHOLE.into());
    a.add_m(MODE);
    a.at(&columns);

    // masks of levels
    let (none, hold) = (a.name("none"), a.name("hold"));
    a.ld(SCALES);
    a.st(DIGIT);
    a.add_k(-2);
    a.jn(&none);
    a.tax();
    a.ld_x(masks.up_to);
    a.and(REDUCE);
    a.st(DIGIT);
    a.jmp(&hold);
    a.at(&none);
    a.li(0);
    a.st(DIGIT);
    a.at(&hold);
    let held = a.name("held");
    a.ld(HOLD);
    a.jz(&held);
    a.add_k(-1);
    a.tax();
    a.ld_x(masks.up_to);
    a.at(&held);
    a.st(HOLD_MASK);

    // how rows become flits
    let (interleaved, folded) = (a.name("interleaved"), a.name("folded"));
    field(a, EXEC, contract::ORDER);
    a.jnz(&interleaved);
    for (part, to) in [(contract::LANES, RUNS), (contract::COLS, RUN_VALUES)] {
        field(a, EXEC, part);
        a.st(to);
    }
    a.li(1);
    a.st(NEXT_VALUE);
    a.li(COLUMNS as i32);
    a.st(NEXT_RUN);
    a.jmp(&folded);
    a.at(&interleaved);
    for (part, to) in [(contract::COLS, RUNS), (contract::LANES, RUN_VALUES)] {
        field(a, EXEC, part);
        a.st(to);
    }
    a.li(COLUMNS as i32);
    a.st(NEXT_VALUE);
    a.li(1);
    a.st(NEXT_RUN);
    a.at(&folded);

    // the walk
    field(a, EXEC, contract::SLOT);
    a.st(N);
    field(a, EXEC, contract::TRF);
    a.st(I);
    walk::start(a, I, N);
    a.ld(CONTRACT_LEVELS);
    a.st(WALK_LEVELS);
    a.call("walk");
    let (level, many) = (a.name("level"), a.name("many"));
    a.li(0);
    a.st(SINGLE);
    a.lix(Word(7));
    a.at(&level);
    a.ld_x(LEFT.plus(BASE));
    a.jnz(&many);
    a.ld_x(masks.bit);
    a.add_m(SINGLE);
    a.at(&many);
    a.addx(-1);
    a.txa();
    a.add_k(1 - WORDS as i32);
    a.jnz(&level);
    a.ld(SINGLE);
    a.st(LASTS);
    a.li(255);
    a.st(FIRSTS);
    a.li(1);
    a.st(CONTRACTING);
    a.ret();
}

/// T = the mode of the next run: what happens to the accumulators before it.
fn before(a: &mut Assembler) {
    a.ld(MODE);
    a.st(T);
    for (if_so, levels, first, all) in [
        (INIT, REDUCE, mode::RESTART_FIRST, mode::RESTART_ALL),
        (SCALES, DIGIT, mode::SCALE_FIRST, mode::SCALE_ALL),
    ] {
        let (none, always, set) = (a.name("none"), a.name("always"), a.name("set"));
        a.ld(if_so);
        a.jz(&none);
        a.ld(FIRSTS);
        a.or_k(1);
        a.and(levels);
        a.sub(levels);
        a.jnz(&none);
        a.ld(levels);
        a.and_k(1);
        a.jz(&always);
        a.ld(FIRSTS);
        a.and_k(1);
        a.jz(&none);
        a.li(first.into());
        a.jmp(&set);
        a.at(&always);
        a.li(all.into());
        a.at(&set);
        a.add_m(T);
        a.at(&none);
    }
    a.ld(T);
    a.out(Out::Mode);
}

/// EMITS, and STEPS up to the next row or level 0's end.
fn emits(a: &mut Assembler) {
    let (none, many) = (a.name("none"), a.name("many"));
    a.li(0);
    a.st(EMITS);
    a.ld(EMIT);
    a.jz(&none);
    a.ld(LASTS);
    a.or_k(1);
    a.and(REDUCE);
    a.sub(REDUCE);
    a.jnz(&none);
    a.ld(REDUCE);
    a.and_k(1);
    a.add_k(1);
    a.st(EMITS);
    a.at(&none);
    a.ld(LEFT.plus(BASE));
    a.add_k(1);
    a.st(STEPS_LEFT);
    a.st(STEPS);
    a.ld(EMITS);
    a.add_k(-1);
    a.jnz(&many);
    a.li(1);
    a.st(STEPS);
    a.at(&many);
}

/// Where TRF and slot are; A = STEPS.
fn operands(a: &mut Assembler) {
    a.ld(CORNER.plus(BASE));
    a.out(Out::Trf);
    walk::to_second(a);
    a.out(Out::Slot);
    a.ld(STRIDE.plus(BASE));
    a.out(Out::TrfStride);
    walk::to_second(a);
    a.out(Out::SlotStride);
    a.ld(STEPS);
}

/// As many steps as fetch's level 0 has flits; goes on at `single step` if these are none.
fn stream(a: &mut Assembler) {
    let (limit, other, none, few, on, up) = (
        a.name("limit"),
        a.name("other"),
        a.name("none"),
        a.name("few"),
        a.name("on"),
        a.name("up"),
    );
    a.ld(FETCH_SHIFT);
    a.jn("single step");
    a.ld(LEFT);
    a.add_k(1);
    a.ror(FETCH_SHIFT);
    a.and_k(0x1FFFF);
    a.jz("single step");
    a.st(N);

    // a tail of level 0 is in its last flit alone
    a.ld(FETCH.plus(TAIL_LEVEL));
    a.jnz(&other);
    a.dec(N);
    a.jz("single step");
    a.jmp(&none);
    a.at(&other);
    a.add_k(-8);
    a.jz(&none);
    a.ldx(FETCH.plus(TAIL_LEVEL));
    a.ld_x(LEFT);
    a.jnz(&none);
    a.ld(FETCH.plus(TAIL_BYTES));
    a.jmp(&limit);
    a.at(&none);
    a.li(FLIT as i32);
    a.at(&limit);
    a.out(Out::Limit);
    a.ld(N);
    a.sub(STEPS);
    a.jnn(&few);
    a.ld(N);
    a.st(STEPS);
    a.at(&few);
    a.ld(FETCH.plus(PACKET));
    a.out(Out::Bytes);
    a.ld(FETCH.plus(PACK));
    a.out(Out::Pack);
    a.ld(STRIDE);
    a.out(Out::Stride);
    a.ld(CORNER);
    a.and_k(DM_BYTES as u32 - 1);
    a.out(Out::At);
    operands(a);
    a.out(Out::Stream);

    // fetch has moved on
    a.ror(FETCH_UNSHIFT);
    a.st(MOVED);
    a.add_m(steps(Unit::Fetch));
    a.ld(LEFT);
    a.add_k(1);
    a.sub(MOVED);
    a.jz(&up);
    a.add_k(-1);
    a.st(LEFT);
    a.show(In::At);
    a.st(CORNER);
    a.jmp("stepped");
    a.at(&up);
    be(a, Unit::Fetch);
    a.ld(FETCH.plus(LEVELS_AT));
    a.st(WALK_LEVELS);
    a.call("walk up");
    a.jnz(&on);
    a.call("fetch done");
    a.at(&on);
    a.jmp("stepped");
}

/// After a run: counts, the flit, the row, the walk.
fn after(a: &mut Assembler, masks: &Masks) {
    let (inside, ends, keeps, row, walks, end) = (
        a.name("inside"),
        a.name("ends"),
        a.name("keeps"),
        a.name("row"),
        a.name("walks"),
        a.name("end"),
    );
    a.at("stepped");
    a.ld(STEPS);
    a.add_m(steps(Unit::Contract));
    a.ld(STEPS_LEFT);
    a.sub(STEPS);
    a.st(PART);

    // the flit has been used if all levels that hold it are at their end
    a.jnz(&inside);
    a.ld(LASTS);
    a.or_k(1);
    a.jmp(&ends);
    a.at(&inside);
    a.ld(LASTS);
    a.and_k(0xFE);
    a.at(&ends);
    a.and(HOLD_MASK);
    a.sub(HOLD_MASK);
    a.jnz(&keeps);
    a.li(0);
    a.st(HELD);
    a.at(&keeps);

    // the walk goes on inside level 0, from where the datapath is
    let (single, last) = (a.name("single"), a.name("last"));
    a.ld(PART);
    a.jz(&single);
    a.add_k(-1);
    a.st(LEFT.plus(BASE));
    a.jnz(&last);
    a.ld(LASTS);
    a.or_k(1);
    a.st(LASTS);
    a.at(&last);
    a.ld(FIRSTS);
    a.and_k(0xFE);
    a.st(FIRSTS);
    a.show(In::Slot);
    walk::second(a);
    a.st(T);
    a.show(In::Trf);
    a.or(T);
    a.st(CORNER.plus(BASE));
    a.at(&single);

    // the row of the last step
    a.ld(EMITS);
    a.jz(&walks);
    a.add_k(-1);
    a.jz(&row);
    a.ld(PART);
    a.jnz(&walks);
    a.at(&row);
    a.ld(STRIDE.plus(BASE));
    walk::to_second(a);
    a.st(T);
    a.show(In::Slot);
    a.sub(T);
    a.out(Out::Slot);
    let accumulators = [
        In::Accumulator0,
        In::Accumulator1,
        In::Accumulator2,
        In::Accumulator3,
    ];
    for (i, accumulator) in accumulators.into_iter().enumerate() {
        a.show(accumulator);
        a.st(ROW.plus(i as u16));
    }
    a.li(1);
    a.st(ROWS);
    a.li(0);
    a.st(RUN);
    a.st(RUN_FIRST);
    a.st(IN_RUN);
    a.st(AT_VALUE);
    a.at(&walks);
    a.ld(PART);
    a.jnz("contract");

    // the end of level 0
    be(a, Unit::Contract);
    a.ld(CONTRACT_LEVELS);
    a.st(WALK_LEVELS);
    a.call("walk up");
    a.jz(&end);
    a.ldx(LEVEL);
    a.ld(FIRSTS);
    a.or_x(masks.up_to);
    a.xor_x(masks.bit);
    a.st(FIRSTS);
    a.ld_x(masks.up_to);
    a.xor_x(masks.bit);
    a.and(SINGLE);
    a.st(T);
    a.ld(LASTS);
    a.or_x(masks.up_to);
    a.xor_x(masks.up_to);
    a.or(T);
    a.st(LASTS);
    a.ld_x(LEFT.plus(BASE));
    a.jnz("contract");
    a.ld_x(masks.bit);
    a.add_m(LASTS);
    a.jmp("contract");
    a.at(&end);
    a.li(0);
    a.st(CONTRACTING);
    be(a, Unit::Contract);
    a.ld(CONTRACT_SIGNAL);
    a.st(SIGNAL);
    a.call("done");
    a.jmp("contract");
}
