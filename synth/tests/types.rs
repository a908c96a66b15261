//! Every operator of the hardware's types, and the expressions that rust-hdl's own emitter gets wrong: the
//! Verilog beside rust-hdl's simulation.

use std::array::from_fn;

use rust_hdl::prelude::{
    ast, block, dff_setup, hdl_gen, logic, probe, Block, Clock, In, Local, Logic, LogicBlock, Out,
    Signal, Synth, VCDValue, DFF,
};
use tcpu_hdl::bundle;
use tcpu_hdl::types::{Cells, Flits, ToBits, Values, Vector, U};
use tcpu_synth::modules;
use tcpu_synth::verilated::Model;

bundle! {
    /// Two fields.
    pub struct Pair {
        pub flag: bool,
        pub number: U<13>,
    }
}

#[derive(LogicBlock, Default)]
struct Operators {
    clock: Signal<In, Clock>,
    a: Signal<In, U<8>>,
    b: Signal<In, U<8>>,
    flag: Signal<In, bool>,
    at: Signal<In, U<3>>,
    vector: Signal<In, Vector<U<5>, 8>>,
    flits: Signal<In, Flits<2, 4>>,
    others: Signal<In, Flits<2, 4>>,
    cells: Signal<In, Cells<21, 2, 2, 4>>,
    more: Signal<In, Cells<21, 2, 2, 4>>,
    values: Signal<In, Values<32, 2, 1>>,
    factor: Signal<In, U<16>>,
    // What rust-hdl's emitter gets wrong.
    masked_equal: Signal<Out, bool>,
    sum_equal: Signal<Out, bool>,
    sum_halved: Signal<Out, U<8>>,
    not_equal: Signal<Out, bool>,
    sum_wide: Signal<Out, U<16>>,
    not_wide: Signal<Out, U<16>>,
    shifted_wide: Signal<Out, U<16>>,
    beyond: Signal<Out, U<8>>,
    constant: Signal<Out, U<8>>,
    reused: Signal<Out, U<8>>,
    reused_later: Signal<Out, U<8>>,
    // Vectors, bundles, registers.
    element: Signal<Out, U<5>>,
    replaced: Signal<Out, Vector<U<5>, 8>>,
    pair: Signal<Out, Pair>,
    number: Signal<Out, U<13>>,
    count: Signal<Out, U<8>>,
    // Flits and cells.
    flit_logic: Signal<Out, Flits<2, 4>>,
    flit_up: Signal<Out, Flits<2, 4>>,
    flit_down: Signal<Out, Flits<2, 4>>,
    sums: Signal<Out, Cells<21, 2, 2, 4>>,
    moved: Signal<Out, Cells<21, 2, 2, 4>>,
    scaled: Signal<Out, Cells<21, 2, 2, 4>>,
    wider: Signal<Out, Cells<32, 2, 2, 4>>,
    narrower: Signal<Out, Cells<9, 2, 2, 4>>,
    factored: Signal<Out, Values<49, 2, 1>>,
    scratch: Signal<Local, U<8>>,
    store: DFF<Pair>,
    counter: DFF<U<8>>,
}

impl Logic for Operators {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, store, counter);
        self.masked_equal.next = (self.a.val() & self.b.val()) == 5.into();
        self.sum_equal.next = (self.a.val() + 1.into()) == self.b.val();
        self.sum_halved.next = (self.a.val() + self.b.val()) >> self.at.val();
        self.not_equal.next = !self.a.val() == 240.into();
        self.sum_wide.next = (self.a.val() + self.b.val()).to_bits();
        self.not_wide.next = (!self.a.val()).to_bits();
        self.shifted_wide.next = (self.a.val() << self.at.val()).to_bits();
        self.beyond.next = self.a.val().get_bits::<8>(self.b.val());
        self.constant.next = 77.into();
        self.scratch.next = self.a.val() - self.b.val();
        self.reused.next = self.scratch.val() ^ self.a.val();
        self.scratch.next = self.scratch.val() + self.b.val();
        self.reused_later.next = self.scratch.val();
        self.element.next = self.vector.val().get_bit(self.at.val());
        self.replaced.next = self
            .vector
            .val()
            .replace_bit(self.at.val(), self.vector.val().get_bit(2) + 3.into());
        for i in 0..8 {
            if self.a.val().get_bit(i) && self.flag.val() {
                self.replaced.next = self
                    .replaced
                    .val()
                    .replace_bit(i, self.replaced.val().get_bit(i) + i.into());
            }
        }
        self.pair.next.flag = self.store.q.val().flag;
        self.pair.next.number = self.a.val().get_bits::<13>(0);
        self.number.next = self.store.q.val().number;
        if self.flag.val() {
            self.store.d.next.flag = !self.store.q.val().flag;
        } else if self.a.val() > self.b.val() {
            self.store.d.next.number = self.store.q.val().number + self.pair.val().number;
        }
        self.counter.d.next = self.counter.q.val() + self.b.val();
        self.count.next = self.counter.q.val();
        self.flit_logic.next = (self.flits.val() & self.others.val()) | (!self.flits.val());
        self.flit_up.next = self.flits.val() << self.at.val();
        self.flit_down.next = (self.flits.val() | self.others.val()) >> self.at.val();
        self.sums.next = self.cells.val() + self.more.val();
        self.moved.next = self.cells.val() >> self.at.val();
        self.scaled.next = self.cells.val() << self.at.val();
        self.wider.next = self.cells.val().to_bits();
        self.narrower.next = (self.cells.val() + self.more.val()).to_bits();
        self.factored.next = self.values.val() * self.factor.val();
    }
}

/// The bits of a value, as words.
fn words<T: Synth>(value: T) -> Vec<u64> {
    fn flatten(value: &VCDValue, bits: &mut Vec<bool>) {
        match value {
            VCDValue::Single(bit) => bits.push(*bit == vcd::Value::V1),
            VCDValue::Vector(v) => bits.extend(v.iter().rev().map(|bit| *bit == vcd::Value::V1)),
            VCDValue::Composite(parts) => parts.iter().for_each(|part| flatten(part, bits)),
            VCDValue::String(_) => panic!("no enumerations"),
        }
    }
    let mut bits = Vec::new();
    flatten(&value.vcd(), &mut bits);
    let word = |chunk: &[bool]| {
        let bit = |(i, bit): (usize, &bool)| u64::from(*bit) << i;
        chunk.iter().enumerate().map(bit).sum()
    };
    bits.chunks(64).map(word).collect()
}

struct Random(u64);

impl Random {
    /// Often an end of the range.
    fn next(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        match self.0 >> 61 {
            0 => 0,
            1 => u64::MAX,
            2 => 1 << (self.0 >> 50 & 63),
            _ => self.0.rotate_left(29),
        }
    }

    fn signed(&mut self, bits: u32) -> i64 {
        (self.next() as i64) << (64 - bits) >> (64 - bits)
    }
}

/// 3000 cycles of random inputs, ends of ranges (int8 -128 too) included.
#[test]
fn every_operator() {
    let mut uut = Operators {
        counter: DFF {
            q: Signal::new_with_default(U::new(42)),
            ..Default::default()
        },
        ..Default::default()
    };
    uut.connect_all();
    let mut model = Model::new(&modules(&uut, "operators").unwrap()).unwrap();
    let mut random = Random(7);
    for cycle in 0..3000 {
        macro_rules! set {
            ($($port:ident = $value:expr;)*) => {$(
                uut.$port.next = $value;
                let port = model.input(stringify!($port), usize::MAX).unwrap();
                model.set(port, &words(uut.$port.next));
            )*};
        }
        macro_rules! compare {
            ($($port:ident)*) => {$(
                let port = model.output(stringify!($port), usize::MAX).unwrap();
                let expected = words(uut.$port.val());
                let found: Vec<u64> = (0..expected.len()).map(|i| model.word(port, i)).collect();
                assert_eq!(found, expected, "{} in cycle {cycle}", stringify!($port));
            )*};
        }
        let a = random.next();
        set! {
            clock = Clock { clk: false };
            a = U::new(a);
            // Often near a, so that equalities happen.
            b = U::new(if cycle % 3 == 0 { a.wrapping_add(1) } else { random.next() });
            flag = random.next() & 1 == 1;
            at = U::new(random.next());
            vector = Vector(from_fn(|_| U::new(random.next())));
            flits = Flits(from_fn(|_| from_fn(|_| random.signed(8) as i8)));
            others = Flits(from_fn(|_| from_fn(|_| random.signed(8) as i8)));
            cells = Cells(from_fn(|_| from_fn(|_| from_fn(|_| random.signed(21) as i32))));
            more = Cells(from_fn(|_| from_fn(|_| from_fn(|_| random.signed(21) as i32))));
            values = Values(from_fn(|_| from_fn(|_| random.signed(32))));
            factor = U::new(random.next());
        }
        settle(&mut uut);
        model.eval();
        compare! {
            masked_equal sum_equal sum_halved not_equal sum_wide not_wide shifted_wide beyond constant
            reused reused_later element replaced pair number count flit_logic flit_up flit_down
            sums moved scaled wider narrower factored
        }
        set! {
            clock = Clock { clk: true };
        }
        settle(&mut uut);
        model.eval();
    }
}

fn settle(uut: &mut Operators) {
    loop {
        uut.update_all();
        if !uut.has_changed() {
            return;
        }
    }
}
