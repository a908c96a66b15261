//! The front end: einsum notation and shapes in, an affine contraction out.
//!
//! Two spellings:
//! - *letters*, as NumPy has it: `"ij,jk->ik"`, `"...ij,jk"`, every letter an axis, blanks ignored;
//! - *words*, if some operand or the output has a blank between two names, or a parenthesis:
//!   `"batch time feature, feature out -> batch time out"`. Here an index may also be *affine*: a sum of
//!   axes with positive factors, in parentheses. `"b (h+r) (w+s) c, r s c k -> b h w k"` is a
//!   convolution; `(2h+r)` strides it, `(h+2r)` dilates it, `(h+r+1)` starts it at 1.
//!
//! An axis that stands alone somewhere has its size from there; one that only occurs in sums is as long
//! as fits (a "valid" convolution). Broadcasting is NumPy's: by `...`, and of size 1 against n.

mod parse;
mod resolve;

pub use parse::{parse, Einsum, EinsumError, Index};
pub use resolve::{Access, Axis, Contraction};
