//! What a netlist's multipliers and block RAMs are for, by their names.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};
use tcpu_isa::Config;

/// A slice, and a number in it: of a multiplier or of a lane.
pub type Place = (usize, usize);

/// Which words of DM a block RAM has: pair and bank and whether its rows are odd say which pair of block RAMs, the last
/// number which of the two.
pub type Words = (usize, usize, bool, usize);

/// Names of cells, by what they are for.
#[derive(Default)]
pub struct Names {
    /// Products lane by lane, neighbours those that are added first, then what requantises.
    pub multipliers: BTreeMap<Place, Vec<String>>,
    /// By slice.
    pub dm: BTreeMap<usize, BTreeMap<Words, String>>,
    /// By slice and lane.
    pub trf: BTreeMap<Place, BTreeMap<usize, String>>,
}

impl Names {
    /// Those of a module.
    ///
    /// # Errors
    /// A multiplier that is for nothing that is known; a slice without DM, a lane without TRF.
    pub fn of(module: &Value, config: &Config) -> Result<Names, String> {
        let places = places(module["netnames"].as_object(), config);
        let mut names = Names::default();
        for (name, cell) in module["cells"].as_object().into_iter().flatten() {
            if cell["type"] == "MULT18X18D" {
                let place = place(cell, &places).ok_or(format!("multiplier {name}"))?;
                let there = names.multipliers.entry(place).or_default();
                there.push(name.clone());
            } else if cell["type"] == "DP16KD" {
                if let Some((slice, words)) = dm(name) {
                    let there = names.dm.entry(slice).or_default();
                    there.insert(words, name.clone());
                } else if let Some((lane, part)) = trf(name) {
                    let there = names.trf.entry(lane).or_default();
                    there.insert(part, name.clone());
                }
            }
        }
        names.multipliers.values_mut().for_each(|all| all.sort());
        for slice in 0..config.slices {
            if !names.dm.contains_key(&slice) {
                return Err(format!("DM of slice {slice}"));
            }
            let bare = (0..config.lanes).find(|&lane| !names.trf.contains_key(&(slice, lane)));
            if let Some(lane) = bare {
                return Err(format!("TRF of slice {slice}, lane {lane}"));
            }
        }
        Ok(names)
    }
}

/// The place of the multiplier that drives a bit, for bits that are products or come out of requantisation.
fn places(names: Option<&Map<String, Value>>, config: &Config) -> HashMap<u64, Place> {
    let (lanes, flit) = (config.lanes * config.int4, config.flit);
    let products = lanes * flit;
    let bits = flit.trailing_zeros();
    let mut places = HashMap::new();
    for (name, net) in names.into_iter().flatten() {
        let nets = net["bits"].as_array().into_iter().flatten().enumerate();
        let nets = nets.filter_map(|(i, bit)| Some((i, bit.as_u64()?)));
        if PRODUCTS.iter().any(|products| name.ends_with(products)) {
            for (i, bit) in nets {
                let product = i / PRODUCT_BITS;
                let (lane, element) = (product % products / flit, product % flit);
                // Neighbours are those whose numbers differ in the highest bit, then in the next one.
                let turned = (element.reverse_bits() >> (usize::BITS - bits.max(1))) % flit;
                places.insert(bit, (product / products, lane * flit + turned));
            }
        } else if let Some(value) = numbers(name, ["requant.slice[", "].one["]) {
            for (_, bit) in nets {
                let [slice, value] = value;
                places.entry(bit).or_insert((slice, products + value));
            }
        }
    }
    places
}

/// The nets of all products, slice by slice, lane by lane: which of them has kept its name is synthesis's choice.
const PRODUCTS: [&str; 2] = ["contract.multipliers_products", "contract.level0.cells"];
const PRODUCT_BITS: usize = 16;

/// The place of a multiplier: that of the first bit of its product that has one.
fn place(cell: &Value, places: &HashMap<u64, Place>) -> Option<Place> {
    (0..36).find_map(|i| {
        let bit = cell["connections"][format!("P{i}")][0].as_u64()?;
        places.get(&bit).copied()
    })
}

/// The numbers that stand behind these texts in a name, one behind the other.
fn numbers<const N: usize>(name: &str, texts: [&str; N]) -> Option<[usize; N]> {
    let mut rest = name;
    let mut found = [0; N];
    for (found, text) in found.iter_mut().zip(texts) {
        rest = rest.split_once(text)?.1;
        let end = rest.find(|c: char| !c.is_ascii_digit());
        let (number, behind) = rest.split_at(end.unwrap_or(rest.len()));
        *found = number.parse().ok()?;
        rest = behind;
    }
    Some(found)
}

/// Slice and words of a block RAM of DM. Behind a memory's name are the numbers of its rows' part and of its words' part.
fn dm(name: &str) -> Option<(usize, Words)> {
    let odd = name.contains("].odd.");
    let memory = if odd { "].odd." } else { "].even." };
    let [slice, bank, _, word] = numbers(name, ["dm.slice[", "].bank[", memory, "."])?;
    Some((slice, (word / 2, bank, odd, word % 2)))
}

/// Slice, lane and part of a block RAM of TRF.
fn trf(name: &str) -> Option<(Place, usize)> {
    let [slice, lane, _, part] = numbers(name, ["trf.slice[", "].lane[", "].rows.", "."])?;
    Some(((slice, lane), part))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names of block RAMs as synthesis makes them, and others.
    #[test]
    fn memories() {
        assert_eq!(
            dm("core.dm.slice[1].bank[3].odd.0.2"),
            Some((1, (1, 3, true, 0)))
        );
        assert_eq!(
            dm("dm.slice[0].bank[2].even.0.1"),
            Some((0, (0, 2, false, 1)))
        );
        assert_eq!(
            trf("system.trf.slice[1].lane[12].rows.0.3"),
            Some(((1, 12), 3))
        );
        for other in [
            "counters.sums.0.0",
            "dm.slice[0].bank[2].even_words",
            "trf.slice[1].lane[x]",
        ] {
            assert_eq!((dm(other), trf(other)), (None, None), "{other}");
        }
    }
}
