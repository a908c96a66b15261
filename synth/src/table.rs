//! The signals that a module's kernel can name.

use std::collections::HashMap;

use num_bigint::BigUint;
use rust_hdl::prelude::AtomKind;

use crate::error::Reason;
use crate::expr::Id;
use crate::kind::Kind;
use crate::scope::{Scope, Signal};

/// What a signal is to the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    Input,
    Output,
    Local,
    /// Ports of a block inside.
    ChildInput,
    ChildOutput,
    /// A register, with its value after power-up; its next value; its clock.
    Register(BigUint),
    Next,
    RegisterClock,
    Constant(BigUint),
}

/// A signal.
#[derive(Clone, Debug)]
pub struct Net {
    /// As the kernel names it: `fifo.head`.
    pub path: String,
    /// In Verilog.
    pub name: String,
    pub kind: Kind,
    pub role: Role,
    pub clock: bool,
}

/// All signals of a module.
#[derive(Debug, Default)]
pub struct Table {
    pub nets: Vec<Net>,
    by_path: HashMap<String, Id>,
}

impl Table {
    /// The signals of a block, its registers and the ports of the blocks inside it.
    pub fn of(scope: &Scope) -> Result<Table, Reason> {
        let mut table = Table::default();
        for signal in &scope.signals {
            let role = match signal.role {
                AtomKind::InputParameter => Role::Input,
                AtomKind::OutputParameter => Role::Output,
                AtomKind::LocalSignal => Role::Local,
                AtomKind::Constant => Role::Constant(signal.value.clone()),
                _ => return Err(Reason::Construct("a signal of this direction")),
            };
            table.add(signal, &signal.name, &signal.name, role)?;
        }
        for child in &scope.children {
            for signal in &child.signals {
                let path = format!("{}${}", child.name, signal.name);
                let (name, role) = match (child.is_register(), signal.name.as_str()) {
                    (true, "q") => (child.name.clone(), Role::Register(signal.value.clone())),
                    (true, "d") => (format!("{}_next", child.name), Role::Next),
                    (true, _) => (path.clone(), Role::RegisterClock),
                    (false, _) => match signal.role {
                        AtomKind::InputParameter => (path.clone(), Role::ChildInput),
                        AtomKind::OutputParameter => (path.clone(), Role::ChildOutput),
                        _ => continue,
                    },
                };
                table.add(signal, &path, &name, role)?;
            }
        }
        Ok(table)
    }

    fn add(&mut self, signal: &Signal, path: &str, name: &str, role: Role) -> Result<(), Reason> {
        let kind = signal.kind.clone();
        let name = identifier(name);
        // Constants and register clocks have no name in the Verilog.
        let named = !matches!(role, Role::Constant(_) | Role::RegisterClock);
        let same = |net: &Net| {
            named
                && net.name == name
                && !matches!(net.role, Role::Constant(_) | Role::RegisterClock)
        };
        if self.nets.iter().any(same) {
            return Err(Reason::Name(name));
        }
        self.by_path.insert(path.to_string(), self.nets.len());
        self.nets.push(Net {
            path: path.replace('$', "."),
            name,
            kind: kind.ok_or_else(|| Reason::Enumeration(path.to_string()))?,
            role,
            clock: signal.clock,
        });
        Ok(())
    }

    /// The signal that rust-hdl's tree names so.
    pub fn find(&self, path: &str) -> Option<Id> {
        self.by_path.get(path).copied()
    }
}

/// A name that Verilog (and SystemVerilog, which some tools assume) allows.
pub fn identifier(name: &str) -> String {
    let name = name.replace('$', "_");
    match RESERVED.contains(&name.as_str()) {
        true => format!("{name}_"),
        false => name,
    }
}

/// Reserved words that a Rust field may be called.
const RESERVED: &[&str] = &[
    "alias",
    "always",
    "and",
    "assert",
    "assign",
    "assume",
    "automatic",
    "before",
    "begin",
    "bind",
    "bins",
    "bit",
    "buf",
    "byte",
    "case",
    "cell",
    "chandle",
    "checker",
    "class",
    "clocking",
    "constraint",
    "context",
    "cover",
    "cross",
    "deassign",
    "default",
    "design",
    "disable",
    "dist",
    "do",
    "edge",
    "end",
    "event",
    "expect",
    "export",
    "extends",
    "final",
    "force",
    "forever",
    "fork",
    "function",
    "generate",
    "global",
    "iff",
    "import",
    "incdir",
    "include",
    "initial",
    "inout",
    "input",
    "inside",
    "instance",
    "int",
    "integer",
    "interface",
    "intersect",
    "join",
    "large",
    "let",
    "liblist",
    "library",
    "local",
    "logic",
    "longint",
    "macromodule",
    "medium",
    "modport",
    "module",
    "nand",
    "negedge",
    "new",
    "nexttime",
    "nor",
    "not",
    "null",
    "or",
    "output",
    "package",
    "packed",
    "parameter",
    "posedge",
    "primitive",
    "priority",
    "program",
    "property",
    "protected",
    "pulldown",
    "pullup",
    "pure",
    "rand",
    "randc",
    "randcase",
    "real",
    "realtime",
    "ref",
    "reg",
    "reject_on",
    "release",
    "repeat",
    "restrict",
    "return",
    "scalared",
    "sequence",
    "shortint",
    "shortreal",
    "signed",
    "small",
    "solve",
    "specify",
    "static",
    "string",
    "strong",
    "super",
    "supply0",
    "supply1",
    "table",
    "tagged",
    "task",
    "this",
    "throughout",
    "time",
    "timeprecision",
    "timeunit",
    "tran",
    "tri",
    "tri0",
    "tri1",
    "type",
    "union",
    "unique",
    "unsigned",
    "until",
    "untyped",
    "use",
    "uwire",
    "var",
    "vectored",
    "virtual",
    "void",
    "wait",
    "wand",
    "weak",
    "wildcard",
    "wire",
    "with",
    "within",
    "wor",
    "xnor",
    "xor",
];
