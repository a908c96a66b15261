//! Random kernels: what the back end makes of them is what they mean.
//!
//! A kernel is a syntax tree as `#[hdl_gen]` makes it, over all operators and widths from 1 to 64. An
//! interpreter says what it means, with the arithmetic of `tcpu_hdl::types::U`. The Verilog runs under
//! Verilator, under Icarus Verilog where that is installed, and again after Yosys has made gates of it.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rust_hdl::prelude::ast::{
    VerilogBlockOrConditional, VerilogConditional, VerilogExpression as E, VerilogOp,
    VerilogOpUnary, VerilogStatement,
};
use rust_hdl::prelude::*;
use tcpu_synth::tools::{Icarus, Yosys};
use tcpu_synth::verilated::Model;
use tcpu_synth::{modules, write, Module, Port, Reason};

/// A signal of some width.
struct Wire {
    name: String,
    width: usize,
    kind: AtomKind,
}

impl Atom for Wire {
    fn bits(&self) -> usize {
        self.width
    }
    fn connected(&self) -> bool {
        true
    }
    fn changed(&self) -> bool {
        false
    }
    fn kind(&self) -> AtomKind {
        self.kind
    }
    fn descriptor(&self) -> TypeDescriptor {
        TypeDescriptor {
            name: format!("U{}", self.width),
            kind: TypeKind::Bits(self.width),
        }
    }
    fn vcd(&self) -> VCDValue {
        VCDValue::Vector(vec![false.into(); self.width])
    }
    fn id(&self) -> usize {
        0
    }
    fn verilog(&self) -> VerilogLiteral {
        0u64.into()
    }
    fn constraints(&self) -> Vec<PinConstraint> {
        Vec::new()
    }
}

/// A block with a random kernel.
struct Kernel {
    wires: Vec<Wire>,
    statements: Vec<VerilogStatement>,
}

impl Logic for Kernel {
    fn update(&mut self) {}

    fn hdl(&self) -> Verilog {
        Verilog::Combinatorial(self.statements.clone())
    }
}

impl Block for Kernel {
    fn connect_all(&mut self) {}
    fn update_all(&mut self) {}
    fn has_changed(&self) -> bool {
        false
    }
    fn accept(&self, name: &str, probe: &mut dyn Probe) {
        probe.visit_start_scope(name, self);
        for wire in &self.wires {
            probe.visit_atom(&wire.name, wire);
        }
        probe.visit_end_scope(name, self);
    }
}

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, n: usize) -> usize {
        ((self.next() >> 33) as usize) % n
    }

    fn width(&mut self) -> usize {
        [1, 2, 3, 5, 7, 8, 13, 16, 31, 32, 33, 47, 63, 64][self.below(14)]
    }

    /// A value that is often at an end of its range.
    fn value(&mut self, width: usize) -> u64 {
        let value = match self.below(4) {
            0 => 0,
            1 => u64::MAX,
            2 => self.next() % 8,
            _ => self.next(),
        };
        value & mask(width)
    }
}

fn mask(width: usize) -> u64 {
    u64::MAX >> (64 - width)
}

/// Makes kernels. The wires in `readable` can be read so far.
struct Maker {
    random: Random,
    readable: Vec<(String, usize)>,
}

fn boxed(e: E) -> Box<E> {
    Box::new(e)
}

fn number(value: i32) -> E {
    E::Literal(value.into())
}

impl Maker {
    /// An expression of this width.
    fn expression(&mut self, width: usize, depth: usize) -> E {
        if depth == 0 {
            return self.leaf(width);
        }
        let d = depth - 1;
        let pick = self.random.below(if width == 1 { 18 } else { 11 });
        match pick {
            0..=4 => {
                let operators = [
                    VerilogOp::Add,
                    VerilogOp::Sub,
                    VerilogOp::BitAnd,
                    VerilogOp::BitOr,
                    VerilogOp::BitXor,
                ];
                let operator = operators[pick].clone();
                let (a, b) = (self.expression(width, d), self.operand(width, d));
                E::Binary(boxed(a), operator, boxed(b))
            }
            5 => E::Unary(VerilogOpUnary::Not, boxed(self.expression(width, d))),
            6 | 7 => {
                let by = self.random.width();
                let operator = [VerilogOp::Shl, VerilogOp::Shr][pick - 6].clone();
                let (a, b) = (self.expression(width, d), self.expression(by, d));
                E::Binary(boxed(a), operator, boxed(b))
            }
            8 => {
                let from = self.random.width();
                let offset = self.index(from, d);
                E::Slice(boxed(self.expression(from, d)), width, boxed(offset))
            }
            9 => {
                let at = match self.random.below(2) {
                    0 => number(self.random.below(width) as i32),
                    _ => self.narrow_index(width, d),
                };
                let (a, bit) = (self.expression(width, d), self.expression(1, d));
                E::IndexReplace(boxed(a), boxed(at), boxed(bit))
            }
            10 => E::Paren(boxed(self.expression(width, d))),
            11 => {
                let from = self.random.width();
                let at = self.index(from, d);
                E::Index(boxed(self.expression(from, d)), boxed(at))
            }
            12 | 13 => {
                let from = self.random.width();
                let operator = [VerilogOpUnary::All, VerilogOpUnary::Any][pick - 12].clone();
                E::Unary(operator, boxed(self.expression(from, d)))
            }
            14 => {
                let operator =
                    [VerilogOp::LogicalAnd, VerilogOp::LogicalOr][self.random.below(2)].clone();
                let (a, b) = (self.expression(1, d), self.expression(1, d));
                E::Binary(boxed(a), operator, boxed(b))
            }
            _ => {
                let operators = [
                    VerilogOp::Eq,
                    VerilogOp::Ne,
                    VerilogOp::Lt,
                    VerilogOp::Le,
                    VerilogOp::Gt,
                    VerilogOp::Ge,
                ];
                let operator = operators[self.random.below(6)].clone();
                let of = self.random.width();
                let (a, b) = (self.expression(of, d), self.operand(of, d));
                E::Binary(boxed(a), operator, boxed(b))
            }
        }
    }

    /// A right operand: sometimes a plain number. A one-bit one is a flag, which numbers do not mix with.
    fn operand(&mut self, width: usize, depth: usize) -> E {
        match self.random.below(4) {
            0 if width > 1 => number(self.random.below(256) as i32),
            _ => self.expression(width, depth),
        }
    }

    /// Which bit or from which bit on: fixed or not, perhaps beyond the top.
    fn index(&mut self, width: usize, depth: usize) -> E {
        match self.random.below(2) {
            0 => number(self.random.below(width + 2) as i32),
            _ => {
                let by = 1 + self.random.below(7);
                self.expression(by, depth)
            }
        }
    }

    /// An index that stays below 64, as `replace_bit` needs.
    fn narrow_index(&mut self, width: usize, depth: usize) -> E {
        let bits = usize::BITS as usize - (width - 1).leading_zeros() as usize;
        let by = (bits + self.random.below(2)).clamp(1, 6);
        self.expression(by, depth)
    }

    fn leaf(&mut self, width: usize) -> E {
        let same: Vec<String> = self
            .readable
            .iter()
            .filter(|(_, w)| *w == width)
            .map(|(n, _)| n.clone())
            .collect();
        match same.is_empty() {
            false => E::Signal(same[self.random.below(same.len())].clone()),
            true => {
                let (name, _) = self.readable[self.random.below(self.readable.len())].clone();
                E::Slice(boxed(E::Signal(name)), width, boxed(number(0)))
            }
        }
    }

    /// Statements that assign some of the targets, anew or from themselves, some in branches only.
    fn statements(&mut self, targets: &[(String, usize)], depth: usize) -> Vec<VerilogStatement> {
        let mut out = Vec::new();
        for _ in 0..1 + self.random.below(3) {
            if depth > 0 && self.random.below(3) == 0 {
                let test = self.expression(1, 2);
                let then = self.statements(targets, depth - 1);
                let otherwise = match self.random.below(3) {
                    0 => VerilogBlockOrConditional::None,
                    _ => VerilogBlockOrConditional::Block(self.statements(targets, depth - 1)),
                };
                out.push(VerilogStatement::If(VerilogConditional {
                    test,
                    then,
                    otherwise,
                }));
            } else {
                let (name, width) = targets[self.random.below(targets.len())].clone();
                out.push(self.assignment(&name, width));
            }
        }
        out
    }

    /// An assignment from an expression of the same or, converted, of another width.
    fn assignment(&mut self, name: &str, width: usize) -> VerilogStatement {
        let from = if self.random.below(3) == 0 {
            self.random.width()
        } else {
            width
        };
        let value = self.expression(from, 3);
        VerilogStatement::Assignment(E::Signal(format!("{name}$next")), value)
    }
}

/// A kernel with inputs of all widths, locals and outputs that are assigned several times.
fn kernel(seed: u64) -> Kernel {
    let mut maker = Maker {
        random: Random(seed),
        readable: Vec::new(),
    };
    let mut wires = Vec::new();
    for (i, width) in [1, 1, 2, 3, 5, 7, 8, 13, 16, 31, 32, 33, 47, 63, 64]
        .into_iter()
        .enumerate()
    {
        wires.push(Wire {
            name: format!("in{i}"),
            width,
            kind: AtomKind::InputParameter,
        });
        maker.readable.push((format!("in{i}"), width));
    }
    let mut statements = Vec::new();
    let mut targets = Vec::new();
    for i in 0..24 {
        let (name, width) = (format!("w{i}"), maker.random.width());
        // Two thirds are outputs.
        let kind = match i % 3 {
            0 => AtomKind::LocalSignal,
            _ => AtomKind::OutputParameter,
        };
        statements.push(maker.assignment(&name, width));
        maker.readable.push((name.clone(), width));
        wires.push(Wire {
            name: name.clone(),
            width,
            kind,
        });
        targets.push((name, width));
        if i % 4 == 3 {
            statements.extend(maker.statements(&targets, 2));
        }
    }
    Kernel { wires, statements }
}

/// Runs a kernel: the values of all wires.
struct Meaning<'a> {
    widths: &'a BTreeMap<String, usize>,
    values: BTreeMap<String, u64>,
}

impl Meaning<'_> {
    fn run(&mut self, statements: &[VerilogStatement]) {
        for statement in statements {
            match statement {
                VerilogStatement::Assignment(E::Signal(name), value) => {
                    let name = name.trim_end_matches("$next");
                    let (_, value) = self.value(value, 64);
                    self.values
                        .insert(name.to_string(), value & mask(self.widths[name]));
                }
                VerilogStatement::If(c) => {
                    if self.value(&c.test, 1).1 == 1 {
                        self.run(&c.then);
                    } else if let VerilogBlockOrConditional::Block(block) = &c.otherwise {
                        self.run(block);
                    }
                }
                other => panic!("{other:?}"),
            }
        }
    }

    /// Width and value; a plain number takes the width that is asked for.
    fn value(&self, e: &E, width: usize) -> (usize, u64) {
        match e {
            E::Signal(name) => (self.widths[name], self.values[name]),
            E::Literal(literal) => (width, literal.as_usize() as u64 & mask(width)),
            E::Paren(a) => self.value(a, width),
            E::Unary(operator, a) => {
                let (width, a) = self.value(a, width);
                match operator {
                    VerilogOpUnary::Not => (width, !a & mask(width)),
                    VerilogOpUnary::All => (1, u64::from(a == mask(width))),
                    _ => (1, u64::from(a != 0)),
                }
            }
            E::Slice(a, bits, offset) => {
                let (_, a) = self.value(a, width);
                let (_, offset) = self.value(offset, 32);
                (
                    *bits,
                    a.checked_shr(offset as u32).unwrap_or(0) & mask(*bits),
                )
            }
            E::Index(a, at) => {
                let (_, a) = self.value(a, width);
                let (_, at) = self.value(at, 32);
                (1, a.checked_shr(at as u32).unwrap_or(0) & 1)
            }
            E::IndexReplace(a, at, bit) => {
                let (width, a) = self.value(a, width);
                let (_, at) = self.value(at, 32);
                let (_, bit) = self.value(bit, 1);
                (width, (a & !(1 << at) | bit << at) & mask(width))
            }
            E::Binary(a, operator, b) => {
                let (width, a) = self.value(a, width);
                let (_, b) = self.value(b, width);
                let shift = |f: fn(u64, u32) -> Option<u64>| {
                    f(a, b.min(64) as u32).unwrap_or(0) & mask(width)
                };
                let flag = |value: bool| (1, u64::from(value));
                match operator {
                    VerilogOp::Add => (width, a.wrapping_add(b) & mask(width)),
                    VerilogOp::Sub => (width, a.wrapping_sub(b) & mask(width)),
                    VerilogOp::BitAnd | VerilogOp::LogicalAnd => (width, a & b),
                    VerilogOp::BitOr | VerilogOp::LogicalOr => (width, a | b),
                    VerilogOp::BitXor => (width, a ^ b),
                    VerilogOp::Shl => (width, shift(u64::checked_shl)),
                    VerilogOp::Shr => (width, shift(u64::checked_shr)),
                    VerilogOp::Eq => flag(a == b),
                    VerilogOp::Ne => flag(a != b),
                    VerilogOp::Lt => flag(a < b),
                    VerilogOp::Le => flag(a <= b),
                    VerilogOp::Gt => flag(a > b),
                    VerilogOp::Ge => flag(a >= b),
                    VerilogOp::Mul => panic!("numbers are not multiplied"),
                }
            }
            other => panic!("{other:?}"),
        }
    }
}

/// The same design as gates, as Yosys writes them.
fn gates(design: &[Module]) -> Vec<Module> {
    let folder = tempfile::tempdir().unwrap();
    let files = write(design, folder.path()).unwrap().join(" ");
    let top = &design[0];
    let script = format!(
        "read_verilog -noautowire {files}; synth -flatten -noabc -top {}; write_verilog -noattr gates.v",
        top.name
    );
    Yosys::find()
        .unwrap()
        .run(folder.path(), &script, true)
        .unwrap();
    let text = std::fs::read_to_string(folder.path().join("gates.v")).unwrap();
    vec![Module {
        text,
        ..top.clone()
    }]
}

/// Compares a model with the kernel's meaning on random inputs.
fn compare(kernel: &Kernel, design: &[Module], seed: u64) {
    let mut model = Model::new(design).unwrap();
    let ports: Vec<_> = model.ports().map(|(id, port)| (id, port.clone())).collect();
    let widths = kernel
        .wires
        .iter()
        .map(|w| (w.name.clone(), w.width))
        .collect();
    let mut random = Random(seed ^ 0x5555_5555);
    for _ in 0..2000 {
        let mut meaning = Meaning {
            widths: &widths,
            values: BTreeMap::new(),
        };
        for (id, port) in ports.iter().filter(|(_, port)| port.input) {
            let value = random.value(port.width);
            model.set(*id, &[value]);
            meaning.values.insert(port.name.clone(), value);
        }
        let inputs = meaning.values.clone();
        meaning.run(&kernel.statements);
        model.eval();
        for (id, port) in ports.iter().filter(|(_, port)| !port.input) {
            assert_eq!(
                model.get(*id),
                meaning.values[&port.name],
                "{} of the kernel with seed {seed}, for {inputs:?}:\n{}",
                port.name,
                design[0].text
            );
        }
    }
}

/// Kernels of fixed seeds, so that their models are in the cache the second time.
#[test]
fn verilator() {
    for seed in 1..=4 {
        let kernel = kernel(seed);
        let design = modules(&kernel, "random").unwrap();
        compare(&kernel, &design, seed);
    }
}

/// A bench around a design that reads the inputs, line by line, and prints the outputs after each.
fn bench(design: &Module, lines: usize) -> String {
    let ports = |input: bool| design.ports.iter().filter(move |port| port.input == input);
    let sum = |input: bool| ports(input).map(|port| port.width).sum::<usize>();
    let names = |input: bool| {
        let names: Vec<&str> = ports(input).map(|port| port.name.as_str()).collect();
        names.join(", ")
    };
    let declared = |kind: &str, input: bool| {
        let one = |port: &Port| format!("    {kind} [{}:0] {};\n", port.width - 1, port.name);
        ports(input).map(one).collect::<String>()
    };
    let wired: Vec<String> = design
        .ports
        .iter()
        .map(|port| format!(".{0}({0})", port.name))
        .collect();
    format!(
        "\
module bench;
{}{}    {} uut ({});
    reg [{}:0] lines [0:{}];
    integer line;
    initial begin
        $readmemb(\"inputs\", lines);
        for (line = 0; line < {lines}; line = line + 1) begin
            {{{}}} = lines[line];
            #1 $display(\"%b\", {{{}}});
        end
    end
endmodule
",
        declared("reg", true),
        declared("wire", false),
        design.name,
        wired.join(", "),
        sum(true) - 1,
        lines - 1,
        names(true),
        names(false),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Any kernel, under a simulator of another kind: Icarus Verilog is an interpreter of events and of four states.
    #[test]
    fn icarus(seed in 1..u64::MAX) {
        let Some(icarus) = Icarus::find() else { return Ok(()) };
        let kernel = kernel(seed);
        let design = match modules(&kernel, "random") {
            // Rare, and rightly refused: a wire that is nothing but constants.
            Err(error) if matches!(error.reason, Reason::Constants(_)) => return Err(TestCaseError::reject("refused")),
            design => design.unwrap(),
        };
        let widths = kernel.wires.iter().map(|w| (w.name.clone(), w.width)).collect();
        let mut random = Random(seed);
        let (mut inputs, mut expected) = (String::new(), Vec::new());
        for _ in 0..100 {
            let mut meaning = Meaning { widths: &widths, values: BTreeMap::new() };
            for port in design[0].ports.iter().filter(|port| port.input) {
                meaning.values.insert(port.name.clone(), random.value(port.width));
            }
            let line = |values: &BTreeMap<String, u64>, input: bool| {
                let ports = design[0].ports.iter().filter(|port| port.input == input);
                let bits = ports.map(|port| format!("{:01$b}", values[&port.name], port.width));
                bits.collect::<String>()
            };
            inputs += &(line(&meaning.values, true) + "\n");
            meaning.run(&kernel.statements);
            expected.push(line(&meaning.values, false));
        }
        let folder = tempfile::tempdir().unwrap();
        let mut files = write(&design, folder.path()).unwrap();
        std::fs::write(folder.path().join("inputs"), inputs).unwrap();
        std::fs::write(folder.path().join("bench.v"), bench(&design[0], 100)).unwrap();
        files.push("bench.v".to_string());
        let said = icarus.simulate(folder.path(), "bench", &files).unwrap();
        let found: Vec<&str> = said.lines().collect();
        prop_assert_eq!(found, expected, "{}", design[0].text);
    }
}

/// The same after synthesis.
#[test]
fn synthesised() {
    let seed = 13;
    let kernel = kernel(seed);
    let design = modules(&kernel, "random").unwrap();
    compare(&kernel, &gates(&design), seed);
}

/// What the back end makes of a kernel with a mistake in it is a message, not Verilog.
#[test]
fn refusals() {
    let wires = || {
        let wire = |name: &str, width, kind| Wire {
            name: name.to_string(),
            width,
            kind,
        };
        vec![
            wire("a", 8, AtomKind::InputParameter),
            wire("b", 9, AtomKind::InputParameter),
            wire("flag", 1, AtomKind::InputParameter),
            wire("local", 8, AtomKind::LocalSignal),
            wire("out", 8, AtomKind::OutputParameter),
        ]
    };
    let signal = |name: &str| E::Signal(name.to_string());
    let assign = |name: &str, value: E| VerilogStatement::Assignment(signal(name), value);
    let binary = |a: E, operator, b: E| E::Binary(boxed(a), operator, boxed(b));
    let when = |then| {
        VerilogStatement::If(VerilogConditional {
            test: signal("flag"),
            then,
            otherwise: VerilogBlockOrConditional::None,
        })
    };
    let cases = [
        (
            vec![assign(
                "out$next",
                binary(signal("a"), VerilogOp::Add, signal("b")),
            )],
            "widths 8 and 9",
        ),
        (
            vec![assign("out$next", signal("STREAM"))],
            "called \"STREAM\"",
        ),
        (vec![when(vec![assign("out$next", signal("a"))])], "a latch"),
        (vec![assign("out$next", signal("local"))], "read before"),
        (vec![], "never assigned"),
        (
            vec![
                assign("a$next", signal("a")),
                assign("out$next", signal("a")),
            ],
            "cannot be assigned",
        ),
        (
            vec![assign("out$next", E::Cast(boxed(signal("b")), 8))],
            "bit_cast",
        ),
        (
            vec![assign(
                "out$next",
                binary(signal("a"), VerilogOp::Mul, signal("a")),
            )],
            "not defined",
        ),
        (
            vec![assign(
                "out$next",
                binary(signal("a"), VerilogOp::LogicalAnd, signal("a")),
            )],
            "not defined",
        ),
        (
            vec![assign(
                "out$next",
                binary(signal("a"), VerilogOp::Shl, number(1)),
            )],
            "width nothing says",
        ),
        (
            // What it reads, it has made itself.
            vec![
                assign("out$next", number(7)),
                assign(
                    "out$next",
                    binary(signal("out"), VerilogOp::BitAnd, number(3)),
                ),
            ],
            "constants only",
        ),
    ];
    for (statements, message) in cases {
        let kernel = Kernel {
            wires: wires(),
            statements,
        };
        let error = modules(&kernel, "bad").unwrap_err().to_string();
        assert!(error.contains(message), "{error:?} has no {message:?}");
        assert!(error.starts_with("bad: "), "{error}");
    }
}
