//! COMMIT: requantises values and writes them into DM.
//!
//! ```text
//! folder ──> x mult ──k1──> >> shift, half to even ──k2──> saturate, pack ──k3──> window write request
//!   t          t             t+1                            t+2                     t+3
//! ```
//!
//! The sequencer's address, the parameters and the signals travel beside the values. All stages hold
//! while a request waits for its grant. The arithmetic is `tcpu_isa::requant`, bit by bit.

use rust_hdl::prelude::*;
use tcpu_isa::Config;

use crate::bundle;
use crate::context::Context;
use crate::decode::{CommitParams, UnitSet, Word};
use crate::types::{Flits, Values, U};

bundle! {
    /// What travels beside a flit of values.
    pub struct CommitTag {
        pub valid: bool,
        pub at: U<32>,
        /// Values in the flit.
        pub count: U<6>,
        /// Signals, if the flit is its exec's last.
        pub done: UnitSet,
    }
}

/// Shifts right and says which way half to even rounds: a leaf block, a shifter per value. Combinational.
#[derive(LogicBlock, Default)]
pub struct Round<const S: usize, const V: usize> {
    pub product: Signal<In, Values<49, S, V>>,
    pub shift: Signal<In, U<6>>,
    /// The floor, and below it a bit that says: one more.
    pub rounded: Signal<Out, Values<50, S, V>>,
}

impl<const S: usize, const V: usize> Logic for Round<S, V> {
    fn update(&mut self) {
        let shift = self.shift.val().value();
        let round = |product: i64| {
            let floor = product >> shift;
            if shift == 0 {
                return 2 * floor;
            }
            // Up, if the first lost bit is set and either a later one is, or the floor is odd.
            let half = product >> (shift - 1) & 1 == 1;
            let more = product & ((1 << (shift - 1)) - 1) != 0;
            2 * floor + i64::from(half && (more || floor & 1 == 1))
        };
        self.rounded.next = Values(self.product.val().0.map(|slice| slice.map(round)));
    }

    fn connect(&mut self) {
        self.rounded.connect();
    }

    fn hdl(&self) -> Verilog {
        let mut text = String::new();
        for i in 0..S * V {
            // A bit below the product: the first lost one is then the lowest of the shifted number.
            text.push_str(&format!(
                "\
wire signed [49:0] product_{i} = {{product[{at} +: 49], 1'b0}};
wire [49:0] shifted_{i} = product_{i} >>> shift;
wire more_{i} = |(product_{i} & ~({{50{{1'b1}}}} << shift));
wire up_{i} = shifted_{i}[0] & (more_{i} | shifted_{i}[1]);
assign rounded[{to} +: 50] = {{shifted_{i}[49:1], up_{i}}};
",
                at = i * 49,
                to = i * 50
            ));
        }
        Verilog::Custom(text)
    }
}

/// Rounds, saturates to 1, 2 or 4 bytes, or makes four digits, and puts the values side by side: a leaf block.
/// Combinational. The floor alone tells whether the rounded value fits, so the adder is no wider than the result.
#[derive(LogicBlock, Default)]
pub struct Pack<const S: usize, const F: usize, const V: usize> {
    /// As [`Round`] makes them.
    pub rounded: Signal<In, Values<50, S, V>>,
    /// [`tcpu_isa::OutType`].
    pub out: Signal<In, U<2>>,
    pub bytes: Signal<Out, Flits<S, F>>,
}

impl<const S: usize, const F: usize, const V: usize> Logic for Pack<S, F, V> {
    fn update(&mut self) {
        let digits = self.out.val().value() == 3;
        let size = 1 << self.out.val().value().min(2);
        let limit = 1i64 << (8 * size - 1);
        let most = if digits { 0x7f7f_7f7f } else { limit - 1 };
        let mut flits = Flits::<S, F>::default();
        for (flit, values) in flits.0.iter_mut().zip(&self.rounded.val().0) {
            for (v, value) in values.iter().enumerate() {
                let value = ((value >> 1) + (value & 1)).clamp(-limit, most);
                for i in 0..size {
                    flit[v * size + i] = match digits {
                        // Lower digits are unsigned with 128 added; a flipped top bit takes it off.
                        true => {
                            let byte = ((value + 0x0080_8080) >> (24 - 8 * i)) as i8;
                            byte ^ if i == 0 { 0 } else { i8::MIN }
                        }
                        false => (value >> (8 * i)) as i8,
                    };
                }
            }
        }
        self.bytes.next = flits;
    }

    fn connect(&mut self) {
        self.bytes.connect();
    }

    fn hdl(&self) -> Verilog {
        let mut text = String::new();
        for i in 0..S * V {
            text.push_str(&format!(
                "\
wire up_{i} = rounded[{at}];
wire [48:0] floor_{i} = rounded[{at} + 1 +: 49];
",
                at = i * 50
            ));
            for bits in [8, 16, 32] {
                // A floor at the top has no room for one more; one below the bottom rounds to the bottom.
                text.push_str(&format!(
                    "\
wire fits_{bits}_{i} = (&floor_{i}[48:{sign}]) | (~(|floor_{i}[48:{sign}]));
wire top_{bits}_{i} = ~floor_{i}[{sign}] & (&floor_{i}[{below}:0]);
wire [{sign}:0] sum_{bits}_{i} = floor_{i}[{sign}:0] + {{{sign}'d0, up_{i}}};
wire [{sign}:0] sat_{bits}_{i} = ~fits_{bits}_{i} ? {{floor_{i}[48], {{{sign}{{~floor_{i}[48]}}}}}} :
    top_{bits}_{i} ? floor_{i}[{sign}:0] : sum_{bits}_{i};
",
                    sign = bits - 1,
                    below = bits - 2,
                ));
            }
            // Lower digits are unsigned with 128 added; a flipped top bit takes it off.
            text.push_str(&format!(
                "\
wire above_{i} = ~floor_{i}[48] & (~fits_32_{i} | (floor_{i}[31:0] >= 32'h7f7f7f7f));
wire below_{i} = floor_{i}[48] & ~fits_32_{i};
wire [31:0] biased_{i} = floor_{i}[31:0] + 32'h00808080 + {{31'd0, up_{i}}};
wire [31:0] sum_{i} = above_{i} ? 32'h7fffffff : below_{i} ? 32'h80808080 : biased_{i};
wire [31:0] digits_{i} = {{sum_{i}[7:0] ^ 8'h80, sum_{i}[15:8] ^ 8'h80, sum_{i}[23:16] ^ 8'h80, sum_{i}[31:24]}};
"
            ));
        }
        for s in 0..S {
            // The slice's values side by side, in each type.
            let side = |name: &str, bits: usize| {
                let values: Vec<String> = (0..V)
                    .rev()
                    .map(|v| format!("{name}_{}", s * V + v))
                    .collect();
                match F * 8 - V * bits {
                    0 => format!("{{{}}}", values.join(", ")),
                    rest => format!("{{{rest}'d0, {}}}", values.join(", ")),
                }
            };
            text.push_str(&format!(
                "\
reg [{bits}-1:0] flit_{s};
always @* begin
    case (out)
        2'd0: flit_{s} = {};
        2'd1: flit_{s} = {};
        2'd2: flit_{s} = {};
        2'd3: flit_{s} = {};
    endcase
end
assign bytes[{at} +: {bits}] = flit_{s};
",
                side("sat_8", 8),
                side("sat_16", 16),
                side("sat_32", 32),
                side("digits", 32),
                bits = F * 8,
                at = s * F * 8,
            ));
        }
        Verilog::Custom(text)
    }
}

/// See the module's documentation.
#[derive(LogicBlock)]
pub struct CommitUnit<const S: usize, const F: usize, const V: usize> {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, bool>,
    pub push: Signal<In, bool>,
    pub word: Signal<In, Word>,
    pub full: Signal<Out, bool>,
    pub waits: Signal<Out, UnitSet>,
    pub may: Signal<In, bool>,
    pub start: Signal<Out, bool>,
    /// The exec that is active makes its last step.
    pub ends: Signal<Out, bool>,
    pub done: Signal<Out, UnitSet>,
    pub quiet: Signal<Out, bool>,
    /// An exec runs; none runs and the next one waits for a semaphore.
    pub active: Signal<Out, bool>,
    pub waiting: Signal<Out, bool>,
    pub values_valid: Signal<In, bool>,
    pub values: Signal<In, Values<32, S, V>>,
    pub count: Signal<In, U<6>>,
    pub taken: Signal<Out, bool>,
    pub request: Signal<Out, bool>,
    pub request_at: Signal<Out, U<32>>,
    pub request_bytes: Signal<Out, U<6>>,
    pub request_data: Signal<Out, Flits<S, F>>,
    pub grant: Signal<In, bool>,
    pub context: Context,
    round: Round<S, V>,
    pack: Pack<S, F, V>,
    tag1: DFF<CommitTag>,
    tag2: DFF<CommitTag>,
    tag3: DFF<CommitTag>,
    params1: DFF<CommitParams>,
    params2: DFF<CommitParams>,
    params3: DFF<CommitParams>,
    product1: DFF<Values<49, S, V>>,
    rounded2: DFF<Values<50, S, V>>,
    bytes3: DFF<Flits<S, F>>,
    four_bytes: Constant<U<2>>,
    go: Signal<Local, bool>,
    enter: Signal<Local, bool>,
}

impl<const S: usize, const F: usize, const V: usize> CommitUnit<S, F, V> {
    /// The commit unit of a build.
    pub fn new(config: &Config) -> Self {
        CommitUnit {
            clock: Default::default(),
            reset: Default::default(),
            push: Default::default(),
            word: Default::default(),
            full: Default::default(),
            waits: Default::default(),
            may: Default::default(),
            start: Default::default(),
            ends: Default::default(),
            done: Default::default(),
            quiet: Default::default(),
            active: Default::default(),
            waiting: Default::default(),
            values_valid: Default::default(),
            values: Default::default(),
            count: Default::default(),
            taken: Default::default(),
            request: Default::default(),
            request_at: Default::default(),
            request_bytes: Default::default(),
            request_data: Default::default(),
            grant: Default::default(),
            context: Context::new(config.queue),
            round: Default::default(),
            pack: Default::default(),
            tag1: Default::default(),
            tag2: Default::default(),
            tag3: Default::default(),
            params1: Default::default(),
            params2: Default::default(),
            params3: Default::default(),
            product1: Default::default(),
            rounded2: Default::default(),
            bytes3: Default::default(),
            four_bytes: Constant::new(U::new(2)),
            go: Default::default(),
            enter: Default::default(),
        }
    }
}

impl<const S: usize, const F: usize, const V: usize> Logic for CommitUnit<S, F, V> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, tag1, tag2, tag3, params1, params2, params3, product1, rounded2, bytes3
        );
        self.context.clock.next = self.clock.val();
        self.context.reset.next = self.reset.val();
        self.context.push.next = self.push.val();
        self.context.word.next = self.word.val();
        self.full.next = self.context.full.val();
        self.waits.next = self.context.waits.val();
        self.context.may.next = self.may.val();
        self.start.next = self.context.start.val();
        self.active.next = self.context.valid.val();
        self.waiting.next = self.context.waiting.val();
        self.go.next = (!self.tag3.q.val().valid) || self.grant.val();
        self.enter.next = self.context.valid.val() && self.values_valid.val() && self.go.val();
        self.taken.next = self.enter.val();
        self.ends.next = self.enter.val() && self.context.last.val();
        self.context.step.next = self.enter.val();
        self.round.product.next = self.product1.q.val();
        self.round.shift.next = self.params1.q.val().shift;
        self.pack.rounded.next = self.rounded2.q.val();
        self.pack.out.next = self.params2.q.val().out;
        if self.go.val() {
            self.tag1.d.next.valid = self.enter.val();
            self.tag1.d.next.at = self.context.a.val();
            self.tag1.d.next.count = self.count.val();
            self.tag1.d.next.done = 0.into();
            if self.enter.val() && self.context.last.val() {
                self.tag1.d.next.done = self.context.signals.val();
            }
            self.params1.d.next = self.context.commit.val();
            self.product1.d.next = self.values.val() * self.context.commit.val().mult;
            self.tag2.d.next = self.tag1.q.val();
            self.params2.d.next = self.params1.q.val();
            self.rounded2.d.next = self.round.rounded.val();
            self.tag3.d.next = self.tag2.q.val();
            self.params3.d.next = self.params2.q.val();
            self.bytes3.d.next = self.pack.bytes.val();
        }
        self.request.next = self.tag3.q.val().valid;
        self.request_at.next = self.tag3.q.val().at;
        self.request_bytes.next = self.tag3.q.val().count << self.params3.q.val().out;
        if self.params3.q.val().out == 3.into() {
            self.request_bytes.next = self.tag3.q.val().count << self.four_bytes.val();
        }
        self.request_data.next = self.bytes3.q.val();
        self.done.next = 0.into();
        if self.grant.val() {
            self.done.next = self.tag3.q.val().done;
        }
        self.quiet.next = self.context.quiet.val()
            && (!self.tag1.q.val().valid)
            && (!self.tag2.q.val().valid)
            && (!self.tag3.q.val().valid);
    }
}
