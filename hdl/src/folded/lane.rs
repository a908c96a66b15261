//! A lane of the multipliers: eight products, their sums, two accumulators' next values.
//!
//! ```text
//! flit ────────────────────> [ ] ──┐
//! weights ──turn──> splat ─> [ ] ──x──> [ products ] ──> sums ──> [ ] ──> + ──> [ next ]
//!                                    stored, or the step's before ──> 0, x 256 ──^
//! ```
//!
//! Column 0 has the products of the bytes 0, 2, 4, 6; column 1 the others'.

use rust_hdl::prelude::*;

use super::products::Products;
use crate::types::{ToBits, U};

/// See the module's documentation. A step's flit and weights are followed by its `stored` three cycles later.
#[derive(LogicBlock)]
pub struct Lane {
    pub clock: Signal<In, Clock>,
    pub flit: Signal<In, U<64>>,
    pub weights: Signal<In, U<64>>,
    /// A byte of the weights for each pair of the flit's, from this one on.
    pub splat: Signal<In, bool>,
    pub first: Signal<In, U<3>>,
    /// Column 0 has all products.
    pub whole: Signal<In, bool>,
    // The accumulators' step.
    pub stored: Signal<In, U<64>>,
    /// The accumulators are those of the step before.
    pub same: Signal<In, bool>,
    pub restart: Signal<In, bool>,
    pub scale: Signal<In, bool>,
    /// What is to be stored, column 0 in the lower half.
    pub sum: Signal<Out, U<64>>,
    products: [Products; 4],
    turn: [Constant<U<6>>; 3],
    back: [Constant<U<6>>; 3],
    byte: Constant<U<4>>,
    signs: Constant<U<19>>,
    wide_signs: Constant<U<32>>,
    half: Constant<U<6>>,
    columns: [DFF<U<19>>; 2],
    last: [DFF<U<32>>; 2],
    turned: Signal<Local, U<64>>,
    weight: [Signal<Local, U<16>>; 4],
    wide: [Signal<Local, U<19>>; 8],
    product: [Signal<Local, U<16>>; 8],
    sums: [Signal<Local, U<19>>; 2],
    before: [Signal<Local, U<32>>; 2],
    addend: [Signal<Local, U<32>>; 2],
    next: [Signal<Local, U<32>>; 2],
    low: Signal<Local, U<64>>,
    high: Signal<Local, U<64>>,
}

impl Default for Lane {
    fn default() -> Self {
        let bits = |bits| Constant::new(U::new(bits));
        Lane {
            clock: Default::default(),
            flit: Default::default(),
            weights: Default::default(),
            splat: Default::default(),
            first: Default::default(),
            whole: Default::default(),
            stored: Default::default(),
            same: Default::default(),
            restart: Default::default(),
            scale: Default::default(),
            sum: Default::default(),
            products: Default::default(),
            turn: std::array::from_fn(|i| bits(8 << i)),
            back: std::array::from_fn(|i| bits(64 - (8 << i))),
            byte: Constant::new(U::new(8)),
            signs: Constant::new(U::new(u64::MAX << 16)),
            wide_signs: Constant::new(U::new(u64::MAX << 19)),
            half: bits(32),
            columns: Default::default(),
            last: Default::default(),
            turned: Default::default(),
            weight: Default::default(),
            wide: Default::default(),
            product: Default::default(),
            sums: Default::default(),
            before: Default::default(),
            addend: Default::default(),
            next: Default::default(),
            low: Default::default(),
            high: Default::default(),
        }
    }
}

impl Logic for Lane {
    #[hdl_gen]
    fn update(&mut self) {
        for i in 0..2 {
            self.columns[i].clock.next = self.clock.val();
            self.last[i].clock.next = self.clock.val();
        }

        // operands
        self.turned.next = self.weights.val();
        for i in 0..3 {
            if self.first.val().get_bit(i) {
                self.turned.next = (self.turned.val() >> self.turn[i].val())
                    | (self.turned.val() << self.back[i].val());
            }
        }
        for i in 0..4 {
            self.products[i].clock.next = self.clock.val();
            self.products[i].x.next = self.flit.val().get_bits::<16>(16 * i);
            self.weight[i].next = self.turned.val().get_bits::<8>(8 * i).to_bits();
            self.products[i].w.next =
                self.weight[i].val() | (self.weight[i].val() << self.byte.val());
            if !self.splat.val() {
                self.products[i].w.next = self.weights.val().get_bits::<16>(16 * i);
            }
        }

        // sums
        for i in 0..4 {
            self.product[2 * i].next = self.products[i].products.val().get_bits::<16>(0);
            self.product[2 * i + 1].next = self.products[i].products.val().get_bits::<16>(16);
        }
        for i in 0..8 {
            self.wide[i].next = self.product[i].val().to_bits();
            if self.product[i].val().get_bit(15) {
                self.wide[i].next = self.wide[i].val() | self.signs.val();
            }
        }
        for i in 0..2 {
            self.sums[i].next = (self.wide[i].val() + self.wide[i + 2].val())
                + (self.wide[i + 4].val() + self.wide[i + 6].val());
            self.columns[i].d.next = self.sums[i].val();
        }
        if self.whole.val() {
            self.columns[0].d.next = self.sums[0].val() + self.sums[1].val();
        }

        // accumulators
        self.before[0].next = self.stored.val().get_bits::<32>(0);
        self.before[1].next = self.stored.val().get_bits::<32>(32);
        for i in 0..2 {
            if self.same.val() {
                self.before[i].next = self.last[i].q.val();
            }
            if self.scale.val() {
                self.before[i].next = self.before[i].val() << self.byte.val();
            }
            if self.restart.val() {
                self.before[i].next = 0.into();
            }
            self.addend[i].next = self.columns[i].q.val().to_bits();
            if self.columns[i].q.val().get_bit(18) {
                self.addend[i].next = self.addend[i].val() | self.wide_signs.val();
            }
            self.next[i].next = self.before[i].val() + self.addend[i].val();
            self.last[i].d.next = self.next[i].val();
        }
        self.low.next = self.next[0].val().to_bits();
        self.high.next = self.next[1].val().to_bits();
        self.sum.next = self.low.val() | (self.high.val() << self.half.val());
    }
}
