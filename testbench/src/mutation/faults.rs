//! Faults that are put into Verilog text, statement by statement.
//!
//! A statement's expression `e` becomes `mutant == n ? wrong : right`, so that all faults are in one text. The
//! emitted Verilog has a statement on a line and a size on every number, so that a wrong operator or number is
//! still an expression of the same width.

use tcpu_synth::{Module, Port};

use super::SELECT;

/// A fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mutant {
    pub module: String,
    /// The right statement, and what is wrong instead.
    pub statement: String,
    pub wrong: String,
}

/// Operators, and what stands there instead. The blanks keep them apart from longer ones.
const OPERATORS: [(&str, &str); 12] = [
    (" & ", " | "),
    (" | ", " & "),
    (" ^ ", " & "),
    (" + ", " - "),
    (" - ", " + "),
    (" == ", " != "),
    (" != ", " == "),
    (" < ", " <= "),
    (" > ", " >= "),
    (" << ", " >> "),
    (" >> ", " << "),
    ("(~", "("),
];

/// An expression of a line, from byte to byte.
struct Place {
    start: usize,
    end: usize,
    /// A condition can be stuck at either value.
    condition: bool,
}

/// Lines that begin like this, and whatever they go on with, are no statements.
const NO_STATEMENT: [&str; 7] = [
    "localparam ",
    "initial ",
    "reg ",
    "parameter ",
    "//",
    "input ",
    "output ",
];

/// The expressions of a line that can be wrong: a condition, what is assigned, or both.
fn expressions(line: &str) -> Vec<Place> {
    let code = line.trim_start();
    // What is generated depends on no input.
    let other = ["unused_bits", "for (", " begin : "]
        .iter()
        .any(|word| code.contains(word));
    if other || NO_STATEMENT.iter().any(|word| code.starts_with(word)) {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut rest = 0;
    if let Some(at) = line.find("if (") {
        let start = at + 4;
        let mut depth = 1;
        let end = line[start..].char_indices().find(|(_, c)| {
            depth += match c {
                '(' => 1,
                ')' => -1,
                _ => 0,
            };
            depth == 0
        });
        let Some((length, _)) = end else {
            return found;
        };
        rest = start + length;
        found.push(Place {
            start,
            end: rest,
            condition: true,
        });
    }
    let Some(end) = line.rfind(';').filter(|end| *end > rest) else {
        return found;
    };
    // The first of the two signs is the assignment's: what stands before it is a name.
    let signs = [" <= ", " = "].map(|sign| line[rest..end].find(sign).map(|at| at + sign.len()));
    if let Some(at) = signs.into_iter().flatten().min() {
        found.push(Place {
            start: rest + at,
            end,
            condition: false,
        });
    }
    found
}

/// The text ends with a number without a size: it is part of the size of a vector, and what another size adds is cut
/// off again.
fn is_size(before: &str) -> bool {
    let number = before
        .rsplit(|c: char| !c.is_alphanumeric() && c != '\'')
        .next();
    number.is_some_and(|word| !word.is_empty() && word.chars().all(|c| c.is_ascii_digit()))
}

/// All that an expression can be instead.
fn wrong(expression: &str, condition: bool) -> Vec<String> {
    let mut all = Vec::new();
    for (right, other) in OPERATORS {
        for (at, _) in expression.match_indices(right) {
            if is_size(&expression[..at]) {
                continue;
            }
            let (before, behind) = (&expression[..at], &expression[at + right.len()..]);
            all.push(format!("{before}{other}{behind}"));
        }
    }
    // A number with its lowest bit turned; sizes stay.
    for (at, sign) in [("'d", 10), ("'h", 16)].iter().flat_map(|(sign, base)| {
        let places = expression.match_indices(sign);
        places.map(move |(at, _)| (at + 2, *base))
    }) {
        let digits: String = expression[at..]
            .chars()
            .take_while(|c| c.is_digit(sign))
            .collect();
        let Ok(number) = u128::from_str_radix(&digits, sign) else {
            continue;
        };
        let other = match sign {
            10 => format!("{}", number ^ 1),
            _ => format!("{:x}", number ^ 1),
        };
        let (before, behind) = (&expression[..at], &expression[at + digits.len()..]);
        all.push(format!("{before}{other}{behind}"));
    }
    if condition {
        all.extend(["1'b0", "1'b1"].map(String::from));
    }
    all
}

/// A design with up to `most` faults, evenly spread over the places of the modules that are `meant`, and an input
/// that chooses among them; how many places there are.
pub fn mutants(
    modules: &[Module],
    most: usize,
    meant: &dyn Fn(&Module) -> bool,
) -> (Vec<Module>, usize, Vec<Mutant>) {
    let places: usize = modules
        .iter()
        .filter(|module| meant(module))
        .map(count)
        .sum();
    let wanted = places.min(most);
    let mut place = 0;
    let mut mutants = Vec::new();
    let mutated = modules.iter().map(|module| {
        let mut text = String::new();
        let mut line_of = |mutant: Mutant| {
            if !meant(module) {
                return None;
            }
            // Place p is wanted if it is the last of its share.
            let chosen = place * wanted / places.max(1) != (place + 1) * wanted / places.max(1);
            place += 1;
            chosen.then(|| {
                mutants.push(mutant);
                mutants.len()
            })
        };
        rewrite(module, &mut line_of, &mut text);
        with_select(module, &text, modules)
    });
    let mutated = mutated.collect();
    (mutated, places, mutants)
}

/// A module's places.
fn count(module: &Module) -> usize {
    let mut places = 0;
    let mut count = |_| {
        places += 1;
        None
    };
    rewrite(module, &mut count, &mut String::new());
    places
}

/// Writes a module's text with the faults that get a number.
fn rewrite(module: &Module, number: &mut dyn FnMut(Mutant) -> Option<usize>, text: &mut String) {
    // What is set once, and functions, which do not see the input, stay as they are.
    let mut inside: Option<&str> = None;
    for line in module.text.lines() {
        let code = line.trim();
        match inside {
            Some(end) if code.ends_with(end) => inside = None,
            Some(_) => {}
            None if code.starts_with("initial begin") => inside = Some("end"),
            None if code.starts_with("function") => inside = Some("endfunction"),
            None => {
                text.push_str(&with_faults(module, line, number));
                text.push('\n');
                continue;
            }
        }
        text.push_str(line);
        text.push('\n');
    }
}

/// A line with the faults that get a number.
fn with_faults(
    module: &Module,
    line: &str,
    number: &mut dyn FnMut(Mutant) -> Option<usize>,
) -> String {
    let mut result = String::new();
    let mut done = 0;
    for place in expressions(line) {
        let right = &line[place.start..place.end];
        let mut expression = right.to_string();
        for other in wrong(right, place.condition) {
            let mutant = Mutant {
                module: module.name.clone(),
                statement: line.trim().to_string(),
                wrong: other.clone(),
            };
            if let Some(n) = number(mutant) {
                expression = format!("(({SELECT} == 16'd{n}) ? ({other}) : ({expression}))");
            }
        }
        result.push_str(&line[done..place.start]);
        result.push_str(&expression);
        done = place.end;
    }
    result.push_str(&line[done..]);
    result
}

/// A module with the input that chooses.
fn with_select(module: &Module, text: &str, all: &[Module]) -> Module {
    let select = Port {
        name: SELECT.to_string(),
        width: 16,
        input: true,
    };
    with_ports(module, text, all, &[select])
}

/// A module with this text and more ports. Inputs are handed on to the modules inside; each of their outputs is a wire
/// that begins with the name of the instance.
pub(super) fn with_ports(module: &Module, text: &str, all: &[Module], more: &[Port]) -> Module {
    let (mut ports, mut wires) = (String::new(), String::new());
    for port in more {
        let way = if port.input { "input" } else { "output" };
        let range = match port.width {
            1 => String::new(),
            width => format!("[{}:0] ", width - 1),
        };
        ports.push_str(&format!("\n    {way} {range}{},", port.name));
    }
    let mut lines: Vec<String> = text.lines().map(String::from).collect();
    for line in &mut lines {
        let mut instances = all.iter().filter_map(|other| {
            let rest = line
                .trim_start()
                .strip_prefix(&format!("{} ", other.name))?;
            rest.strip_suffix(" (").map(String::from)
        });
        let Some(instance) = instances.next() else {
            continue;
        };
        for Port { name, width, input } in more {
            let value = match input {
                true => name.clone(),
                false => {
                    let top = width - 1;
                    wires.push_str(&format!("    wire [{top}:0] {instance}_{name};\n"));
                    format!("{instance}_{name}")
                }
            };
            line.push_str(&format!("\n        .{name}({value}),"));
        }
    }
    let head = format!("module {} (", module.name);
    let text = lines.join("\n") + "\n";
    let text = text.replacen(&head, &(head.clone() + &ports), 1);
    let text = text.replacen("\n);\n", &format!("\n);\n{wires}"), 1);
    Module {
        name: module.name.clone(),
        text,
        ports: [&module.ports, more].concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module() -> Module {
        Module {
            name: "uut".to_string(),
            text: "\
module uut (
    input clock,
    input [3:0] a,
    output reg [3:0] b
);
    initial begin
        b = 4'd0;
    end
    always @(posedge clock) begin
        if (a == 4'd3) b <= b + 4'd1;
    end
    uut_inner inner (
        .a(a)
    );
endmodule
"
            .to_string(),
            ports: Vec::new(),
        }
    }

    /// Every operator and number outside of what is set once is a place; each fault is chosen by its number.
    #[test]
    fn faults_of_a_module() {
        let inner = Module {
            name: "uut_inner".to_string(),
            text: "module uut_inner (\n    input [3:0] a\n);\nendmodule\n".to_string(),
            ports: Vec::new(),
        };
        let (modules, places, mutants) = mutants(&[module(), inner], 100, &|_| true);
        // ==, 3, stuck at 0 and at 1; + and 1
        assert_eq!((places, mutants.len()), (6, 6));
        let text = &modules[0].text;
        assert!(text.contains("b = 4'd0;\n"), "{text}");
        assert!(text.contains("input [15:0] mutant,"), "{text}");
        assert!(
            text.contains("uut_inner inner (\n        .mutant(mutant),"),
            "{text}"
        );
        let line = text.lines().find(|line| line.contains("<=")).unwrap();
        let expected = "\
        if (((mutant == 16'd4) ? (1'b1) : (((mutant == 16'd3) ? (1'b0) : \
(((mutant == 16'd2) ? (a == 4'd2) : (((mutant == 16'd1) ? (a != 4'd3) : (a == 4'd3))))))))) \
b <= ((mutant == 16'd6) ? (b + 4'd0) : (((mutant == 16'd5) ? (b - 4'd1) : (b + 4'd1))));";
        assert_eq!(line.trim(), expected);
    }

    /// Sizes of vectors are no places: only the addition and its number are.
    #[test]
    fn sizes() {
        let wrong = wrong("{{16 - 4{1'b0}}, a[2 * 8 - 1:0] + 4'd2}", false);
        let sum = |operator: &str, number: &str| {
            format!("{{{{16 - 4{{1'b0}}}}, a[2 * 8 - 1:0] {operator} {number}}}")
        };
        assert_eq!(wrong, [sum("-", "4'd2"), sum("+", "4'd3")]);
    }

    /// With fewer than there are places, they are spread.
    #[test]
    fn a_share_of_the_faults() {
        let (_, places, mutants) = mutants(&[module()], 2, &|_| true);
        assert_eq!((places, mutants.len()), (6, 2));
        assert_ne!(mutants[0].statement, "");
        assert_ne!(mutants[0].wrong, mutants[1].wrong);
        let (_, places, mutants) = super::mutants(&[module()], 2, &|_| false);
        assert_eq!((places, mutants.len()), (0, 0));
    }
}
