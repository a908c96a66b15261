//! Buffered words go to the queues of their units, in order.

use super::words::*;
use super::{whole, BUFFER_AT, COMMANDS, QUEUE, QUEUES};
use crate::assembler::{Assembler, Word};
use crate::memory::FLIT;
use crate::op::{In, Out};

/// Where a unit's queue is in its words ([`UNITS`]).
pub const QUEUE_FIRST: Word = UNITS.plus(6);
pub const QUEUED: Word = UNITS.plus(7);

/// `dispatch` moves words until the next one finds its queue full, is illegal or is not there.
pub fn write(a: &mut Assembler) {
    let (end, clocked, legal) = (a.name("end"), a.name("clocked"), a.name("legal"));
    a.at("dispatch");
    a.ld(FAULT);
    a.jnz(&end);
    a.ld(RUNNING);
    a.jz(&end);
    whole(a);
    a.ld(PENDING);
    a.jnz("to queue");
    a.ld(BUFFERED);
    a.jz(&end);
    a.ld(BUFFER);
    a.roli(4);
    a.add_k(BUFFER_AT as i32);
    read_word(a, WORD);
    a.ld(BUFFER);
    a.add_k(1);
    a.and_k(u32::from(COMMANDS) - 1);
    a.st(BUFFER);
    a.dec(BUFFERED);
    a.ld(CLOCKED);
    a.jnz(&clocked);
    a.inc(CLOCKED);
    a.show(In::Cycles);
    a.st(BEGAN);
    a.at(&clocked);
    a.call("check");
    a.jz(&legal);
    a.st(FAULT);
    a.ret();
    a.at(&legal);
    a.li(1);
    a.st(PENDING);
    a.at("to queue");
    a.ldx(WORD_UNIT8);
    a.ld_x(QUEUED);
    a.add_k(-i32::from(QUEUE));
    a.jz(&end);
    a.ld_x(QUEUE_FIRST);
    a.add_x(QUEUED);
    a.and_k(u32::from(QUEUE) - 1);
    a.roli(4);
    a.st(T);
    a.ld(WORD_UNIT8);
    a.roli((2 * QUEUE).trailing_zeros());
    a.add(T);
    a.add_k(QUEUES as i32);
    a.st(TO);
    a.inc_x(QUEUED);
    for half in 0..2 {
        a.ld(WORD.plus(2 * half));
        a.out(Out::FlitLow);
        a.ld(WORD.plus(2 * half + 1));
        a.out(Out::FlitHigh);
        a.ld(TO);
        a.add_k(i32::from(half) * FLIT as i32);
        a.out(Out::Write);
    }
    a.li(0);
    a.st(PENDING);
    a.inc(INDEX);
    a.inc(INFLIGHT);
    a.st(PROGRESS);
    a.jmp("dispatch");
    a.at(&end);
    a.ret();
}

/// Reads the command word at A.
pub fn read_word(a: &mut Assembler, to: Word) {
    a.st(FROM);
    for half in 0..2 {
        if half == 1 {
            a.ld(FROM);
            a.add_k(FLIT as i32);
        }
        a.out(Out::Read);
        a.show(In::FlitLow);
        a.st(to.plus(2 * half));
        a.show(In::FlitHigh);
        a.st(to.plus(2 * half + 1));
    }
}
