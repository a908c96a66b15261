//! Expressions and statements as Verilog.

use std::collections::BTreeMap;

use num_bigint::BigUint;

use crate::expr::{Expr, Place, Reduction};
use crate::helper::select;
use crate::kernel::Statement;
use crate::kind::Kind;
use crate::table::Table;

/// Prints, and remembers which offsets of bundles it named.
pub struct Printer<'a> {
    table: &'a Table,
    offsets: BTreeMap<String, usize>,
}

/// A sized literal.
pub fn literal(value: &BigUint, width: usize) -> String {
    match width {
        1 => format!("1'b{value}"),
        _ if *value < BigUint::from(10u8) => format!("{width}'d{value}"),
        _ => format!("{width}'h{value:x}"),
    }
}

/// `StepTag` as `STEP_TAG`.
fn upper(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(c.to_ascii_uppercase());
    }
    out
}

impl<'a> Printer<'a> {
    pub fn new(table: &'a Table) -> Self {
        Printer {
            table,
            offsets: BTreeMap::new(),
        }
    }

    /// The offsets of bundles' fields that were used, by name.
    pub fn offsets(&self) -> impl Iterator<Item = (&String, &usize)> {
        self.offsets.iter()
    }

    /// A signal, or a part of one.
    pub fn place(&mut self, place: &Place) -> String {
        let net = &self.table.nets[place.signal];
        let width = place.kind.width();
        if let Kind::Struct(bundle, fields) = &net.kind {
            let holds = |from: usize, kind: &Kind| {
                from <= place.offset && place.offset + width <= from + kind.width()
            };
            let field = fields.iter().find(|f| holds(f.offset, &f.kind));
            if let (Some(field), true) = (field, width < net.kind.width()) {
                let name = format!("{}_{}", upper(bundle), field.name.to_ascii_uppercase());
                self.offsets.insert(name.clone(), field.offset);
                let more = match place.offset - field.offset {
                    0 => String::new(),
                    inner => format!(" + {inner}"),
                };
                return match width {
                    1 => format!("{}[{name}{more}]", net.name),
                    _ => format!("{}[{name}{more} +: {width}]", net.name),
                };
            }
        }
        let part = select(place.offset, width, net.kind.width());
        format!("{}{part}", net.name)
    }

    /// An expression, without parentheses around it.
    pub fn expr(&mut self, expr: &Expr) -> String {
        match expr {
            Expr::Literal(value, kind) => literal(value, kind.width()),
            Expr::Read(place) => self.place(place),
            Expr::Not(a) => format!("~{}", self.operand(a)),
            Expr::Reduce(Reduction::All, a) => format!("&{}", self.operand(a)),
            Expr::Reduce(Reduction::Any, a) => format!("|{}", self.operand(a)),
            Expr::Binary(operator, a, b) => format!(
                "{} {} {}",
                self.operand(a),
                operator.symbol(),
                self.operand(b)
            ),
            Expr::Extend(a, width) => {
                let zeros = width - a.kind().width();
                format!("{{{zeros}'d0, {}}}", self.expr(a))
            }
            Expr::Call(helper, arguments) => {
                let arguments: Vec<String> = arguments.iter().map(|a| self.expr(a)).collect();
                format!("{}({})", helper.name(), arguments.join(", "))
            }
        }
    }

    /// An expression as an operand of another: nothing depends on precedence.
    fn operand(&mut self, expr: &Expr) -> String {
        let text = self.expr(expr);
        match expr {
            Expr::Not(_) | Expr::Reduce(..) | Expr::Binary(..) => format!("({text})"),
            _ => text,
        }
    }

    /// Statements with this assignment sign.
    pub fn statements(
        &mut self,
        statements: &[Statement],
        sign: &str,
        depth: usize,
        out: &mut String,
    ) {
        let indent = "    ".repeat(depth);
        for statement in statements {
            match statement {
                Statement::Assign(place, value) => {
                    let (target, value) = (self.place(place), self.expr(value));
                    out.push_str(&format!("{indent}{target} {sign} {value};\n"));
                }
                Statement::If(test, then, otherwise) => {
                    let test = self.expr(test);
                    if then.is_empty() {
                        out.push_str(&format!("{indent}if (~({test})) begin\n"));
                        self.statements(otherwise, sign, depth + 1, out);
                    } else {
                        out.push_str(&format!("{indent}if ({test}) begin\n"));
                        self.statements(then, sign, depth + 1, out);
                        if !otherwise.is_empty() {
                            out.push_str(&format!("{indent}end else begin\n"));
                            self.statements(otherwise, sign, depth + 1, out);
                        }
                    }
                    out.push_str(&format!("{indent}end\n"));
                }
            }
        }
    }
}
