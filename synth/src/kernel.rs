//! From rust-hdl's syntax tree of a kernel to typed statements. Loops are unrolled.

use num_bigint::BigUint;
use rust_hdl::prelude::ast::{
    VerilogBlock, VerilogBlockOrConditional, VerilogConditional, VerilogExpression, VerilogLiteral,
    VerilogLoop, VerilogOp, VerilogOpUnary, VerilogStatement,
};

use crate::error::Reason;
use crate::expr::{Expr, Operator, Place, Reduction};
use crate::index;
use crate::kind::Kind;
use crate::operation;
use crate::source;
use crate::table::{Role, Table};

/// A statement of a kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statement {
    Assign(Place, Expr),
    If(Expr, Vec<Statement>, Vec<Statement>),
}

/// Why a kernel cannot be translated, and the text where.
pub type Failure = (String, Reason);

/// The statements of a kernel.
///
/// # Errors
/// The first expression or statement that has no certain translation.
pub fn translate(block: &VerilogBlock, table: &Table) -> Result<Vec<Statement>, Failure> {
    let mut kernel = Kernel {
        table,
        loops: Vec::new(),
    };
    let mut statements = Vec::new();
    kernel.block(block, &mut statements)?;
    Ok(statements)
}

struct Kernel<'a> {
    table: &'a Table,
    /// Loop variables and their values.
    loops: Vec<(String, i64)>,
}

/// What an expression gives: a number of Rust's, which takes the type that it meets, or a typed value.
enum Value {
    Number(i64),
    Typed(Expr),
}

impl Kernel<'_> {
    fn block(&mut self, block: &VerilogBlock, out: &mut Vec<Statement>) -> Result<(), Failure> {
        block
            .iter()
            .try_for_each(|statement| self.statement(statement, out))
    }

    fn statement(
        &mut self,
        statement: &VerilogStatement,
        out: &mut Vec<Statement>,
    ) -> Result<(), Failure> {
        match statement {
            VerilogStatement::Assignment(target, value) => {
                let at = |reason| (source::assignment(target, value), reason);
                let target = self.target(target).map_err(at)?;
                self.assign(target, value, out).map_err(at)
            }
            VerilogStatement::SliceAssignment {
                base,
                width,
                offset,
                replacement,
            } => {
                let at = |reason| (source::assignment(base, replacement), reason);
                let whole = self.target(base).map_err(at)?;
                let offset = self.constant(offset).map_err(at)?;
                let field = whole.kind.field(offset, *width);
                let field = field.ok_or(Reason::Construct("an assignment to a part"));
                let kind = field.map_err(at)?.kind.clone();
                let target = Place {
                    offset: whole.offset + offset,
                    kind,
                    ..whole
                };
                self.assign(target, replacement, out).map_err(at)
            }
            VerilogStatement::If(conditional) => self.conditional(conditional, out),
            VerilogStatement::Loop(repeat) => self.repeat(repeat, out),
            VerilogStatement::Macro(block) => self.block(block, out),
            VerilogStatement::Comment(_) => Ok(()),
            VerilogStatement::Match(m) => {
                let at = source::expression(&m.test);
                Err((at, Reason::Construct("match")))
            }
            VerilogStatement::Link(_) => Err((String::new(), Reason::Construct("join or link"))),
        }
    }

    fn repeat(&mut self, repeat: &VerilogLoop, out: &mut Vec<Statement>) -> Result<(), Failure> {
        for i in repeat.from.as_usize()..repeat.to.as_usize() {
            self.loops.push((repeat.index.clone(), i as i64));
            let result = self.block(&repeat.block, out);
            self.loops.pop();
            result?;
        }
        Ok(())
    }

    fn conditional(
        &mut self,
        conditional: &VerilogConditional,
        out: &mut Vec<Statement>,
    ) -> Result<(), Failure> {
        let at = |reason| (source::expression(&conditional.test), reason);
        let test = self.typed(&conditional.test).map_err(at)?;
        same(&test.kind(), &Kind::FLAG).map_err(at)?;
        let (mut then, mut otherwise) = (Vec::new(), Vec::new());
        self.block(&conditional.then, &mut then)?;
        match &conditional.otherwise {
            VerilogBlockOrConditional::Block(block) => self.block(block, &mut otherwise)?,
            VerilogBlockOrConditional::Conditional(statement) => {
                self.statement(statement, &mut otherwise)?;
            }
            VerilogBlockOrConditional::None => {}
        }
        match test {
            // Comparisons with a loop variable can be known.
            Expr::Literal(value, _) if value == BigUint::default() => out.append(&mut otherwise),
            Expr::Literal(..) => out.append(&mut then),
            test => out.push(Statement::If(test, then, otherwise)),
        }
        Ok(())
    }

    /// The signal on the left of an assignment.
    fn target(&self, expression: &VerilogExpression) -> Result<Place, Reason> {
        let place = match expression {
            VerilogExpression::Signal(name) => {
                self.signal(name.strip_suffix("$next").unwrap_or(name))?
            }
            _ => return Err(Reason::Construct("the left side")),
        };
        let net = &self.table.nets[place.signal];
        match net.role {
            Role::Output | Role::Local | Role::ChildInput | Role::Next | Role::RegisterClock => {
                Ok(place)
            }
            _ => Err(Reason::Target(net.path.clone())),
        }
    }

    /// The place of the signal of this name, its indices resolved.
    fn signal(&self, name: &str) -> Result<Place, Reason> {
        let path = index::resolve(name, &self.loops)?;
        let found = self.table.find(&path);
        let id = found.ok_or_else(|| Reason::Unknown(path.replace('$', ".")))?;
        Ok(Place {
            signal: id,
            offset: 0,
            kind: self.table.nets[id].kind.clone(),
        })
    }

    /// Assigns a right side. Replaced elements become assignments to parts.
    fn assign(
        &self,
        target: Place,
        value: &VerilogExpression,
        out: &mut Vec<Statement>,
    ) -> Result<(), Reason> {
        if let VerilogExpression::Paren(inner) = value {
            return self.assign(target, inner, out);
        }
        if let VerilogExpression::IndexReplace(base, at, element) = value {
            let base = self.typed(base)?;
            let parts = element_of(&target.kind).filter(|_| base.kind() == target.kind);
            if let (Value::Number(at), Some((kind, count))) = (self.value(at)?, parts) {
                let i = usize::try_from(at).ok().filter(|i| *i < count);
                let element = self.sized(element, &kind)?;
                let mut reads_target = false;
                element.reads(&mut |place| reads_target |= place.signal == target.signal);
                let in_place = base == Expr::Read(target.clone());
                if let (Some(i), true) = (i, in_place || !reads_target) {
                    let offset = target.offset + i * kind.width();
                    let part = Place {
                        offset,
                        kind,
                        ..target
                    };
                    if !in_place {
                        out.push(Statement::Assign(target, base));
                    }
                    out.push(Statement::Assign(part, element));
                    return Ok(());
                }
            }
        }
        let value = match self.value(value)? {
            Value::Number(number) => number_of(number, &target.kind)?,
            Value::Typed(expr) => operation::convert(expr, &target.kind)?,
        };
        out.push(Statement::Assign(target, value));
        Ok(())
    }

    fn constant(&self, expression: &VerilogExpression) -> Result<usize, Reason> {
        match self.value(expression)? {
            Value::Number(n) => usize::try_from(n).map_err(|_| Reason::Unsized),
            Value::Typed(_) => Err(Reason::Construct("an offset that varies")),
        }
    }

    fn typed(&self, expression: &VerilogExpression) -> Result<Expr, Reason> {
        match self.value(expression)? {
            Value::Number(_) => Err(Reason::Unsized),
            Value::Typed(expr) => Ok(expr),
        }
    }

    /// An expression of exactly this type; a plain number takes it on.
    fn sized(&self, expression: &VerilogExpression, kind: &Kind) -> Result<Expr, Reason> {
        match self.value(expression)? {
            Value::Number(number) => number_of(number, kind),
            Value::Typed(expr) => {
                same(&expr.kind(), kind)?;
                Ok(expr)
            }
        }
    }

    fn value(&self, expression: &VerilogExpression) -> Result<Value, Reason> {
        match expression {
            VerilogExpression::Paren(inner) => self.value(inner),
            VerilogExpression::Literal(literal) => literal_of(literal),
            VerilogExpression::Signal(name) => {
                if let Some((_, value)) = self.loops.iter().rev().find(|(index, _)| index == name) {
                    return Ok(Value::Number(*value));
                }
                let place = self.signal(name)?;
                Ok(Value::Typed(match &self.table.nets[place.signal].role {
                    Role::Constant(value) => Expr::Literal(value.clone(), place.kind),
                    _ => Expr::Read(place),
                }))
            }
            VerilogExpression::Unary(operator, a) => self.unary(operator, a),
            VerilogExpression::Binary(a, operator, b) => self.binary(a, operator, b),
            VerilogExpression::Slice(a, width, offset) => self.slice(a, *width, offset),
            VerilogExpression::Index(a, at) => {
                let a = self.typed(a)?;
                Ok(Value::Typed(match self.value(at)? {
                    Value::Number(at) => operation::element(a, at)?,
                    Value::Typed(at) => operation::pick(a, at)?,
                }))
            }
            VerilogExpression::IndexReplace(a, at, element) => {
                let a = self.typed(a)?;
                let kind = element_of(&a.kind());
                let (kind, _) = kind.ok_or_else(|| Reason::Operand(source::kind(&a.kind())))?;
                let element = self.sized(element, &kind)?;
                let at = match self.value(at)? {
                    Value::Number(at) => {
                        let at = u32::try_from(at).map_err(|_| Reason::Unsized)?;
                        Expr::number(at, 32)
                    }
                    Value::Typed(at) => at,
                };
                Ok(Value::Typed(operation::replace(a, at, element)?))
            }
            VerilogExpression::Cast(..) => Err(Reason::Construct("bit_cast")),
            VerilogExpression::Signed(_) => Err(Reason::Construct("a signed cast")),
            VerilogExpression::Unsigned(_) => Err(Reason::Construct("an unsigned cast")),
        }
    }

    fn unary(&self, operator: &VerilogOpUnary, a: &VerilogExpression) -> Result<Value, Reason> {
        let a = self.value(a)?;
        if let (VerilogOpUnary::Neg, Value::Number(n)) = (operator, &a) {
            return Ok(Value::Number(-n));
        }
        let Value::Typed(a) = a else {
            return Err(Reason::Unsized);
        };
        let kind = a.kind();
        let number = matches!(kind, Kind::Bits(_));
        let a = Box::new(a);
        Ok(Value::Typed(match operator {
            VerilogOpUnary::Not if number || operation::is_flits(&kind) => Expr::Not(a),
            VerilogOpUnary::All if number => Expr::Reduce(Reduction::All, a),
            VerilogOpUnary::Any if number => Expr::Reduce(Reduction::Any, a),
            _ => return Err(Reason::Operand(source::kind(&kind))),
        }))
    }

    fn binary(
        &self,
        a: &VerilogExpression,
        operator: &VerilogOp,
        b: &VerilogExpression,
    ) -> Result<Value, Reason> {
        let (a, b) = match (self.value(a)?, self.value(b)?) {
            (Value::Number(a), Value::Number(b)) => {
                let result = match operator {
                    VerilogOp::Add => a.checked_add(b),
                    VerilogOp::Sub => a.checked_sub(b),
                    VerilogOp::Mul => a.checked_mul(b),
                    _ => None,
                };
                return result.map(Value::Number).ok_or(Reason::Unsized);
            }
            (_, Value::Number(_)) if matches!(operator, VerilogOp::Shl | VerilogOp::Shr) => {
                return Err(Reason::Unsized);
            }
            (Value::Typed(a), Value::Number(b)) => {
                let b = number_of(b, &a.kind())?;
                (a, b)
            }
            (Value::Number(a), Value::Typed(b)) => (number_of(a, &b.kind())?, b),
            (Value::Typed(a), Value::Typed(b)) => (a, b),
        };
        let flags = a.kind() == Kind::FLAG && b.kind() == Kind::FLAG;
        let operator = match operator {
            VerilogOp::Mul => return operation::multiply(a, b).map(Value::Typed),
            VerilogOp::LogicalAnd if flags => Operator::And,
            VerilogOp::LogicalOr if flags => Operator::Or,
            VerilogOp::LogicalAnd | VerilogOp::LogicalOr => {
                return Err(Reason::Operand(source::kind(&a.kind())));
            }
            VerilogOp::Add => Operator::Add,
            VerilogOp::Sub => Operator::Sub,
            VerilogOp::BitXor => Operator::Xor,
            VerilogOp::BitAnd => Operator::And,
            VerilogOp::BitOr => Operator::Or,
            VerilogOp::Shl => Operator::Shl,
            VerilogOp::Shr => Operator::Shr,
            VerilogOp::Eq => Operator::Eq,
            VerilogOp::Lt => Operator::Lt,
            VerilogOp::Le => Operator::Le,
            VerilogOp::Ne => Operator::Ne,
            VerilogOp::Ge => Operator::Ge,
            VerilogOp::Gt => Operator::Gt,
        };
        operation::binary(operator, a, b).map(Value::Typed)
    }

    /// A field of a bundle, or some bits of a number.
    fn slice(
        &self,
        a: &VerilogExpression,
        width: usize,
        offset: &VerilogExpression,
    ) -> Result<Value, Reason> {
        let a = self.typed(a)?;
        let offset = self.value(offset)?;
        Ok(Value::Typed(match (a.kind(), offset) {
            (Kind::Bits(_), Value::Number(offset)) => {
                a.bits(usize::try_from(offset).map_err(|_| Reason::Unsized)?, width)
            }
            (Kind::Bits(_), Value::Typed(offset)) => {
                operation::binary(Operator::Shr, a, offset)?.bits(0, width)
            }
            (kind, Value::Number(offset)) => {
                let offset = usize::try_from(offset).map_err(|_| Reason::Unsized)?;
                let field = kind.field(offset, width).map(|field| field.kind.clone());
                let field = field.ok_or_else(|| Reason::Operand(source::kind(&kind)))?;
                operation::part(a, offset, field)?
            }
            (kind, _) => return Err(Reason::Operand(source::kind(&kind))),
        }))
    }
}

/// Type and number of the elements that `get_bit` and `replace_bit` name.
fn element_of(kind: &Kind) -> Option<(Kind, usize)> {
    match kind {
        Kind::Bits(n) => Some((Kind::FLAG, *n)),
        Kind::Array(element, n) if !matches!(**element, Kind::Signed(_) | Kind::Array(..)) => {
            Some(((**element).clone(), *n))
        }
        _ => None,
    }
}

/// A plain number in a type: modulo its width.
fn number_of(number: i64, kind: &Kind) -> Result<Expr, Reason> {
    match kind {
        Kind::Bits(width) if *width <= 64 => {
            let mask = u64::MAX >> (64 - width);
            Ok(Expr::number(number as u64 & mask, *width))
        }
        _ => Err(Reason::Operand(source::kind(kind))),
    }
}

/// A literal: a flag, or a number without a width.
fn literal_of(literal: &VerilogLiteral) -> Result<Value, Reason> {
    // The text is the only view of a literal: `32'h1f`.
    let text = format!("{literal:x}");
    let (width, digits) = text.split_once("'h").ok_or(Reason::Unsized)?;
    let value = i64::from_str_radix(digits, 16).map_err(|_| Reason::Unsized)?;
    Ok(match width {
        "1" => Value::Typed(Expr::number(u8::from(value != 0), 1)),
        _ => Value::Number(value),
    })
}

fn same(left: &Kind, right: &Kind) -> Result<(), Reason> {
    operation::same(left, right)
}
