//! Operands and results as .npy files.

use std::path::Path;

use ndarray::{ArrayViewD, IxDyn};
use ndarray_npy::{ViewNpyExt, WriteNpyExt};
use tcpu_isa::program::Tensor;
use tcpu_isa::OutType;

use crate::error::Error;
use crate::output::Sink;

/// An operand, in C order.
pub struct Operand {
    pub shape: Vec<usize>,
    pub bytes: Vec<u8>,
}

impl Operand {
    /// Reads an int8 file, in C or Fortran order.
    ///
    /// # Errors
    /// A file that is not there, is cut off, or holds something else. The header is believed only as
    /// far as the file has bytes for it.
    pub fn read(path: &Path) -> Result<Operand, Error> {
        let file = std::fs::read(path).map_err(|error| Error::File {
            path: path.into(),
            error,
        })?;
        let view = ArrayViewD::<i8>::view_npy(&file).map_err(|e| Error::Npy {
            path: path.into(),
            reason: e.to_string(),
        })?;
        Ok(Operand {
            shape: view.shape().to_vec(),
            bytes: view.iter().map(|&v| v as u8).collect(),
        })
    }
}

/// Writes a tensor's bytes as a .npy file.
///
/// # Errors
/// See [`Sink::write`].
pub fn write(sink: Sink, tensor: &Tensor, bytes: &[u8]) -> Result<(), Error> {
    let shape = IxDyn(&tensor.shape);
    sink.write(|out| -> Result<(), Box<dyn std::error::Error>> {
        match tensor.dtype {
            OutType::I8 => {
                let values: Vec<i8> = bytes.iter().map(|&b| b as i8).collect();
                ArrayViewD::from_shape(shape, &values)?.write_npy(out)?;
            }
            OutType::I16 => {
                let value = |b: &[u8]| i16::from_le_bytes([b[0], b[1]]);
                let values: Vec<i16> = bytes.chunks_exact(2).map(value).collect();
                ArrayViewD::from_shape(shape, &values)?.write_npy(out)?;
            }
            OutType::I32 | OutType::Digits => {
                let value = |b: &[u8]| i32::from_le_bytes([b[0], b[1], b[2], b[3]]);
                let values: Vec<i32> = bytes.chunks_exact(4).map(value).collect();
                ArrayViewD::from_shape(shape, &values)?.write_npy(out)?;
            }
        }
        Ok(())
    })
}
