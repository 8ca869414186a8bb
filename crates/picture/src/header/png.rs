//! PNG: a signature, then chunks of length, name, content and checksum, from `IHDR` to `IEND`.

use super::{Flaw, Size, reader::Reader};

const SIGNATURE: usize = 8;
const CHECKSUM: usize = 4;

pub(super) fn size(bytes: &[u8]) -> Result<Size, Flaw> {
    let mut reader = Reader::new(bytes);
    reader.take(SIGNATURE + 4)?;
    if &reader.array()? != b"IHDR" {
        return Err("its first chunk is not IHDR");
    }
    Ok((u32::from_be_bytes(reader.array()?), u32::from_be_bytes(reader.array()?)))
}

pub(super) fn whole(bytes: &[u8]) -> Result<usize, Flaw> {
    let mut reader = Reader::new(bytes);
    reader.take(SIGNATURE)?;
    loop {
        let length = u32::from_be_bytes(reader.array()?) as usize;
        let name: [u8; 4] = reader.array()?;
        reader.take(length)?;
        reader.take(CHECKSUM)?;
        if &name == b"IEND" {
            return Ok(bytes.len() - reader.left());
        }
    }
}
