//! What the operators of the hardware's types mean (`tcpu_hdl::types`), as typed expressions.

use num_bigint::BigUint;

use crate::error::Reason;
use crate::expr::{Expr, Operator, Place};
use crate::helper::Helper;
use crate::kind::Kind;
use crate::source;

/// Checks that two types are one.
pub fn same(left: &Kind, right: &Kind) -> Result<(), Reason> {
    match (left, right) {
        _ if left == right => Ok(()),
        (Kind::Bits(left), Kind::Bits(right)) => Err(Reason::Widths {
            left: *left,
            right: *right,
        }),
        _ => Err(conversion(left, right)),
    }
}

fn conversion(from: &Kind, to: &Kind) -> Reason {
    Reason::Conversion {
        from: source::kind(from),
        to: source::kind(to),
    }
}

fn operand(kind: &Kind) -> Reason {
    Reason::Operand(source::kind(kind))
}

/// A flit of bytes for each slice.
pub fn is_flits(kind: &Kind) -> bool {
    matches!(kind.numbers(), Some((8, dimensions)) if dimensions.len() == 2)
}

/// A number for each multiplier: the width and the dimensions.
fn cells(kind: &Kind) -> Option<(usize, Vec<usize>)> {
    kind.numbers()
        .filter(|(_, dimensions)| dimensions.len() == 3)
}

/// What an assignment does to a value of another type: `to_bits()`.
pub fn convert(expr: Expr, to: &Kind) -> Result<Expr, Reason> {
    let from = expr.kind();
    if from == *to {
        return Ok(expr);
    }
    if let (Kind::Bits(_), Kind::Bits(width)) = (&from, to) {
        return Ok(expr.bits(0, *width));
    }
    match (cells(&from), cells(to)) {
        (Some((from, dimensions)), Some((to, others))) if dimensions == others => {
            let helper = Helper::Resize {
                from,
                to,
                dimensions,
            };
            Ok(Expr::Call(helper, vec![expr]))
        }
        _ => Err(conversion(&from, to)),
    }
}

/// An operator on two values.
pub fn binary(operator: Operator, a: Expr, b: Expr) -> Result<Expr, Reason> {
    use Operator::*;
    let (left, right) = (a.kind(), b.kind());
    if matches!(operator, Shl | Shr) {
        return shift(operator, a, b);
    }
    same(&left, &right)?;
    let number = matches!(left, Kind::Bits(_));
    match operator {
        Eq | Ne => {}
        And | Or if is_flits(&left) => {}
        Add if !number => {
            let (width, dimensions) = cells(&left).ok_or_else(|| operand(&left))?;
            return Ok(Expr::Call(Helper::Add { width, dimensions }, vec![a, b]));
        }
        // Flags are logic, not numbers.
        And | Or | Xor if number => {}
        _ if number => {}
        _ => return Err(operand(&left)),
    }
    if let Some(known) = known(operator, &b) {
        return Ok(Expr::number(u8::from(known), 1));
    }
    Ok(Expr::Binary(operator, Box::new(a), Box::new(b)))
}

/// What a comparison with a number at the end of the range always gives.
fn known(operator: Operator, b: &Expr) -> Option<bool> {
    let Expr::Literal(value, Kind::Bits(width)) = b else {
        return None;
    };
    let zero = *value == BigUint::default();
    let most = *b == Expr::number((BigUint::from(1u8) << *width) - 1u8, *width);
    match operator {
        Operator::Lt if zero => Some(false),
        Operator::Ge if zero => Some(true),
        Operator::Gt if most => Some(false),
        Operator::Le if most => Some(true),
        _ => None,
    }
}

fn shift(operator: Operator, a: Expr, b: Expr) -> Result<Expr, Reason> {
    let (left, right) = (a.kind(), b.kind());
    let Kind::Bits(by) = right else {
        return Err(operand(&right));
    };
    let up = operator == Operator::Shl;
    let helper = match (&left, cells(&left)) {
        (Kind::Bits(_), _) => return Ok(Expr::Binary(operator, Box::new(a), Box::new(b))),
        (_, Some((width, dimensions))) if up => Helper::Scale {
            width,
            dimensions,
            by,
        },
        (_, Some((width, dimensions))) => Helper::Move {
            up,
            width,
            dimensions,
            by,
        },
        _ if is_flits(&left) => {
            let (width, dimensions) = left.numbers().ok_or_else(|| operand(&left))?;
            Helper::Move {
                up,
                width,
                dimensions,
                by,
            }
        }
        _ => return Err(operand(&left)),
    };
    Ok(Expr::Call(helper, vec![a, b]))
}

/// A product.
pub fn multiply(a: Expr, b: Expr) -> Result<Expr, Reason> {
    let (left, right) = (a.kind(), b.kind());
    let helper = match (left.numbers(), right.numbers(), &right) {
        (Some((width, dimensions)), None, Kind::Bits(factor)) if dimensions.len() == 2 => {
            Helper::Factor {
                width,
                dimensions,
                factor: *factor,
            }
        }
        _ => return Err(operand(&left)),
    };
    Ok(Expr::Call(helper, vec![a, b]))
}

/// A part of a value at a fixed place.
pub fn part(a: Expr, offset: usize, kind: Kind) -> Result<Expr, Reason> {
    let width = kind.width();
    match a {
        Expr::Read(place) => Ok(Expr::Read(Place {
            offset: place.offset + offset,
            kind,
            ..place
        })),
        Expr::Literal(value, _) => {
            let Expr::Literal(value, _) = Expr::number(value >> offset, width) else {
                return Err(operand(&kind));
            };
            Ok(Expr::Literal(value, kind))
        }
        Expr::Call(..) if matches!(kind, Kind::Bits(_)) => Ok(a.bits(offset, width)),
        _ => Err(Reason::Construct("a part of an expression of this type")),
    }
}

/// Element `at` of a vector, or bit `at` of a number (false beyond the top).
pub fn element(a: Expr, at: i64) -> Result<Expr, Reason> {
    let kind = a.kind();
    let at = usize::try_from(at).map_err(|_| Reason::Unsized)?;
    match kind {
        Kind::Bits(_) => Ok(a.bits(at, 1)),
        Kind::Array(element, n) if at < n => part(a, at * element.width(), *element),
        Kind::Array(_, have) => Err(Reason::Outside {
            offset: at,
            width: 1,
            have,
        }),
        _ => Err(operand(&kind)),
    }
}

/// A number of elements, and an index with no more bits than it needs: a larger one is an error of the
/// surrounding logic and stops a simulation.
fn indexed(count: usize, at: Expr) -> Result<(Expr, usize), Reason> {
    let width = at.kind().width();
    let need = (count.max(2) - 1).ilog2() as usize + 1;
    if !count.is_power_of_two() && width >= need {
        return Err(Reason::Construct("an index that may be out of range"));
    }
    let index = width.min(need);
    Ok((at.bits(0, index), index))
}

/// Element `at` of a vector, or bit `at` of a number (false beyond the top).
pub fn pick(a: Expr, at: Expr) -> Result<Expr, Reason> {
    let kind = a.kind();
    let Kind::Bits(index) = at.kind() else {
        return Err(operand(&at.kind()));
    };
    let (element, count, at, index) = match kind {
        Kind::Bits(n) => (Kind::FLAG, n, at, index),
        Kind::Array(element, n) => {
            let (at, index) = indexed(n, at)?;
            (*element, n, at, index)
        }
        _ => return Err(operand(&kind)),
    };
    let helper = Helper::Pick {
        element,
        count,
        index,
    };
    Ok(Expr::Call(helper, vec![a, at]))
}

/// A vector with element `at` replaced, or a number with bit `at` replaced (none beyond the top).
pub fn replace(a: Expr, at: Expr, value: Expr) -> Result<Expr, Reason> {
    let whole = a.kind();
    let Kind::Bits(index) = at.kind() else {
        return Err(operand(&at.kind()));
    };
    let (element, count, at, index) = match &whole {
        Kind::Bits(n) => (Kind::FLAG, *n, at, index),
        Kind::Array(element, n) => {
            let (at, index) = indexed(*n, at)?;
            ((**element).clone(), *n, at, index)
        }
        _ => return Err(operand(&whole)),
    };
    let helper = Helper::Replace {
        element,
        count,
        index,
        whole,
    };
    Ok(Expr::Call(helper, vec![a, at, value]))
}
