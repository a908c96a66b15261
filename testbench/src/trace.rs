//! What the ports of a block showed, and its replay on another telling of the block.
//!
//! ```text
//! block ──every port, every cycle──> trace ──inputs──> other telling ──outputs──> equal?
//! ```
//!
//! The ports are found by walking the block, so that no list of them is kept anywhere.

use std::collections::BTreeMap;

use rust_hdl::prelude::*;
use serde::{Deserialize, Serialize};
use tcpu_synth::{modules, EmitError, Module};
use thiserror::Error;

/// An input or output of a block; the clock is none of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Port {
    /// As rust-hdl names it; element `i` of an array is `name$i`.
    pub name: String,
    pub input: bool,
    pub bits: usize,
}

/// What the ports of a block showed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    pub ports: Vec<Port>,
    /// The Verilog of the block, its top first.
    pub modules: Vec<Module>,
    /// For each cycle, just before its clock edge, the bits of each port: 32-bit words, lowest first.
    pub cycles: Vec<Vec<Vec<u32>>>,
    /// Of outputs of which not all bits mean something: by port and cycle, those that do.
    pub masks: BTreeMap<String, BTreeMap<usize, Vec<u32>>>,
}

/// An output means something only while another one is not zero, its flag, like data beside its `valid`; or it is
/// not compared at all. With several flags, any of them that the block has will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meant {
    pub output: &'static str,
    pub flag: Option<&'static str>,
}

/// Another telling of a block, whose ports go by name.
pub trait Telling {
    /// Sets an input.
    fn set(&mut self, port: &Port, value: &[u32]);
    /// Lets the inputs act, the clock being low.
    fn settle(&mut self);
    /// Reads an output, as long as the port is wide.
    fn get(&mut self, port: &Port) -> Vec<u32>;
    /// The clock rises and falls.
    fn edge(&mut self);
}

/// Where another telling differs first.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("cycle {cycle}: {port} is {found:x?} instead of {expected:x?}")]
pub struct Difference {
    pub cycle: usize,
    pub port: String,
    pub found: Vec<u32>,
    pub expected: Vec<u32>,
}

impl Trace {
    /// An empty trace of a block that is connected and has not been simulated yet.
    pub(crate) fn of(uut: &impl Block) -> Result<Trace, EmitError> {
        Ok(Trace {
            modules: modules(uut, "uut")?,
            ..Trace::default()
        })
    }

    /// Adds a cycle of a block that has settled.
    pub(crate) fn note(&mut self, uut: &impl Block) {
        let mut probe = Ports::default();
        uut.accept("uut", &mut probe);
        self.ports = probe.ports;
        self.cycles.push(probe.values);
    }

    /// Only these bits of an output mean something in the cycle that is noted next.
    pub(crate) fn mask(&mut self, output: &str, bits: &[bool]) {
        let masks = self.masks.entry(output.to_string()).or_default();
        masks.insert(self.cycles.len(), words(bits));
    }

    /// Plays the inputs to another telling and compares its outputs, those that are `meant` to be read.
    ///
    /// # Errors
    /// The first difference.
    pub fn replay(&self, other: &mut impl Telling, meant: &[Meant]) -> Result<(), Difference> {
        for (cycle, values) in self.cycles.iter().enumerate() {
            let ports = || self.ports.iter().zip(values);
            for (port, value) in ports().filter(|(port, _)| port.input) {
                other.set(port, value);
            }
            other.settle();
            for (port, expected) in ports().filter(|(port, _)| !port.input) {
                let found = other.get(port);
                let masks = self.masks.get(&port.name);
                let mask = masks.and_then(|masks| masks.get(&cycle));
                let differs = |i: usize| {
                    let mask = mask.map_or(u32::MAX, |mask| mask[i]);
                    (found[i] ^ expected[i]) & mask != 0
                };
                let differ = (0..expected.len()).any(differs);
                if self.is_meant(&port.name, meant, cycle) && differ {
                    return Err(Difference {
                        cycle,
                        port: port.name.clone(),
                        found,
                        expected: expected.clone(),
                    });
                }
            }
            other.edge();
        }
        Ok(())
    }

    /// One of the output's flags is high; or it has none, as far as this block has them.
    fn is_meant(&self, output: &str, meant: &[Meant], cycle: usize) -> bool {
        let port = |flag| self.ports.iter().position(|port| port.name == flag);
        let high = |port: usize| self.cycles[cycle][port].iter().any(|&word| word > 0);
        let own = meant.iter().filter(|meant| meant.output == output);
        let mut flags = own
            .filter_map(|meant| match meant.flag {
                Some(flag) => port(flag).map(high),
                None => Some(false),
            })
            .peekable();
        flags.peek().is_none() || flags.any(|high| high)
    }
}

/// Bits in words, the lowest first.
fn words(bits: &[bool]) -> Vec<u32> {
    let word = |chunk: &[bool]| {
        let ones = chunk.iter().rev();
        ones.fold(0, |word, &bit| word << 1 | u32::from(bit))
    };
    bits.chunks(32).map(word).collect()
}

/// Collects the ports of the outermost block.
#[derive(Default)]
struct Ports {
    depth: usize,
    ports: Vec<Port>,
    values: Vec<Vec<u32>>,
}

impl Probe for Ports {
    fn visit_start_scope(&mut self, _name: &str, _node: &dyn Block) {
        self.depth += 1;
    }

    fn visit_atom(&mut self, name: &str, signal: &dyn Atom) {
        let input = signal.kind() == AtomKind::InputParameter;
        let port = input || signal.kind() == AtomKind::OutputParameter;
        if self.depth > 1 || !port || signal.descriptor().name == "clock" {
            return;
        }
        let mut bits = Vec::with_capacity(signal.bits());
        flatten(&signal.vcd(), &mut bits);
        self.values.push(words(&bits));
        self.ports.push(Port {
            name: name.to_string(),
            input,
            bits: bits.len(),
        });
    }

    fn visit_end_scope(&mut self, _name: &str, _node: &dyn Block) {
        self.depth -= 1;
    }
}

/// The bits of a value, lowest first. The first field or element of a composite is in the low bits.
fn flatten(value: &VCDValue, bits: &mut Vec<bool>) {
    match value {
        VCDValue::Single(bit) => bits.push(*bit == vcd::Value::V1),
        VCDValue::Vector(high_first) => {
            bits.extend(high_first.iter().rev().map(|bit| *bit == vcd::Value::V1));
        }
        VCDValue::Composite(parts) => parts.iter().for_each(|part| flatten(part, bits)),
        // Only stock enums are shown as text, and no port is one.
        VCDValue::String(_) => {}
    }
}
