//! WebP: chunks in a RIFF file (RFC 9649). The first says the size of the whole; what holds pixels, directly or in a frame of
//! an animation, says its size once more. Decoders take memory for that one before they compare, and may not compare at all.

use super::{Flaw, Size, reader::Reader};

/// `RIFF`, a length, `WEBP`.
const OUTER: usize = 12;

/// Left, top, width, height and duration, of three bytes each, and flags.
const FRAME: usize = 16;

struct Chunk<'a> {
    name: [u8; 4],
    content: &'a [u8],
}

pub(super) fn size(bytes: &[u8]) -> Result<Size, Flaw> {
    let mut reader = Reader::new(bytes);
    reader.take(OUTER)?;
    let name = reader.array()?;
    reader.take(4)?;
    match &name {
        b"VP8X" => {
            reader.take(4)?;
            Ok((reader.three()? + 1, reader.three()? + 1))
        }
        _ => pixels(name, reader)?.ok_or("its first chunk has no pixels"),
    }
}

pub(super) fn whole(bytes: &[u8]) -> Result<usize, Flaw> {
    let canvas = size(bytes)?;
    let mut reader = Reader::new(bytes);
    reader.take(4)?;
    let length = u32::from_le_bytes(reader.array()?) as usize;
    let mut content = Reader::new(reader.take(length)?);
    content.take(4)?;
    while !content.is_empty() {
        let chunk = next_chunk(&mut content)?;
        match &chunk.name {
            b"ANMF" => frame(&chunk, canvas)?,
            _ => fits(&chunk, canvas)?,
        }
    }
    Ok(bytes.len() - reader.left())
}

/// What follows transparency is decoded as colours, whatever its name: so it has to have theirs.
fn frame(chunk: &Chunk<'_>, canvas: Size) -> Result<(), Flaw> {
    let mut reader = Reader::new(chunk.content);
    let [left, top] = [reader.three()? * 2, reader.three()? * 2];
    let (width, height) = (reader.three()? + 1, reader.three()? + 1);
    if left + width > canvas.0 || top + height > canvas.1 {
        return Err("a frame is larger than its canvas");
    }
    let mut content = Reader::new(chunk.content);
    content.take(FRAME)?;
    let mut transparent = false;
    while !content.is_empty() {
        let chunk = next_chunk(&mut content)?;
        if transparent && &chunk.name != b"VP8 " {
            return Err("there are no colours beside its transparency");
        }
        fits(&chunk, (width, height))?;
        transparent = &chunk.name == b"ALPH";
    }
    Ok(())
}

fn fits(chunk: &Chunk<'_>, size: Size) -> Result<(), Flaw> {
    match pixels(chunk.name, Reader::new(chunk.content))? {
        Some(own) if own != size => Err("two of its sizes disagree"),
        _ => Ok(()),
    }
}

/// The size that a chunk with pixels says, or nothing for any other chunk.
fn pixels(name: [u8; 4], mut content: Reader<'_>) -> Result<Option<Size>, Flaw> {
    match &name {
        b"VP8 " => {
            content.take(6)?;
            let [width, height] = [content.array()?, content.array()?].map(|side| u16::from_le_bytes(side) & 0x3FFF);
            Ok(Some((width.into(), height.into())))
        }
        b"VP8L" => {
            content.take(1)?;
            let packed = u32::from_le_bytes(content.array()?);
            Ok(Some(((packed & 0x3FFF) + 1, ((packed >> 14) & 0x3FFF) + 1)))
        }
        _ => Ok(None),
    }
}

/// A chunk of odd length is followed by one byte, which a last one may lack.
fn next_chunk<'a>(reader: &mut Reader<'a>) -> Result<Chunk<'a>, Flaw> {
    let name = reader.array()?;
    let length = u32::from_le_bytes(reader.array()?) as usize;
    let content = reader.take(length)?;
    if length % 2 == 1 && !reader.is_empty() {
        reader.byte()?;
    }
    Ok(Chunk { name, content })
}

impl Reader<'_> {
    fn three(&mut self) -> Result<u32, Flaw> {
        let [low, middle, high] = self.array()?;
        Ok(u32::from_le_bytes([low, middle, high, 0]))
    }
}
