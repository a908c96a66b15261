//! What cannot be translated, and where.

use thiserror::Error;

/// A construct of the design that has no certain translation.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{module}: {reason}{}", at(.source_text))]
pub struct EmitError {
    /// The block, by its path from the top.
    pub module: String,
    /// The expression or statement, as the kernel says it (empty: the whole block).
    pub source_text: String,
    pub reason: Reason,
}

fn at(source: &str) -> String {
    match source {
        "" => String::new(),
        _ => format!(", in `{source}`"),
    }
}

/// Why it has none.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Reason {
    #[error("no signal, constant or loop variable is called {0:?}")]
    Unknown(String),
    #[error("the type of {0:?} is an enumeration")]
    Enumeration(String),
    #[error("the widths {left} and {right} differ")]
    Widths { left: usize, right: usize },
    #[error("no conversion from {from} to {to}")]
    Conversion { from: String, to: String },
    #[error("this operator is not defined for {0}")]
    Operand(String),
    #[error("a number whose width nothing says")]
    Unsized,
    #[error("{0} cannot be translated")]
    Construct(&'static str),
    #[error("bits [{offset}, {offset} + {width}) are outside the {have} there are")]
    Outside {
        offset: usize,
        width: usize,
        have: usize,
    },
    #[error("{0:?} cannot be assigned here")]
    Target(String),
    #[error("{0:?} is read before it is assigned")]
    ReadFirst(String),
    #[error("{0:?} is an input of a block inside, which its owner does not read")]
    Inside(String),
    #[error("{0:?} is not assigned in every case: a latch")]
    Latch(String),
    #[error("{0:?} is never assigned")]
    Undriven(String),
    #[error("{0:?} is built from constants only, in steps: say it as one constant")]
    Constants(String),
    #[error("the register {0:?} is not clocked, once, by a clock of this block")]
    Clock(String),
    #[error("two things would be called {0:?}")]
    Name(String),
    #[error("a block without hardware: it has no hdl()")]
    Empty,
}
