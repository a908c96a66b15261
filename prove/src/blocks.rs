//! A block's Verilog with its property in it.

use std::fmt::Write as _;

use tcpu_isa::layout::{self, Field};
use tcpu_isa::word::used_bits;
use tcpu_isa::{requant, Config, Unit};
use tcpu_synth::{modules, EmitError, Module};

use crate::table::{Proof, BUFFER, QUEUE, QUEUE_PARTS};

/// Name of the module with the property.
pub(crate) const TOP: &str = "uut";

impl Proof {
    /// The block's Verilog, without the property.
    ///
    /// # Errors
    /// A block that cannot be translated.
    pub fn modules(&self, config: &Config) -> Result<Vec<Module>, EmitError> {
        let mut block = (self.block)(config);
        block.connect_all();
        modules(block.as_ref(), TOP)
    }

    /// The block's Verilog with the fault that its property must find; `None` if it has not the fault's place.
    ///
    /// # Errors
    /// A block that cannot be translated.
    pub fn faulty(&self, config: &Config) -> Result<Option<Vec<Module>>, EmitError> {
        let mut modules = self.modules(config)?;
        let (right, wrong) = self.fault;
        let place = modules.iter().position(|m| m.text.contains(right));
        Ok(place.map(|place| {
            let text = &mut modules[place].text;
            *text = text.replacen(right, wrong, 1);
            modules
        }))
    }

    /// The top module with the property at its end, and the numbers that it names before.
    fn with_property(&self, top: &Module, config: &Config) -> String {
        let mut text = String::new();
        for (name, value) in numbers(config) {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "`define {name} {value}");
        }
        for (name, value) in self.numbers {
            let _ = writeln!(text, "`define {name} {value}");
        }
        text.push_str(&at_end(top, self.property));
        text
    }

    /// Puts the property into the top module, and what holds of queues and buffers into those inside.
    pub(crate) fn put_into(&self, modules: &mut [Module], config: &Config) {
        let (tops, others) = modules.split_at_mut(1.min(modules.len()));
        for top in tops {
            top.text = self.with_property(top, config);
        }
        for module in others {
            let has = |ports: &[&str]| {
                let mut there = module.ports.iter().map(|port| port.name.as_str());
                ports.len() == module.ports.len() && there.all(|name| ports.contains(&name))
            };
            if has(FIFO) {
                let parts = if module.text.contains("waiting_1") {
                    QUEUE_PARTS
                } else {
                    ""
                };
                module.text = at_end(module, &[QUEUE, parts].concat());
            } else if has(SKID) {
                module.text = at_end(module, BUFFER);
            }
        }
    }
}

/// The ports of a queue, and of a skid buffer.
const FIFO: &[&str] = &[
    "clock", "reset", "write", "data", "pop", "valid", "full", "head", "count",
];
const SKID: &[&str] = &[
    "clock", "reset", "push", "data", "ready", "valid", "head", "pop",
];

/// A module with more text at its end.
fn at_end(module: &Module, text: &str) -> String {
    let body = module.text.trim_end();
    let body = body.strip_suffix("endmodule").unwrap_or(body);
    format!("{body}\n{text}endmodule\n")
}

/// What a property may name: the build's sizes, and where the fields of a command word are.
fn numbers(config: &Config) -> Vec<(String, String)> {
    let sizes = config.sizes();
    let mut numbers: Vec<(String, String)> = sizes
        .iter()
        .map(|(name, size)| (name.to_uppercase(), size.to_string()))
        .collect();
    let mut add = |name: &str, value: String| numbers.push((name.to_string(), value));
    add("DM_BYTES", config.dm_bytes().to_string());
    add("BANK_BYTES", config.bank_bytes().to_string());
    add("MAX_SHIFT", requant::MAX_SHIFT.to_string());
    add("VERSION", layout::VERSION.to_string());
    let groups: [(&str, &[Field]); 8] = [
        ("HEADER", layout::header::ALL),
        ("LOOPS", layout::loops::ALL),
        ("FETCH", layout::fetch::ALL),
        ("TRFLOAD", layout::trfload::ALL),
        ("CONTRACT", layout::contract::ALL),
        ("COMMIT", layout::commit::ALL),
        ("DMA", layout::dma::ALL),
        ("SYNC", layout::sync::ALL),
    ];
    for (group, fields) in groups {
        for field in fields {
            let bits = format!("{}:{}", field.lo + field.width - 1, field.lo);
            add(&format!("{group}_{}", field.name), bits);
        }
    }
    let unused = |unit, exec| format!("128'h{:x}", !used_bits(unit, exec));
    add("UNUSED_LOOP", unused(Unit::Fetch, false));
    for unit in Unit::ALL {
        let name = format!("UNUSED_{}", unit.name().to_uppercase());
        add(&name, unused(unit, true));
    }
    numbers
}
