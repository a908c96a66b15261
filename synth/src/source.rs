//! A kernel's syntax tree as text, for messages.

use rust_hdl::prelude::ast::{VerilogExpression, VerilogOp, VerilogOpUnary};

use crate::kind::Kind;

/// A type, briefly.
pub fn kind(kind: &Kind) -> String {
    match kind {
        Kind::Bits(n) => format!("U<{n}>"),
        Kind::Signed(n) => format!("I<{n}>"),
        Kind::Array(element, n) => format!("{} x {n}", self::kind(element)),
        Kind::Struct(name, _) => name.clone(),
    }
}

/// An assignment.
pub fn assignment(target: &VerilogExpression, value: &VerilogExpression) -> String {
    format!("{} = {}", expression(target), expression(value))
}

/// An expression.
pub fn expression(e: &VerilogExpression) -> String {
    match e {
        VerilogExpression::Signal(name) => name.replace('$', "."),
        VerilogExpression::Literal(literal) => literal.to_string(),
        VerilogExpression::Cast(a, width) => format!("bit_cast::<{width}>({})", expression(a)),
        VerilogExpression::Signed(a) => format!("signed({})", expression(a)),
        VerilogExpression::Unsigned(a) => format!("unsigned({})", expression(a)),
        VerilogExpression::Paren(a) => format!("({})", expression(a)),
        VerilogExpression::Binary(a, operator, b) => {
            let symbol = match operator {
                VerilogOp::Add => "+",
                VerilogOp::Sub => "-",
                VerilogOp::Mul => "*",
                VerilogOp::LogicalAnd => "&&",
                VerilogOp::LogicalOr => "||",
                VerilogOp::BitXor => "^",
                VerilogOp::BitAnd => "&",
                VerilogOp::BitOr => "|",
                VerilogOp::Shl => "<<",
                VerilogOp::Shr => ">>",
                VerilogOp::Eq => "==",
                VerilogOp::Lt => "<",
                VerilogOp::Le => "<=",
                VerilogOp::Ne => "!=",
                VerilogOp::Ge => ">=",
                VerilogOp::Gt => ">",
            };
            format!("{} {symbol} {}", expression(a), expression(b))
        }
        VerilogExpression::Unary(operator, a) => match operator {
            VerilogOpUnary::Not => format!("!{}", expression(a)),
            VerilogOpUnary::Neg => format!("-{}", expression(a)),
            VerilogOpUnary::All => format!("{}.all()", expression(a)),
            VerilogOpUnary::Any => format!("{}.any()", expression(a)),
            VerilogOpUnary::Xor => format!("{}.xor()", expression(a)),
        },
        VerilogExpression::Index(a, at) => format!("{}.get_bit({})", expression(a), expression(at)),
        VerilogExpression::Slice(a, width, at) => {
            format!("{}.get_bits::<{width}>({})", expression(a), expression(at))
        }
        VerilogExpression::IndexReplace(a, at, value) => format!(
            "{}.replace_bit({}, {})",
            expression(a),
            expression(at),
            expression(value)
        ),
    }
}
