//! The hierarchy of a design, as rust-hdl's probe shows it.

use num_bigint::BigUint;
use rust_hdl::prelude::{Atom, AtomKind, Block, Probe, VCDValue, Verilog};

use crate::kind::Kind;

/// A block: its signals, the blocks inside it, and what it does.
pub struct Scope {
    /// Name of the field that holds it.
    pub name: String,
    pub signals: Vec<Signal>,
    pub children: Vec<Scope>,
    pub hdl: Verilog,
}

/// A signal or constant of a block.
pub struct Signal {
    pub name: String,
    pub role: AtomKind,
    /// `None` for an enumeration.
    pub kind: Option<Kind>,
    /// The value now: of a constant, or of a register after power-up.
    pub value: BigUint,
    pub clock: bool,
}

impl Scope {
    /// The hierarchy of a block that has been connected and not yet simulated.
    pub fn of(block: &dyn Block, name: &str) -> Scope {
        let mut walk = Walk {
            open: vec![Scope::new(name, Verilog::Empty)],
        };
        block.accept(name, &mut walk);
        // The probe opens and closes one scope: the block's.
        let mut root = walk.open.swap_remove(0);
        match root.children.pop() {
            Some(top) => top,
            None => root,
        }
    }

    fn new(name: &str, hdl: Verilog) -> Scope {
        Scope {
            name: name.to_string(),
            signals: Vec::new(),
            children: Vec::new(),
            hdl,
        }
    }

    /// The block is a flip-flop of rust-hdl's.
    pub fn is_register(&self) -> bool {
        let names: Vec<&str> = self.signals.iter().map(|s| s.name.as_str()).collect();
        let text = match &self.hdl {
            Verilog::Custom(text) => text,
            _ => return false,
        };
        names == ["d", "q", "clock"] && text.contains("always @(posedge clock) begin\n   q <= d;")
    }
}

struct Walk {
    open: Vec<Scope>,
}

impl Probe for Walk {
    fn visit_start_scope(&mut self, name: &str, node: &dyn Block) {
        self.open.push(Scope::new(name, node.hdl()));
    }

    fn visit_atom(&mut self, name: &str, atom: &dyn Atom) {
        let descriptor = atom.descriptor();
        let mut bits = Vec::new();
        flatten(&atom.vcd(), &mut bits);
        let mut value = BigUint::default();
        for (i, bit) in bits.into_iter().enumerate() {
            value.set_bit(i as u64, bit);
        }
        if let Some(scope) = self.open.last_mut() {
            scope.signals.push(Signal {
                name: name.to_string(),
                role: atom.kind(),
                kind: Kind::of(&descriptor),
                value,
                clock: descriptor.name == "clock",
            });
        }
    }

    fn visit_end_scope(&mut self, _name: &str, _node: &dyn Block) {
        if let (Some(scope), Some(parent)) = (self.open.pop(), self.open.last_mut()) {
            parent.children.push(scope);
        }
    }
}

/// The bits of a waveform value, lowest first.
fn flatten(value: &VCDValue, bits: &mut Vec<bool>) {
    let one = |bit: &vcd::Value| *bit == vcd::Value::V1;
    match value {
        VCDValue::Single(bit) => bits.push(one(bit)),
        VCDValue::Vector(vector) => bits.extend(vector.iter().rev().map(one)),
        VCDValue::String(_) => {}
        VCDValue::Composite(parts) => parts.iter().for_each(|part| flatten(part, bits)),
    }
}
