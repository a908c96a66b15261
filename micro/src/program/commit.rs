//! Commit: a row becomes flits, values are requantised and written.

use tcpu_isa::counters::number;
use tcpu_isa::layout::{commit, header};
use tcpu_isa::requant::MAX_DIGITS;
use tcpu_isa::{OutType, Unit};

use super::field;
use super::moves::{be, steps};
use super::words::*;
use crate::assembler::Assembler;
use crate::memory::DM_BYTES;
use crate::op::{In, Out};

/// What carries nothing between the lower three digits.
const DIGITS: u32 = 0x0080_8080;

/// `rows` writes the row that waits, as long as there is a commit for it.
pub fn write(a: &mut Assembler) {
    start(a);
    a.at("rows");
    a.ld(COMMITTING);
    a.jnz("committing");
    a.call("start commit");
    a.jz("rows wait");
    a.at("committing");
    let (all, next) = (a.name("all"), a.name("next"));

    // a flit: as many values as a group has, or the run
    a.ld(RUN_VALUES);
    a.sub(IN_RUN);
    a.st(N);
    a.sub(GROUP);
    a.jn(&all);
    a.ld(GROUP);
    a.st(N);
    a.at(&all);
    a.ld(N);
    a.st(FLIT_VALUES);
    a.add_m(IN_RUN);
    a.li(0);
    a.st(OUT_LOW);
    a.st(OUT_HIGH);
    a.st(I);
    a.ld(FACTOR);
    a.out(Out::Factor);
    a.at(&next);
    a.ldx(AT_VALUE);
    a.ld_x(ROW);
    a.out(Out::Value);
    a.ld(SHIFT);
    a.out(Out::Shift);
    value(a);
    a.ld(NEXT_VALUE);
    a.add_m(AT_VALUE);
    a.inc(I);
    a.sub(FLIT_VALUES);
    a.jnz(&next);

    // its bytes
    a.ld(OUT_TYPE);
    a.tax();
    let bytes: Vec<u32> = [OutType::I8, OutType::I16, OutType::I32, OutType::Digits]
        .map(|out| out.bytes().trailing_zeros())
        .iter()
        .map(|log| 32 - log)
        .collect();
    let bytes = a.table(&bytes);
    a.ld(FLIT_VALUES);
    a.ror_x(bytes);
    a.out(Out::Bytes);
    a.ld(OUT_LOW);
    a.out(Out::FlitLow);
    a.ld(OUT_HIGH);
    a.out(Out::FlitHigh);
    a.ld(CORNER.plus(8 * Unit::Commit as u16));
    a.and_k(DM_BYTES as u32 - 1);
    a.out(Out::Write);
    a.inc(steps(Unit::Commit));
    a.inc(COUNTS.plus(number::COMMIT_WRITES as u16));

    // the next flit
    let (walks, end) = (a.name("walks"), a.name("end"));
    a.ld(IN_RUN);
    a.sub(RUN_VALUES);
    a.jnz(&walks);
    a.st(IN_RUN);
    a.ld(NEXT_RUN);
    a.add_m(RUN_FIRST);
    a.st(AT_VALUE);
    a.inc(RUN);
    a.sub(RUNS);
    a.jnz(&walks);
    a.st(ROWS);
    a.at(&walks);
    be(a, Unit::Commit);
    a.ld(COMMIT_LEVELS);
    a.st(WALK_LEVELS);
    a.call("walk on");
    a.jnz(&end);
    a.li(0);
    a.st(COMMITTING);
    be(a, Unit::Commit);
    a.ld(COMMIT_SIGNAL);
    a.st(SIGNAL);
    a.call("done");
    a.at(&end);
    a.ld(ROWS);
    a.jnz("rows");
    a.at("rows wait");
    a.ret();
}

fn start(a: &mut Assembler) {
    let end = a.name("end");
    a.at("start commit");
    be(a, Unit::Commit);
    a.call("take");
    a.jz(&end);
    let parts = [
        (header::LEVEL, COMMIT_LEVELS),
        (commit::OUT, OUT_TYPE),
        (commit::MULT, FACTOR),
        (commit::SHIFT, SHIFT),
        (commit::BASE, START),
    ];
    for (part, to) in parts {
        field(a, EXEC, part);
        a.st(to);
    }
    a.ld(SIGNAL);
    a.st(COMMIT_SIGNAL);
    a.ld(COMMIT_LEVELS);
    a.st(WALK_LEVELS);
    a.call("walk");
    a.li(1);
    a.st(COMMITTING);
    a.at(&end);
    a.ret();
}

/// The value behind multiplier and shift is rounded, saturated, and joins the flit as value number I.
fn value(a: &mut Assembler) {
    let (down, up, joined) = (a.name("down"), a.name("up"), a.name("joined"));
    a.show(In::Up);
    a.jz(&down);
    a.show(In::Value);
    a.sub_k(i32::MAX as u32);
    a.jz(&down);
    a.show(In::Value);
    a.add_k(1);
    a.jmp(&up);
    a.at(&down);
    a.show(In::Value);
    a.at(&up);
    a.st(N);
    let (i16, i32, digits) = (a.name("i16"), a.name("i32"), a.name("digits"));
    a.ld(OUT_TYPE);
    a.add_k(-(OutType::I16 as i32));
    a.jz(&i16);
    a.add_k(OutType::I16 as i32 - OutType::I32 as i32);
    a.jz(&i32);
    a.add_k(OutType::I32 as i32 - OutType::Digits as i32);
    a.jz(&digits);
    narrow(a, 8, &joined);
    a.at(&i16);
    narrow(a, 16, &joined);

    // digits: an adder and three inverters, the most significant first
    let small = a.name("small");
    a.at(&digits);
    a.ld(N);
    a.jn(&small);
    a.sub_k(MAX_DIGITS as u32);
    a.jn(&small);
    a.load(MAX_DIGITS as u32);
    a.st(N);
    a.at(&small);
    a.ld(N);
    a.add_k(DIGITS as i32);
    a.xor_k(DIGITS);
    a.st(N);
    a.rori(8);
    a.and_k(0xFF00_FF00);
    a.st(T);
    a.ld(N);
    a.roli(8);
    a.and_k(0x00FF_00FF);
    a.or(T);
    a.st(N);
    a.at(&i32);
    let second = a.name("second");
    a.ld(I);
    a.jnz(&second);
    a.ld(N);
    a.st(OUT_LOW);
    a.jmp(&joined);
    a.at(&second);
    a.ld(N);
    a.st(OUT_HIGH);
    a.at(&joined);
}

/// N is saturated to so many bits, and joins the flit.
fn narrow(a: &mut Assembler, bits: u32, joined: &str) {
    let (low, high, fits, first) = (
        a.name("low"),
        a.name("high"),
        a.name("fits"),
        a.name("first"),
    );
    let half = 1 << (bits - 1);
    a.ld(N);
    a.jn(&low);
    a.add_k(-half);
    a.jn(&fits);
    a.at(&high);
    a.li(half - 1);
    a.st(N);
    a.jmp(&fits);
    a.at(&low);
    a.add_k(half);
    a.jnn(&fits);
    a.li(-half);
    a.st(N);
    a.at(&fits);
    a.ld(N);
    a.and_k((1 << bits) - 1);
    a.st(N);
    a.ld(I);
    a.jz(&first);
    a.ld(N);
    a.roli(bits);
    a.or(OUT_LOW);
    a.st(N);
    a.at(&first);
    a.ld(N);
    a.st(OUT_LOW);
    a.jmp(joined);
}
