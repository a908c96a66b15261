//! What all units have in common: queues, loop words, semaphores.

use tcpu_isa::layout::{header, loops, sync};

use super::dispatch::{read_word, QUEUED, QUEUE_FIRST};
use super::words::*;
use super::{field, whole, QUEUE, QUEUES};
use crate::assembler::Assembler;

/// `take` lets the unit UNIT8 look at its queue: loop words set its nest; A is 0 unless an exec could start, which is
/// in EXEC then. `done` ends the exec of UNIT8 that SIGNALs.
pub fn write(a: &mut Assembler) {
    take(a);
    done(a);
}

fn take(a: &mut Assembler) {
    let (end, none, exec, go) = (a.name("end"), a.name("none"), a.name("exec"), a.name("go"));
    a.at("take");
    a.ldx(UNIT8);
    a.ld_x(QUEUED);
    a.jz(&end);
    whole(a);
    a.ldx(UNIT8);
    a.ld_x(QUEUE_FIRST);
    a.roli(4);
    a.st(T);
    a.ld(UNIT8);
    a.roli((2 * QUEUE).trailing_zeros());
    a.add(T);
    a.add_k(QUEUES as i32);
    read_word(a, EXEC);
    field(a, EXEC, header::OP);
    a.jnz(&exec);

    // a loop word
    a.call("drop");
    a.st(PROGRESS);
    a.dec(INFLIGHT);
    field(a, EXEC, header::LEVEL);
    a.add(UNIT8);
    a.tax();
    field(a, EXEC, loops::COUNT);
    a.add_k(-1);
    a.st_x(BEHIND);
    // a pair of strides: see `walk`
    a.ld(EXEC.plus((loops::STRIDE_A.lo / 32) as u16));
    a.and_k(0xFFFF);
    a.st(N);
    field(a, EXEC, loops::STRIDE_B);
    super::walk::second(a);
    a.or(N);
    a.st_x(STRIDE);
    a.jmp("take");

    // the exec waits for all, then takes from all
    a.at(&exec);
    field(a, EXEC, sync::WAIT);
    a.jz(&go);
    for takes in [false, true] {
        let (next, over) = (a.name("next"), a.name("over"));
        if takes {
            field(a, EXEC, sync::WAIT);
        }
        a.st(T);
        a.ldx(UNIT8);
        a.at(&next);
        a.and_k(1);
        a.jz(&over);
        match takes {
            true => a.dec_x(UNITS),
            false => {
                a.ld_x(UNITS);
                a.jz(&none);
            }
        }
        a.at(&over);
        a.addx(1);
        half(a);
        a.jnz(&next);
    }
    a.at(&go);
    a.call("drop");
    a.st(PROGRESS);
    field(a, EXEC, sync::SIGNAL);
    a.st(SIGNAL);
    a.li(1);
    a.at(&end);
    a.ret();
    a.at(&none);
    a.li(0);
    a.ret();

    // the word leaves its queue; A = 1
    a.at("drop");
    a.ldx(UNIT8);
    a.ld_x(QUEUE_FIRST);
    a.add_k(1);
    a.and_k(u32::from(QUEUE) - 1);
    a.st_x(QUEUE_FIRST);
    a.dec_x(QUEUED);
    a.li(1);
    a.ret();
}

/// A = T = T / 2, of a set of units.
fn half(a: &mut Assembler) {
    a.ld(T);
    a.rori(1);
    a.and_k(0x1F);
    a.st(T);
}

fn done(a: &mut Assembler) {
    let (next, kept, end) = (a.name("next"), a.name("kept"), a.name("end"));
    a.at("done");
    a.dec(INFLIGHT);
    a.li(1);
    a.st(PROGRESS);
    a.ld(UNIT8);
    a.rori(3);
    a.tax();
    a.ld(SIGNAL);
    a.jz(&end);
    a.st(T);
    a.at(&next);
    a.and_k(1);
    a.jz(&kept);
    a.inc_x(UNITS);
    a.at(&kept);
    a.addx(super::words::UNIT as i16);
    half(a);
    a.jnz(&next);
    a.at(&end);
    a.ret();
}
