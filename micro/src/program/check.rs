//! What makes a command word legal, as `tcpu_isa::decode` has it.

use tcpu_isa::layout::{self, commit, contract, dma, fetch, header, loops, sync, trfload, Field};
use tcpu_isa::requant::MAX_SHIFT;
use tcpu_isa::word::used_bits;
use tcpu_isa::{Config, DecodeError, Unit, LEVELS};

use super::field;
use super::words::*;
use crate::assembler::Assembler;

/// A = code of the first rule that WORD breaks, 0 if it breaks none.
pub fn write(a: &mut Assembler, config: &Config) {
    for (name, code) in [
        ("bad version", DecodeError::Version(0).code()),
        ("bad unit", DecodeError::Unit(0).code()),
        ("bad operation", DecodeError::Op(0).code()),
        ("bad bits", DecodeError::Reserved { bits: 0 }.code()),
        ("bad range", range().code()),
    ] {
        a.at(name);
        a.li(code.into());
        a.ret();
    }
    a.at("legal");
    a.li(0);
    a.ret();

    // by number of the unit, then loop words: the bits that must be zero
    let execs = Unit::ALL.map(|unit| used_bits(unit, true));
    let used = execs.into_iter().chain([used_bits(Unit::Fetch, false)]);
    let reserved: Vec<u32> = used
        .flat_map(|bits| (0..4).map(move |i| !(bits >> (32 * i)) as u32))
        .collect();
    let reserved = a.table(&reserved);

    let (exec, kind) = (a.name("exec"), a.name("kind"));
    a.at("check");
    field(a, WORD, header::VERSION);
    a.add_k(-(layout::VERSION as i32));
    a.jnz("bad version");
    field(a, WORD, header::UNIT);
    a.st(WORD_UNIT);
    a.roli(3);
    a.st(WORD_UNIT8);
    a.add_k(-(8 * Unit::ALL.len() as i32));
    a.jnn("bad unit");
    field(a, WORD, header::OP);
    a.st(N);
    a.add_k(-(layout::OP_EXEC as i32) - 1);
    a.jnn("bad operation");
    a.ld(N);
    a.jnz(&exec);
    a.li(4 * Unit::ALL.len() as i32);
    a.jmp(&kind);
    a.at(&exec);
    a.ld(WORD_UNIT);
    a.roli(2);
    a.at(&kind);
    a.tax();
    for i in 0..4 {
        a.ld(WORD.plus(i));
        a.and_x(reserved.plus(i));
        a.jnz("bad bits");
    }
    a.ld(N);
    a.jz("check loop");

    // execs
    below(a, header::LEVEL, LEVELS + 1);
    a.ld(WORD.plus((sync::WAIT.lo / 32) as u16));
    a.rori(sync::SIGNAL.lo - sync::WAIT.lo);
    a.or(WORD.plus((sync::WAIT.lo / 32) as u16));
    a.rori(sync::WAIT.lo % 32);
    a.ror(WORD_UNIT);
    a.and_k(1);
    a.jnz("bad range");
    for (unit, name) in [
        (Unit::Fetch, "check fetch"),
        (Unit::Contract, "check contract"),
        (Unit::Commit, "check commit"),
        (Unit::TrfLoad, "check trfload"),
    ] {
        a.ld(WORD_UNIT);
        a.add_k(-(unit as i32));
        a.jz(name);
    }

    // load and store
    let load = a.name("load");
    below(a, dma::DM, config.dm_bytes());
    field(a, WORD, dma::DM);
    a.st(N);
    field(a, WORD, dma::BYTES);
    a.jz("bad range");
    a.add(N);
    a.add_k(-(config.dm_bytes() as i32) - 1);
    a.jnn("bad range");
    a.ld(WORD_UNIT);
    a.add_k(-(Unit::Load as i32));
    a.jz(&load);
    below(a, dma::BROADCAST, 1);
    a.at(&load);
    a.jmp("legal");

    a.at("check loop");
    let any = a.name("any stride");
    below(a, header::LEVEL, LEVELS);
    field(a, WORD, loops::COUNT);
    a.jz("bad range");
    for unit in [Unit::Contract, Unit::TrfLoad, Unit::Load, Unit::Store] {
        a.ld(WORD_UNIT);
        a.add_k(-(unit as i32));
        a.jz(&any);
    }
    below(a, loops::STRIDE_B, 1);
    a.at(&any);
    a.jmp("legal");

    a.at("check trfload");
    below(a, trfload::TRF, config.trf_rows * config.lanes);
    a.at("check fetch");
    let none = a.name("no tail");
    below(a, fetch::BASE, config.dm_bytes());
    up_to(a, fetch::PACKET, config.flit);
    field(a, WORD, fetch::PACK);
    a.jz("bad range");
    // Packets of a flit, a digit of 16 for each number of bytes from 1 on.
    let packs = (1..=8).fold(0, |packs, bytes| packs | (8 / bytes) << (4 * (bytes - 1)));
    field(a, WORD, fetch::PACKET);
    a.add_k(-1);
    a.roli(2);
    a.st(N);
    field(a, WORD, fetch::PACK);
    a.st(I);
    a.load(packs);
    a.ror(N);
    a.and_k(15);
    a.sub(I);
    a.jn("bad range");
    field(a, WORD, fetch::TAIL_LEVEL);
    a.add_k(-(LEVELS as i32));
    a.jz(&none);
    a.jnn("bad range");
    up_to(a, fetch::TAIL_BYTES, config.flit);
    a.jmp("legal");
    a.at(&none);
    below(a, fetch::TAIL_BYTES, 1);
    a.jmp("legal");

    a.at("check contract");
    below(a, contract::TRF, config.trf_rows * config.flit);
    below(a, contract::DEPTH, config.max_depth() as usize + 1);
    field(a, WORD, contract::DEPTH);
    a.add_k(-(config.min_depth() as i32));
    a.jn("bad range");
    below(a, contract::SLOT, config.acc_slots);
    field(a, WORD, header::LEVEL);
    a.st(N);
    field(a, WORD, contract::HOLD);
    a.st(I);
    a.ld(N);
    a.sub(I);
    a.jn("bad range");
    up_to(a, contract::LANES, config.lanes);
    up_to(a, contract::COLS, config.flit >> config.min_depth());
    // Each level of the reducer halves them.
    field(a, WORD, contract::DEPTH);
    a.xor_k(u32::MAX);
    a.add_k(1);
    a.st(N);
    field(a, WORD, contract::COLS);
    a.ror(N);
    a.add_k(-(config.flit as i32) - 1);
    a.jnn("bad range");
    up_to(a, contract::GROUP, config.values());
    below(a, contract::RADIX, LEVELS + 2);
    below(a, contract::NIBBLES, config.int4);
    a.jmp("legal");

    a.at("check commit");
    below(a, commit::BASE, config.dm_bytes());
    below(a, commit::SHIFT, usize::from(MAX_SHIFT) + 1);
    a.jmp("legal");
}

/// The code of all faults of ranges.
fn range() -> DecodeError {
    DecodeError::Range {
        unit: "",
        field: "",
        value: 0,
        min: 0,
        max: 0,
    }
}

/// A field must be below a number.
fn below(a: &mut Assembler, of: Field, end: usize) {
    field(a, WORD, of);
    a.add_k(-(end as i32));
    a.jnn("bad range");
}

/// A field must be from 1 to a number.
fn up_to(a: &mut Assembler, of: Field, most: usize) {
    field(a, WORD, of);
    a.add_k(-1);
    a.jn("bad range");
    a.add_k(-(most as i32));
    a.jnn("bad range");
}
