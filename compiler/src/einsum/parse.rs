//! From text to indices.

use thiserror::Error;

/// One index of a term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Index {
    /// `...`
    Ellipsis,
    /// Sum of (factor, axis name), and a constant. A plain axis is one pair with factor 1.
    Sum {
        terms: Vec<(i64, String)>,
        offset: i64,
    },
}

impl Index {
    /// The axis, if the index is a plain one.
    pub fn plain(&self) -> Option<&str> {
        match self {
            Index::Sum { terms, offset: 0 } => match terms.as_slice() {
                [(1, name)] => Some(name),
                _ => None,
            },
            _ => None,
        }
    }
}

/// A parsed expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Einsum {
    pub operands: Vec<Vec<Index>>,
    /// `None`: implicit.
    pub output: Option<Vec<Index>>,
}

/// What is wrong with an expression, or with the shapes given for it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EinsumError {
    #[error("{found:?} at column {column} has no meaning here; expected {expected}")]
    Unexpected {
        column: usize,
        found: String,
        expected: &'static str,
    },
    #[error("column {column}: an expression has one `->`")]
    Arrows { column: usize },
    #[error("column {column}: a term has one `...`")]
    Ellipses { column: usize },
    #[error("column {column}: {number} is too large for a factor or offset; the limit is {max}")]
    Number {
        column: usize,
        number: String,
        max: i64,
    },
    #[error("the output has `{index}`; it can only have plain axes (and `...`)")]
    OutputSum { index: String },
    #[error("the output names axis `{0}` twice")]
    OutputRepeats(String),
    #[error("the output names axis `{0}`, which no operand has")]
    OutputUnknown(String),
    #[error("the operands have `...` dimensions, so the output needs `...` too")]
    OutputEllipsis,
    #[error("the expression has {expected} operands, {found} were given")]
    Operands { expected: usize, found: usize },
    #[error("operand {operand} has {rank} dimensions, its term names {named}")]
    Rank {
        operand: usize,
        rank: usize,
        named: usize,
    },
    #[error("axis `{axis}` is {first} in one place and {second} in operand {operand}")]
    TwoSizes {
        axis: String,
        first: usize,
        second: usize,
        operand: usize,
    },
    #[error("`...` stands for sizes that do not broadcast: {first} and {second}")]
    Broadcast { first: usize, second: usize },
    #[error("operand {operand}: index `{index}` reaches {needed}, the dimension has {size}")]
    DoesNotFit {
        operand: usize,
        index: String,
        needed: i64,
        size: usize,
    },
    #[error(
        "the size of axis `{0}` is nowhere to be seen: it occurs only in sums with other unknowns"
    )]
    Unsized(String),
    #[error("the expression has more index combinations than can be counted")]
    TooLarge,
}

/// Largest factor or offset of an affine index.
const MAX_NUMBER: i64 = 1 << 20;

/// Parses an expression.
pub fn parse(text: &str) -> Result<Einsum, EinsumError> {
    let chars: Vec<char> = text.chars().collect();
    let arrows: Vec<usize> = (1..chars.len())
        .filter(|&i| chars[i - 1] == '-' && chars[i] == '>')
        .collect();
    if let Some(second) = arrows.get(1) {
        return Err(EinsumError::Arrows { column: *second });
    }
    let inputs_end = arrows.first().map_or(chars.len(), |i| i - 1);
    let mut spans = Vec::new();
    let mut start = 0;
    for (i, _) in chars[..inputs_end]
        .iter()
        .enumerate()
        .filter(|(_, c)| **c == ',')
    {
        spans.push((start, i));
        start = i + 1;
    }
    spans.push((start, inputs_end));
    let output = arrows.first().map(|i| (i + 1, chars.len()));
    let all = spans.iter().chain(&output);
    let words = all.clone().any(|&(from, to)| is_words(&chars[from..to]));
    let term = |&(from, to): &(usize, usize)| {
        let mut parser = Parser {
            chars: &chars[..to],
            at: from,
            words,
        };
        parser.term()
    };
    let operands = spans.iter().map(term).collect::<Result<_, _>>()?;
    let output = output.as_ref().map(term).transpose()?;
    for index in output.iter().flatten() {
        if *index != Index::Ellipsis && index.plain().is_none() {
            return Err(EinsumError::OutputSum { index: show(index) });
        }
    }
    Ok(Einsum { operands, output })
}

/// An index as a person would write it.
pub fn show(index: &Index) -> String {
    match index {
        Index::Ellipsis => "...".to_string(),
        Index::Sum { terms, offset } => {
            let mut parts: Vec<String> = terms
                .iter()
                .map(|(factor, name)| match factor {
                    1 => name.clone(),
                    _ => format!("{factor}{name}"),
                })
                .collect();
            if *offset != 0 {
                parts.push(offset.to_string());
            }
            parts.join("+")
        }
    }
}

/// A parenthesis, or a blank between two names, makes the expression one of words.
fn is_words(term: &[char]) -> bool {
    let text: String = term.iter().collect();
    term.contains(&'(') || text.replace("...", " ").split_whitespace().count() > 1
}

struct Parser<'a> {
    chars: &'a [char],
    at: usize,
    words: bool,
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    fn unexpected<T>(&self, expected: &'static str) -> Result<T, EinsumError> {
        let found = self
            .peek()
            .map_or("end of the term".to_string(), String::from);
        Err(EinsumError::Unexpected {
            column: self.at + 1,
            found,
            expected,
        })
    }

    fn term(&mut self) -> Result<Vec<Index>, EinsumError> {
        let mut indices = Vec::new();
        loop {
            self.skip_blanks();
            match self.peek() {
                None => return Ok(indices),
                Some('.') => {
                    if self.chars[self.at..].iter().take(3).collect::<String>() != "..." {
                        return self.unexpected("`...`");
                    }
                    if indices.contains(&Index::Ellipsis) {
                        return Err(EinsumError::Ellipses {
                            column: self.at + 1,
                        });
                    }
                    self.at += 3;
                    indices.push(Index::Ellipsis);
                }
                Some('(') if self.words => {
                    self.at += 1;
                    indices.push(self.sum()?);
                }
                Some(c) if starts_name(c) => {
                    let name = if self.words {
                        self.name()
                    } else {
                        c.to_string()
                    };
                    if !self.words {
                        self.at += 1;
                    }
                    indices.push(Index::Sum {
                        terms: vec![(1, name)],
                        offset: 0,
                    });
                }
                _ => return self.unexpected("an axis name"),
            }
        }
    }

    fn name(&mut self) -> String {
        let start = self.at;
        while self
            .peek()
            .is_some_and(|c| starts_name(c) || c.is_ascii_digit())
        {
            self.at += 1;
        }
        self.chars[start..self.at].iter().collect()
    }

    /// What follows an opening parenthesis, up to the closing one.
    fn sum(&mut self) -> Result<Index, EinsumError> {
        let (mut terms, mut offset) = (Vec::new(), 0);
        loop {
            self.skip_blanks();
            let factor = self.number()?;
            self.skip_blanks();
            if factor.is_some() && self.peek() == Some('*') {
                self.at += 1;
                self.skip_blanks();
            }
            match (factor, self.peek()) {
                (_, Some(c)) if starts_name(c) => {
                    let name = self.name();
                    match factor.unwrap_or(1) {
                        0 => {}
                        factor => terms.push((factor, name)),
                    }
                }
                (Some(number), _) => offset += number,
                _ => return self.unexpected("an axis name or a number"),
            }
            self.skip_blanks();
            match self.peek() {
                Some('+') => self.at += 1,
                Some(')') => {
                    self.at += 1;
                    return Ok(Index::Sum { terms, offset });
                }
                _ => return self.unexpected("`+` or `)`"),
            }
        }
    }

    fn number(&mut self) -> Result<Option<i64>, EinsumError> {
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
        if start == self.at {
            return Ok(None);
        }
        let number: String = self.chars[start..self.at].iter().collect();
        match number.parse() {
            Ok(value) if value <= MAX_NUMBER => Ok(Some(value)),
            _ => Err(EinsumError::Number {
                column: start + 1,
                number,
                max: MAX_NUMBER,
            }),
        }
    }
}

fn starts_name(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}
