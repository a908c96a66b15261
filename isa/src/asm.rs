//! A command as a line of text.
//!
//! ```text
//! loop fetch.0 count=12 a=4 b=0
//! fetch levels=1 base=0x40 packet=4 pack=1 tail=0:2 wait=load signal=contract,trfload
//! contract levels=1 trf=0x0 splat init emit reduce=0b1 lanes=2 cols=4 order=sequential group=1
//! ```
//!
//! The first word is `loop UNIT.LEVEL` or the unit whose exec it is; then come fields as `name=value`, one-bit
//! fields as a bare name when they are set, in any order. A field that is left out is zero. Numbers are decimal
//! or have a prefix `0x` or `0b`; units are their names with commas between them. Names and widths are those of
//! [`crate::layout`].

use std::fmt::Write;

use thiserror::Error;

use crate::layout::{self, commit, contract, dma, fetch, header, loops, sync, trfload, Field};
use crate::word::{decode, encode, DecodeError, EXEC_FIELDS};
use crate::{Command, Config, Unit, Units, LEVELS};

/// Why a line is no command.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LineError {
    #[error("{0:?} is no command; there are: loop, {names}", names = Unit::ALL.map(Unit::name).join(", "))]
    Command(String),
    #[error("loop names a unit and a level, as in \"loop fetch.0\", not {0:?}")]
    Loop(String),
    #[error("{command} has no field {field:?}; it has: {fields}")]
    Field {
        command: String,
        field: String,
        fields: String,
    },
    #[error("{0} is given twice")]
    Twice(String),
    #[error("{field} = {value:?} is not {expected}")]
    Value {
        field: String,
        value: String,
        expected: String,
    },
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

/// How a field's value is written.
#[derive(Clone, Copy)]
enum Style {
    Decimal,
    Signed,
    Hex,
    Binary,
    Flag,
    Names(&'static [&'static str]),
}

fn style(field: Field) -> Style {
    const ADDRESSES: [Field; 6] = [
        fetch::BASE,
        commit::BASE,
        contract::TRF,
        trfload::TRF,
        dma::EXT,
        dma::DM,
    ];
    match field {
        contract::ORDER => Style::Names(&["sequential", "interleaved"]),
        commit::OUT => Style::Names(&["i8", "i16", "i32", "digits"]),
        contract::REDUCE => Style::Binary,
        loops::STRIDE_A | loops::STRIDE_B => Style::Signed,
        _ if ADDRESSES.contains(&field) => Style::Hex,
        _ if field.width == 1 => Style::Flag,
        _ => Style::Decimal,
    }
}

/// The name of a field in a line.
fn name(field: Field) -> String {
    match field {
        header::LEVEL => "levels".to_string(),
        loops::STRIDE_A => "a".to_string(),
        loops::STRIDE_B => "b".to_string(),
        _ => field.name.to_lowercase(),
    }
}

/// The fields that a line of this kind names one by one; tail and units are written in their own way.
fn fields(unit: Unit, exec: bool) -> Vec<Field> {
    if !exec {
        return loops::ALL.to_vec();
    }
    let groups = EXEC_FIELDS[unit as usize].iter().copied().flatten();
    let plain = groups.filter(|f| ![fetch::TAIL_LEVEL, fetch::TAIL_BYTES].contains(f));
    [header::LEVEL].into_iter().chain(plain.copied()).collect()
}

fn has_tail(unit: Unit) -> bool {
    EXEC_FIELDS[unit as usize].contains(&fetch::ALL)
}

/// The line of a command; [`parse`] reads it back.
pub fn line(command: &Command) -> String {
    let word = encode(command);
    let unit = command.unit();
    let exec = header::OP.get(word) == layout::OP_EXEC;
    let mut line = match exec {
        true => unit.name().to_string(),
        false => format!("loop {}.{}", unit.name(), header::LEVEL.get(word)),
    };
    for field in fields(unit, exec) {
        let (name, value) = (name(field), field.get(word));
        // Writing to a String cannot fail.
        let _ = match style(field) {
            Style::Flag if value == 0 => Ok(()),
            Style::Flag => write!(line, " {name}"),
            Style::Decimal => write!(line, " {name}={value}"),
            Style::Signed => write!(line, " {name}={}", field.get_signed(word)),
            Style::Hex => write!(line, " {name}={value:#x}"),
            Style::Binary => write!(line, " {name}={value:#b}"),
            Style::Names(names) => match names.get(value as usize) {
                Some(value) => write!(line, " {name}={value}"),
                None => write!(line, " {name}={value}"),
            },
        };
    }
    if !exec {
        return line;
    }
    let tail = fetch::TAIL_LEVEL.get(word);
    if has_tail(unit) && tail != LEVELS as u64 {
        let _ = write!(line, " tail={tail}:{}", fetch::TAIL_BYTES.get(word));
    }
    for &field in sync::ALL {
        let units = Units::from_mask(field.get(word) as u8);
        if !units.is_empty() {
            let _ = write!(line, " {}={units}", name(field));
        }
    }
    line
}

/// The command of a line.
///
/// # Errors
/// What is wrong with it, or why this build does not execute it.
pub fn parse(line: &str, config: &Config) -> Result<Command, LineError> {
    let mut words = line.split_whitespace();
    let first = words.next().unwrap_or_default();
    let exec = first != "loop";
    let mut word = header::VERSION.put(0, layout::VERSION);
    let unit = if exec {
        word = header::OP.put(word, layout::OP_EXEC);
        unit_of(first).ok_or_else(|| LineError::Command(first.to_string()))?
    } else {
        let place = words.next().unwrap_or_default();
        let error = || LineError::Loop(place.to_string());
        let (unit, level) = place.split_once('.').ok_or_else(error)?;
        let level: u64 = level.parse().map_err(|_| error())?;
        word = header::OP.put(word, layout::OP_LOOP);
        word = put(word, header::LEVEL, level as i128, "level", place)?;
        unit_of(unit).ok_or_else(error)?
    };
    word = header::UNIT.put(word, unit as u64);
    if exec && has_tail(unit) {
        word = fetch::TAIL_LEVEL.put(word, LEVELS as u64);
    }
    let known = fields(unit, exec);
    let mut seen: Vec<&str> = Vec::new();
    for token in words {
        let (key, value) = match token.split_once('=') {
            Some((key, value)) => (key, Some(value)),
            None => (token, None),
        };
        if seen.contains(&key) {
            return Err(LineError::Twice(key.to_string()));
        }
        seen.push(key);
        word = match (key, known.iter().find(|field| name(**field) == key)) {
            (_, Some(&field)) => put_text(word, field, value, token)?,
            ("tail", None) if exec && has_tail(unit) => put_tail(word, value.unwrap_or_default())?,
            ("wait", None) if exec => put_units(word, sync::WAIT, value.unwrap_or_default())?,
            ("signal", None) if exec => put_units(word, sync::SIGNAL, value.unwrap_or_default())?,
            (_, None) => return Err(unknown(unit, exec, key)),
        };
    }
    Ok(decode(word, config)?)
}

fn unknown(unit: Unit, exec: bool, key: &str) -> LineError {
    let mut names: Vec<String> = fields(unit, exec).into_iter().map(name).collect();
    if exec && has_tail(unit) {
        names.push("tail".to_string());
    }
    if exec {
        names.extend(sync::ALL.iter().copied().map(name));
    }
    LineError::Field {
        command: if exec { unit.name() } else { "loop" }.to_string(),
        field: key.to_string(),
        fields: names.join(", "),
    }
}

fn put_text(word: u128, field: Field, value: Option<&str>, token: &str) -> Result<u128, LineError> {
    let key = name(field);
    let wrong = |expected: String| LineError::Value {
        field: key.clone(),
        value: value.unwrap_or_default().to_string(),
        expected,
    };
    match (style(field), value) {
        (Style::Flag, None) => Ok(field.put(word, 1)),
        (Style::Flag, Some(_)) => Err(wrong("a bare name (it is set by being there)".to_string())),
        (Style::Names(names), value) => {
            let index = names.iter().position(|name| Some(*name) == value);
            let index = index.ok_or_else(|| wrong(format!("one of {}", names.join(", "))))?;
            Ok(field.put(word, index as u64))
        }
        (_, value) => {
            let number = value.and_then(number);
            let number = number.ok_or_else(|| wrong("a number".to_string()))?;
            put(word, field, number, &key, token)
        }
    }
}

/// Puts a number into a field, if it fits.
fn put(word: u128, field: Field, value: i128, key: &str, token: &str) -> Result<u128, LineError> {
    let signed = matches!(style(field), Style::Signed);
    let (min, max) = match signed {
        true => (-(1i128 << (field.width - 1)), (1 << (field.width - 1)) - 1),
        false => (0, field.max() as i128),
    };
    if !(min..=max).contains(&value) {
        return Err(LineError::Value {
            field: key.to_string(),
            value: token.rsplit('=').next().unwrap_or_default().to_string(),
            expected: format!("from {min} to {max}"),
        });
    }
    Ok(field.put(word, value as u64))
}

fn put_tail(word: u128, value: &str) -> Result<u128, LineError> {
    let wrong = || LineError::Value {
        field: "tail".to_string(),
        value: value.to_string(),
        expected: "LEVEL:BYTES".to_string(),
    };
    let (level, bytes) = value.split_once(':').ok_or_else(wrong)?;
    let level = number(level).ok_or_else(wrong)?;
    let bytes = number(bytes).ok_or_else(wrong)?;
    if level >= LEVELS as i128 {
        return Err(wrong());
    }
    let word = put(word, fetch::TAIL_LEVEL, level, "tail", value)?;
    put(word, fetch::TAIL_BYTES, bytes, "tail", value)
}

fn put_units(word: u128, field: Field, value: &str) -> Result<u128, LineError> {
    let key = name(field);
    let mut units = Units::default();
    for text in value.split(',') {
        let unit = unit_of(text).ok_or_else(|| LineError::Value {
            field: key.clone(),
            value: value.to_string(),
            expected: format!("units of {}", Unit::ALL.map(Unit::name).join(", ")),
        })?;
        if units.contains(unit) {
            return Err(LineError::Twice(format!("{text} in {key}={value}")));
        }
        units.insert(unit);
    }
    Ok(field.put(word, units.mask().into()))
}

fn unit_of(name: &str) -> Option<Unit> {
    Unit::ALL.into_iter().find(|unit| unit.name() == name)
}

/// A number: decimal, `0x` or `0b`, with an optional sign.
fn number(text: &str) -> Option<i128> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (radix, digits) = match (digits.strip_prefix("0x"), digits.strip_prefix("0b")) {
        (Some(hex), _) => (16, hex),
        (_, Some(binary)) => (2, binary),
        _ => (10, digits),
    };
    let plain = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
    let value = i128::from(u64::from_str_radix(digits, radix).ok()?);
    plain.then_some(sign * value)
}
