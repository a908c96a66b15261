//! Wide values: vectors, flits, operands, cells.

use std::ops::{Add, BitAnd, BitOr, Mul, Not, Shl, Shr};

use rust_hdl::prelude::{Synth, TypeDescriptor, TypeField, TypeKind, VCDValue, VerilogLiteral};

use super::unsigned::{bits, Index, ToBits, U};

/// N values side by side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Vector<T, const N: usize>(pub [T; N]);

impl<T: Synth, const N: usize> Default for Vector<T, N> {
    fn default() -> Self {
        Vector([T::default(); N])
    }
}

impl<T: Synth, const N: usize> Vector<T, N> {
    /// Element `i`.
    pub fn get_bit(self, i: impl Index) -> T {
        self.0[i.index()]
    }

    /// With element `i` set to `value`.
    pub fn replace_bit(mut self, i: impl Index, value: T) -> Self {
        self.0[i.index()] = value;
        self
    }
}

impl<T: Synth, const N: usize> Synth for Vector<T, N> {
    const BITS: usize = N * T::BITS;

    fn descriptor() -> TypeDescriptor {
        elements(N, T::descriptor())
    }

    fn vcd(self) -> VCDValue {
        VCDValue::Composite(self.0.into_iter().map(|v| Box::new(v.vcd())).collect())
    }

    fn verilog(self) -> VerilogLiteral {
        zero()
    }
}

fn elements(n: usize, kind: TypeDescriptor) -> TypeDescriptor {
    let field = |i: usize| {
        Box::new(TypeField {
            fieldname: i.to_string(),
            kind: kind.clone(),
        })
    };
    TypeDescriptor {
        name: format!("{} x {n}", kind.name),
        kind: TypeKind::Composite((0..n).map(field).collect()),
    }
}

/// The only wide literals are reset values, and those are zero.
fn zero() -> VerilogLiteral {
    0u64.into()
}

/// A declaration of an array type of signals: storage, width of an element, dimensions outermost first.
macro_rules! array {
    ($(#[$doc:meta])* $name:ident <$($n:ident),*>, $storage:ty, $bits:expr, [$($d:ident),*]) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct $name<$(const $n: usize),*>(pub array!(@type $storage, $($d),*));

        impl<$(const $n: usize),*> Default for $name<$($n),*> {
            fn default() -> Self {
                $name(array!(@zero $($d),*))
            }
        }

        impl<$(const $n: usize),*> Synth for $name<$($n),*> {
            const BITS: usize = $bits $(* $d)*;

            fn descriptor() -> TypeDescriptor {
                let element = TypeDescriptor {
                    name: format!("I{}", $bits),
                    kind: TypeKind::Signed($bits),
                };
                let dimensions = [$($d),*];
                dimensions.into_iter().rev().fold(element, |kind, n| elements(n, kind))
            }

            fn vcd(self) -> VCDValue {
                array!(@vcd self.0, $bits, $($d),*)
            }

            fn verilog(self) -> VerilogLiteral {
                zero()
            }
        }
    };
    (@type $t:ty, $a:ident) => { [$t; $a] };
    (@type $t:ty, $a:ident, $($d:ident),+) => { [array!(@type $t, $($d),+); $a] };
    (@zero $a:ident) => { [0; $a] };
    (@zero $a:ident, $($d:ident),+) => { [array!(@zero $($d),+); $a] };
    (@vcd $v:expr, $bits:expr, $a:ident) => {
        VCDValue::Composite($v.iter().map(|&x| Box::new(bits(x as u64, $bits))).collect())
    };
    (@vcd $v:expr, $bits:expr, $a:ident, $($d:ident),+) => {
        VCDValue::Composite(
            $v.iter().map(|x| Box::new(array!(@vcd x, $bits, $($d),+))).collect()
        )
    };
}

array! {
    /// A flit of F bytes for each slice.
    Flits<S, F>, i8, 8, [S, F]
}
array! {
    /// A flit for each lane of each slice.
    Operands<S, L, F>, i8, 8, [S, L, F]
}
array! {
    /// An N-bit (up to 32) signed number for each multiplier.
    Cells<N, S, L, F>, i32, N, [S, L, F]
}
array! {
    /// V signed N-bit (up to 64) numbers for each slice.
    Values<N, S, V>, i64, N, [S, V]
}

impl<const S: usize, const F: usize> Flits<S, F> {
    fn zip(self, other: Self, f: impl Fn(i8, i8) -> i8) -> Self {
        let mut out = self;
        for (row, others) in out.0.iter_mut().zip(&other.0) {
            for (x, y) in row.iter_mut().zip(others) {
                *x = f(*x, *y);
            }
        }
        out
    }

    /// Byte `f` of each slice from byte `f + by` (zero outside).
    fn moved(self, by: i64) -> Self {
        let mut out = Self::default();
        for (row, source) in out.0.iter_mut().zip(&self.0) {
            for (f, byte) in row.iter_mut().enumerate() {
                let from = f as i64 + by;
                if (0..F as i64).contains(&from) {
                    *byte = source[from as usize];
                }
            }
        }
        out
    }
}

impl<const S: usize, const F: usize> BitAnd for Flits<S, F> {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        self.zip(other, |a, b| a & b)
    }
}

impl<const S: usize, const F: usize> BitOr for Flits<S, F> {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        self.zip(other, |a, b| a | b)
    }
}

impl<const S: usize, const F: usize> Not for Flits<S, F> {
    type Output = Self;
    fn not(self) -> Self {
        self.zip(self, |a, _| !a)
    }
}

impl<const S: usize, const F: usize, const N: usize> Shl<U<N>> for Flits<S, F> {
    type Output = Self;
    fn shl(self, by: U<N>) -> Self {
        self.moved(-(by.value() as i64))
    }
}

impl<const S: usize, const F: usize, const N: usize> Shr<U<N>> for Flits<S, F> {
    type Output = Self;
    fn shr(self, by: U<N>) -> Self {
        self.moved(by.value() as i64)
    }
}

impl<const N: usize, const S: usize, const L: usize, const F: usize> Add for Cells<N, S, L, F> {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        let mut out = self;
        for (lanes, others) in out.0.iter_mut().zip(&other.0) {
            for (cells, others) in lanes.iter_mut().zip(others) {
                for (x, y) in cells.iter_mut().zip(others) {
                    *x = x.wrapping_add(*y) << (32 - N) >> (32 - N);
                }
            }
        }
        out
    }
}

/// Moves the cells of each lane down by a number of columns.
impl<const N: usize, const S: usize, const L: usize, const F: usize, const M: usize> Shr<U<M>>
    for Cells<N, S, L, F>
{
    type Output = Self;
    fn shr(self, by: U<M>) -> Self {
        let by = by.value() as usize;
        let mut out = Self::default();
        for (lanes, sources) in out.0.iter_mut().zip(&self.0) {
            for (cells, source) in lanes.iter_mut().zip(sources) {
                let kept = source.get(by..).unwrap_or_default();
                cells[..kept.len()].copy_from_slice(kept);
            }
        }
        out
    }
}

/// Every cell times a power of two; wraps.
impl<const N: usize, const S: usize, const L: usize, const F: usize, const M: usize> Shl<U<M>>
    for Cells<N, S, L, F>
{
    type Output = Self;
    fn shl(mut self, by: U<M>) -> Self {
        for cell in self.0.iter_mut().flatten().flatten() {
            *cell = (*cell << by.value()) << (32 - N) >> (32 - N);
        }
        self
    }
}

impl<const N: usize, const M: usize, const S: usize, const L: usize, const F: usize>
    ToBits<Cells<M, S, L, F>> for Cells<N, S, L, F>
{
    fn to_bits(self) -> Cells<M, S, L, F> {
        let mut out = Cells(self.0);
        if M < N {
            for cell in out.0.iter_mut().flatten().flatten() {
                *cell = *cell << (32 - M) >> (32 - M);
            }
        }
        out
    }
}

/// Every value times one unsigned factor.
impl<const S: usize, const V: usize> Mul<U<16>> for Values<32, S, V> {
    type Output = Values<49, S, V>;
    fn mul(self, factor: U<16>) -> Values<49, S, V> {
        Values(self.0.map(|slice| slice.map(|v| v * factor.value() as i64)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Shifts move whole elements and fill with zero; sums wrap to the width.
        #[test]
        fn moves(x in prop::array::uniform4(any::<i8>()), by in 0usize..6, y in -8i32..8, z in -8i32..8) {
            let flits = Flits([x]);
            let by_u = U::<4>::new(by as u64);
            for f in 0..4 {
                let at = |i: Option<usize>| i.and_then(|i| x.get(i)).copied().unwrap_or(0);
                prop_assert_eq!((flits >> by_u).0[0][f], at(Some(f + by)));
                prop_assert_eq!((flits << by_u).0[0][f], at(f.checked_sub(by)));
            }
            let sum = Cells::<4, 1, 1, 1>([[[y]]]) + Cells([[[z]]]);
            prop_assert_eq!(sum.0[0][0][0], (y + z + 8).rem_euclid(16) - 8);
        }
    }
}
