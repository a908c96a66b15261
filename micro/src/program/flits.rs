//! Packets become flits: for trfload, and for fetch where contract does not stream them.

use tcpu_isa::layout::{fetch, header};
use tcpu_isa::{Unit, LEVELS};

use super::moves::{be, steps};
use super::words::*;
use super::{field, walk, whole, AHEAD_AT, AHEAD_FLITS};
use crate::assembler::{Assembler, Word};
use crate::memory::{DM_BYTES, FLIT};
use crate::op::{In, Out};

/// Of the words [`FETCH`] and [`TRFLOAD`].
pub const LEVELS_AT: u16 = 0;
pub const PACKET: u16 = 1;
pub const PACK: u16 = 2;
pub const TAIL_LEVEL: u16 = 3;
pub const TAIL_BYTES: u16 = 4;
pub const ENDED: u16 = 5;

/// Is the unit whose packets are at hand: `flit` looks for them where PACKETS_OF says.
pub fn gather(a: &mut Assembler, unit: Unit, of: Word) {
    be(a, unit);
    a.li(of.0.into());
    a.st(PACKETS_OF);
    a.call("flit");
    a.ld(of.plus(PACK));
    a.add_m(steps(unit));
}

/// Takes what EXEC says of packets.
pub fn parameters(a: &mut Assembler, of: Word) {
    let parts = [
        (header::LEVEL, LEVELS_AT),
        (fetch::PACKET, PACKET),
        (fetch::PACK, PACK),
        (fetch::TAIL_LEVEL, TAIL_LEVEL),
        (fetch::TAIL_BYTES, TAIL_BYTES),
    ];
    for (part, at) in parts {
        field(a, EXEC, part);
        a.st(of.plus(at));
    }
    a.ld(of.plus(LEVELS_AT));
    a.st(WALK_LEVELS);
    a.li(0);
    a.st(of.plus(ENDED));
}

/// `flit` makes a flit of the packets of UNIT8; `fetch` starts one, if it can (A is 0 if not), `fetch done` ends it;
/// `next flit` holds the next one for contract, if there is one (A is 0 if not); `ahead` fetches one ahead.
pub fn write(a: &mut Assembler) {
    flit(a);
    start(a);
    next(a);
    ahead(a);
}

fn flit(a: &mut Assembler) {
    a.at("flit");
    a.ldx(PACKETS_OF);
    a.ld_x(Word(PACKET));
    a.out(Out::Bytes);
    a.li(0);
    a.out(Out::Offset);
    a.ld_x(Word(PACK));
    a.st(NEEDED);
    a.ld_x(Word(LEVELS_AT));
    a.st(WALK_LEVELS);

    // as many packets as level 0 has, or the flit needs
    a.at("packets");
    a.ldx(UNIT8);
    a.ld_x(LEFT);
    a.add_k(1);
    a.st(PACKETS);
    a.sub(NEEDED);
    a.jn("part of flit");

    // the last ones: is it the tail's last iteration?
    a.ldx(PACKETS_OF);
    a.ld_x(Word(TAIL_LEVEL));
    a.jnz("outer tail");
    a.ld(PACKETS);
    a.sub(NEEDED);
    a.jnz("no tail");
    a.jmp("tail");
    a.at("outer tail");
    a.add_k(-(LEVELS as i32));
    a.jz("no tail");
    a.ld_x(Word(TAIL_LEVEL));
    a.add(UNIT8);
    a.tax();
    a.ld_x(LEFT);
    a.jnz("no tail");
    a.ldx(PACKETS_OF);
    a.at("tail");
    a.ld_x(Word(TAIL_BYTES));
    a.jmp("limit");
    a.at("no tail");
    a.li(FLIT as i32);
    a.at("limit");
    a.out(Out::Limit);
    a.ld(NEEDED);
    a.jmp("gather");
    a.at("part of flit");
    a.li(FLIT as i32);
    a.out(Out::Limit);
    a.ld(PACKETS);
    a.at("gather");
    a.st(PACKETS);
    a.ldx(UNIT8);
    a.ld_x(STRIDE);
    a.out(Out::Stride);
    a.ld_x(CORNER);
    a.and_k(DM_BYTES as u32 - 1);
    a.out(Out::At);
    a.ld(PACKETS);
    a.out(Out::Gather);

    // to the last of them, and to the one behind it
    a.ld(NEEDED);
    a.sub(PACKETS);
    a.st(NEEDED);
    a.ld(UNIT8);
    a.jz("fetched packets");
    a.at("to last packet");
    a.dec(PACKETS);
    a.jz("last packet");
    a.call("walk on");
    a.jmp("to last packet");
    // Fetch has no other address than the one that the datapath has.
    a.at("fetched packets");
    a.ld(LEFT);
    a.add_k(1);
    a.sub(PACKETS);
    a.st(LEFT);
    a.show(In::At);
    a.sub(STRIDE);
    a.and_k(0xFFFF);
    a.st(CORNER);
    a.at("last packet");
    a.ldx(UNIT8);
    a.ld_x(CORNER);
    a.st(LAST);
    a.call("walk on");
    a.jz("no more packets");
    a.ld(NEEDED);
    a.jnz("packets");
    a.ret();
    a.at("no more packets");
    a.ldx(PACKETS_OF);
    a.li(1);
    a.st_x(Word(ENDED));
    a.ret();
}

fn start(a: &mut Assembler) {
    let (end, zero) = (a.name("end"), a.name("zero"));
    a.at("fetch");
    be(a, Unit::Fetch);
    a.call("take");
    a.jz(&end);
    parameters(a, FETCH);
    a.ld(SIGNAL);
    a.st(FETCH_SIGNAL);
    a.li(0);
    a.st(N);
    field(a, EXEC, fetch::BASE);
    a.st(I);
    walk::start(a, I, N);
    a.call("walk");
    for shift in 0..4i32 {
        a.li(shift);
        a.st(FETCH_SHIFT);
        a.ld(FETCH.plus(PACK));
        a.add_k(-(1 << shift));
        a.jz(&zero);
    }
    a.li(-1);
    a.st(FETCH_SHIFT);
    a.at(&zero);
    a.li(0);
    a.sub(FETCH_SHIFT);
    a.st(FETCH_UNSHIFT);
    a.li(1);
    a.st(FETCHING);
    a.at(&end);
    a.ret();
    a.at("fetch done");
    a.li(0);
    a.st(FETCHING);
    be(a, Unit::Fetch);
    a.ld(FETCH_SIGNAL);
    a.st(SIGNAL);
    a.jmp("done");
}

fn next(a: &mut Assembler) {
    let (end, fetch, fetching, hold) = (
        a.name("end"),
        a.name("fetch"),
        a.name("fetching"),
        a.name("hold"),
    );
    a.at("next flit");
    a.ld(AHEAD);
    a.jz(&fetch);
    a.add_k(-1);
    a.st(AHEAD);
    whole(a);
    a.ld(AHEAD_FIRST);
    ahead_at(a);
    a.out(Out::Read);
    a.ld(AHEAD_FIRST);
    a.add_k(1);
    a.and_k(AHEAD_FLITS - 1);
    a.st(AHEAD_FIRST);
    a.jmp(&hold);
    a.at(&fetch);
    a.ld(FETCHING);
    a.jnz(&fetching);
    a.call("fetch");
    a.jz(&end);
    a.at(&fetching);
    gather(a, Unit::Fetch, FETCH);
    a.at(&hold);
    a.show(In::FlitLow);
    a.st(HELD_LOW);
    a.show(In::FlitHigh);
    a.st(HELD_HIGH);
    a.call("if ended");
    a.li(1);
    a.st(HELD);
    a.at(&end);
    a.ret();

    // ends the fetch that has made its last flit
    let on = a.name("on");
    a.at("if ended");
    a.ld(FETCHING);
    a.jz(&on);
    a.ld(FETCH.plus(ENDED));
    a.jnz("fetch done");
    a.at(&on);
    a.ret();
}

/// A = where the flit number A that was fetched ahead is.
fn ahead_at(a: &mut Assembler) {
    a.and_k(AHEAD_FLITS - 1);
    a.roli(3);
    a.add_k(AHEAD_AT as i32);
}

fn ahead(a: &mut Assembler) {
    let (end, fetching) = (a.name("end"), a.name("fetching"));
    a.at("ahead");
    a.ld(AHEAD);
    a.add_k(-(AHEAD_FLITS as i32));
    a.jz(&end);
    a.ld(FETCHING);
    a.jnz(&fetching);
    a.call("fetch");
    a.jz(&end);
    a.at(&fetching);
    gather(a, Unit::Fetch, FETCH);
    a.li(FLIT as i32);
    a.out(Out::Bytes);
    a.ld(AHEAD_FIRST);
    a.add(AHEAD);
    ahead_at(a);
    a.out(Out::Write);
    a.inc(AHEAD);
    a.jmp("if ended");
    a.at(&end);
    a.ret();
}
