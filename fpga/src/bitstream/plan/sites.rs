//! Where a device has its multipliers and block RAMs.

/// Rows that have some, and where in a row groups of them begin.
pub struct Sites {
    pub multipliers: Grid,
    pub memories: Grid,
}

/// Groups at all crossings of rows and columns.
pub struct Grid {
    pub rows: &'static [u32],
    pub columns: &'static [u32],
}

/// A place, and what nextpnr calls it.
#[derive(Clone, Debug, PartialEq)]
pub struct Site {
    pub x: u32,
    pub y: u32,
    pub name: String,
}

/// By the beginning of a device's name. From the tile grids of Project Trellis's database: a pair of multipliers is at a
/// tile `MIB_DSP0` or `MIB_DSP4`, four block RAMs begin at a tile `MIB_EBR0`.
const SITES: [(&str, Sites); 2] = [("LFE5U-85F", ECP5_85), ("LFE5UM5G-85F", ECP5_85)];

const ECP5_85: Sites = Sites {
    multipliers: Grid {
        rows: &[10, 34, 58],
        columns: &[
            4, 8, 13, 17, 22, 26, 31, 35, 40, 44, 49, 53, 58, 62, 69, 73, 78, 82, 87, 91, 96, 100,
            105, 109, 114, 118,
        ],
    },
    memories: Grid {
        rows: &[22, 46, 70, 82],
        columns: &[4, 13, 22, 31, 40, 49, 58, 69, 78, 87, 96, 105, 114],
    },
};

impl Sites {
    /// Those of a device, if they are known.
    pub fn of(device: &str) -> Option<Sites> {
        let mut all = SITES.into_iter();
        all.find_map(|(name, sites)| device.starts_with(name).then_some(sites))
    }

    /// The multipliers of a row, from left to right: every second pair has the other names.
    pub fn multipliers(&self, y: u32) -> Vec<Site> {
        let pairs = self.multipliers.columns.iter().enumerate();
        let sites = pairs.flat_map(|(number, &column)| {
            let first = 4 * (number as u32 % 2);
            (0..2).map(move |i| Site {
                x: column + i,
                y,
                name: format!("X{}/Y{y}/MULT18_{}", column + i, first + i),
            })
        });
        sites.collect()
    }

    /// The block RAMs of a row, from left to right.
    pub fn memories(&self, y: u32) -> Vec<Site> {
        let fours = self.memories.columns.iter();
        let sites = fours.flat_map(|&column| {
            (0..4).map(move |i| Site {
                x: column + 2 * i,
                y,
                name: format!("X{}/Y{y}/EBR{i}", column + 2 * i),
            })
        });
        sites.collect()
    }
}
