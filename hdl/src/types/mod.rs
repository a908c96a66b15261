//! Value types of the hardware: what a signal carries.
//!
//! rust-hdl's own `Bits` and `Signed` are slow to simulate and hide traps; these live in machine words.
//!
//! | type | is | stored as |
//! |---|---|---|
//! | [`U<N>`] | unsigned, N bits, wraps | `u64` |
//! | [`Vector<T, N>`] | N values side by side, element 0 in the low bits | array |
//! | [`Flits<S, F>`] | a flit of F bytes for each of S slices | `i8` |
//! | [`Operands<S, L, F>`] | a flit for each lane of each slice | `i8` |
//! | [`Cells<N, S, L, F>`] | an N-bit signed number for each multiplier | `i32` |
//! | [`Values<N, S, V>`] | V signed N-bit numbers per slice | `i64` |
//! | `bundle!` | named fields | struct |
//!
//! What the operators mean is what a Verilog back end may assume: `+ -` wrap to the type's width;
//! `<<` and `>>` of `Flits`, and `>>` of `Cells`, move *elements* inside each slice (and lane), zero filled;
//! `<<` of `Cells` multiplies each by a power of two and wraps;
//! `to_bits()` extends by the source's sign or truncates, and stands only as the whole right side
//! of an assignment; `get_bit(i)` of a vector is its element i.

mod array;
mod bundle;
mod unsigned;

pub use array::{Cells, Flits, Operands, Values, Vector};
pub use unsigned::{Index, ToBits, U};
