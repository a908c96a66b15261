//! Typed expressions.

use num_bigint::BigUint;

use crate::helper::Helper;
use crate::kind::Kind;

/// The number of a signal in its module.
pub type Id = usize;

/// A run of bits of a signal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub signal: Id,
    pub offset: usize,
    pub kind: Kind,
}

/// An operator on two operands of one width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    Add,
    Sub,
    And,
    Or,
    Xor,
    /// The right operand is a number of its own width.
    Shl,
    Shr,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// A reduction to one bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reduction {
    All,
    Any,
}

/// An expression whose type is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expr {
    Literal(BigUint, Kind),
    Read(Place),
    Not(Box<Expr>),
    Reduce(Reduction, Box<Expr>),
    Binary(Operator, Box<Expr>, Box<Expr>),
    /// Zeros above.
    Extend(Box<Expr>, usize),
    /// A function of the module.
    Call(Helper, Vec<Expr>),
}

impl Operator {
    /// The result is a flag.
    pub fn compares(self) -> bool {
        use Operator::*;
        matches!(self, Eq | Ne | Lt | Le | Gt | Ge)
    }

    /// As Verilog writes it.
    pub fn symbol(self) -> &'static str {
        match self {
            Operator::Add => "+",
            Operator::Sub => "-",
            Operator::And => "&",
            Operator::Or => "|",
            Operator::Xor => "^",
            Operator::Shl => "<<",
            Operator::Shr => ">>",
            Operator::Eq => "==",
            Operator::Ne => "!=",
            Operator::Lt => "<",
            Operator::Le => "<=",
            Operator::Gt => ">",
            Operator::Ge => ">=",
        }
    }
}

impl Expr {
    /// A number; higher bits are cut off.
    pub fn number(value: impl Into<BigUint>, width: usize) -> Expr {
        let mask = (BigUint::from(1u8) << width) - 1u8;
        Expr::Literal(value.into() & mask, Kind::Bits(width))
    }

    /// The type.
    pub fn kind(&self) -> Kind {
        match self {
            Expr::Literal(_, kind) => kind.clone(),
            Expr::Read(place) => place.kind.clone(),
            Expr::Not(a) => a.kind(),
            Expr::Reduce(..) => Kind::FLAG,
            Expr::Binary(operator, ..) if operator.compares() => Kind::FLAG,
            Expr::Binary(_, a, _) => a.kind(),
            Expr::Extend(_, width) => Kind::Bits(*width),
            Expr::Call(helper, _) => helper.kind(),
        }
    }

    /// `width` bits from bit `offset` on, zeros above the top.
    pub fn bits(self, offset: usize, width: usize) -> Expr {
        let have = self.kind().width();
        if offset >= have {
            return Expr::number(0u8, width);
        }
        let kept = width.min(have - offset);
        let cut = match self {
            _ if kept == have => self,
            Expr::Literal(value, _) => Expr::number(value >> offset, kept),
            Expr::Read(place) => Expr::Read(Place {
                offset: place.offset + offset,
                kind: Kind::Bits(kept),
                ..place
            }),
            Expr::Extend(inner, _) if offset + kept <= inner.kind().width() => {
                inner.bits(offset, kept)
            }
            other => {
                let helper = Helper::Cut {
                    from: have,
                    offset,
                    width: kept,
                };
                Expr::Call(helper, vec![other])
            }
        };
        match kept < width {
            true => Expr::Extend(Box::new(cut), width),
            false => cut,
        }
    }

    /// Calls `f` with every place that is read.
    pub fn reads(&self, f: &mut impl FnMut(&Place)) {
        match self {
            Expr::Literal(..) => {}
            Expr::Read(place) => f(place),
            Expr::Not(a) | Expr::Reduce(_, a) | Expr::Extend(a, _) => a.reads(f),
            Expr::Binary(_, a, b) => {
                a.reads(f);
                b.reads(f);
            }
            Expr::Call(_, arguments) => arguments.iter().for_each(|a| a.reads(f)),
        }
    }

    /// Calls `f` with every helper that is called.
    pub fn helpers(&self, f: &mut impl FnMut(&Helper)) {
        match self {
            Expr::Literal(..) | Expr::Read(_) => {}
            Expr::Not(a) | Expr::Reduce(_, a) | Expr::Extend(a, _) => a.helpers(f),
            Expr::Binary(_, a, b) => {
                a.helpers(f);
                b.helpers(f);
            }
            Expr::Call(helper, arguments) => {
                f(helper);
                arguments.iter().for_each(|a| a.helpers(f));
            }
        }
    }
}
