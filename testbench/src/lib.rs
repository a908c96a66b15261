//! Everything around the hardware in simulation: drivers, memory models, references.

pub mod reference;
