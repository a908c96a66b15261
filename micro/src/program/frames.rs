//! Frames, as `docs/host-link.md` has them: out of the line's ring, and onto the line.

use tcpu_isa::link::{CRC_BYTES, CRC_POLYNOMIAL, CRC_RESIDUE, ESCAPE, FLAG, FLIP, REQUEST_BYTES};

use super::words::*;
use super::{FRAME, FRAME_BYTES};
use crate::assembler::Assembler;
use crate::memory::{FLIT, OWN, RING};
use crate::op::{In, Out};

/// `frames` takes all that has arrived; `line word` and `line byte` send with escapes and CRC.
pub fn write(a: &mut Assembler) {
    receive(a);
    crc(a);
    send(a);
}

fn receive(a: &mut Assembler) {
    let (end, whole, over, plain) = (
        a.name("end"),
        a.name("whole"),
        a.name("over"),
        a.name("plain"),
    );
    a.at("frames");
    a.show(In::Line);
    a.sub(RING_AT);
    a.jz(&end);
    a.li(2);
    a.out(Out::Bytes);
    a.li(FLIT as i32);
    a.out(Out::Limit);
    a.ld(RING_AT);
    a.roli(1);
    a.add_k(OWN as i32);
    a.out(Out::Read);
    a.ld(RING_AT);
    a.add_k(1);
    a.and_k(RING as u32 - 1);
    a.st(RING_AT);
    a.show(In::FlitLow);
    a.st(BYTE);
    a.rori(8);
    a.and_k(1);
    a.jz(&whole);
    a.li(1);
    a.st(BAD);
    a.at(&whole);
    a.ld(BYTE);
    a.and_k(255);
    a.st(BYTE);
    a.add_k(-i32::from(FLAG));
    a.jz("flag");
    a.add_k(i32::from(FLAG) - i32::from(ESCAPE));
    a.jz("escape");
    a.ld(ESCAPED);
    a.jz(&plain);
    a.li(0);
    a.st(ESCAPED);
    a.ld(BYTE);
    a.xor_k(FLIP.into());
    a.st(BYTE);
    a.at(&plain);
    a.call("crc");
    a.ld(LENGTH);
    a.add_k(-FRAME_BYTES);
    a.jnn("overflow");
    a.li(1);
    a.out(Out::Bytes);
    a.ld(BYTE);
    a.out(Out::FlitLow);
    a.ld(LENGTH);
    a.add_k(FRAME as i32);
    a.out(Out::Write);
    a.inc(LENGTH);
    a.jmp("frames");
    a.at("overflow");
    a.li(1);
    a.st(BAD);
    a.jmp("frames");
    a.at("escape");
    a.li(1);
    a.st(ESCAPED);
    a.jmp("frames");
    a.at("flag");
    a.ld(BAD);
    a.or(ESCAPED);
    a.jnz(&over);
    a.ld(LENGTH);
    a.add_k(-((REQUEST_BYTES + CRC_BYTES) as i32));
    a.jn(&over);
    a.ld(CRC);
    a.sub_k(CRC_RESIDUE);
    a.jnz(&over);
    a.call("request");
    a.at(&over);
    a.li(0);
    a.st(LENGTH);
    a.st(BAD);
    a.st(ESCAPED);
    a.li(-1);
    a.st(CRC);
    a.jmp("frames");
    a.at(&end);
    a.ret();
}

/// The CRC takes BYTE, four bits at a time.
fn crc(a: &mut Assembler) {
    let table: Vec<u32> = (0..16)
        .map(|i| {
            (0..4).fold(i, |crc: u32, _| match crc & 1 {
                1 => crc >> 1 ^ CRC_POLYNOMIAL,
                _ => crc >> 1,
            })
        })
        .collect();
    let table = a.table(&table);
    a.at("crc");
    a.ld(BYTE);
    for half in 0..2 {
        a.rori(4 * half);
        a.st(T);
        a.xor(CRC);
        a.and_k(15);
        a.tax();
        a.ld(CRC);
        a.rori(4);
        a.and_k(u32::MAX >> 4);
        a.xor_x(table);
        a.st(CRC);
        a.ld(T);
    }
    a.ret();
}

fn send(a: &mut Assembler) {
    let (next, escape) = (a.name("next"), a.name("escape"));
    a.at("line word");
    a.st(VALUE);
    a.li(4);
    a.st(LEFT_OF_VALUE);
    a.at(&next);
    a.ld(VALUE);
    a.and_k(255);
    a.call("line byte");
    a.ld(VALUE);
    a.rori(8);
    a.st(VALUE);
    a.dec(LEFT_OF_VALUE);
    a.jnz(&next);
    a.ret();
    a.at("line byte");
    a.st(BYTE);
    a.call("crc");
    a.ld(BYTE);
    a.add_k(-i32::from(FLAG));
    a.jz(&escape);
    a.add_k(i32::from(FLAG) - i32::from(ESCAPE));
    a.jz(&escape);
    a.ld(BYTE);
    a.out(Out::Line);
    a.ret();
    a.at(&escape);
    a.li(ESCAPE.into());
    a.out(Out::Line);
    a.ld(BYTE);
    a.xor_k(FLIP.into());
    a.out(Out::Line);
    a.ret();
}
