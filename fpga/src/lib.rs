//! tcpu on FPGA boards: the host's end of the link.

pub mod link;
