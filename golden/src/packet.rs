//! The packet reducer: a tree of run-time depth over the products of a flit.
//!
//! ```text
//! depth 0: F columns    depth d: column c = sum of products f = c (mod F >> d)    depth log2 F: 1 column
//! ```

/// The `F >> depth` columns of `products`.
pub fn reduce(products: &[i64], depth: u8) -> Vec<i64> {
    let columns = products.len() >> depth;
    let mut sums = vec![0; columns];
    for (f, product) in products.iter().enumerate() {
        sums[f % columns] += product;
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Every depth keeps the sum of all products, and each depth folds the one before in half.
        #[test]
        fn folds(products in prop::collection::vec(-16384i64..=16384, 16), depth in 0u8..4) {
            let (wide, narrow) = (reduce(&products, depth), reduce(&products, depth + 1));
            prop_assert_eq!(wide.iter().sum::<i64>(), products.iter().sum::<i64>());
            for (c, sum) in narrow.iter().enumerate() {
                prop_assert_eq!(*sum, wide[c] + wide[c + narrow.len()]);
            }
        }
    }
}
