//! Requests: judged, carried out, answered, as `docs/host-link.md` has it.

use tcpu_isa::counters::COUNTERS;
use tcpu_isa::link::{
    Code, Identity, Op, CRC_BYTES, FLAG, IDENTITY_WORDS, MAX_COUNT, REQUEST_BYTES, WORD_BYTES,
};

use super::words::*;
use super::{whole, BUFFER_AT, COMMANDS, FRAME};
use crate::assembler::{Assembler, Word};
use crate::memory::{EXTERNAL, FLIT};
use crate::op::{In, Out};

/// What an answer carries.
const STATUS: i32 = 0;
const IDENTITY: i32 = 1;
const COUNTED: i32 = 2;
const MEMORY: i32 = 3;

/// Where the data of a request are.
const DATA: i32 = FRAME as i32 + REQUEST_BYTES as i32;

/// `request` carries out the frame that has arrived and answers it.
pub fn write(a: &mut Assembler, identity: &Identity) {
    judge(a);
    carry_out(a);
    answer(a, identity);
    clear(a);
}

/// Goes on at a place if the operation is this one.
fn if_op(a: &mut Assembler, op: Op, place: &str) {
    a.ld(OP);
    a.add_k(-(op as i32));
    a.jz(place);
}

/// A place that refuses with a code.
fn refusal(a: &mut Assembler, name: &str, code: Code) {
    a.at(name);
    a.li(code as i32);
    a.jmp("refuse");
}

fn judge(a: &mut Assembler) {
    a.at("request");
    whole(a);
    a.li(FRAME as i32);
    a.out(Out::Read);
    a.show(In::FlitLow);
    a.st(HEAD);
    a.and_k(0xFFFF);
    a.st(ASKED);
    a.show(In::FlitHigh);
    a.st(ADDRESS);
    a.li(FRAME as i32 + FLIT as i32);
    a.out(Out::Read);
    a.show(In::FlitLow);
    a.and_k(0xFFFF);
    a.st(COUNT);
    a.ld(HEAD);
    a.rori(16);
    a.and_k(255);
    a.st(SEQUENCE);
    a.ld(HEAD);
    a.rori(24);
    a.and_k(255);
    a.st(OP);
    a.li(0);
    a.st(CODE);
    a.li(STATUS);
    a.st(KIND);
    a.ld(OP);
    a.add_k(-(Op::Hello as i32));
    a.jnz("no hello");

    // a hello
    a.ld(ASKED);
    a.jz("stale hello");
    a.sub(SESSION);
    a.jnz("open");
    a.ld(NUMBER);
    a.jnz("stale hello");
    a.at("open");
    a.ld(ASKED);
    a.st(SESSION);
    a.li(0);
    a.st(NUMBER);
    a.st(ANSWERED);
    a.li(IDENTITY);
    a.st(KIND);
    a.jmp("answer");
    a.at("stale hello");
    a.li(Code::StaleHello as i32);
    a.st(CODE);
    a.jmp("answer");

    // another request
    a.at("no hello");
    a.ld(ASKED);
    a.jz("no session");
    a.sub(SESSION);
    a.jnz("no session");
    a.ld(SEQUENCE);
    a.sub(NUMBER);
    a.jz("again");
    a.and_k(255);
    a.add_k(-1);
    a.jz("next");
    a.li(Code::Order as i32);
    a.st(CODE);
    a.jmp("answer");
    a.at("no session");
    a.li(Code::NoSession as i32);
    a.st(CODE);
    a.jmp("answer");
    a.at("again");
    a.ld(ANSWERED);
    a.st(CODE);
    a.jnz("answer");
    a.jmp("kinds");

    // the next one: is it one that can be carried out?
    a.at("next");
    a.ld(SEQUENCE);
    a.st(NUMBER);
    a.ld(OP);
    a.jz("unknown operation");
    a.add_k(-(Op::ALL.len() as i32) - 1);
    a.jnn("unknown operation");
    a.li((REQUEST_BYTES + CRC_BYTES) as i32);
    a.st(SIZE);
    if_op(a, Op::Write, "sized beats");
    if_op(a, Op::Commands, "sized words");
    a.jmp("sized");
    for (name, bytes) in [("sized beats", FLIT), ("sized words", WORD_BYTES)] {
        a.at(name);
        a.ld(COUNT);
        a.roli(bytes.trailing_zeros());
        a.add_m(SIZE);
        a.ld(COUNT);
        a.jz("wrong length");
        a.add_k(-(MAX_COUNT as i32) - 1);
        a.jnn("wrong length");
        if bytes == FLIT {
            a.jmp("sized");
        }
    }
    a.at("sized");
    a.ld(LENGTH);
    a.sub(SIZE);
    a.jnz("wrong length");
    if_op(a, Op::Write, "if idle");
    if_op(a, Op::Read, "if idle");
    if_op(a, Op::Commands, "if next words");
    a.jmp("carry out");
    a.at("if idle");
    a.call("busy");
    a.jz("carry out");
    a.li(Code::Busy as i32);
    a.jmp("refuse");
    a.at("if next words");
    a.ld(ADDRESS);
    a.sub(TAKEN);
    a.jz("carry out");
    a.li(Code::CommandIndex as i32);
    a.jmp("refuse");
    refusal(a, "unknown operation", Code::UnknownOp);
    refusal(a, "wrong length", Code::Length);
    a.at("refuse");
    a.st(CODE);
    a.st(ANSWERED);
    a.jmp("answer");
}

fn carry_out(a: &mut Assembler) {
    a.at("carry out");
    a.li(0);
    a.st(ANSWERED);
    if_op(a, Op::Reset, "reset");
    if_op(a, Op::Write, "write beats");
    if_op(a, Op::Commands, "take words");
    if_op(a, Op::Start, "start");
    a.at("kinds");
    if_op(a, Op::Counters, "with counters");
    if_op(a, Op::Read, "with memory");
    a.jmp("answer");
    a.at("with counters");
    a.li(COUNTED);
    a.st(KIND);
    a.jmp("answer");
    a.at("with memory");
    a.li(MEMORY);
    a.st(KIND);
    a.jmp("answer");
    a.at("reset");
    a.call("clear");
    a.jmp("answer");
    a.at("start");
    a.li(1);
    a.st(RUNNING);
    a.jmp("answer");

    // beats into memory
    let beat = a.name("beat");
    a.at("write beats");
    a.ld(COUNT);
    a.st(N);
    a.li(DATA);
    a.st(FROM);
    a.at(&beat);
    a.ld(FROM);
    a.out(Out::Read);
    a.add_k(FLIT as i32);
    a.st(FROM);
    external(a);
    a.out(Out::Write);
    a.ld(ADDRESS);
    a.add_k(FLIT as i32);
    a.st(ADDRESS);
    a.dec(N);
    a.jnz(&beat);
    a.jmp("answer");

    // words into the buffer, as long as there is room
    let word = a.name("word");
    a.at("take words");
    a.ld(COUNT);
    a.st(N);
    a.li(DATA);
    a.st(FROM);
    a.at(&word);
    a.ld(BUFFERED);
    a.add_k(-i32::from(COMMANDS));
    a.jz("answer");
    a.ld(BUFFER);
    a.add(BUFFERED);
    a.and_k(u32::from(COMMANDS) - 1);
    a.roli(4);
    a.add_k(BUFFER_AT as i32);
    a.st(TO);
    for last in [false, true] {
        a.ld(FROM);
        a.out(Out::Read);
        a.add_k(FLIT as i32);
        a.st(FROM);
        a.ld(TO);
        if last {
            a.add_k(FLIT as i32);
        }
        a.out(Out::Write);
    }
    a.inc(BUFFERED);
    a.inc(TAKEN);
    a.dec(N);
    a.jnz(&word);
    a.jmp("answer");
}

/// A = where the request's address is.
fn external(a: &mut Assembler) {
    a.ld(ADDRESS);
    a.and_k(0xFFFF);
    a.or_k(EXTERNAL);
}

/// Sends so many words of the data memory.
fn send_words(a: &mut Assembler, first: Word, count: usize) {
    let next = a.name("next");
    a.li(0);
    a.st(I);
    a.at(&next);
    a.ldx(I);
    a.ld_x(first);
    a.call("line word");
    a.inc(I);
    a.add_k(-(count as i32));
    a.jnz(&next);
    a.jmp("answered");
}

fn answer(a: &mut Assembler, identity: &Identity) {
    let (idle, good) = (a.name("idle"), a.name("good"));
    a.at("answer");
    a.li(-1);
    a.st(CRC);
    a.li(FLAG.into());
    a.out(Out::Line);
    a.ld(HEAD);
    a.call("line word");
    a.ld(NUMBER);
    a.roli(16);
    a.or(CODE);
    a.st(VALUE);
    a.call("busy");
    a.jnz(&idle);
    a.ld(VALUE);
    a.or_k(1 << 8);
    a.st(VALUE);
    a.at(&idle);
    a.ld(FAULT);
    a.jz(&good);
    a.li(2 << 8);
    a.at(&good);
    a.or(VALUE);
    a.call("line word");
    a.ld(KIND);
    a.add_k(-IDENTITY);
    a.jz("send identity");
    a.add_k(IDENTITY - COUNTED);
    a.jz("send counters");
    a.add_k(COUNTED - MEMORY);
    a.jz("send memory");
    for word in [TAKEN, BUFFERED, INDEX, FAULT] {
        a.ld(word);
        a.call("line word");
    }
    a.at("answered");
    a.ld(CRC);
    a.xor_k(u32::MAX);
    a.call("line word");
    a.li(FLAG.into());
    a.out(Out::Line);
    a.ret();
    let words = a.table(&identity.to_words());
    a.at("send identity");
    send_words(a, words, IDENTITY_WORDS);
    a.at("send counters");
    send_words(a, COUNTS, COUNTERS.len());

    let beat = a.name("beat");
    a.at("send memory");
    a.at(&beat);
    a.ld(COUNT);
    a.jz("answered");
    a.add_k(-1);
    a.st(COUNT);
    external(a);
    a.out(Out::Read);
    a.ld(ADDRESS);
    a.add_k(FLIT as i32);
    a.st(ADDRESS);
    for half in [In::FlitLow, In::FlitHigh] {
        a.show(half);
        a.call("line word");
    }
    a.jmp(&beat);
}

/// All is as after power-up, but for the session and the frame that arrives.
fn clear(a: &mut Assembler) {
    let next = a.name("next");
    a.at("clear");
    a.lix(RUNNING);
    a.at(&next);
    a.li(0);
    a.st_x(Word(0));
    a.addx(1);
    a.txa();
    a.add_k(-i32::from(END.0));
    a.jnz(&next);
    a.ret();
}
