//! Registers that are taken out of Verilog text: whoever reads one sees at once what it would have at the edge.
//!
//! ```text
//! inputs ──> logic ──d──> [ q ] ──> logic ──> outputs        q follows d when the inputs have settled: "through"
//!              ^                      │                      rises twice; the second time q must not move,
//!              └────── a loop ────────┘                      or it follows itself: a loop without a register in it
//! ```
//!
//! Each assignment in a clocked process becomes one that is made at the clock's edge or at `through`'s, by the number of
//! the fault. What a register would keep, because nothing is assigned, is lost: it is zero. A memory stays as it is.

use std::collections::HashMap;

use tcpu_synth::{Module, Port};

use super::faults::with_ports;
use super::{Mutant, LOOK, SELECT, THROUGH};

const CLOCKED: &str = "always @(posedge clock)";

/// What a line is that begins an assignment in a clocked process.
struct Assignment<'a> {
    /// Where it begins.
    at: usize,
    target: &'a str,
}

/// The end of the bracket that opens at `open`.
fn closing(line: &str, open: usize) -> Option<usize> {
    let mut depth = 0;
    let end = line[open..].char_indices().find(|(_, c)| {
        depth += match c {
            '(' | '[' => 1,
            ')' | ']' => -1,
            _ => 0,
        };
        depth == 0
    });
    end.map(|(length, _)| open + length + 1)
}

/// The assignment of a line, behind all that says when it is made.
fn assignment(line: &str) -> Option<Assignment<'_>> {
    let mut at = line.len() - line.trim_start().len();
    loop {
        let rest = &line[at..];
        let prefix = ["(*", "always @(", "if ("];
        let prefix = prefix.iter().find(|prefix| rest.starts_with(*prefix));
        at = match prefix {
            Some(prefix) => {
                let open = at + prefix.find('(')?;
                closing(line, open)?
            }
            None if rest.starts_with("else ") => at + 4,
            None => break,
        };
        at += line[at..].len() - line[at..].trim_start().len();
    }
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let length = line[at..].find(|c| !word(c))?;
    let mut end = at + length;
    while line[end..].starts_with('[') {
        end = closing(line, end)?;
    }
    let found = length > 0 && line[end..].starts_with(" <= ");
    found.then(|| Assignment {
        at,
        target: &line[at..at + length],
    })
}

/// The memory that a line declares.
fn memory(line: &str) -> Option<&str> {
    let mut rest = line.trim_start().strip_prefix("reg ")?;
    if rest.starts_with('[') {
        rest = rest[closing(rest, 0)?..].trim_start();
    }
    let (name, behind) = rest.split_once(' ')?;
    behind.starts_with('[').then_some(name)
}

/// A design whose registers can be taken out, with the inputs that say which one and when it follows, and the output
/// that shows it.
pub fn registers(modules: &[Module]) -> (Vec<Module>, Vec<Mutant>) {
    let mut mutants = Vec::new();
    let taken = modules.iter().map(|module| {
        let (mut text, shown) = rewrite(module, &mut mutants);
        let mut look = "64'd0".to_string();
        for other in modules {
            let begins = format!("{} ", other.name);
            for line in module.text.lines() {
                let instance = line.trim_start().strip_prefix(&begins);
                if let Some(name) = instance.and_then(|rest| rest.strip_suffix(" (")) {
                    look = format!("{name}_{LOOK} | {look}");
                }
            }
        }
        for (name, number) in shown {
            look = format!("({SELECT} == 16'd{number}) ? {name} : ({look})");
        }
        text = text.replacen(
            "endmodule",
            &format!("    assign {LOOK} = {look};\nendmodule"),
            1,
        );
        let port = |name: &str, width, input| Port {
            name: name.to_string(),
            width,
            input,
        };
        let ports = [
            port(SELECT, 16, true),
            port(THROUGH, 1, true),
            port(LOOK, 64, false),
        ];
        with_ports(module, &text, modules, &ports)
    });
    let taken = taken.collect();
    (taken, mutants)
}

/// A module's text with its registers made at one of two edges; those that can be shown, with their numbers.
fn rewrite<'a>(module: &'a Module, mutants: &mut Vec<Mutant>) -> (String, Vec<(String, usize)>) {
    let memories: Vec<&str> = module.text.lines().filter_map(memory).collect();
    let mut numbers: HashMap<&'a str, usize> = HashMap::new();
    let (mut text, mut shown) = (String::new(), Vec::new());
    let mut number = |target: &'a str, line: &str, generated: bool| {
        *numbers.entry(target).or_insert_with(|| {
            mutants.push(Mutant {
                module: module.name.clone(),
                statement: line.trim().to_string(),
                wrong: format!("{target} is no register"),
            });
            if !generated {
                shown.push((target.to_string(), mutants.len()));
            }
            mutants.len()
        })
    };
    let (mut open, mut inside) = (false, false);
    let lines: Vec<&str> = module.text.lines().collect();
    for (i, &line) in lines.iter().enumerate() {
        match line.trim() {
            "generate" => inside = true,
            "endgenerate" => inside = false,
            _ => {}
        }
        let mut line_of = line.to_string();
        if let Some(Assignment { at, target }) = assignment(line) {
            let guard = match memories.contains(&target) {
                true => format!("!{THROUGH}"),
                false => format!(
                    "{THROUGH} == ({SELECT} == 16'd{})",
                    number(target, line, inside)
                ),
            };
            line_of.insert_str(at, &format!("begin if ({guard}) "));
            open = true;
        }
        if open && line_of.ends_with(';') {
            line_of.push_str(" end");
            open = false;
        }
        let both = format!("always @(posedge clock or posedge {THROUGH})");
        text.push_str(&line_of.replace(CLOCKED, &both));
        text.push('\n');
        if line.contains(CLOCKED) && line.ends_with("begin") {
            let indent = line.len() - line.trim_start().len();
            let end = format!("{:indent$}end", "");
            let process = lines[i + 1..].iter().take_while(|line| ***line != end);
            let targets = process.filter_map(|line| assignment(line).map(|a| (a.target, line)));
            let mut cleared = Vec::new();
            for (target, line) in targets.filter(|(target, _)| !memories.contains(target)) {
                if !cleared.contains(&target) {
                    cleared.push(target);
                    let number = number(target, line, inside);
                    let fault = format!("{THROUGH} && ({SELECT} == 16'd{number})");
                    text.push_str(&format!("{end:.indent$}    if ({fault}) {target} <= 0;\n"));
                }
            }
        }
    }
    (text, shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every register has a number, on each of its assignments; memories have none.
    #[test]
    fn registers_of_a_module() {
        let text = "\
module uut (
    input clock,
    input [3:0] a,
    output [3:0] b
);
    reg [3:0] q;
    reg [3:0] words [0:7];
    always @(posedge clock) begin
        if (a <= 4'd3) words[a] <= q;
        q <= a;
        if (a[0]) q[3:1] <= a[3:1] |
            3'd1;
    end
    assign b = q;
    uut_inner inner (
        .a(a)
    );
endmodule
";
        let module = |name: &str, text: &str| Module {
            name: name.to_string(),
            text: text.to_string(),
            ports: Vec::new(),
        };
        let inner = module(
            "uut_inner",
            "module uut_inner (\n    input a\n);\nendmodule\n",
        );
        let (modules, mutants) = registers(&[module("uut", text), inner]);
        assert_eq!(mutants.len(), 1);
        assert_eq!(mutants[0].wrong, "q is no register");
        let text = &modules[0].text;
        for part in [
            "    input through,\n",
            "    output [63:0] look,\n",
            "    wire [63:0] inner_look;\n",
            "        .look(inner_look),\n",
            "    always @(posedge clock or posedge through) begin\n        if (through && (mutant == 16'd1)) q <= 0;\n",
            "        if (a <= 4'd3) begin if (!through) words[a] <= q; end\n",
            "        begin if (through == (mutant == 16'd1)) q <= a; end\n",
            "        if (a[0]) begin if (through == (mutant == 16'd1)) q[3:1] <= a[3:1] |\n            3'd1; end\n",
            "    assign look = (mutant == 16'd1) ? q : (inner_look | 64'd0);\nendmodule",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }
}
