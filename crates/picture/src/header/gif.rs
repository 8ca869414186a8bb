//! GIF: a screen, then blocks until the trailer. The content of a block is in pieces of up to 255 bytes, the last is empty.

use super::{Flaw, Size, reader::Reader};

const SIGNATURE: usize = 6;

pub(super) fn size(bytes: &[u8]) -> Result<Size, Flaw> {
    let mut reader = Reader::new(bytes);
    reader.take(SIGNATURE)?;
    let [width, height] = [reader.array()?, reader.array()?].map(u16::from_le_bytes);
    Ok((width.into(), height.into()))
}

pub(super) fn whole(bytes: &[u8]) -> Result<usize, Flaw> {
    let screen = size(bytes)?;
    let mut reader = Reader::new(bytes);
    reader.take(SIGNATURE + 4)?;
    let flags = reader.byte()?;
    reader.take(2)?;
    skip_colours(&mut reader, flags)?;
    loop {
        match reader.byte()? {
            // Some programs pad blocks.
            0x00 => {}
            0x21 => {
                reader.byte()?;
                skip_pieces(&mut reader)?;
            }
            0x2C => frame(&mut reader, screen)?,
            0x3B => return Ok(bytes.len() - reader.left()),
            _ => return Err("it has a block of an unknown kind"),
        }
    }
}

/// A frame outside the screen is refused: it would be decoded in memory of its own.
fn frame(reader: &mut Reader<'_>, (screen_width, screen_height): Size) -> Result<(), Flaw> {
    let fields = [reader.array()?, reader.array()?, reader.array()?, reader.array()?];
    let [left, top, width, height] = fields.map(|field| u32::from(u16::from_le_bytes(field)));
    if left + width > screen_width || top + height > screen_height {
        return Err("a frame is larger than its screen");
    }
    let flags = reader.byte()?;
    skip_colours(reader, flags)?;
    reader.byte()?;
    skip_pieces(reader)
}

/// A table of colours, where the flags say that there is one: 2 to 256 of 3 bytes.
fn skip_colours(reader: &mut Reader<'_>, flags: u8) -> Result<(), Flaw> {
    if flags & 0x80 != 0 {
        reader.take(3 << ((flags & 0x07) + 1))?;
    }
    Ok(())
}

fn skip_pieces(reader: &mut Reader<'_>) -> Result<(), Flaw> {
    loop {
        let length = reader.byte()?;
        if length == 0 {
            return Ok(());
        }
        reader.take(length.into())?;
    }
}
