//! What each instruction has the parts of the control do: a table, a leaf block.
//!
//! ```text
//! op ──> [ table ] ──> orders
//! ```

use rust_hdl::prelude::*;
use tcpu_micro::op::Op;

use crate::bundle;
use crate::types::U;

bundle! {
    /// What an instruction does.
    pub struct Orders {
        /// The operand is the number, not the word; and its sign counts.
        pub number: bool,
        pub sign: bool,
        /// The adder's other side is 0, not A; or all ones.
        pub zeros: bool,
        pub ones: bool,
        /// The adder subtracts the operand; adds one.
        pub inverted: bool,
        pub carry: bool,
        /// The operand itself, its and, or, xor with A.
        pub logic: U<2>,
        /// What is made: [`SUM`], [`LOGIC`], [`TURNED`], [`SHOWN`]; A is turned by nothing.
        pub result: U<2>,
        pub still: bool,
        /// Where it goes.
        pub to_a: bool,
        pub to_word: bool,
        /// X takes [`ADDRESS`], [`WORD`] or [`ACCUMULATOR`]. The address has X in it: always, as the instruction says.
        pub to_x: bool,
        pub x_from: U<2>,
        pub counted: bool,
        pub indexed: bool,
        /// In, Out, and: X is shown.
        pub shows: bool,
        pub takes: bool,
        pub shows_x: bool,
        /// Jumps always, if A is zero (or not), if A is negative (or not).
        pub jumps: bool,
        pub if_zero: bool,
        pub if_negative: bool,
        pub if_not: bool,
        pub calls: bool,
        pub returns: bool,
    }
}

/// Results; the first one is made unless something else is said.
pub const SUM: u64 = 0;
pub const LOGIC: u64 = 1;
pub const TURNED: u64 = 2;
pub const SHOWN: u64 = 3;

/// Logic.
pub const PASS: u64 = 0;
pub const AND: u64 = 1;
pub const OR: u64 = 2;
pub const XOR: u64 = 3;

/// Where X comes from.
pub const ADDRESS: u64 = 0;
pub const WORD: u64 = 1;
pub const ACCUMULATOR: u64 = 2;

/// What an operation does; nothing, if there is none of this number.
fn orders(op: u64) -> Orders {
    let none = Orders {
        indexed: true,
        ..Orders::default()
    };
    let Some(&op) = Op::ALL.get(op as usize) else {
        return none;
    };
    let a = Orders {
        to_a: true,
        result: U::new(SUM),
        ..none
    };
    let logic = |logic| Orders {
        logic: U::new(logic),
        result: U::new(LOGIC),
        ..a
    };
    let turned = Orders {
        result: U::new(TURNED),
        ..a
    };
    let shown = Orders {
        result: U::new(SHOWN),
        ..a
    };
    let x = |from, counted| Orders {
        to_x: true,
        x_from: U::new(from),
        counted,
        indexed: from != ADDRESS,
        ..none
    };
    let number = |sign, orders| Orders {
        number: true,
        sign,
        ..orders
    };
    let word = |orders| Orders {
        to_word: true,
        ..orders
    };
    let jump = Orders {
        jumps: true,
        ..none
    };
    let zero = Orders {
        if_zero: true,
        ..none
    };
    let negative = Orders {
        if_negative: true,
        ..none
    };
    let not = |orders| Orders {
        if_not: true,
        ..orders
    };
    match op {
        Op::Ld => logic(PASS),
        Op::St => word(Orders {
            result: U::new(TURNED),
            still: true,
            ..none
        }),
        Op::Add => a,
        Op::Sub => Orders {
            inverted: true,
            carry: true,
            ..a
        },
        Op::And => logic(AND),
        Op::Or => logic(OR),
        Op::Xor => logic(XOR),
        Op::Ror => turned,
        Op::AddM => word(a),
        Op::Dec => word(Orders { ones: true, ..a }),
        Op::Inc => word(Orders {
            zeros: true,
            carry: true,
            ..a
        }),
        Op::Ldx => x(WORD, false),
        Op::Li => number(true, logic(PASS)),
        Op::Addi => number(true, a),
        Op::Andi => number(false, logic(AND)),
        Op::Rori => number(false, turned),
        Op::Tax => x(ACCUMULATOR, false),
        Op::Lix => x(ADDRESS, false),
        Op::Addx => x(ADDRESS, true),
        Op::In => Orders {
            shows: true,
            ..shown
        },
        Op::Out => Orders {
            takes: true,
            ..none
        },
        Op::Jmp => jump,
        Op::Jz => zero,
        Op::Jnz => not(zero),
        Op::Jn => negative,
        Op::Jnn => not(negative),
        Op::Call => Orders {
            calls: true,
            ..jump
        },
        Op::Ret => Orders {
            returns: true,
            ..none
        },
        Op::Txa => Orders {
            shows_x: true,
            ..shown
        },
    }
}

/// See the module's documentation. Combinational.
#[derive(LogicBlock, Default)]
pub struct Rules {
    pub op: Signal<In, U<5>>,
    pub orders: Signal<Out, Orders>,
}

impl Logic for Rules {
    fn update(&mut self) {
        self.orders.next = orders(self.op.val().value());
    }

    fn connect(&mut self) {
        self.orders.connect();
    }

    fn hdl(&self) -> Verilog {
        let width = Orders::BITS;
        let row = |op| {
            let bits = digits(&orders(op).vcd());
            format!("        5'd{op}: row = {width}'b{bits};\n")
        };
        // What has no operation does what the last number does.
        let rows: String = (0..31).map(row).collect();
        Verilog::Custom(format!(
            "\
reg [{top}:0] row;
always @* begin
    case (op)
{rows}        default: row = {width}'b{rest};
    endcase
end
assign orders = row;
",
            top = width - 1,
            rest = digits(&orders(31).vcd()),
        ))
    }
}

/// The bits of a bundle, highest first.
fn digits(value: &VCDValue) -> String {
    match value {
        VCDValue::Single(bit) => bit.to_string(),
        VCDValue::Vector(bits) => bits.iter().map(ToString::to_string).collect(),
        VCDValue::Composite(fields) => fields.iter().rev().map(|field| digits(field)).collect(),
        VCDValue::String(_) => String::new(),
    }
}
