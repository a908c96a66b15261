//! The loop nest that a unit walks.
//!
//! Two addresses are one word: `a` in bits 0 to 15, `b` in bits 17 to 31, and a bit between them that takes what `a`
//! carries. It is cleared after each addition, so both are exact modulo 2^16 and 2^15, and all memories are smaller.
//! A level's *corner* is where its current iteration began; that of level 0 is where the walk is.

use super::words::*;
use crate::assembler::{Assembler, Word};

/// All but the bit between the two addresses.
const BOTH: u32 = !(1 << 16);
/// Where `b` begins, and its bits.
const SECOND: u32 = 17;
const SECOND_BITS: u32 = 0x7FFF;

/// A = the pair (0, A).
pub fn second(a: &mut Assembler) {
    a.and_k(SECOND_BITS);
    a.roli(SECOND);
}

/// A's lower bits = `b` of the pair A. Above them is `a`.
pub fn to_second(a: &mut Assembler) {
    a.rori(SECOND);
}

/// A pair in A moves by the stride of the level at X.
fn add_stride(a: &mut Assembler) {
    a.add_x(STRIDE);
    a.and_k(BOTH);
}

/// START = the pair of two words, which are small enough.
pub fn start(a: &mut Assembler, first: Word, b: Word) {
    a.ld(b);
    second(a);
    a.or(first);
    a.st(START);
}

/// `walk` begins the walk of UNIT8 at START, over WALK_LEVELS levels. `walk on` makes a step, if there is one: A is 0
/// after the last. `walk up` is the same at the end of level 0. Both want the walk's levels in WALK_LEVELS, and leave
/// the level that has moved in LEVEL.
pub fn write(a: &mut Assembler) {
    let (next, end, up) = (a.name("next"), a.name("end"), a.name("up"));
    let (down, last) = (a.name("down"), a.name("last"));
    a.at("walk");
    a.ldx(UNIT8);
    a.ld(START);
    (0..8).for_each(|level| a.st_x(CORNER.plus(level)));
    a.li(0);
    (0..8).for_each(|level| a.st_x(LEFT.plus(level)));
    a.ld(WALK_LEVELS);
    a.st(I);
    a.at(&next);
    a.dec(I);
    a.jn(&end);
    a.ld_x(BEHIND);
    a.st_x(LEFT);
    a.addx(1);
    a.jmp(&next);
    a.at(&end);
    a.ret();

    a.at("walk on");
    a.ldx(UNIT8);
    a.ld_x(LEFT);
    a.jz("walk up");
    a.dec_x(LEFT);
    a.ld_x(CORNER);
    add_stride(a);
    a.st_x(CORNER);
    a.li(0);
    a.st(LEVEL);
    a.li(1);
    a.ret();

    a.at("walk up");
    a.ld(WALK_LEVELS);
    a.add_k(-1);
    a.st(I);
    a.ldx(UNIT8);
    a.at(&up);
    a.addx(1);
    a.dec(I);
    a.jn(&last);
    a.ld_x(LEFT);
    a.jz(&up);
    a.dec_x(LEFT);
    a.ld_x(CORNER);
    add_stride(a);
    a.st_x(CORNER);
    a.st(START);
    a.txa();
    a.sub(UNIT8);
    a.st(LEVEL);
    a.at(&down);
    a.addx(-1);
    a.ld(START);
    a.st_x(CORNER);
    a.ld_x(BEHIND);
    a.st_x(LEFT);
    a.txa();
    a.sub(UNIT8);
    a.jnz(&down);
    a.li(1);
    a.ret();
    a.at(&last);
    a.li(0);
    a.ret();
}
