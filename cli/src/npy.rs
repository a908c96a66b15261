//! Operands and results as .npy files.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use ndarray::{ArrayViewD, IxDyn};
use ndarray_npy::{ViewNpyExt, WriteNpyExt};
use tcpu_isa::program::Tensor;
use tcpu_isa::OutType;
use tempfile::NamedTempFile;

use crate::error::Error;

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

/// Where a result will be written: a file beside the final one, so that nothing half-written is ever
/// there under its name.
pub struct Sink {
    file: NamedTempFile,
    path: PathBuf,
}

impl Sink {
    /// Makes sure, before any work, that the result can be written.
    ///
    /// # Errors
    /// A directory that is not there or cannot be written to.
    pub fn create(path: &Path) -> Result<Sink, Error> {
        let fail = |reason: String| Error::Output {
            path: path.into(),
            reason,
        };
        if path.is_dir() {
            return Err(fail("it is a directory".to_string()));
        }
        let folder = match path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        let file = tempfile::Builder::new()
            .permissions_like_new_files()
            .tempfile_in(folder)
            .map_err(|e| fail(e.to_string()))?;
        Ok(Sink {
            file,
            path: path.into(),
        })
    }

    /// Writes a tensor's bytes and puts the file in its place.
    ///
    /// # Errors
    /// A disk that is full, say.
    pub fn write(mut self, tensor: &Tensor, bytes: &[u8]) -> Result<(), Error> {
        let path = self.path.clone();
        let fail = |reason: String| Error::Output {
            path: path.clone(),
            reason,
        };
        let mut out = BufWriter::new(self.file.as_file_mut());
        let shape = IxDyn(&tensor.shape);
        let written = match tensor.dtype {
            OutType::I8 => {
                let values: Vec<i8> = bytes.iter().map(|&b| b as i8).collect();
                ArrayViewD::from_shape(shape, &values).map(|a| a.write_npy(&mut out))
            }
            OutType::I16 => {
                let values: Vec<i16> = bytes
                    .chunks_exact(2)
                    .map(|b| i16::from_le_bytes([b[0], b[1]]))
                    .collect();
                ArrayViewD::from_shape(shape, &values).map(|a| a.write_npy(&mut out))
            }
            OutType::I32 => {
                let value = |b: &[u8]| i32::from_le_bytes([b[0], b[1], b[2], b[3]]);
                let values: Vec<i32> = bytes.chunks_exact(4).map(value).collect();
                ArrayViewD::from_shape(shape, &values).map(|a| a.write_npy(&mut out))
            }
        };
        written
            .map_err(|e| fail(e.to_string()))?
            .map_err(|e| fail(e.to_string()))?;
        out.flush().map_err(|e| fail(e.to_string()))?;
        drop(out);
        self.file
            .persist(&self.path)
            .map_err(|e| fail(e.error.to_string()))?;
        Ok(())
    }
}

/// Result files get the permissions of ordinary new files, not those of secrets.
trait Permissions {
    fn permissions_like_new_files(&mut self) -> &mut Self;
}

impl Permissions for tempfile::Builder<'_, '_> {
    #[cfg(unix)]
    fn permissions_like_new_files(&mut self) -> &mut Self {
        use std::os::unix::fs::PermissionsExt;
        // The umask is applied on top.
        self.permissions(std::fs::Permissions::from_mode(0o666))
    }

    #[cfg(not(unix))]
    fn permissions_like_new_files(&mut self) -> &mut Self {
        self
    }
}
