//! The types of signals, as the Verilog back end sees them.

use rust_hdl::prelude::{TypeDescriptor, TypeKind};

/// What a signal carries. Every type is a packed vector, its first part in the low bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An unsigned number of so many bits; a flag has one.
    Bits(usize),
    /// A two's complement number.
    Signed(usize),
    /// Elements side by side.
    Array(Box<Kind>, usize),
    /// A bundle.
    Struct(String, Vec<Field>),
}

/// A field of a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    pub name: String,
    /// Lowest bit in the bundle.
    pub offset: usize,
    pub kind: Kind,
}

impl Kind {
    /// A flag.
    pub const FLAG: Kind = Kind::Bits(1);

    /// The type that a signal describes; `None` for enumerations, which the hardware does not use.
    pub fn of(descriptor: &TypeDescriptor) -> Option<Kind> {
        Some(match &descriptor.kind {
            TypeKind::Bits(n) => Kind::Bits(*n),
            TypeKind::Signed(n) => Kind::Signed(*n),
            TypeKind::Enum(_) => return None,
            TypeKind::Composite(parts) => {
                let numbered = |(i, name): (usize, &str)| name == i.to_string();
                let names = parts.iter().map(|part| part.fieldname.as_str());
                if !parts.is_empty() && names.enumerate().all(numbered) {
                    return Some(Kind::Array(
                        Box::new(Kind::of(&parts[0].kind)?),
                        parts.len(),
                    ));
                }
                let (mut fields, mut offset) = (Vec::new(), 0);
                for part in parts {
                    let kind = Kind::of(&part.kind)?;
                    let width = kind.width();
                    fields.push(Field {
                        name: part.fieldname.clone(),
                        offset,
                        kind,
                    });
                    offset += width;
                }
                Kind::Struct(descriptor.name.clone(), fields)
            }
        })
    }

    /// Bits.
    pub fn width(&self) -> usize {
        match self {
            Kind::Bits(n) | Kind::Signed(n) => *n,
            Kind::Array(element, n) => element.width() * n,
            Kind::Struct(_, fields) => fields.iter().map(|field| field.kind.width()).sum(),
        }
    }

    /// An array of numbers: the width of a number and the dimensions, outermost first.
    pub fn numbers(&self) -> Option<(usize, Vec<usize>)> {
        match self {
            Kind::Signed(n) => Some((*n, Vec::new())),
            Kind::Array(element, n) => {
                let (width, mut dimensions) = element.numbers()?;
                dimensions.insert(0, *n);
                Some((width, dimensions))
            }
            _ => None,
        }
    }

    /// The array of numbers of this width with these dimensions.
    pub fn array(width: usize, dimensions: &[usize]) -> Kind {
        let element = Kind::Signed(width);
        dimensions
            .iter()
            .rev()
            .fold(element, |kind, &n| Kind::Array(Box::new(kind), n))
    }

    /// The field of a bundle that these bits are.
    pub fn field(&self, offset: usize, width: usize) -> Option<&Field> {
        match self {
            Kind::Struct(_, fields) => fields
                .iter()
                .find(|field| field.offset == offset && field.kind.width() == width),
            _ => None,
        }
    }
}
