//! JPEG: segments that begin with a marker, the byte FF and its kind. After a "start of scan" there are coded pixels, in which
//! an FF is followed by 00 or the kind of a restart. What comes after the end marker belongs to somebody else.

use super::{Flaw, Size, reader::Reader};

const START_OF_IMAGE: usize = 2;

/// The most scans of one file. Programs that are in use make about ten; each costs as much as all pixels, however few bytes
/// it has.
const MOST_SCANS: usize = 32;

pub(super) fn size(bytes: &[u8]) -> Result<Size, Flaw> {
    let mut reader = Reader::new(bytes);
    reader.take(START_OF_IMAGE)?;
    loop {
        let kind = next_marker(&mut reader)?;
        match kind {
            0xD9 | 0xDA => return Err("it has no size"),
            _ if is_frame(kind) => return frame_size(segment_of(&mut reader)?),
            _ => segment_of(&mut reader).map(|_| ())?,
        }
    }
}

pub(super) fn whole(bytes: &[u8]) -> Result<usize, Flaw> {
    let mut reader = Reader::new(bytes);
    reader.take(START_OF_IMAGE)?;
    let (mut frames, mut scans) = (0_usize, 0_usize);
    loop {
        let kind = next_marker(&mut reader)?;
        match kind {
            0xD9 if scans == 0 => return Err("it has no pixels"),
            0xD9 => return Ok(bytes.len() - reader.left()),
            0xD8 => return Err("there is a second beginning before its end"),
            0xDA => scans += 1,
            _ if is_frame(kind) => frames += 1,
            _ => {}
        }
        if frames > 1 || scans > MOST_SCANS {
            return Err("it has more frames or scans than a picture needs");
        }
        segment_of(&mut reader)?;
    }
}

/// The kind of the next marker, beyond whatever stands before it: coded pixels, restarts, filling.
fn next_marker(reader: &mut Reader<'_>) -> Result<u8, Flaw> {
    loop {
        reader.beyond(0xFF)?;
        let mut kind = reader.byte()?;
        while kind == 0xFF {
            kind = reader.byte()?;
        }
        if !matches!(kind, 0x00 | 0x01 | 0xD0..=0xD7) {
            return Ok(kind);
        }
    }
}

fn segment_of<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], Flaw> {
    let length = u16::from_be_bytes(reader.array()?).checked_sub(2).ok_or("a segment has an impossible length")?;
    Ok(reader.take(length.into())?)
}

/// A "start of frame", of which there are many kinds; among them are three markers that mean something else.
fn is_frame(kind: u8) -> bool {
    matches!(kind, 0xC0..=0xCF) && !matches!(kind, 0xC4 | 0xC8 | 0xCC)
}

fn frame_size(segment: &[u8]) -> Result<Size, Flaw> {
    let mut reader = Reader::new(segment);
    reader.byte()?;
    let [height, width] = [reader.array()?, reader.array()?].map(u16::from_be_bytes);
    Ok((width.into(), height.into()))
}
