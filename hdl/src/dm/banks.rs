//! The banks that a window touches.

use rust_hdl::prelude::*;
use tcpu_isa::Config;

use crate::types::U;

/// The bank of the window's first row, and the next bank if the window goes on in its first row.
/// Combinational: who asks for a window keeps its banks in a register, beside the address.
#[derive(LogicBlock)]
pub struct Banks {
    /// Of any slice.
    pub at: Signal<In, U<32>>,
    /// It goes on behind its first row: its place in that row and its bytes are more than F.
    pub leaves_row: Signal<In, bool>,
    /// A bit each.
    pub banks: Signal<Out, U<16>>,
    in_dm: Constant<U<32>>,
    /// The bits of an address that do not say which row of its bank it is in.
    not_row: Constant<U<32>>,
    bank_shift: Constant<U<5>>,
    last_bank: Constant<U<5>>,
    all_banks: Constant<U<16>>,
    one: Constant<U<16>>,
    first: Signal<Local, U<16>>,
    in_last_row: Signal<Local, bool>,
}

impl Banks {
    /// For the DM of a build.
    pub fn new(config: &Config) -> Self {
        let rows = (config.bank_bytes() - 1) & !(config.flit - 1);
        Banks {
            at: Default::default(),
            leaves_row: Default::default(),
            banks: Default::default(),
            in_dm: Constant::new(U::new(config.dm_bytes() as u64 - 1)),
            not_row: Constant::new(U::new(!rows as u64)),
            bank_shift: Constant::new(U::new(u64::from(config.bank_bytes().trailing_zeros()))),
            last_bank: Constant::new(U::new(config.dm_banks as u64 - 1)),
            all_banks: Constant::new(U::new((1 << config.dm_banks) - 1)),
            one: Constant::new(U::new(1)),
            first: Default::default(),
            in_last_row: Default::default(),
        }
    }
}

impl Logic for Banks {
    #[hdl_gen]
    fn update(&mut self) {
        self.first.next =
            self.one.val() << ((self.at.val() & self.in_dm.val()) >> self.bank_shift.val());
        self.in_last_row.next = (self.at.val() | self.not_row.val()).all();
        self.banks.next = self.first.val();
        if self.leaves_row.val() && self.in_last_row.val() {
            self.banks.next = self.first.val()
                | ((self.first.val() << self.one.val()) & self.all_banks.val())
                | (self.first.val() >> self.last_bank.val());
        }
    }
}
