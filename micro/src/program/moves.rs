//! Load, store and trfload: execs that are carried out as a whole.

use tcpu_isa::counters::{number, Activity, Counters};
use tcpu_isa::layout::{dma, fetch, header, trfload};
use tcpu_isa::Unit;

use super::words::*;
use super::{field, walk, whole};
use crate::assembler::{Assembler, Word};
use crate::memory::{EXTERNAL, FLIT};
use crate::op::{In, Out};

/// The word of a unit's counter of steps.
pub fn steps(unit: Unit) -> Word {
    COUNTS.plus(Counters::of(unit, Activity::Busy).unwrap_or(0) as u16)
}

/// The unit's number, times eight, is UNIT8.
pub fn be(a: &mut Assembler, unit: Unit) {
    a.li(8 * unit as i32);
    a.st(UNIT8);
}

/// `load`, `store` and `trfload` carry out what of these can start, until the line has something.
pub fn write(a: &mut Assembler) {
    rows(a);
    let (end, flit) = (a.name("end"), a.name("flit"));
    a.at("trfload");
    be(a, Unit::TrfLoad);
    a.call("take");
    a.jz(&end);
    super::flits::parameters(a, TRFLOAD);
    field(a, EXEC, trfload::TRF);
    a.st(N);
    field(a, EXEC, fetch::BASE);
    a.st(I);
    walk::start(a, I, N);
    a.call("walk");
    a.at(&flit);
    super::flits::gather(a, Unit::TrfLoad, TRFLOAD);
    field(a, EXEC, trfload::BROADCAST);
    a.roli(9);
    a.st(N);
    a.ld(LAST);
    walk::to_second(a);
    a.and_k(0x1FF);
    a.or(N);
    a.out(Out::Fill);
    a.inc(COUNTS.plus(number::TRF_WRITES as u16));
    a.ld(TRFLOAD.plus(super::flits::ENDED));
    a.jz(&flit);
    a.call("done");
    if_quiet(a, "trfload");
    a.at(&end);
    a.ret();
}

/// `load` and `store`: rows of bytes between the two memories.
fn rows(a: &mut Assembler) {
    a.at("store");
    be(a, Unit::Store);
    a.jmp("move rows");
    a.at("load");
    be(a, Unit::Load);
    a.at("move rows");
    a.call("take");
    a.jz("no rows");
    field(a, EXEC, header::LEVEL);
    a.st(WALK_LEVELS);
    field(a, EXEC, dma::BYTES);
    a.st(ROW_BYTES);
    field(a, EXEC, dma::DM);
    a.st(N);
    field(a, EXEC, dma::EXT);
    a.and_k(0xFFFF);
    a.st(I);
    walk::start(a, I, N);
    a.call("walk");

    // a row: where it is in both memories
    a.at("row");
    a.ldx(UNIT8);
    a.ld_x(CORNER);
    a.and_k(0xFFFF);
    a.or_k(EXTERNAL);
    a.st(FROM);
    a.ld_x(CORNER);
    walk::to_second(a);
    a.and_k(0x7FFF);
    a.st(TO);

    // what other machines count: beats of the memory port, requests of 16 beats
    a.ld(FROM);
    a.and_k(FLIT as u32 - 1);
    a.add(ROW_BYTES);
    a.add_k(FLIT as i32 - 1);
    a.rori(FLIT.trailing_zeros());
    a.and_k(0xFFFF);
    a.st(N);
    a.ld(UNIT8);
    a.add_k(-8 * Unit::Load as i32);
    a.jnz("stored row");
    a.ld(N);
    a.add_m(COUNTS.plus(number::READ_BEATS as u16));
    a.ld(N);
    a.add_m(COUNTS.plus(number::LOAD_WRITES as u16));
    a.ld(N);
    a.add_k(15);
    a.rori(4);
    a.and_k(0xFFFF);
    a.add_m(steps(Unit::Load));
    a.jmp("row bytes");
    a.at("stored row");
    a.ld(N);
    a.add_m(COUNTS.plus(number::WRITE_BEATS as u16));
    a.ld(N);
    a.add_m(steps(Unit::Store));
    a.ld(FROM);
    a.st(I);
    a.ld(TO);
    a.st(FROM);
    a.ld(I);
    a.st(TO);

    // flit by flit
    a.at("row bytes");
    a.ld(ROW_BYTES);
    a.st(N);
    whole(a);
    a.at("row flit");
    a.ld(N);
    a.add_k(-(FLIT as i32));
    a.jn("row rest");
    a.st(N);
    a.ld(FROM);
    a.out(Out::Read);
    a.add_k(FLIT as i32);
    a.st(FROM);
    a.ld(TO);
    a.out(Out::Write);
    a.add_k(FLIT as i32);
    a.st(TO);
    a.jmp("row flit");
    a.at("row rest");
    a.ld(N);
    a.jz("row end");
    a.out(Out::Bytes);
    a.ld(FROM);
    a.out(Out::Read);
    a.ld(TO);
    a.out(Out::Write);
    a.at("row end");
    a.call("walk on");
    a.jnz("row");
    a.ld(UNIT8);
    a.add_k(-8 * Unit::Store as i32);
    a.jnz("rows done");
    a.show(In::Cycles);
    a.sub(BEGAN);
    a.add_k(1);
    a.st(COUNTS.plus(number::CYCLES as u16));
    a.at("rows done");
    a.call("done");
    if_quiet(a, "move rows");
    a.at("no rows");
    a.ret();
}

/// Goes on at a place, but not if the line has something.
fn if_quiet(a: &mut Assembler, place: &str) {
    a.show(In::Line);
    a.sub(RING_AT);
    a.jz(place);
}
